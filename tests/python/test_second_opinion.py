"""The dbt project against the independent scorer, on random leads, events and policies.

Each random policy is a scorecard of its own, so that one run of dbt judges hundreds of them.
LEADSCORE_TEST_SEED repeats a failure, LEADSCORE_TEST_RUNS asks for further worlds, each a run.
"""

from __future__ import annotations

import json
import os
from random import Random

import broken
import oracle
import pytest
import strategies
from comparison import diff_tables
from harness import COMPARED, Project, distinct, failures
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

SEED = int(os.environ.get("LEADSCORE_TEST_SEED") or 20260302)
MORE_RUNS = int(os.environ.get("LEADSCORE_TEST_RUNS") or 0)
POLICIES = 210

# Each example takes a run of dbt: what fails is not shrunk, it names its scorecard instead.
one_run_each = settings(
    max_examples=max(MORE_RUNS, 1),
    phases=[Phase.explicit, Phase.generate] if MORE_RUNS else [Phase.explicit],
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
seeds = st.integers(0, 2**32 - 1)


def _repeat(seed: int, test: str) -> str:
    """Return how to see a failure again."""
    return f"repeat with: LEADSCORE_TEST_SEED={seed} pytest tests/python -k {test}"


@one_run_each
@example(seed=SEED)
@given(seed=seeds)
def test_every_random_score_is_the_same(project: Project, seed: int) -> None:
    said = [_repeat(seed, "test_every_random_score_is_the_same")]
    world = strategies.world(seed, policies=POLICIES)
    expected = oracle.score(world.raw, world.policy, world.config)
    assert not expected["policy_errors"], [*said, expected["policy_errors"]]
    project.load_raw(world.raw)
    project.write_policy(world.policy)
    invocation = project.run(world.config, COMPARED, full_refresh=True)
    said.append(failures(invocation))
    assert invocation.ok, "\n".join(said)
    got = project.read()
    differences = diff_tables(expected, got)
    said += [*differences, *_policy_of_first(differences, world)]
    assert not differences, "\n".join(said)
    # Nothing agrees for want of rows.
    for name in (
        "scored_leads",
        "scored_leads_draft",
        "contributions",
        "rejected_rows",
        "backtest_scores",
    ):
        assert len(got[name]) > 100, name


def _policy_of_first(differences: list[str], world: strategies.World) -> list[str]:
    """Return the policy of the first scorecard that a difference names, and the config."""
    for line in differences:
        for row in world.policy["scorecards"]:
            if f" {row['scorecard_id']}/" in line:
                policy = strategies.only(world.policy, row["scorecard_id"])
                shown = {"config": world.config, "policy": policy}
                return [json.dumps(shown, ensure_ascii=False, indent=1)]
    return []


@one_run_each
@example(seed=SEED)
@given(seed=seeds)
def test_every_planted_error_is_named_at_once(project: Project, seed: int) -> None:
    said = [_repeat(seed, "test_every_planted_error_is_named_at_once")]
    draw = Random(seed)
    world = strategies.world(seed, policies=5, leads=30, events=100)
    project.load_raw(world.raw)
    project.write_policy(world.policy)
    invocation = project.run(world.config, COMPARED, full_refresh=True)
    assert invocation.ok, "\n".join([*said, failures(invocation)])
    before = project.read()

    planted = [plant(draw, number) for number, plant in enumerate(broken.KINDS)]
    project.write_policy(broken.add(world.policy, planted))
    invocation = project.run(world.config, COMPARED, full_refresh=True)
    assert not invocation.ok, said
    after = project.read()
    named = {tuple(row.values()) for row in distinct(after["policy_errors"])}
    for one in planted:
        if not one.expected <= named:
            said.append(f"not named: {one.expected - named} of {one.kind}")
    expected = set().union(*(one.expected for one in planted))
    said += [f"named, but right: {error}" for error in sorted(named - expected)]
    assert len(said) == 1, "\n".join(said)
    # The marts keep yesterday's scores.
    del before["policy_errors"]
    assert not diff_tables(before, after)


@pytest.mark.parametrize("empty", ["raw tables", "policy"])
def test_empty_tables_are_no_failure(project: Project, empty: str) -> None:
    world = strategies.world(SEED, policies=5, leads=30, events=100)
    raw, policy = world.raw, world.policy
    if empty == "policy":
        policy = {name: oracle.Table([], rows.columns) for name, rows in policy.items()}
    else:
        raw = {name: oracle.Table([], rows.columns) for name, rows in raw.items()}
    project.load_raw(raw)
    project.write_policy(policy)
    invocation = project.run(world.config, full_refresh=True)
    assert invocation.ok, failures(invocation)
    differences = diff_tables(oracle.score(raw, policy, world.config), project.read())
    assert not differences, "\n".join(differences)


def test_missing_files_and_columns_are_named_at_once(project: Project) -> None:
    world = strategies.world(SEED, policies=5, leads=30, events=100)
    project.load_raw(world.raw)
    absent = ("groups", "actions")
    lacking = {"scorecards": "status", "criteria": "max_points", "bands": "scope"}
    files = {}
    for name, rows in world.policy.items():
        columns = [column for column in rows.columns if column != lacking.get(name, "notes")]
        cut = ({column: row[column] for column in columns} for row in rows)
        files[name] = None if name in absent else oracle.Table(cut, columns)
    expected = {(f"{name}.csv", "", "") for name in absent}
    expected |= {(f"{name}.csv", "", column) for name, column in lacking.items()}
    project.write_policy(files)
    invocation = project.run(world.config, COMPARED, full_refresh=True)
    assert not invocation.ok
    named = {
        tuple(row.values()) for row in distinct(project.read("policy_errors")["policy_errors"])
    }
    assert named == expected
    judged = oracle.policy_errors(files, world.config)
    assert {(error.file, error.row_id, error.column_name) for error in judged} == expected


# --- the oracle itself, without dbt -----------------------------------------------------------


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=strategies.worlds())
def test_oracle_ledger_adds_up(world: strategies.World) -> None:
    tables = oracle.score(world.raw, world.policy, world.config)
    assert not tables["policy_errors"]
    for suffix in ("", "_draft"):
        sums: dict[tuple[str, str], int] = {}
        for row in tables[f"contributions{suffix}"]:
            key = row["scorecard_id"], row["lead_id"]
            sums[key] = sums.get(key, 0) + oracle.cells.exact_number(row["points"], 2)
        for row in tables[f"scored_leads{suffix}"]:
            key = row["scorecard_id"], row["lead_id"]
            assert sums.get(key, 0) == oracle.cells.exact_number(row["score"], 2), key


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    world=strategies.worlds(),
    plant=st.sampled_from(broken.KINDS),
    draw=st.randoms(use_true_random=False),
)
def test_oracle_names_a_planted_error_and_nothing_else(world, plant, draw) -> None:
    planted = plant(draw, 1)
    errors = oracle.policy_errors(broken.add(world.policy, [planted]), world.config)
    named = {(error.file, error.row_id, error.column_name) for error in errors}
    assert named == planted.expected, planted.kind
