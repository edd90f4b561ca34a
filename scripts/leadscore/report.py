"""`leadscore report`: the state of the leads as one HTML file that needs nothing else.

This module reads the marts and decides what is told; `report_page` says how it looks.
"""

from __future__ import annotations

import importlib.util
import re
import secrets
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from leadscore.atomic_file import replacing
from leadscore.dbt import Dbt
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.export import DEFAULT_FOLDER
from leadscore.output import Output, command, count, plain
from leadscore.performance import FINDINGS, back_tests, fixed, with_interval
from leadscore.performance import MARTS as BACK_TEST
from leadscore.project import Project
from leadscore.run import summarise
from leadscore.warehouse import Warehouse, shown

DEFAULT_FILE = "report.html"
_NEEDED = ("altair", "vl_convert")
_SLICES = 20
_LAST_RUNS = 10
_MOVES_OF_DAYS = 7
_PLOT_WIDTH = 480
_PNG_SCALE = 2


@dataclass(frozen=True)
class ReportOptions:
    """What to report, and where to.

    Args:
        file: the HTML file; None for the one in the project's folder of exports.
        pictures: the folder for a PNG of each chart; None for none.
        hide_personal_data: show no ids of leads and companies.
        top: how many leads to name.
    """

    file: Path | None = None
    pictures: Path | None = None
    hide_personal_data: bool = False
    top: int = 15


@dataclass(frozen=True)
class Table:
    """A table of a report.

    Args:
        columns: the headings.
        rows: the cells as people read them; None shows as nothing.
        right: the columns that stand to the right.
        id: tells it from the other tables.
    """

    id: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    right: Sequence[str] = ()


@dataclass(frozen=True)
class Figure:
    """A chart of a report.

    Args:
        name: of its picture, without its ending.
        title: stands above it.
        chart: what `charts` made.
    """

    name: str
    title: str
    chart: Any


@dataclass
class Section:
    """A part of a report.

    Args:
        id: the anchor.
        title: the heading.
        parts: texts, tables, figures, headings and rows of tiles, in order.
    """

    id: str
    title: str
    parts: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str


@dataclass(frozen=True)
class Tiles:
    """Figures that are read first: what, and how much."""

    tiles: Sequence[tuple[str, str]]


def report(project: Project, output: Output, options: ReportOptions) -> dict[str, Any]:
    """Writes the report.

    Args:
        project: the project to report on.
        output: where to print.
        options: what to report.

    Returns:
        The result for `--json`.

    Raises:
        LeadscoreError: nothing is scored yet, the packages for charts are missing, or a file
            cannot be written.
    """
    began = time.monotonic()
    _require_packages()
    project.ensure_profile()
    from leadscore.report_page import page, picture

    file = (options.file or project.root / DEFAULT_FOLDER / DEFAULT_FILE).resolve()
    warehouse = Warehouse(Dbt(project))
    with output.busy("Reading the marts"):
        told = _Report(warehouse, options).sections()
    moment, sections = told
    figures = [part for section in sections for part in section.parts if isinstance(part, Figure)]
    pictures = []
    try:
        with output.busy("Drawing"):
            with replacing(file, 0o644) as unfinished:
                text = page(f"Lead scores of {moment:%Y-%m-%d %H:%M} UTC", sections)
                unfinished.write_text(text, encoding="utf-8", newline="\n")
            for figure in figures if options.pictures else ():
                path = options.pictures.resolve() / f"{figure.name}.png"
                with replacing(path, 0o644) as unfinished:
                    unfinished.write_bytes(picture(figure, _PLOT_WIDTH, _PNG_SCALE))
                pictures.append(str(path))
    except OSError as error:
        raise LeadscoreError(
            f"The report cannot be written: {error}",
            where=str(file),
            remedy="Name another file with --out, another folder with --png, or make room.",
        ) from error
    output.say(f"The report is in {shown(file)} ({file.stat().st_size / 1e6:.1f} MB).")
    if pictures:
        where = shown(options.pictures.resolve())
        output.say(f"{count(len(pictures), 'chart')} as PNG in {where}.")
    return {
        "ok": True,
        "exit_code": 0,
        "duration_seconds": round(time.monotonic() - began, 1),
        "file": str(file),
        "bytes": file.stat().st_size,
        "scored_at": moment,
        "charts": [figure.name for figure in figures],
        "pictures": pictures,
    }


def _require_packages() -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise LeadscoreError(
            f"What draws charts is not installed: {', '.join(missing)}.",
            remedy="In the project's folder: make report. Elsewhere: pip install 'leadscore[app]'.",
        )


class _Report:
    """What is told, section by section.

    Args:
        warehouse: not open yet.
        options: of the report.
    """

    def __init__(self, warehouse: Warehouse, options: ReportOptions) -> None:
        self.warehouse = warehouse
        self.options = options
        self.days = warehouse.dbt.project.var("trend_days", 7)
        # Ids that are hidden are told apart within this report, and nowhere else.
        self.salt = secrets.token_hex(16)

    def sections(self) -> tuple[datetime, list[Section]]:
        """The moment of the scores, and what is told of them.

        Raises:
            LeadscoreError: nothing is scored yet.
        """
        from leadscore import charts

        self.charts = charts
        summary = summarise(self.warehouse)
        self.live = [card for card in summary.scorecards if card["status"] == "live"]
        self.drafts = [card for card in summary.scorecards if card["status"] == "draft"]
        if not self.live:
            raise LeadscoreError(
                "No live scorecard has scored any lead.",
                where=summary.place,
                remedy=f"Run this first: {command('run')}",
                code=ExitCode.NOT_FOUND,
            )
        self.moment = max(card["scored_at"] for card in self.live)
        with self.warehouse.open():
            sections = [
                self._funnel(),
                self._best(),
                self._movers(),
                self._performance(),
                self._quality(summary.rejected),
            ]
        return self.moment, sections

    # --- the state of the funnel ---------------------------------------------------------

    def _funnel(self) -> Section:
        section = Section("funnel", "State of the funnel")
        handed_off = self._handed_off()
        for card in self.live:
            name = card["scorecard_id"]
            states: dict[str, int] = defaultdict(int)
            for band in card["bands"]:
                states[band["score_status"]] += band["lead_count"]
            averages = self._rows(
                "select avg(score) as score, sum(case when recommended_action is not null"
                f" then 1 else 0 end) as actions from {self._model('scored_leads')}"
                f" where scorecard_id = {self._text(name)} and score_status = 'scored'"
            )[0]
            section.parts += [
                Heading(f"{name}: {count(card['lead_count'], 'lead')}"),
                Tiles(
                    [
                        ("scored", f"{states['scored']:,}"),
                        ("average score", fixed(Decimal(averages["score"] or 0), 1) or ""),
                        ("with an action", f"{int(averages['actions'] or 0):,}"),
                        ("handed off in 7 days", f"{handed_off.get(name, 0):,}"),
                        ("disqualified", f"{states['disqualified']:,}"),
                        ("too little known", f"{states['insufficient_data']:,}"),
                    ]
                ),
                Table(
                    f"bands-{_slug(name)}",
                    ("band", "leads", "lowest score", "highest score"),
                    [
                        (
                            band["band"] or "below the lowest band",
                            band["lead_count"],
                            band["lowest_score"],
                            band["highest_score"],
                        )
                        for band in card["bands"]
                    ],
                ),
                Figure(
                    f"funnel-{_slug(name)}",
                    f"{name}: leads per band",
                    self.charts.funnel(
                        [
                            {"band": band["band"], "leads": band["lead_count"]}
                            for band in card["bands"]
                        ]
                    ),
                ),
                Figure(
                    f"scores-{_slug(name)}",
                    f"{name}: how many leads have which score",
                    self.charts.score_distribution(self._slices(name), self._edges(name)),
                ),
            ]
        if self.drafts:
            section.parts += [
                Heading("Drafts, beside the live ones"),
                Table(
                    "drafts",
                    ("scorecard", "band", "leads", "lowest score", "highest score"),
                    [
                        (
                            card["scorecard_id"],
                            band["band"] or "below the lowest band",
                            band["lead_count"],
                            band["lowest_score"],
                            band["highest_score"],
                        )
                        for card in self.drafts
                        for band in card["bands"]
                    ],
                ),
            ]
        return section

    def _handed_off(self) -> dict[str, int]:
        if not self.warehouse.has("hand_offs"):
            return {}
        since = self.warehouse.moment(self.moment - timedelta(days=_MOVES_OF_DAYS))
        rows = self._rows(
            f"select scorecard_id, count(*) as lead_count from {self._model('hand_offs')}"
            f" where handed_off_at > {since}"
            f" and handed_off_at <= {self.warehouse.moment(self.moment)} group by scorecard_id"
        )
        return {row["scorecard_id"]: row["lead_count"] for row in rows}

    def _slices(self, scorecard: str) -> list[dict[str, Any]]:
        """How many leads have a score in each slice of the range."""
        rows = self._rows(
            f"select score, count(*) as lead_count from {self._model('scored_leads')}"
            f" where scorecard_id = {self._text(scorecard)} and score_status = 'scored'"
            " group by score order by score"
        )
        if not rows:
            return []
        low, high = rows[0]["score"], rows[-1]["score"]
        width = max((high - low) / _SLICES, Decimal(1)).to_integral_value(rounding="ROUND_CEILING")
        start = (low / width).to_integral_value(rounding="ROUND_FLOOR") * width
        counted: dict[int, int] = defaultdict(int)
        for row in rows:
            counted[int((row["score"] - start) / width)] += row["lead_count"]
        return [
            {
                "low": start + place * width,
                "high": start + (place + 1) * width,
                "leads": counted[place],
            }
            for place in range(max(counted) + 1)
        ]

    def _edges(self, scorecard: str) -> list[dict[str, Any]]:
        if not self.warehouse.has("band_performance"):
            return []
        return self._rows(
            f"select band, min_points from {self._model('band_performance')}"
            f" where scorecard_id = {self._text(scorecard)} and scope = 'total'"
            " and min_points is not null order by min_points"
        )

    # --- leads ---------------------------------------------------------------------------

    def _best(self) -> Section:
        section = Section("best", "Best leads")
        for card in self.live:
            name = card["scorecard_id"]
            rows = self._rows(
                f"select score_rank, {self._id('lead_id', 'lead')} as lead_id,"
                f" {self._id('account_id', 'account')} as account_id, score, band, grade,"
                " recommended_action, action_sla_hours, action_team, top_reasons, top_drags"
                f" from {self._model('scored_leads')}"
                f" where scorecard_id = {self._text(name)} and score_rank <= {self.options.top}"
                " order by score_rank"
            )
            section.parts += [
                Heading(f"{name}: whom first"),
                Table(
                    f"best-{_slug(name)}",
                    (
                        *("rank", "lead", "account", "score", "band", "grade", "action"),
                        *("reasons", "against"),
                    ),
                    [
                        (
                            row["score_rank"],
                            row["lead_id"],
                            row["account_id"],
                            row["score"],
                            row["band"],
                            row["grade"],
                            _action(row),
                            row["top_reasons"],
                            row["top_drags"],
                        )
                        for row in rows
                    ],
                ),
            ]
        return section

    def _movers(self) -> Section:
        section = Section("movers", "Movers")
        for card in self.live:
            name = card["scorecard_id"]
            before = self._moment_before(name)
            if before is None:
                rows = self._changes_by_rules(name)
                text = (
                    "The history knows no earlier moment. By today's rules these scores changed "
                    f"within {self.days} days:"
                )
            else:
                rows = self._changes_since(name, before)
                text = f"Against the scores of {before:%Y-%m-%d %H:%M} UTC, from the history."
                moves: dict[tuple, int] = defaultdict(int)
                for row in rows:
                    if row["band_before"] != row["band"]:
                        moves[row["band_before"], row["band"]] += 1
            section.parts += [Heading(name), text]
            if before is not None:
                section.parts.append(
                    Table(
                        f"moves-{_slug(name)}",
                        ("from", "to", "leads"),
                        [
                            (_band(old), _band(new), leads)
                            for (old, new), leads in sorted(
                                moves.items(), key=lambda item: (-item[1], str(item[0]))
                            )
                        ],
                    )
                )
            changed = sorted(
                (row for row in rows if row["change"]),
                key=lambda row: (-abs(row["change"]), str(row["lead_id"])),
            )
            section.parts.append(
                Table(
                    f"movers-{_slug(name)}",
                    (
                        *("lead", "change", "before", "now"),
                        *(("band before",) if before else ()),
                        *("band", "reasons"),
                    ),
                    [
                        (
                            row["lead_id"],
                            _signed(row["change"]),
                            row["score"] - row["change"],
                            row["score"],
                            *((_band(row["band_before"]),) if before else ()),
                            _band(row["band"]),
                            row["top_reasons"],
                        )
                        for row in changed[: self.options.top]
                    ],
                    right=("change",),
                )
            )
            if not changed:
                section.parts.append("No score changed.")
            elif len(changed) > self.options.top:
                section.parts.append(
                    f"The {self.options.top} that moved most, of {count(len(changed), 'lead')}."
                )
        return section

    def _moment_before(self, scorecard: str) -> datetime | None:
        """The moment before that of the scores at which anything was seen to change."""
        if not self.warehouse.has("lead_score_history"):
            return None
        now = self.warehouse.moment(self.moment)
        row = self._rows(
            f"select max(valid_from) as moment from {self._model('lead_score_history')}"
            f" where scorecard_id = {self._text(scorecard)} and valid_from < {now}"
        )[0]
        return row["moment"]

    def _changes_since(self, scorecard: str, before: datetime) -> list[dict[str, Any]]:
        moment = self.warehouse.moment(before)
        return self._rows(
            f"select {self._id('leads.lead_id', 'lead')} as lead_id, leads.score, leads.band,"
            " leads.score - spans.score as change, spans.band as band_before, leads.top_reasons"
            f" from {self._model('scored_leads')} as leads"
            f" inner join {self._model('lead_score_history')} as spans"
            " on leads.scorecard_id = spans.scorecard_id and leads.lead_id = spans.lead_id"
            f" where leads.scorecard_id = {self._text(scorecard)}"
            f" and spans.valid_from <= {moment}"
            f" and (spans.valid_to is null or spans.valid_to > {moment})"
            " and (leads.score <> spans.score or leads.band is distinct from spans.band)"
        )

    def _changes_by_rules(self, scorecard: str) -> list[dict[str, Any]]:
        return self._rows(
            f"select {self._id('lead_id', 'lead')} as lead_id, score, band, score_change as change,"
            f" top_reasons from {self._model('scored_leads')}"
            f" where scorecard_id = {self._text(scorecard)} and score_change <> 0"
        )

    # --- performance ---------------------------------------------------------------------

    def _performance(self) -> Section:
        section = Section("performance", "Do the scores tell who buys?")
        tests = []
        if all(self.warehouse.has(name) for name in BACK_TEST):
            tests = [row for row in back_tests(self.warehouse) if row["leads"]]
        if not tests:
            section.parts.append("There is no back-test with leads that count yet.")
            return section
        labels = [f"{row['scorecard_id']} ({row['scorecard_status']})" for row in tests]
        lines = (
            ("leads that count", [row["leads"] for row in tests]),
            ("conversions", [row["conversions"] for row in tests]),
            ("conversion rate", _figures(tests, "conversion_rate", 1, 100, " %")),
            ("AUC", _figures(tests, "auc", 3)),
            ("KS", _figures(tests, "ks", 3)),
            ("lift of the best 10 %", _figures(tests, "lift_10", 2)),
            ("lift of the best 20 %", _figures(tests, "lift_20", 2)),
            ("Brier score", _figures(tests, "brier", 3)),
        )
        section.parts += [
            "Each lead was scored at a moment of its own, and what became of it afterwards was "
            "counted. In brackets are 95 % intervals: figures whose intervals overlap may be "
            "equal.",
            Table(
                "performance",
                ("", *labels),
                [(label, *cells) for label, cells in lines],
                right=labels,
            ),
        ]
        gains = [
            {**gain, "series": label}
            for label, row in zip(labels, tests, strict=True)
            for gain in row["gains"]
            if gain["cumulative_leads"] is not None
        ]
        if any(gain["cumulative_conversion_share"] is not None for gain in gains):
            section.parts.append(
                Figure(
                    "gains",
                    "Share of all conversions among the best leads",
                    self.charts.gains_curve(gains),
                )
            )
        for label, row in zip(labels, tests, strict=True):
            bands = [
                band
                for band in row["bands"]
                if band["scope"] == "total" and band["conversion_rate"] is not None
            ]
            slug = _slug(f"{row['scorecard_id']}-{row['scorecard_status']}")
            if bands:
                section.parts += [
                    Heading(label),
                    Table(
                        f"conversion-{slug}",
                        ("band", "leads", "conversions", "conversion rate", "lift"),
                        [
                            (
                                band["band"] or "below the lowest band",
                                band["leads"],
                                band["conversions"],
                                with_interval(band, "conversion_rate", 1, 100, " %"),
                                fixed(band["lift"], 2),
                            )
                            for band in bands
                        ],
                        right=("conversion rate", "lift"),
                    ),
                    Figure(
                        f"conversion-{slug}",
                        f"{label}: conversion by band",
                        self.charts.band_conversion(bands),
                    ),
                ]
            criteria = [row_ for row_ in row["criteria"] if row_["lift"] is not None]
            if row["scorecard_status"] == "live" and criteria:
                section.parts.append(
                    Figure(
                        f"criteria-{slug}",
                        f"{label}: lift of criteria against their points",
                        self.charts.criterion_lift(criteria),
                    )
                )
                doubtful = [
                    (
                        criterion["name"],
                        FINDINGS[criterion["finding"]],
                        fixed(criterion["average_points"], 1),
                        with_interval(criterion, "lift", 2),
                        criterion["points_supported"],
                    )
                    for criterion in criteria
                    if criterion["finding"] in ("wrong_sign", "too_high", "too_low")
                ]
                if doubtful:
                    section.parts.append(
                        Table(
                            f"doubtful-{slug}",
                            ("criterion", "finding", "points", "lift", "points supported"),
                            doubtful,
                            right=("points", "lift"),
                        )
                    )
        return section

    # --- the quality of the data ---------------------------------------------------------

    def _quality(self, rejected: Sequence[Mapping[str, Any]]) -> Section:
        section = Section("quality", "Data quality")
        newest = self._rows(
            "select scorecard_id, max(last_event_at) as last_event_at,"
            f" avg(data_coverage) as coverage from {self._model('scored_leads')}"
            " group by scorecard_id order by scorecard_id"
        )
        section.parts += [
            Table(
                "freshness",
                ("scorecard", "newest event (UTC)", "known of what the criteria ask"),
                [
                    (
                        row["scorecard_id"],
                        row["last_event_at"],
                        None
                        if row["coverage"] is None
                        else f"{fixed(Decimal(str(row['coverage'])) * 100, 1)} %",
                    )
                    for row in newest
                ],
                right=("known of what the criteria ask",),
            )
        ]
        runs = []
        if self.warehouse.has("run_audit"):
            audit = self._model("run_audit")
            runs = self._rows(
                "select run_started_at, as_of, sum(rows_read) as rows_read,"
                " sum(rows_rejected) as rows_rejected, sum(leads_scored) as leads_scored"
                f" from {audit} group by run_id, run_started_at, as_of"
                f" order by run_started_at desc limit {_LAST_RUNS}"
            )
            section.parts += [
                Heading("Raw tables of the last run"),
                Table(
                    "inputs",
                    ("table", "rows read", "used", "not used"),
                    [
                        tuple(row.values())
                        for row in self._rows(
                            "select source_name, rows_read, rows_staged, rows_rejected"
                            f" from {audit} where source_name is not null and run_started_at ="
                            f" (select max(run_started_at) from {audit}) order by source_name"
                        )
                    ],
                ),
            ]
        section.parts += [
            Heading("Rows that were not used, and why"),
            Table(
                "rejected",
                ("table", "reason", "rows"),
                [
                    (row["source_name"], str(row["reason"]).replace("_", " "), row["row_count"])
                    for row in rejected
                ],
            ),
        ]
        if runs:
            section.parts += [
                Heading("Last runs"),
                Table(
                    "runs",
                    ("started (UTC)", "scored as of (UTC)", "rows read", "not used", "scores"),
                    [
                        (
                            row["run_started_at"].replace(microsecond=0),
                            row["as_of"],
                            int(row["rows_read"] or 0),
                            int(row["rows_rejected"] or 0),
                            int(row["leads_scored"] or 0),
                        )
                        for row in runs
                    ],
                ),
            ]
        if self.warehouse.has("score_drift"):
            for card in self.live:
                name = card["scorecard_id"]
                rows = self._rows(
                    "select name, population_stability_index, verdict"
                    f" from {self._model('score_drift')}"
                    f" where scorecard_id = {self._text(name)} and population = 'recent'"
                    " and population_stability_index is not null"
                    " order by population_stability_index desc, name"
                )[: self.options.top]
                if rows:
                    section.parts.append(
                        Figure(
                            f"drift-{_slug(name)}",
                            f"{name}: how recent leads differ from those of the back-test",
                            self.charts.drift(rows),
                        )
                    )
        return section

    # --- reading -------------------------------------------------------------------------

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        return self.warehouse.rows(sql)

    def _model(self, name: str) -> str:
        return self.warehouse.model(name)

    def _text(self, value: str) -> str:
        return self.warehouse.text(value)

    def _id(self, column: str, kind: str) -> str:
        """An id as it is shown: itself, or what stands for it in this report."""
        if not self.options.hide_personal_data:
            return column
        salted = f"{self._text(self.salt)} || {column}"
        return f"case when {column} is not null then '{kind}-' || substr(md5({salted}), 1, 12) end"


def _slug(name: str) -> str:
    """A name that any file system takes; those of different names may only differ by a hash."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return slug or "scorecard"


def _action(row: Mapping[str, Any]) -> str | None:
    if row["recommended_action"] is None:
        return None
    hours, team = row["action_sla_hours"], row["action_team"]
    within = f", within {plain(hours)} h" if hours is not None else ""
    return f"{row['recommended_action']}{within}{f', by {team}' if team else ''}"


def _band(band: str | None) -> str:
    return band or "no band"


def _signed(number: Decimal) -> str:
    return f"+{plain(number)}" if number > 0 else plain(number)


def _figures(
    tests: Sequence[dict[str, Any]], name: str, places: int, factor: int = 1, unit: str = ""
) -> list[str]:
    return [with_interval(row, name, places, factor, unit) for row in tests]
