"""The studies on real data keep their bars; skipped where the data is absent.

`make studies` runs all of them; here are the two that take a minute or two, on demand.
"""

from __future__ import annotations

import sys

import pytest
from harness import PROJECT

sys.path.insert(0, str(PROJECT / "scripts" / "studies"))

from relax import relax
from study import AbsentError, Result
from x_education import x_education


def found_by(study) -> Result:
    try:
        return study()
    except AbsentError as error:
        pytest.skip(str(error))


def assert_sound(result: Result) -> None:
    """No more than 20 criteria of whole points, and not clearly below logistic regression."""
    assert 1 <= len(result.criteria) <= 20
    assert all(int(row["points"]) for row in result.criteria)
    assert result.areas["scorecard"].value >= result.areas["logistic regression"].value - 0.015


@pytest.mark.on_demand
def test_earlier_sign_ups_teach_who_of_the_later_ones_stays() -> None:
    result = found_by(relax)
    assert_sound(result)
    assert result.areas["scorecard"].value >= 0.84


@pytest.mark.on_demand
def test_leads_of_a_course_are_told_apart_better_than_by_the_rival() -> None:
    result = found_by(x_education)
    assert_sound(result)
    assert result.areas["scorecard"].value >= 0.855
    assert result.on_rival_rows.value - result.rival.value >= 0.18
