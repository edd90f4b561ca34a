"""A world in which one lead lives many times: at later days, or after doing one thing more.

Each copy of the lead is a lead of its own in small raw tables, with its own scoring moment, and one
run of the models scores them all in schemas of their own. So what would be is said by the same SQL
that says what is. The policy is the one that the live scores were made by: its compiled tables are
read where they are.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from leadscore.beside import (
    HISTORY,
    KEPT,
    POLICY,
    SUFFIX_VAR,
    drop_schemas,
    refuse_live_schemas,
    side_schemas,
)
from leadscore.dbt import Dbt
from leadscore.output import Output
from leadscore.project import PACKAGE
from leadscore.run import TABLES_ONLY, run_failure
from leadscore.warehouse import Warehouse, location

SUFFIX = "what_if"
SCORES = "backtest_scores"
ENTRIES = "int_backtest__entries"
_MOMENT = "what_if_moment"
# What the live run compiled the policy to, and judged it by; it is read and not built.
_POLICY_MODELS = (
    f"{PACKAGE}.staging.policy",
    f"{PACKAGE}.intermediate.policy",
    f"{PACKAGE}.marts.operations.policy_errors",
)


# A database, which not every engine has, and a schema.
_Place = tuple[str | None, str]


@dataclass(frozen=True)
class Event:
    """Something that a lead might do.

    Args:
        name: the event's name.
        properties: its properties and what they hold, by name.
    """

    name: str
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Scenario:
    """A lead as it might be.

    Args:
        moment: when it is scored, UTC.
        events: what it does right before that.
        attribute: an attribute that holds something else.
        value: what it holds then.
    """

    moment: datetime
    events: tuple[Event, ...] = ()
    attribute: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Outlook:
    """What a scorecard gives a lead in a scenario.

    Args:
        score: the score.
        fit_score: its part for fit.
        engagement_score: its part for engagement.
        status: `scored`, `disqualified` or `insufficient_data`.
        band: its band; None below the lowest.
        points: the points of each criterion that is met, by its key.
    """

    score: Decimal
    fit_score: Decimal
    engagement_score: Decimal
    status: str
    band: str | None
    points: Mapping[int, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class LiveLead:
    """What the live run knew of a lead.

    Args:
        key: its key in the wide tables.
        attributes: what its declared attributes hold, by name; None where it is not known.
        properties: the declared properties of events.
        property_columns: the columns of `int_facts__events` that hold their keys, in any order.
    """

    key: int
    attributes: dict[str, str | None]
    properties: list[str]
    property_columns: list[str]

    @classmethod
    def read(cls, live: Warehouse, lead_id: str) -> LiveLead:
        """Reads it from the live warehouse, which is open."""
        values = live.model("int_dictionary__values")
        key = live.rows(
            f"select lead_key from {live.model('int_facts__leads')}"
            f" where lead_id = {live.text(lead_id)}"
        )[0]["lead_key"]
        # Each declared item has a key for "not known", the greatest for the one declared first.
        declared = live.rows(
            f"select item_kind, item_name from {values} where value_key < 0 order by value_key desc"
        )
        attributes: dict[str, str | None] = {
            row["item_name"]: None for row in declared if row["item_kind"] == "attribute"
        }
        for row in live.rows(
            f"select known.item_name, known.value"
            f" from {live.model('int_facts__lead_values')} as held"
            f" inner join {values} as known on held.value_key = known.value_key"
            f" where held.lead_key = {key}"
        ):
            attributes[row["item_name"]] = row["value"]
        columns = live.columns(*location(live.node("int_facts__events")))
        return cls(
            key,
            attributes,
            [row["item_name"] for row in declared if row["item_kind"] == "property"],
            [name for name in columns.values() if name.lower().startswith("property_")],
        )


class WhatIf:
    """The world of one lead.

    Args:
        live: the live warehouse, not open.
        output: where to show progress.
        lead: a lead that is scored there.
    """

    def __init__(self, live: Warehouse, output: Output, lead: LiveLead) -> None:
        self.live = live
        self.output = output
        self.lead = lead

    def outlooks(
        self, known_at: datetime, scenarios: Sequence[Scenario]
    ) -> list[dict[str, Outlook]]:
        """Scores the lead in each scenario.

        Args:
            known_at: the moment by which an event must be known to count.
            scenarios: at that moment or later.

        Returns:
            For each scenario what the scorecards give, by id; one that does not score the lead
            there is missing.

        Raises:
            LeadscoreError: a step failed, or the project names schemas in a way of its own.
        """
        project = self.live.dbt.project
        mart = self.live.node("scored_leads")
        place = (mart["database"], f"{mart['schema']}_raw_{SUFFIX}")
        dbt = Dbt(project, {**self.live.dbt.vars, **_vars(place, self.lead)})
        beside = Warehouse(dbt)
        refuse_live_schemas(
            beside, SUFFIX, "What might be cannot be scored beside the live tables", self.live
        )
        schemas = [place, *side_schemas(beside.manifest)]
        last_moment = str(max(scenario.moment for scenario in scenarios))
        try:
            with self.output.busy("Copying the lead"), beside.open():
                # those of one that was killed
                drop_schemas(beside, schemas)
                self._write(beside, place, known_at, scenarios)
            with self._live_names() as folder, self.output.steps() as progress:
                invocation = dbt.at(last_moment).call("build", *_words(folder), progress=progress)
            if not invocation.ok:
                raise run_failure(project, self.output, invocation, beside)
            with self.output.busy("Reading what came out"), beside.open():
                return self._read(beside, len(scenarios))
        finally:
            with beside.open():
                drop_schemas(beside, schemas)

    @contextlib.contextmanager
    def _live_names(self) -> Iterator[Path]:
        """A folder that tells dbt where the live tables lie, for the length of a `with` block."""
        folder = self.live.dbt.project.target_folder.resolve() / SUFFIX
        folder.mkdir(parents=True, exist_ok=True)
        try:
            text = json.dumps(self.live.manifest)
            (folder / "manifest.json").write_text(text, encoding="utf-8")
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _write(
        self,
        beside: Warehouse,
        place: _Place,
        known_at: datetime,
        scenarios: Sequence[Scenario],
    ) -> None:
        """Writes the raw tables of the copies."""
        beside.create_schema(*place)
        with beside.transaction():
            for name, query in (
                ("leads", _leads_query(beside, self.lead, scenarios)),
                ("events", self._events_query(beside, known_at, scenarios)),
                ("outcomes", _no_outcomes_query(beside)),
            ):
                beside.execute(f"create table {beside.relation(*place, name)} as {query}")

    def _events_query(
        self, beside: Warehouse, known_at: datetime, scenarios: Sequence[Scenario]
    ) -> str:
        """The events of each copy: those that the lead has had, and those that it might have.

        Of the former those that no criterion counts are left aside, but for the first: a lead
        without any event has another status.
        """
        live, lead, text = self.live, self.lead, beside.text_type
        properties = list(enumerate(lead.properties, start=1))
        joins = "".join(
            f" left join {live.model('int_dictionary__values')} as values_{number}"
            f" on events.{beside.quote(column)} = values_{number}.value_key"
            for number, column in enumerate(lead.property_columns, start=1)
        )
        columns = ", ".join(f"property_{number}" for number, _ in properties)
        held = "".join(
            ", coalesce("
            + ", ".join(
                f"case when values_{place}.item_name = {beside.text(name)}"
                f" then values_{place}.value end"
                for place, _ in enumerate(lead.property_columns, start=1)
            )
            + f") as property_{number}"
            for number, name in properties
        )
        columns = f", {columns}" if columns else ""
        might_be = [
            (
                *(str(number), str(place), str(scenario.moment), event.name),
                *(dict(event.properties).get(name) for name in lead.properties),
            )
            for number, scenario in enumerate(scenarios)
            for place, event in enumerate(scenario.events)
        ]
        query = (
            "with lead_events as ("
            " select events.occurred_at, names.event_name,"
            " row_number() over (order by events.occurred_at, events.event_hash) as position"
            f"{held}"
            f" from {live.model('int_facts__events')} as events"
            f" inner join {live.model('int_dictionary__event_names')} as names"
            f" on events.event_name_key = names.event_name_key{joins}"
            f" where events.lead_key = {lead.key} and events.reason is null"
            f" and events.known_at <= {beside.moment(known_at)}"
            "), counted_events as ("
            " select * from lead_events where position = 1 or event_name in ("
            f" select counted.event_name from {live.model('int_policy__criterion_events')}"
            " as counted)"
            f") select cast(copies.copy || '-' || cast(position as {text}) as {text}) as event_id,"
            f" cast(copies.copy as {text}) as lead_id, cast(event_name as {text}) as event_name,"
            f" occurred_at{columns} from counted_events cross join "
            + _rows(beside, "copies", ("copy",), [(str(n),) for n, _ in enumerate(scenarios)])
        )
        if might_be:
            names = ("copy", "place", "occurred_at", "event_name")
            names += tuple(f"property_{number}" for number, _ in properties)
            query += (
                f" union all select cast(copy || '+' || place as {text}), cast(copy as {text}),"
                f" cast(event_name as {text}), cast(occurred_at as timestamp)"
                + "".join(f", cast(property_{number} as {text})" for number, _ in properties)
                + f" from {_rows(beside, 'possible_events', names, might_be)}"
            )
        return query

    def _read(self, beside: Warehouse, copies: int) -> list[dict[str, Outlook]]:
        """What each copy was given."""
        points: dict[tuple[str, int], dict[int, Decimal]] = {}
        for row in beside.rows(
            "select leads.lead_id, entries.scorecard_key, entries.criterion_key, entries.points"
            f" from {beside.model(ENTRIES)} as entries"
            f" inner join {beside.model('int_facts__leads')} as leads"
            " on entries.lead_key = leads.lead_key"
        ):
            key = (row["lead_id"], row["scorecard_key"])
            points.setdefault(key, {})[row["criterion_key"]] = row["points"]
        found: list[dict[str, Outlook]] = [{} for _ in range(copies)]
        for row in beside.rows(
            "select scores.lead_id, scores.scorecard_id, scorecards.scorecard_key, scores.score,"
            " scores.fit_score, scores.engagement_score, scores.score_status, scores.band"
            f" from {beside.model(SCORES)} as scores"
            f" inner join {self.live.model('int_policy__scorecards')} as scorecards"
            " on scores.scorecard_id = scorecards.scorecard_id"
        ):
            found[int(row["lead_id"])][row["scorecard_id"]] = Outlook(
                row["score"],
                row["fit_score"],
                row["engagement_score"],
                row["score_status"],
                row["band"],
                points.get((row["lead_id"], row["scorecard_key"]), {}),
            )
        return found


def _vars(place: _Place, lead: LiveLead) -> dict[str, Any]:
    """The settings that point the models at the copies."""
    database, schema = place
    return {
        SUFFIX_VAR: SUFFIX,
        "use_demo_data": False,
        "crm_database": database or "",
        "crm_schema": schema,
        "leads_table": "leads",
        "tracking_database": database or "",
        "tracking_schema": schema,
        "events_table": "events",
        # There are none, but only what can have outcomes is scored at moments of its own.
        "has_outcomes": True,
        "outcomes_table": "outcomes",
        "has_identities": False,
        **{f"{name}_model": "" for name in ("leads", "events", "outcomes", "identities")},
        "lead_attributes": list(lead.attributes),
        "event_properties": {
            name: f"property_{number}" for number, name in enumerate(lead.properties, start=1)
        },
        "lead_columns_in_mart": [],
        "keep_inputs": False,
        "as_known": False,
        "backtest": True,
        "backtest_moment_column": _MOMENT,
    }


def _words(state: Path) -> list[str]:
    """What dbt is to build, and where it finds what it is only to read."""
    selected = [f"+{name},package:{PACKAGE}" for name in (SCORES, ENTRIES)]
    left_out = [*(f"tag:{tag}" for tag in (KEPT, HISTORY, POLICY)), *_POLICY_MODELS]
    return [
        *TABLES_ONLY,
        "--full-refresh",
        *("--select", *selected),
        *("--exclude", *left_out),
        *("--defer", "--favor-state", "--state", str(state)),
    ]


def _leads_query(beside: Warehouse, lead: LiveLead, scenarios: Sequence[Scenario]) -> str:
    """The rows of the copies: what is known of the lead, but for what the scenario says."""
    text = beside.text_type
    attributes = "".join(
        f", cast(case when attribute = {beside.text(name)} then value else"
        f" {_constant(beside, value)} end as {text}) as {beside.quote(name)}"
        for name, value in lead.attributes.items()
        if name != "lead_id"
    )
    rows = [
        (str(number), str(scenario.moment), scenario.attribute, scenario.value)
        for number, scenario in enumerate(scenarios)
    ]
    return (
        f"select cast(copy as {text}) as lead_id, cast(moment as {text}) as {_MOMENT}{attributes}"
        f" from {_rows(beside, 'copies', ('copy', 'moment', 'attribute', 'value'), rows)}"
    )


def _no_outcomes_query(beside: Warehouse) -> str:
    columns = ("lead_id", "outcome", "occurred_at")
    cells = ", ".join(f"cast(null as {beside.text_type}) as {column}" for column in columns)
    return f"select {cells} where 1 = 0"


def _rows(
    warehouse: Warehouse, alias: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]
) -> str:
    """Rows of texts as a table of a query."""
    listed = ", ".join(f"({', '.join(_constant(warehouse, cell) for cell in row)})" for row in rows)
    return f"(values {listed}) as {alias} ({', '.join(columns)})"


def _constant(warehouse: Warehouse, cell: str | None) -> str:
    return f"cast(null as {warehouse.text_type})" if cell is None else warehouse.text(cell)
