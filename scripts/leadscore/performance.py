"""`leadscore performance`: what the back-test says about scores, bands and criteria."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from leadscore.dbt import Dbt
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.output import Output, command, plain
from leadscore.project import Project
from leadscore.warehouse import Warehouse

# The tables that are shown, with the order of their rows.
MARTS = {
    "score_performance": "scorecard_status desc, scorecard_id",
    "band_performance": "scorecard_id, scope, band_order is null, band_order, band",
    "score_gains": "scorecard_id, decile",
    "criterion_performance": "scorecard_id, criterion_id",
    "score_drift": "scorecard_id, population, criterion_id",
}
# The findings from the one that asks most urgently for a change, in words.
FINDINGS = {
    "wrong_sign": "Points on the wrong side of 0",
    "too_high": "Points too high",
    "too_low": "Points too low",
    "supports": "Points that the evidence supports",
    "not_enough_evidence": "Too little evidence to tell",
    "never_met": "Met by no lead of the back-test",
}


def performance(project: Project, output: Output, scorecard_id: str | None) -> dict[str, Any]:
    """Prints how well the scores told who converts, live scorecards and drafts side by side.

    Args:
        project: the project to read.
        output: where to print.
        scorecard_id: only this scorecard; None for all.

    Returns:
        The result for `--json`.

    Raises:
        LeadscoreError: nothing is scored yet, there is no such scorecard, or no back-test.
    """
    project.ensure_profile()
    warehouse = Warehouse(Dbt(project))
    with output.busy("Reading the back-test"), warehouse.open():
        if not all(warehouse.has(name) for name in MARTS):
            raise LeadscoreError(
                "There is no back-test yet.",
                where=warehouse.place,
                remedy=f"Run this first: {command('run')}",
                code=ExitCode.NOT_FOUND,
            )
        everything = back_tests(warehouse)
    known = [row["scorecard_id"] for row in everything]
    if scorecard_id is not None and scorecard_id not in known:
        raise LeadscoreError(
            f"There is no scorecard {scorecard_id}.",
            where="--scorecard",
            remedy=f"Use one of: {', '.join(known) or 'none is there'}.",
            code=ExitCode.NOT_FOUND,
        )
    if not any(row["leads_scored"] for row in everything):
        raise LeadscoreError(
            "No lead has a moment in the back-test.",
            where="the vars backtest, backtest_days and backtest_moment_column",
            remedy="It needs outcomes, the var backtest switched on, and leads that were created "
            "backtest_days before the scoring moment or earlier, or have a moment of their own.",
            code=ExitCode.NOT_FOUND,
        )
    scorecards = [row for row in everything if scorecard_id in (None, row["scorecard_id"])]
    _print_scores(output, scorecards)
    _print_bands(output, scorecards)
    _print_gains(output, scorecards)
    _print_criteria(output, scorecards)
    _print_drift(output, scorecards)
    return {"ok": True, "exit_code": 0, "scorecards": scorecards}


def back_tests(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The figures of each scorecard, live ones first, with its bands, gains, criteria and drift.

    Args:
        warehouse: open; the tables of `MARTS` are in it.
    """
    found = {
        name: warehouse.rows(f"select * from {warehouse.model(name)} order by {order}")
        for name, order in MARTS.items()
    }
    return [
        {
            **row,
            "bands": _of(found["band_performance"], row),
            "gains": _of(found["score_gains"], row),
            "criteria": _of(found["criterion_performance"], row),
            "drift": _of(found["score_drift"], row),
        }
        for row in found["score_performance"]
    ]


def _of(rows: Sequence[dict[str, Any]], scorecard: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in rows if row["scorecard_id"] == scorecard["scorecard_id"]]


def _label(scorecard: dict[str, Any]) -> str:
    return f"{scorecard['scorecard_id']} ({scorecard['scorecard_status']})"


def _print_scores(output: Output, scorecards: Sequence[dict[str, Any]]) -> None:
    """A column per scorecard, so that a draft stands beside the live ones."""

    def counts(name: str) -> list[str]:
        return [f"{row[name]:,}" for row in scorecards]

    def figures(name: str, places: int, factor: int = 1, unit: str = "") -> list[str]:
        return [with_interval(row, name, places, factor, unit) for row in scorecards]

    lines = [
        ("leads at their moment", counts("leads_scored")),
        ("  converted before", counts("leads_converted_before")),
        ("  window still open", counts("leads_window_open")),
        ("  that count", counts("leads")),
        ("leads without a moment", counts("leads_without_moment")),
        ("conversions", counts("conversions")),
        ("conversion rate", figures("conversion_rate", 1, 100, " %")),
        ("AUC", figures("auc", 3)),
        ("KS", figures("ks", 3)),
        ("lift of the best 10 %", figures("lift_10", 2)),
        ("lift of the best 20 %", figures("lift_20", 2)),
        ("Brier score", figures("brier", 3)),
    ]
    if any(row["auc_weighted"] is not None for row in scorecards):
        lines += [
            ("AUC, weighted", figures("auc_weighted", 3)),
            ("lift of the best 20 %, weighted", figures("lift_20_weighted", 2)),
        ]
    columns = [_label(row) for row in scorecards]
    rows = [(label, *cells) for label, cells in lines]
    output.table("How well scores told who converts", ("", *columns), rows, right=columns)
    output.say()


def _print_bands(output: Output, scorecards: Sequence[dict[str, Any]]) -> None:
    rows = []
    for scorecard in scorecards:
        for band in scorecard["bands"]:
            if band["scope"] == "total":
                order = {True: "yes", False: "no", None: None}[band["is_in_order"]]
                rows.append(
                    (
                        _label(scorecard),
                        band["band"],
                        band["leads"],
                        band["conversions"],
                        with_interval(band, "conversion_rate", 1, 100, " %"),
                        fixed(band["lift"], 2),
                        band["revenue"],
                        fixed(band["revenue_per_lead"], 2),
                        order,
                    )
                )
    headings = (
        *("scorecard", "band", "leads", "conversions", "conversion rate", "lift", "revenue"),
        *("per lead", "in order"),
    )
    output.table("Bands", headings, rows, right=("conversion rate", "lift", "per lead"))
    output.say()


def _print_gains(output: Output, scorecards: Sequence[dict[str, Any]]) -> None:
    headings = ["best"]
    rows: list[list[Any]] = [[f"{10 * decile} %"] for decile in range(1, 11)]
    for scorecard in scorecards:
        if scorecard["gains"]:
            headings += [_label(scorecard), "from score"]
            for row, gain in zip(rows, scorecard["gains"], strict=True):
                share = gain["cumulative_conversion_share"]
                row += [
                    "" if share is None else f"{fixed(share * 100, 1)} %",
                    gain["lowest_score"],
                ]
    title = "Share of all conversions that the best leads have"
    output.table(title, headings, rows, right=headings)
    output.say()


def _print_criteria(output: Output, scorecards: Sequence[dict[str, Any]]) -> None:
    headings = (
        *("scorecard", "criterion", "met", "conversion rate", "lift", "grade"),
        *("points", "supported"),
    )
    for finding, title in FINDINGS.items():
        rows = [
            (
                _label(scorecard),
                row["name"],
                row["leads_met"],
                None if row["rate_met"] is None else f"{fixed(row['rate_met'] * 100, 1)} %",
                with_interval(row, "lift", 2),
                row["evidence_grade"],
                row["points_now"] if row["average_points"] is None else row["average_points"],
                _points(row),
            )
            for scorecard in scorecards
            for row in scorecard["criteria"]
            if row["finding"] == finding
        ]
        if not rows:
            continue
        if finding == "never_met":
            names = [f"{cells[1]} ({cells[0].partition(' ')[0]})" for cells in rows]
            output.say(f"{title}: {', '.join(names)}")
        else:
            right = ("conversion rate", "lift", "supported")
            output.table(title, headings, rows, right=right)
        output.say()


def _print_drift(output: Output, scorecards: Sequence[dict[str, Any]]) -> None:
    rows = [
        (
            _label(scorecard),
            row["name"] or "score",
            fixed(row["backtest_average"], 3),
            fixed(row["compared_average"], 3),
            fixed(row["population_stability_index"], 3),
            row["verdict"],
        )
        for scorecard in scorecards
        for row in scorecard["drift"]
        if row["population"] == "recent" and row["verdict"] in ("watch", "shifted")
    ]
    if rows:
        headings = ("scorecard", "what", "back-test", "recent leads", "index", "verdict")
        output.table("Recent leads differ from the back-test", headings, rows, right=headings[2:5])
        output.say()


def _points(row: dict[str, Any]) -> str | None:
    if row["points_supported"] is None:
        return None
    low, high = fixed(row["points_supported_low"], 0), fixed(row["points_supported_high"], 0)
    return f"{plain(row['points_supported'])} ({low} to {high})"


def with_interval(
    row: dict[str, Any], name: str, places: int, factor: int = 1, unit: str = ""
) -> str:
    """A figure with its interval: `0.764 (0.709 to 0.818)`; nothing where it is not known."""
    figure, low, high = (row[name + end] for end in ("", "_low", "_high"))
    if figure is None:
        return ""
    shown = f"{fixed(figure * factor, places)}{unit}"
    if low is None or high is None:
        return shown
    return f"{shown} ({fixed(low * factor, places)} to {fixed(high * factor, places)})"


def fixed(number: Decimal | None, places: int) -> str | None:
    """A number with so many decimals; None stays None."""
    if number is None:
        return None
    # Without the sign of a 0 that was rounded to.
    return f"{round(number, places) + 0:.{places}f}"
