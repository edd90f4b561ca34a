"""Runs that are killed, meet another one, or fill the disk: the next one makes good.

LEADSCORE_TEST_SEED repeats a failure as far as time can be repeated, LEADSCORE_TEST_KILLS asks for
another number of kills; 30 with LEADSCORE_TEST_ALL=1.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import duckdb
import pytest
import sequences
from harness import Project, close_warehouses
from marts import Marts, diff_marts, read_marts
from processes import Ended, Spawner, run_words

SEED = int(os.environ.get("LEADSCORE_TEST_SEED") or 20260305)
KILLS = int(
    os.environ.get("LEADSCORE_TEST_KILLS") or (30 if os.environ.get("LEADSCORE_TEST_ALL") else 6)
)
# What is killed, and how often of 30 times, before one ends; in turns until there were enough
# kills. With fewer than 30 each kind has its share, and at least one.
ROUNDS = [
    (kind, max(1, round(times * min(KILLS, 30) / 30)))
    for kind, times in (
        ("first", 4),
        ("incremental", 8),
        ("policy", 6),
        ("full", 6),
        ("publish", 6),
    )
]

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


# --- a second run at the same time -----------------------------------------------------------

# A run that goes on for as long as it is wanted.
HOLDER = """
import sys
from pathlib import Path
import duckdb
from leadscore.output import Output
from leadscore.project import Project
from leadscore.run_lock import alone
with alone(Project(Path(sys.argv[1])), Output(), "run"), duckdb.connect(sys.argv[2]):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[sequences.Step]]:
    """A project that was run once, and what comes in next."""
    project = Project(tmp_path_factory.mktemp("small") / "copy")
    steps = [step for step in sequences.story(SEED + 100, steps=6) if step.is_valid]
    fill(project, steps[0])
    spawner = Spawner(project.root.parent / "spawner")
    ended = spawner.start(project.root, *run_words(steps[0].config)).wait()
    spawner.stop()
    assert ended.code == 0, ended.err
    return project, steps


def marts_expected(project: Project, step: sequences.Step, folder: Path) -> Marts:
    """What one run with the same inputs gives in a project of its own."""
    anew = Project(folder / "anew")
    fill(anew, step)
    invocation = anew.run({"backtest": False, **step.config})
    assert invocation.ok
    close_warehouses()
    return read_marts(anew.database)


def start(project: Project, *words: str) -> subprocess.Popen[str]:
    """Start a command as a scheduler does."""
    return subprocess.Popen(
        [sys.executable, "-m", "leadscore", *words],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_of_two_runs_started_at_once_one_wins_and_the_other_says_so(
    small: tuple[Project, list[sequences.Step]], tmp_path: Path
) -> None:
    project, (_, step, *_) = small
    fill(project, step)
    both = [start(project, *run_words(step.config)) for _ in range(2)]
    ended = [(*process.communicate(timeout=120), process) for process in both]
    ended.sort(key=lambda one: one[2].returncode)
    (_, won_err, won), (lost_out, lost_err, lost) = ended
    assert won.returncode == 0, won_err
    assert lost.returncode == 1, lost_err
    said = json.loads(lost_out)
    assert f"process {won.pid}," in said["error"]
    assert "is going on" in said["error"]
    assert "--wait" in said["remedy"]
    assert said["other_run"]["pid"] == won.pid
    assert said["other_run"]["command"] == "run"
    assert datetime.fromisoformat(said["other_run"]["since"]).year >= 2024
    assert "Traceback" not in lost_err

    expected = marts_expected(project, step, tmp_path)
    assert not diff_marts(expected, read_marts(project.database))
    assert not diff_marts(expected, read_marts(published(project), read_only=True))


@pytest.mark.on_demand
def test_a_run_that_is_told_to_wait_runs_afterwards(
    small: tuple[Project, list[sequences.Step]],
) -> None:
    project, (_, step, *_) = small
    fill(project, step)
    runs = "select count(distinct run_id) from leadscore.run_audit"
    with duckdb.connect(str(project.database)) as connection:
        (before,) = connection.execute(runs).fetchone()
    both = [start(project, *run_words(step.config, "--wait", "100")) for _ in range(2)]
    ended = [(*process.communicate(timeout=120), process) for process in both]
    assert [process.returncode for *_, process in ended] == [0, 0], ended
    assert sum("Waiting up to 100 s" in err for _, err, _ in ended) == 1
    with duckdb.connect(str(project.database)) as connection:
        assert connection.execute(runs).fetchone() == (before + 2,)


def test_what_needs_the_warehouse_meanwhile_says_who_has_it(
    small: tuple[Project, list[sequences.Step]],
) -> None:
    project, (step, *_) = small
    note = project.root / "target" / "leadscore.lock.json"
    assert not note.exists()
    before = read_marts(project.database)
    close_warehouses()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(project.root), str(project.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "ready\n"
    given = json.dumps({"use_demo_data": False, "backtest": False, **step.config})
    commands = (
        run_words(step.config),
        ["publish"],
        ["load", "--leads", "README.md"],
        ["check", "--only", "policy"],
        ["explain", "L1", "--vars", given],
        ["export", "scored_leads", "--vars", given],
    )
    for command in commands:
        # One after the other: some of them write dbt's own files.
        told = start(project, *command)
        out, err = told.communicate(timeout=120)
        assert told.returncode == 1, (command, out, err)
        said = " ".join((out + err).split())
        assert f"leadscore run (process {holder.pid}, since " in said, (command, out, err)
        assert "Traceback" not in said
    holder.communicate(timeout=60)
    assert not note.exists()
    assert not diff_marts(before, read_marts(project.database))
    close_warehouses()


def test_the_lock_of_a_killed_run_blocks_nobody(
    small: tuple[Project, list[sequences.Step]], spawner: Spawner
) -> None:
    project, (_, step, *_) = small
    note = project.root / "target" / "leadscore.lock.json"
    running = spawner.start(project.root, *run_words(step.config))
    while not note.exists():
        time.sleep(0.01)
    running.kill()
    assert running.wait().code == -signal.SIGKILL
    assert note.exists()
    ended = spawner.start(project.root, *run_words(step.config)).wait()
    assert ended.code == 0, ended.err
    assert not note.exists()


# --- a full disk -----------------------------------------------------------------------------


class Disk:
    """A small disk in memory.

    Args:
        folder: where to mount it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._mount("size=500m", "tmpfs")

    def _mount(self, options: str, *what: str) -> None:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, *what, str(self.folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if mounted.returncode:
            pytest.skip(f"this needs the right to mount a disk: {mounted.stderr.strip()}")

    def leave(self, kilobytes: int) -> None:
        """Let so much be free."""
        used = shutil.disk_usage(self.folder).used // 1024
        self._mount(f"remount,size={used + kilobytes}k")

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if not sys.platform.startswith("linux") or shutil.which("mount") is None:
        pytest.skip("this needs a system that mounts disks in memory")
    one = Disk(tmp_path / "disk")
    yield one
    close_warehouses()
    one.unmount()


def says_that_the_disk_is_full(ended: Ended) -> None:
    assert ended.code == 1, ended.out + ended.err
    said = ended.json
    assert "disk is full" in said["error"], said
    assert "MB free" in said["where"], said
    assert "Make room" in said["remedy"], said
    assert "Traceback" not in ended.err


def is_old_or_new(before: Marts, after: Marts, got: Marts) -> None:
    """Each mart must be as it was, or as it is to be, never a part of it."""
    for name, mart in got.items():
        assert mart.rows in (before[name].rows, after[name].rows), name


@pytest.mark.on_demand
def test_a_run_on_a_full_disk_says_so_and_the_next_one_makes_good(
    tmp_path: Path, disk: Disk, spawner: Spawner
) -> None:
    # All of it is on that disk: the warehouse, the published file, and what dbt writes.
    project = Project(disk.folder / "copy")
    first, second, *_ = (step for step in sequences.story(SEED + 200, steps=6) if step.is_valid)
    fill(project, first)
    ended = spawner.start(project.root, *run_words(first.config)).wait()
    assert ended.code == 0, ended.err
    before = read_marts(project.database)
    file = published(project).read_bytes()
    fill(project, second)
    expected = marts_expected(project, second, tmp_path)

    failed = 0
    for kilobytes in (0, 400, 1600, 102_400):
        disk.leave(kilobytes)
        ended = spawner.start(project.root, *run_words(second.config)).wait()
        disk.leave(200_000)
        if ended.code == 0:
            break
        if "published file could not be renewed" in ended.out:
            # All but the last step had room.
            assert "No space left" in ended.out
        else:
            says_that_the_disk_is_full(ended)
            failed += 1
        assert published(project).read_bytes() == file, kilobytes
        is_old_or_new(before, expected, read_marts(project.database))
        close_warehouses()
    assert failed > 1
    assert ended.code == 0, ended.out
    assert not diff_marts(expected, read_marts(project.database))
    assert not diff_marts(expected, read_marts(published(project), read_only=True))
    assert not [path for path in project.root.iterdir() if "unfinished" in path.name]


def test_files_that_cannot_grow_are_told_like_a_full_disk(
    small: tuple[Project, list[sequences.Step]], tmp_path: Path, spawner: Spawner
) -> None:
    # Works without any rights: the system lets no file of the run grow beyond a size.
    project, (_, _, step, *_) = small
    fill(project, step)
    before = read_marts(project.database)
    close_warehouses()
    file = published(project).read_bytes()
    words = run_words(step.config)
    # The statements of a run, which it logs before they take effect, take more.
    ended = spawner.start(project.root, *words, largest_file=1_000_000).wait()
    says_that_the_disk_is_full(ended)
    assert published(project).read_bytes() == file
    expected = marts_expected(project, step, tmp_path)
    is_old_or_new(before, expected, read_marts(project.database))
    close_warehouses()
    ended = spawner.start(project.root, *words).wait()
    assert ended.code == 0, ended.err
    assert not diff_marts(expected, read_marts(project.database))
    assert not diff_marts(expected, read_marts(published(project), read_only=True))
