"""What other points would do to scores and bands, from the ledger that is published.

Points add up, so a changed weight or limit needs no new scoring: the lines of the ledger get their
new points, and the sums are limited anew, by the rules of docs/scoring.md, in the engine. What
the ledger does not know (other values to match, other windows, new criteria) is not followed here
and is said to be; `leadscore preview` scores it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from leadscore.bootstrap import MEASURES, paired_changes
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.workbench.ui import Place

Rows = Sequence[Mapping[str, str]]
Policy = Mapping[str, Rows]

# What names a row of each file.
KEYS = {
    "scorecards": ("scorecard_id",),
    "criteria": ("criterion_id",),
    "groups": ("scorecard_id", "group_id"),
    "dimensions": ("scorecard_id", "dimension"),
    "bands": ("scorecard_id", "scope", "band"),
    "actions": ("scorecard_id", "priority"),
}
# The columns whose change is followed here.
_FOLLOWED = {
    "scorecards": {"base_points", "min_score", "max_score", "name", "notes"},
    "criteria": {"points", "max_points", "group_id", "name", "notes"},
    "groups": {"min_points", "max_points", "name"},
    "dimensions": {"min_points", "max_points"},
    "bands": {"min_points"},
    "actions": set(),
}
_BARS = 20
_FIRST = 20
_MOVED = "coalesce(band_after, '') <> coalesce(band_before, '')"


@dataclass(frozen=True)
class Change:
    """A cell, or a whole row, that differs between two policies.

    Args:
        file: the file's name without `.csv`.
        scorecard_id: the scorecard of the row.
        row_id: what names the row.
        column: the cell's; None where the row is new or gone.
        before: what stood there.
        after: what stands there.
        is_followed: whether the ledger tells what it does.
    """

    file: str
    scorecard_id: str
    row_id: str
    column: str | None
    before: str
    after: str
    is_followed: bool

    def as_row(self) -> dict[str, Any]:
        """The change as a row of a table."""
        column = self.column or ("new row" if not self.before else "removed row")
        return {
            "file": f"{self.file}.csv",
            "row": self.row_id,
            "column": column,
            "before": self.before if self.column else "",
            "after": self.after if self.column else "",
            "followed": "yes" if self.is_followed else "only by the full preview",
        }


def changes(before: Policy, after: Policy) -> list[Change]:
    """What differs between two policies.

    Args:
        before: rows by file.
        after: rows by file.
    """
    return [
        change
        for file in KEYS
        for change in _changes(file, before.get(file, ()), after.get(file, ()))
    ]


def _changes(file: str, before: Rows, after: Rows) -> Iterator[Change]:
    old, new = _keyed(file, before), _keyed(file, after)
    for key in dict.fromkeys([*old, *new]):
        row = new.get(key) or old[key]
        scorecard, name = row.get("scorecard_id", ""), "/".join(filter(None, key))
        if key not in old or key not in new:
            was, now = ("", name) if key not in old else (name, "")
            yield Change(file, scorecard, name, None, was, now, False)
            continue
        for column in dict.fromkeys([*old[key], *new[key]]):
            was, now = old[key].get(column, ""), new[key].get(column, "")
            if was == now:
                continue
            followed = column in _FOLLOWED[file]
            if file == "bands":
                followed = followed and new[key].get("scope") == "total"
            yield Change(file, scorecard, name, column, was, now, followed)


def _keyed(file: str, rows: Rows) -> dict[tuple, Mapping[str, str]]:
    found: dict[tuple, Mapping[str, str]] = {}
    for row in rows:
        key = tuple(row.get(column, "") for column in KEYS[file])
        # A key that stands there twice is an error of the policy, which the check tells.
        while key in found:
            key = (*key, "again")
        found[key] = row
    return found


def edited_criteria(edits: Sequence[Change]) -> set[str] | None:
    """The criteria that edits are about; None where they are about limits, bands and the like too.

    Args:
        edits: those of one scorecard.
    """
    followed = [edit for edit in edits if edit.is_followed]
    if any(edit.file != "criteria" for edit in followed):
        return None
    return {edit.row_id for edit in followed}


@dataclass(frozen=True)
class Effect:
    """What a policy does to the leads of a scorecard, against what is published.

    Args:
        leads: how many there are.
        rescored: how many get another score.
        moves: from band to band, and how many: `band_before`, `band_after`, `leads`.
        distribution: `low`, `high`, `leads`, `series`.
        bands: the bands of the policy, best first: `band`, `min_points`.
        first: the leads that it does most to.
        back_test: the figures of before and after; None without a back-test.
        is_exact: whether all points are what a run would come to, to the last cent.
    """

    leads: int
    rescored: int
    moves: list[dict[str, Any]]
    distribution: list[dict[str, Any]]
    bands: list[dict[str, Any]]
    first: list[dict[str, Any]]
    back_test: dict[str, dict[str, Any]] | None
    is_exact: bool


class Rescoring:
    """The scores of a scorecard by another policy, as SQL.

    Args:
        place: what is published.
        scorecard: the scorecard.
        status: `live` or `draft`.
        policy: the policy, rows by file.
        edited: the criteria by whose points alone it differs from the policy of the published
            scores, where that is known; then nothing but the leads that meet one is scored anew.

    Raises:
        LeadscoreError: a cell that counts is no number, or the scorecard is not there.
    """

    def __init__(
        self,
        place: Place,
        scorecard: str,
        status: str,
        policy: Policy,
        edited: Collection[str] | None = None,
    ) -> None:
        self.place = place
        self.scorecard = scorecard
        self.edited = edited
        self.suffix = "" if status == "live" else "_draft"
        self.policy = {
            file: [row for row in policy.get(file, ()) if row.get("scorecard_id") == scorecard]
            for file in KEYS
        }
        if not self.policy["scorecards"]:
            raise LeadscoreError(
                f"The scorecard {scorecard} is not in scorecards.csv any more.",
                where="scorecards.csv",
                remedy="The full preview tells what that does.",
                code=ExitCode.POLICY,
            )
        self.is_exact = True
        # The limits of each group of a dimension, in the order of their numbers.
        self._groups: dict[tuple[str, str], tuple[Decimal | None, Decimal | None]] = {}
        self._weights = self._weight_rows()
        self.bands = sorted(
            (
                {"band": row["band"], "min_points": _number("bands", row, "min_points")}
                for row in self.policy["bands"]
                if row.get("scope") == "total"
            ),
            key=lambda band: (band["min_points"] is None, -(band["min_points"] or 0)),
        )

    def effect(self) -> Effect:
        """What the policy does."""
        cells = self._cells()
        width = self._width
        distribution: dict[tuple[str, Decimal], int] = {}
        for cell in cells:
            if cell["score_status"] != "scored":
                continue
            for side in ("before", "after"):
                low = Decimal(int(cell[f"bin_{side}"])) * width
                distribution[side, low] = distribution.get((side, low), 0) + int(cell["leads"])
        moves: dict[tuple, int] = {}
        for cell in cells:
            move = (cell["band_before"], cell["band_after"])
            if move[0] != move[1]:
                moves[move] = moves.get(move, 0) + int(cell["leads"])
        return Effect(
            leads=sum(int(cell["leads"]) for cell in cells),
            rescored=sum(int(cell["rescored"]) for cell in cells),
            moves=[
                {"band_before": before, "band_after": after, "leads": leads}
                for (before, after), leads in sorted(moves.items(), key=lambda move: -move[1])
            ],
            distribution=[
                {"series": side, "low": low, "high": low + width, "leads": leads}
                for (side, low), leads in sorted(
                    distribution.items(), key=lambda bar: (bar[0][0] != "before", bar[0][1])
                )
            ],
            bands=self.bands,
            first=self._first(),
            back_test=self._back_test(),
            is_exact=self.is_exact,
        )

    # --- SQL -----------------------------------------------------------------------------

    def sql(self, is_back_test: bool = False) -> str:
        """A query whose rows are leads, with score and band before and after.

        Args:
            is_back_test: of the leads of the back-test, at their own moments.
        """
        text = self.place.text
        marts = self.place.marts
        if is_back_test:
            ledger, leads = "backtest_contributions", "backtest_scores"
            outcome = "leads.is_converted"
            counts = "leads.exclusion_reason is null"
        else:
            ledger = f"lead_score_contributions{self.suffix}"
            leads = f"scored_leads{self.suffix}"
            outcome, counts = "false", "1 = 1"
        card = self.policy["scorecards"][0]
        base = _number("scorecards", card, "base_points") or Decimal(0)
        mine = f"scorecard_id = {text(self.scorecard)}"
        return f"""
            with weights as (
                select * from (values {self._values()}) as weight_rows (
                    criterion_id, kind, points, published, max_points, group_number
                )
            ),
            touched_leads as (
                select distinct entries.lead_id
                from {marts.relation(ledger)} as entries
                where entries.{mine} and {self._touched()}
            ),
            new_points as (
                select
                    entries.lead_id,
                    weights.group_number,
                    weights.max_points,
                    case weights.kind
                        when 'same' then cast(entries.points as decimal(18, 2))
                        when 'once' then weights.points
                        when 'every'
                            then round(entries.points / weights.published, 0) * weights.points
                        else round(entries.points * weights.points / weights.published, 2)
                    end as points
                from {marts.relation(ledger)} as entries
                inner join weights
                    on entries.criterion_id = weights.criterion_id
                where
                    entries.{mine}
                    {self._of_touched()}
            ),
            -- a column for each group, before its limits
            group_points as (
                select
                    lead_id,
                    {self._group_sums()}
                from (
                    select
                        lead_id,
                        group_number,
                        cast(
                            case
                                when points > max_points then max_points
                                when points < -max_points then -max_points
                                else points
                            end as decimal(18, 2)
                        ) as points
                    from new_points
                ) as cut_points
                group by lead_id
            ),
            dimension_points as (
                select
                    lead_id,
                    {self._dimension_sum("fit")} as fit,
                    {self._dimension_sum("engagement")} as engagement
                from group_points
            ),
            limited_points as (
                select
                    leads.lead_id,
                    leads.score_status,
                    leads.score as score_before,
                    leads.band as band_before,
                    {self._is_touched()} as is_touched,
                    {outcome} as is_converted,
                    {_literal(base)}
                    + {self._limited_dimension("fit")}
                    + {self._limited_dimension("engagement")} as points
                from {marts.relation(leads)} as leads
                left join dimension_points
                    on leads.lead_id = dimension_points.lead_id
                left join touched_leads
                    on leads.lead_id = touched_leads.lead_id
                where leads.{mine} and {counts}
            ),
            new_scores as (
                select
                    lead_id,
                    score_status,
                    score_before,
                    band_before,
                    is_converted,
                    is_touched,
                    cast(
                        case
                            when score_status = 'disqualified' or is_touched = 0 then score_before
                            else {
            _clipped(
                "points",
                _number("scorecards", card, "min_score"),
                _number("scorecards", card, "max_score"),
            )
        }
                        end as decimal(38, 2)
                    ) as score_after
                from limited_points
            )
            select
                lead_id,
                score_status,
                score_before,
                score_after,
                band_before,
                {self._band_sql()} as band_after,
                is_converted
            from new_scores
        """

    def _touched(self) -> str:
        if not self.edited:
            return "1 = 0"
        return f"entries.criterion_id in ({', '.join(map(self.place.text, self.edited))})"

    def _of_touched(self) -> str:
        if self.edited is None:
            return ""
        return "and entries.lead_id in (select lead_id from touched_leads)"

    def _is_touched(self) -> str:
        if self.edited is None:
            return "1"
        return "case when touched_leads.lead_id is null then 0 else 1 end"

    def _values(self) -> str:
        text = self.place.text
        rows = [
            f"({text(row['criterion_id'])}, {text(row['kind'])}, {_literal(row['points'])},"
            f" {_literal(row['published'])}, {_literal(row['max_points'])}, {row['group_number']})"
            for row in self._weights
        ]
        return ", ".join(rows or [f"('', 'same', {', '.join([_literal(None)] * 3)}, 0)"])

    def _group_sums(self) -> str:
        return ", ".join(
            f"cast(sum(case when group_number = {place} then points else 0 end)"
            f" as decimal(18, 2)) as group_{place}"
            for place in range(max(len(self._groups), 1))
        )

    def _dimension_sum(self, dimension: str) -> str:
        parts = [
            _clipped(f"group_{place}", *limits)
            for place, ((of, _), limits) in enumerate(self._groups.items())
            if of == dimension
        ]
        return " + ".join(f"({part})" for part in parts) or "0"

    def _limited_dimension(self, dimension: str) -> str:
        limits = next(
            (row for row in self.policy["dimensions"] if row.get("dimension") == dimension), {}
        )
        return _clipped(
            f"coalesce(dimension_points.{dimension}, 0)",
            _number("dimensions", limits, "min_points"),
            _number("dimensions", limits, "max_points"),
        )

    def _band_sql(self) -> str:
        steps = " ".join(
            f"when score_after >= {_literal(band['min_points'])}"
            f" then {self.place.text(band['band'])}"
            for band in self.bands
            if band["min_points"] is not None
        )
        lowest = next((band["band"] for band in self.bands if band["min_points"] is None), None)
        rest = "null" if lowest is None else self.place.text(lowest)
        kept = "score_status <> 'scored' or is_touched = 0"
        return f"case when {kept} then band_before {steps} else {rest} end"

    # --- the points of criteria ------------------------------------------------------------

    def _weight_rows(self) -> list[dict[str, Any]]:
        """A row per criterion: how its published points become new ones."""
        published = self._published_points()
        groups = {row.get("group_id", ""): row for row in self.policy["groups"]}
        found = []
        for row in self.policy["criteria"]:
            group = groups.get(row.get("group_id", ""), {})
            key = (row.get("dimension", ""), row.get("group_id", ""))
            self._groups.setdefault(
                key,
                (
                    _number("groups", group, "min_points"),
                    _number("groups", group, "max_points"),
                ),
            )
            points = _number("criteria", row, "points")
            was = published.get(row["criterion_id"], points)
            found.append(
                {
                    "criterion_id": row["criterion_id"],
                    "kind": self._kind(row, points, was),
                    "points": points,
                    "published": was,
                    "max_points": _number("criteria", row, "max_points"),
                    "group_number": list(self._groups).index(key),
                }
            )
        return found

    def _kind(self, row: Mapping[str, str], points: Decimal | None, was: Decimal | None) -> str:
        """How the points of a criterion that is met follow from those that it gave."""
        if row.get("effect") == "disqualify" or points == was or None in (points, was):
            return "same"
        decays = row.get("decay", "") not in ("", "none")
        counts = row.get("frequency") == "every"
        if not decays and not counts:
            return "once"
        # What was cut off, or rounded away, stands in no ledger.
        if decays or row.get("max_points"):
            self.is_exact = False
        if not was:
            self.is_exact = False
            return "same"
        return "decay" if decays else "every"

    def _published_points(self) -> dict[str, Decimal]:
        """The points of the policy that the ledger was made by."""
        marts = self.place.marts
        if not marts.has("criterion_performance"):
            return {}
        return {
            row["criterion_id"]: Decimal(str(row["points_now"]))
            for row in self.place.rows(
                "select criterion_id, points_now"
                f" from {marts.relation('criterion_performance')}"
                f" where scorecard_id = {self.place.text(self.scorecard)}"
                " and points_now is not null"
            )
        }

    # --- figures ---------------------------------------------------------------------------

    @property
    def _width(self) -> Decimal:
        """How wide a bar is: 1, 2, 5 or 10 (and so on) points."""
        card = self.policy["scorecards"][0]
        low = _number("scorecards", card, "min_score")
        high = _number("scorecards", card, "max_score")
        span = high - low if None not in (low, high) else Decimal(100)
        width = Decimal(1)
        while True:
            for step in (1, 2, 5):
                if width * step * _BARS >= span:
                    return width * step
            width *= 10

    @property
    def _scores(self) -> str:
        return self.place.marts.derived(self.sql())

    def _cells(self) -> list[dict[str, Any]]:
        width = _literal(self._width)
        return self.place.rows(
            f"""
            select
                score_status,
                band_before,
                band_after,
                floor(score_before / {width}) as bin_before,
                floor(score_after / {width}) as bin_after,
                count(*) as leads,
                sum(case when score_after <> score_before then 1 else 0 end) as rescored
            from {self._scores}
            group by 1, 2, 3, 4, 5
            """
        )

    def _first(self) -> list[dict[str, Any]]:
        shown = self.place.shown_id("lead_id", "lead")
        return self.place.rows(
            f"""
            select {shown} as shown_lead, score_before, score_after, band_before, band_after
            from {self._scores}
            where score_after <> score_before or {_MOVED}
            order by
                case when {_MOVED} then 0 else 1 end,
                abs(score_after - score_before) desc, score_after desc, lead_id
            limit {_FIRST}
            """
        )

    def _back_test(self) -> dict[str, dict[str, Any]] | None:
        marts = self.place.marts
        if not (marts.has("backtest_contributions") and marts.has("backtest_scores")):
            return None
        cells = self.place.rows(
            f"""
            select
                score_before,
                score_after,
                band_before,
                band_after,
                is_converted,
                count(*) as leads
            from {marts.derived(self.sql(is_back_test=True))}
            group by 1, 2, 3, 4, 5
            """
        )
        if not any(cell["is_converted"] for cell in cells):
            return None
        return {side: _figures(cells, side) for side in ("before", "after")}


def _figures(cells: Sequence[Mapping[str, Any]], side: str) -> dict[str, Any]:
    """How well scores tell who converts, without an interval.

    Args:
        cells: `score_before`, `score_after`, the bands likewise, `is_converted`, `leads`.
        side: `before` or `after`.
    """
    bands: dict[Any, list[int]] = {}
    for cell in cells:
        counts = bands.setdefault(cell[f"band_{side}"], [0, 0])
        counts[0] += int(cell["leads"])
        counts[1] += int(cell["leads"]) if cell["is_converted"] else 0
    scores = [float(cell[f"score_{side}"]) for cell in cells]
    measures = paired_changes(
        scores,
        scores,
        [cell["is_converted"] for cell in cells],
        [int(cell["leads"]) for cell in cells],
        samples=1,
    )
    return {
        "leads": sum(leads for leads, _ in bands.values()),
        "conversions": sum(won for _, won in bands.values()),
        **dict.fromkeys(MEASURES),
        **{measure.measure: measure.after for measure in measures},
        "bands": {
            band: {"leads": leads, "conversions": won, "rate": won / leads}
            for band, (leads, won) in bands.items()
        },
    }


def _number(file: str, row: Mapping[str, str], column: str) -> Decimal | None:
    """The number of a cell; None for an empty one.

    Raises:
        LeadscoreError: it is none.
    """
    text = row.get(column, "").strip()
    if not text:
        return None
    try:
        number = Decimal(text)
        # Not NaN, no infinity, and nothing beyond what a score can be.
        if number.is_finite() and abs(number) < Decimal("1e12") and "_" not in text:
            return number
    except InvalidOperation:
        pass
    name = "/".join(row.get(key, "") for key in KEYS[file])
    raise LeadscoreError(
        f"{text} is no number.",
        where=f"{file}.csv, row {name}, column {column}",
        remedy="Write digits, with a point before decimals.",
        code=ExitCode.POLICY,
    )


def _literal(number: Decimal | None) -> str:
    return f"cast({'null' if number is None else f'{number:f}'} as decimal(18, 4))"


def _clipped(sql: str, low: Decimal | None, high: Decimal | None) -> str:
    steps = ""
    if low is not None:
        steps += f" when {sql} < {_literal(low)} then {_literal(low)}"
    if high is not None:
        steps += f" when {sql} > {_literal(high)} then {_literal(high)}"
    return f"case{steps} else {sql} end" if steps else sql
