"""Raw tables as warehouses really hold them: of other types, in another case, incomplete."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb
import pytest
from harness import RAW_TABLES, Project, failures

STAGING = (
    "path:models/staging/crm path:models/staging/tracking path:models/intermediate/identity"
    " int_dictionary__owners"
)
CONFIG: dict[str, Any] = {
    "as_of": "2026-03-01T00:00:00",
    "lead_attributes": ["employees", "trial_ends_at"],
    "event_properties": {"amount": "amount", "plan": "payload:$.plan"},
}
# Each table as text, and the type that a warehouse may well give each column.
COLUMNS = {
    "leads": {
        "lead_id": "bigint",
        "created_at": "timestamptz",
        "updated_at": "date",
        "employees": "double",
        "trial_ends_at": "date",
    },
    "events": {
        "event_id": "uuid",
        "event_name": "varchar",
        "occurred_at": "timestamptz",
        "lead_id": "bigint",
        "anonymous_id": "integer",
        "loaded_at": "timestamp_ns",
        "amount": "double",
        "payload": "struct(plan varchar)",
    },
    "outcomes": {
        "lead_id": "bigint",
        "outcome": "varchar",
        "occurred_at": "date",
        "amount": "float",
    },
    "identities": {"anonymous_id": "integer", "lead_id": "bigint", "identified_at": "timestamp_s"},
}
EVENT_ID = "00000000-0000-0000-0000-00000000000"
ROWS: dict[str, list[tuple[str | None, ...]]] = {
    "leads": [
        ("1", "2026-01-01T01:00:00+02:00", "2026-01-02", "300", "2026-04-01"),
        ("1", "2026-01-01T01:00:00+02:00", "2026-01-03", "12.5", None),
        ("2", None, None, None, "2026-04-02"),
    ],
    "events": [
        (f"{EVENT_ID}1", "login", "2026-02-01 10:00:00Z", "1", None, None, "5", None),
        (f"{EVENT_ID}1", "login", "2026-02-01 10:00:00Z", "1", None, None, "7", None),
        (f"{EVENT_ID}2", "login", "2026-02-01T10:00:00.5-01:00", None, "7", None, None, None),
        (f"{EVENT_ID}3", "login", "2026-02-03", "2", "7", "2026-02-01T23:59:59", "1000000", None),
        (f"{EVENT_ID}4", "login", "2026-02-03", "2", "7", "2026-02-02", "0.25", '{"plan":"gold"}'),
        (f"{EVENT_ID}5", "login", "2026-02-03", "9", None, None, None, None),
    ],
    "outcomes": [("2", "won", "2026-02-10", "99.5"), ("9", "won", "2026-02-10", None)],
    "identities": [("7", "2", "2026-02-02T00:00:00")],
}
STAGED = {
    "stg_crm__leads": (
        "lead_id, created_at, updated_at, attribute_employees, attribute_trial_ends_at"
    ),
    "stg_tracking__events": (
        "event_id, lead_id, occurred_at, known_at, loaded_at, property_amount, property_plan"
    ),
    "stg_crm__outcomes": "lead_id, outcome, amount, occurred_at, known_at",
    "stg_tracking__identities": "anonymous_id, merged_lead_id, lead_id, identified_at",
}


def as_text(tables: Iterable[str] = tuple(ROWS)) -> dict[str, list[dict[str, str | None]]]:
    """Return the raw tables as text."""
    return {
        table: [dict(zip(COLUMNS[table], row, strict=True)) for row in ROWS[table]]
        for table in tables
    }


def _execute(project: Project, *statements: str) -> None:
    with duckdb.connect(str(project.database)) as connection:
        # What is cast from text without a zone is meant as UTC here.
        connection.execute("set timezone = 'UTC'")
        for statement in statements:
            connection.execute(statement)


def _staged(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(project.database)) as connection:
        found = {
            model: sorted(
                connection.execute(f"select {columns} from leadscore_staging.{model}").fetchall(),
                key=str,
            )
            for model, columns in STAGED.items()
        }
        found["refused"] = sorted(
            connection.execute(
                """
                select lead_id, reason from leadscore_intermediate.int_identity__judged_leads
                union all
                select event_id, reason from leadscore_intermediate.int_identity__judged_events
                union all
                select named_lead_id, reason
                from leadscore_intermediate.int_identity__judged_outcomes
                """
            ).fetchall(),
            key=str,
        )
    return found


def test_typed_columns_are_staged_as_their_text_is(project: Project) -> None:
    project.load_raw(as_text())
    invocation = project.run(CONFIG, STAGING)
    assert invocation.ok, failures(invocation)
    from_text = _staged(project)
    assert [row[0] for row in from_text["stg_crm__leads"]] == ["1", "2"]
    assert len(from_text["stg_tracking__events"]) == 3

    _execute(
        project,
        *(
            f"create or replace table {RAW_TABLES[table]} as select "
            + ", ".join(
                f'cast({name} as {kind}) as "{name.upper()}"'
                for name, kind in COLUMNS[table].items()
            )
            + f" from {RAW_TABLES[table]}"
            for table in ROWS
        ),
    )
    invocation = project.run(CONFIG, STAGING)
    assert invocation.ok, failures(invocation)
    assert _staged(project) == from_text


def test_text_compares_by_bytes_whatever_the_collation_of_the_columns(project: Project) -> None:
    raw = as_text()
    raw["leads"] += [{**raw["leads"][0], "lead_id": "a"}, {**raw["leads"][0], "lead_id": "A"}]
    project.load_raw(raw)
    _execute(
        project,
        "create or replace table crm.leads as select lead_id collate nocase as lead_id, "
        "created_at, updated_at, employees, trial_ends_at from crm.leads",
    )
    invocation = project.run(CONFIG, STAGING)
    assert invocation.ok, failures(invocation)
    assert [row[0] for row in _staged(project)["stg_crm__leads"]] == ["1", "2", "A", "a"]


def test_outcomes_and_identities_may_be_absent(project: Project) -> None:
    project.load_raw(as_text(["leads", "events"]))
    config = {**CONFIG, "has_outcomes": False, "has_identities": False}
    invocation = project.run(config, STAGING)
    assert invocation.ok, failures(invocation)
    staged = _staged(project)
    assert staged["stg_crm__outcomes"] == []
    assert staged["stg_tracking__identities"] == []
    assert (f"{EVENT_ID}2", "unidentified") in staged["refused"]


def test_a_declared_column_that_is_absent_is_warned_of_and_not_known(project: Project) -> None:
    project.load_raw(as_text())
    config = {
        **CONFIG,
        "lead_attributes": ["employees", "shoe_size", "trial_ends_at"],
        "event_properties": {**CONFIG["event_properties"], "colour": "Details:$.colour"},
        "lead_columns_in_mart": ["phone"],
    }
    invocation = project.run(config, STAGING)
    assert invocation.ok, failures(invocation)
    warnings = "\n".join(invocation.warnings)
    for words in (
        "crm.leads has no column shoe_size, which the var lead_attributes declares",
        "crm.leads has no column phone, which the var lead_columns_in_mart declares",
        "tracking.events has no column details, which the var event_properties declares",
    ):
        assert words in warnings
    with duckdb.connect(str(project.database)) as connection:
        assert connection.execute(
            "select distinct attribute_shoe_size, mart_phone from leadscore_staging.stg_crm__leads"
        ).fetchall() == [(None, None)]
        assert connection.execute(
            "select distinct property_colour from leadscore_staging.stg_tracking__events"
        ).fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("table", "dropped", "words"),
    [
        ("leads", ["lead_id"], ["crm.leads lacks the required column lead_id"]),
        (
            "events",
            ["event_name", "occurred_at"],
            ["tracking.events lacks the required columns event_name, occurred_at"],
        ),
        (
            "events",
            ["lead_id", "anonymous_id"],
            ["tracking.events lacks the required column lead_id or anonymous_id"],
        ),
        (
            "identities",
            ["anonymous_id", "identified_at"],
            ["lacks the required columns identified_at, anonymous_id or merged_lead_id"],
        ),
        ("outcomes", ["outcome"], ["crm.outcomes lacks the required column outcome"]),
        ("outcomes", list(COLUMNS["outcomes"]), ["crm.outcomes was not found", "has_outcomes"]),
    ],
)
def test_a_table_or_column_that_is_needed_and_absent_is_named(
    project: Project, table: str, dropped: list[str], words: list[str]
) -> None:
    project.load_raw(as_text())
    relation = RAW_TABLES[table]
    if dropped == list(COLUMNS[table]):
        _execute(project, f"drop table {relation}")
    else:
        _execute(project, *(f"alter table {relation} drop column {name}" for name in dropped))
    invocation = project.run(CONFIG, STAGING)
    assert not invocation.ok
    for word in words:
        assert word in failures(invocation)
