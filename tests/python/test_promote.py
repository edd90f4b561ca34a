"""A draft takes the place of a live scorecard: nothing but the cells that it takes is changed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from command import Copy
from leadscore.errors import LeadscoreError
from leadscore.policy_edit import CsvText
from leadscore.promote import promoted

FILES = {
    "scorecards": "\ufeff scorecard_id ,name,status,base_points,notes\r\n"
    'old,"Old, one",,5,"two\r\nlines"\r\n'
    "\r\n"
    'new,New one, Draft ,7,"says ""hi"""\r\n'
    "other,,live,0,",
    "criteria": "criterion_id,scorecard_id,notes\no1,old,\nn1,new,'n'\nx1,other,\nn2, new ,\n",
}


def test_a_swap_changes_two_cells() -> None:
    found = promoted(FILES, "new", "old", replace=False)
    assert found["criteria"] == FILES["criteria"]
    assert found["scorecards"] == (
        FILES["scorecards"]
        .replace('"Old, one",,', '"Old, one",retired,')
        .replace(", Draft ,", ",live,")
    )


def test_the_live_scorecard_can_take_over_the_rules() -> None:
    found = promoted(FILES, "new", "old", replace=True)
    assert found["scorecards"] == (
        "\ufeff scorecard_id ,name,status,base_points,notes\r\n"
        'old,"Old, one",,7,"says ""hi"""\r\n'
        "\r\n"
        "other,,live,0,"
    )
    assert found["criteria"] == "criterion_id,scorecard_id,notes\nn1,old,'n'\nx1,other,\nn2,old,\n"


def test_actions_of_the_live_scorecard_stay_where_the_draft_has_none() -> None:
    actions = "scorecard_id,priority,band,action\n{0},1,hot,Call\n"
    given = {**FILES, "actions": actions.format("old")}
    assert promoted(given, "new", "old", replace=True)["actions"] == given["actions"]
    given["actions"] += "new,1,hot,Write\n"
    found = promoted(given, "new", "old", replace=True)["actions"]
    assert found == "scorecard_id,priority,band,action\nold,1,hot,Write\n"


@pytest.mark.parametrize(
    ("draft", "live", "said"),
    [
        ("newer", "old", "newer does not exist"),
        ("old", "other", "old is live, not draft"),
        ("new", "new", "new is draft, not live"),
    ],
)
def test_only_a_draft_takes_the_place_of_a_live_one(draft: str, live: str, said: str) -> None:
    with pytest.raises(LeadscoreError, match=said) as refused:
        promoted(FILES, draft, live, replace=False)
    assert refused.value.code == 4


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_what_is_not_edited_stays_as_it_was_typed(ending: str) -> None:
    text = ending.join(['a,"b"', "1,'2'", ",", '"x, ""y"""', '3,"4', '5"'])
    assert CsvText("a.csv", text).text == text
    edited = CsvText("a.csv", text)
    edited.edit(lambda row: {"b": 'n"e,w'} if row["a"] == "3" else {})
    assert edited.text == text.replace(f'"4{ending}5"', '"n""e,w"')
    cells = list(csv.reader(io.StringIO(edited.text, newline="")))
    assert cells[-1] == ["3", 'n"e,w']


def test_a_draft_goes_live_with_the_run_after_it_was_promoted(tmp_path: Path) -> None:
    copy = Copy.fresh(tmp_path / "project")
    assert copy.leadscore("run").code == 0
    draft = copy.query("select lead_id, score from leadscore.scored_leads_draft order by all")
    files = {path: path.read_bytes() for path in copy.policy.glob("*.csv")}
    marts = copy.marts()

    said = copy.leadscore("promote", "hundred", "--as", "b2b", "--json")
    assert said.code == 0, said.err
    assert said.json["is_written"] is False
    assert {path: path.read_bytes() for path in copy.policy.glob("*.csv")} == files
    told = {row["scorecard_id"]: row for row in said.json["scorecards"]}
    # The draft's leads are compared with those of the live scorecard.
    assert told.keys() == {"hundred", "techplus"}
    leads = told["hundred"]["leads"]
    assert leads["before"] == 593
    assert leads["after"] == len(draft)
    assert leads["lost"] == 593 - len(draft)
    assert leads["score_changed"] > 100
    assert told["hundred"]["hand_offs"]["at_next_run"] == 0
    assert told["hundred"]["back_test"]["leads"] > 100
    assert [line for line in said.json["difference"] if line[:2] == "+b"] == [
        "+b2b,B2B classic,retired,0,0,100,,,,max,Everyone who might buy the main product."
    ]

    said = copy.leadscore("promote", "hundred", "--as", "b2b", "--yes")
    assert said.code == 0, said.err
    assert copy.marts() == marts, "nothing goes live before the next run"
    changed = {path.name for path in files if path.read_bytes() != files[path]}
    assert changed == {"scorecards.csv"}
    said = copy.leadscore("run", "--json")
    assert said.code == 0, said.err
    live = copy.query(
        "select lead_id, score from leadscore.scored_leads where scorecard_id = 'hundred'"
        " order by all"
    )
    assert live == draft
    assert {row["scorecard_id"] for row in said.json["scorecards"]} == {"hundred", "techplus"}
