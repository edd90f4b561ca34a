"""The conditions that a new scorecard may be made of: bins of attributes, thresholds of measures.

A condition is a row of criteria.csv without its points. It is made of the earlier cases alone and
judges any case, exactly as the models do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from leadscore.learn.facts import Facts, Measure

# A criterion is met by so many leads at least, and not met by as many.
LEAST_LEADS = 20
LEAST_SHARE = 0.01
# At most so many thresholds are tried on one scale.
_THRESHOLDS = 16
# A group of levels that is longer could not be read.
_GROUPED_LEVELS = 8
_NICE = tuple(
    Decimal(digit).scaleb(power)
    for power in range(-2, 9)
    for digit in ("1", "1.2", "1.5", "2", "2.5", "3", "4", "5", "6", "7", "8", "9")
)
_WHOLE = tuple(int(number) for number in _NICE if number == number.to_integral_value())
_DAYS = (0, 1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365)


@dataclass(frozen=True)
class Condition:
    """What a criterion asks.

    Args:
        signal: `attribute` or `event`.
        field: the attribute, or the event's name.
        operator: the test; empty for none.
        value: what it compares with.
        property: of an event, the property that is tested.
        measure: of events, what is measured.
        measure_field: the property that is measured.
        at_least: bound of the measure.
        at_most: bound of the measure.
        window_days: only events younger than this.
        name: what explanations say.
        chain: conditions of a chain are nested or ordered alike, and speak one way: a name of the
            chain, and whether this end of it stands for more.
    """

    signal: str
    field: str
    operator: str = ""
    value: str = ""
    property: str = ""
    measure: str = ""
    measure_field: str = ""
    at_least: str = ""
    at_most: str = ""
    window_days: str = ""
    name: str = ""
    chain: tuple[str, bool] | None = None


@dataclass
class Candidates:
    """Conditions, and which cases fulfil them.

    Args:
        conditions: the conditions.
        met: a column per condition and a row per case.
    """

    conditions: list[Condition]
    met: np.ndarray


def candidates(facts: Facts, is_earlier: np.ndarray, rates: np.ndarray) -> Candidates:
    """All conditions that are worth a look.

    Args:
        facts: all cases.
        is_earlier: the cases that conditions are made of.
        rates: per earlier case how far its outcome is from what its block would let expect, by
            which the levels of an attribute are ordered.

    Returns:
        Conditions that differ on the earlier cases, the simplest of those that do not.
    """
    maker = _Maker(facts, is_earlier, rates)
    kept: list[Condition] = []
    columns: list[np.ndarray] = []
    seen: set[bytes] = set()
    for condition, met in maker.all():
        earlier = met[is_earlier]
        hits = int(earlier.sum())
        if min(hits, len(earlier) - hits) < maker.least:
            continue
        patterns = [np.packbits(earlier).tobytes(), np.packbits(~earlier).tobytes()]
        if seen.isdisjoint(patterns):
            seen.add(patterns[0])
            kept.append(condition)
            columns.append(met)
    shape = (facts.count, 0)
    return Candidates(kept, np.column_stack(columns) if columns else np.zeros(shape, dtype=bool))


class _Maker:
    def __init__(self, facts: Facts, is_earlier: np.ndarray, rates: np.ndarray) -> None:
        self.facts = facts
        self.is_earlier = is_earlier
        self.rates = rates
        self.least = max(LEAST_LEADS, math.ceil(LEAST_SHARE * int(is_earlier.sum())))

    def all(self) -> Iterator[tuple[Condition, np.ndarray]]:
        for name in self.facts.attributes:
            yield from self._attribute(name)
        # Without a window first: of two that say the same the simpler one stays.
        for measure in sorted(self.facts.measures, key=_simplicity):
            yield from self._measure(measure, self.facts.measures[measure])

    def _attribute(self, name: str) -> Iterator[tuple[Condition, np.ndarray]]:
        attribute = self.facts.attributes[name]
        known = np.array([level is not None for level in attribute.levels], dtype=bool)
        label = _label(name)
        is_number = ~np.isnan(attribute.numbers)
        earlier_numbers = attribute.numbers[self.is_earlier & is_number]
        numeric = (
            is_number[self.is_earlier & known].mean() >= 0.95
            if (self.is_earlier & known).any()
            else False
        )
        distinct = np.unique(earlier_numbers)
        if not attribute.is_time and (not numeric or len(distinct) <= 12):
            yield from self._levels(name, label)
        if numeric and len(distinct) > 2:
            for cut in self._cuts(attribute.numbers, is_number):
                shown = _plain(cut)
                yield (
                    Condition(
                        "attribute",
                        name,
                        "between",
                        f"{shown}..",
                        name=f"{label} {shown} or more",
                        chain=(f"{name} high", True),
                    ),
                    attribute.numbers >= float(cut),
                )
                below = distinct[distinct < float(cut)]
                top = _plain(_between(float(below[-1]), float(cut), from_below=True))
                yield (
                    Condition(
                        "attribute",
                        name,
                        "between",
                        f"..{top}",
                        name=f"{label} {top} or less",
                        chain=(f"{name} low", False),
                    ),
                    attribute.numbers <= float(top),
                )
        yield Condition("attribute", name, "is_set", name=f"{label} is known"), known
        yield Condition("attribute", name, "is_not_set", name=f"{label} is not known"), ~known

    def _levels(self, name: str, label: str) -> Iterator[tuple[Condition, np.ndarray]]:
        """Single levels, and groups of those that convert most and least often."""
        attribute = self.facts.attributes[name]
        earlier = attribute.levels[self.is_earlier]
        found: dict[str, list[float]] = {}
        for level, rate in zip(earlier, self.rates, strict=True):
            if level is not None:
                sums = found.setdefault(level, [0, 0.0])
                sums[0] += 1
                sums[1] += rate
        usable = {
            level: sums
            for level, sums in found.items()
            if "|" not in level and level.isprintable() and sums[0] >= max(self.least // 4, 5)
        }
        # Drawn towards the mean as if so many more leads had been average.
        order = sorted(
            usable, key=lambda level: (-usable[level][1] / (usable[level][0] + self.least), level)
        )
        groups = [[level] for level in order]
        for size in range(2, min(_GROUPED_LEVELS, len(order) - 1) + 1):
            groups += [order[:size], order[-size:]]
        for group in groups:
            spelled = [attribute.spelling.get(level, level) for level in sorted(group)]
            yield (
                Condition(
                    "attribute",
                    name,
                    "equals",
                    "|".join(spelled),
                    name=f"{label}: {_listed(spelled)}",
                ),
                np.isin(attribute.levels.astype(str), group)
                & np.array([level is not None for level in attribute.levels]),
            )

    def _cuts(self, numbers: np.ndarray, is_number: np.ndarray) -> list[Decimal]:
        """Thresholds between different values: quantiles, and where a tree would part them."""
        of_earlier = is_number[self.is_earlier]
        values = numbers[self.is_earlier][of_earlier]
        distinct = np.unique(values)
        wanted = set(np.quantile(values, np.linspace(0, 1, _THRESHOLDS + 1)[1:-1]))
        tree = DecisionTreeClassifier(
            max_leaf_nodes=6,
            min_samples_leaf=min(self.least, max(len(values) // 3, 1)),
            random_state=0,
        )
        tree.fit(values.reshape(-1, 1), self.rates[of_earlier] > 0)
        wanted.update(tree.tree_.threshold[tree.tree_.feature >= 0])
        cuts = set()
        for threshold in wanted:
            place = int(np.searchsorted(distinct, threshold, side="left"))
            if 0 < place < len(distinct):
                cuts.add(_between(float(distinct[place - 1]), float(distinct[place])))
        return sorted(cuts)

    def _measure(
        self, measure: Measure, values: np.ndarray
    ) -> Iterator[tuple[Condition, np.ndarray]]:
        """Bounds of one measure."""
        what = _event_label(measure)
        within = f" in {measure.window_days} days" if measure.window_days else ""
        event = {
            "signal": "event",
            "field": measure.event,
            "property": measure.property or "",
            "operator": measure.operator or "",
            "value": measure.value or "",
            "measure": measure.measure,
            "measure_field": measure.measure_field or "",
            "window_days": str(measure.window_days or ""),
        }
        chain = "|".join(
            (measure.event, measure.property or "", measure.operator or "", measure.value or "")
        )
        present = np.nan_to_num(values, nan=-1.0)
        if measure.measure == "days_since_last":
            for days in self._apart(
                _DAYS, present, lambda bound: (present >= 0) & (present <= bound)
            ):
                yield (
                    Condition(
                        **event,
                        at_most=str(days),
                        name=f"{what} within the last {days + 1} days"
                        if days
                        else f"{what} within a day",
                        chain=(chain, True),
                    ),
                    (present >= 0) & (present <= days),
                )
            return
        if measure.measure == "sum":
            # The sum of no number at all is never met.
            grid: Iterable = [number for number in _NICE if number >= Decimal("0.01")]
        else:
            grid = _WHOLE
        field_label = _label(measure.measure_field or "").lower()
        for bound in self._apart(grid, present, lambda bound: present >= float(bound)):
            shown = _plain(Decimal(bound))
            if measure.measure == "count":
                name = (
                    f"{what}{within}" if shown == "1" else f"{what} {shown} times or more{within}"
                )
            elif measure.measure == "distinct_days":
                name = f"{what} on {shown} days or more{within}"
            elif measure.measure == "distinct_values":
                name = f"{what} with {shown} or more different {field_label}{within}"
            else:
                name = f"{what} with {field_label} of {shown} or more in all{within}"
            if shown == "1" and measure.measure in ("distinct_days", "distinct_values"):
                continue
            default = measure.measure == "count" and shown == "1"
            yield (
                Condition(
                    **event, at_least="" if default else shown, name=name, chain=(chain, True)
                ),
                present >= float(bound),
            )
        if measure.measure == "count":
            yield (
                Condition(
                    **event,
                    at_most="0",
                    name=f"No {what[:1].lower()}{what[1:]}{within}",
                    chain=(chain, False),
                ),
                present <= 0,
            )

    def _apart(self, grid: Iterable, present: np.ndarray, holds) -> list:
        """Bounds that tell enough of the earlier cases apart from those of the bound before."""
        counts = []
        for bound in grid:
            met = int(holds(bound)[self.is_earlier].sum())
            counts.append((bound, met))
        total = int(self.is_earlier.sum())
        step = max(self.least / 2, total / (2 * _THRESHOLDS))
        kept, last = [], None
        for bound, met in counts:
            if min(met, total - met) < self.least:
                continue
            if last is None or abs(met - last) >= step:
                kept.append(bound)
                last = met
        return kept


def _simplicity(measure: Measure) -> tuple:
    kinds = ("count", "distinct_days", "days_since_last", "distinct_values", "sum")
    return (
        measure.property is not None,
        measure.window_days or 0,
        kinds.index(measure.measure),
        measure.event,
        measure.property or "",
        measure.value or "",
        measure.measure_field or "",
    )


def _between(low: float, high: float, from_below: bool = False) -> Decimal:
    """The plainest number that parts two values with 6 decimals.

    Args:
        low: the lower value.
        high: the higher one.
        from_below: whether the number may be the lower value, and not the higher one.
    """
    bottom, top = (Decimal(repr(float(end))).quantize(Decimal("0.000001")) for end in (low, high))
    for digits in range(-9, 7):
        step = Decimal(1).scaleb(-digits)
        if from_below:
            rounded = (top / step).to_integral_value(ROUND_CEILING) * step - step
            fits = bottom <= rounded < top
        else:
            rounded = (bottom / step).to_integral_value(ROUND_FLOOR) * step + step
            fits = bottom < rounded <= top
        if fits:
            return rounded
    return bottom if from_below else top


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _label(name: str) -> str:
    """A name of a column or event as people write it."""
    text = re.sub(r"[_\s]+", " ", name).strip()
    return text[:1].upper() + text[1:]


def _event_label(measure: Measure) -> str:
    text = _label(measure.event)
    if measure.property is None:
        return text
    field = _label(measure.property).lower()
    if measure.operator == "between":
        return f"{text} with {field} above 0"
    return f"{text} with {field} {measure.value}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
