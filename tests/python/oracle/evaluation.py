"""The evaluation of a policy at one moment: tests, measures, points, clips, status and bands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache

from . import grammar
from .cells import MICROS_PER_DAY, ONE, lower, number, round_divide, time
from .policy import DIMENSIONS, Action, Criterion, Limits, Scorecard, Test
from .raw import Event, Outcome, Staged

TRUE_WORDS = frozenset(("true", "yes", "y", "1", "t"))
FALSE_WORDS = frozenset(("false", "no", "n", "0", "f"))

_POWER_SCALE = 10**12
_MILLIONTHS_PER_HUNDREDTH = 10**4


# --- the test of one item ------------------------------------------------------


def passes(test: Test, item: str | None, today: int) -> bool:
    """Tell whether an item (None: not known) passes a test; `today` is the date of scoring."""
    if test.operator == "is_not_set":
        return item is None
    if item is None:
        return False
    if test.operator == "days_from_now":
        moment = time(item)
        return moment is not None and _within(moment // MICROS_PER_DAY - today, test.low, test.high)
    return _passes(test, item)


@cache
def _passes(test: Test, item: str) -> bool:
    operator = test.operator
    if operator == "is_set":
        return True
    if operator == "between":
        value = number(item)
        return value is not None and _within(value, test.low, test.high)
    text = lower(item)
    if operator == "is_true":
        return text in TRUE_WORDS
    if operator == "is_false":
        return text in FALSE_WORDS
    if operator == "matches":
        return bool(
            grammar.translate(test.pattern).search(text.replace("\r", " ").replace("\n", " "))
        )
    base = operator.removeprefix("not_")
    checks: dict[str, Callable[[str], bool]] = {
        "equals": text.__eq__,
        "contains": text.__contains__,
        "starts_with": text.startswith,
        "ends_with": text.endswith,
    }
    return any(map(checks[base], test.alternatives)) != operator.startswith("not_")


def _within(value: int, low: int | None, high: int | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


# --- decay -----------------------------------------------------------------------


@cache
def half_life_factor(days: int, decay_days: int) -> int:
    """Return 2 ** (-days / decay_days), rounded to 12 decimals, times 10 ** 12."""
    context = Context(prec=50)
    power = context.power(Decimal(2), context.divide(Decimal(-days), Decimal(decay_days)))
    return int((power * _POWER_SCALE).quantize(Decimal(1), rounding=ROUND_HALF_UP))


@cache
def decayed(points: int, decay: str, days: int, decay_days: int) -> int:
    """Return points (hundredths) after decay, in millionths."""
    if decay == "linear":
        return round_divide(
            points * _MILLIONTHS_PER_HUNDREDTH * max(0, decay_days - days), decay_days
        )
    if decay == "exponential":
        factor = half_life_factor(days, decay_days)
    else:
        steps = days // decay_days
        factor = round_divide(_POWER_SCALE, 2**steps) if steps < 64 else 0
    return round_divide(points * _MILLIONTHS_PER_HUNDREDTH * factor, _POWER_SCALE)


# --- what is known at a moment ------------------------------------------------------


class Moment:
    """The events and outcomes known at one scoring moment, and what was already asked of them."""

    def __init__(self, staged: Staged, scored_at: int, converting: Iterable[str]):
        self.leads = staged.leads
        self.scored_at = scored_at
        self.today = scored_at // MICROS_PER_DAY
        self.events_by_name: dict[str, list[Event]] = defaultdict(list)
        self.first_event_at: dict[str, int] = {}
        self.last_event_at: dict[str, int] = {}
        for event in staged.events:
            if event.known_at <= scored_at:
                self.events_by_name[event.name].append(event)
                at, lead_id = event.occurred_at, event.lead_id
                self.first_event_at[lead_id] = min(self.first_event_at.get(lead_id, at), at)
                self.last_event_at[lead_id] = max(self.last_event_at.get(lead_id, at), at)
        converting = {lower(name) for name in converting}
        self.converted: set[str] = set()
        latest: dict[str, Outcome] = {}
        for outcome in staged.outcomes:
            if outcome.known_at <= scored_at:
                if lower(outcome.outcome) in converting:
                    self.converted.add(outcome.lead_id)
                now = latest.get(outcome.lead_id)
                if now is None or (outcome.occurred_at, outcome.outcome) > (
                    now.occurred_at,
                    now.outcome,
                ):
                    latest[outcome.lead_id] = outcome
        self.latest_outcome = {lead_id: outcome.outcome for lead_id, outcome in latest.items()}
        self._matching: dict[tuple, dict[str, list[Event]]] = {}
        self._results: dict[tuple, dict[str | None, Measure]] = {}

    def matching(
        self,
        names: frozenset[str],
        property_name: str | None,
        test: Test | None,
        window_days: int | None,
    ) -> dict[str, list[Event]]:
        """Return per lead the events of these names in the window whose property passes."""
        key = (names, property_name, test, window_days)
        if key not in self._matching:
            found: dict[str, list[Event]] = defaultdict(list)
            span = None if window_days is None else window_days * MICROS_PER_DAY
            passed: dict[str | None, bool] = {}
            for name in names:
                for event in self.events_by_name.get(name, ()):
                    if span is not None and self.scored_at - event.occurred_at >= span:
                        continue
                    if test is not None:
                        item = event.properties[property_name]
                        if item not in passed:
                            passed[item] = passes(test, item, self.today)
                        if not passed[item]:
                            continue
                    found[event.lead_id].append(event)
            self._matching[key] = dict(found)
        return self._matching[key]

    def age_in_days(self, occurred_at: int) -> int:
        """Return the whole days between a time and the scoring moment."""
        return (self.scored_at - occurred_at) // MICROS_PER_DAY


@dataclass(slots=True)
class Measure:
    """What one criterion found for one lead: the measure in millionths, and the evidence."""

    holds: bool
    value: int | None = None
    matched_value: str | None = None
    evidence_count: int = 0
    first_evidence_at: int | None = None
    last_evidence_at: int | None = None
    points: int = 0  # hundredths, after decay, frequency and max_points: given if it is met


class _CriterionResults(dict):
    """The measure of a criterion per lead; leads without a matching event share one."""

    def __init__(self, results: Mapping[str, Measure], default: Measure | None):
        super().__init__(results)
        self.default = default

    def __missing__(self, lead_id: str) -> Measure:
        return self.default


def measure_criterion(
    criterion: Criterion, moment: Moment, leads: Iterable[str]
) -> Mapping[str, Measure]:
    """Return what a criterion finds for each lead."""
    if criterion.signal == "attribute":
        return {lead_id: _measure_attribute(criterion, moment, lead_id) for lead_id in leads}
    matching = moment.matching(
        criterion.events, criterion.property, criterion.test, criterion.window_days
    )
    base: Mapping[str, list[Event]] = {}
    if criterion.measure == "rate":
        base = moment.matching(criterion.base_events, None, None, criterion.window_days)
    results = {
        lead_id: _measure_events(
            criterion, moment, matching.get(lead_id, ()), base.get(lead_id, ())
        )
        for lead_id in matching.keys() | base.keys()
    }
    return _CriterionResults(results, _measure_events(criterion, moment, (), ()))


def _measure_attribute(criterion: Criterion, moment: Moment, lead_id: str) -> Measure:
    item = moment.leads[lead_id].attributes[criterion.attribute]
    holds = passes(criterion.test, item, moment.today)
    points = _limit_size(criterion.points * _MILLIONTHS_PER_HUNDREDTH, criterion)
    return Measure(holds, matched_value=item, evidence_count=1, points=points)


def _measure_events(
    criterion: Criterion, moment: Moment, events: Sequence[Event], base: Sequence[Event]
) -> Measure:
    value = _measure_value(criterion, moment, events, base)
    result = Measure(
        value is not None and _within(value, criterion.at_least, criterion.at_most), value
    )
    if not result.holds:
        return result
    result.evidence_count = len(events)
    if events:
        youngest = max(events, key=lambda event: (event.occurred_at, event.event_id))
        result.first_evidence_at = min(event.occurred_at for event in events)
        result.last_evidence_at = youngest.occurred_at
        if criterion.test is not None:
            result.matched_value = youngest.properties[criterion.property]
    result.points = _limit_size(_event_points(criterion, moment, events, value), criterion)
    return result


def _measure_value(
    criterion: Criterion, moment: Moment, events: Sequence[Event], base: Sequence[Event]
) -> int | None:
    measure = criterion.measure
    if measure == "count":
        return len(events) * ONE
    if measure == "distinct_days":
        return len({event.occurred_at // MICROS_PER_DAY for event in events}) * ONE
    if measure == "rate":
        return round_divide(len(events) * ONE, len(base)) if base else None
    if measure == "days_since_last":
        if not events:
            return None
        return moment.age_in_days(max(event.occurred_at for event in events)) * ONE
    values = [event.properties[criterion.measure_property] for event in events]
    if measure == "distinct_values":
        return len({lower(text) for text in values if text is not None}) * ONE
    numbers = [found for found in map(number, values) if found is not None]
    return sum(numbers) if numbers else None


def _event_points(criterion: Criterion, moment: Moment, events: Sequence[Event], value: int) -> int:
    """Return the points in millionths before the criterion's own limit."""
    whole = criterion.points * _MILLIONTHS_PER_HUNDREDTH
    if criterion.decay == "none":
        return (
            whole
            if criterion.every_n is None
            else whole * max(0, value // (criterion.every_n * ONE))
        )
    ages = [moment.age_in_days(event.occurred_at) for event in events]
    if criterion.every_n is None:
        ages = [min(ages)] if ages else []
    return sum(
        decayed(criterion.points, criterion.decay, age, criterion.decay_days) for age in ages
    )


def _limit_size(points: int, criterion: Criterion) -> int:
    """Cut points (millionths) to the criterion's limit and round them to hundredths."""
    if criterion.disqualifies:
        return 0
    if criterion.max_points is not None:
        limit = criterion.max_points * _MILLIONTHS_PER_HUNDREDTH
        points = max(-limit, min(limit, points))
    return round_divide(points, _MILLIONTHS_PER_HUNDREDTH)


# --- one scorecard --------------------------------------------------------------------


@dataclass(slots=True)
class Entry:
    """One row of the ledger; points in hundredths."""

    entry_type: str
    points: int
    criterion: Criterion | None = None
    measure: Measure | None = None
    group_id: str | None = None
    dimension: str | None = None


@dataclass(slots=True)
class Result:
    """What one scorecard says of one lead; points in hundredths."""

    lead_id: str
    status: str
    score: int
    dimension_scores: dict[str, int]
    ledger: list[Entry]
    coverage: int | None
    bands: dict[str, str | None] = field(default_factory=dict)
    action: Action | None = None


def evaluate(scorecard: Scorecard, moment: Moment) -> list[Result]:
    """Score every lead of a scorecard's audience at a moment."""
    leads = [
        lead.lead_id
        for lead in moment.leads.values()
        if (lead.created_at is None or lead.created_at <= moment.scored_at)
        and (
            scorecard.audience is None
            or passes(scorecard.audience, lead.attributes[scorecard.audience_field], moment.today)
        )
    ]
    measures = {
        criterion.criterion_id: measure_criterion(criterion, moment, leads)
        for criterion in scorecard.criteria
    }
    in_force = [criterion for criterion in scorecard.criteria if _in_force(criterion, moment.today)]
    used = {
        criterion.attribute
        for criterion in scorecard.criteria
        if criterion.attribute is not None and criterion.is_active
    }
    return [_score_lead(scorecard, moment, lead_id, measures, in_force, used) for lead_id in leads]


def _in_force(criterion: Criterion, today: int) -> bool:
    return criterion.is_active and _within(today, criterion.valid_from, criterion.valid_to)


def _score_lead(
    scorecard: Scorecard,
    moment: Moment,
    lead_id: str,
    measures: Mapping[str, Mapping[str, Measure]],
    in_force: Sequence[Criterion],
    used: set[str],
) -> Result:
    ledger = [Entry("base", scorecard.base_points)] if scorecard.base_points else []
    met = []
    for criterion in in_force:
        measure = measures[criterion.criterion_id][lead_id]
        if (
            measure.holds
            and all(measures[linked][lead_id].holds for linked in criterion.requires)
            and not any(measures[linked][lead_id].holds for linked in criterion.unless)
        ):
            met.append(
                Entry(
                    "criterion",
                    measure.points,
                    criterion,
                    measure,
                    criterion.group_id,
                    criterion.dimension,
                )
            )
    ledger += met
    sums: dict[tuple[str, str | None], int] = defaultdict(int)
    for entry in met:
        sums[entry.dimension, entry.group_id] += entry.points
    dimension_scores = {}
    for dimension in DIMENSIONS:
        total = 0
        for (of_dimension, group_id), points in sorted(
            sums.items(), key=lambda item: item[0][1] or ""
        ):
            if of_dimension == dimension:
                if group_id is not None:
                    clip = _clip(points, scorecard.groups[group_id])
                    if clip:
                        ledger.append(
                            Entry("group_limit", clip, group_id=group_id, dimension=dimension)
                        )
                    points += clip
                total += points
        clip = _clip(total, scorecard.dimensions.get(dimension, Limits(None, None)))
        if clip:
            ledger.append(Entry("dimension_limit", clip, dimension=dimension))
        dimension_scores[dimension] = total + clip
    score = scorecard.base_points + sum(dimension_scores.values())
    clip = _clip(score, scorecard.limits)
    if clip:
        ledger.append(Entry("score_limit", clip))
        score += clip
    known = sum(1 for name in used if moment.leads[lead_id].attributes[name] is not None)
    if any(entry.criterion.disqualifies for entry in met):
        status = "disqualified"
        ledger.append(Entry("disqualification", -score))
        score = 0
    elif not known and lead_id not in moment.last_event_at:
        status = "insufficient_data"
    else:
        status = "scored"
    coverage = round_divide(known * 100, len(used)) if used else None
    result = Result(lead_id, status, score, dimension_scores, ledger, coverage)
    _give_bands(result, scorecard)
    if lead_id not in moment.converted:
        result.action = _action(result, scorecard.actions)
    return result


def _clip(points: int, limits: Limits) -> int:
    """Return what must be added to points to bring them within limits."""
    if limits.low is not None and points < limits.low:
        return limits.low - points
    if limits.high is not None and points > limits.high:
        return limits.high - points
    return 0


def band_of(bands: Sequence[tuple[int | None, str]], points: int) -> str | None:
    """Return the band with the greatest start not above the points; bands stand highest first."""
    for start, band in bands:
        if start is None or start <= points:
            return band
    return None


def _give_bands(result: Result, scorecard: Scorecard) -> None:
    scores = {"total": result.score, **result.dimension_scores}
    for scope, points in scores.items():
        result.bands[scope] = band_of(scorecard.bands.get(scope, ()), points)
    if result.status != "scored":
        result.bands["total"] = result.status
    if result.status == "insufficient_data":
        result.bands["fit"] = result.bands["engagement"] = None


def _action(result: Result, actions: Sequence[Action]) -> Action | None:
    for action in actions:
        if result.status != "scored" and result.status not in action.bands["total"]:
            continue
        if all(not names or result.bands[scope] in names for scope, names in action.bands.items()):
            return action
    return None
