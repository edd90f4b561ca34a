"""`leadscore watch`: who is handed off, that none is lost or doubled, how it goes on and ends."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from command import Copy, Said
from leadscore import watch, webhook
from leadscore.errors import InUseError, LeadscoreError
from leadscore.output import Output
from leadscore.project import find_project
from watching import VARS, happens, hook, small_project, until

# `leadscore` in a process that is killed where it is to record a delivery.
KILLED = """
import os, signal, sys
from leadscore import watch, webhook
from leadscore.cli import main
watch.COMPLETE_RUN = "hand_offs"
watch.record = lambda *ignored: os.kill(os.getpid(), signal.SIGKILL)
main(sys.argv[1:])
"""
# Another program that holds the file until it is told to end.
LOADER = (
    "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('ready', flush=True); input()"
)
# A model that would run for hours, in SQL that cannot be answered from statistics.
ENDLESS = (
    "select sum(hash(left_side.range) % 7) as n from range(10000000) as left_side, range(1000000)"
)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A small project that a first watch has scored."""
    copy = small_project(tmp_path_factory.mktemp("watch") / "lead's score")
    happens(copy, "c", "pricing", "pricing")
    said = once(copy)
    assert said.code == 0, said.err
    assert said.out == ""
    copy.save()
    return copy


@pytest.fixture
def watched(original: Copy) -> Copy:
    """The small project as its first watch left it, to change."""
    original.restore()
    return original


@pytest.fixture
def waiting(watched: Copy, monkeypatch: pytest.MonkeyPatch) -> Copy:
    """A project with hand-offs of a and b that a run which died could not add; runs are quick."""
    monkeypatch.setattr(watch, "COMPLETE_RUN", "hand_offs")
    left_waiting(watched, "a", "b")
    return watched


def left_waiting(copy: Copy, *leads: str, key: str = "id") -> None:
    copy.query(
        "update leadscore_intermediate.int_operations__lead_bands"
        f" set hand_off_id = '{key} of ' || lead_id, from_band = 'cold', to_band = 'hot',"
        " score = 71.5, recommended_action = 'Call', action_sla_hours = 4,"
        " handed_off_at = timestamp '2026-03-01 10:00:00',"
        f" due_at = timestamp '2026-03-01 14:00:00' where lead_id in {(*leads, '')} returning 1"
    )


def once(copy: Copy, *words: str) -> Said:
    return copy.leadscore("watch", "--once", "--vars", VARS, *words)


def lines(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.out.splitlines()]


def deliveries(copy: Copy) -> list[tuple]:
    return copy.query(
        "select hand_off_id, status, http_status from leadscore.hand_off_deliveries"
        " where hand_off_id is not null order by recorded_at, hand_off_id"
    )


def band_of(copy: Copy, lead: str) -> str:
    return copy.query(f"select band from leadscore.scored_leads where lead_id = '{lead}'")[0][0]


def patiently(act: Callable[..., Any], *words: Any) -> Any:
    """Does something to the warehouse as a loader does: again while the file is in use."""

    def tried() -> list[Any]:
        with contextlib.suppress(duckdb.IOException):
            return [act(*words)]
        return []

    return until(tried)[0]


class Watching:
    """A `leadscore watch` in a process of its own.

    Args:
        copy: the project.
        words: further words of the command.
    """

    def __init__(self, copy: Copy, *words: str) -> None:
        self.out = copy.root / "out.txt"
        self.err = copy.root / "err.txt"
        with self.out.open("w") as out, self.err.open("w") as err:
            program = [sys.executable, "-m", "leadscore", "watch", "--every", "0.3s"]
            self.process = subprocess.Popen(
                [*program, "--vars", VARS, *words],
                cwd=copy.root,
                stdout=out,
                stderr=err,
            )

    def said(self, text: str, times: int = 1) -> None:
        """Waits until it has said something on stderr so many times."""
        until(lambda: self.err.read_text().count(text) >= times)

    def leads(self, number: int) -> list[tuple[str, str, str]]:
        """Waits for so many hand-offs on stdout, and gives lead and bands of all."""
        until(lambda: self.out.read_text().count("\n") >= number)
        found = [json.loads(line) for line in self.out.read_text().splitlines()]
        return [(row["lead_id"], row["from_band"], row["to_band"]) for row in found]

    def stop(self, number: int) -> tuple[int, float]:
        """Sends a signal; gives the exit code, and the seconds that it took to end."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(30), time.monotonic() - began


@contextlib.contextmanager
def watching(copy: Copy, *words: str) -> Iterator[Watching]:
    found = Watching(copy, *words)
    try:
        yield found
    finally:
        found.process.kill()
        found.process.wait()


# --- who is handed off -------------------------------------------------------------------


def test_a_watch_hands_off_what_rises_again_and_again_and_stops_on_a_signal(
    watched: Copy,
) -> None:
    with watching(watched, "--json") as process:
        process.said("Scored in")
        # The file is free between two looks, so that other programs can write to it.
        patiently(happens, watched, "a", "pricing", "pricing")
        assert process.leads(1) == [("a", "cold", "hot")]
        patiently(happens, watched, "a", "left")
        # Looking all the time would keep the file from the watch.
        until(lambda: patiently(band_of, watched, "a") == "cold", pause=0.5)
        # A mistake in the policy is told once, however often it is met, and ends nothing.
        watched.edit("bands", "s,total,warm,30", "s,total,warm,x")
        process.said("error: The policy has 1 problem")
        time.sleep(2.5)
        assert process.err.read_text().count("error: The policy") == 1
        assert "bands.csv s/total/warm min_points x: " in process.err.read_text()
        watched.edit("bands", "s,total,warm,x", "s,total,warm,31")
        process.said("It works again.")
        patiently(happens, watched, "a", "pricing")
        patiently(happens, watched, "b", "pricing")
        assert sorted(process.leads(3)[1:]) == [("a", "cold", "warm"), ("b", "cold", "warm")]
        code, seconds = process.stop(signal.SIGTERM)
    assert code == 0
    assert seconds < watch.STOP_WITHIN - 1
    assert len(process.leads(3)) == 3
    assert [status for _, status, _ in deliveries(watched)] == ["printed"] * 3


def test_news_is_handed_off_once(watched: Copy) -> None:
    happens(watched, "a", "pricing", "pricing")
    said = once(watched)
    assert said.code == 0, said.err
    [line] = said.out.splitlines()
    assert line[16:] == (
        "  s  a of acme  cold → hot with 71  Call, within 4 h, by Sales"
        "  Saw the prices (+70); Has a title (+1)"
    )
    assert once(watched).out == ""
    [(row,)] = watched.query("select hand_offs from leadscore.hand_offs")
    assert (row["handed_off_at"] - row["due_at"]).total_seconds() == -4 * 3600


def test_hand_offs_from_before_the_first_watch_are_left_alone(waiting: Copy) -> None:
    waiting.query("delete from leadscore.hand_off_deliveries returning 1")
    unwatched = ("run", "--select", "hand_offs", "--vars", VARS)
    assert waiting.leadscore(*unwatched).code == 0
    left_waiting(waiting, "c")
    said = once(waiting, "--json")
    assert [row["lead_id"] for row in lines(said)] == ["c"]
    assert "2 hand-offs from before the first watch" in said.err
    # Once the first watch has begun, what other runs hand off is delivered too.
    left_waiting(waiting, "a", key="later id")
    assert waiting.leadscore(*unwatched).code == 0
    said = once(waiting, "--json")
    assert [row["hand_off_id"] for row in lines(said)] == ["later id of a"]
    assert "before the first watch" not in said.err


# --- none is lost or doubled -------------------------------------------------------------


def test_what_a_run_that_died_could_not_hand_off_comes_with_the_next(waiting: Copy) -> None:
    said = once(waiting, "--json")
    assert lines(said)[0] == {
        "hand_off_id": "id of a",
        "scorecard_id": "s",
        "lead_id": "a",
        "account_id": None,
        "from_band": "cold",
        "to_band": "hot",
        "score": 71.5,
        "top_reasons": None,
        "recommended_action": "Call",
        "action_sla_hours": 4,
        "action_team": None,
        "handed_off_at": "2026-03-01T10:00:00Z",
        "due_at": "2026-03-01T14:00:00Z",
    }
    assert [row["lead_id"] for row in lines(said)] == ["a", "b"]
    assert once(waiting).out == ""


def test_what_was_handed_off_while_no_watch_was_up_is_delivered(waiting: Copy) -> None:
    assert waiting.leadscore("run", "--select", "hand_offs", "--vars", VARS).code == 0
    assert [row["lead_id"] for row in lines(once(waiting, "--json"))] == ["a", "b"]


def test_what_is_posted_is_the_json_that_is_printed(waiting: Copy) -> None:
    with hook() as found:
        said = once(waiting, "--json", "--webhook", found.url)
        assert said.code == 0, said.err
        assert once(waiting, "--webhook", found.url).code == 0
    assert [document for _, document in found.got] == lines(said)
    assert found.keys() == ["id of a", "id of b"]
    assert deliveries(waiting) == [("id of a", "posted", 200), ("id of b", "posted", 200)]


def test_a_kill_between_post_and_record_posts_again_with_the_same_key(waiting: Copy) -> None:
    with hook() as found:
        words = ["watch", "--once", "--vars", VARS, "--webhook", found.url]
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, *words],
            cwd=waiting.root,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL
        assert found.keys() == ["id of a"]
        assert once(waiting, "--webhook", found.url).code == 0
        assert once(waiting, "--webhook", found.url).code == 0
    assert found.keys() == ["id of a", "id of a", "id of b"]
    assert found.got[0][1] == found.got[1][1]


def test_what_a_webhook_does_not_take_stays(waiting: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "RETRIES", 1)
    with hook(422) as found:
        said = once(waiting, "--json", "--webhook", found.url)
        assert said.code == 1
        # Nothing but hand-offs stands on stdout, also when something went wrong.
        assert [row["lead_id"] for row in lines(said)] == ["a", "b"]
        assert "refused the hand-off of a: it answered 422" in said.err
        assert "1 hand-off could not be delivered" in said.err
        assert "secret" not in said.err
        assert deliveries(waiting) == [("id of a", "refused", 422), ("id of b", "posted", 200)]
        # With the receiver mended, the next watch delivers it.
        assert once(waiting, "--webhook", found.url).code == 0
    assert found.keys() == ["id of a", "id of b", "id of a"]
    assert deliveries(waiting)[-1] == ("id of a", "posted", 200)

    waiting.query("delete from leadscore.hand_off_deliveries where status = 'posted' returning 1")
    said = once(waiting, "--webhook", found.url)
    assert said.code == 1
    assert "is not available: connection refused" in said.err
    assert deliveries(waiting) == [("id of a", "refused", 422)]


def test_a_post_that_cannot_be_recorded_yet_is_not_posted_again(
    waiting: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = 2
    record = watch.record

    def locked(*arguments: Any) -> None:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise LeadscoreError("The file is in use.")
        record(*arguments)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(watch, "record", locked)
    with hook() as found:
        said = waiting.leadscore("watch", "--every", "0.1s", "--vars", VARS, "--webhook", found.url)
    assert said.code == 0
    assert said.err.count("The file is in use.") == 1
    assert found.keys() == ["id of a"]
    assert deliveries(waiting) == [("id of a", "posted", 200)]


# --- how it goes on and ends -------------------------------------------------------------


def test_a_file_in_use_is_told_and_nothing_is_broken(watched: Copy) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LOADER, str(watched.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as loader:
        assert loader.stdout is not None
        loader.stdout.readline()
        said = once(watched)
        loader.kill()
    assert said.code == 1
    assert "Another program has the warehouse file open" in said.err
    assert "Traceback" not in said.err


def test_a_signal_ends_a_statement_under_way(
    watched: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_LOG_LEVEL_FILE", "debug")
    (watched.root / "models" / "intermediate" / "endless.sql").write_text(ENDLESS, encoding="utf-8")
    before = watched.query("select count(*) from leadscore.scored_leads")
    with watching(watched) as process:
        log = watched.root / "logs" / "dbt.log"
        size = log.stat().st_size
        until(lambda: "from range(10000000)" in log.read_text(encoding="utf-8")[size:])
        time.sleep(0.5)
        code, seconds = process.stop(signal.SIGINT)
    assert (code, process.err.read_text().count("Traceback")) == (0, 0)
    assert seconds < watch.STOP_WITHIN - 1
    (watched.root / "models" / "intermediate" / "endless.sql").unlink()
    assert watched.query("select count(*) from leadscore.scored_leads") == before
    assert once(watched).code == 0


def test_what_does_not_end_is_left(watched: Copy) -> None:
    program = """
import time
from leadscore import watch, webhook
from leadscore.cli import main
watch.STOP_WITHIN = 0.5
watch.COMPLETE_RUN = "hand_offs"
watch._Watch._deliver = lambda self: (print("stuck", flush=True), time.sleep(60))
main(["watch", "--vars", %r])
"""
    with subprocess.Popen(
        [sys.executable, "-c", program % VARS], cwd=watched.root, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_looks_lead_to_the_run_that_is_due(watched: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "EVENTS_RUN", "events only")
    watcher = watch._Watch.__new__(watch._Watch)
    first = watch._News((1,), {"events": (1,), "leads": (1,)})
    watcher._run_with, watcher._completed = None, None
    assert watcher._due(first) == watch.COMPLETE_RUN
    watcher._run_with, watcher._completed = first, time.monotonic()
    assert watcher._due(first) is None
    assert watcher._due(watch._News((1,), {"events": (2,), "leads": (1,)})) == "events only"
    for files, leads in (((2,), 1), ((1,), 2)):
        news = watch._News(files, {"events": (2,), "leads": (leads,)})
        assert watcher._due(news) == watch.COMPLETE_RUN
    # Time alone changes scores.
    watcher._completed = time.monotonic() - 61
    assert watcher._due(first) == watch.COMPLETE_RUN


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("2m", 120), ("1h", 3600), ("5", 5), ("0.5S", 0.5)]
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert watch.parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-1s", "soon", "2d", "25h"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(LeadscoreError):
        watch.parse_duration(text)


def test_a_file_in_use_for_a_moment_is_no_news(
    watched: Copy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watcher = watch._Watch(
        find_project(watched.root), Output(), watch.WatchOptions(), None, watch._Stop()
    )
    in_use = InUseError("Held by process 1.")
    watcher._tell(in_use)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(watch, "IN_USE_TOLD", 0.0)
    for number in (2, 3):
        watcher._tell(InUseError(f"Held by process {number}."))
    assert capsys.readouterr().err.count("Held by process") == 1
