"""The page of leads: ranked, searched and filtered, and why one has its score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from leadscore import charts
from leadscore.explain import place_in_ledger
from leadscore.next_band import because, step_words
from leadscore.workbench.commands import leadscore
from leadscore.workbench.ui import (
    ROWS_PER_PAGE,
    Place,
    chart,
    choose_scorecard,
    empty,
    escaped,
    figures,
    number,
    page,
    percent,
    table,
    told,
)

_NONE = "(none)"
# What a list can be narrowed by, with its heading.
_FACETS = {
    "band": "Band",
    "grade": "Grade",
    "score_status": "Status",
    "recommended_action": "Action",
}
_COLUMNS = {
    "score_rank": "Rank",
    "shown_lead": "Lead",
    "shown_account": "Account",
    "score": "Score",
    "band": "Band",
    "grade": "Grade",
    "score_change": "Change",
    "recommended_action": "Action",
    "top_reasons": "Why",
    "score_status": "Status",
}
_LEDGER = {
    "what": "What",
    "points": "Points",
    "running_total": "Sum",
    "part": "Part of",
    "measure_value": "Measure",
    "matched_value": "Value",
    "evidence_count": "Evidence",
    "first_evidence_at": "First",
    "last_evidence_at": "Last",
}
_MOST_LEDGER_LINES = 1000
_MOST_SPANS = 500
# What lead_columns_in_mart adds to scored_leads stands behind this column.
_LAST_OWN_COLUMN = "scored_at"


@page("Leads")
def show(place: Place) -> None:
    """Shows the page."""
    chosen = choose_scorecard(place, "leads_scorecard")
    if chosen is None:
        return
    scorecard, status = chosen
    suffix = "" if status == "live" else "_draft"
    mart = place.marts.relation(f"scored_leads{suffix}")
    where = [f"scorecard_id = {place.text(scorecard)}"]
    facets = place.rows(
        f"select {', '.join(_FACETS)}, count(*) as leads, max(score) as highest from {mart}"
        f" where {where[0]} group by {', '.join(_FACETS)}"
    )
    columns = place.marts.columns(f"scored_leads{suffix}")
    extra = [] if place.hides else columns[columns.index(_LAST_OWN_COLUMN) + 1 :]
    where += _filters(place, facets, extra, scorecard)
    total = int(place.rows(f"select count(*) as leads from {mart} where {_all(where)}")[0]["leads"])
    everyone = sum(int(row["leads"]) for row in facets)
    if not total:
        empty("No lead is like that. Take a filter away, or search for less.")
    else:
        rows = _page_of_leads(place, mart, where, extra, total, everyone)
        _choose_lead(place, rows, extra)
    _funnel(facets)
    lead = st.session_state.get("lead")
    if lead is not None and st.session_state.get("lead_scorecard") == chosen:
        _lead(place, scorecard, suffix, lead)


def _all(conditions: Sequence[str]) -> str:
    return " and ".join(conditions)


def _filters(
    place: Place, facets: Sequence[Mapping[str, Any]], extra: Sequence[str], scorecard: str
) -> list[str]:
    """The conditions that the filters ask for, as SQL."""
    conditions = []
    sought = ""
    if not place.hides:
        sought = st.text_input(
            "Search",
            placeholder="Lead, account or reason",
            key="leads_search",
            help="Finds text anywhere in the lead's id, its account, its reasons"
            + (" or the columns that the mart has of it." if extra else "."),
        ).strip()
    if sought:
        pattern = sought.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        names = ["lead_id", "account_id", "top_reasons", "top_drags", *extra]
        like = f"like {place.text(f'%{pattern}%')} escape '!'"
        text = [f"lower(cast({place.marts.quote(name)} as varchar(4000))) {like}" for name in names]
        conditions.append(f"({' or '.join(text)})")
    columns = st.columns(len(_FACETS))
    for column, (name, heading) in zip(columns, _FACETS.items(), strict=True):
        order: dict[str, tuple] = {}
        for row in facets:
            option = _NONE if row[name] is None else row[name]
            # Bands from the best down, all else by name.
            key = (-row["highest"],) if name == "band" else (option == _NONE, option)
            order[option] = min(order.get(option, key), key)
        options = sorted(order, key=order.__getitem__)
        wanted = column.multiselect(
            heading, options, key=f"leads_{name}_{scorecard}", placeholder="All"
        )
        if wanted:
            values = [place.text(value) for value in wanted if value != _NONE]
            parts = [f"{name} in ({', '.join(values)})"] if values else []
            parts += [f"{name} is null"] if _NONE in wanted else []
            conditions.append(f"({' or '.join(parts)})")
    return conditions


def _page_of_leads(
    place: Place,
    mart: str,
    where: Sequence[str],
    extra: Sequence[str],
    total: int,
    everyone: int,
) -> list[dict[str, Any]]:
    """The rows of the page that is looked at."""
    pages = -(-total // ROWS_PER_PAGE)
    told_column, page_column = st.columns([3, 1], vertical_alignment="bottom")
    # Another filter, or another publication, begins at its first page.
    number_of_page = page_column.number_input(
        f"Page of {pages:,}", 1, pages, 1, key=f"leads_page_{hash(tuple(where))}_{pages}"
    )
    first = (int(number_of_page) - 1) * ROWS_PER_PAGE
    last = min(first + ROWS_PER_PAGE, total)
    of_all = "" if total == everyone else f" (of {everyone:,})"
    told_column.text(f"{first + 1:,} to {last:,} of {total:,} leads{of_all}, best first")
    names = [*_COLUMNS, *map(place.marts.quote, extra)]
    names = [name for name in names if not name.startswith("shown_")]
    return place.rows(
        f"select {', '.join(names)},"
        f" {place.shown_id('lead_id', 'lead')} as shown_lead,"
        f" {place.shown_id('account_id', 'account')} as shown_account"
        f" from {mart} where {_all(where)}"
        " order by case when score_rank is null then 1 else 0 end, score_rank, score desc, lead_id"
        f" limit {ROWS_PER_PAGE} offset {first}"
    )


def _choose_lead(place: Place, rows: Sequence[Mapping[str, Any]], extra: Sequence[str]) -> None:
    """The table, of which a row opens; and the same choice as a list, for keyboards and phones."""
    leads = [row["shown_lead"] for row in rows]

    def take(lead: Any) -> None:
        if lead is not None:
            st.session_state["lead"] = lead
            st.session_state["lead_scorecard"] = st.session_state["leads_scorecard"]

    def row_chosen() -> None:
        chosen = st.session_state["leads_table"]["selection"]["rows"]
        take(leads[chosen[0]] if chosen and chosen[0] < len(leads) else None)

    table(
        rows,
        {**_COLUMNS, **{name: name for name in extra}},
        key="leads_table",
        on_select=row_chosen,
        selection_mode="single-row",
        height=420,
    )
    st.selectbox(
        "Explain a lead of this page",
        leads,
        index=None,
        key="leads_choice",
        placeholder="Choose a lead, or a row above",
        on_change=lambda: take(st.session_state["leads_choice"]),
    )


def _funnel(facets: Sequence[Mapping[str, Any]]) -> None:
    bands: dict[Any, dict[str, Any]] = {}
    for row in facets:
        band = bands.setdefault(row["band"], {"band": row["band"], "leads": 0, "order": ()})
        band["leads"] += int(row["leads"])
        # Statuses that stand in place of a band come last.
        band["order"] = max(band["order"], (row["score_status"] == "scored", row["highest"]))
    rows = sorted(bands.values(), key=lambda band: band["order"], reverse=True)
    with st.expander("Leads per band, all of the scorecard"):
        chart(charts.funnel(rows), rows, {"band": "Band", "leads": "Leads"}, "Leads per band")


def _lead(place: Place, scorecard: str, suffix: str, shown: str) -> None:
    """Why a lead has its score."""
    lead_id = place.shown_id("lead_id", "lead")
    mart = place.marts.relation(f"scored_leads{suffix}")
    found = place.rows(
        f"select * from {mart} where scorecard_id = {place.text(scorecard)}"
        f" and {lead_id} = {place.text(shown)} limit 1"
    )
    st.divider()
    st.header(f"Lead {escaped(shown)}", anchor="lead")
    if not found:
        empty("This lead is not among the scores any more.")
        return
    score = found[0]
    _standing(score)
    mine = f"scorecard_id = {place.text(scorecard)} and lead_id = {place.text(score['lead_id'])}"
    ledger = place.rows(
        f"select * from {place.marts.relation(f'lead_score_contributions{suffix}')}"
        f" where {mine} limit {_MOST_LEDGER_LINES}"
    )
    ledger = sorted(ledger, key=place_in_ledger)
    _ledger(place, score, ledger)
    timed = [line for line in ledger if line["first_evidence_at"] is not None]
    if timed:
        chart(
            charts.evidence_timeline(timed),
            [{**line, "what": charts.line_name(line)} for line in timed],
            {name: _LEDGER[name] for name in ("what", "points", *list(_LEDGER)[6:])},
            "When it happened",
        )
    else:
        empty("No event is behind this score; it comes from what is known of the lead alone.")
    _history(place, scorecard, suffix, mine)
    _lift(place, scorecard, suffix, score, shown)


def _standing(score: Mapping[str, Any]) -> None:
    change = score["score_change"]
    figures(
        ("Score", number(score["score"]), None if change is None else number(change)),
        ("Band", score["band"] or _NONE),
        ("Grade", score["grade"] or _NONE),
        ("Rank", number(score["score_rank"])),
        ("Chance to convert", percent(score["conversion_probability"], 0)),
    )
    if score["conversion_probability"] is not None:
        st.caption(
            "The chance is the rate of leads with such a score in the back-test, "
            f"{percent(score['conversion_probability_low'], 0)} to "
            f"{percent(score['conversion_probability_high'], 0)}."
        )
    if score["recommended_action"]:
        words = [score["recommended_action"]]
        if score["action_sla_hours"] is not None:
            words.append(f"within {number(score['action_sla_hours'])} h")
        if score["action_team"]:
            words.append(f"by {score['action_team']}")
        st.text("To do: " + ", ".join(words))
    if score["disqualified_by"]:
        st.text(f"Disqualified by: {score['disqualified_by']}")
    known = score["data_coverage"]
    st.text(
        f"Scored at {score['scored_at']} UTC"
        + ("" if known is None else f"; {percent(known, 0)} of what the criteria ask is known")
    )


def _ledger(place: Place, score: Mapping[str, Any], ledger: list[dict[str, Any]]) -> None:
    total = 0
    lines = []
    for line in ledger:
        total += line["points"]
        parts = [part for part in (line["dimension"], line["group_id"]) if part]
        lines.append(
            {
                **line,
                "what": charts.line_name(line),
                "part": "/".join(parts),
                "running_total": total,
            }
        )
    columns = {
        name: heading
        for name, heading in _LEDGER.items()
        if not (place.hides and name == "matched_value")
    }
    if not lines:
        empty("No criterion is met: the score is 0.")
    else:
        chart(charts.waterfall(lines), lines, columns, "How the points add up")
    if total != score["score"]:
        st.error(
            f"The lines add up to {number(total)}, not to the score {number(score['score'])}. "
            "Run again with --full-refresh; if it stays so, it is a defect.",
            icon=":material/error:",
        )


def _history(place: Place, scorecard: str, suffix: str, mine: str) -> None:
    if suffix:
        return
    with told():
        spans = place.rows(
            "select valid_from as scored_at, valid_to, score, band, policy_version"
            f" from {place.marts.relation('lead_score_history')} where {mine}"
            f" order by valid_from desc limit {_MOST_SPANS}"
        )[::-1]
        if len(spans) < 2:
            st.subheader("Score over time")
            empty(
                "So far one score is known. Each run that finds another one adds to it; "
                "`leadscore replay` scores past moments."
            )
            return
        bands = place.rows(
            f"select band, min_points from {place.marts.relation('band_performance')}"
            f" where scorecard_id = {place.text(scorecard)} and scope = 'total'"
            " and min_points is not null"
        )
        # What holds still holds at the moment of the last span only if it has no end.
        chart(
            charts.score_history(spans, bands),
            spans,
            {"scored_at": "Since", "valid_to": "Until", "score": "Score", "band": "Band"},
            "Score over time",
        )


def _lift(place: Place, scorecard: str, suffix: str, score: Mapping[str, Any], shown: str) -> None:
    """What becomes of the lead without activity, and what would lift it, on demand."""
    st.subheader("What would lift it")
    key = f"next-{place.identity}-{scorecard}-{shown}"
    if st.button(
        "Try every step",
        key="lead_next",
        help="Scores the lead again for each day to come and each thing that it might do. It "
        "needs the warehouse, and takes about half a minute.",
        icon=":material/trending_up:",
    ):
        words = ["explain", "--next", "--scorecard", scorecard, *(["--draft"] if suffix else [])]
        with told(), st.spinner("Trying every step by the same rules …", show_time=True):
            # An id may begin like an option.
            said = leadscore(place.project, *words, "--", score["lead_id"])
            st.session_state[key] = said["scorecards"][0]
    found = st.session_state.get(key)
    if found is None:
        st.caption("Tries every single step by the same rules as a run; changes nothing.")
        return
    forecast = found["forecast"]
    if forecast["leaves_band"]:
        band = forecast["band"] or _NONE
        st.text(
            f"Without new activity it becomes {band} ({number(forecast['score'])}) on "
            f"{forecast['date']}, in {forecast['in_days']} days."
            if not forecast.get("leaves_audience")
            else f"Without new activity it leaves the audience on {forecast['date']}."
        )
    else:
        st.text("Without new activity it stays in its band for the year to come.")
    steps = [
        {
            "step": str(step["attribute"])
            if place.hides and step["kind"] == "attribute"
            else step_words(step),
            "gain": step["gain"],
            "score": step["score"],
            "band": step["band"],
            "reaches": "yes" if step["reaches_next_band"] else "no",
            "because": because(step["changes"]),
        }
        for step in found["steps"]
    ]
    if steps:
        table(
            steps,
            {
                "step": "Step",
                "gain": "Gain",
                "score": "Score",
                "band": "Band",
                "reaches": "Next band",
                "because": "Because",
            },
        )
    else:
        empty("No single step adds points, or the lead is in the best band already.")
