"""The page of data quality: what was rejected and why, coverage, freshness, and the last runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from leadscore.workbench.ui import (
    ROWS_PER_PAGE,
    Place,
    empty,
    figures,
    number,
    page,
    percent,
    table,
    told,
)

_RUNS = 10
# What each reason asks for.
_REASONS = {
    "missing_id": "The row has no id.",
    "missing_name": "The row does not say what happened.",
    "missing_time": "The row does not say when it happened.",
    "unreadable_time": "The time is none that can be read.",
    "missing_lead": "The row says neither which lead nor which visitor.",
    "future_time": "The time lies more than a day after the row was loaded.",
    "duplicate_id": "Another row with the same id is used.",
    "unidentified": "The visitor is not known yet; counts as soon as an identity arrives.",
    "unknown_lead": "No lead has that id.",
    "merged": "The lead was merged into another one, which has its events.",
    "circular_merge": "The merges go round in a circle.",
}
_HOUR = 3600


@page("Data quality")
def show(place: Place) -> None:
    """Shows the page."""
    with told():
        _runs(place)
    with told():
        _rejected(place)
    with told():
        _coverage(place)


def _runs(place: Place) -> None:
    mart = place.marts.relation("run_audit")
    runs = place.rows(
        "select run_started_at, max(as_of) as as_of, sum(rows_read) as rows_read,"
        " sum(rows_staged) as rows_staged, sum(rows_rejected) as rows_rejected,"
        " sum(leads_scored) as leads_scored"
        f" from {mart} group by run_id, run_started_at order by run_started_at desc limit {_RUNS}"
    )
    st.subheader("Freshness")
    if not runs:
        empty("No run is known yet.")
        return
    last = runs[0]
    events = place.rows(
        f"select max(last_event_at) as last_event_at from {place.marts.relation('scored_leads')}"
    )[0]["last_event_at"]
    figures(
        ("Last run", _ago(last["run_started_at"])),
        ("Scored as of", f"{last['as_of']:%Y-%m-%d}"),
        ("Last event", "-" if events is None else f"{events:%Y-%m-%d}"),
        ("Rows read", number(last["rows_read"])),
        ("Rejected", percent(_share(last["rows_rejected"], last["rows_read"]))),
    )
    st.caption(f"The last run began at {last['run_started_at']:%Y-%m-%d %H:%M} UTC.")
    st.subheader("Last runs")
    table(
        runs,
        {
            "run_started_at": "Began (UTC)",
            "as_of": "Scored as of",
            "rows_read": "Rows read",
            "rows_staged": "Used",
            "rows_rejected": "Rejected",
            "leads_scored": "Leads scored",
        },
    )
    tables = place.rows(
        "select source_name, rows_read, rows_staged, rows_rejected, unreadable_created_at,"
        f" unreadable_updated_at, unreadable_loaded_at from {mart}"
        f" where run_started_at = (select max(run_started_at) from {mart})"
        " and source_name is not null order by source_name"
    )
    st.markdown("**Raw tables in the last run**")
    table(
        [
            {**row, "share": percent(_share(row["rows_rejected"], row["rows_read"]))}
            for row in tables
        ],
        {
            "source_name": "Table",
            "rows_read": "Read",
            "rows_staged": "Used",
            "rows_rejected": "Rejected",
            "share": "Share rejected",
            "unreadable_created_at": "created_at unreadable",
            "unreadable_updated_at": "updated_at unreadable",
            "unreadable_loaded_at": "loaded_at unreadable",
        },
    )


def _share(part: Any, whole: Any) -> float | None:
    return float(part) / float(whole) if part is not None and whole else None


def _ago(moment: datetime) -> str:
    seconds = (datetime.now(UTC).replace(tzinfo=None) - moment.replace(tzinfo=None)).total_seconds()
    if seconds < 2 * _HOUR:
        return f"{max(int(seconds // 60), 0)} min ago"
    if seconds < 48 * _HOUR:
        return f"{int(seconds // _HOUR)} h ago"
    return f"{int(seconds // (24 * _HOUR))} days ago"


def _rejected(place: Place) -> None:
    st.subheader("What was not used, and why")
    mart = place.marts.relation("rejected_rows")
    reasons = place.rows(
        f"select source_name, reason, count(*) as rejected from {mart}"
        " group by source_name, reason order by count(*) desc, source_name, reason"
    )
    if not reasons:
        st.success("Every row was used.", icon=":material/check:")
        return
    table(
        [{**row, "meaning": _REASONS.get(row["reason"], "")} for row in reasons],
        {"source_name": "Table", "reason": "Reason", "rejected": "Rows", "meaning": "Meaning"},
    )
    chosen = st.selectbox(
        "Rows of",
        [(row["source_name"], row["reason"], int(row["rejected"])) for row in reasons],
        format_func=lambda each: f"{each[0]}: {each[1]} ({each[2]:,})",
        key="quality_reason",
    )
    _rejected_rows(place, mart, chosen)


def _rejected_rows(place: Place, mart: str, chosen: tuple[str, str, int]) -> None:
    source, reason, total = chosen
    pages = -(-total // ROWS_PER_PAGE)
    wanted = st.number_input(
        f"Page of {pages:,}", 1, pages, 1, key=f"quality_{source}_{reason}_{pages}"
    )
    if place.hides:
        st.text("The rows themselves are personal data, and hidden.")
        return
    first = (int(wanted) - 1) * ROWS_PER_PAGE
    rows = place.rows(
        f"select row_id, {place.marts.quote('row')} as raw_row from {mart}"
        f" where source_name = {place.text(source)} and reason = {place.text(reason)}"
        f" order by row_id, raw_row limit {ROWS_PER_PAGE} offset {first}"
    )
    table(rows, {"row_id": "Id", "raw_row": "The whole row"})


def _coverage(place: Place) -> None:
    st.subheader("Coverage: what is known of the leads")
    rows: list[Mapping[str, Any]] = []
    for suffix in ("", "_draft"):
        name = f"scored_leads{suffix}"
        if suffix and not place.marts.has(name):
            continue
        rows += place.rows(
            "select scorecard_id, count(*) as leads, avg(data_coverage) as average,"
            " sum(case when data_coverage = 1 then 1 else 0 end) as complete,"
            " sum(case when data_coverage < 0.5 then 1 else 0 end) as poor,"
            " sum(case when score_status = 'insufficient_data' then 1 else 0 end) as unscored,"
            " sum(case when last_event_at is null then 1 else 0 end) as silent"
            f" from {place.marts.relation(name)} group by scorecard_id order by scorecard_id"
        )
    _coverage_table(rows)


def _coverage_table(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        empty("No lead is scored yet.")
        return
    table(
        [{**row, "average": percent(row["average"], 0)} for row in rows],
        {
            "scorecard_id": "Scorecard",
            "leads": "Leads",
            "average": "Known on average",
            "complete": "All known",
            "poor": "Less than half known",
            "silent": "Without any event",
            "unscored": "Too little to score",
        },
    )
