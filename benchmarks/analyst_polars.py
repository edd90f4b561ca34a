"""The scores of a policy in Polars by hand: an aggregate for each criterion."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

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

NOW = datetime.fromisoformat(AS_OF)
# Points are counted in millionths, so that sums are exact.
UNIT = 1_000_000


def write_scores(criteria: list[Criterion], leads: str, events: str, written: str) -> None:
    """Scores the leads.

    Args:
        criteria: the policy's.
        leads: Parquet of the leads.
        events: Parquet of the events.
        written: the Parquet to write: lead_id, score and band.
    """
    measures = [
        expression.alias(name) for row in criteria for name, expression in _measured(row).items()
    ]
    measured = (
        pl.scan_parquet(events)
        .filter(pl.col("occurred_at") <= NOW)
        .group_by("lead_id")
        .agg(measures)
    )
    conditions = {row.criterion_id: _condition(row).fill_null(False) for row in criteria}
    pointed = (
        pl.scan_parquet(leads)
        .join(measured, on="lead_id", how="left")
        .select(
            "lead_id",
            pl.any_horizontal(
                pl.lit(False),
                *(conditions[row.criterion_id] for row in criteria if row.effect),
            ).alias("is_disqualified"),
            *(
                pl.when(_met(row, conditions))
                .then(_points(row))
                .otherwise(0)
                .alias(row.criterion_id)
                for row in criteria
                if not row.effect
            ),
        )
    )
    grouped = pointed.with_columns(
        _sum(criteria, dimension, group).clip(low * 100, high * 100).alias(f"{group}_points")
        for group, (dimension, low, high) in GROUPS.items()
    )
    limited = grouped.with_columns(
        pl.sum_horizontal(
            _sum(criteria, dimension, ""),
            *(f"{group}_points" for group, place in GROUPS.items() if place[0] == dimension),
        )
        .clip(low * 100, high * 100)
        .alias(f"{dimension}_score")
        for dimension, (low, high) in DIMENSIONS.items()
    )
    total = pl.sum_horizontal(
        pl.lit(BASE_POINTS * 100, pl.Int64), "fit_score", "engagement_score"
    ).clip(MIN_SCORE * 100, MAX_SCORE * 100)
    scored = limited.select(
        "lead_id",
        "is_disqualified",
        (pl.when("is_disqualified").then(0).otherwise(total) / 100).alias("score"),
    )
    band = pl.when("is_disqualified").then(pl.lit("disqualified"))
    for name, low in BANDS["total"]:
        band = (
            band.otherwise(pl.lit(name))
            if low is None
            else band.when(pl.col("score") >= low).then(pl.lit(name))
        )
    result = scored.select("lead_id", "score", band.alias("band"))
    result.collect(engine="streaming").write_parquet(written)


def _measured(row: Criterion) -> dict[str, pl.Expr]:
    if row.signal == "attribute":
        return {}
    name = f"m_{row.criterion_id}"
    fits = pl.col("event_name").is_in(row.names)
    if row.tested_property:
        fits &= _test(row, pl.col(row.tested_property))
    window = None
    if row.window_days:
        window = pl.col("occurred_at") > NOW - timedelta(days=row.window_days)
        fits &= window
    if row.measure == "distinct_days":
        return {name: pl.col("occurred_at").filter(fits).dt.date().n_unique()}
    if row.measure == "distinct_values":
        return {name: pl.col(row.measure_field).filter(fits).n_unique()}
    if row.measure == "sum":
        # The sum of no number at all is not known.
        return {name: pl.col(row.measure_field).filter(fits).sum(), f"{name}_count": fits.sum()}
    if row.measure == "rate":
        base = pl.col("event_name") == row.measure_field
        return {
            name: fits.sum(),
            f"{name}_base": (base if window is None else base & window).sum(),
        }
    if row.measure == "days_since_last" or (row.decay and row.frequency != "every"):
        return {name: pl.col("occurred_at").filter(fits).max()}
    if row.decay:
        return {
            name: _decayed(row, pl.col("occurred_at").filter(fits)).sum(),
            f"{name}_count": fits.sum(),
        }
    return {name: fits.sum()}


def _condition(row: Criterion) -> pl.Expr:
    if row.signal == "attribute":
        return _test(row, pl.col(row.field))
    name = f"m_{row.criterion_id}"
    measure = pl.col(name)
    if row.measure == "days_since_last":
        return measure > NOW - timedelta(days=int(row.at_most) + 1)
    if row.measure == "rate":
        base = pl.col(f"{name}_base")
        return (base > 0) & (measure / base >= float(row.at_least))
    if row.measure == "sum":
        return (pl.col(f"{name}_count") > 0) & (measure >= int(row.at_least))
    if row.decay:
        return pl.col(f"{name}_count") > 0 if row.frequency == "every" else measure.is_not_null()
    if row.is_absence:
        return measure.fill_null(0) == 0
    return measure >= int(row.at_least or 1)


def _met(row: Criterion, conditions: dict[str, pl.Expr]) -> pl.Expr:
    met = conditions[row.criterion_id]
    if row.requires:
        met &= conditions[row.requires]
    if row.unless:
        met &= ~conditions[row.unless]
    return met


def _points(row: Criterion) -> pl.Expr:
    """The points in hundredths."""
    measure = pl.col(f"m_{row.criterion_id}")
    if row.decay:
        millionths = measure if row.frequency == "every" else _decayed(row, measure)
        if row.max_points:
            millionths = millionths.clip(-row.max_points * UNIT, row.max_points * UNIT)
        # Halves go away from zero.
        return (millionths.abs() + 5000) // 10000 * millionths.sign()
    if row.frequency == "every":
        steps = (measure // row.every_n if row.every_n else measure).cast(pl.Int64)
        points = steps * row.points * 100
        return (
            points.clip(-row.max_points * 100, row.max_points * 100) if row.max_points else points
        )
    return pl.lit(row.points * 100, pl.Int64)


def _decayed(row: Criterion, time: pl.Expr) -> pl.Expr:
    """The points that are left, in millionths."""
    age = (pl.lit(NOW) - time).dt.total_days()
    if row.decay == "linear":
        left = (row.decay_days - age).clip(0) / row.decay_days
    elif row.decay == "exponential":
        left = pl.lit(0.5).pow(age / row.decay_days)
    else:
        left = pl.lit(0.5).pow(age // row.decay_days)
    return (left * row.points * UNIT).round(0).cast(pl.Int64)


def _test(row: Criterion, item: pl.Expr) -> pl.Expr:
    if row.operator == "equals":
        return item.is_in(row.alternatives)
    if row.operator == "not_equals":
        return ~item.is_in(row.alternatives)
    if row.operator == "between":
        low, high = row.ends
        test = item >= int(low) if low else pl.lit(True)
        return test & (item <= int(high)) if high else test
    if row.operator == "days_from_now":
        low, high = row.ends
        return (item - NOW.date()).dt.total_days().is_between(int(low), int(high))
    if row.operator == "is_true":
        return item
    if row.operator == "is_false":
        return ~item
    if row.operator == "is_set":
        return item.is_not_null()
    if row.operator == "is_not_set":
        return item.is_null()
    text = item if row.signal == "event" else item.str.to_lowercase()
    if row.operator == "matches":
        return text.str.contains(row.value)
    if row.operator == "starts_with":
        found = [text.str.starts_with(value.lower()) for value in row.alternatives]
    elif row.operator == "ends_with":
        found = [text.str.ends_with(value.lower()) for value in row.alternatives]
    else:
        found = [text.str.contains(value.lower(), literal=True) for value in row.alternatives]
    return pl.any_horizontal(found)


def _sum(criteria: list[Criterion], dimension: str, group: str) -> pl.Expr:
    return pl.sum_horizontal(
        pl.lit(0, pl.Int64),
        *(
            row.criterion_id
            for row in criteria
            if (row.dimension, row.group_id) == (dimension, group) and not row.effect
        ),
    )
