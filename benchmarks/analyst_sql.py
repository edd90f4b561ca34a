"""The SELECT that an analyst would write for a policy: filtered counts by lead, values inlined.

It relies on what its author knows of the data: no cell needs trimming, properties are in lower
case, no id occurs twice. It gives a score and a band, and nothing that explains them.
"""

from __future__ import annotations

from benchmarks.data import AS_OF
from benchmarks.policy import (
    BANDS,
    BASE_POINTS,
    DIMENSIONS,
    GROUPS,
    MAX_SCORE,
    MIN_SCORE,
    Criterion,
)

NOW = f"timestamp '{AS_OF}'"
_NUMBERS = {"employees", "revenue", "amount"}


def scores_query(criteria: list[Criterion], leads: str, events: str) -> str:
    """The whole query.

    Args:
        criteria: the policy's.
        leads: the relation of leads.
        events: the relation of events.
    """
    conditions = {row.criterion_id: condition(row) for row in criteria}
    measures = ",\n        ".join(
        f"{sql} as {name}" for row in criteria for name, sql in measured(row).items()
    )
    points = ",\n        ".join(
        f"case when {_met(row, conditions)} then {_points(row)} else 0 end as {row.criterion_id}"
        for row in criteria
        if row.effect != "disqualify"
    )
    disqualified = " or ".join(
        conditions[row.criterion_id] for row in criteria if row.effect == "disqualify"
    )
    groups = ",\n        ".join(
        f"{_clipped(_sum(criteria, dimension, group), low, high)} as {group}_points"
        for group, (dimension, low, high) in GROUPS.items()
    )
    dimensions = ",\n        ".join(
        _clipped(
            " + ".join(
                [f"{group}_points" for group, place in GROUPS.items() if place[0] == dimension]
                + [f"({_sum(criteria, dimension, '')})"]
            ),
            low,
            high,
        )
        + f" as {dimension}_score"
        for dimension, (low, high) in DIMENSIONS.items()
    )
    total = _clipped(f"{BASE_POINTS} + fit_score + engagement_score", MIN_SCORE, MAX_SCORE)
    bands = " ".join(
        f"when score >= {low} then '{band}'" if low is not None else f"else '{band}'"
        for band, low in BANDS["total"]
    )
    return f"""
with measured as (
    select
        lead_id,
        {measures}
    from {events}
    where occurred_at <= {NOW}
    group by lead_id
),
pointed as (
    select
        leads.lead_id,
        {disqualified or "false"} as is_disqualified,
        {points}
    from {leads} as leads
    left join measured on leads.lead_id = measured.lead_id
),
grouped as (
    select
        *,
        {groups}
    from pointed
),
limited as (
    select
        lead_id,
        is_disqualified,
        {dimensions}
    from grouped
),
scored as (
    select
        lead_id,
        is_disqualified,
        case when is_disqualified then 0 else {total} end as score
    from limited
)
select
    lead_id,
    score,
    case when is_disqualified then 'disqualified' {bands} end as band
from scored
"""


def count_query(events: str) -> str:
    """The least that any scoring does: read the events once, count them by lead and name."""
    return f"select lead_id, event_name, count(*) as event_count from {events} group by all"


def measured(row: Criterion) -> dict[str, str]:
    """The aggregates that a criterion needs, by the name of their column."""
    if row.signal == "attribute":
        return {}
    name, fits = f"m_{row.criterion_id}", matches(row)
    window = f"occurred_at > {NOW} - interval {row.window_days} day" if row.window_days else ""
    where = " and ".join(filter(None, [fits, window]))
    if row.measure == "distinct_days":
        return {name: f"count(distinct cast(occurred_at as date)) filter (where {where})"}
    if row.measure == "distinct_values":
        return {name: f"count(distinct {row.measure_field}) filter (where {where})"}
    if row.measure == "sum":
        return {name: f"sum({row.measure_field}) filter (where {where})"}
    if row.measure == "rate":
        base = " and ".join(filter(None, [f"event_name = '{row.measure_field}'", window]))
        return {
            name: f"count(*) filter (where {where})",
            f"{name}_base": f"count(*) filter (where {base})",
        }
    if row.measure == "days_since_last" or (row.decay and row.frequency != "every"):
        return {name: f"max(occurred_at) filter (where {where})"}
    if row.decay:
        faded = f"cast({_decayed(row, 'occurred_at')} as decimal(18, 6))"
        # The power is worked out for matching events only, which a filter would not do.
        return {name: f"sum(case when {where} then {faded} end)"}
    return {name: f"count(*) filter (where {where})"}


def matches(row: Criterion) -> str:
    """Whether an event matches by name and property."""
    names = (
        f"event_name = '{row.field}'"
        if len(row.names) == 1
        else f"event_name in ({_in(row.names)})"
    )
    return f"{names} and {_test(row, row.tested_property)}" if row.tested_property else names


def condition(row: Criterion) -> str:
    """Whether a criterion's condition holds for a lead; never null."""
    if row.signal == "attribute":
        # `is_not_set` alone holds for nulls, and is never null itself.
        return f"coalesce({_test(row, f'leads.{row.field}')}, false)"
    name = f"m_{row.criterion_id}"
    if row.measure == "days_since_last":
        return f"coalesce({name} > {NOW} - interval {int(row.at_most) + 1} day, false)"
    if row.measure == "rate":
        return f"coalesce({name} / nullif({name}_base, 0) >= {row.at_least}, false)"
    if row.measure == "sum":
        return f"coalesce({name} >= {row.at_least}, false)"
    if row.decay:
        return f"{name} is not null"
    if row.is_absence:
        return f"coalesce({name}, 0) = 0"
    return f"coalesce({name}, 0) >= {row.at_least or 1}"


def _met(row: Criterion, conditions: dict[str, str]) -> str:
    met = conditions[row.criterion_id]
    if row.requires:
        met += f" and {conditions[row.requires]}"
    if row.unless:
        met += f" and not {conditions[row.unless]}"
    return met


def _points(row: Criterion) -> str:
    name = f"m_{row.criterion_id}"
    if row.decay:
        points = name
        if row.frequency != "every":
            points = f"cast({_decayed(row, name)} as decimal(18, 6))"
    elif row.frequency == "every":
        points = f"{row.points} * {name}"
        if row.every_n:
            points = f"{row.points} * floor({name} / {row.every_n})"
    else:
        return str(row.points)
    if row.max_points:
        points = _clipped(points, -row.max_points, row.max_points)
    return f"cast({points} as decimal(18, 2))"


def _decayed(row: Criterion, time: str) -> str:
    age = f"date_sub('day', {time}, {NOW})"
    if row.decay == "linear":
        return f"{row.points} * greatest(0, {row.decay_days} - {age}) / {row.decay_days}"
    if row.decay == "exponential":
        return f"{row.points} * power(0.5, {age} / {row.decay_days})"
    return f"{row.points} * power(0.5, {age} // {row.decay_days})"


def _test(row: Criterion, item: str) -> str:
    """The test of one item; text of leads is lowered, that of events is in lower case."""
    alternatives = row.alternatives
    if row.operator == "equals":
        return (
            f"{item} in ({_in(alternatives)})"
            if len(alternatives) > 1
            else f"{item} = {_in(alternatives)}"
        )
    if row.operator == "not_equals":
        return f"{item} not in ({_in(alternatives)})"
    if row.operator == "between":
        low, high = row.ends
        bounds = [f"{item} >= {low}" if low else "", f"{item} <= {high}" if high else ""]
        return " and ".join(filter(None, bounds))
    if row.operator == "days_from_now":
        low, high = row.ends
        return f"date_diff('day', cast({NOW} as date), {item}) between {low} and {high}"
    if row.operator == "is_true":
        return item
    if row.operator == "is_false":
        return f"not {item}"
    if row.operator == "is_set":
        return f"{item} is not null"
    if row.operator == "is_not_set":
        return f"{item} is null"
    text = item if row.signal == "event" else f"lower({item})"
    if row.operator == "matches":
        return f"regexp_matches({text}, '{row.value}')"
    function = {"contains": "contains", "starts_with": "starts_with", "ends_with": "ends_with"}
    found = [f"{function[row.operator]}({text}, '{value.lower()}')" for value in alternatives]
    return found[0] if len(found) == 1 else f"({' or '.join(found)})"


def _sum(criteria: list[Criterion], dimension: str, group: str) -> str:
    names = [
        row.criterion_id
        for row in criteria
        if (row.dimension, row.group_id) == (dimension, group) and row.effect != "disqualify"
    ]
    return " + ".join(names) or "0"


def _clipped(number: str, low: int, high: int) -> str:
    return f"least({high}, greatest({low}, {number}))"


def _in(values: list[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)
