"""The raw tables: which rows are accepted or rejected, and what belongs to which lead."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .cells import MICROS_PER_DAY, clean, lower, number, time

DEFAULT_MISSING_VALUES = ("select", "unknown", "n/a", "null", "-")
LEAD_COLUMNS = ("lead_id", "created_at", "updated_at", "account_id", "email")
EVENT_COLUMNS = ("event_id", "event_name", "occurred_at", "lead_id", "anonymous_id", "loaded_at")

Row = Mapping[str, str | None]


@dataclass(slots=True)
class Lead:
    """An accepted lead that is not merged into another."""

    lead_id: str
    account_id: str | None
    created_at: int | None
    attributes: dict[str, str | None]
    moment: int | None = None


@dataclass(slots=True)
class Event:
    """An accepted event and the lead it belongs to, after identification and merges."""

    event_id: str
    lead_id: str
    name: str
    occurred_at: int
    known_at: int
    properties: dict[str, str | None]


@dataclass(slots=True)
class Outcome:
    """An accepted outcome and the lead it belongs to, after merges."""

    lead_id: str
    outcome: str
    occurred_at: int
    known_at: int
    amount: int | None = None


@dataclass(slots=True)
class Staged:
    """What scoring reads, and the rows that were refused as (source, row id, reason)."""

    leads: dict[str, Lead] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    rejected: list[tuple[str, str, str]] = field(default_factory=list)


def stage(
    leads: Iterable[Row],
    events: Iterable[Row],
    outcomes: Iterable[Row],
    identities: Iterable[Row],
    *,
    as_of: int,
    attributes: Sequence[str],
    properties: Mapping[str, str],
    missing_values: Iterable[str],
    moment_column: str | None = None,
) -> Staged:
    """Judge every raw row and give each event and outcome to its lead.

    Arguments: the four raw tables; the scoring moment; the declared attributes; the declared
    properties with their column (or `column:$.path`); the values that mean "not known"; the column
    of leads that holds each lead's own moment, if any.
    Returns what is staged.
    """
    staged = Staged()
    missing = {lower(clean(value) or "") for value in missing_values}
    moment_column = lower(clean(moment_column) or "") or None
    kept_leads = _accept_leads(
        map(_trim, leads), staged, [lower(name) for name in attributes], moment_column
    )
    identity = _Identity(kept_leads.keys())
    identity.read(map(_trim, identities), staged, as_of)
    for lead_id, row in kept_leads.items():
        if lead_id in identity.merges:
            staged.rejected.append(("leads", lead_id, "merged"))
            continue
        known = {lower(name): _known(row.get(lower(name)), missing) for name in attributes}
        staged.leads[lead_id] = Lead(
            lead_id,
            row.get("account_id"),
            time(row.get("created_at")),
            known,
            time(row.get(moment_column)) if moment_column else None,
        )
    _accept_events(map(_trim, events), staged, identity, _Properties(properties, missing))
    _accept_outcomes(map(_trim, outcomes), staged, identity)
    return staged


def _trim(row: Row) -> dict[str, str | None]:
    return {lower(key): clean(text) for key, text in row.items()}


def _known(text: str | None, missing: set[str]) -> str | None:
    """Return a cleaned value, or None where it is one of those that mean "not known"."""
    text = clean(text)
    return None if text is None or lower(text) in missing else text


class _Properties:
    """Reads the declared properties out of an event row."""

    def __init__(self, declared: Mapping[str, str], missing: set[str]):
        self.missing = missing
        self.specs = []
        for name, spec in declared.items():
            column, _, path = spec.partition(":")
            keys = path.strip().removeprefix("$.").split(".") if path else []
            self.specs.append((lower(name), lower(column.strip()), keys))
        self.columns = {column for _, column, _ in self.specs}

    def of(self, row: dict[str, str | None]) -> dict[str, str | None]:
        documents: dict[str, object] = {}
        values = {}
        for name, column, keys in self.specs:
            text = row.get(column)
            if keys:
                if column not in documents:
                    documents[column] = _read_json(text)
                text = _leaf(documents[column], keys)
            values[name] = _known(text, self.missing)
        return values


class _Number(str):
    """A JSON number, as it is spelled."""


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _read_json(text: str | None) -> object:
    if text is None:
        return None
    try:
        return json.loads(
            text, parse_int=_Number, parse_float=_Number, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        return None


def _leaf(document: object, keys: Sequence[str]) -> str | None:
    for key in keys:
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    if isinstance(document, bool):
        return "true" if document else "false"
    return str(document) if isinstance(document, str) else None


def _greatness(row: Mapping[str, str | None], columns: Iterable[str]) -> tuple[str, ...]:
    """Return the key by which the greatest of several copies is found."""
    return tuple(row.get(column) or "" for column in columns)


def _accept_leads(
    rows: Iterable[dict[str, str | None]],
    staged: Staged,
    attributes: Sequence[str],
    moment_column: str | None,
) -> dict[str, dict[str, str | None]]:
    columns = sorted({*LEAD_COLUMNS, *attributes})
    # It says nothing about the lead, so it decides between copies last.
    if moment_column and moment_column not in columns:
        columns.append(moment_column)
    copies: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    for row in rows:
        if row.get("lead_id") is None:
            staged.rejected.append(("leads", "", "missing_id"))
        else:
            copies[row["lead_id"]].append(row)
    kept = {}
    for lead_id, found in copies.items():

        def newness(row: dict[str, str | None]) -> tuple:
            updated_at = time(row.get("updated_at"))
            return (updated_at is not None, updated_at or 0, _greatness(row, columns))

        kept[lead_id] = max(found, key=newness)
        staged.rejected += [("leads", lead_id, "duplicate_id")] * (len(found) - 1)
    return kept


def _time_reason(text: str | None) -> str | None:
    if text is None:
        return "missing_time"
    return "unreadable_time" if time(text) is None else None


def _accept_events(
    rows: Iterable[dict[str, str | None]],
    staged: Staged,
    identity: _Identity,
    properties: _Properties,
) -> None:
    columns = sorted({*EVENT_COLUMNS, *properties.columns})
    copies: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    for row in rows:
        reason = _event_reason(row)
        if reason:
            staged.rejected.append(("events", row.get("event_id") or "", reason))
        else:
            copies[row["event_id"]].append(row)
    for event_id, found in copies.items():
        earliest = min(_loaded_at(row) for row in found)
        first = [row for row in found if _loaded_at(row) == earliest]
        row = max(first, key=lambda copy: _greatness(copy, columns))
        staged.rejected += [("events", event_id, "duplicate_id")] * (len(found) - 1)
        occurred_at = time(row["occurred_at"])
        if row.get("lead_id") is not None:
            lead_id, since = row["lead_id"], None
            reason = None if identity.is_known(lead_id) else "unknown_lead"
        else:
            lead_id, since = identity.who(row["anonymous_id"], occurred_at)
            reason = "unidentified" if lead_id is None else None
        if reason:
            staged.rejected.append(("events", event_id, reason))
            continue
        final, merged_at = identity.final(lead_id)
        known_at = max(moment for moment in (occurred_at, since, merged_at) if moment is not None)
        staged.events.append(
            Event(
                event_id, final, lower(row["event_name"]), occurred_at, known_at, properties.of(row)
            )
        )


def _event_reason(row: dict[str, str | None]) -> str | None:
    if row.get("event_id") is None:
        return "missing_id"
    if row.get("event_name") is None:
        return "missing_name"
    reason = _time_reason(row.get("occurred_at"))
    if reason:
        return reason
    if row.get("lead_id") is None and row.get("anonymous_id") is None:
        return "missing_lead"
    if time(row["occurred_at"]) > _loaded_at(row) + MICROS_PER_DAY:
        return "future_time"
    return None


def _loaded_at(row: dict[str, str | None]) -> int:
    loaded_at = time(row.get("loaded_at"))
    return time(row["occurred_at"]) if loaded_at is None else loaded_at


def _accept_outcomes(
    rows: Iterable[dict[str, str | None]], staged: Staged, identity: _Identity
) -> None:
    for row in rows:
        lead_id = row.get("lead_id")
        if lead_id is None:
            reason = "missing_lead"
        elif row.get("outcome") is None:
            reason = "missing_name"
        else:
            reason = _time_reason(row.get("occurred_at"))
            if reason is None and not identity.is_known(lead_id):
                reason = "unknown_lead"
        if reason:
            staged.rejected.append(("outcomes", lead_id or "", reason))
            continue
        occurred_at = time(row["occurred_at"])
        final, merged_at = identity.final(lead_id)
        known_at = occurred_at if merged_at is None else max(occurred_at, merged_at)
        amount = number(row.get("amount"))
        staged.outcomes.append(Outcome(final, row["outcome"], occurred_at, known_at, amount))


class _Identity:
    """Who is who: merges of ids, and visitors that became leads."""

    def __init__(self, lead_ids: Iterable[str]):
        self.lead_ids = set(lead_ids)
        self.merges: dict[str, tuple[str, int]] = {}
        self.visitors: dict[str, list[tuple[int, str]]] = {}

    def read(self, rows: Iterable[dict[str, str | None]], staged: Staged, as_of: int) -> None:
        """Judge the identity rows and keep what has effect at `as_of`."""
        effective = []
        for row in rows:
            reason = self._own_reason(row)
            if reason:
                self._reject(staged, row, reason)
            elif time(row["identified_at"]) <= as_of:
                effective.append(row)

        last: dict[str, tuple[int, str]] = {}
        for row in effective:
            merged = row.get("merged_lead_id")
            if merged is not None:
                step = (time(row["identified_at"]), row["lead_id"])
                last[merged] = max(last.get(merged, step), step)
        circular = self._on_a_circle({merged: lead_id for merged, (_, lead_id) in last.items()})
        self.merges = {
            merged: (lead_id, moment)
            for merged, (moment, lead_id) in last.items()
            if merged not in circular
        }
        unknown = {
            merged for merged, (lead_id, _) in self.merges.items() if not self.is_known(lead_id)
        }
        self.merges = {
            merged: step for merged, step in self.merges.items() if merged not in unknown
        }

        visitors = defaultdict(list)
        for row in effective:
            merged, visitor = row.get("merged_lead_id"), row.get("anonymous_id")
            counts = merged is not None and last[merged] == (
                time(row["identified_at"]),
                row["lead_id"],
            )
            if counts and merged in circular:
                self._reject(staged, row, "circular_merge")
            elif (counts or visitor is not None) and not self.is_known(row["lead_id"]):
                self._reject(staged, row, "unknown_lead")
            elif visitor is not None:
                visitors[visitor].append((time(row["identified_at"]), row["lead_id"]))
        self.visitors = {visitor: sorted(found) for visitor, found in visitors.items()}

    @staticmethod
    def _own_reason(row: dict[str, str | None]) -> str | None:
        if row.get("anonymous_id") is None and row.get("merged_lead_id") is None:
            return "missing_id"
        if row.get("lead_id") is None:
            return "missing_lead"
        return _time_reason(row.get("identified_at"))

    @staticmethod
    def _reject(staged: Staged, row: dict[str, str | None], reason: str) -> None:
        row_id = row.get("anonymous_id") or row.get("merged_lead_id") or ""
        staged.rejected.append(("identities", row_id, reason))

    @staticmethod
    def _on_a_circle(into: Mapping[str, str]) -> set[str]:
        found = set()
        for start in into:
            walked, at = {start}, into[start]
            while at in into and at not in walked:
                walked.add(at)
                at = into[at]
            if at == start:
                found.add(start)
        return found

    def is_known(self, lead_id: str) -> bool:
        """Tell whether an id is a lead, or merged at any step into one."""
        while lead_id not in self.lead_ids:
            if lead_id not in self.merges:
                return False
            lead_id = self.merges[lead_id][0]
        return True

    def final(self, lead_id: str) -> tuple[str, int | None]:
        """Return the lead that an id stands for now, and when the last of its merges happened."""
        merged_at = None
        while lead_id in self.merges:
            lead_id, moment = self.merges[lead_id]
            merged_at = moment if merged_at is None else max(merged_at, moment)
        return lead_id, merged_at

    def who(self, visitor: str, moment: int) -> tuple[str | None, int | None]:
        """Return as whom a visitor counts at a moment, and since when (both None: not known)."""
        found = self.visitors.get(visitor, [])
        before = [identified for identified in found if identified[0] <= moment]
        if before:
            since, lead_id = before[-1]
        elif found:
            since = found[0][0]
            lead_id = max(lead for at, lead in found if at == since)
        else:
            return None, None
        return lead_id, since
