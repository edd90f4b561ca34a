"""The policy: its cells typed, and every error in it named."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from . import grammar
from .cells import ONE, Table, alternatives, clean, day, exact_number, is_only_bars, lower

COLUMNS = {
    "scorecards": [
        "scorecard_id",
        "name",
        "status",
        "base_points",
        "min_score",
        "max_score",
        "audience_field",
        "audience_operator",
        "audience_value",
        "account_rollup",
        "notes",
    ],
    "criteria": [
        "criterion_id",
        "scorecard_id",
        "dimension",
        "group_id",
        "name",
        "signal",
        "field",
        "property",
        "operator",
        "value",
        "measure",
        "measure_field",
        "at_least",
        "at_most",
        "window_days",
        "points",
        "frequency",
        "every_n",
        "max_points",
        "decay",
        "decay_days",
        "effect",
        "requires",
        "unless",
        "valid_from",
        "valid_to",
        "is_active",
        "notes",
    ],
    "groups": ["scorecard_id", "group_id", "dimension", "name", "min_points", "max_points"],
    "dimensions": ["scorecard_id", "dimension", "min_points", "max_points"],
    "bands": ["scorecard_id", "scope", "band", "min_points"],
    "actions": [
        "scorecard_id",
        "priority",
        "band",
        "fit_band",
        "engagement_band",
        "action",
        "sla_hours",
        "team",
    ],
}
FILES = tuple(COLUMNS)
KEYS = {
    "scorecards": ["scorecard_id"],
    "criteria": ["criterion_id"],
    "groups": ["scorecard_id", "group_id"],
    "dimensions": ["scorecard_id", "dimension"],
    "bands": ["scorecard_id", "scope", "band"],
    "actions": ["scorecard_id", "priority"],
}
DIMENSIONS = ("fit", "engagement")
SCOPES = ("total", "fit", "engagement")
STATUSES = ("live", "draft", "retired")
ROLLUPS = ("max", "sum", "average", "top3")
SIGNALS = ("attribute", "event")
TEXT_OPERATORS = ("equals", "not_equals", "contains", "not_contains", "starts_with", "ends_with")
VALUE_OPERATORS = (*TEXT_OPERATORS, "matches", "between", "days_from_now")
BARE_OPERATORS = ("is_set", "is_not_set", "is_true", "is_false")
OPERATORS = VALUE_OPERATORS + BARE_OPERATORS
COUNTING_MEASURES = ("count", "distinct_days", "distinct_values")
MEASURES = (*COUNTING_MEASURES, "sum", "rate", "days_since_last")
FREQUENCIES = ("once", "every")
DECAYS = ("none", "linear", "exponential", "step")
EFFECTS = ("points", "disqualify")
STATUS_BANDS = ("disqualified", "insufficient_data")
POINTS_LIMIT = 1_000_000_00  # in hundredths

_CRITERION_ID = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class Test:
    """The test of one item: an attribute's value or an event's property."""

    operator: str
    alternatives: tuple[str, ...] = ()
    low: int | None = None  # millionths for between, days for days_from_now
    high: int | None = None
    pattern: str = ""


@dataclass
class Criterion:
    """One rule of a scorecard, with its defaults filled in."""

    criterion_id: str
    dimension: str
    group_id: str | None
    name: str
    signal: str
    attribute: str | None = None
    events: frozenset[str] = frozenset()
    property: str | None = None
    test: Test | None = None
    measure: str | None = None
    measure_property: str | None = None
    base_events: frozenset[str] = frozenset()
    at_least: int | None = None
    at_most: int | None = None
    window_days: int | None = None
    points: int = 0
    every_n: int | None = None  # None: once
    max_points: int | None = None
    decay: str = "none"
    decay_days: int | None = None
    disqualifies: bool = False
    requires: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    valid_from: int | None = None
    valid_to: int | None = None
    is_active: bool = True


@dataclass
class Limits:
    """The lower and upper limit of a group or dimension, in hundredths."""

    low: int | None
    high: int | None


@dataclass
class Action:
    """One row of actions.csv; an empty set means any band."""

    priority: int
    bands: dict[str, frozenset[str]]
    action: str
    sla_hours: int | None
    team: str | None


@dataclass
class Scorecard:
    """One scoring model with all of its rows, bands by scope from the highest down."""

    scorecard_id: str
    status: str
    base_points: int
    limits: Limits
    rollup: str
    audience_field: str | None
    audience: Test | None
    criteria: list[Criterion] = field(default_factory=list)
    groups: dict[str, Limits] = field(default_factory=dict)
    dimensions: dict[str, Limits] = field(default_factory=dict)
    bands: dict[str, list[tuple[int | None, str]]] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)


@dataclass(frozen=True, order=True)
class PolicyError:
    """One problem of a policy."""

    file: str
    row_id: str
    column_name: str
    value: str
    problem: str


def check(
    files: Mapping[str, Sequence[Mapping[str, str | None]] | None],
    attributes: Iterable[str],
    properties: Iterable[str],
) -> list[PolicyError]:
    """Return every error of a policy, sorted.

    Arguments: the files by name without `.csv` (None or absent: a missing file); the declared
    attributes and properties.
    """
    return _Checker(files, attributes, properties).check()


def _rows(file: str, rows: Iterable[Mapping[str, str | None]]) -> list[dict[str, str | None]]:
    """Return the rows that hold any text, with every column, cells trimmed (only `|`: empty)."""
    found = []
    for row in rows:
        cells = {
            lower(clean(key) or ""): clean(text)
            for key, text in row.items()
            if isinstance(key, str)
        }
        if any(cells.values()):
            cells = {
                column: None if text is None or is_only_bars(text) else text
                for column, text in ((name, cells.get(name)) for name in COLUMNS[file])
            }
            found.append(cells)
    return found


def _word(text: str | None, default: str = "") -> str:
    return lower(text) if text else default


class _Checker:
    """Collects the errors of one policy."""

    def __init__(self, files, attributes: Iterable[str], properties: Iterable[str]):
        self.attributes = {lower(name) for name in attributes}
        self.properties = {lower(name) for name in properties}
        self.errors: set[PolicyError] = set()
        self.missing_columns: dict[str, set[str]] = {}
        self.rows: dict[str, list[dict[str, str | None]]] = {}
        for file in FILES:
            rows = files.get(file)
            self.rows[file] = _rows(file, rows or [])
            if rows is None:
                self.missing_columns[file] = set(COLUMNS[file])
                self.errors.add(PolicyError(f"{file}.csv", "", "", "", "the file is missing"))
                continue
            self.missing_columns[file] = set()
            columns = (
                rows.columns
                if isinstance(rows, Table)
                else [key for row in rows[:1] for key in row]
            )
            if columns:
                present = {lower(clean(name) or "") for name in columns if isinstance(name, str)}
                self.missing_columns[file] = set(COLUMNS[file]) - present - {"notes"}
            for column in self.missing_columns[file]:
                self.errors.add(PolicyError(f"{file}.csv", "", column, "", "the column is missing"))
        self.statuses: dict[str, str] = {}
        for row in self.rows["scorecards"]:
            if row["scorecard_id"] is not None:
                # An id that stands twice is retired only where both rows say so.
                earlier = self.statuses.get(row["scorecard_id"], "retired")
                status = _word(row["status"], "live")
                self.statuses[row["scorecard_id"]] = status if earlier == "retired" else earlier
        self.groups = {}
        for row in self.rows["groups"]:
            self.groups[row["scorecard_id"], row["group_id"]] = _word(row["dimension"])
        self.owners = defaultdict(set)
        for row in self.rows["criteria"]:
            self.owners[row["criterion_id"]].add(row["scorecard_id"])
        self.bands = defaultdict(set)
        for row in self.rows["bands"]:
            self.bands[row["scorecard_id"], _word(row["scope"])].add(row["band"])

    def check(self) -> list[PolicyError]:
        """Judge every row of every file."""
        self.duplicates("scorecards", "scorecard_id", lambda row: row["scorecard_id"])
        self.duplicates("criteria", "criterion_id", lambda row: row["criterion_id"])
        pairs = {
            "groups": ("group_id", "group_id"),
            "dimensions": ("dimension", "dimension"),
        }
        for file, (column, part) in pairs.items():
            self.duplicates(
                file, column, self.judged(lambda row, part=part: _word(row[part]) or None, part)
            )
        self.duplicates(
            "bands",
            "band",
            self.judged(lambda row: (_word(row["scope"]), row["band"]), "scope", "band"),
        )
        if "min_points" not in self.missing_columns["bands"]:
            self.duplicates("bands", "min_points", self.judged(self.band_start, "scope"))
        self.duplicates("actions", "priority", self.judged(self.priority, "priority"))
        judges = {
            "scorecards": self.scorecard,
            "criteria": self.criterion,
            "groups": self.limited,
            "dimensions": self.limited,
            "bands": self.band,
            "actions": self.action,
        }
        for file, judge in judges.items():
            for row in self.rows[file]:
                if self.statuses.get(row["scorecard_id"]) != "retired":
                    judge(_RowJudge(self, file, row))
        return sorted(self.errors)

    def duplicates(self, file: str, column: str, key: Callable[[dict], object]) -> None:
        """Name every row of each set of rows with the same key (None: not judged)."""
        keys = [key(row) for row in self.rows[file]]
        counts = Counter(found for found in keys if found is not None)
        for row, found in zip(self.rows[file], keys, strict=True):
            if counts[found] > 1:
                _RowJudge(self, file, row).error(column, "stands in more than one row")

    def judged(self, key: Callable[[dict], object], *needed: str) -> Callable[[dict], object]:
        """Return the key of rows that are not retired and whose needed cells are filled."""

        def judged_key(row: dict) -> object:
            if any(row[column] is None for column in ("scorecard_id", *needed)):
                return None
            if self.statuses.get(row["scorecard_id"]) == "retired":
                return None
            found = key(row)
            return None if found is None else (row["scorecard_id"], found)

        return judged_key

    @staticmethod
    def band_start(row: dict) -> object:
        """Return scope and start of a band; None where the start is no number."""
        if row["min_points"] is None:
            return _word(row["scope"]), None
        points = exact_number(row["min_points"], 2)
        return None if points is None else (_word(row["scope"]), points)

    @staticmethod
    def priority(row: dict) -> object:
        """Return a priority as a number."""
        return exact_number(row["priority"], 0)

    # --- one judge per file -------------------------------------------------

    def scorecard(self, row: _RowJudge) -> None:
        """Judge a row of scorecards.csv."""
        row.need("scorecard_id")
        row.one_of("status", STATUSES)
        row.points("base_points")
        row.reversed("min_score", row.points("min_score"), row.points("max_score"))
        row.one_of("account_rollup", ROLLUPS)
        if row["audience_field"] is None:
            for column in ("audience_operator", "audience_value"):
                row.meaningless(column, "no audience_field is named")
            return
        if lower(row["audience_field"]) not in self.attributes:
            row.error("audience_field", "is not a declared attribute")
        row.need("audience_operator")
        row.test("audience_operator", "audience_value")

    def criterion(self, row: _RowJudge) -> None:
        """Judge a row of criteria.csv."""
        row.need("criterion_id", "name", "field")
        if row["criterion_id"] and not _CRITERION_ID.fullmatch(row["criterion_id"]):
            row.error("criterion_id", "holds other characters than a-z, 0-9 and _")
        row.known_scorecard()
        row.need("dimension")
        row.one_of("dimension", DIMENSIONS)
        self.group_of(row)
        row.need("signal")
        row.one_of("signal", SIGNALS)
        signal = _word(row["signal"])
        if signal == "attribute":
            self.attribute_criterion(row)
        elif signal == "event":
            self.event_criterion(row)
        self.points_of(row)
        for column in ("requires", "unless"):
            self.links(row, column)
        row.reversed("valid_from", row.date("valid_from"), row.date("valid_to"))
        row.one_of("is_active", ("true", "false"))

    def group_of(self, row: _RowJudge) -> None:
        """Judge the group of a criterion."""
        group = row["group_id"]
        if (
            group is None
            or "group_id" in self.missing_columns["groups"]
            or row["scorecard_id"] not in self.statuses
        ):
            return
        dimension = self.groups.get((row["scorecard_id"], group))
        if dimension is None:
            row.error("group_id", "is not a group of this scorecard")
        elif (
            dimension in DIMENSIONS
            and _word(row["dimension"]) in DIMENSIONS
            and dimension != _word(row["dimension"])
        ):
            row.error("group_id", "is a group of another dimension")

    def attribute_criterion(self, row: _RowJudge) -> None:
        """Judge what only an attribute's criterion has, and that it has nothing of an event's."""
        if row["field"] and lower(row["field"]) not in self.attributes:
            row.error("field", "is not a declared attribute")
        row.need("operator")
        row.test("operator", "value")
        for column in (
            "property",
            "measure_field",
            "at_least",
            "at_most",
            "window_days",
            "decay_days",
        ):
            row.meaningless(column, "an attribute has no events")
        for column, default in (("measure", "count"), ("frequency", "once"), ("decay", "none")):
            if _word(row[column], default) != default:
                row.error(column, "an attribute has no events")
        if row["every_n"] and exact_number(row["every_n"], 0) != 1:
            row.error("every_n", "an attribute has no events")

    def event_criterion(self, row: _RowJudge) -> None:
        """Judge what only an event's criterion has."""
        if row["property"] is None:
            for column in ("operator", "value"):
                row.meaningless(column, "no property is named")
        else:
            if lower(row["property"]) not in self.properties:
                row.error("property", "is not a declared property")
            row.need("operator")
            row.test("operator", "value")
        row.one_of("measure", MEASURES)
        row.whole("window_days")
        measure = _word(row["measure"], "count")
        if measure not in MEASURES:
            return
        if measure in ("distinct_values", "sum", "rate"):
            row.need("measure_field")
            if (
                measure != "rate"
                and row["measure_field"]
                and lower(row["measure_field"]) not in self.properties
            ):
                row.error("measure_field", "is not a declared property")
        else:
            row.meaningless("measure_field", f"{measure} measures no field")
        self.bounds(row, measure)

    @staticmethod
    def bounds(row: _RowJudge, measure: str) -> None:
        """Judge the bounds on a measure."""
        at_least, at_most = row.bound("at_least"), row.bound("at_most")
        if row["at_least"] is None and row["at_most"] is None and measure not in COUNTING_MEASURES:
            row.error("at_least", f"{measure} needs a bound")
        if row["at_least"] is None and at_most is not None and measure in COUNTING_MEASURES:
            at_least = 0 if at_most == 0 else ONE
        row.reversed("at_least", at_least, at_most)

    def points_of(self, row: _RowJudge) -> None:
        """Judge what shapes the points of a criterion."""
        row.one_of("effect", EFFECTS)
        effect, signal = _word(row["effect"], "points"), _word(row["signal"])
        if effect == "disqualify":
            for column in ("points", "max_points", "decay_days"):
                row.meaningless(column, "a disqualification gives no points")
            for column, default in (("frequency", "once"), ("decay", "none")):
                if _word(row[column], default) != default:
                    row.error(column, "a disqualification gives no points")
            if row["every_n"] and exact_number(row["every_n"], 0) != 1:
                row.error("every_n", "a disqualification gives no points")
            return
        if effect == "points":
            row.need("points")
        row.points("points")
        max_points = row.points("max_points")
        if max_points is not None and max_points <= 0:
            row.error("max_points", "is not above 0")
        if signal != "event":
            return
        row.one_of("frequency", FREQUENCIES)
        row.one_of("decay", DECAYS)
        every_n = row.whole("every_n")
        frequency, decay = _word(row["frequency"], "once"), _word(row["decay"], "none")
        measure = _word(row["measure"], "count")
        if frequency == "every" and measure in ("rate", "days_since_last"):
            row.error("frequency", f"every does not go with {measure}")
        if frequency == "once" and every_n is not None and every_n != 1:
            row.error("every_n", "means nothing with frequency once")
        if decay in DECAYS and decay != "none":
            row.need("decay_days")
            row.whole("decay_days")
            if measure in MEASURES and measure != "count":
                row.error("decay", f"decay does not go with {measure}")
            elif frequency == "every" and every_n is not None and every_n != 1:
                row.error("decay", "decay does not go with an every_n other than 1")
        elif decay == "none":
            row.meaningless("decay_days", "there is no decay")

    def links(self, row: _RowJudge, column: str) -> None:
        """Judge the ids in `requires` or `unless`."""
        for linked in alternatives(row[column]):
            owners = self.owners.get(linked)
            if linked == row["criterion_id"]:
                row.error(column, "names the criterion itself")
            elif not owners:
                row.error(column, "names an unknown criterion")
            elif row["scorecard_id"] in self.statuses and row["scorecard_id"] not in owners:
                row.error(column, "names a criterion of another scorecard")

    def limited(self, row: _RowJudge) -> None:
        """Judge a row of groups.csv or dimensions.csv."""
        row.known_scorecard()
        if row.file == "groups":
            row.need("group_id")
        row.need("dimension")
        row.one_of("dimension", DIMENSIONS)
        low, high = row.points("min_points"), row.points("max_points")
        row.reversed("min_points", low, high)
        if low is not None and low > 0:
            row.error("min_points", "is above 0")
        if high is not None and high < 0:
            row.error("max_points", "is below 0")

    def band(self, row: _RowJudge) -> None:
        """Judge a row of bands.csv."""
        row.known_scorecard()
        row.need("scope", "band")
        row.one_of("scope", SCOPES)
        row.points("min_points")

    def action(self, row: _RowJudge) -> None:
        """Judge a row of actions.csv."""
        row.known_scorecard()
        row.need("priority", "action")
        row.whole("priority")
        sla_hours = row.bound("sla_hours")
        if sla_hours is not None and sla_hours < 0:
            row.error("sla_hours", "is negative")
        if (
            row["scorecard_id"] not in self.statuses
            or {"scope", "band"} & self.missing_columns["bands"]
        ):
            return
        for column, scope in (
            ("band", "total"),
            ("fit_band", "fit"),
            ("engagement_band", "engagement"),
        ):
            known = self.bands[row["scorecard_id"], scope] | (
                set(STATUS_BANDS) if scope == "total" else set()
            )
            if any(name not in known for name in alternatives(row[column])):
                row.error(column, f"names an unknown band of scope {scope}")


class _RowJudge:
    """One row under judgement: reads its cells and notes its errors."""

    def __init__(self, checker: _Checker, file: str, cells: Mapping[str, str | None]):
        self.checker = checker
        self.file = file
        self.cells = cells

    def __getitem__(self, column: str) -> str | None:
        return self.cells[column]

    def error(self, column: str, problem: str) -> None:
        """Note an error in a cell, unless its whole column is missing."""
        if column not in self.checker.missing_columns[self.file]:
            row_id = "/".join(self.cells[key] or "" for key in KEYS[self.file])
            value = self.cells[column] or ""
            self.checker.errors.add(PolicyError(f"{self.file}.csv", row_id, column, value, problem))

    def need(self, *columns: str) -> None:
        """Note each of the columns whose cell is empty."""
        for column in columns:
            if self.cells[column] is None:
                self.error(column, "is empty")

    def meaningless(self, column: str, why: str) -> None:
        """Note a cell that is not empty."""
        if self.cells[column] is not None:
            self.error(column, f"means nothing here: {why}")

    def one_of(self, column: str, words: Sequence[str]) -> None:
        """Note a cell that holds none of the words (an empty one is the default)."""
        if self.cells[column] is not None and lower(self.cells[column]) not in words:
            self.error(column, "is not one of " + ", ".join(words))

    def known_scorecard(self) -> None:
        """Note a scorecard_id that is empty or unknown."""
        self.need("scorecard_id")
        told = "scorecard_id" not in self.checker.missing_columns["scorecards"]
        if told and self.cells["scorecard_id"] not in {None, *self.checker.statuses}:
            self.error("scorecard_id", "is not a scorecard")

    def points(self, column: str) -> int | None:
        """Return points in hundredths; None (and an error) for what is no such number."""
        return self._number(column, 2, POINTS_LIMIT)

    def bound(self, column: str) -> int | None:
        """Return a bound in millionths; None (and an error) for what is no such number."""
        return self._number(column, 6, None)

    def _number(self, column: str, decimals: int, limit: int | None) -> int | None:
        if self.cells[column] is None:
            return None
        value = exact_number(self.cells[column], decimals)
        if value is None or (limit is not None and abs(value) >= limit):
            self.error(column, f"is not a number in its limits, with at most {decimals} decimals")
            return None
        return value

    def whole(self, column: str) -> int | None:
        """Return a whole number above 0; None (and an error) for what is none."""
        if self.cells[column] is None:
            return None
        value = exact_number(self.cells[column], 0)
        if value is None or value <= 0:
            self.error(column, "is not a whole number above 0")
            return None
        return value

    def date(self, column: str) -> int | None:
        """Return a date; None (and an error) for what is none."""
        value = day(self.cells[column])
        if self.cells[column] is not None and value is None:
            self.error(column, "is not a date YYYY-MM-DD")
        return value

    def reversed(self, column: str, low: int | None, high: int | None) -> None:
        """Note a pair whose lower end is above its upper end."""
        if low is not None and high is not None and low > high:
            self.error(column, "the lower end is above the upper end")

    def test(self, operator_column: str, value_column: str) -> None:
        """Judge an operator and its value."""
        operator = self.cells[operator_column]
        if operator is None:
            return
        operator = lower(operator)
        if operator not in OPERATORS:
            self.error(operator_column, "is not an operator")
        elif operator in BARE_OPERATORS:
            self.meaningless(value_column, f"{operator} needs no value")
        elif self.cells[value_column] is None:
            self.error(value_column, "is empty")
        else:
            problem = _value_problem(operator, self.cells[value_column])
            if problem:
                self.error(value_column, problem)


def _ends(text: str, decimals: int) -> tuple[int | None, int | None] | None:
    """Return the ends of a range `low..high`, or None where it is none."""
    low, dots, high = text.partition("..")
    # Three points in a row could be read in two ways, so they are no range.
    if not dots or "..." in text:
        return None
    ends = []
    for end in (clean(low), clean(high)):
        value = None if end is None else exact_number(end, decimals)
        if end is not None and value is None:
            return None
        ends.append(value)
    return None if ends == [None, None] else (ends[0], ends[1])


def _value_problem(operator: str, value: str) -> str | None:
    if operator in ("between", "days_from_now"):
        ends = _ends(value, 6 if operator == "between" else 0)
        if ends is None:
            return "is not a range low..high"
        if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
            return "the range is reversed"
    if operator == "matches":
        try:
            grammar.translate(value)
        except grammar.GrammarError as error:
            return f"is not a regular expression of the grammar: {error}"
    return None


# --- a policy without errors, typed ------------------------------------------


def read(files: Mapping[str, Sequence[Mapping[str, str | None]]]) -> list[Scorecard]:
    """Return the scorecards of a policy without errors, except the retired ones."""
    rows = {file: _rows(file, files[file]) for file in FILES}
    scorecards = {}
    for row in rows["scorecards"]:
        status = _word(row["status"], "live")
        if status != "retired":
            scorecards[row["scorecard_id"]] = _read_scorecard(row, status)
    for row in rows["criteria"]:
        if row["scorecard_id"] in scorecards:
            scorecards[row["scorecard_id"]].criteria.append(_read_criterion(row))
    for row in rows["groups"]:
        if row["scorecard_id"] in scorecards:
            limits = Limits(_points(row["min_points"]), _points(row["max_points"]))
            scorecards[row["scorecard_id"]].groups[row["group_id"]] = limits
    for row in rows["dimensions"]:
        if row["scorecard_id"] in scorecards:
            limits = Limits(_points(row["min_points"]), _points(row["max_points"]))
            scorecards[row["scorecard_id"]].dimensions[_word(row["dimension"])] = limits
    for row in rows["bands"]:
        if row["scorecard_id"] in scorecards:
            bands = scorecards[row["scorecard_id"]].bands.setdefault(_word(row["scope"]), [])
            bands.append((_points(row["min_points"]), row["band"]))
    for row in rows["actions"]:
        if row["scorecard_id"] in scorecards:
            scorecards[row["scorecard_id"]].actions.append(_read_action(row))
    for scorecard in scorecards.values():
        scorecard.criteria.sort(key=lambda criterion: criterion.criterion_id)
        scorecard.actions.sort(key=lambda action: action.priority)
        for bands in scorecard.bands.values():
            bands.sort(key=lambda band: (band[0] is not None, band[0] or 0), reverse=True)
    return list(scorecards.values())


def _points(text: str | None) -> int | None:
    return exact_number(text, 2)


def _read_test(operator: str | None, value: str | None) -> Test | None:
    if operator is None:
        return None
    operator = lower(operator)
    if operator in TEXT_OPERATORS:
        return Test(
            operator, alternatives=tuple(sorted({lower(text) for text in alternatives(value)}))
        )
    if operator in ("between", "days_from_now"):
        low, high = _ends(value, 6 if operator == "between" else 0)
        return Test(operator, low=low, high=high)
    return Test(operator, pattern=lower(value) if operator == "matches" else "")


def _read_scorecard(row: Mapping[str, str | None], status: str) -> Scorecard:
    return Scorecard(
        scorecard_id=row["scorecard_id"],
        status=status,
        base_points=_points(row["base_points"]) or 0,
        limits=Limits(_points(row["min_score"]), _points(row["max_score"])),
        rollup=_word(row["account_rollup"], "max"),
        audience_field=_word(row["audience_field"]) or None,
        audience=_read_test(row["audience_operator"], row["audience_value"]),
    )


def _names(text: str | None) -> frozenset[str]:
    return frozenset(lower(name) for name in alternatives(text))


def _read_criterion(row: Mapping[str, str | None]) -> Criterion:
    signal = _word(row["signal"])
    criterion = Criterion(
        criterion_id=row["criterion_id"],
        dimension=_word(row["dimension"]),
        group_id=row["group_id"],
        name=row["name"],
        signal=signal,
        test=_read_test(row["operator"], row["value"]),
        points=_points(row["points"]) or 0,
        max_points=_points(row["max_points"]),
        disqualifies=_word(row["effect"]) == "disqualify",
        requires=tuple(alternatives(row["requires"])),
        unless=tuple(alternatives(row["unless"])),
        valid_from=day(row["valid_from"]),
        valid_to=day(row["valid_to"]),
        is_active=_word(row["is_active"], "true") == "true",
    )
    if signal == "attribute":
        criterion.attribute = lower(row["field"])
        return criterion
    criterion.events = _names(row["field"])
    criterion.property = _word(row["property"]) or None
    criterion.measure = _word(row["measure"], "count")
    if criterion.measure == "rate":
        criterion.base_events = _names(row["measure_field"])
    else:
        criterion.measure_property = _word(row["measure_field"]) or None
    criterion.at_least, criterion.at_most = (
        exact_number(row["at_least"], 6),
        exact_number(row["at_most"], 6),
    )
    if criterion.at_least is None and criterion.measure in COUNTING_MEASURES:
        criterion.at_least = 0 if criterion.at_most == 0 else ONE
    criterion.window_days = exact_number(row["window_days"], 0)
    if _word(row["frequency"]) == "every":
        criterion.every_n = exact_number(row["every_n"], 0) or 1
    criterion.decay = _word(row["decay"], "none")
    criterion.decay_days = exact_number(row["decay_days"], 0)
    return criterion


def _read_action(row: Mapping[str, str | None]) -> Action:
    bands = {
        scope: frozenset(alternatives(row[column]))
        for scope, column in (
            ("total", "band"),
            ("fit", "fit_band"),
            ("engagement", "engagement_band"),
        )
    }
    return Action(
        priority=exact_number(row["priority"], 0),
        bands=bands,
        action=row["action"],
        sla_hours=exact_number(row["sla_hours"], 6),
        team=row["team"],
    )
