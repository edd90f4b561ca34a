"""Policies with errors: every kind of error that the contract names, planted one by one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from oracle import Table
from oracle.policy import COLUMNS, FILES

Row = dict[str, str]


@dataclass
class Planted:
    """Rows to add to a policy, and the errors (file, row id, column) that they must give."""

    kind: str
    rows: dict[str, list[Row]]
    expected: set[tuple[str, str, str]] = field(default_factory=set)


_ATTRIBUTE = {
    "dimension": "fit",
    "name": "Planted",
    "signal": "attribute",
    "field": "title",
    "operator": "is_set",
    "points": "5",
}
_EVENT = {
    "dimension": "engagement",
    "name": "Planted",
    "signal": "event",
    "field": "page_view",
    "points": "5",
}
_DISQUALIFIER = _EVENT | {"points": "", "effect": "disqualify"}

# fmt: off
_NO_POINTS = ["abc", "1.234", "1000000", "-1000000.00", "1e3", "1,5", "1 000", "5%", "--5", "."]
_NO_BOUND = ["two", "1e1", "1.0000001", "1,5", "1234567890123", "NaN"]
_NO_WHOLE = ["0", "-1", "1.5", "x", "1e1", "0.0"]
_NO_DATE = ["01.03.2026", "2026-02-30", "2026-3-1", "2026-03-01T00:00:00", "today", "20260301"]
_NO_RANGE = ["5", "..", " .. ", "5..1", "a..b", "1,5..2", "1.0000001..2", "1234567890123..", "1-5"]
_NO_DAYS = ["7", "..", "7..0", "1.5..2", "x..", "..tomorrow"]
_NO_PATTERN = [
    r"\d+", r"\bceo\b", r"\w", r"\s", "(?i)exec", "(?:a)", "(?=a)", "a++", "a*?", "a+?", "a??",
    "a{2}?", "a**", r"(a)b\1", "[[:alpha:]]", "[a[b]", "[a&&b]", r"[a\.]", r"[a\]]", "[]a]", "[]",
    "[^]", "[z-a]", "[a-b-c]", "a{1,300}", "a{256}", "a{3,2}", "a{,2}", "a{x}", "{2}", "x}", "a]",
    "(", ")", "(a", "a)", "()", "(|a)", "(a|)", "a||b", "*a", "+", "?", "^*", "a$+", "(*a)",
    "\\", "a\\", r"\é", r"\0", r"\n", r"\ ", "[a", "a{", "a{1", r"\x41", r"\p{l}",
]
# A base, the cells that are changed (each of the values is wrong), and the column that is named.
_CRITERIA: list[tuple[Mapping[str, str], Mapping[str, str | list[str]], str]] = [
    (_ATTRIBUTE, {"dimension": ["", "|"]}, "dimension"),
    (_ATTRIBUTE, {"dimension": ["fits", "total", "fit|engagement"]}, "dimension"),
    (_ATTRIBUTE, {"group_id": ["no_group", "WEB"]}, "group_id"),
    (_ATTRIBUTE, {"name": ["", " | "]}, "name"),
    (_ATTRIBUTE, {"signal": ["", "attributes", "attribute|event"]}, "signal"),
    (_ATTRIBUTE, {"field": ["", "no_such_attribute", "title|industry"]}, "field"),
    (_ATTRIBUTE, {"property": "page"}, "property"),
    (_ATTRIBUTE, {"operator": ["", "equalz", "is_set|is_true"]}, "operator"),
    (_ATTRIBUTE, {"operator": ["equals", "contains", "not_equals", "matches", "between",
                               "days_from_now"], "value": ["", " ", "|", "||"]}, "value"),
    (_ATTRIBUTE, {"operator": ["is_set", "is_not_set", "is_true", "is_false"], "value": "true"},
     "value"),
    (_ATTRIBUTE, {"operator": "between", "value": _NO_RANGE}, "value"),
    (_ATTRIBUTE, {"operator": "days_from_now", "value": _NO_DAYS}, "value"),
    (_ATTRIBUTE, {"measure": ["rate", "distinct_days"]}, "measure"),
    (_ATTRIBUTE, {"measure_field": "amount"}, "measure_field"),
    (_ATTRIBUTE, {"at_least": "2"}, "at_least"),
    (_ATTRIBUTE, {"at_most": "3"}, "at_most"),
    (_ATTRIBUTE, {"window_days": "30"}, "window_days"),
    (_ATTRIBUTE, {"frequency": "every"}, "frequency"),
    (_ATTRIBUTE, {"every_n": "2"}, "every_n"),
    (_ATTRIBUTE, {"decay": "linear"}, "decay"),
    (_ATTRIBUTE, {"decay_days": "7"}, "decay_days"),
    (_ATTRIBUTE, {"points": ["", "|", *_NO_POINTS]}, "points"),
    (_ATTRIBUTE, {"max_points": ["0", "-5", "0.001", *_NO_POINTS]}, "max_points"),
    (_ATTRIBUTE, {"effect": "maybe"}, "effect"),
    (_ATTRIBUTE, {"requires": ["no_such_rule", "OTHER_RULE"]}, "requires"),
    (_ATTRIBUTE, {"unless": ["no_such_rule", "other_rule | no_such_rule"]}, "unless"),
    (_ATTRIBUTE, {"valid_from": _NO_DATE}, "valid_from"),
    (_ATTRIBUTE, {"valid_to": _NO_DATE}, "valid_to"),
    (_ATTRIBUTE, {"valid_from": "2026-03-02", "valid_to": "2026-03-01"}, "valid_from"),
    (_ATTRIBUTE, {"is_active": ["yes", "1", "wrong"]}, "is_active"),
    (_ATTRIBUTE, {"effect": "disqualify", "points": "5"}, "points"),
    (_EVENT, {"field": ["", "|"]}, "field"),
    (_EVENT, {"property": "no_such_property", "operator": "is_set"}, "property"),
    (_EVENT, {"property": "page"}, "operator"),
    (_EVENT, {"property": "page", "operator": "is"}, "operator"),
    (_EVENT, {"property": "page", "operator": "equals"}, "value"),
    (_EVENT, {"property": "amount", "operator": "between", "value": _NO_RANGE}, "value"),
    (_EVENT, {"operator": "is_set"}, "operator"),
    (_EVENT, {"value": "a"}, "value"),
    (_EVENT, {"measure": ["median", "counts", "count|sum"]}, "measure"),
    (_EVENT, {"measure": "distinct_values"}, "measure_field"),
    (_EVENT, {"measure": ["sum", "rate"], "at_least": "1"}, "measure_field"),
    (_EVENT, {"measure": "sum", "measure_field": ["no_such_property", "amount|seats"],
              "at_least": "1"}, "measure_field"),
    (_EVENT, {"measure": ["", "count", "distinct_days"], "measure_field": "amount"},
     "measure_field"),
    (_EVENT, {"measure": "sum", "measure_field": "amount"}, "at_least"),
    (_EVENT, {"measure": "rate", "measure_field": "login"}, "at_least"),
    (_EVENT, {"measure": "days_since_last"}, "at_least"),
    (_EVENT, {"at_least": _NO_BOUND}, "at_least"),
    (_EVENT, {"at_most": _NO_BOUND}, "at_most"),
    (_EVENT, {"at_least": "3.000001", "at_most": "3"}, "at_least"),
    (_EVENT, {"at_most": ["0.5", "-1", "0.999999"]}, "at_least"),
    (_EVENT, {"window_days": _NO_WHOLE}, "window_days"),
    (_EVENT, {"frequency": ["often", "once|every"]}, "frequency"),
    (_EVENT, {"frequency": "every", "measure": "rate", "measure_field": "login", "at_least": "1"},
     "frequency"),
    (_EVENT, {"frequency": "every", "measure": "days_since_last", "at_most": "7"}, "frequency"),
    (_EVENT, {"frequency": "every", "every_n": _NO_WHOLE}, "every_n"),
    (_EVENT, {"frequency": ["", "once"], "every_n": "2"}, "every_n"),
    (_EVENT, {"decay": "fast", "decay_days": "7"}, "decay"),
    (_EVENT, {"decay": ["linear", "exponential", "step"]}, "decay_days"),
    (_EVENT, {"decay": "linear", "decay_days": _NO_WHOLE}, "decay_days"),
    (_EVENT, {"decay": ["", "none"], "decay_days": "7"}, "decay_days"),
    (_EVENT, {"decay": "step", "decay_days": "7", "measure": "distinct_days"}, "decay"),
    (_EVENT, {"decay": "linear", "decay_days": "7", "measure": "sum", "measure_field": "amount",
              "at_least": "1"}, "decay"),
    (_EVENT, {"points": _NO_POINTS}, "points"),
    (_DISQUALIFIER, {"max_points": "5"}, "max_points"),
    (_DISQUALIFIER, {"frequency": "every"}, "frequency"),
    (_DISQUALIFIER, {"decay": "linear"}, "decay"),
    (_DISQUALIFIER, {"decay_days": "7"}, "decay_days"),
    (_DISQUALIFIER, {"points": ["-10", "1"]}, "points"),
    *((_ATTRIBUTE, {"operator": "matches", "value": pattern}, "value") for pattern in _NO_PATTERN),
]
_SCORECARDS: list[tuple[Mapping[str, str | list[str]], str]] = [
    ({"status": ["alive", "live|draft"]}, "status"),
    ({"base_points": _NO_POINTS}, "base_points"),
    ({"min_score": ["0.125", *_NO_POINTS]}, "min_score"),
    ({"max_score": _NO_POINTS}, "max_score"),
    ({"min_score": "10.01", "max_score": "10"}, "min_score"),
    ({"account_rollup": ["median", "top5", "min"]}, "account_rollup"),
    ({"audience_field": ["no_such_attribute", "page"], "audience_operator": "is_set"},
     "audience_field"),
    ({"audience_field": "title"}, "audience_operator"),
    ({"audience_field": "title", "audience_operator": "equalz"}, "audience_operator"),
    ({"audience_field": "title", "audience_operator": "equals"}, "audience_value"),
    ({"audience_field": "title", "audience_operator": "is_set", "audience_value": "x"},
     "audience_value"),
    ({"audience_field": "title", "audience_operator": "matches", "audience_value": _NO_PATTERN},
     "audience_value"),
    ({"audience_field": "employees", "audience_operator": "between", "audience_value": _NO_RANGE},
     "audience_value"),
    ({"audience_operator": "is_set"}, "audience_operator"),
    ({"audience_value": "x"}, "audience_value"),
]
# The file, a row of its own, what is changed, and the column that is named.
_OTHERS: list[tuple[str, Mapping[str, str], Mapping[str, str | list[str]], str]] = [
    *(
        (file, row, changed, column)
        for file, row in (
            ("groups", {"group_id": "planted", "dimension": "fit"}),
            ("dimensions", {"dimension": "fit"}),
        )
        for changed, column in (
            ({"dimension": ["", "|"]}, "dimension"),
            ({"dimension": ["fits", "total"]}, "dimension"),
            ({"min_points": _NO_POINTS}, "min_points"),
            ({"min_points": ["0.01", "5"]}, "min_points"),
            ({"min_points": "30", "max_points": "20"}, "min_points"),
            ({"max_points": _NO_POINTS}, "max_points"),
            ({"max_points": ["-0.01", "-5"]}, "max_points"),
        )
    ),
    ("groups", {"group_id": "planted", "dimension": "fit"}, {"group_id": ["", "|"]}, "group_id"),
    ("bands", {"scope": "total", "band": "hot"}, {"scope": ["", "overall", "total|fit"]}, "scope"),
    ("bands", {"scope": "total", "band": "hot"}, {"band": ["", " | "]}, "band"),
    ("bands", {"scope": "total", "band": "hot"}, {"min_points": _NO_POINTS}, "min_points"),
    ("actions", {"priority": "1", "action": "Call"}, {"priority": ["", *_NO_WHOLE]}, "priority"),
    ("actions", {"priority": "1", "action": "Call"}, {"action": ["", "|"]}, "action"),
    ("actions", {"priority": "1", "action": "Call"}, {"sla_hours": ["-1", "-0.5", "soon", "1,5"]},
     "sla_hours"),
    ("actions", {"priority": "1", "action": "Call"}, {"band": ["no_band", "hot|x", "HOT", "A"]},
     "band"),
    ("actions", {"priority": "1", "action": "Call"}, {"fit_band": ["B", "a", "disqualified"]},
     "fit_band"),
    ("actions", {"priority": "1", "action": "Call"}, {"engagement_band": ["A", "2|1"]},
     "engagement_band"),
]
# fmt: on


def _each(changes: Mapping[str, str | list[str]]) -> list[Row]:
    """Return the changes with one value per column, for every combination of values."""
    values = [found if isinstance(found, list) else [found] for found in changes.values()]
    return [dict(zip(changes, row, strict=True)) for row in itertools.product(*values)]


def _own(number: int) -> dict[str, list[Row]]:
    """Return a sound scorecard of its own, for an error to be planted in."""
    scorecard_id = f"bad_{number}"
    return {
        "scorecards": [{"scorecard_id": scorecard_id}],
        "criteria": [
            _ATTRIBUTE | {"criterion_id": f"other_rule_{number}", "scorecard_id": scorecard_id}
        ],
        "groups": [{"scorecard_id": scorecard_id, "group_id": "web", "dimension": "engagement"}],
        "dimensions": [],
        "bands": [
            {"scorecard_id": scorecard_id, "scope": "total", "band": "hot", "min_points": "10"},
            {"scorecard_id": scorecard_id, "scope": "fit", "band": "A", "min_points": ""},
            {"scorecard_id": scorecard_id, "scope": "engagement", "band": "1", "min_points": ""},
        ],
        "actions": [],
    }


def _plant_criterion(base: Row, changed: Row, column: str) -> Callable[[Random, int], Planted]:
    def plant(draw: Random, number: int) -> Planted:
        rows = _own(number)
        criterion_id = f"bad_{number}"
        row = {"scorecard_id": f"bad_{number}", "criterion_id": criterion_id} | base | changed
        for link in ("requires", "unless"):
            if link in changed:
                row[link] = changed[link].replace("other_rule", f"other_rule_{number}")
        if draw.random() < 0.2:
            row["is_active"] = row.get("is_active", "false")
        rows["criteria"].append(row)
        return Planted(f"criteria {changed}", rows, {("criteria.csv", criterion_id, column)})

    return plant


def _plant_scorecard(changed: Row, column: str) -> Callable[[Random, int], Planted]:
    def plant(draw: Random, number: int) -> Planted:
        rows = _own(number)
        rows["scorecards"][0] |= changed
        kind = f"scorecards {rows['scorecards'][0]}"
        return Planted(kind, rows, {("scorecards.csv", f"bad_{number}", column)})

    return plant


_ROW_IDS = {
    "groups": ["scorecard_id", "group_id"],
    "dimensions": ["scorecard_id", "dimension"],
    "bands": ["scorecard_id", "scope", "band"],
    "actions": ["scorecard_id", "priority"],
}


def _row_id(file: str, row: Mapping[str, str]) -> str:
    cells = (row.get(column, "").strip() for column in _ROW_IDS[file])
    return "/".join("" if not cell.strip(" |") else cell for cell in cells)


def _plant_other(
    file: str, base: Row, changed: Row, column: str
) -> Callable[[Random, int], Planted]:
    def plant(draw: Random, number: int) -> Planted:
        rows = _own(number)
        row = {"scorecard_id": f"bad_{number}"} | base | changed
        if file == "bands":
            rows["bands"] = [found for found in rows["bands"] if found["scope"] != "total"]
        rows[file].append(row)
        return Planted(f"{file} {row}", rows, {(f"{file}.csv", _row_id(file, row), column)})

    return plant


# --- kinds that need more than one changed cell ------------------------------------------


def _plant_twice(file: str, first: Row, second: Row, column: str) -> Callable:
    """Plant two rows with the same key, spelled differently: both must be named."""

    def plant(draw: Random, number: int) -> Planted:
        rows = _own(number)
        rows["bands"] = [] if file == "bands" else rows["bands"]
        both = [{"scorecard_id": f"bad_{number}"} | row for row in (first, second)]
        rows[file] += both
        expected = {(f"{file}.csv", _row_id(file, row), column) for row in both}
        return Planted(f"{file} twice {first} {second}", rows, expected)

    return plant


def _plant_unknown_scorecard(file: str, scorecard_id: str, base: Row) -> Callable:
    def plant(draw: Random, number: int) -> Planted:
        row = {"scorecard_id": scorecard_id} | base
        if file == "criteria":
            row["criterion_id"] = row_id = f"bad_{number}"
        elif file == "groups":
            row["group_id"] = f"planted_{number}"
            row_id = _row_id(file, row)
        else:
            row_id = _row_id(file, row)
        kind = f"{file} of scorecard {scorecard_id!r}"
        return Planted(kind, {file: [row]}, {(f"{file}.csv", row_id, "scorecard_id")})

    return plant


def _plant_criterion_twice(retired: bool) -> Callable:
    def plant(draw: Random, number: int) -> Planted:
        rows = _own(number)
        rows["scorecards"].append({"scorecard_id": f"bad_{number}_other"})
        if retired:
            rows["scorecards"][1]["status"] = "retired"
        for owner in (f"bad_{number}", f"bad_{number}_other"):
            rows["criteria"].append(
                _ATTRIBUTE | {"criterion_id": f"bad_{number}", "scorecard_id": owner}
            )
        expected = {("criteria.csv", f"bad_{number}", "criterion_id")}
        return Planted(f"criterion twice, retired {retired}", rows, expected)

    return plant


def _plant_scorecard_twice(statuses: Sequence[str]) -> Callable:
    def plant(draw: Random, number: int) -> Planted:
        rows = {"scorecards": [{"scorecard_id": f"bad_{number}", "status": s} for s in statuses]}
        expected = {("scorecards.csv", f"bad_{number}", "scorecard_id")}
        return Planted(f"scorecard twice {statuses}", rows, expected)

    return plant


def _plant_criterion_id(criterion_id: str) -> Callable:
    def plant(draw: Random, number: int) -> Planted:
        rows = _own(number)
        spelled = f"{criterion_id}{number}" if criterion_id else ""
        row = {"criterion_id": spelled, "scorecard_id": f"bad_{number}"}
        rows["criteria"].append(_ATTRIBUTE | row)
        expected = {("criteria.csv", spelled, "criterion_id")}
        return Planted(f"criterion id {spelled!r}", rows, expected)

    return plant


def _plant_scorecard_id() -> Callable:
    def plant(draw: Random, number: int) -> Planted:
        rows = {"scorecards": [{"scorecard_id": draw.choice(["", "|"]), "name": "Planted"}]}
        return Planted("no scorecard id", rows, {("scorecards.csv", "", "scorecard_id")})

    return plant


def _plant_link(column: str, to_itself: bool) -> Callable:
    """Plant a link to the criterion itself or to one of another scorecard."""

    def plant(draw: Random, number: int) -> Planted:
        rows = _own(number)
        rows["scorecards"].append({"scorecard_id": f"bad_{number}_other"})
        elsewhere = {"criterion_id": f"elsewhere_{number}", "scorecard_id": f"bad_{number}_other"}
        linked = f"bad_{number}" if to_itself else f"elsewhere_{number}"
        row = {"criterion_id": f"bad_{number}", "scorecard_id": f"bad_{number}", column: linked}
        rows["criteria"] += [_ATTRIBUTE | elsewhere, _ATTRIBUTE | row]
        expected = {("criteria.csv", f"bad_{number}", column)}
        return Planted(f"{column} of {linked}", rows, expected)

    return plant


def _plant_foreign_group() -> Callable:
    """Plant a criterion in a group of another dimension."""

    def plant(draw: Random, number: int) -> Planted:
        rows = _own(number)
        row = {"criterion_id": f"bad_{number}", "scorecard_id": f"bad_{number}", "group_id": "web"}
        rows["criteria"].append(_ATTRIBUTE | row)
        expected = {("criteria.csv", f"bad_{number}", "group_id")}
        return Planted("group of another dimension", rows, expected)

    return plant


def _plant_retired() -> Callable:
    """Plant a retired scorecard full of nonsense: nothing of it may be named."""

    def plant(draw: Random, number: int) -> Planted:
        scorecard_id = f"bad_{number}"
        nonsense = dict.fromkeys(COLUMNS["criteria"], "x")
        rows = {
            "scorecards": [{"scorecard_id": scorecard_id, "status": "retired", "min_score": "x"}],
            "criteria": [
                nonsense | {"criterion_id": scorecard_id, "scorecard_id": scorecard_id, "name": ""}
            ],
            "groups": [{"scorecard_id": scorecard_id, "group_id": "g", "min_points": "7"}],
            "dimensions": [{"scorecard_id": scorecard_id, "dimension": "x", "max_points": "-7"}],
            "bands": [{"scorecard_id": scorecard_id, "scope": "x", "band": "y"}],
            "actions": [{"scorecard_id": scorecard_id, "priority": "0", "band": "z"}],
        }
        return Planted("retired nonsense", rows)

    return plant


KINDS: list[Callable[[Random, int], Planted]] = [
    *(
        _plant_criterion(base, changed, column)
        for base, changes, column in _CRITERIA
        for changed in _each(changes)
    ),
    *(
        _plant_scorecard(changed, column)
        for changes, column in _SCORECARDS
        for changed in _each(changes)
    ),
    *(
        _plant_other(file, base, changed, column)
        for file, base, changes, column in _OTHERS
        for changed in _each(changes)
    ),
    _plant_twice(
        "groups",
        {"group_id": "planted", "dimension": "fit"},
        {"group_id": "planted", "dimension": "engagement"},
        "group_id",
    ),
    _plant_twice("dimensions", {"dimension": "fit"}, {"dimension": " FIT"}, "dimension"),
    _plant_twice(
        "bands",
        {"scope": "fit", "band": "A", "min_points": "1"},
        {"scope": "Fit", "band": "A", "min_points": "2"},
        "band",
    ),
    _plant_twice(
        "bands",
        {"scope": "total", "band": "a", "min_points": "5"},
        {"scope": "TOTAL", "band": "b", "min_points": "+5.00"},
        "min_points",
    ),
    _plant_twice(
        "bands", {"scope": "fit", "band": "a"}, {"scope": "fit", "band": "b"}, "min_points"
    ),
    _plant_twice(
        "actions",
        {"priority": "1", "action": "Call"},
        {"priority": "01.0", "action": "Wait"},
        "priority",
    ),
    *(
        _plant_unknown_scorecard(file, scorecard_id, base)
        for scorecard_id in ("", "nowhere")
        for file, base in (
            ("criteria", _ATTRIBUTE),
            ("groups", {"dimension": "fit"}),
            ("dimensions", {"dimension": "fit"}),
            ("bands", {"scope": "total", "band": "hot", "min_points": "1"}),
            ("actions", {"priority": "1", "action": "Call"}),
        )
    ),
    _plant_criterion_twice(retired=False),
    _plant_criterion_twice(retired=True),
    _plant_scorecard_twice(["", "live"]),
    _plant_scorecard_twice(["retired", "retired"]),
    *(_plant_criterion_id(spelled) for spelled in ("", "Bad_", "bad rule ", "bäd_", "bad-", "b/")),
    _plant_scorecard_id(),
    *(_plant_link(column, own) for column in ("requires", "unless") for own in (True, False)),
    _plant_foreign_group(),
    _plant_retired(),
]


def add(policy: Mapping[str, Sequence[Row]], planted: Sequence[Planted]) -> dict[str, Table]:
    """Return a policy with the planted rows in it, with all columns."""
    files = {}
    for file in FILES:
        rows = [dict(row) for row in policy[file]]
        for one in planted:
            for row in one.rows.get(file, []):
                rows.append({column: row.get(column, "") for column in COLUMNS[file]})
        files[file] = Table(rows, COLUMNS[file])
    return files
