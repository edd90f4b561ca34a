"""Runs that are killed, meet another one, or fill the disk: the next one makes good.

LEADSCORE_TEST_SEED repeats a failure as far as time can be repeated, LEADSCORE_TEST_KILLS asks for
more kills.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import duckdb
import pytest
import sequences
from harness import Project, close_warehouses
from marts import diff_marts, read_marts
from processes import Ended, Spawner, run_words

SEED = int(os.environ.get("LEADSCORE_TEST_SEED") or 20260305)
KILLS = int(os.environ.get("LEADSCORE_TEST_KILLS") or 30)
# What is killed, and how often, before one ends; in turns until there were enough kills.
ROUNDS = [("first", 4), ("incremental", 8), ("policy", 6), ("full", 6), ("publish", 6)]

# What holds only in a file that is of one run.
_WHOLE = {
    "scores of one moment": """
        select count(*) = 1 from (
            select scored_at from leadscore.scored_leads
            union select scored_at from leadscore.scored_leads_draft
            union select scored_at from leadscore.scored_accounts
        )""",
    "the moment is that of the last run": """
        select max(scored_at) = (
            select arg_max(as_of, run_started_at) from leadscore.run_audit
        ) from leadscore.scored_leads""",
    "as many leads as that run scored": """
        select count(*) = (
            select sum(leads_scored) from leadscore.run_audit
            where run_started_at = (select max(run_started_at) from leadscore.run_audit)
        ) from (
            select lead_id from leadscore.scored_leads
            union all select lead_id from leadscore.scored_leads_draft
        )""",
    "the ledger adds up": """
        select count(*) = 0 from leadscore.scored_leads as leads
        left join (
            select scorecard_id, lead_id, sum(points) as points
            from leadscore.lead_score_contributions group by all
        ) as sums using (scorecard_id, lead_id)
        where leads.score <> coalesce(sums.points, 0)""",
    "no entry without its lead": """
        select count(*) = 0 from leadscore.lead_score_contributions
        where (scorecard_id, lead_id) not in (
            select (scorecard_id, lead_id) from leadscore.scored_leads
        )""",
}


def flaws(published: Path) -> list[str]:
    """What a reader who opens the published file now would find wrong with it."""
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            return [
                what
                for what, holds in _WHOLE.items()
                if connection.execute(holds).fetchone() != (True,)
            ]
    except duckdb.Error as error:
        return [str(error)]


class Readers:
    """Someone who opens the published file again and again, whatever goes on."""

    def __init__(self, published: Path) -> None:
        self.published = published
        self.seen: list[str] = []
        self.times = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Readers:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._stop.wait(0.2):
            if self.published.exists():
                self.seen += flaws(self.published)
                self.times += 1


@pytest.fixture
def spawner(tmp_path: Path) -> Iterator[Spawner]:
    one = Spawner(tmp_path / "spawner")
    yield one
    one.stop()


def fill(project: Project, step: sequences.Step) -> None:
    """Lay out what a run is to find, and let go of the warehouse."""
    project.load_raw(step.raw)
    project.write_policy(step.policy)
    close_warehouses()


def published(project: Project) -> Path:
    return project.root / "published.duckdb"


# --- kill -9 --------------------------------------------------------------------------------


class Attempts:
    """A project whose runs are killed, and one with the same inputs whose runs are not.

    Args:
        folder: where to make them.
        draw: the dice.
    """

    def __init__(self, folder: Path, draw: Random) -> None:
        self.draw = draw
        self.killed, self.sound = Project(folder / "killed"), Project(folder / "sound")
        self.spawner, self.other = Spawner(folder / "one"), Spawner(folder / "other")
        self.kills = 0
        self.said: list[str] = []
        # How long a command takes, and how many statements it sends, to begin with.
        self.seconds = {"run": 6.0, "publish": 1.5}
        self.statements = {"run": 900, "publish": 30}

    def forget(self) -> None:
        self.killed.forget()
        self.sound.forget()

    def kill(self, words: list[str], times: int, halfway: Callable[[], None]) -> None:
        """Start a command and kill it, so many times; in the middle of that do something else."""
        # Evenly over the whole time, in any order, so that no moment is left out.
        parts = [(number + self.draw.random()) / times for number in range(times)]
        self.draw.shuffle(parts)
        for number, part in enumerate(parts):
            if number == times // 2:
                halfway()
            # Now by the clock, now between two statements, of which some take no time.
            while not self._is_killed(words, part, by_clock=number % 2 == 0):
                pass
            self.kills += 1

    def _is_killed(self, words: list[str], part: float, *, by_clock: bool) -> bool:
        if by_clock:
            delay = part * self.seconds[words[0]]
            running = self.spawner.start(self.killed.root, *words)
            time.sleep(delay)
            running.kill()
            when = f"after {delay:.2f} s"
        else:
            number = int(part * self.statements[words[0]]) + 1
            running = self.spawner.start(self.killed.root, *words, kill_at=number)
            when = f"before statement {number}"
        ended = running.wait()
        self.said.append(f"  {words[0]} killed {when}: {ended.code}")
        if published(self.killed).exists():
            self.all_is_well(flaws(published(self.killed)))
        if ended.code == -signal.SIGKILL:
            return True
        # It had ended by then.
        self.all_is_well([] if ended.code == 0 else [ended.out, ended.err])
        self._learn(words, ended)
        return False

    def _learn(self, words: list[str], ended: Ended) -> None:
        self.seconds[words[0]] = ended.seconds * 0.95
        self.statements[words[0]] = ended.statements

    def end(self, words: list[str]) -> None:
        """Let a command come to its end, which must leave everything in order."""
        ended = self.spawner.start(self.killed.root, *words).wait()
        self.said.append(f"  {words[0]} ended after {ended.seconds:.2f} s: {ended.code}")
        self.all_is_well([] if ended.code == 0 else [ended.out, ended.err])
        self._learn(words, ended)
        self.all_is_well(
            diff_marts(
                read_marts(self.killed.database),
                read_marts(published(self.killed), read_only=True),
            )
        )
        self.all_is_well(
            [path.name for path in self.killed.root.iterdir() if "unfinished" in path.name]
        )

    def compare(self, words: list[str]) -> None:
        """Run the same without being killed; both must have come to the same."""
        ended = self.other.start(self.sound.root, *words).wait()
        self.all_is_well([] if ended.code == 0 else [ended.out, ended.err])
        self.all_is_well(
            diff_marts(read_marts(self.sound.database), read_marts(self.killed.database))
        )

    def all_is_well(self, problems: list[str]) -> None:
        assert not problems, "\n".join([*self.said, *problems])

    def stop(self) -> None:
        self.spawner.stop()
        self.other.stop()


def test_a_run_after_killed_ones_gives_what_it_would_have_given_anyway(tmp_path: Path) -> None:
    attempts = Attempts(tmp_path, Random(SEED))
    attempts.said.append(
        f"repeat with: LEADSCORE_TEST_SEED={SEED} pytest tests/python -k after_killed_ones"
    )
    rounds = itertools.cycle(ROUNDS)
    seeds = itertools.count(SEED)
    steps: Iterator[sequences.Step] = iter(())
    step = None

    def go_on() -> None:
        """More has come in before a run has ended."""
        nonlocal step
        step = next(steps)
        fill(attempts.killed, step)

    with Readers(published(attempts.killed)) as readers:
        while attempts.kills < KILLS:
            kind, times = next(rounds)
            attempts.said.append(kind)
            if kind == "first":
                attempts.forget()
                told = sequences.story(next(seeds), steps=10)
                steps = (step for step in told if step.is_valid)
                step = next(steps)
            elif kind == "policy":
                step = replace(next(steps), raw=step.raw, config=step.config)
            elif kind != "publish":
                step = next(steps)
            fill(attempts.killed, step)
            if kind == "publish":
                attempts.kill(["publish", "--json"], times, lambda: None)
                attempts.end(["publish", "--json"])
                continue
            more = ["--full-refresh"] if kind == "full" else []
            words = run_words(step.config, *more)
            attempts.kill(words, times, go_on if kind in ("incremental", "full") else lambda: None)
            fill(attempts.sound, step)
            attempts.end(run_words(step.config, *more))
            attempts.compare(run_words(step.config))
    attempts.stop()
    attempts.all_is_well(readers.seen)
    assert readers.times > KILLS
