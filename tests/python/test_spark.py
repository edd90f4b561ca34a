"""The project on a Spark cluster: the same cases and stories as on the embedded engine.

A run takes one to two minutes there. The whole of it is run on demand: LEADSCORE_TEST_ALL=1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import golden
import pytest
import sequences
import spark_cluster
import test_explain_next
import test_golden_dbt
import test_incremental
from harness import Project, failures
from marts import diff_marts, marts_of
from previews import preview_of_edits
from spark_cluster import SparkCluster

_ABSENT = spark_cluster.reason_unavailable()
pytestmark = pytest.mark.skipif(_ABSENT is not None, reason=str(_ABSENT))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:
    """Return a cluster for all tests of this file."""
    with SparkCluster(tmp_path_factory.mktemp("spark") / "cluster") as started:
        yield started


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, cluster: SparkCluster) -> Project:
    """Return one project for all tests: each test replaces its inputs and policy."""
    return Project(tmp_path_factory.mktemp("a project") / "copy", cluster)


@pytest.fixture(scope="module")
def scored_demo(tmp_path_factory: pytest.TempPathFactory, cluster: SparkCluster) -> Project:
    """Return a project with the demo's own policy."""
    return Project(tmp_path_factory.mktemp("the demo") / "copy", cluster)


@pytest.mark.skipif(not golden.CASES, reason=golden.ABSENT)
@pytest.mark.parametrize("name", golden.GOOD_ON_SERVERS)
def test_every_cell_is_as_expected(project: Project, name: str) -> None:
    test_golden_dbt.test_every_cell_is_as_expected(project, name)


@pytest.mark.skipif(not golden.CASES, reason=golden.ABSENT)
@pytest.mark.parametrize("name", golden.BAD_ON_SERVERS)
def test_every_planted_error_is_named_and_the_marts_stay(project: Project, name: str) -> None:
    test_golden_dbt.test_every_planted_error_is_named_and_the_marts_stay(project, name)


def test_a_table_that_was_dropped_but_not_replaced_yet_is_found_again(
    scored_demo: Project, cluster: SparkCluster
) -> None:
    config = {"use_demo_data": True}
    invocation = scored_demo.run(config, "+kept_identities")
    assert invocation.ok, failures(invocation)
    kept = f"{scored_demo.name}_history.kept_identities"
    rows = sorted(cluster.sql(f"select row_key, dbt_valid_from from {kept}"))
    assert rows
    # What a run leaves that dies between the two steps, and half of what it wrote.
    cluster.sql(f"create table {kept}__next as select * from {kept}")
    cluster.sql(f"drop table {kept}")
    invocation = scored_demo.run({**config, "keep_inputs": False}, "kept_identities")
    assert invocation.ok, failures(invocation)
    assert sorted(cluster.sql(f"select row_key, dbt_valid_from from {kept}")) == rows
    assert not cluster.sql(f"show tables in {scored_demo.name}_history like '*__next'")


def test_a_session_that_would_round_is_refused(scored_demo: Project, cluster: SparkCluster) -> None:
    setting = "spark.sql.decimalOperations.allowPrecisionLoss"
    profile = scored_demo.root / "profiles.yml"
    text = profile.read_text(encoding="utf-8")
    try:
        profile.write_text(text.replace(f"{setting}: 'false'", f"{setting}: 'true'"))
        invocation = scored_demo.run({"use_demo_data": True}, "+int_policy__gate")
    finally:
        profile.write_text(text, encoding="utf-8")
    assert [step.name for step in invocation.failed] == ["int_policy__gate"]
    assert setting in failures(invocation)
    assert not cluster.sql(f"show tables in {scored_demo.name} like 'scored_leads'")


@pytest.mark.on_demand
def test_what_comes_next_comes_out(project: Project) -> None:
    world = test_explain_next.crafted_world(project)
    found = world.explain("ann")
    assert len(found) == 13
    world.check("ann", found)


@pytest.mark.on_demand
def test_tables_outlive_the_session(scored_demo: Project, cluster: SparkCluster) -> None:
    invocation = scored_demo.run({"use_demo_data": True}, "+policy_errors +int_dictionary__owners")
    assert invocation.ok, failures(invocation)
    owners = f"select * from {scored_demo.name}_intermediate.int_dictionary__owners"
    rows = sorted(cluster.sql(owners))
    spark_cluster.end_session()
    assert sorted(cluster.sql(owners)) == rows


@pytest.mark.on_demand
def test_a_preview_says_what_it_says_on_the_embedded_engine(
    cluster: SparkCluster, tmp_path: Path
) -> None:
    on_cluster = Project(tmp_path / "on the cluster", cluster)
    said = preview_of_edits(on_cluster)
    assert not cluster.sql(f"show databases like '{on_cluster.name}*preview*'")
    assert said["is_changed"]
    assert said == preview_of_edits(Project(tmp_path / "embedded"))


# --- stories, on demand --------------------------------------------------------------------


@pytest.mark.on_demand
def test_many_runs_give_what_one_gives(
    tmp_path_factory: pytest.TempPathFactory, cluster: SparkCluster
) -> None:
    folder = tmp_path_factory.mktemp("incremental")
    pair = test_incremental.Pair(
        Project(folder / "running", cluster), Project(folder / "anew", cluster)
    )
    pair.begin("a story on Spark")
    last = None
    for step in sequences.story(test_incremental.SEED):
        pair.run(step)
        last = step if step.is_valid else last
    assert last is not None
    pair.compare(last)
    invocation = pair.running.run(last.config, full_refresh=True)
    assert invocation.ok, pair.message(failures(invocation))
    differences = diff_marts(marts_of(pair.anew), marts_of(pair.running))
    assert not differences, pair.message("A full refresh gives other rows:", *differences)
