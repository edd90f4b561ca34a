"""The promise of a replay: what a run on a day gave comes out again, whatever has changed since."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
import strategies
from command import Copy, close_warehouses
from harness import Project, failures
from oracle import Table, cells

SEED = int(os.environ.get("LEADSCORE_TEST_SEED") or 20260310)
MARTS = (
    "scored_leads",
    "lead_score_contributions",
    "scored_leads_draft",
    "lead_score_contributions_draft",
    "scored_accounts",
)
HISTORY = "leadscore_history.int_history__score_spans"
WEEK = 7 * cells.MICROS_PER_DAY


class Days:
    """A project that ran live on three days, its marts saved after each, and what it is now.

    Args:
        root: the folder to make.
    """

    def __init__(self, root: Path) -> None:
        self.draw = Random(SEED)
        self.world = strategies.world(SEED, policies=8, leads=60, events=700)
        last = cells.time(self.world.config["as_of"])
        self.moments = [cells.spell_time(last - back * WEEK) for back in (2, 1, 0)]
        self.config = {name: value for name, value in self.world.config.items() if name != "as_of"}
        self.project = Project(root)
        self.copy = Copy(root)
        self._load_late(last)
        for number, moment in enumerate(self.moments):
            self._live(number, moment)
        # What there is now is of no day: nothing may be read from it.
        self.project.load_raw(
            {
                name: Table(rows if name == "events" else rows[:1], rows.columns)
                for name, rows in self.world.raw.items()
            }
        )
        self.project.write_policy({**self._policy(), "actions": "scorecard_id\nnonsense\n"})

    def leadscore(self, *words: str) -> Any:
        """Runs a command with the settings of today."""
        settings = json.dumps({"use_demo_data": False, "published_file": "", **self.config})
        return self.copy.leadscore(*words, "--vars", settings, "--json")

    def history(self) -> list[tuple]:
        """The rows of lead_score_history."""
        return self.copy.query("from leadscore.lead_score_history order by all")

    def _load_late(self, last: int) -> None:
        """Gives many events a load time of their own, up to the last day."""
        for row in self.draw.sample(self.world.raw["events"], 400):
            row["loaded_at"] = cells.spell_time(last - self.draw.randrange(4 * WEEK))

    def _live(self, number: int, moment: str) -> None:
        today = cells.time(moment)
        raw = {name: self._rows(name, number) for name in ("leads", "outcomes", "identities")}
        events = self.world.raw["events"]
        there = [row for row in events if _loaded(row) is None or _loaded(row) <= today]
        assert len(there) < len(events) or number == 2
        raw["events"] = Table(there, events.columns)
        self.project.load_raw(raw)
        self.project.write_policy(self._policy())
        # A setting of one day only.
        outcomes = {"conversion_outcomes": ["lost"]} if number == 1 else {}
        ran = self.project.run({**self.config, **outcomes, "published_file": "", "as_of": moment})
        assert ran.ok, failures(ran)
        close_warehouses()
        self.copy.query(f"create schema day_{number}")
        for mart in MARTS:
            self.copy.query(f"create table day_{number}.{mart} as from leadscore.{mart}")

    def _rows(self, name: str, number: int) -> Table:
        """The table of a day: of all rows a part, and leads with cells of other leads."""
        rows = self.world.raw[name]
        kept = [row for row in rows if self.draw.random() < 0.6 + 0.2 * (number % 2)]
        if name == "leads":
            key = next(column for column in rows.columns if column.lower() == "lead_id")
            for position, row in enumerate(kept):
                if self.draw.random() < 0.3:
                    other = self.draw.choice(rows)
                    kept[position] = {**other, key: row[key]}
        return Table(kept, rows.columns)

    def _policy(self) -> dict[str, Table]:
        """A policy of some of the scorecards, in which criteria have points of others."""
        files = self.world.policy
        ids = [row["scorecard_id"] for row in files["scorecards"]]
        kept = set(self.draw.sample(ids, len(ids) * 3 // 4))
        policy = {
            name: Table([dict(row) for row in rows if row["scorecard_id"] in kept], rows.columns)
            for name, rows in files.items()
        }
        paying = [row for row in policy["criteria"] if cells.clean(row["points"])]
        points = [row["points"] for row in paying]
        self.draw.shuffle(points)
        for row, cell in zip(paying, points, strict=True):
            row["points"] = cell
        return policy


def _loaded(event: dict[str, str | None]) -> int | None:
    """When an event came in: when it was loaded, else when it occurred; None for never known."""
    loaded = cells.time(cells.clean(event.get("loaded_at")))
    return cells.time(cells.clean(event.get("occurred_at"))) if loaded is None else loaded


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    """Return three days that were scored live."""
    return Days(tmp_path_factory.mktemp("days") / "project")


@pytest.mark.parametrize(
    "number", [0, *(pytest.param(day, marks=pytest.mark.on_demand) for day in (1, 2))]
)
def test_a_day_comes_out_as_it_was(days: Days, number: int) -> None:
    before = days.copy.marts(), days.history()
    said = days.leadscore("run", "--as-of", days.moments[number], "--as-known")
    assert said.code == 0, said.err
    for mart in MARTS:
        saved, again = f"day_{number}.{mart}", f"leadscore_as_known.{mart}"
        assert days.copy.query(f"select count(*) > 0 from {saved}") == [(True,)], mart
        assert days.copy.query(f"from {saved} except all from {again}") == [], mart
        assert days.copy.query(f"from {again} except all from {saved}") == [], mart
    assert said.json["relations"]["scored_leads"].endswith('"leadscore_as_known"."scored_leads"')
    assert (days.copy.marts(), days.history()) == before


def test_a_replay_gives_the_history_of_the_days(days: Days) -> None:
    lived = days.history()
    assert len({row[-2] for row in lived}) == 3, "each day has changes"
    days.copy.query(f"delete from {HISTORY}")
    first, _, last = days.moments
    words = ["replay", "--from", first, "--to", last, "--every", "7d", "--as-known"]

    # Killed when one moment is through: that one is whole, and nothing is there of the next.
    settings = json.dumps({"use_demo_data": False, "published_file": "", **days.config})
    killed = subprocess.Popen(
        [sys.executable, "-m", "leadscore", *words, "--vars", settings],
        cwd=days.copy.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert killed.stdout.readline().startswith(first)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    there = days.copy.query(f"select distinct cast(valid_from as varchar) from {HISTORY}")
    assert there == [(first,)]

    said = days.leadscore(*words)
    assert said.code == 0, said.err
    assert [moment["added"] for moment in said.json["moments"]] == [False, True, True]
    assert days.history() == lived

    # Once more changes nothing.
    said = days.leadscore(*words)
    assert [moment["added"] for moment in said.json["moments"]] == [False, False, False]
    assert days.history() == lived
    left = days.copy.query(
        "select schema_name from information_schema.schemata where schema_name like '%replay'"
    )
    assert left == [], "a replay cleans up behind itself"


def test_what_was_never_known_is_said(days: Days) -> None:
    early = cells.spell_time(cells.time(days.moments[0]) - 1)
    for words in (["run", "--as-of", early], ["replay", "--from", early]):
        said = days.leadscore(*words, "--as-known")
        assert said.code == 4, said.err
        assert days.moments[0] in said.json["error"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--from", "1 March"], "1 March"),
        (["--from", "2026-02-30"], "2026-02-30"),
        (["--from", "2026-01-01", "--to", "soon"], "soon"),
        (["--from", "2026-01-02", "--to", "2026-01-01"], "--to"),
        (["--from", "2026-01-01", "--to", "9999-01-01"], "9999-01-01"),
        (["--from", "2026-01-01", "--every", "0d"], "0d"),
        (["--from", "2026-01-01", "--every", "weekly"], "weekly"),
    ],
)
def test_a_replay_without_sense_is_refused(days: Days, words: list[str], named: str) -> None:
    said = days.leadscore("replay", *words)
    assert said.code == 2, said.err
    assert named in said.json["error"] + said.json["remedy"]
