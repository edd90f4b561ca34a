"""Random stories: raw tables that grow and change, and policies that are edited, step by step.

Each step says what a run would find. Events are only ever added, and none is loaded so late that
the lookback of an incremental run may miss it; everything else may change, come and go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import broken
import oracle
import pools
import strategies
from oracle import Table
from oracle.cells import clean
from oracle.cells import time as micros
from strategies import Policy, Row

LOOKBACKS_HOURS = (24, 24, 72)
_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
# How far the moment of a run lies from the one before; windows, decays and trends are as long.
_LEAPS = [
    timedelta(0),
    _MICROSECOND,
    timedelta(hours=1),
    timedelta(days=1),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=6, hours=23),
    timedelta(days=7),
    timedelta(days=23),
]
_COPIED_COLUMNS = [
    "event_name",
    "OCCURRED_AT",
    "lead_id",
    "anonymous_id",
    "page",
    "amount",
    "ok",
    "payload",
]


@dataclass(frozen=True)
class Step:
    """What a run finds.

    Args:
        config: the vars, the moment among them.
        raw: the raw tables as they stand.
        policy: the policy's files.
        did: what changed since the step before, for messages.
        is_valid: whether the policy is without mistakes.
    """

    config: dict[str, Any]
    raw: dict[str, Table]
    policy: dict[str, Table]
    did: list[str]
    is_valid: bool = True


def story(seed: int, *, steps: int = 8, leads: int = 60, events: int = 300) -> Iterator[Step]:
    """Tell the steps of a random story, which follows from its seed alone.

    Arguments: the seed (where it is odd, optional columns and tables may be absent); how many
    steps; how many leads there are at first; how many events come in all, copies aside.
    """
    yield from _Story(seed, steps, leads, events).tell()


@dataclass
class _Story:
    """The state between two steps."""

    seed: int
    length: int
    lead_count: int
    event_count: int
    draw: Random = field(init=False)
    config: dict[str, Any] = field(init=False)
    moments: list[datetime] = field(init=False)
    raw: dict[str, list[Row]] = field(init=False)
    columns: dict[str, list[str]] = field(init=False)
    policies: list[Policy] = field(init=False)
    # What is newest: of all events that were there at the last run.
    loaded_until: datetime = field(init=False)
    clock: datetime = field(init=False)
    number: int = 0
    did: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draw = Random(self.seed)
        self.config = strategies.draw_config(self.draw, may_lack=self.seed % 2 == 1)
        self.config["event_lookback_hours"] = self.draw.choice(LOOKBACKS_HOURS)
        self.moments = [datetime.fromisoformat(self.config["as_of"])]
        while len(self.moments) < self.length:
            self.moments.append(self.moments[-1] + self.draw.choice(_LEAPS))
        # Once a run is told to look at an earlier moment.
        if self.length > 3:
            self.moments[self.draw.randrange(2, self.length - 1)] -= timedelta(days=3)
        self.clock = self.moments[0]
        self.loaded_until = self.clock - timedelta(days=400)
        self.raw = {name: [] for name in ("leads", "events", "outcomes", "identities")}

    # --- telling --------------------------------------------------------------------------

    def tell(self) -> Iterator[Step]:
        self._begin()
        # One run in the middle meets a mistake in the policy.
        bad = self.draw.choice([None, *range(2, self.length - 1)])
        for number, moment in enumerate(self.moments):
            self.number = number
            if number:
                self._change(moment)
            config = {**self.config, "as_of": moment.isoformat()}
            if number == bad:
                planted = self.draw.choice(broken.KINDS)(self.draw, 1)
                policy = broken.add(self._policy(), [planted])
                did = [*self.did, f"a mistake in the policy: {planted.kind}"]
                yield Step(config, self._tables(), policy, did, is_valid=False)
                continue
            yield Step(config, self._tables(), self._policy(), self.did)
            self.did = []
            self.loaded_until = max([self.loaded_until, *self._known_loads()])

    def _begin(self) -> None:
        draw = self.draw
        self.raw["leads"] = [self._lead() for _ in range(self.lead_count)]
        self._add_events(self.event_count * 4 // 10, first=True)
        self.raw["outcomes"] = [self._outcome() for _ in range(self.lead_count // 2)]
        self.raw["outcomes"] += strategies.draw_conversions(draw, self.config, self.raw["leads"])
        self.raw["identities"] = [self._identity() for _ in range(self.lead_count // 2)]
        lacking = [
            one for one in pools.OPTIONAL_COLUMNS if self.seed % 2 and draw.randint(0, 99) < 6
        ]
        self.columns = {
            name: [column for column in rows[0] if (name, column) not in lacking]
            for name, rows in self.raw.items()
        }
        self.policies = [_sensitive(), *(self._new_policy() for _ in range(8))]
        self.did = ["begin"]

    def _change(self, moment: datetime) -> None:
        """Let what happens between two runs happen."""
        draw = self.draw
        self.clock = max(self.clock, moment) + draw.choice([timedelta(0), timedelta(hours=5)])
        if draw.randint(0, 99) < 15:
            self.did.append("nothing")
            return
        kinds: list[Callable[[], None]] = [
            self._new_events,
            self._new_events,
            self._copies,
            self._change_leads,
            self._change_outcomes,
            self._change_identities,
            self._edit_policy,
            self._edit_policy,
        ]
        for kind in draw.sample(kinds, draw.randint(1, len(kinds))):
            kind()

    def _tables(self) -> dict[str, Table]:
        draw = self.draw
        tables = {}
        for name, rows in self.raw.items():
            shuffled = [{column: row[column] for column in self.columns[name]} for row in rows]
            draw.shuffle(shuffled)
            tables[name] = Table(shuffled, self.columns[name])
        return tables

    def _policy(self) -> dict[str, Table]:
        return strategies.combine(self.policies, self.draw)

    # --- raw tables -----------------------------------------------------------------------

    def _at_some_step(self) -> dict[str, Any]:
        """Return the config with the moment of one of the runs, mostly of one to come."""
        moments = self.moments[self.number :] if self.draw.randint(0, 3) else self.moments
        return {**self.config, "as_of": self.draw.choice(moments).isoformat()}

    def _lead(self, lead_id: str | None = None) -> Row:
        return strategies.draw_lead(self.draw, self._at_some_step(), lead_id)

    def _outcome(self) -> Row:
        return strategies.draw_outcome(self.draw, self._at_some_step())

    def _identity(self) -> Row:
        return strategies.draw_identity(self.draw, self._at_some_step())

    def _known_loads(self) -> list[datetime]:
        found = (micros(clean(row["loaded_at"])) for row in self.raw["events"])
        return [_EPOCH + timedelta(microseconds=load) for load in found if load is not None]

    def _load_time(self) -> datetime:
        """Return when a new row was loaded: lately, or so late that only the lookback sees it."""
        draw = self.draw
        earliest = (
            self.loaded_until - timedelta(hours=self.config["event_lookback_hours"]) + _MICROSECOND
        )
        latest = max(self.clock, earliest)
        return draw.choice(
            [
                latest,
                latest,
                min(self.loaded_until, latest),
                max(earliest, self.loaded_until - timedelta(hours=draw.randint(0, 20))),
                earliest,
                earliest + (latest - earliest) / draw.randint(1, 9),
            ]
        )

    def _add_events(self, count: int, *, first: bool = False) -> None:
        draw = self.draw
        for _ in range(count):
            row = strategies.draw_event(draw, self._at_some_step(), self.event_count * 2)
            occurred = micros(clean(row["OCCURRED_AT"]))
            if row["loaded_at"].strip()[:2] == "20" and occurred is not None:
                at = _EPOCH + timedelta(microseconds=occurred)
                loaded = min(max(at, at + timedelta(hours=2)), self.clock)
                if not first:
                    loaded = self._load_time()
                if draw.randint(0, 9) == 0:
                    # On the edge of what is refused as of the future.
                    at = loaded + timedelta(days=1, microseconds=draw.randint(-1, 1))
                    row["OCCURRED_AT"] = strategies.spell_time(draw, at)
                elif at > loaded + timedelta(days=1) and draw.randint(0, 3):
                    # Unless it has no time of loading, an event of the future is refused.
                    row["loaded_at"] = ""
                    loaded = None
                if loaded is not None:
                    row["loaded_at"] = strategies.spell_time(draw, loaded)
            self.raw["events"].append(row)

    def _new_events(self) -> None:
        count = self.draw.choice([1, 3, 10, self.event_count * 6 // (10 * self.length)])
        self._add_events(count)
        self.did.append(f"{count} new events")

    def _copies(self) -> None:
        """Add second copies of events, also of refused ones."""
        draw = self.draw
        count = draw.randint(1, 12)
        earliest = self.loaded_until - timedelta(hours=self.config["event_lookback_hours"])
        events = self.raw["events"]
        # Such as were loaded lately can have a copy of the same time, or of an earlier one.
        recent = [
            (row, load)
            for row, load in ((row, micros(clean(row["loaded_at"]))) for row in events)
            if load is not None and _EPOCH + timedelta(microseconds=load) > earliest
        ]
        for _ in range(count):
            if recent and draw.randint(0, 1):
                row, load = draw.choice(recent)
                back = timedelta(microseconds=draw.choice([0, 0, 1, -1]))
                loaded = _EPOCH + timedelta(microseconds=load) - back
                loaded = max(loaded, earliest + _MICROSECOND)
            else:
                row, loaded = draw.choice(events), self._load_time()
            other = strategies.draw_event(draw, self._at_some_step(), self.event_count * 2)
            changed = draw.sample(_COPIED_COLUMNS, draw.choice([0, 1, 1, 2]))
            copy = row | {column: other[column] for column in changed}
            copy["loaded_at"] = strategies.spell_time(draw, loaded)
            events.append(copy)
        self.did.append(f"{count} copies of events")

    def _change_leads(self) -> None:
        draw, leads = self.draw, self.raw["leads"]
        for _ in range(draw.randint(1, 6)):
            kind = draw.choice(["add", "change", "change", "created_at", "remove", "copy"])
            if kind == "add":
                absent = set(pools.LEAD_IDS) - {row["Lead_Id"].strip() for row in leads}
                leads.append(self._lead(draw.choice(sorted(absent)) if absent else None))
            elif kind == "remove" and len(leads) > 10:
                leads.remove(draw.choice(leads))
            else:
                row = draw.choice(leads)
                other = self._lead()
                columns = ["created_at"]
                if kind != "created_at":
                    columns = draw.sample(list(row)[1:], draw.randint(1, 3))
                changed = row | {column: other[column] for column in columns}
                if kind == "copy":
                    leads.append(changed)
                else:
                    leads[leads.index(row)] = changed
            self.did.append(f"lead: {kind}")

    def _change_outcomes(self) -> None:
        self._change_rows("outcomes", self._outcome)

    def _change_identities(self) -> None:
        self._change_rows("identities", self._identity)

    def _change_rows(self, name: str, new: Callable[[], Row]) -> None:
        draw, rows = self.draw, self.raw[name]
        for _ in range(draw.randint(1, 6)):
            kind = draw.choice(["add", "add", "remove", "change", "repeat"])
            if kind == "add" or len(rows) < 5:
                rows.append(new())
            elif kind == "remove":
                rows.remove(draw.choice(rows))
            else:
                row = draw.choice(rows)
                changed = row | {column: new()[column] for column in draw.sample(list(row), 1)}
                rows.append(changed if kind == "repeat" else row)
                if kind == "change":
                    rows[rows.index(row)] = changed
            self.did.append(f"{name}: {kind}")

    # --- the policy -----------------------------------------------------------------------

    def _new_policy(self) -> Policy:
        return strategies.draw_policy(self.draw, self._at_some_step())

    def _edit_policy(self) -> None:
        """Make a few edits, none of which leaves a mistake."""
        for _ in range(self.draw.randint(1, 4)):
            # Some edits meet what they do not fit; then another is made.
            for _ in range(20):
                before = self.policies
                number = self.draw.randrange(len(before))
                edit = self.draw.choice(_EDITS)
                edited = {
                    file: [dict(row) for row in rows] for file, rows in before[number].items()
                }
                if not edit(self, edited):
                    continue
                self.policies = [*before[:number], edited, *before[number + 1 :]]
                if not oracle.policy_errors(self._policy(), self.config):
                    self.did.append(f"policy p{number:03d}: {edit.__name__.strip('_')}")
                    break
                self.policies = before


def _some(told: _Story, rows: Sequence[Row], **cells: str) -> Row | None:
    fitting = [
        row
        for row in rows
        if all((row.get(column) or "").strip().lower() == text for column, text in cells.items())
    ]
    return told.draw.choice(fitting) if fitting else None


def _points(told: _Story, policy: Policy) -> bool:
    row = _some(told, policy.get("criteria", []))
    if row is None or row.get("effect", "").lower() == "disqualify":
        return False
    row["points"] = told.draw.choice(pools.POINTS)
    return True


def _caps(told: _Story, policy: Policy) -> bool:
    row = _some(told, policy.get("criteria", []))
    if row is None or row.get("effect", "").lower() == "disqualify":
        return False
    row["max_points"] = told.draw.choice(["", "1", "2.5", "7"])
    return True


def _window(told: _Story, policy: Policy) -> bool:
    row = _some(told, policy.get("criteria", []), signal="event")
    if row is None:
        return False
    row["window_days"] = told.draw.choice(["", *map(str, pools.WINDOWS)])
    return True


def _bounds(told: _Story, policy: Policy) -> bool:
    row = _some(told, policy.get("criteria", []), signal="event")
    if row is None:
        return False
    bounds = told.draw.choice(pools.BOUNDS[row.get("measure") or "count"])
    row["at_least"], row["at_most"] = bounds
    return True


def _decay(told: _Story, policy: Policy) -> bool:
    row = _some(told, policy.get("criteria", []), signal="event")
    if row is None:
        return False
    row["decay"] = told.draw.choice(["", "linear", "exponential", "step"])
    row["decay_days"] = told.draw.choice(pools.DECAY_DAYS) if row["decay"] else ""
    return True


def _test(told: _Story, policy: Policy) -> bool:
    row = _some(told, policy.get("criteria", []))
    if row is None:
        return False
    kinds = pools.EVENT_PROPERTIES if row["signal"].lower() == "event" else pools.LEAD_ATTRIBUTES
    name = (row.get("property") or row["field"]).strip().lower()
    if name not in kinds:
        return False
    row["operator"], row["value"] = strategies.draw_test(told.draw, name, kinds[name])
    return True


def _names_of_events(told: _Story, policy: Policy) -> bool:
    row = _some(told, policy.get("criteria", []), signal="event")
    if row is None:
        return False
    row["field"] = "|".join(told.draw.sample(pools.EVENT_NAMES, told.draw.randint(1, 3)))
    return True


def _validity(told: _Story, policy: Policy) -> bool:
    row = _some(told, policy.get("criteria", []))
    if row is None:
        return False
    moment = told.draw.choice(told.moments[told.number :])
    column = told.draw.choice(["valid_from", "valid_to"])
    row[column] = told.draw.choice(["", f"{moment:%Y-%m-%d}"])
    return True


def _links(told: _Story, policy: Policy) -> bool:
    rows = policy.get("criteria", [])
    row = _some(told, rows)
    if row is None or len(rows) < 2:
        return False
    other = told.draw.choice([one for one in rows if one is not row])
    row[told.draw.choice(["requires", "unless"])] = told.draw.choice(["", other["criterion_id"]])
    return True


def _is_active(told: _Story, policy: Policy) -> bool:
    row = _some(told, policy.get("criteria", []))
    if row is None:
        return False
    row["is_active"] = "true" if row.get("is_active", "").lower() == "false" else "false"
    return True


def _names_only(told: _Story, policy: Policy) -> bool:
    row = _some(told, policy.get("criteria", []))
    if row is None:
        return False
    row["name"] = told.draw.choice(["Renamed", "Same name", "Rule; with, marks"])
    return True


def _another_criterion(told: _Story, policy: Policy) -> bool:
    """Replace one, add one or, with the highest number, take one away."""
    rows = policy.setdefault("criteria", [])
    numbers = [int(row["criterion_id"].removeprefix("c")) for row in rows]
    kind = told.draw.choice(["replace", "add", "add", "remove"])
    if kind != "add" and not rows:
        return False
    if kind == "remove":
        rows.remove(told.draw.choice(rows))
        return True
    number = max(numbers, default=0) + 1 if kind == "add" else told.draw.choice(numbers)
    days = [f"{moment:%Y-%m-%d}" for moment in sorted(told.moments)]
    groups = policy.get("groups", [])
    row = strategies.draw_criterion(told.draw, number, len(rows), groups, days)
    if kind == "replace":
        rows[numbers.index(number)] = row
    else:
        rows.append(row)
    return True


def _status(told: _Story, policy: Policy) -> bool:
    scorecard = policy["scorecards"][0]
    scorecard["status"] = told.draw.choice(["live", "draft", "retired", "live"])
    return True


def _scorecard(told: _Story, policy: Policy) -> bool:
    scorecard = policy["scorecards"][0]
    other = told._new_policy()["scorecards"][0]
    column = told.draw.choice(["base_points", "min_score", "max_score", "account_rollup", "name"])
    scorecard[column] = other[column]
    return True


def _audience(told: _Story, policy: Policy) -> bool:
    scorecard = policy["scorecards"][0]
    columns = ("audience_field", "audience_operator", "audience_value")
    for column in columns:
        scorecard[column] = ""
    if told.draw.randint(0, 2):
        name = told.draw.choice(["title", "country", "employees", "renewal"])
        kind = pools.LEAD_ATTRIBUTES[name]
        test = strategies.draw_test(told.draw, name, kind)
        scorecard.update(zip(columns, (name, *test), strict=True))
    return True


def _limits(told: _Story, policy: Policy) -> bool:
    row = _some(told, [*policy.get("groups", []), *policy.get("dimensions", [])])
    if row is None:
        return False
    row.update(strategies.draw_limits(told.draw, "min_points", "max_points", 60))
    return True


def _bands_and_actions(told: _Story, policy: Policy) -> bool:
    policy["bands"] = strategies.draw_bands(told.draw)
    policy["actions"] = strategies.draw_actions(told.draw, policy["bands"])
    return True


def _new_scorecard(told: _Story, policy: Policy) -> bool:
    """Put another scorecard under the same id."""
    if len(policy["criteria"]) > 20:
        return False
    policy.clear()
    policy.update(told._new_policy())
    return True


_EDITS = [
    _points,
    _points,
    _caps,
    _window,
    _bounds,
    _decay,
    _test,
    _test,
    _names_of_events,
    _validity,
    _links,
    _is_active,
    _names_only,
    _another_criterion,
    _another_criterion,
    _another_criterion,
    _status,
    _scorecard,
    _audience,
    _limits,
    _bands_and_actions,
    _new_scorecard,
]


def _sensitive() -> Policy:
    """Return a scorecard that shows an event that is lost, doubled, or of another lead or time."""
    event = {"signal": "event", "dimension": "engagement", "field": "|".join(pools.EVENT_NAMES)}
    every = event | {"frequency": "every", "points": "0.01"}
    criteria = [
        *(every | {"field": name} for name in pools.EVENT_NAMES),
        *(every | {"window_days": days} for days in ("1", "7", "30", "90")),
        *(
            event | {"decay": decay, "decay_days": days, "frequency": frequency, "points": "20"}
            for decay in ("linear", "exponential", "step")
            for days in ("3", "30")
            for frequency in ("once", "every")
        ),
        *(
            event | {"at_most": "0", "window_days": days, "points": "-0.5"}
            for days in ("2", "7", "30")
        ),
        event | {"measure": "distinct_days", "frequency": "every", "points": "1"},
        event
        | {
            "measure": "distinct_values",
            "measure_field": "page",
            "frequency": "every",
            "points": "1",
        },
        event | {"measure": "sum", "measure_field": "amount", "at_least": "-999", "points": "0.3"},
        event
        | {
            "measure": "rate",
            "measure_field": "login|webinar",
            "field": "login",
            "window_days": "90",
            "at_least": "0.5",
            "points": "3",
        },
        event | {"measure": "days_since_last", "at_most": "14", "points": "4"},
        *(
            event | {"property": name, "operator": "is_set", "frequency": "every", "points": "0.1"}
            for name in ("page", "plan", "due")
        ),
        *(
            {
                "signal": "attribute",
                "dimension": "fit",
                "field": name,
                "operator": operator,
                "value": value,
                "points": "2",
            }
            for name, operator, value in (
                ("renewal", "days_from_now", "0..7"),
                ("trial_ends", "days_from_now", "-30..-1"),
                ("title", "is_set", ""),
                ("account_id", "is_not_set", ""),
                ("employees", "between", "1..50"),
            )
        ),
    ]
    return {
        "scorecards": [{"account_rollup": "sum"}],
        "criteria": [
            {"criterion_id": f"c{number}", "name": f"Rule {number}", **row}
            for number, row in enumerate(criteria, start=1)
        ],
        "bands": [
            {"scope": "total", "band": f"band {start}", "min_points": start}
            for start in ("", "0", "5", "10", "20", "40")
        ],
    }
