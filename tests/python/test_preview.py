"""What a preview says is what the next run does, and until then nothing has changed."""

from __future__ import annotations

import csv
import json
import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from command import Copy, Said
from leadscore import bootstrap
from leadscore.preview import RESULTS
from leadscore.preview_report import as_markdown

TRIAL = ",trial_started,,,,,,,,120,20,"
DEARER_TRIAL = ",trial_started,,,,,,,,120,25,"
LIVE_SCHEMAS = "table_schema like 'leadscore%' and not table_schema like '%preview%'"
RAW_EVENTS = "leadscore_demo.demo_events"


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Copy, Said]:
    """Return the scored demo, and what a preview says when nothing was edited."""
    copy = Copy.fresh(tmp_path_factory.mktemp("preview") / "project")
    said = copy.leadscore("run")
    assert said.code == 0, said.err
    # What a preview that was killed may have left behind.
    for schema in ("leadscore_intermediate_preview", "leadscore_preview_against"):
        copy.query(f"create schema {schema}")
        copy.query(f"create table {schema}.int_scoring__results as select 'left behind' as score")
    said = copy.leadscore("preview", "--exit-code")
    copy.save()
    return copy, said


@pytest.fixture
def copy(unchanged: tuple[Copy, Said]) -> Copy:
    """Return the scored demo, to be edited."""
    unchanged[0].restore()
    return unchanged[0]


def live_tables(copy: Copy) -> dict[tuple[str, str], int]:
    """Return a number for the content of each live table, also of those that runs build upon."""
    names = copy.query(
        f"select table_schema, table_name from information_schema.tables where {LIVE_SCHEMAS}"
        " and table_type = 'BASE TABLE' order by all"
    )
    return {
        name: copy.query(f"select sum(hash(stored)) from {'.'.join(name)} as stored")[0][0]
        for name in names
    }


def results(copy: Copy) -> dict[tuple[str, str], tuple[Decimal, str, bool]]:
    """Return the score, band and due action of each lead, by scorecard and lead."""
    rows = copy.query(
        "select scorecard_id, lead_id, score, band, action_sla_hours is not null"
        " from leadscore.scored_leads union all"
        " select scorecard_id, lead_id, score, band, action_sla_hours is not null"
        " from leadscore.scored_leads_draft"
    )
    return {(scorecard, lead): (score, band, due) for scorecard, lead, score, band, due in rows}


def previewed(copy: Copy, *words: str) -> dict[str, Any]:
    """Return the JSON of a preview that must leave everything live as it was."""
    before = live_tables(copy)
    said = copy.leadscore("preview", "--json", "--top", "1000", *words)
    assert said.code == 0, said.err
    assert live_tables(copy) == before
    assert schemas(copy) == []
    return said.json


def schemas(copy: Copy) -> list[tuple]:
    """Return the schemas of previews that are there."""
    return copy.query(
        "select schema_name from information_schema.schemata where schema_name like '%preview%'"
    )


def by_id(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the scorecards of a preview by id."""
    return {scorecard["scorecard_id"]: scorecard for scorecard in result["scorecards"]}


def check_with_a_run(copy: Copy, result: dict[str, Any]) -> None:
    """Run for real, and compare what it changes with what was said."""
    before = results(copy)
    handed_off = copy.query("select count(*) from leadscore.hand_offs")[0][0]
    back_tests = {"before": outcomes(copy)}
    said = copy.leadscore("run")
    assert said.code == 0, said.err
    after = results(copy)
    back_tests["after"] = outcomes(copy)
    told = by_id(result)
    scorecards = {scorecard for scorecard, _ in before | after}
    assert set(told) == scorecards
    for name in scorecards:
        old = {lead: cells for (scorecard, lead), cells in before.items() if scorecard == name}
        new = {lead: cells for (scorecard, lead), cells in after.items() if scorecard == name}
        check_scorecard(told[name], old, new)
        if old and new:
            check_back_test(told[name]["back_test"], back_tests, name)
    now = copy.query("select count(*) from leadscore.hand_offs")[0][0]
    assert now - handed_off == sum(row["hand_offs"]["at_next_run"] for row in told.values())


def check_scorecard(told: dict[str, Any], old: dict[str, Any], new: dict[str, Any]) -> None:
    """Compare what was said about a scorecard with its leads before and after."""
    both = old.keys() & new.keys()
    changed = {lead for lead in both if old[lead][0] != new[lead][0]}
    moved = {lead for lead in both if old[lead][1] != new[lead][1]}
    assert told["leads"] == {
        "before": len(old),
        "after": len(new),
        "gained": len(new.keys() - both),
        "lost": len(old.keys() - both),
        "score_changed": len(changed),
        "band_changed": len(moved),
    }
    assert {(row["from_band"], row["to_band"]): row["leads"] for row in told["moves"]} == Counter(
        (old[lead][1], new[lead][1]) for lead in moved
    )
    assert {
        lead["lead_id"]: (lead["score_before"], lead["score_after"], lead["band_after"])
        for lead in told["first"]
    } == {
        lead: (float(old[lead][0]), float(new[lead][0]), new[lead][1]) for lead in changed | moved
    }
    for lead in told["first"]:
        reasons = sum(Decimal(str(entry["change"])) for entry in lead["why"])
        assert reasons == Decimal(str(lead["score_change"])), lead
    assert sum(bar["before"] for bar in told["distribution"]) == len(old)
    for bar in told["distribution"]:
        within = [score for score, _, _ in new.values() if bar["from"] <= score < bar["below"]]
        assert bar["after"] == len(within), bar
    if told["status_before"] == told["status_after"]:
        due = [{lead for lead, cells in side.items() if cells[2]} for side in (old, new)]
        assert told["hand_offs"]["gained"] == len(due[1] - due[0])
        assert told["hand_offs"]["lost"] == len(due[0] - due[1])
        assert set(told["hand_offs"]["gained_leads"]) == due[1] - due[0]
        assert set(told["hand_offs"]["lost_leads"]) == due[0] - due[1]


def outcomes(copy: Copy) -> dict[tuple[str, str], tuple[Decimal, bool]]:
    """Return the back-tested score and outcome of each lead that counts."""
    rows = copy.query(
        "select scorecard_id, lead_id, score, is_converted from leadscore.backtest_scores"
        " where exclusion_reason is null"
    )
    return {(scorecard, lead): (score, won) for scorecard, lead, score, won in rows}


def check_back_test(told: dict[str, Any], sides: dict[str, dict], name: str) -> None:
    """Compare what was said about the back-test with the mart, before and after."""
    both = [key for key in sides["before"].keys() & sides["after"].keys() if key[0] == name]
    assert told["leads"] == len(both)
    assert told["conversions"] == sum(sides["after"][key][1] for key in both)
    measures = {row["measure"]: row for row in told["measures"]}
    for side in ("before", "after"):
        pairs = [sides[side][key] for key in both]
        assert measures["auc"][side] == pytest.approx(auc(pairs), abs=1e-6)
        for measure, share in (("lift_10", 0.1), ("lift_20", 0.2)):
            assert measures[measure][side] == pytest.approx(lift(pairs, share), abs=1e-6)


def auc(pairs: list[tuple[Any, bool]]) -> float:
    """Return how often a lead that converted has the higher score, by comparing each with each."""
    won = [score for score, converted in pairs if converted]
    lost = [score for score, converted in pairs if not converted]
    wins = sum((a > b) + (a == b) / 2 for a in won for b in lost)
    return wins / (len(won) * len(lost))


def lift(pairs: list[tuple[Any, bool]], share: float) -> float:
    """Return the lift of the best share, leads of one score each counting as their average."""
    room, found = share * len(pairs), 0.0
    for score in sorted({score for score, _ in pairs}, reverse=True):
        tied = [converted for other, converted in pairs if other == score]
        taken = min(len(tied), room)
        found += taken * sum(tied) / len(tied)
        room -= taken
    return found / sum(converted for _, converted in pairs) / share


# --- the tests -------------------------------------------------------------------------


def test_an_unchanged_policy_changes_nothing(unchanged: tuple[Copy, Said]) -> None:
    copy, said = unchanged
    assert said.code == 0, said.err
    assert "The policy is the same: nothing changes." in said.out
    assert schemas(copy) == []


def test_a_weight_moves_whom_the_next_run_moves(copy: Copy) -> None:
    copy.edit("criteria", TRIAL, DEARER_TRIAL)
    # Raw events are not there to be read: only points changed.
    copy.query(f"create table main.kept as from {RAW_EVENTS}")
    copy.query(f"drop table {RAW_EVENTS}")
    result = previewed(copy, "--capacity", "5")
    copy.query(f"create table {RAW_EVENTS} as from main.kept")
    assert result["events_measured"] is False
    assert result["policy"] == {
        "cells_changed": 1,
        "rows": [
            {
                "file": "criteria.csv",
                "scorecard_id": "b2b",
                "row_id": "b2b_free_trial",
                "change": "changed",
                "cells": [{"column": "points", "before": "20", "after": "25"}],
                "met": {
                    "before": {"leads": 95, "points": 1900},
                    "after": {"leads": 95, "points": 2375},
                },
            }
        ],
    }
    told = by_id(result)
    assert {name: row["is_changed"] for name, row in told.items()} == {
        "b2b": True,
        "hundred": False,
        "techplus": False,
    }
    b2b = told["b2b"]["hand_offs"]
    assert b2b["a_week_after"] - 5 == b2b["over_capacity_after"] > 0
    check_markdown(as_markdown(result))
    check_with_a_run(copy, result)
    run = copy.query("select is_full, reads_all from leadscore_intermediate.int_state__run")
    assert run == [(False, False)], "the run after a preview builds on the one before it"


def check_markdown(text: str) -> None:
    """Check that tables are tables, and that it fits into a comment."""
    assert len(text) < 65_536
    assert "| criteria.csv | b2b\\_free\\_trial | points | 20 | 25 | 95 | 95 |" in text
    widths = [
        len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")
    ]
    marks = [line for line in text.splitlines() if re.fullmatch(r"\|( -+:? \|)+", line)]
    assert len(marks) >= 4
    assert set(widths) == {4, 5, 7, 8}
    assert text.count("<details>") == text.count("</details>") == 1


def test_whatever_is_edited_a_preview_says_what_a_run_does(copy: Copy) -> None:
    # a rule that measures something else, a criterion less, a band that begins lower
    copy.edit("criteria", TRIAL, ",trial_started,,,,,,,,60,20,")
    rewrite(copy, "criteria", lambda rows: [r for r in rows if r["criterion_id"] != "b2b_referral"])
    copy.edit("bands", "b2b,total,hot,60", "b2b,total,hot,50")
    # a new criterion with a limit of its own group, a scorecard that retires, another that comes
    rewrite(copy, "criteria", lambda rows: [*rows, new_criterion(rows[0])])
    copy.edit("scorecards", "techplus,TechPlus,live", "techplus,TechPlus,retired")
    copy.edit("scorecards", "hundred,100 points,draft", "hundred,100 points,live")
    rewrite(copy, "scorecards", lambda rows: [*rows, {**rows[0], "scorecard_id": "simple"}])
    rewrite(copy, "criteria", lambda rows: [*rows, simple_criterion(rows[0])])
    rewrite(
        copy,
        "bands",
        lambda rows: [*rows, {"scorecard_id": "simple", "scope": "total", "band": "all"}],
    )
    result = previewed(copy)
    assert result["events_measured"] is True
    told = by_id(result)
    assert {name: row["change"] for name, row in told.items()} == {
        "b2b": "changed",
        "hundred": "goes_live",
        "simple": "added",
        "techplus": "retired",
    }
    changes = {(row["file"], row["row_id"]): row for row in result["policy"]["rows"]}
    assert changes["criteria.csv", "b2b_referral"]["change"] == "removed"
    assert changes["criteria.csv", "b2b_pages"]["change"] == "added"
    assert changes["criteria.csv", "b2b_pages"]["met"]["before"]["leads"] == 0
    assert changes["criteria.csv", "b2b_pages"]["met"]["after"]["leads"] > 0
    assert changes["bands.csv", "b2b/total/hot"]["cells"] == [
        {"column": "min_points", "before": "60", "after": "50"}
    ]
    assert told["hundred"]["hand_offs"]["due_before"] == 0
    assert told["hundred"]["hand_offs"]["gained"] == told["hundred"]["hand_offs"]["due_after"] > 0
    assert told["techplus"]["hand_offs"]["due_after"] == 0
    check_with_a_run(copy, result)


def rewrite(copy: Copy, file: str, edited: Callable[[list[dict]], list[dict]]) -> None:
    """Write the rows of a policy file anew."""
    path = copy.policy / f"{file}.csv"
    with path.open(encoding="utf-8", newline="") as old:
        rows = list(csv.DictReader(old))
    with path.open("w", encoding="utf-8", newline="") as new:
        writer = csv.DictWriter(new, list(rows[0]), restval="")
        writer.writeheader()
        writer.writerows(edited(rows))


def new_criterion(like: dict[str, str]) -> dict[str, str]:
    """Return a criterion for page views, of which no other one counts as many days."""
    return dict.fromkeys(like, "") | {
        "criterion_id": "b2b_pages",
        "scorecard_id": "b2b",
        "dimension": "engagement",
        "group_id": "website",
        "name": "Pages | in *3* weeks",
        "signal": "event",
        "field": "page_view",
        "measure": "count",
        "at_least": "2",
        "window_days": "21",
        "points": "7.5",
    }


def simple_criterion(like: dict[str, str]) -> dict[str, str]:
    """Return a criterion of a scorecard of its own."""
    return dict.fromkeys(like, "") | {
        "criterion_id": "simple_title",
        "scorecard_id": "simple",
        "dimension": "fit",
        "name": "Has a title",
        "signal": "attribute",
        "field": "title",
        "operator": "is_set",
        "points": "1",
    }


def git(copy: Copy, *words: str) -> None:
    """Run git in a copy of the project."""
    identity = ["-c", "user.name=Test", "-c", "user.email=test@leadscore.example"]
    subprocess.run(["git", *identity, *words], cwd=copy.root, check=True, capture_output=True)


def test_a_revision_can_be_the_other_side(copy: Copy) -> None:
    git(copy, "init", "--quiet", "--initial-branch", "main")
    copy.edit("criteria", TRIAL, ",trial_started,,,,,,,,120,22,")
    git(copy, "add", "seeds/scoring")
    git(copy, "commit", "--quiet", "--message", "Raise the trial a little")
    copy.edit("criteria", ",trial_started,,,,,,,,120,22,", DEARER_TRIAL)
    status = copy.policy.joinpath("criteria.csv").read_bytes()

    result = previewed(copy, "--against", "main")
    cells = [row["cells"] for row in result["policy"]["rows"]]
    assert cells == [[{"column": "points", "before": "22", "after": "25"}]]
    assert result["before"].startswith("main (")
    lead = by_id(result)["b2b"]["first"][0]
    assert lead["score_change"] == 3
    assert [(entry["before"], entry["after"]) for entry in lead["why"]] == [(22, 25)]
    assert copy.policy.joinpath("criteria.csv").read_bytes() == status

    said = copy.leadscore("preview", "--against", "nowhere", "--json")
    assert (said.code, "nowhere" in said.json["error"]) == (4, True)
    said = copy.leadscore("preview", "--against=--all", "--json")
    assert said.code == 4, "what looks like an option is a revision that does not exist"

    copy.edit("criteria", DEARER_TRIAL, ",trial_started,,,,,,,,120,2O,")
    git(copy, "commit", "--quiet", "--all", "--message", "Mistype it")
    copy.edit("criteria", ",trial_started,,,,,,,,120,2O,", DEARER_TRIAL)
    said = copy.leadscore("preview", "--against", "main", "--json")
    assert said.code == 3, said.err
    assert said.json["where"].startswith("main (")
    assert [problem["value"] for problem in said.json["problems"]] == ["2O"]
    assert schemas(copy) == []


def test_mistakes_in_the_policy_are_told_as_by_a_run(copy: Copy) -> None:
    copy.edit("criteria", TRIAL, ",trial_started,,,,,,,,120,2O,")
    (copy.policy / "groups.csv").write_text("scorecard_id;group_id\n", encoding="utf-8")
    before = live_tables(copy)
    said = copy.leadscore("preview", "--json")
    assert live_tables(copy) == before
    assert schemas(copy) == []
    assert said.code == 3, said.err
    assert {problem["file"] for problem in said.json["problems"]} == {"criteria.csv", "groups.csv"}
    told = copy.leadscore("run", "--json")
    assert (told.code, told.json["problems"]) == (3, said.json["problems"])


def test_what_cannot_be_compared_is_said(copy: Copy) -> None:
    copy.edit("criteria", TRIAL, DEARER_TRIAL)
    said = copy.leadscore("preview", "--json", "--vars", "{trend_days: 14}")
    assert (said.code, "trend_days" in said.json["error"]) == (1, True)

    copy.query("update leadscore_intermediate.int_state__run set run_number = run_number + 1")
    said = copy.leadscore("preview", "--json")
    assert (said.code, "did not come to its end" in said.json["error"]) == (1, True)

    copy.warehouse.unlink()
    said = copy.leadscore("preview", "--json")
    assert said.code == 4, said.err
    assert "run" in said.json["remedy"]


def test_a_pull_request_gets_markdown_and_an_exit_code(copy: Copy, tmp_path: Path) -> None:
    copy.edit("bands", "b2b,total,hot,60", "b2b,total,hot,55")
    file = tmp_path / "new" / "preview.md"
    said = copy.leadscore("preview", "--markdown", "--exit-code", "--output", file, "--top", "2")
    assert said.code == 7, said.err
    text = file.read_text(encoding="utf-8")
    assert text.startswith("## Lead scoring: what this change does\n")
    assert "| bands.csv | b2b/total/hot | min\\_points | 60 | 55 |" in text
    assert text.count("| L-") == 2
    people = {row[0] for row in copy.query("select email from leadscore_demo.demo_leads") if row[0]}
    assert not [address for address in people if address in text or address in said.out]


def test_all_that_hangs_on_the_policy_is_built_beside(unchanged: tuple[Copy, Said]) -> None:
    manifest = unchanged[0].root / "target" / "preview" / "live" / "manifest.json"
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    read, waiting = set(), [f"model.leadscore.{name}" for name in RESULTS]
    while waiting:
        node = nodes.get(waiting.pop())
        if node is not None and node["unique_id"] not in read:
            read.add(node["unique_id"])
            waiting += node["depends_on"].get("nodes", [])
    folders = {"/".join(nodes[name]["fqn"][1:3]) for name in read if name.startswith("model.")}
    built = {
        "intermediate/backtest",
        "intermediate/policy",
        "intermediate/scoring",
        "marts/operations",
        "staging/policy",
    }
    # These know nothing of points: what they hold is the same by every policy.
    deferred = {
        "intermediate/dictionaries",
        "intermediate/facts",
        "intermediate/identity",
        "intermediate/state",
        "staging/crm",
        "staging/tracking",
    }
    assert folders == built | deferred, "a new folder is built beside the live tables, or deferred"
    marts = {nodes[name]["name"] for name in read if nodes[name]["fqn"][1] == "marts"}
    assert marts == {"policy_errors"}


@pytest.mark.parametrize("seed", range(3))
def test_the_interval_is_that_of_resampled_leads(seed: int) -> None:
    draw = random.Random(seed)
    leads = []
    for _ in range(150):
        quality = draw.gauss(0, 1)
        before, after = (Decimal(round(5 + 2 * quality + draw.gauss(0, 3))) for _ in range(2))
        leads.append((before, after, draw.random() < 1 / (1 + 3 * 2.7**-quality)))
    cells = Counter(leads)
    found = bootstrap.paired_changes(
        [float(before) for before, _, _ in cells],
        [float(after) for _, after, _ in cells],
        [won for _, _, won in cells],
        list(cells.values()),
    )
    assert [change.measure for change in found] == ["auc", "lift_10", "lift_20"]
    for change, measure in zip(
        found, (auc, lambda rows: lift(rows, 0.1), lambda rows: lift(rows, 0.2)), strict=True
    ):

        def worth(sample: list[tuple], side: int, measure: Callable = measure) -> float:
            return measure([(lead[side], lead[2]) for lead in sample])

        assert change.before == pytest.approx(worth(leads, 0))
        assert change.after == pytest.approx(worth(leads, 1))
        differences = sorted(
            worth(sample, 1) - worth(sample, 0)
            for sample in (draw.choices(leads, k=len(leads)) for _ in range(400))
        )
        spread = differences[-1] - differences[0]
        assert change.low == pytest.approx(differences[10], abs=0.1 * spread)
        assert change.high == pytest.approx(differences[389], abs=0.1 * spread)
        assert change.low <= change.change <= change.high


def test_a_clear_difference_is_called_one() -> None:
    won = [number % 4 == 0 for number in range(400)]
    good = [float(converted) for converted in won]
    poor = [float(number % 7) for number in range(400)]
    better = bootstrap.paired_changes(poor, good, won, [1] * 400)
    worse = bootstrap.paired_changes(good, poor, won, [1] * 400)
    same = bootstrap.paired_changes(good, good, won, [1] * 400)
    assert {change.verdict for change in better} == {"better"}
    assert {change.verdict for change in worse} == {"worse"}
    assert {(change.low, change.change, change.high) for change in same} == {(0, 0, 0)}
    assert bootstrap.paired_changes(good, poor, [True] * 400, [1] * 400) == []


def test_cells_cannot_write_markdown() -> None:
    cell = {"column": "name", "before": "a|b\n@all <b>", "after": "[x](y)"}
    row = {
        "file": "criteria.csv",
        "scorecard_id": "s",
        "row_id": "`c`",
        "change": "changed",
        "cells": [cell],
    }
    text = as_markdown(
        {
            "after": "working copy",
            "before": "published",
            "scored_at": "2026-03-01",
            "is_changed": False,
            "capacity": None,
            "policy": {"cells_changed": 1, "rows": [row]},
            "scorecards": [],
        }
    )
    assert "a\\|b &#64;all &lt;b&gt;" in text
    assert "\\[x\\](y)" in text
    assert json.dumps(text).count("\\n|") == 3
