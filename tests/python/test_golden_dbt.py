"""The dbt project against the golden cases, to the cell."""

from __future__ import annotations

import golden
import pytest
from comparison import diff_tables
from harness import COMPARED, Project, distinct, failures

pytestmark = pytest.mark.skipif(not golden.CASES, reason=golden.ABSENT)


def _prepare(project: Project, case: golden.Case) -> None:
    project.load_raw(case.raw)
    # The files as they stand, since their spelling is part of the case.
    files = {path.stem: path for path in case.policy_folder.glob("*.csv")}
    project.write_policy(files)


@pytest.mark.parametrize("name", golden.GOOD_CASES)
def test_every_cell_is_as_expected(project: Project, name: str) -> None:
    case = golden.read_case(name)
    _prepare(project, case)
    invocation = project.run(case.config, COMPARED, full_refresh=True)
    assert invocation.ok, failures(invocation)
    differences = diff_tables(case.expected, project.read())
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("name", golden.BAD_CASES)
def test_every_planted_error_is_named_and_the_marts_stay(project: Project, name: str) -> None:
    case = golden.read_case(name)
    _prepare(project, case)
    invocation = project.run(case.config, COMPARED, full_refresh=True)
    assert not invocation.ok
    named = {"policy_errors": distinct(project.read("policy_errors")["policy_errors"])}
    expected = {"policy_errors": case.expected["policy_errors"]}
    assert expected["policy_errors"]
    # The planted errors do not follow from each other, so nothing else may be named either.
    differences = diff_tables(expected, named)
    assert not differences, "\n".join(differences)
