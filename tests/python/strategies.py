"""Random raw tables and random policies (hypothesis strategies), made to meet each other often.

Data and policies draw from the same small pools of values, and times lie on the edges of the
windows that policies use, so that boundaries are hit and not just passed by.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pools
from hypothesis import strategies as st
from oracle import Table
from oracle.cells import WHITE_SPACE, clean
from oracle.cells import time as micros
from oracle.grammar import translate
from oracle.policy import COLUMNS, FILES

Row = dict[str, str]
Policy = dict[str, list[Row]]


@dataclass(frozen=True)
class World:
    """Raw tables and a policy of many scorecards, with the seed that they follow from."""

    seed: int
    config: dict[str, Any]
    raw: dict[str, Table]
    policy: dict[str, Table]


def world(seed: int, *, policies: int = 210, leads: int = 150, events: int = 2000) -> World:
    """Return a large world that follows from its seed alone, on any machine.

    Arguments: the seed (where it is odd, optional columns and tables may be absent); how many
    policies (each its own scorecard), leads and events.
    """
    draw = Random(seed)
    config = draw_config(draw, may_lack=seed % 2 == 1)
    raw = _raw_tables(draw, config, leads, events, may_lack=seed % 2 == 1)
    found = [*_thorough_policies(), *(draw_policy(draw, config) for _ in range(policies))]
    return World(seed, config, raw, combine(found, draw))


@st.composite
def worlds(draw: st.DrawFn, *, policies: int = 2, leads: int = 10, events: int = 30) -> World:
    """Draw a small world, every throw of which hypothesis may shrink.

    Arguments: how many policies, leads and events there are at most.
    """
    chance = draw(st.randoms(use_true_random=False))
    config = draw_config(chance, may_lack=True)
    found = [draw_policy(chance, config) for _ in range(chance.randint(1, policies))]
    sizes = chance.randint(0, leads), chance.randint(0, events)
    raw = _raw_tables(chance, config, *sizes, may_lack=True)
    return World(0, config, raw, combine(found, chance))


def _column_cased(draw: Random, place: str) -> str:
    """Return `column` or `column:$.path` with the column in another case, now and then."""
    column, dots, path = place.partition(":")
    return f"{_cased(draw, column)}{dots}{path}"


def _raw_tables(
    draw: Random, config: Mapping[str, Any], leads: int, events: int, *, may_lack: bool
) -> dict[str, Table]:
    ids = events * 3 + 1
    identities = [draw_identity(draw, config) for _ in range(leads)]
    # The same said twice, of the same or of another visitor.
    for row in draw.sample(identities, len(identities) // 4):
        visitor = _pick(draw, [row["anonymous_id"], "v0", "v1"])
        identities.append(row | {"anonymous_id": visitor or "v0"})
    # The longest chain that is followed.
    chain = [f"chain {number}" for number in range(33)]
    early = _moment(config) - timedelta(days=60)
    for merged, into in itertools.pairwise(chain):
        row = {"anonymous_id": "", "lead_id": into, "merged_lead_id": merged}
        identities.append(row | {"identified_at": spell_time(draw, early)})
    event_rows = [draw_event(draw, config, ids) for _ in range(events)]
    for row in event_rows[:3]:
        row["lead_id"] = chain[0]
    # The same id once more, with other cells that only the order of rows can tell apart.
    for row in draw.sample(event_rows, len(event_rows) // 12):
        changed = draw.sample(["event_name", "page", "amount", "ok", "payload", "lead_id"], 2)
        other = draw_event(draw, config, ids)
        event_rows.append(row | {column: other[column] for column in changed})
    tables = {
        "leads": [
            *(draw_lead(draw, config) for _ in range(leads)),
            draw_lead(draw, config, chain[-1]),
        ],
        "events": event_rows,
        "outcomes": [draw_outcome(draw, config) for _ in range(leads)],
        "identities": identities,
    }
    tables["outcomes"] += draw_conversions(draw, config, tables["leads"])
    for name, column in pools.OPTIONAL_COLUMNS:
        if may_lack and _chance(draw, 6):
            for row in tables[name]:
                del row[column]
    return {name: Table(rows) for name, rows in tables.items()}


def draw_config(draw: Random, *, may_lack: bool) -> dict[str, Any]:
    config = {
        "as_of": _pick(draw, pools.MOMENTS),
        "lead_attributes": [
            _cased(draw, name)
            for name in draw.sample(list(pools.LEAD_ATTRIBUTES), len(pools.LEAD_ATTRIBUTES))
        ],
        "event_properties": {
            _cased(draw, name): _column_cased(draw, place)
            for name, place in pools.PROPERTY_COLUMNS.items()
        },
        "trend_days": _pick(draw, [7, 7, 1, 30]),
        "conversion_outcomes": _pick(draw, [["won"], ["Signed"], ["won", "signed"]]),
        "missing_values": _pick(
            draw,
            [
                ["select", "unknown", "n/a", "null", "-"],
                ["?", "tbd", "-"],
                ["", "None ", "NULL", "it's"],
            ],
        ),
    }
    config |= {
        "backtest_days": _pick(draw, [14, 14, 0, 1, 30]),
        "backtest_moment_column": _pick(draw, ["", "", *pools.MOMENT_COLUMNS]),
        "backtest_window_days": _pick(draw, [90, 90, 30, 60, 7]),
    }
    for switch in ("has_outcomes", "has_identities"):
        if may_lack and _chance(draw, 8):
            config[switch] = False
    return config


# --- spelling -----------------------------------------------------------------------


def _chance(draw: Random, percent: int) -> bool:
    return draw.randint(0, 99) < percent


def _pick(draw: Random, values: Sequence[Any]) -> Any:
    return draw.choice(values)


def _spaced(draw: Random, text: str) -> str:
    """Return a text with white space around it, now and then."""
    return _pick(draw, [text, text, text, text, f" {text}", f"{text}\t ", f"\r\n{text}\n"])


def _cased(draw: Random, text: str) -> str:
    """Return a text in another case, now and then (never one that lowers to something else)."""
    spelled = _pick(draw, [text, text, text, text.upper(), text.title(), text.swapcase()])
    same = all(len(character.lower()) == 1 for character in spelled)
    return spelled if same and spelled.lower() == text.lower() else text


def _number_spelled(draw: Random, text: str) -> str:
    """Return another spelling of the same number, now and then."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = digits.partition(".")
    plus = sign or "+"
    return _pick(
        draw,
        [
            text,
            text,
            text,
            f"{plus}{digits}",
            f"{sign}{whole.zfill(6)}.{fraction}",
            f"{sign}{whole}.{fraction}000000000",
            f" {plus}{whole.zfill(12)}.{fraction}00\t",
        ],
    )


def spell_time(draw: Random, moment: datetime) -> str:
    """Spell a UTC moment in one of the ways that the contract allows."""
    zone = _pick(draw, ["", "", "", *pools.ZONES])
    local = moment + timedelta(minutes=pools.ZONES[zone])
    micros = f".{local.microsecond:06d}"
    if local.microsecond == 0:
        micros = _pick(draw, ["", "", ".0", ".000000", ".0000009"])
    elif _chance(draw, 30):
        micros = micros + "999" if _chance(draw, 50) else (micros.rstrip("0"))
    between = _pick(draw, ["T", " "])
    text = f"{local:%Y-%m-%d}{between}{local:%H:%M:%S}{micros}{zone}"
    if local.microsecond == 0 and local.second == 0 and _chance(draw, 50):
        text = f"{local:%Y-%m-%d}{between}{local:%H:%M}{zone}"
        if zone == "" and local.hour == 0 and local.minute == 0 and _chance(draw, 50):
            text = f"{local:%Y-%m-%d}"
    return _spaced(draw, text)


def _moment(config: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(config["as_of"])


def draw_time(draw: Random, config: Mapping[str, Any]) -> datetime:
    """Return a moment that lies on an edge of something: mostly in the past of `as_of`."""
    at = _moment(config)
    if _chance(draw, 20):
        at -= timedelta(days=config["trend_days"])
    kind = draw.randint(0, 9)
    if kind < 3:
        return at - timedelta(
            days=_pick(draw, [0, *pools.WINDOWS]), microseconds=draw.randint(-1, 1)
        )
    if kind < 9:
        # On a few days only, so that days repeat.
        days = draw.randint(0, 12) ** 2
        return at - timedelta(days=days, seconds=_pick(draw, [0, 1, 3600, 50_000]))
    return at + timedelta(days=draw.randint(0, 9), microseconds=draw.randint(0, 1))


# --- raw rows -----------------------------------------------------------------------


def _texts(name: str) -> list[str]:
    """Return the few texts that an attribute or property takes, so that tests of it match."""
    start = 5 * [*pools.LEAD_ATTRIBUTES, *pools.EVENT_PROPERTIES].index(name)
    return [pools.TEXTS[(start + step) % len(pools.TEXTS)] for step in range(8)]


def _value(draw: Random, name: str, kind: str, config: Mapping[str, Any]) -> str:
    """Return a cell of an attribute or property of a kind: now and then of another kind."""
    if kind == "any" or _chance(draw, 8):
        kind = _pick(draw, ["text", "number", "flag", "time"])
    if _chance(draw, 15):
        return _pick(draw, pools.MISSING)
    if kind == "number":
        return _spaced(draw, _pick(draw, pools.NUMBERS))
    if kind == "flag":
        return _spaced(draw, _cased(draw, _pick(draw, pools.FLAGS)))
    if kind == "time":
        if _chance(draw, 10):
            return _pick(draw, pools.UNREADABLE_TIMES)
        day = _moment(config).replace(hour=0, minute=0, second=0, microsecond=0)
        days = timedelta(days=_pick(draw, pools.DAY_ENDS) + draw.randint(-1, 1))
        within = timedelta(microseconds=_pick(draw, [0, 0, 1, 43_200_000_000, 86_399_999_999]))
        return spell_time(draw, day + days + within)
    return _spaced(draw, _cased(draw, _pick(draw, _texts(name))))


def draw_lead(draw: Random, config: Mapping[str, Any], lead_id: str | None = None) -> Row:
    """Draw a row of crm.leads, of any lead or of the given one."""
    lead_id = lead_id or _pick(draw, [*pools.LEAD_IDS, *pools.LEAD_IDS, ""])
    row = {"Lead_Id": _spaced(draw, lead_id)}
    row["created_at"] = "" if _chance(draw, 20) else spell_time(draw, draw_time(draw, config))
    row["UPDATED_AT"] = _pick(
        draw, ["", "2025-01-01", "2025-01-01T00:00Z", "2025-01-02", "2026-13-01", "soon"]
    )
    row["account_id"] = _spaced(draw, _pick(draw, pools.ACCOUNTS))
    row["internal_note"] = _pick(draw, ["", "x, y"])
    # Mostly there is one, of the past, a while after the lead came to be.
    own_moment = draw_time(draw, config) - timedelta(days=_pick(draw, [0, 7, 30, 60, 120]))
    row["Own Moment"] = (
        _pick(draw, ["", *pools.UNREADABLE_TIMES])
        if _chance(draw, 10)
        else spell_time(draw, own_moment)
    )
    blank = _chance(draw, 12)
    for name, kind in pools.LEAD_ATTRIBUTES.items():
        if name not in (*pools.ABSENT_COLUMNS, *pools.OWN_COLUMNS):
            row[name] = "" if blank else _value(draw, name, kind, config)
    return row


def _json_text(text: str) -> str:
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(character, character) for character in text) + '"'


def _payload(draw: Random, config: Mapping[str, Any]) -> str:
    """Return a JSON cell; numbers in it are spelled so that every reader spells them back."""
    whole = draw.randint(0, 19)
    if whole == 0:
        return _pick(draw, ["", "{", "[]", '"plan"', "{plan: 1}", "null", '{"plan": {}}'])
    if whole == 1:
        return _pick(
            draw,
            [
                '{"ctx": true}',
                '{"ctx": [1]}',
                '{"ctx": {"page": "kind"}, "plan": null}',
                '{"plan": ["a"]}',
                '{"Plan": "a", "ctx": {"page": {"kind": {"kind": "a"}}}}',
            ],
        )
    plan = _pick(
        draw, ["true", "false", "null", "7", _json_text(_value(draw, "plan", "text", config))]
    )
    seats = _pick(draw, ["0", "1", "7", "-1", "50", "100", "1.5", "100.5"])
    if _chance(draw, 40):
        seats = _json_text(_value(draw, "seats", "number", config))
    kind = _json_text(_value(draw, "kind", "text", config))
    inner = [f'"seats": {seats}', f'"page": {{"kind": {kind}}}']
    inner = inner[: draw.randint(0, 2)] if _chance(draw, 30) else inner
    return f'{{"plan": {plan}, "ctx": {{{", ".join(inner)}}}}}'


def draw_event(draw: Random, config: Mapping[str, Any], count: int) -> Row:
    """Draw a row of tracking.events; `count` is how many ids there are."""
    at = draw_time(draw, config)
    whose = draw.randint(0, 9)
    if _chance(draw, 1):
        lead_id = _pick(draw, pools.EDGE_IDS)
        younger = -1 if lead_id == pools.EDGE_IDS[0] else 0
        at = _moment(config) - timedelta(days=30, microseconds=_pick(draw, [0, 0, 1, younger]))
    elif whose < 5:
        # Of some leads there are many events, of some only one or two.
        lead_id = pools.ACTIVE_IDS[int(len(pools.ACTIVE_IDS) * draw.random() ** 3)]
    else:
        lead_id = _pick(draw, [*pools.MERGED_IDS, *pools.GHOSTS]) if whose == 5 else ""
    visitor = (
        _pick(draw, ["", *pools.VISITORS, "v-nobody"]) if lead_id == "" or _chance(draw, 20) else ""
    )
    loaded = _pick(
        draw,
        [
            None,
            None,
            None,
            timedelta(0),
            timedelta(hours=2),
            timedelta(days=-1),
            timedelta(days=-1, microseconds=1),
            timedelta(days=-1, microseconds=-1) if _chance(draw, 30) else timedelta(0),
        ],
    )
    row = {
        "event_id": _spaced(draw, f"e{draw.randint(1, count)}"),
        "event_name": _spaced(draw, _cased(draw, _pick(draw, pools.EVENT_NAMES))),
        "OCCURRED_AT": spell_time(draw, at),
        "lead_id": _spaced(draw, lead_id) if lead_id else "",
        "anonymous_id": _spaced(draw, visitor) if visitor else "",
        "loaded_at": "" if loaded is None else spell_time(draw, at + loaded),
        "page": _value(draw, "page", "text", config),
        "amount": _value(draw, "amount", "number", config),
        "due": _value(draw, "due", "time", config),
        "ok": _value(draw, "ok", "flag", config),
        "payload": _payload(draw, config),
        "browser": _pick(draw, ["", "Firefox"]),
    }
    broken = draw.randint(0, 79)
    if broken < 4:
        row[["event_id", "event_name", "OCCURRED_AT", "lead_id"][broken]] = ""
    elif broken == 4:
        row["OCCURRED_AT"] = _pick(draw, pools.UNREADABLE_TIMES)
    elif broken == 5:
        row["loaded_at"] = _pick(draw, pools.UNREADABLE_TIMES)
    return row


def draw_outcome(draw: Random, config: Mapping[str, Any]) -> Row:
    """Draw a row of crm.outcomes."""
    bad_time = _chance(draw, 5)
    at = draw_time(draw, config)
    if _chance(draw, 40):
        # Several of one lead at one moment.
        at = _moment(config) - timedelta(days=_pick(draw, [0, 1]))
    return {
        "lead_id": _spaced(
            draw, _pick(draw, [*pools.LEAD_IDS, *pools.MERGED_IDS, *pools.GHOSTS, ""])
        ),
        "outcome": _spaced(draw, _pick(draw, pools.OUTCOMES)),
        "occurred_at": (
            _pick(draw, ["", *pools.UNREADABLE_TIMES]) if bad_time else spell_time(draw, at)
        ),
        "amount": _pick(draw, ["", "100.50", "n/a", *pools.NUMBERS]),
    }


def draw_conversions(draw: Random, config: Mapping[str, Any], leads: Sequence[Row]) -> list[Row]:
    """Draw conversions on the edges of the back-test's windows of some leads.

    Arguments: the dice, the config, and rows of crm.leads. A moment is read as the contract says.
    """
    column = config["backtest_moment_column"].strip().lower()
    rows = []
    for lead in draw.sample(leads, len(leads) // 2):
        cells = {name.lower(): clean(text) for name, text in lead.items()}
        moment = micros(cells.get(column or "created_at"))
        if moment is None:
            continue
        at = datetime(1970, 1, 1) + timedelta(microseconds=moment)
        at += timedelta(days=0 if column else config["backtest_days"])
        window = timedelta(days=config["backtest_window_days"])
        after = _pick(draw, [timedelta(0), window / 2, window / 3, window, window])
        at += after + timedelta(microseconds=_pick(draw, [-1, 0, 0, 1]))
        row = draw_outcome(draw, config)
        row |= {"lead_id": lead["Lead_Id"], "occurred_at": spell_time(draw, at)}
        rows.append(row | {"outcome": _cased(draw, _pick(draw, config["conversion_outcomes"]))})
    return rows


def draw_identity(draw: Random, config: Mapping[str, Any]) -> Row:
    """Draw a row of tracking.identities."""
    merged = _pick(draw, pools.MERGED_IDS) if _chance(draw, 40) else ""
    visitor = _pick(draw, ["", *pools.VISITORS]) if merged == "" or _chance(draw, 30) else ""
    lead_id = _pick(
        draw,
        [*pools.ACTIVE_IDS, *pools.MERGED_IDS, *pools.GHOSTS]
        if _chance(draw, 30 if merged else 75)
        else pools.MERGED_IDS,
    )
    bad = draw.randint(0, 29)
    at = draw_time(draw, config)
    if _chance(draw, 25):
        # Several at one moment, also at the very last one that counts.
        at = _moment(config) - timedelta(days=_pick(draw, [0, 0, 1]))
    return {
        "anonymous_id": _spaced(draw, visitor) if visitor else "",
        "lead_id": "" if bad == 0 else _spaced(draw, lead_id),
        "identified_at": (
            _pick(draw, ["", *pools.UNREADABLE_TIMES]) if bad == 1 else spell_time(draw, at)
        ),
        "merged_lead_id": _spaced(draw, merged) if merged else "",
    }


# --- tests of items -------------------------------------------------------------------

_SPECIAL = set(".[](){}|*+?^$\\")


def _escaped(draw: Random, text: str) -> str:
    escaped = []
    for character in text:
        needless = character in "/_@-%" and _chance(draw, 10)
        escaped.append(f"\\{character}" if character in _SPECIAL or needless else character)
    return "".join(escaped)


def _part(draw: Random, text: str) -> str:
    """Return a piece of a text: all of it, its start, its end or its middle."""
    start = draw.randint(0, len(text) - 1)
    end = draw.randint(start + 1, len(text))
    return _pick(draw, [text, text[:end], text[start:], text[start:end]])


def _pattern(draw: Random, texts: Sequence[str], depth: int = 1) -> str:
    """Return a regular expression of the grammar, but not what is slow for a backtracking matcher.

    Arguments: the dice, texts to take literals from, how deep groups may lie.
    """

    def atom(repeated: bool) -> str:
        kind = draw.randint(0, 9)
        if kind == 0:
            return "."
        if kind == 1:
            return _pick(draw, pools.CHARACTER_CLASSES)
        if kind == 2 and depth and not repeated:
            return f"({_pattern(draw, texts, depth - 1)})"
        piece = _part(draw, _one_line(_pick(draw, texts)))
        # A quantifier belongs to one character.
        return _escaped(draw, piece[:1] if repeated else piece)

    def branch() -> str:
        pieces = []
        for _ in range(draw.randint(1, 2)):
            if depth and _chance(draw, 40):
                mark = _pick(draw, ["*", "+", "?", "{2}", "{1,}", "{0,3}", "{1,255}"])
                pieces.append(atom(repeated=True) + mark)
            else:
                pieces.append(atom(repeated=False))
        start = "^" if _chance(draw, 25) else ""
        end = "$" if _chance(draw, 25) else ""
        return start + "".join(pieces) + end

    branches = [branch() for _ in range(1 if _chance(draw, 70) else 2)]
    pattern = "|".join(branches)
    if not depth:
        return pattern
    # Cells are trimmed, which must not leave half a pattern.
    return _cased(draw, pattern if pattern == pattern.strip(WHITE_SPACE) else f"({pattern})")


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _text_alternatives(draw: Random, texts: Sequence[str], operator: str) -> str:
    parts = []
    whole = 80 if operator.endswith("equals") else 20
    for _ in range(draw.randint(1, 3)):
        text = _pick(draw, texts)
        text = _one_line(text if _chance(draw, whole) else _part(draw, text)).replace("|", " ")
        parts.append(_spaced(draw, _cased(draw, text)))
    if not any(part.strip(WHITE_SPACE) for part in parts):
        parts.append("a")
    return ("||" if _chance(draw, 8) else "|").join(parts)


def _range(draw: Random, ends: Sequence[str]) -> str:
    low, high = sorted((_pick(draw, ends), _pick(draw, ends)), key=float)
    low, high = _number_spelled(draw, low), _number_spelled(draw, high)
    kind = draw.randint(0, 5)
    if kind == 0:
        high = ""
    elif kind == 1:
        low = ""
    # A point before the dots (`5...7`) could be read in two ways.
    return f"{low.rstrip('.')}..{high}" if _chance(draw, 80) else f" {low} .. {high} "


def draw_test(draw: Random, name: str, kind: str) -> tuple[str, str]:
    """Return an operator and its value for an attribute or property of a kind."""
    texts = pools.TEXTS if _chance(draw, 15) else _texts(name)
    if kind == "any" or _chance(draw, 8):
        kind = _pick(draw, list(pools.OPERATORS))
    if kind != "text" and _chance(draw, 30):
        texts = {"number": pools.NUMBERS, "flag": pools.FLAGS, "time": ["2026", "00:00"]}[kind]
    operator = _pick(draw, pools.OPERATORS[kind])
    if operator == "matches":
        fitting = [
            pattern
            for pattern in pools.PATTERNS
            if any(translate(pattern).search(_one_line(text).lower()) for text in texts)
        ]
        value = _pick(draw, fitting or pools.PATTERNS)
        value = value if _chance(draw, 40) else _pattern(draw, texts)
    elif operator == "between":
        value = _range(draw, pools.RANGE_ENDS)
    elif operator == "days_from_now":
        ends = [str(end + step) for end in pools.DAY_ENDS for step in (-1, 0, 1)]
        value = _range(draw, ends)
    elif operator.startswith("is_"):
        value = _pick(draw, ["", "", "", " | "])
    else:
        value = _text_alternatives(draw, texts, operator)
    return _spaced(draw, _cased(draw, operator)), value


# --- policies ------------------------------------------------------------------------------


def _names(draw: Random) -> str:
    names = [_cased(draw, _pick(draw, pools.EVENT_NAMES)) for _ in range(draw.randint(1, 3))]
    if _chance(draw, 5):
        names.append("never_happened")
    return _spaced(draw, _pick(draw, ["|", "|", " | ", "||"]).join(names))


def _event_cells(draw: Random) -> Row:
    """Return the cells of an event's criterion up to its measure, and what shapes its points."""
    row = {"signal": _cased(draw, "event"), "field": _names(draw)}
    if _chance(draw, 50):
        name = _pick(draw, list(pools.EVENT_PROPERTIES))
        row["property"] = _spaced(draw, _cased(draw, name))
        row["operator"], row["value"] = draw_test(draw, name, pools.EVENT_PROPERTIES[name])
    row["measure"] = _pick(draw, pools.MEASURES)
    measure = row["measure"] or "count"
    if measure == "rate":
        row["measure_field"] = _names(draw)
    elif measure in ("distinct_values", "sum"):
        kinds = (
            ("number",) if measure == "sum" and _chance(draw, 80) else ("number", "text", "time")
        )
        row["measure_field"] = _pick(
            draw, [name for name, kind in pools.EVENT_PROPERTIES.items() if kind in kinds]
        )
    bounds = _pick(draw, pools.BOUNDS[measure])
    row["at_least"], row["at_most"] = (
        _number_spelled(draw, bound) if bound else bound for bound in bounds
    )
    if _chance(draw, 55):
        row["window_days"] = _number_spelled(draw, str(_pick(draw, pools.WINDOWS)))
    row["frequency"] = _pick(draw, ["", "once"])
    if measure not in ("rate", "days_since_last") and _chance(draw, 45):
        row["frequency"] = _cased(draw, "every")
        row["every_n"] = _pick(draw, ["", "1", "2", "3.00", "10"])
    elif _chance(draw, 10):
        row["every_n"] = "1"
    if measure == "count" and row.get("every_n", "") in ("", "1") and _chance(draw, 50):
        row["decay"] = _cased(draw, _pick(draw, ["linear", "exponential", "step"]))
        row["decay_days"] = _pick(draw, pools.DECAY_DAYS)
    elif _chance(draw, 10):
        row["decay"] = "none"
    return row


def _attribute_cells(draw: Random) -> Row:
    name = _pick(draw, list(pools.LEAD_ATTRIBUTES))
    row = {"signal": _cased(draw, "attribute"), "field": _spaced(draw, _cased(draw, name))}
    row["operator"], row["value"] = draw_test(draw, name, pools.LEAD_ATTRIBUTES[name])
    if _chance(draw, 8):
        row |= {"measure": "count", "frequency": "ONCE", "every_n": "1.0", "decay": "none"}
    return row


def draw_criterion(
    draw: Random, number: int, count: int, groups: Sequence[Row], days: Sequence[str]
) -> Row:
    row = _attribute_cells(draw) if _chance(draw, 35) else _event_cells(draw)
    row["criterion_id"] = f"c{number}"
    row["name"] = _pick(
        draw, [f"Rule {number}", "Same name", 'Said "yes", twice', "Visited; (all)", "{{ x }} 'q'"]
    )
    row["dimension"] = _pick(draw, ["fit", "engagement", "Engagement"])
    if groups and _chance(draw, 55):
        group = _pick(draw, groups)
        row["group_id"], row["dimension"] = group["group_id"], group["dimension"].strip()
    if _chance(draw, 7):
        row["effect"] = _cased(draw, "disqualify")
        for column in ("frequency", "every_n", "decay", "decay_days"):
            row[column] = ""
    else:
        row["effect"] = _pick(draw, ["", "", "points"])
        row["points"] = _number_spelled(draw, _pick(draw, pools.POINTS))
        if _chance(draw, 20):
            row["max_points"] = _number_spelled(draw, _pick(draw, ["0.5", "2.5", "10", "20"]))
    others = [f"c{other}" for other in range(1, count + 1) if other != number]
    for column, percent in (("requires", 18), ("unless", 14)):
        if others and _chance(draw, percent):
            linked = [_pick(draw, others) for _ in range(draw.randint(1, 2))]
            row[column] = _pick(draw, ["|", " | "]).join(linked)
    if _chance(draw, 12):
        row["valid_from"] = _pick(draw, days)
    if _chance(draw, 12):
        row["valid_to"] = _pick(draw, [day for day in days if day >= row.get("valid_from", "")])
    row["is_active"] = "FALSE" if _chance(draw, 10) else _pick(draw, ["", "true"])
    row["notes"] = _pick(draw, ["", "why: (see wiki), ok"])
    return row


def draw_limits(draw: Random, low: str, high: str, percent: int) -> Row:
    return {
        low: _pick(draw, ["-10", "-2.5", "0"]) if _chance(draw, percent) else "",
        high: _number_spelled(draw, _pick(draw, ["0", "12.35", "30"]))
        if _chance(draw, percent)
        else "",
    }


def draw_bands(draw: Random) -> list[Row]:
    rows = []
    for scope, names in (
        ("total", "hot warm cool cold"),
        ("fit", "A B C"),
        ("engagement", "1 2 3"),
    ):
        count = draw.randint(0, len(names.split()))
        starts = draw.sample(pools.BAND_STARTS, count)
        if starts and _chance(draw, 50):
            starts[0] = ""
        for band, start in zip(names.split(), starts, strict=False):
            spelled = _number_spelled(draw, start) if start else ""
            rows.append({"scope": _cased(draw, scope), "band": band, "min_points": spelled})
    return rows


def draw_actions(draw: Random, bands: Sequence[Row]) -> list[Row]:
    by_scope: dict[str, list[str]] = {"total": ["disqualified", "insufficient_data"]}
    for row in bands:
        by_scope.setdefault(row["scope"].lower(), []).append(row["band"])
    rows = []
    for priority in draw.sample(range(1, 8), draw.randint(0, 4)):
        row = {"priority": _number_spelled(draw, str(priority))}
        for column, scope in (
            ("band", "total"),
            ("fit_band", "fit"),
            ("engagement_band", "engagement"),
        ):
            if by_scope.get(scope) and _chance(draw, 40):
                named = [_pick(draw, by_scope[scope]) for _ in range(draw.randint(1, 2))]
                row[column] = "|".join(named)
        row["action"] = _pick(draw, ["Call", "Mail, today", "Wait"])
        row["sla_hours"] = _pick(draw, ["", "4", "24.0", "0.5", "0"])
        row["team"] = _pick(draw, ["", "SDR", "sales"])
        rows.append(row)
    return rows


def draw_policy(draw: Random, config: Mapping[str, Any]) -> Policy:
    at = _moment(config)
    days = [
        f"{at - timedelta(days=back):%Y-%m-%d}"
        for back in (1, 0, -1, config["trend_days"], config["trend_days"] - 1)
    ]
    scorecard = {
        "name": _pick(draw, ["", "Some score"]),
        "status": _pick(draw, ["", "live", "LIVE ", "draft"]),
        "base_points": _pick(draw, ["", "", "0", "5", "100", "-.5", " 12.50 "]),
        "min_score": _pick(draw, ["", "", "-20", "0", "5"]),
        "max_score": _pick(draw, ["", "", "20", "62.5", "100"]),
        "account_rollup": _cased(draw, _pick(draw, ["", "max", "sum", "average", "top3"])),
    }
    if _chance(draw, 40):
        name = _pick(draw, list(pools.LEAD_ATTRIBUTES))
        scorecard["audience_field"] = _cased(draw, name)
        operator, value = draw_test(draw, name, pools.LEAD_ATTRIBUTES[name])
        scorecard["audience_operator"], scorecard["audience_value"] = operator, value
    groups = []
    for group_id in ("email", "web", "product")[: draw.randint(0, 3)]:
        group = {"group_id": group_id, "dimension": _pick(draw, ["fit", "engagement", " Fit"])}
        groups.append(group | draw_limits(draw, "min_points", "max_points", 50))
    dimensions = [
        {"dimension": dimension, **draw_limits(draw, "min_points", "max_points", 60)}
        for dimension in ("fit", "Engagement")
        if _chance(draw, 35)
    ]
    count = draw.randint(0, 9)
    criteria = [draw_criterion(draw, number, count, groups, days) for number in range(1, count + 1)]
    bands = draw_bands(draw)
    return {
        "scorecards": [scorecard],
        "criteria": criteria,
        "groups": groups,
        "dimensions": dimensions,
        "bands": bands,
        "actions": draw_actions(draw, bands),
    }


def _thorough_policies() -> list[Policy]:
    """Return policies without chance: every operator on every item, every decay, negative sums."""
    values = {
        "matches": "two lines|cr  lf|^[a-m]",
        "between": "0.5..100",
        "days_from_now": "-7..30",
    }
    operators = sorted({operator for found in pools.OPERATORS.values() for operator in found})

    def test(name: str, operator: str) -> Row:
        texts = [_one_line(text).replace("|", " ") for text in _texts(name)]
        value = "|".join(
            texts[::3] if operator.endswith("equals") else [texts[0][:2], texts[1][-1]]
        )
        value = "" if operator.startswith("is_") else values.get(operator, value)
        return {"operator": operator, "value": value}

    event = {"signal": "event", "field": "|".join(pools.EVENT_NAMES[:6])}
    amount = {"property": "amount", "operator": "between"}
    attributes = [
        {"signal": "attribute", "field": name, **test(name, operator)}
        for name in pools.LEAD_ATTRIBUTES
        for operator in operators
    ]
    properties = [
        event | {"property": name, **test(name, operator)}
        for name in pools.EVENT_PROPERTIES
        for operator in operators
    ]
    decays = [
        event | {"decay": decay, "decay_days": days, "frequency": frequency, "points": points}
        for decay in ("linear", "exponential", "step")
        for days in pools.DECAY_DAYS
        for frequency in ("once", "every")
        for points in ("10", "-2.01", "999999.99")
    ]
    sums = [
        event
        | amount
        | {"value": value, "measure": "sum", "measure_field": "amount", "at_most": "1000"}
        | {"frequency": frequency, "points": "0.01"}
        for value in ("..-0.5", "..0", "-10..7", "-0.5..0.5")
        for frequency in ("once", "every")
    ]
    policies = []
    for criteria in (attributes, properties, decays, sums):
        rows = [
            {"name": f"Rule {number}", "dimension": "fit", "points": f"{number % 7}.5"}
            | row
            | {"criterion_id": f"c{number}"}
            for number, row in enumerate(criteria, start=1)
        ]
        policies.append({"scorecards": [{"status": "draft"}], "criteria": rows})
    return policies


def combine(found: Sequence[Policy], draw: Random) -> dict[str, Table]:
    """Put the policies of many scorecards into one, each under ids of its own, rows in any order.

    Arguments: policies of one scorecard each; the dice that shuffle the rows. The ids are p000,
    p001, ... and p000_c1, ... Returns the files with all of their columns.
    """
    files: dict[str, list[Row]] = {file: [] for file in FILES}
    for number, one in enumerate(found):
        prefix = f"p{number:03d}"
        for file, rows in one.items():
            for row in rows:
                cells = {column: row.get(column, "") for column in COLUMNS[file]}
                cells["scorecard_id"] = prefix
                for column in ("criterion_id", "requires", "unless"):
                    if cells.get(column):
                        parts = (part.strip() for part in cells[column].split("|"))
                        cells[column] = "|".join(f"{prefix}_{part}" for part in parts)
                files[file].append(cells)
    for rows in files.values():
        draw.shuffle(rows)
    return {file: Table(rows, COLUMNS[file]) for file, rows in files.items()}


def only(files: Mapping[str, Sequence[Row]], scorecard_id: str) -> dict[str, list[Row]]:
    """Return the rows of one scorecard, without their empty cells: for messages."""
    return {
        file: [
            {column: text for column, text in row.items() if text}
            for row in rows
            if row["scorecard_id"] == scorecard_id
        ]
        for file, rows in files.items()
    }
