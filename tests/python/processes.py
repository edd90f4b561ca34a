"""Runs of the command line in processes of their own, which tests kill.

A process that has everything imported and nothing opened forks one for each run, so that what a
test waits for is the run and not Python's start.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SPAWNER = """
import atexit, itertools, json, os, resource, signal, sys
import dbt.adapters.duckdb
import dbt.cli.main
from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper
import leadscore.export, leadscore.load, leadscore.publish, leadscore.run
from leadscore.cli import main

def run(order):
    os.chdir(order["folder"])
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    if order["largest_file"]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest_file"], resource.RLIM_INFINITY))
    count_statements(order)
    main(order["words"])

def count_statements(order):
    numbers = itertools.count(1)
    last = 0
    execute = DuckDBCursorWrapper.execute
    def counted(self, *arguments):
        nonlocal last
        last = next(numbers)
        if last == order["kill_at"]:
            os.killpg(0, signal.SIGKILL)
        return execute(self, *arguments)
    DuckDBCursorWrapper.execute = counted
    def tell():
        with open(order["count"], "w") as file:
            file.write(str(last))
    atexit.register(tell)

while line := sys.stdin.readline():
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        run(json.loads(line))
    try:
        os.setpgid(pid, pid)
    except PermissionError:
        pass
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Ended:
    """A process that has ended.

    Args:
        code: its exit code; below 0: the signal that killed it.
        out: what it wrote to stdout.
        err: what it wrote to stderr.
        seconds: how long it took.
        statements: how many statements it sent to the warehouse; of a killed one not known.
    """

    code: int
    out: str
    err: str
    seconds: float
    statements: int

    @property
    def json(self) -> dict[str, Any]:
        """Its stdout as one JSON document."""
        return json.loads(self.out)


class Running:
    """A process that goes on."""

    def __init__(self, spawner: Spawner, folder: Path) -> None:
        self._spawner = spawner
        self._folder = folder
        self._began = time.monotonic()
        self.pid = int(spawner.answer())

    def kill(self) -> None:
        """Kill it and its children, as `kill -9` does; nothing where it has ended."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def wait(self) -> Ended:
        """Wait for its end."""
        code = int(self._spawner.answer())
        seconds = time.monotonic() - self._began
        out, err, count = (
            (self._folder / name).read_text(encoding="utf-8", errors="replace")
            for name in ("out", "err", "count")
        )
        return Ended(code, out, err, seconds, int(count or 0))


class Spawner:
    """Starts one process after another.

    Args:
        folder: where to keep what they write.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SPAWNER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
        )

    def start(self, root: Path, *words: str, kill_at: int = 0, largest_file: int = 0) -> Running:
        """Start `leadscore` in a project's folder, once the one before has ended.

        Args:
            root: the folder.
            words: what stands behind `leadscore`.
            kill_at: the statement for the warehouse before which it is killed; 0: none.
            largest_file: how many bytes a file may have that it writes; 0: any.
        """
        (self._folder / "count").write_text("")
        order = {
            "folder": str(root),
            "words": words,
            **{name: str(self._folder / name) for name in ("out", "err", "count")},
            "kill_at": kill_at,
            "largest_file": largest_file,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Running(self, self._folder)

    def answer(self) -> str:
        """Return the next line that the spawner says."""
        line = self._process.stdout.readline()
        assert line, "the process that starts others has ended"
        return line

    def stop(self) -> None:
        """End; what it started has ended before."""
        self._process.communicate(timeout=60)


def run_words(config: Mapping[str, Any], *more: str) -> list[str]:
    """Return the words of `leadscore run` on raw tables, as of the moment of a config.

    Without the back-test, whose tables are made as the others are.
    """
    given = json.dumps({"use_demo_data": False, "backtest": False, **config})
    return ["run", "--json", "--vars", given, *more]
