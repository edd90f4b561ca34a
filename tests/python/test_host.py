"""A project of a few rows that imports this one, with models of the same names."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from harness import failures
from importing import Host
from leadscore.dbt import Invocation

SHOP = Path(__file__).parent / "fixtures" / "host"
SCORES = "select lead_id, score from shop_leadscore.scored_leads order by lead_id"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Host, Invocation]:
    """Return the project once it was built, tests and all, and what came of that."""
    host = Host.copied(SHOP, tmp_path_factory.mktemp("a host") / "shop")
    invocation = host.dbt("build")
    assert invocation.ok, failures(invocation)
    host.save()
    return host, invocation


@pytest.fixture
def host(built: tuple[Host, Invocation]) -> Host:
    """Return the built project, to be changed."""
    built[0].restore()
    return built[0]


def test_a_build_runs_the_models_and_tests_of_both(built: tuple[Host, Invocation]) -> None:
    host, invocation = built
    assert invocation.warnings == []
    kinds = Counter(tuple(step.unique_id.split(".")[:2]) for step in invocation.steps)
    assert kinds["model", "shop"] == 3
    assert kinds["seed", "shop"] == 8
    assert kinds["seed", "leadscore"] == 0
    assert kinds["test", "leadscore"] > 100
    assert host.query(SCORES) == [("1", 23), ("2", 0), ("3", 8)]


def test_each_project_has_its_own_model_of_a_name(built: tuple[Host, Invocation]) -> None:
    host = built[0]
    assert host.query("select person, score from shop.scored_leads order by person") == [
        (1, 23),
        (2, 0),
        (3, 8),
    ]
    # The staging model of the host holds a number, the one of leadscore text.
    kinds = host.query(
        "select table_schema, data_type from information_schema.columns"
        " where table_name = 'stg_crm__leads' and column_name = 'lead_id' order by table_schema"
    )
    assert kinds == [("shop_leadscore_staging", "VARCHAR"), ("shop_staging", "INTEGER")]


def test_own_models_are_told_from_others_or_the_run_stops(host: Host) -> None:
    host.replace(
        "dbt_project.yml", "node_package_before_root: true", "node_package_before_root: false"
    )
    invocation = host.dbt("build", "--select", "+int_policy__gate", "--exclude", "test_type:data")
    said = failures(invocation)
    assert [step.name for step in invocation.failed] == ["int_policy__gate"], said
    assert "would read the model stg_crm__leads of shop" in said
    assert "require_ref_searches_node_package_before_root" in said


def test_only_policy_files_are_loaded_as_text(host: Host) -> None:
    types = "select data_type from information_schema.columns where table_name = '{}'"
    assert [
        kind for (kind,) in host.query(types.format("visits") + " order by ordinal_position")
    ] == [
        "INTEGER",
        "INTEGER",
        "TIMESTAMP",
        "VARCHAR",
        "DOUBLE",
    ]
    assert set(host.query(types.format("criteria"))) == {("VARCHAR",)}
    # A column more is no matter for a policy file; the loader of dbt could not put it anywhere.
    for file, cell in (("seeds/scoring/bands.csv", "007"), ("seeds/raw/people.csv", "x")):
        path = host.root / file
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        longer = [header + ",more", *(f"{row},{cell}" for row in rows)]
        path.write_text("\n".join(longer) + "\n", encoding="utf-8")
    assert host.dbt("seed", "--select", "bands").ok
    assert host.query("select distinct more from shop_leadscore_policy.bands") == [("007",)]
    assert not host.dbt("seed", "--select", "people").ok


def test_no_macro_takes_the_place_of_one_of_dbt(built: tuple[Host, Invocation]) -> None:
    manifest = built[0].root / "target" / "manifest.json"
    macros = json.loads(manifest.read_text(encoding="utf-8"))["macros"].values()
    own = {macro["name"] for macro in macros if macro["package_name"] == "leadscore"}
    of_dbt = {macro["name"] for macro in macros if macro["package_name"] in ("dbt", "dbt_duckdb")}
    assert own & of_dbt == {"duckdb__load_csv_rows"}


def test_the_command_line_works_in_the_host(host: Host) -> None:
    _edit(host)
    said = host.leadscore("run", "--json")
    assert said.code == 0, said.err
    assert host.query(SCORES) == [("1", 24), ("2", 15), ("3", 9)]
    assert "Visited pricing page" in host.leadscore("explain", "2").out

    host.edit("criteria", "100..500,,,,,,9,", "100..500,,,,,,nine,")
    said = host.leadscore("check", "--json")
    assert said.code == 3
    assert [problem["row_id"] for problem in said.json["checks"]["policy"]["problems"]] == ["size"]
    assert host.leadscore("run").code == 3
    assert host.query(SCORES) == [("1", 24), ("2", 15), ("3", 9)]


@pytest.mark.on_demand
def test_what_the_command_line_foretells_and_replays_in_the_host(host: Host) -> None:
    _edit(host)
    # What an edit would change is told before the run, of the rows that the last one saw.
    said = host.leadscore("preview", "--json")
    assert said.code == 0, said.err
    assert [
        (lead["lead_id"], lead["score_before"], lead["score_after"])
        for scorecard in said.json["scorecards"]
        for lead in scorecard["first"]
    ] == [("1", 23, 24), ("3", 8, 9)]
    assert host.query(SCORES) == [("1", 23), ("2", 0), ("3", 8)]

    said = host.leadscore("run", "--json")
    assert said.code == 0, said.err
    said = host.leadscore("explain", "3", "--next", "--horizon", "2", "--json")
    assert said.code == 0, said.err
    step = said.json["scorecards"][0]["steps"][0]
    assert (step["event_name"], step["gain"], step["band"]) == ("visited", 15, "hot")
    schemas = host.query("select schema_name from information_schema.schemata")
    assert not [name for (name,) in schemas if "what_if" in name]

    said = host.leadscore("replay", "--from", "2026-02-11", "--to", "2026-02-11", "--every", "1d")
    assert said.code == 0, said.err
    at_that_time = host.query(
        "select lead_id, score from shop_leadscore.lead_score_history"
        " where valid_from = '2026-02-11' order by lead_id"
    )
    assert ("1", 24) in at_that_time or ("2", 0) in at_that_time
    schemas = host.query("select distinct table_schema from information_schema.tables")
    assert not [name for (name,) in schemas if name.endswith(("_replay", "_preview"))]


def _edit(host: Host) -> None:
    """Let a visit come in, and raise the points of a criterion from 8 to 9."""
    visits = host.root / "seeds" / "raw" / "visits.csv"
    rows = visits.read_text(encoding="utf-8")
    visits.write_text(rows + "106,2,2026-02-20 10:00:00,/pricing,1.00\n", encoding="utf-8")
    host.edit("criteria", "100..500,,,,,,8,", "100..500,,,,,,9,")
