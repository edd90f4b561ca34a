"""What might be, by the independent scorer: a lead at later moments, or after a step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import oracle
from harness import PolicyFile
from oracle import Table, cells

Tables = Mapping[str, Table]
Rows = dict[str, dict[str, str]]


def scores(
    raw: Tables, policy: Mapping[str, PolicyFile], config: Mapping[str, Any], lead_id: str
) -> Rows:
    """Return the rows of scored_leads of one lead, live and draft, by scorecard."""
    tables = oracle.score(raw, policy, config)
    assert not tables["policy_errors"]
    return {
        row["scorecard_id"]: row
        for name in ("scored_leads", "scored_leads_draft")
        for row in tables[name]
        if row["lead_id"] == lead_id
    }


def known_by(raw: Tables, config: Mapping[str, Any]) -> dict[str, Table]:
    """Return the raw tables, their columns in lower case, without what happens after the moment."""
    moment = cells.time(config["as_of"])
    times = {"events": "occurred_at", "identities": "identified_at"}
    found = {}
    for name, rows in raw.items():
        columns = {column: column.lower() for column in rows.columns}
        lowered = [{columns[column]: cell for column, cell in row.items()} for row in rows]
        if name in times:
            lowered = [
                row
                for row in lowered
                if (cells.time(cells.clean(row.get(times[name]))) or 0) <= moment
            ]
        found[name] = Table(lowered, list(columns.values()))
    return found


def after_step(
    raw: Tables, config: Mapping[str, Any], lead_id: str, step: Mapping[str, Any]
) -> dict[str, Table]:
    """Return the raw tables as they are once a lead has made a step of `explain --next`.

    Args:
        raw: the tables as `known_by` gives them.
        config: the vars.
        lead_id: the lead.
        step: one of the result's.
    """
    changed = dict(raw)
    if step["kind"] == "attribute":
        leads = raw["leads"]
        changed["leads"] = Table(
            [
                {**row, step["attribute"]: step["value"]}
                if cells.clean(row["lead_id"]) == lead_id
                else row
                for row in leads
            ],
            leads.columns,
        )
        return changed
    events = raw["events"]
    moment = datetime.fromisoformat(config["as_of"]).isoformat(" ")
    added = [
        {
            "event_id": f"a step {number}",
            "event_name": step["event_name"],
            "lead_id": lead_id,
            "occurred_at": moment,
            **_placed(properties, config["event_properties"]),
        }
        for number, properties in enumerate(step["event_properties"])
    ]
    changed["events"] = Table([*events, *added], events.columns)
    return changed


def _placed(properties: Mapping[str, str], places: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of an event that hold its properties."""
    columns: dict[str, str] = {}
    documents: dict[str, dict[str, Any]] = {}
    by_name = {name.lower(): place for name, place in places.items()}
    for name, value in properties.items():
        column, _, path = by_name[name].partition(":$.")
        if not path:
            columns[column.lower()] = value
            continue
        *parents, leaf = path.split(".")
        inner = documents.setdefault(column.lower(), {})
        for key in parents:
            inner = inner.setdefault(key, {})
        inner[leaf] = value
    return {**columns, **{column: json.dumps(found) for column, found in documents.items()}}
