"""The page of performance: how well the scores told, in the back-test, who converts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from leadscore import charts
from leadscore.performance import FINDINGS
from leadscore.workbench.ui import (
    Place,
    chart,
    choose_scorecard,
    empty,
    figures,
    number,
    page,
    percent,
    table,
    told,
)

_SCOPES = {"total": "Score", "fit": "Fit", "engagement": "Engagement"}
_POPULATIONS = {
    "recent": "Recent leads, at their own moments",
    "live": "All leads, as they are scored now",
}
_MOST_DRIFTING = 25
# What is compared between scorecards: column, name, whether it is a share.
_COMPARED = (
    ("leads", "Leads", None),
    ("conversions", "Conversions", None),
    ("conversion_rate", "Conversion rate", "share"),
    ("auc", "AUC", "number"),
    ("ks", "KS", "number"),
    ("lift_10", "Lift of the best 10 %", "number"),
    ("lift_20", "Lift of the best 20 %", "number"),
    ("brier", "Brier score", "number"),
)


@page("Performance")
def show(place: Place) -> None:
    """Shows the page."""
    chosen = choose_scorecard(place, "performance_scorecard")
    if chosen is None:
        return
    scorecard, status = chosen
    mine = f"scorecard_id = {place.text(scorecard)}"
    marts = place.marts
    with told():
        rows = place.rows(
            f"select * from {marts.relation('score_performance')}"
            " order by scorecard_status desc, scorecard_id"
        )
        found = next((row for row in rows if row["scorecard_id"] == scorecard), None)
        if found is None or not found["leads"]:
            empty(
                "There is no back-test of this scorecard yet: it needs outcomes, the var backtest, "
                "and leads that are old enough to have had time to convert (docs/backtest.md)."
            )
            return
        _summary(found)
    with told():
        _bands(place, mine)
    with told():
        _gains(place, scorecard)
    with told():
        _criteria(place, mine)
    with told():
        _drift(place, mine)
    _live_and_draft(rows, status)


def _interval(row: Mapping[str, Any], name: str, kind: str | None) -> str:
    shown = percent if kind == "share" else number
    if row[name] is None:
        return "-"
    if row.get(f"{name}_low") is None:
        return shown(row[name])
    return f"{shown(row[name])} ({shown(row[f'{name}_low'])} to {shown(row[f'{name}_high'])})"


def _summary(found: Mapping[str, Any]) -> None:
    figures(
        ("Leads", f"{found['leads']:,}"),
        ("Converted", percent(found["conversion_rate"])),
        ("AUC", number(found["auc"])),
        ("Lift, best 10 %", number(found["lift_10"])),
        ("Lift, best 20 %", number(found["lift_20"])),
    )
    st.caption(
        "Each lead at a moment of its own, by what was known then, and what became of it. "
        f"AUC {_interval(found, 'auc', 'number')}; lift of the best 20 % "
        f"{_interval(found, 'lift_20', 'number')}; 95 % intervals."
    )


def _bands(place: Place, mine: str) -> None:
    known = place.rows(
        f"select * from {place.marts.relation('band_performance')} where {mine}"
        " order by case when band_order is null then 1 else 0 end, band_order, band"
    )
    scopes = [scope for scope in _SCOPES if any(row["scope"] == scope for row in known)]
    if not scopes:
        empty("No band is known of the back-test.")
        return
    scope = st.segmented_control(
        "Bands of", scopes, default=scopes[0], format_func=_SCOPES.get, key="performance_scope"
    )
    rows = [row for row in known if row["scope"] == (scope or scopes[0]) and row["leads"]]
    chart(
        charts.band_conversion(rows),
        [
            {
                **row,
                "rate": _interval(row, "conversion_rate", "share"),
                "order": "yes" if row["is_in_order"] else "no",
            }
            for row in rows
        ],
        {
            "band": "Band",
            "leads": "Leads",
            "conversions": "Conversions",
            "rate": "Rate, with its 95 % interval (Wilson)",
            "lift": "Lift",
            "order": "In order",
            "revenue_per_lead": "Revenue per lead",
        },
        "Conversion by band",
    )
    wrong = [row for row in rows if row["is_in_order"] is False]
    if wrong:
        st.warning(
            "A lower band converted more often than one above it; the table says which.",
            icon=":material/swap_vert:",
        )


def _gains(place: Place, scorecard: str) -> None:
    known = place.rows(
        "select scorecard_id, scorecard_status, decile, cumulative_leads, cumulative_conversions,"
        " cumulative_conversion_share, cumulative_lift"
        f" from {place.marts.relation('score_gains')} order by scorecard_id, decile"
    )
    names = list(dict.fromkeys(row["scorecard_id"] for row in known))
    others = st.multiselect(
        "Beside it",
        [name for name in names if name != scorecard],
        key="performance_gains",
        placeholder="Other scorecards, such as a draft",
    )
    rows = [
        {**row, "series": row["scorecard_id"]}
        for name in (scorecard, *others)
        for row in known
        if row["scorecard_id"] == name
    ]
    if not rows:
        empty("Without a conversion there is no gains curve.")
        return
    chart(
        charts.gains_curve(rows),
        rows,
        {
            "series": "Scorecard",
            "decile": "Tenth",
            "cumulative_leads": "Leads down to here",
            "cumulative_conversions": "Conversions",
            "cumulative_conversion_share": "Share",
            "cumulative_lift": "Lift",
        },
        "Gains: which share of conversions the best leads hold",
    )


def _criteria(place: Place, mine: str) -> None:
    rows = place.rows(
        f"select * from {place.marts.relation('criterion_performance')} where {mine}"
        " order by information_value desc, criterion_id"
    )
    if not rows:
        empty("The scorecard has no active criterion.")
        return
    shown = [{**row, "said": FINDINGS.get(row["finding"], row["finding"])} for row in rows]
    chart(
        charts.criterion_lift(rows),
        shown,
        {
            "name": "Criterion",
            "leads_met": "Leads",
            "rate_met": "Rate",
            "lift": "Lift",
            "lift_low": "from",
            "lift_high": "to",
            "average_points": "Points",
            "points_supported": "Points supported",
            "said": "Finding",
        },
        "Criteria: lift against points",
    )
    asked = [row for row in shown if row["finding"] in ("wrong_sign", "too_high", "too_low")]
    if asked:
        st.markdown("**What the evidence asks to change**")
        order = list(FINDINGS)
        asked.sort(key=lambda row: order.index(row["finding"]))
        table(
            asked,
            {
                "name": "Criterion",
                "said": "Finding",
                "average_points": "Points",
                "points_supported": "Points supported",
                "points_supported_low": "from",
                "points_supported_high": "to",
            },
        )


def _drift(place: Place, mine: str) -> None:
    population = st.segmented_control(
        "Back-test compared with",
        list(_POPULATIONS),
        default="recent",
        format_func=_POPULATIONS.get,
        key="performance_population",
    )
    rows = place.rows(
        "select name, subject, backtest_average, compared_average, population_stability_index,"
        f" verdict from {place.marts.relation('score_drift')} where {mine}"
        f" and population = {place.text(population or 'recent')}"
        " and population_stability_index is not null"
        " order by case subject when 'score' then 0 else 1 end,"
        f" population_stability_index desc, name limit {_MOST_DRIFTING}"
    )
    if not rows:
        empty("There are no leads to compare the back-test with.")
        return
    chart(
        charts.drift(rows),
        [{**row, "name": row["name"] or "Score"} for row in rows],
        {
            "name": "What",
            "backtest_average": "Then",
            "compared_average": "Now",
            "population_stability_index": "Index",
            "verdict": "Verdict",
        },
        "Drift: how far the leads of now differ",
    )
    st.caption("By custom an index from 0.1 on is worth a look, and from 0.25 on a shift.")


def _live_and_draft(rows: Sequence[Mapping[str, Any]], status: str) -> None:
    st.subheader("Live against draft")
    if len({row["scorecard_status"] for row in rows}) < 2:
        empty(
            "There is no draft beside the live scorecards. Give a scorecard the status draft to "
            "try other rules beside it."
            if status == "live"
            else "There is no live scorecard to compare the draft with."
        )
        return
    table(
        [
            {
                "figure": name,
                **{
                    row["scorecard_id"]: (
                        number(row[column]) if kind is None else _interval(row, column, kind)
                    )
                    for row in rows
                },
            }
            for column, name, kind in _COMPARED
        ],
        {
            "figure": "Figure",
            **{
                row["scorecard_id"]: f"{row['scorecard_id']} ({row['scorecard_status']})"
                for row in rows
            },
        },
    )
    st.caption("Each is judged on the leads of its own audience.")
