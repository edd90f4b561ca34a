"""`leadscore performance`: the figures of the marts, as people and programs see them."""

from __future__ import annotations

import re

import pytest
from command import Copy, Said


@pytest.fixture(scope="module")
def demo(demo: tuple[Copy, Said]) -> Copy:
    """The scored demo, as it was scored."""
    demo[0].restore()
    return demo[0]


def test_live_and_draft_stand_side_by_side(demo: Copy) -> None:
    said = demo.leadscore("performance")
    assert said.code == 0, said.err
    heading = said.out.splitlines()[1]
    assert re.findall(r"\S+ \((?:live|draft)\)", heading) == [
        "b2b (live)",
        "techplus (live)",
        "hundred (draft)",
    ]
    ((auc, low, high),) = demo.query(
        "select auc, auc_low, auc_high from leadscore.score_performance where scorecard_id = 'b2b'"
    )
    assert f"{auc:.3f} ({low:.3f} to {high:.3f})" in said.out
    for finding, title in (
        ("wrong_sign", "Points on the wrong side of 0"),
        ("too_high", "Points too high"),
    ):
        names = demo.query(
            f"select name from leadscore.criterion_performance where finding = '{finding}'"
        )
        section = said.out.partition(title)[2].partition("\n\n")[0]
        assert names
        assert all(name in section for (name,) in names), title


def test_json_holds_every_row(demo: Copy) -> None:
    said = demo.leadscore("performance", "--json", "--scorecard", "b2b")
    assert said.code == 0, said.err
    (scorecard,) = said.json["scorecards"]
    assert scorecard["scorecard_id"] == "b2b"
    for key, mart in (
        ("bands", "band_performance"),
        ("gains", "score_gains"),
        ("criteria", "criterion_performance"),
        ("drift", "score_drift"),
    ):
        ((rows,),) = demo.query(f"select count(*) from leadscore.{mart} where scorecard_id = 'b2b'")
        assert len(scorecard[key]) == rows > 0


def test_an_unknown_scorecard_is_named(demo: Copy) -> None:
    said = demo.leadscore("performance", "--scorecard", "b2c")
    assert said.code == 4
    assert "b2c" in said.err
    assert "b2b, techplus, hundred" in said.err


def test_without_a_back_test_it_says_what_is_needed(demo: Copy) -> None:
    demo.query("delete from leadscore.score_performance returning 1")
    said = demo.leadscore("performance")
    demo.restore()
    assert said.code == 4
    assert "backtest_days" in said.err


def test_before_the_first_run_it_says_so(demo: Copy) -> None:
    demo.warehouse.unlink()
    said = demo.leadscore("performance")
    demo.restore()
    assert said.code == 4
    assert "run" in said.err
