"""Which single things a lead might do next: candidates only, made from the compiled policy.

Nothing here says what a step is worth. The world of `leadscore.what_if` scores each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from leadscore.output import plain
from leadscore.warehouse import Warehouse
from leadscore.what_if import Event, LiveLead

# More events of one kind than this are no single step.
MOST_EVENTS = 10
# Operators whose alternatives are themselves texts that pass.
_ALTERNATIVE_PASSES = ("equals", "contains", "starts_with", "ends_with")
# Columns with a meaning of their own: what they hold is not a lead's to choose.
_OWN_COLUMNS = {
    "attribute": frozenset({"lead_id", "created_at", "updated_at"}),
    "property": frozenset(
        {"event_id", "event_name", "lead_id", "anonymous_id", "occurred_at", "loaded_at"}
    ),
}
_TRUTHS = {"is_true": ("true", "false"), "is_false": ("false", "true")}


@dataclass(frozen=True)
class Step:
    """One thing more: some events of one kind, or one attribute that holds something else.

    Args:
        events: what happens.
        attribute: the attribute.
        value: what it holds then.
        current_value: what it holds now; None where it is not known.
    """

    events: tuple[Event, ...] = ()
    attribute: str | None = None
    value: str | None = None
    current_value: str | None = None


@dataclass
class Criterion:
    """A criterion of the compiled policy.

    Args:
        key: its key.
        scorecard_id: its scorecard.
        row: its columns, and those of its test.
        names: the events that it matches.
        base_names: the events that its rate is counted against.
        requires: the names of criteria that it requires.
        unless: the names of criteria that hold it back.
        alternatives: the texts of its test.
    """

    key: int
    scorecard_id: str
    row: dict[str, Any]
    names: list[str] = field(default_factory=list)
    base_names: list[str] = field(default_factory=list)
    requires: list[str] = field(default_factory=list)
    unless: list[str] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its id in the policy."""
        return self.row["criterion_id"]

    @property
    def name(self) -> str:
        """What explanations call it."""
        return self.row["name"]


def read_criteria(live: Warehouse, scorecard_ids: Iterable[str]) -> dict[int, Criterion]:
    """The criteria of scorecards as the live scores were made by them, by key.

    Args:
        live: the live warehouse, open.
        scorecard_ids: the scorecards.
    """
    ids = ", ".join(map(live.text, scorecard_ids))
    rows = live.rows(
        "select criteria.*, scorecards.scorecard_id, tests.item_name, tests.operator,"
        " tests.low_number, tests.high_number, tests.low_days, tests.high_days"
        f" from {live.model('int_policy__criteria')} as criteria"
        f" inner join {live.model('int_policy__scorecards')} as scorecards"
        " on criteria.scorecard_key = scorecards.scorecard_key"
        f" left join {live.model('int_policy__tests')} as tests"
        " on criteria.test_key = tests.test_key"
        f" where scorecards.scorecard_id in ({ids})"
    )
    criteria = {
        row["criterion_key"]: Criterion(row["criterion_key"], row["scorecard_id"], row)
        for row in sorted(rows, key=lambda row: row["criterion_id"])
    }
    for row in live.rows(
        f"select criterion_key, role, event_name from {live.model('int_policy__criterion_events')}"
    ):
        if row["criterion_key"] in criteria:
            criterion = criteria[row["criterion_key"]]
            names = criterion.names if row["role"] == "match" else criterion.base_names
            names.append(row["event_name"])
    for row in live.rows(
        "select criterion_key, link_type, linked_criterion_key"
        f" from {live.model('int_policy__criterion_links')}"
    ):
        if row["criterion_key"] in criteria:
            criterion = criteria[row["criterion_key"]]
            linked = criterion.requires if row["link_type"] == "requires" else criterion.unless
            linked.append(criteria[row["linked_criterion_key"]].name)
    alternatives: dict[int, list[str]] = {}
    for row in live.rows(
        f"select test_key, alternative from {live.model('int_policy__test_alternatives')}"
    ):
        alternatives.setdefault(row["test_key"], []).append(row["alternative"])
    for criterion in criteria.values():
        criterion.names.sort()
        criterion.base_names.sort()
        criterion.requires.sort()
        criterion.unless.sort()
        criterion.alternatives = sorted(alternatives.get(criterion.row["test_key"], []))
    return criteria


class Steps:
    """The candidates of one lead.

    Args:
        live: the live warehouse, open.
        lead: the lead.
        moment: when it is scored.
        criteria: the criteria to find steps for.
    """

    def __init__(
        self, live: Warehouse, lead: LiveLead, moment: datetime, criteria: Iterable[Criterion]
    ) -> None:
        self.live = live
        self.lead = lead
        self.moment = moment
        places = live.dbt.project.var("event_properties") or {}
        # lower-case names of properties, each with its column
        self._columns = {
            str(name).strip().lower(): str(place).partition(":$")[0].strip().lower()
            for name, place in places.items()
        }
        self.criteria = [each for each in criteria if not self._is_fixed(each)]

    def candidates(self) -> dict[Step, set[str]]:
        """All of them, each with the scorecards that have a criterion for it.

        Those of one kind of event are in the order of their number.
        """
        found: dict[Step, set[str]] = {}
        most: dict[tuple[Event, ...], int] = {}
        asking: dict[tuple[Event, ...], set[str]] = {}
        for criterion in self.criteria:
            if criterion.row["signal"] == "attribute":
                continue
            for events in self._event_kinds(criterion):
                # one kind that is repeated, or several that differ in what is measured
                number = _useful_number(criterion) if len(events) == 1 else len(events)
                most[events] = max(most.get(events, 0), number)
                asking.setdefault(events, set()).add(criterion.scorecard_id)
        for events, number in most.items():
            repeated = events * number if len(events) == 1 else events
            for count in range(1, number + 1):
                step = Step(events=repeated[:count])
                found.setdefault(step, set()).update(asking[events])
        for scorecard_id, step in self._attribute_steps():
            found.setdefault(step, set()).add(scorecard_id)
        return found

    def _is_fixed(self, criterion: Criterion) -> bool:
        """Whether a criterion looks at a column with a meaning of its own."""
        row = criterion.row
        if row["signal"] == "attribute":
            return row["item_name"] in _OWN_COLUMNS["attribute"]
        looked_at = {self._columns.get(row[item]) for item in ("item_name", "measure_property")}
        return bool(looked_at & _OWN_COLUMNS["property"])

    # --- events -----------------------------------------------------------------------

    def _event_kinds(self, criterion: Criterion) -> Iterator[tuple[Event, ...]]:
        """Kinds of events that count for a criterion: one each, or several with other values."""
        row = criterion.row
        measured = row["measure_property"]
        for name in criterion.base_names:
            yield (Event(name),)
        for name in criterion.names:
            tested = self._passing_value(criterion, name)
            if row["item_name"] and tested is None and row["operator"] != "is_not_set":
                continue
            properties = {} if tested is None else {row["item_name"]: tested}
            if measured is None:
                yield (_event(name, properties),)
            elif row["measure"] == "sum":
                for amount in self._amounts(criterion):
                    yield (_event(name, {**properties, measured: amount}),)
            else:
                values = self._new_values(criterion, name)
                if values:
                    yield tuple(_event(name, {**properties, measured: value}) for value in values)

    def _passing_value(self, criterion: Criterion, event_name: str) -> str | None:
        """A value of the tested property that passes; None where there is no test or none known."""
        row = criterion.row
        if row["item_name"] is None or row["operator"] == "is_not_set":
            return None
        made = _made_value(criterion, self.moment, None)
        if row["operator"] in ("between", "days_from_now"):
            return made
        known = self._property_values(
            event_name,
            "select matches.value_key"
            f" from {self.live.model('int_scoring__value_matches')} as matches"
            f" where matches.test_key = {row['test_key']}",
            1,
        )
        return known[0] if known else made

    def _property_values(self, event_name: str, keys: str, most: int) -> list[str]:
        """Values of a property, the most frequent first, those of this kind of event before others.

        Args:
            event_name: the kind of event.
            keys: a query of their keys.
            most: how many at most.
        """
        if not self.lead.property_columns:
            return []
        events = self.live.model("int_facts__events")
        names = self.live.model("int_dictionary__event_names")
        held = " union all ".join(
            f"select event_name_key, {self.live.quote(column)} as value_key from {events}"
            f" where {self.live.quote(column)} in ({keys})"
            for column in self.lead.property_columns
        )
        rows = self.live.rows(
            "select known.value, known.value_key,"
            f" sum(case when names.event_name = {self.live.text(event_name)} then 1 else 0 end)"
            " as here, count(*) as anywhere"
            f" from ({held}) as held"
            f" inner join {names} as names on held.event_name_key = names.event_name_key"
            f" inner join {self.live.model('int_dictionary__values')} as known"
            " on held.value_key = known.value_key"
            " where known.value is not null"
            " group by known.value, known.value_key"
            f" order by here desc, anywhere desc, known.value_key limit {most}"
        )
        return [row["value"] for row in rows]

    def _new_values(self, criterion: Criterion, event_name: str) -> list[str]:
        """Values of the measured property that the lead's events do not have yet."""
        row = criterion.row
        dictionary = self.live.model("int_dictionary__values")
        had = " union ".join(
            f"select {self.live.quote(column)} from {self.live.model('int_facts__events')}"
            f" where lead_key = {self.lead.key}"
            for column in self.lead.property_columns
        )
        keys = (
            f"select value_key from {dictionary} where item_kind = 'property'"
            f" and item_name = {self.live.text(row['measure_property'])}"
            f" and value_folded not in (select seen.value_folded from {dictionary} as seen"
            f" where seen.item_kind = 'property'"
            f" and seen.item_name = {self.live.text(row['measure_property'])}"
            f" and seen.value_folded is not null and seen.value_key in ({had}))"
        )
        if row["item_name"] == row["measure_property"]:
            keys += (
                f" and value_key in (select value_key"
                f" from {self.live.model('int_scoring__value_matches')}"
                f" where test_key = {row['test_key']})"
            )
        return self._property_values(event_name, keys, _useful_number(criterion))

    def _amounts(self, criterion: Criterion) -> list[str]:
        """Amounts that one event might bring to a sum: what lacks, the bound itself, a step."""
        row = criterion.row
        wanted: set[Decimal] = set()
        if row["at_least"] is not None:
            wanted.add(row["at_least"])
            for measured in self.live.rows(
                "select measures.measure_value"
                f" from {self.live.model('int_scoring__event_measures')} as measures"
                f" inner join {self.live.model('int_policy__rules')} as rules"
                " on measures.rule_key = rules.rule_key"
                f" where rules.criterion_key = {criterion.key} and measures.moment_key in ("
                # the live moment of a lead comes first
                " select min(activity.moment_key)"
                f" from {self.live.model('int_scoring__activity')} as activity"
                f" where activity.lead_key = {self.lead.key})"
            ):
                if measured["measure_value"] is not None:
                    wanted.add(row["at_least"] - measured["measure_value"])
        if row["frequency"] == "every":
            wanted.add(Decimal(row["every_n"]))
        if row["item_name"] == row["measure_property"] and row["operator"] == "between":
            low, high = row["low_number"], row["high_number"]
            wanted = {max(amount, low) if low is not None else amount for amount in wanted}
            wanted = {amount for amount in wanted if high is None or amount <= high}
        return [plain(amount) for amount in sorted(wanted) if amount > 0]

    # --- attributes -------------------------------------------------------------------

    def _attribute_steps(self) -> Iterator[tuple[str, Step]]:
        """Each attribute that a criterion tests: a value that passes, and one that does not.

        Each with the criterion's scorecard.
        """
        tested = [each for each in self.criteria if each.row["signal"] == "attribute"]
        if not tested:
            return
        known = self._known_values()
        for criterion in tested:
            row = criterion.row
            holds = self.lead.attributes.get(row["item_name"])
            values = [
                None
                if row["operator"] == "is_not_set"
                else _made_value(criterion, self.moment, holds)
                if row["operator"] in ("between", "days_from_now")
                else known.get((row["test_key"], True))
                or _made_value(criterion, self.moment, holds),
                known.get((row["test_key"], False)) or _TRUTHS.get(row["operator"], ("", None))[1],
            ]
            for value in values:
                if value is not None and value != holds:
                    step = Step(attribute=row["item_name"], value=value, current_value=holds)
                    yield criterion.scorecard_id, step

    def _known_values(self) -> dict[tuple[int, bool], str]:
        """The most frequent value that passes each test of an attribute, and that fails it."""
        rows = self.live.rows(
            "with frequencies as ("
            " select value_key, count(*) as leads"
            f" from {self.live.model('int_facts__lead_values')} group by value_key"
            "), judged_values as ("
            " select tests.test_key, known.value, matches.value_key is not null as passes,"
            " row_number() over ("
            " partition by tests.test_key, matches.value_key is not null"
            " order by coalesce(frequencies.leads, 0) desc, known.value_key) as place"
            f" from {self.live.model('int_policy__tests')} as tests"
            f" inner join {self.live.model('int_dictionary__values')} as known"
            " on tests.item_kind = known.item_kind and tests.item_name = known.item_name"
            f" left join {self.live.model('int_scoring__value_matches')} as matches"
            " on tests.test_key = matches.test_key and known.value_key = matches.value_key"
            " left join frequencies on known.value_key = frequencies.value_key"
            " where tests.item_kind = 'attribute' and tests.operator <> 'days_from_now'"
            " and known.value is not null"
            ") select test_key, passes, value from judged_values where place = 1"
        )
        return {(row["test_key"], bool(row["passes"])): row["value"] for row in rows}


def _event(name: str, properties: dict[str, str]) -> Event:
    return Event(name, tuple(sorted(properties.items())))


def _useful_number(criterion: Criterion) -> int:
    """Up to how many events of one kind may change what a criterion gives."""
    row = criterion.row
    if row["measure"] in ("distinct_days", "days_since_last"):
        # all of them would be of today
        return 1
    if row["measure"] == "rate" or row["frequency"] == "every":
        return MOST_EVENTS
    if row["measure"] == "sum":
        return 1
    bounds = [row["at_least"] or 1, (row["at_most"] or 0) + 1 if row["at_most"] is not None else 1]
    return min(int(Decimal(max(bounds)).to_integral_value(ROUND_CEILING)), MOST_EVENTS)


def _made_value(criterion: Criterion, moment: datetime, current: str | None) -> str | None:
    """A value that passes a criterion's test, where one can be told from the test alone."""
    row = criterion.row
    operator = row["operator"]
    if operator in _ALTERNATIVE_PASSES:
        return criterion.alternatives[0]
    if operator in _TRUTHS:
        return _TRUTHS[operator][0]
    if operator == "between":
        return plain(_nearest_end(row["low_number"], row["high_number"], current))
    if operator == "days_from_now":
        low, high = row["low_days"], row["high_days"]
        days = max(low, 0) if low is not None else 0
        days = min(days, high) if high is not None else days
        return str(moment.date() + timedelta(days=int(days)))
    # matches, not_equals, not_contains, is_set: only what somebody has is a sensible value
    return None


def _nearest_end(low: Decimal | None, high: Decimal | None, current: str | None) -> Decimal:
    """The end of a range that is nearest to what is there; of an unknown, the lower one."""
    if low is None or high is None:
        return high if low is None else low
    try:
        number = Decimal(current or "")
    except ArithmeticError:
        return low
    return high if number > high else low
