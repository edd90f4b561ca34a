"""`leadscore explain`: ledgers that add up, and the reason where there is none."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from command import Copy, Said


@pytest.fixture(scope="module")
def demo(demo: tuple[Copy, Said]) -> Copy:
    """The scored demo, as it was scored."""
    demo[0].restore()
    return demo[0]


def ledger_lines(out: str) -> list[str]:
    """The lines of the one table from its headings to its total."""
    lines = out.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("what "))
    end = next(number for number, line in enumerate(lines) if line.startswith("score "))
    return lines[begin : end + 1]


@pytest.mark.parametrize(
    ("lead", "scorecard", "score"),
    [
        ("example-b2b-53", "b2b", 53),
        ("example-techplus-55", "techplus", 55),
        ("example-techplus-80", "techplus", 80),
        ("example-techplus-70", "techplus", 70),
        ("example-competitor", "b2b", 0),
    ],
)
def test_the_lines_are_aligned_and_add_up(
    demo: Copy, lead: str, scorecard: str, score: int
) -> None:
    said = demo.leadscore("explain", lead, "--scorecard", scorecard)
    assert said.code == 0, said.err
    heading, *lines, total = ledger_lines(said.out)
    # Numbers end under their headings.
    points_end = heading.index("points") + len("points")
    sum_end = heading.index(" sum") + len(" sum")
    points = [Decimal(line[:points_end].split()[-1]) for line in lines]
    sums = [Decimal(line[:sum_end].split()[-1]) for line in lines]
    assert sums == [sum(points[: number + 1]) for number in range(len(points))]
    assert sums[-1] == score
    assert total.split() == ["score", str(score), str(score)]


def test_the_heading_says_what_the_mart_says(demo: Copy) -> None:
    said = demo.leadscore("explain", "example-techplus-70", "--scorecard", "techplus")
    ((rank, percentile, band, grade, reasons, drags, action),) = demo.query(
        "select score_rank, score_percentile, band, grade, top_reasons, top_drags,"
        " recommended_action from leadscore.scored_leads"
        " where scorecard_id = 'techplus' and lead_id = 'example-techplus-70'"
    )
    for text in (f"{rank} of", f"{percentile:f}", band, grade, reasons, drags, action):
        assert str(text) in said.out


def test_evidence_has_its_number_and_dates(demo: Copy) -> None:
    said = demo.leadscore("explain", "example-techplus-80", "--scorecard", "techplus")
    line = next(line for line in said.out.splitlines() if line.startswith("Visited pricing"))
    assert line.split()[-5:] == ["3", "2026-02-04", "10:00:00", "2026-02-16", "10:00:00"]
    assert "/pricing" in line


def test_json_holds_the_ledger_of_each_scorecard(demo: Copy) -> None:
    said = demo.leadscore("explain", "example-techplus-55", "--json")
    assert said.code == 0
    found = {one["scorecard_id"]: one for one in said.json["scorecards"]}
    assert found.keys() == {"b2b", "techplus"}
    for one in found.values():
        assert sum(line["points"] for line in one["ledger"]) == pytest.approx(one["score"])
        assert one["ledger"][-1]["running_total"] == pytest.approx(one["score"])


def test_every_ledger_of_the_demo_adds_up_line_by_line(demo: Copy) -> None:
    # A lead with a clip, one that is disqualified and one with base points are among these.
    leads = demo.query(
        "select distinct on (scorecard_id, entry_type) lead_id"
        " from leadscore.lead_score_contributions order by scorecard_id, entry_type, lead_id"
    )
    for (lead,) in set(leads):
        said = demo.leadscore("explain", lead, "--json")
        assert said.code == 0, said.err


def test_draft_scorecards_are_explained_apart(demo: Copy) -> None:
    ((lead,),) = demo.query("select min(lead_id) from leadscore.scored_leads_draft")
    said = demo.leadscore("explain", lead, "--draft", "--json")
    assert said.code == 0
    assert [one["scorecard_id"] for one in said.json["scorecards"]] == ["hundred"]
    wrong = demo.leadscore("explain", lead, "--scorecard", "hundred")
    assert wrong.code == 4
    assert "--draft" in wrong.err


@pytest.mark.parametrize(
    ("words", "what", "remedy"),
    [
        pytest.param(["nobody"], "There is no lead nobody", "Check the id", id="unknown"),
        pytest.param(
            ["EXAMPLE-b2b-53"], "compared exactly", "explain example-b2b-53", id="other case"
        ),
        pytest.param(
            ["example-merged-first"],
            "was merged into example-merged ",
            "explain example-merged",
            id="merged",
        ),
        pytest.param(
            ["example-b2b-53", "--scorecard", "nothing"],
            "No live scorecard nothing",
            "b2b, techplus",
            id="unknown scorecard",
        ),
        pytest.param(["x' or '1' = '1"], "There is no lead x' or", "Check", id="a quote in the id"),
    ],
)
def test_a_lead_without_score_is_told_why(
    demo: Copy, words: list[str], what: str, remedy: str
) -> None:
    said = demo.leadscore("explain", *words)
    assert said.code == 4
    assert said.out == ""
    assert what in said.err
    assert remedy in said.err
    as_json = demo.leadscore("explain", *words, "--json")
    assert as_json.code == 4
    assert what.strip() in as_json.json["error"]


def test_a_lead_outside_an_audience_is_told_so(demo: Copy) -> None:
    ((lead,),) = demo.query(
        "select min(lead_id) from leadscore.scored_leads where scorecard_id = 'b2b'"
        " and lead_id not in"
        " (select lead_id from leadscore.scored_leads where scorecard_id = 'techplus')"
    )
    said = demo.leadscore("explain", lead, "--scorecard", "techplus")
    assert said.code == 4
    assert "not in the audience" in said.err
    assert "b2b" in said.err


def test_a_lead_of_live_scorecards_alone_is_told_so(demo: Copy) -> None:
    ((lead,),) = demo.query(
        "select min(lead_id) from leadscore.scored_leads where lead_id not in"
        " (select lead_id from leadscore.scored_leads_draft)"
    )
    said = demo.leadscore("explain", lead, "--draft")
    assert said.code == 4
    assert "leave out --draft" in said.err


def test_before_the_first_run_it_says_so(tmp_path: Path) -> None:
    copy = Copy.fresh(tmp_path / "project")
    said = copy.leadscore("explain", "example-b2b-53")
    assert said.code == 4
    assert "leadscore run" in said.err


def test_a_ledger_that_does_not_add_up_is_said(demo: Copy) -> None:
    demo.query(
        "create or replace view leadscore.lead_score_contributions as"
        " select * replace (points + case criterion_id when 'b2b_executive' then 0.01 else 0 end"
        " as points) from leadscore_intermediate.int_scoring__ledger"
    )
    said = demo.leadscore("explain", "example-b2b-53", "--scorecard", "b2b")
    demo.restore()
    assert said.code == 1
    assert "add up to 53.01" in said.err
