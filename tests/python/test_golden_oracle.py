"""The oracle itself against the golden cases: only then may it judge the SQL."""

from __future__ import annotations

import golden
import oracle
import pytest
from comparison import diff_tables


@pytest.mark.skipif(not golden.CASES, reason=golden.ABSENT)
@pytest.mark.parametrize("name", golden.GOOD_CASES)
def test_every_cell_is_as_expected(name: str) -> None:
    case = golden.read_case(name)
    differences = diff_tables(case.expected, oracle.score(case.raw, case.policy, case.config))
    assert not differences, "\n".join(differences)


@pytest.mark.skipif(not golden.CASES, reason=golden.ABSENT)
@pytest.mark.parametrize("name", golden.BAD_CASES)
def test_every_planted_error_is_named(name: str) -> None:
    case = golden.read_case(name)
    got = oracle.score(case.raw, case.policy, case.config)
    # The planted errors do not follow from each other, so nothing else may be named either.
    differences = diff_tables({"policy_errors": case.expected["policy_errors"]}, got)
    assert case.expected["policy_errors"]
    assert not differences, "\n".join(differences)
