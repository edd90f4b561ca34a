"""Learning points from outcomes: what is proposed, and that SQL means by it what was fitted."""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from command import Copy, Said
from leadscore.learn.candidates import candidates
from leadscore.learn.drafts import PolicyFile
from leadscore.learn.facts import Attribute, Facts, Measure, split
from leadscore.learn.fitting import directions
from leadscore.learn.judging import auc, auc_difference, chance, lift
from leadscore.learn.proposing import propose

VARS = (
    "{use_demo_data: false, has_identities: false, lead_attributes: [title, employees, since],"
    " event_properties: {amount: amount, page: page}, as_of: 2026-01-01, backtest_days: 10,"
    " backtest_window_days: 30, learn_windows: [3, 7], published_file: '', keep_inputs: false}"
)
LEADS = 700
LIVE = {
    "scorecards": {"scorecard_id": "present", "status": "live", "min_score": "0"},
    "criteria": [
        {"criterion_id": "vp", "dimension": "fit", "name": "VP", "signal": "attribute",
         "field": "title", "operator": "equals", "value": "VP", "points": "-5"},
        {"criterion_id": "any_visit", "dimension": "engagement", "name": "Any visit",
         "signal": "event", "field": "visit", "points": "2", "frequency": "every",
         "max_points": "7"},
        {"criterion_id": "none", "dimension": "engagement", "name": "Never met",
         "signal": "event", "field": "nothing", "points": "3"},
        {"criterion_id": "clerk", "dimension": "fit", "name": "Clerk", "signal": "attribute",
         "field": "title", "operator": "equals", "value": "clerk", "points": "4",
         "requires": "any_visit"},
    ],
    "bands": [("hot", "5"), ("warm", "2"), ("cold", "")],
}  # fmt: skip


def raw(seed: int = 1, noise: bool = False) -> dict[str, list[tuple]]:
    """Make leads whose title, size and visits tell who converts; with noise nothing does."""
    dice = random.Random(seed)
    rows: dict[str, list[tuple]] = {"leads": [], "events": [], "outcomes": []}
    for number in range(LEADS):
        lead = f"L{number:04}"
        created = datetime(2025, 1, 1) + timedelta(hours=8 * number)
        title = dice.choice(["VP", "vp ", "Clerk", "Engineer, Senior", None])
        employees = dice.choice([None, *range(1, 500)])
        visits = dice.choice([0, 0, 1, 2, 3, 6])
        rows["leads"].append(
            (lead, str(created), f"A{number % 90}", title, employees, str(created.date()))
        )
        for visit in range(visits):
            # Some on the far side of the moment, which is 10 days after.
            at = created + timedelta(days=dice.uniform(0, 12))
            amount = dice.choice(["0", "12.5", "99.999", "many", None])
            page = dice.choice(["/pricing", "/jobs"])
            rows["events"].append((f"{lead}-{visit}", "visit", str(at), lead, amount, page))
        odds = 0.08 + 0.3 * (title in ("VP", "vp ")) + 0.1 * visits * (visits > 1)
        odds += 0.1 * (employees is not None and employees > 300)
        if dice.random() < (0.3 if noise else min(odds, 0.9)):
            won = created + timedelta(days=dice.uniform(13, 30))
            rows["outcomes"].append((lead, "won", str(won), "100"))
    return rows


def made(root: Path, rows: dict[str, list[tuple]]) -> Copy:
    """Make a copy of the project with raw tables and a live scorecard."""
    copy = Copy.fresh(root)
    columns = {
        "crm.leads": "lead_id, created_at, account_id, title, employees, since",
        "tracking.events": "event_id, event_name, occurred_at, lead_id, amount, page",
        "crm.outcomes": "lead_id, outcome, occurred_at, amount",
    }
    with duckdb.connect(str(copy.warehouse)) as connection:
        for (table, names), given in zip(
            columns.items(), (rows["leads"], rows["events"], rows["outcomes"]), strict=True
        ):
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            typed = ", ".join(f"{name} varchar" for name in names.split(", "))
            connection.execute(f"create table {table} ({typed})")
            marks = ", ".join("?" for _ in names.split(", "))
            connection.executemany(f"insert into {table} values ({marks})", given)
    for path in copy.policy.glob("*.csv"):
        header = path.read_text(encoding="utf-8").splitlines()[0]
        path.write_text(f"{header}\n", encoding="utf-8")
    append(copy, "scorecards", LIVE["scorecards"])
    for row in LIVE["criteria"]:
        append(copy, "criteria", {"scorecard_id": "present", **row})
    for band, least in LIVE["bands"]:
        row = {"scorecard_id": "present", "scope": "total", "band": band, "min_points": least}
        append(copy, "bands", row)
    call = {"scorecard_id": "present", "priority": "1", "band": "hot", "action": "Call"}
    append(copy, "actions", call)
    assert copy.leadscore("run", "--vars", VARS).code == 0
    return copy


def append(copy: Copy, file: str, row: dict[str, str]) -> None:
    path = copy.policy / f"{file}.csv"
    columns = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow([row.get(name, "") for name in columns])
    with path.open("a", encoding="utf-8") as opened:
        opened.write(written.getvalue())


def learn(copy: Copy, *words: str) -> Said:
    return copy.leadscore("learn", *words, "--vars", VARS, "--json")


def policy(copy: Copy) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in copy.policy.glob("*.csv")}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return made(tmp_path_factory.mktemp("learn") / "project", raw())


@pytest.fixture(scope="module")
def drafted(fresh: Copy) -> tuple[Copy, dict[str, bytes], dict, dict]:
    """Both kinds of drafts, written and scored; the policy before; what learn said of each."""
    before = policy(fresh)
    new = learn(fresh, "present", "--new", "next", "--write")
    assert new.code == 0, new.err
    points = learn(fresh, "present", "--write")
    assert points.code == 0, points.err
    ran = fresh.leadscore("run", "--vars", VARS)
    assert ran.code == 0, ran.out + ran.err
    return fresh, before, new.json, points.json


def test_errors_say_what_is_missing(fresh: Copy) -> None:
    before = policy(fresh)
    for words, code, said in (
        ((), 2, "not said what"),
        (("absent",), 4, "no scorecard absent"),
        (("present", "--new", "present"), 2, "only drafts"),
        (("present", "--draft-id", "present", "--write"), 2, "only drafts"),
        (("present", "--max-criteria", "0"), 2, "needs a criterion"),
        (("present", "--test-share", "1"), 2, "no part"),
        (("present", "--new", "a b"), 2, "no id"),
    ):
        answer = learn(fresh, *words)
        assert answer.code == code, (words, answer.out, answer.err)
        assert said in answer.json["error"]
        assert answer.json["remedy"]
    assert policy(fresh) == before


def test_nothing_is_written_unless_asked(fresh: Copy) -> None:
    before = policy(fresh)
    answer = fresh.leadscore("learn", "present", "--new", "trial", "--vars", VARS)
    assert answer.code == 0, answer.err
    assert "trial_title_vp" in answer.out
    assert "proposed scorecard" in answer.out
    assert policy(fresh) == before


def test_drafts_are_added_at_the_end_and_nothing_else_changes(drafted) -> None:
    copy, before, _, _ = drafted
    after = policy(copy)
    for name, content in before.items():
        assert after[name].startswith(content)
    actions = PolicyFile.read(copy.policy / "actions.csv").rows
    assert [(row["scorecard_id"], row["band"], row["action"]) for row in actions] == [
        (scorecard, "hot", "Call") for scorecard in ("present", "next", "present_learned")
    ]
    rows = {
        row["scorecard_id"]: row for row in PolicyFile.read(copy.policy / "scorecards.csv").rows
    }
    assert rows["next"]["status"] == rows["present_learned"]["status"] == "draft"
    taken = learn(copy, "present", "--new", "next", "--write")
    assert taken.code == 2
    assert "--replace" in taken.json["remedy"]
    assert learn(copy, "present", "--new", "next", "--write", "--replace").code == 0
    # Replaced by the same, in another place at most.
    assert sorted(policy(copy)["criteria.csv"].splitlines()) == sorted(
        after["criteria.csv"].splitlines()
    )


@pytest.mark.parametrize(("scorecard", "said"), [("next", 2), ("present_learned", 3)])
def test_sql_gives_each_lead_the_points_that_were_fitted(
    drafted, scorecard: str, said: int
) -> None:
    copy, learned = drafted[0], drafted[said]["scores"]
    scored = copy.query(
        "select lead_id, score from leadscore.backtest_scores"
        f" where scorecard_id = '{scorecard}' and exclusion_reason is null"
    )
    assert {lead: float(score) for lead, score in scored} == learned
    assert len(set(learned.values())) > 5


def test_a_new_scorecard_keeps_to_its_rules(drafted) -> None:
    copy, _, said, _ = drafted
    criteria = said["rows"]["criteria"]
    assert 3 <= len(criteria) <= 20
    assert len({row["name"] for row in criteria}) == len(criteria)
    by_field = {}
    for row in criteria:
        assert int(row["points"]) != 0
        assert row["dimension"] == ("fit" if row["signal"] == "attribute" else "engagement")
        rates = [float(part.split()[-1]) for part in row["notes"].split(" %")[:2]]
        assert (rates[0] > rates[1]) == (int(row["points"]) > 0), row["notes"]
        by_field.setdefault(row["field"], []).append(row)
    assert {"title", "visit"} <= set(by_field)
    vp = next(row for row in by_field["title"] if "vp" in row["value"].lower().split("|"))
    assert int(vp["points"]) > 0
    # A column of times tells the time, not the leads apart.
    assert "since" not in by_field
    bands = [row["min_points"] for row in said["rows"]["bands"] if row["scope"] == "total"]
    assert bands[-1] == ""
    assert [int(bound) for bound in bands[:-1]] == sorted(
        {int(bound) for bound in bands[:-1]}, reverse=True
    )
    # More than a few criteria only if asked for.
    few = learn(copy, "present", "--new", "few", "--max-criteria", "2")
    assert len(few.json["rows"]["criteria"]) == 2


def test_new_points_follow_the_evidence(drafted) -> None:
    said = drafted[3]
    rows = {
        row["criterion_id"].removeprefix("present_learned_"): row
        for row in said["rows"]["criteria"]
    }
    # Its points contradicted what became of leads.
    assert int(rows["vp"]["points"]) >= 0
    assert int(rows["any_visit"]["points"]) > 0
    assert rows["none"]["points"] == "3"
    assert rows["clerk"]["requires"] == "present_learned_any_visit"
    assert said["judgement"]["gain"]["value"] > 0
    assert said["verdict"] == "better"


def test_drafts_are_shadows(drafted) -> None:
    copy = drafted[0]
    assert copy.query("select distinct scorecard_id from leadscore.scored_leads") == [("present",)]
    assert copy.query(
        "select distinct scorecard_id from leadscore.scored_leads_draft order by 1"
    ) == [("next",), ("present_learned",)]


def test_what_became_of_leads_by_chance_gives_no_proposal(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    copy = made(tmp_path_factory.mktemp("noise") / "project", raw(noise=True))
    before = policy(copy)
    for words in (("present", "--new", "next", "--write"), ("present", "--write")):
        answer = learn(copy, *words)
        assert answer.code == 6, answer.out
        assert answer.json["verdict"] == "no_signal"
        assert not answer.json["rows"]
    assert policy(copy) == before
    with duckdb.connect(str(copy.warehouse)) as connection:
        connection.execute("delete from crm.outcomes where lead_id > 'L0100'")
    assert copy.leadscore("run", "--vars", VARS).code == 0
    answer = learn(copy, "--new", "next")
    assert answer.code == 6
    assert "Too little" in answer.json["reason"]
    assert copy.leadscore("run", "--vars", VARS[:-1] + ", backtest: false}").code == 0
    answer = learn(copy, "--new", "next")
    assert answer.code == 4
    assert "back-test" in answer.json["error"]


def facts(seed: int, leads: int = 400, by_time: bool = True) -> Facts:
    """Make cases whose outcomes hang on two of their facts."""
    dice = np.random.default_rng(seed)
    title = dice.choice(["a", "b", "c", "d"], leads)
    size = dice.integers(1, 200, leads).astype(float)
    clicks = dice.poisson(1.5, leads).astype(float)
    odds = 0.1 + 0.3 * (title == "a") + 0.12 * np.minimum(clicks, 4)
    moments = np.datetime64("2025-01-01", "us") + dice.integers(0, 300, leads) * np.timedelta64(
        1, "D"
    )
    if not by_time:
        moments[:] = moments[0]
    return Facts(
        np.array([f"l{number}" for number in range(leads)], dtype=object),
        np.array([f"a{number // 2}" for number in range(leads)], dtype=object),
        moments,
        dice.random(leads) < odds,
        {
            "title": Attribute(title.astype(object), np.full(leads, np.nan), {}),
            "size": Attribute(size.astype(str).astype(object), size, {}),
        },
        {Measure("click", "count"): clicks, Measure("click", "count", 7): np.floor(clicks / 2)},
    )


def test_shuffled_outcomes_are_told_from_real_ones() -> None:
    """Nineteen of twenty shuffles at least must give nothing, and real outcomes something."""
    silent = 0
    for seed in range(20):
        given = facts(seed)
        parts = split(given, 0.3)
        assert propose(given, parts, 20).judgement.verdict == "signal", seed
        given.converted = np.random.default_rng(seed + 100).permutation(given.converted)
        silent += propose(given, parts, 20).judgement.verdict == "no_signal"
    assert silent >= 19


def test_later_cases_judge_and_accounts_stay_whole_without_dates() -> None:
    given = facts(1)
    parts = split(given, 0.3)
    assert parts.by_time
    assert given.moments[parts.is_later].min() > given.moments[~parts.is_later].max()
    assert 0.25 < parts.is_later.mean() < 0.35
    given = facts(1, by_time=False)
    parts = split(given, 0.3)
    assert not parts.by_time
    assert 0.2 < parts.is_later.mean() < 0.4
    for group in set(given.groups):
        assert len(set(parts.is_later[given.groups == group])) == 1


def test_nested_conditions_speak_one_way_and_what_tells_the_time_is_left_out() -> None:
    given = facts(3, leads=3000)
    late = given.moments > np.sort(given.moments)[1000]
    given.attributes["rate"] = Attribute(
        np.where(late, "high", "low").astype(object), np.full(3000, np.nan), {}
    )
    given.converted = given.converted | (late & (np.random.default_rng(1).random(3000) < 0.3))
    parts = split(given, 0.3)
    earlier = ~parts.is_later
    won = given.converted[earlier]
    found = candidates(given, earlier, won - won.mean())
    signs = directions(found.conditions, found.met[earlier], won, parts.strata, True)
    ways: dict[str, set[int]] = {}
    for condition, sign in zip(found.conditions, signs, strict=True):
        assert condition.field != "rate" or sign == 0
        if condition.chain and sign:
            ways.setdefault(condition.chain[0], set()).add(sign * (1 if condition.chain[1] else -1))
    assert ways
    assert all(len(way) == 1 for way in ways.values())


def test_areas_and_lifts_by_hand() -> None:
    scores = np.array([3.0, 2, 2, 1, 0])
    won = np.array([True, True, False, False, False])
    # Of six pairs five are in order and one is a tie.
    assert auc(scores, won).value == pytest.approx(5.5 / 6)
    assert auc_difference(scores, scores, won).value == 0
    assert lift(scores, won, 0.2).value == pytest.approx(2.5)
    assert lift(scores, won, 0.4).value == pytest.approx((1 + 0.5) / 2 / 0.4)
    assert chance(np.arange(200.0), np.arange(200) >= 100) < 1e-20
    assert chance(np.zeros(10), np.arange(10) > 4) == 1.0
