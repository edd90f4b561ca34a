"""The project on PostgreSQL: the same cases, policies and stories as on the embedded engine.

What takes long is run on demand: LEADSCORE_TEST_ALL=1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import golden
import postgres_server
import pytest
import strategies
import test_explain_next
import test_golden_dbt
import test_incremental
import test_second_opinion
from command import Copy, Said
from harness import Project, failures
from leadscore.dbt import Dbt
from leadscore.project import Project as LeadscoreProject
from marts import diff_marts, marts_of
from postgres_server import PostgresServer
from previews import preview_of_edits
from test_incremental import Pair
from test_raw_inputs import CONFIG, STAGED, STAGING, as_text
from test_second_opinion import (
    test_empty_tables_are_no_failure,
    test_missing_files_and_columns_are_named_at_once,
)
from workbenches import see_every_page

__all__ = [
    "test_empty_tables_are_no_failure",
    "test_missing_files_and_columns_are_named_at_once",
]
_ABSENT = postgres_server.reason_unavailable()
pytestmark = pytest.mark.skipif(_ABSENT is not None, reason=str(_ABSENT))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Return a server for all tests of this file."""
    with PostgresServer(tmp_path_factory.mktemp("postgres") / "server") as started:
        yield started


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, server: PostgresServer) -> Project:
    """Return one project for all tests: each test replaces its inputs and policy."""
    return Project(tmp_path_factory.mktemp("a project") / "copy", server)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, server: PostgresServer) -> Pair:
    """Return two projects on the server; each story starts from nothing."""
    folder = tmp_path_factory.mktemp("incremental")
    return Pair(Project(folder / "running", server), Project(folder / "anew", server))


@pytest.mark.skipif(not golden.CASES, reason=golden.ABSENT)
@pytest.mark.parametrize("name", golden.GOOD_ON_SERVERS)
def test_every_cell_is_as_expected(project: Project, name: str) -> None:
    test_golden_dbt.test_every_cell_is_as_expected(project, name)


@pytest.mark.skipif(not golden.CASES, reason=golden.ABSENT)
@pytest.mark.parametrize("name", golden.BAD_ON_SERVERS)
def test_every_planted_error_is_named_and_the_marts_stay(project: Project, name: str) -> None:
    test_golden_dbt.test_every_planted_error_is_named_and_the_marts_stay(project, name)


@pytest.mark.on_demand
def test_random_policies_give_the_marts_of_the_embedded_engine(
    project: Project, tmp_path: Path
) -> None:
    embedded = Project(tmp_path / "embedded")
    world = strategies.world(test_second_opinion.SEED, policies=40, leads=80, events=600)
    found = []
    for one in (embedded, project):
        one.load_raw(world.raw)
        one.write_policy(world.policy)
        invocation = one.run(world.config, full_refresh=True)
        assert invocation.ok, failures(invocation)
        found.append(marts_of(one))
    differences = diff_marts(*found)
    assert not differences, "\n".join(differences)
    # Nothing agrees for want of rows.
    assert sum(found[0]["scored_leads"].rows.values()) > 500


@pytest.mark.on_demand
def test_what_comes_next_comes_out(project: Project) -> None:
    world = test_explain_next.crafted_world(project)
    found = world.explain("ann")
    assert len(found) == 13
    world.check("ann", found)
    with project.warehouse() as warehouse:
        schemas = warehouse.rows("select schema_name from information_schema.schemata")
    assert not [row for row in schemas if "what_if" in row["schema_name"]]


@pytest.mark.on_demand
def test_every_random_score_is_the_same(project: Project) -> None:
    test_second_opinion.test_every_random_score_is_the_same(project)


@pytest.mark.on_demand
def test_every_planted_error_is_named_at_once(project: Project) -> None:
    test_second_opinion.test_every_planted_error_is_named_at_once(project)


@pytest.mark.on_demand
def test_many_runs_give_what_one_gives(pair: Pair) -> None:
    test_incremental.test_many_runs_give_what_one_gives(pair)


# --- the command line, with the profile that the example makes --------------------------------


@pytest.fixture(scope="module")
def warehouse(
    tmp_path_factory: pytest.TempPathFactory, server: PostgresServer
) -> Iterator[tuple[Copy, Said]]:
    """Return a copy of the project whose demo is scored on the server, and what the run said."""
    output = server.output("command_line")
    with pytest.MonkeyPatch.context() as environment:
        for name, key in (
            ("HOST", "host"),
            ("PORT", "port"),
            ("USER", "user"),
            ("PASSWORD", "password"),
            ("DATABASE", "dbname"),
        ):
            environment.setenv(f"LEADSCORE_POSTGRES_{name}", str(output[key]))
        copy = Copy.fresh(tmp_path_factory.mktemp("command_line") / "copy")
        yield copy, copy.leadscore("run", "--target", "postgres", "--json")


def test_the_demo_scores_and_explains_itself(warehouse: tuple[Copy, Said]) -> None:
    copy, said = warehouse
    assert said.code == 0, said.err
    assert said.json["published"] is None
    assert said.json["warehouse"] == "postgres at 127.0.0.1"
    told = copy.leadscore("explain", "example-b2b-53", "--target", "postgres", "--json")
    assert told.code == 0, told.err
    (scorecard,) = told.json["scorecards"]
    assert float(scorecard["score"]) == 53
    assert len(scorecard["ledger"]) == 4
    assert copy.leadscore("publish", "--target", "postgres", "--json").json["published"] is None
    refused = copy.leadscore("load", "--target", "postgres", "--leads", copy.policy / "bands.csv")
    assert refused.code == 2
    assert "embedded" in refused.err


def test_the_workbench_shows_it(
    warehouse: tuple[Copy, Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    see_every_page(warehouse[0].root, "postgres", monkeypatch)


def test_an_export_is_that_of_the_embedded_engine(
    warehouse: tuple[Copy, Said], scored: Copy, tmp_path: Path
) -> None:
    marts = [
        *("scored_leads", "lead_score_contributions", "scored_accounts", "rejected_rows"),
        "sync_lead_scores",
    ]
    found = []
    for copy, target in ((scored, "duckdb"), (warehouse[0], "postgres")):
        folder = tmp_path / target
        said = copy.leadscore("export", *marts, "--to", folder, "--target", target)
        assert said.code == 0, said.err
        found.append(
            {mart: sorted((folder / f"{mart}.csv").read_text().splitlines()) for mart in marts}
        )
    assert found[0] == found[1]


def test_changes_for_a_crm_are_exported_once(
    warehouse: tuple[Copy, Said], server: PostgresServer, tmp_path: Path
) -> None:
    copy, _ = warehouse

    def export(*words: str, folder: Path = tmp_path) -> Said:
        return copy.leadscore(
            *("export", "--destination", "lake", "--format", "jsonl", "--target", "postgres"),
            *("--to", folder, "--json", *words),
        )

    # Planned, and not written: the next one writes the same batch.
    (tmp_path / "taken").write_text("")
    failed = export(folder=tmp_path / "taken" / "here")
    assert failed.code == 1, failed.out
    assert export("--dry-run").json["unfinished_batch"].startswith("lake-000001-")
    said = export()
    assert said.code == 0, said.err
    (file,) = said.json["files"]
    assert file["is_repeated"]
    lines = [json.loads(line) for line in Path(file["file"]).read_text().splitlines()]
    told = {(line["scorecard_id"], line["lead_id"], line["row_hash"]) for line in lines}
    rows = "select scorecard_id, lead_id, row_hash from leadscore.sync_lead_scores"
    assert told == set(server.rows(rows, "command_line"))
    assert len(told) == len(lines) == file["rows"]
    assert export().json["files"] == []
    for change in (
        "update leadscore.sync_lead_scores set band = null, row_hash = 'other'"
        " where lead_id = 'L-0259' and scorecard_id = 'b2b'",
        "delete from leadscore.sync_lead_scores where lead_id = 'L-0029'",
    ):
        server.execute(change, "command_line")
    said = export()
    assert said.json["files"][0]["changes"] == {"moved": 1, "gone": 2}
    lines = [
        json.loads(line) for line in Path(said.json["files"][0]["file"]).read_text().splitlines()
    ]
    assert {(line["lead_id"], line["change_reason"], float(line["score"])) for line in lines} == {
        ("L-0259", "hot to no band", 93),
        ("L-0029", "no longer in the audience", 0),
    }
    assert export().json["files"] == []


@pytest.mark.on_demand
def test_past_moments_are_added_to_the_history(
    warehouse: tuple[Copy, Said], server: PostgresServer
) -> None:
    words = ["replay", "--from", "2026-02-01", "--to", "2026-02-08", "--every", "7d"]
    said = warehouse[0].leadscore(*words, "--target", "postgres")
    assert said.code == 0, said.err
    assert "publish" not in said.out
    moments = (
        "select count(*) from leadscore_history.int_history__score_spans where lead_id is null"
    )
    assert server.rows(moments, "command_line") == [(3,)]
    left = "select count(*) from information_schema.schemata where schema_name like '%replay'"
    assert server.rows(left, "command_line") == [(0,)]


def test_a_cell_that_is_no_number_is_told_and_nothing_changes(
    warehouse: tuple[Copy, Said], server: PostgresServer
) -> None:
    copy, _ = warehouse
    scores = (
        "select md5(string_agg(cast(scored_leads as text), ';' order by scorecard_id, lead_id))"
    )
    scores += " from leadscore.scored_leads"
    before = server.rows(scores, "command_line")
    right, wrong = "trial_started,,,,,,,,120,20,", "trial_started,,,,,,,,120,2O,"
    copy.edit("criteria", right, wrong)
    try:
        said = copy.leadscore("run", "--target", "postgres", "--json")
    finally:
        copy.edit("criteria", wrong, right)
    assert said.code == 3, said.err
    (problem,) = said.json["problems"]
    assert problem["value"] == "2O"
    assert server.rows(scores, "command_line") == before


def test_seeds_hold_the_text_of_the_file_and_follow_its_columns(
    server: PostgresServer, tmp_path: Path
) -> None:
    # dbt itself loads what the command line refuses, such as a row that ends early.
    project = Project(tmp_path / "copy", server)
    groups = project.root / "seeds" / "scoring" / "groups.csv"
    groups.write_text("scorecard_id,group_id,dimension\na,b,fit\n", encoding="utf-8")
    seeds = Dbt(LeadscoreProject(project.root, given_vars={"use_demo_data": False}))
    assert seeds.call("seed", "--select", "groups").ok
    # A byte order mark, a column that the format does not know, a row that ends early.
    groups.write_text(
        "\ufeffscorecard_id,group_id,Remarks %s,name\nb2b,null,007,\nb2b, NULL ,1e3\n",
        encoding="utf-8",
    )
    invocation = seeds.call("seed", "--select", "groups")
    assert invocation.ok, failures(invocation)
    rows = server.rows("select * from leadscore_policy.groups order by 3", project.name)
    assert rows == [("b2b", "null", "007", None), ("b2b", " NULL ", "1e3", None)]


def test_a_database_that_folds_ascii_only_is_refused(
    server: PostgresServer, tmp_path: Path
) -> None:
    project = Project(tmp_path / "copy", server)
    server.drop(project.name)
    server.execute(f"create database {project.name} template template0 encoding 'UTF8' locale 'C'")
    project.load_raw(as_text())
    invocation = project.run({**CONFIG, "use_demo_data": True})
    assert not invocation.ok
    assert "cannot fold the case of letters other than a to z" in failures(invocation)
    assert not project.read("scored_leads")


@pytest.mark.on_demand
def test_a_preview_says_what_it_says_on_the_embedded_engine(
    server: PostgresServer, tmp_path: Path
) -> None:
    on_server = Project(tmp_path / "on the server", server)
    said = preview_of_edits(on_server)
    left = server.rows(
        "select schema_name from information_schema.schemata where schema_name like '%preview%'",
        on_server.name,
    )
    assert left == []
    assert said["is_changed"]
    assert said == preview_of_edits(Project(tmp_path / "embedded"))


# --- raw tables as warehouses really hold them ---------------------------------------------

# Each column of test_raw_inputs, and the type that a warehouse may well give it.
_TYPES = {
    "leads": {
        "lead_id": "bigint",
        "created_at": "timestamptz",
        "updated_at": "date",
        "employees": "double precision",
        "trial_ends_at": "date",
    },
    "events": {
        "event_id": "uuid",
        "event_name": "char(12)",
        "occurred_at": "timestamptz",
        "lead_id": "numeric",
        "anonymous_id": "integer",
        "loaded_at": "timestamp",
        "amount": "real",
        "payload": "jsonb",
    },
    "outcomes": {
        "lead_id": "numeric(10, 2)",
        "outcome": 'varchar(20) collate "C"',
        "occurred_at": "date",
        "amount": "numeric(12, 4)",
    },
    "identities": {
        "anonymous_id": "smallint",
        "lead_id": "bigint",
        "identified_at": "timestamp(0)",
    },
}


def _staged(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    with project.warehouse() as warehouse:
        for model, columns in {**STAGED, "int_identity__judged_events": "event_id, reason"}.items():
            rows = warehouse.rows(f"select {columns} from {warehouse.model(model)}")
            found[model] = sorted((tuple(row.values()) for row in rows), key=str)
    return found


def test_typed_columns_are_staged_as_their_text_is(
    project: Project, server: PostgresServer
) -> None:
    project.load_raw(as_text())
    invocation = project.run(CONFIG, STAGING)
    assert invocation.ok, failures(invocation)
    from_text = _staged(project)
    assert len(from_text["stg_tracking__events"]) == 3

    # What is cast from text without a zone is meant as UTC here.
    statements = ["set timezone = 'UTC'"]
    for table, columns in _TYPES.items():
        schema, name = postgres_server.RAW_TABLES[table]
        for column, kind in columns.items():
            cast = kind.partition(" collate")[0]
            statements += [
                f"alter table {schema}.{name} alter {column} type {kind} using {column}::{cast}",
                f'alter table {schema}.{name} rename {column} to "{column.upper()}"',
            ]
    # The views of the project stand on the raw tables.
    server.execute("drop schema leadscore_staging cascade", project.name)
    server.execute("; ".join(statements), project.name)
    invocation = project.run(CONFIG, STAGING)
    assert invocation.ok, failures(invocation)
    assert _staged(project) == from_text


def test_hostile_values_are_not_known_and_stop_nothing(
    project: Project, server: PostgresServer
) -> None:
    project.load_raw({})
    server.execute(
        """
        drop schema if exists leadscore_staging cascade;
        create extension if not exists citext;
        create collation if not exists crm.any_case
            (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create type crm.source as enum ('Web', 'Fair');
        create table crm.leads (
            lead_id text collate crm.any_case, created_at timestamptz, updated_at timestamp,
            title citext collate "C", employees numeric, score_before real, tags text[],
            source crm.source, trial_ends_at date, born date
        );
        insert into crm.leads values
            (
                'a', '-infinity', 'infinity', ' ÉDITEUR ', 'NaN', 'NaN', '{x,"y z"}', 'Web',
                'infinity', null
            ),
            (
                'A', '2026-01-01 00:00+00', null, 'Editor', 'Infinity', '-Infinity', '{}', 'Fair',
                null, '0044-03-15 BC'
            ),
            (
                'b', '294276-12-31 23:59:59+00', '4713-01-01 BC', 'x', 1e30, 1e-30, null, null,
                '2026-04-01', null
            );
        create table tracking.events (
            event_id bigint, event_name name, occurred_at timestamptz, loaded_at timestamptz,
            lead_id text, amount numeric, payload json
        );
        insert into tracking.events values
            (1, 'login', 'infinity', null, 'a', 'NaN', '{"plan": "x", "plan": "y"}'),
            (2, 'login', '294276-12-31 23:59:59+00', null, 'a', 'Infinity', '{"plan": "\\u0000"}'),
            (3, 'login', '4713-01-01 00:00:00+00 BC', null, 'a', 1e-20, '[1]'),
            (4, 'login', '2026-02-01 00:00:00.123456+09:30', null, 'A', 1e20, '{"plan": 1.50}');
        """,
        project.name,
    )
    config = {
        "as_of": "2026-03-01",
        "has_outcomes": False,
        "has_identities": False,
        "lead_attributes": [
            "title", "employees", "score_before", "tags", "source", "trial_ends_at", "born",
        ],
        "event_properties": {"amount": "amount", "plan": "payload:$.plan"},
    }  # fmt: skip
    policy = strategies.world(1, policies=1, leads=5, events=5).policy
    project.write_policy({name: type(rows)([], rows.columns) for name, rows in policy.items()})
    invocation = project.run(config, full_refresh=True)
    assert invocation.ok, failures(invocation)
    with project.warehouse() as warehouse:
        leads = warehouse.rows(
            "select lead_id, cast(created_at as text) as created_at,"
            " cast(updated_at as text) as updated_at, attribute_title, attribute_employees,"
            " attribute_score_before, attribute_tags, attribute_source, attribute_trial_ends_at"
            f" from {warehouse.model('stg_crm__leads')}"
        )
        events = warehouse.rows(
            "select event_id, lead_id, cast(occurred_at as text) as occurred_at, property_amount,"
            f" property_plan from {warehouse.model('stg_tracking__events')}"
        )
        values = warehouse.rows(
            "select value_folded from "
            f"{warehouse.model('int_dictionary__values')} where item_name = 'title'"
        )
        rejected = warehouse.rows(
            f"select row_id, reason from {warehouse.model('rejected_rows')} order by row_id"
        )
    by_id = {row["lead_id"]: list(row.values())[1:] for row in leads}
    assert by_id == {
        "a": [None, None, "ÉDITEUR", None, None, '["x","y z"]', "Web", "infinity"],
        "A": ["2026-01-01 00:00:00", None, "Editor", "Infinity", "-Infinity", "[]", "Fair", None],
        "b": [
            "294276-12-31 23:59:59", "4713-01-01 00:00:00 BC", "x", "1" + 30 * "0",
            "0." + 29 * "0" + "1", None, None, "2026-04-01",
        ],
    }  # fmt: skip
    assert {"éditeur", "editor", "x"} <= {row["value_folded"] for row in values}
    assert {row["event_id"]: list(row.values())[1:] for row in events} == {
        "2": ["a", "294276-12-31 23:59:59", "Infinity", None],
        "3": ["a", "4713-01-01 00:00:00 BC", "0." + 19 * "0" + "1", None],
        "4": ["A", "2026-01-31 14:30:00.123456", "1" + 20 * "0", "1.5"],
    }
    assert rejected == [{"row_id": "1", "reason": "missing_time"}]
