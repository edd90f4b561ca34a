"""The scores of a policy in pandas by hand: a filter and a group-by for each criterion."""

from __future__ import annotations

import numpy as np
import pandas as pd

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

NOW = pd.Timestamp(AS_OF)
# Points are counted in millionths, so that sums are exact.
UNIT = 1_000_000
_COLUMNS = ["lead_id", "event_name", "page", "campaign", "feature", "amount", "occurred_at"]


def write_scores(criteria: list[Criterion], leads: str, events: str, written: str) -> None:
    """Scores the leads.

    Args:
        criteria: the policy's.
        leads: Parquet of the leads.
        events: Parquet of the events.
        written: the Parquet to write: lead_id, score and band.
    """
    lead = pd.read_parquet(leads).set_index("lead_id")
    event = pd.read_parquet(events, columns=_COLUMNS)
    event = event[event["occurred_at"] <= NOW]
    # Whole numbers instead of texts, without which the group-bys take several times as long.
    event["lead_id"] = pd.Categorical(event["lead_id"], categories=lead.index).codes
    for column in ("event_name", "page", "campaign", "feature"):
        event[column] = event[column].astype("category")
    event["amount"] = event["amount"].astype("float64")
    by_name = dict(list(event.groupby("event_name", observed=True)))

    measures: dict[str, pd.Series] = {}
    conditions: dict[str, pd.Series] = {}
    for row in criteria:
        if row.signal == "event":
            _measure(row, by_name, measures, len(lead))
        conditions[row.criterion_id] = _condition(row, lead, measures)
    points = {row.criterion_id: _points(row, conditions, measures) for row in criteria}
    scores = _limited(criteria, conditions, points)
    scores.index = lead.index
    scores.reset_index().to_parquet(written)


def _measure(row: Criterion, by_name: dict, measures: dict[str, pd.Series], leads: int) -> None:
    name = f"m_{row.criterion_id}"
    found = _matching(row, row.names, by_name)
    if row.tested_property:
        tested = found[row.tested_property]
        if row.tested_property != "amount":
            # Each distinct text is tested once.
            passed = _test(row, tested.cat.categories.to_series())
            found = found[tested.isin(passed.index[passed])]
        else:
            found = found[_test(row, tested)]
    groups = found.groupby("lead_id")
    everyone = pd.RangeIndex(leads)
    if row.measure == "distinct_days":
        days = found.assign(day=found["occurred_at"].dt.normalize())
        measure = days.drop_duplicates(["lead_id", "day"]).groupby("lead_id").size()
    elif row.measure == "distinct_values":
        known = found.dropna(subset=[row.measure_field])
        measure = known.drop_duplicates(["lead_id", row.measure_field]).groupby("lead_id").size()
    elif row.measure == "sum":
        measures[name] = groups[row.measure_field].sum(min_count=1).reindex(everyone)
        return
    elif row.measure == "rate":
        base = _matching(row, [row.measure_field], by_name).groupby("lead_id").size()
        measures[name] = (groups.size().reindex(base.index, fill_value=0) / base).reindex(everyone)
        return
    elif row.measure == "days_since_last" or (row.decay and row.frequency != "every"):
        measures[name] = groups["occurred_at"].max().reindex(everyone)
        return
    elif row.decay:
        faded = found.assign(points=_decayed(row, found["occurred_at"]))
        measures[f"{name}_points"] = (
            faded.groupby("lead_id")["points"].sum().reindex(everyone, fill_value=0)
        )
        measure = groups.size()
    else:
        measure = groups.size()
    measures[name] = measure.reindex(everyone, fill_value=0)


def _matching(row: Criterion, names: list[str], by_name: dict) -> pd.DataFrame:
    frames = [by_name[name] for name in names if name in by_name]
    found = frames[0] if len(frames) == 1 else pd.concat(frames)
    if row.window_days:
        found = found[found["occurred_at"] > NOW - pd.Timedelta(days=row.window_days)]
    return found


def _condition(row: Criterion, lead: pd.DataFrame, measures: dict[str, pd.Series]) -> pd.Series:
    if row.signal == "attribute":
        return _test(row, lead[row.field].reset_index(drop=True))
    measure = measures[f"m_{row.criterion_id}"]
    if row.measure == "days_since_last":
        return measure > NOW - pd.Timedelta(days=int(row.at_most) + 1)
    if row.measure == "rate" or row.measure == "sum":
        return measure >= float(row.at_least)
    if row.decay and row.frequency != "every":
        return measure.notna()
    if row.is_absence:
        return measure == 0
    return measure >= int(row.at_least or 1)


def _points(
    row: Criterion, conditions: dict[str, pd.Series], measures: dict[str, pd.Series]
) -> pd.Series:
    """The points in hundredths."""
    met = conditions[row.criterion_id].to_numpy(dtype=bool, na_value=False)
    if row.requires:
        met = met & conditions[row.requires].to_numpy(dtype=bool, na_value=False)
    if row.unless:
        met = met & ~conditions[row.unless].to_numpy(dtype=bool, na_value=False)
    name = f"m_{row.criterion_id}"
    if row.effect:
        points = 0
    elif row.decay:
        millionths = (
            measures[f"{name}_points"]
            if row.frequency == "every"
            else _decayed(row, measures[name]).fillna(0)
        ).to_numpy(dtype="int64")
        if row.max_points:
            millionths = millionths.clip(-row.max_points * UNIT, row.max_points * UNIT)
        # Halves go away from zero.
        points = (np.abs(millionths) + 5000) // 10000 * np.sign(millionths)
    elif row.frequency == "every":
        steps = measures[name].fillna(0).to_numpy() // (row.every_n or 1)
        points = steps.astype("int64") * row.points * 100
        if row.max_points:
            points = points.clip(-row.max_points * 100, row.max_points * 100)
    else:
        points = row.points * 100
    return pd.Series(np.where(met, points, 0))


def _decayed(row: Criterion, time: pd.Series) -> pd.Series:
    """The points that are left, in millionths."""
    age = (NOW - time).dt.days
    if row.decay == "linear":
        left = (row.decay_days - age).clip(lower=0) / row.decay_days
    elif row.decay == "exponential":
        left = 0.5 ** (age / row.decay_days)
    else:
        left = 0.5 ** (age // row.decay_days)
    return (left * row.points * UNIT).round()


def _limited(
    criteria: list[Criterion], conditions: dict[str, pd.Series], points: dict[str, pd.Series]
) -> pd.DataFrame:
    def total(dimension: str, group: str) -> pd.Series:
        return sum(
            points[row.criterion_id]
            for row in criteria
            if (row.dimension, row.group_id) == (dimension, group)
        )

    score = BASE_POINTS * 100
    for dimension, (low, high) in DIMENSIONS.items():
        sums = total(dimension, "")
        for group, (of_dimension, group_low, group_high) in GROUPS.items():
            if of_dimension == dimension:
                grouped = total(dimension, group)
                if not np.isscalar(grouped):
                    grouped = grouped.clip(group_low * 100, group_high * 100)
                sums = sums + grouped
        score = score + sums.clip(low * 100, high * 100)
    score = score.clip(MIN_SCORE * 100, MAX_SCORE * 100)
    disqualified = np.zeros(len(score), dtype=bool)
    for row in criteria:
        if row.effect:
            disqualified |= conditions[row.criterion_id].to_numpy(dtype=bool, na_value=False)
    score = score.where(~disqualified, 0) / 100
    bands = [(name, low) for name, low in BANDS["total"] if low is not None]
    band = np.select(
        [disqualified, *(score >= low for _, low in bands)],
        ["disqualified", *(name for name, _ in bands)],
        BANDS["total"][-1][0],
    )
    return pd.DataFrame({"score": score, "band": band})


def _test(row: Criterion, item: pd.Series) -> pd.Series:
    if row.operator == "equals":
        return item.isin(row.alternatives)
    if row.operator == "not_equals":
        return item.notna() & ~item.isin(row.alternatives)
    if row.operator == "between":
        low, high = row.ends
        return (item >= float(low or "-inf")) & (item <= float(high or "inf"))
    if row.operator == "days_from_now":
        low, high = row.ends
        return (pd.to_datetime(item) - NOW).dt.days.between(int(low), int(high))
    if row.operator == "is_true":
        return item
    if row.operator == "is_false":
        return ~item
    if row.operator == "is_set":
        return item.notna()
    if row.operator == "is_not_set":
        return item.isna()
    text = item if row.signal == "event" else item.str.lower()
    if row.operator == "matches":
        # Without groups that capture, of which pandas warns.
        return text.str.contains(row.value.replace("(", "(?:"), regex=True).fillna(False)
    alternatives = tuple(value.lower() for value in row.alternatives)
    if row.operator == "starts_with":
        return text.str.startswith(alternatives).fillna(False)
    if row.operator == "ends_with":
        return text.str.endswith(alternatives).fillna(False)
    found = text.str.contains(alternatives[0], regex=False)
    for value in alternatives[1:]:
        found = found | text.str.contains(value, regex=False)
    return found.fillna(False)
