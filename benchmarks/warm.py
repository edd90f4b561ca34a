"""The project in this process: a run, and the watch that need not start anew for each."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

from leadscore import watch
from leadscore.dbt import Dbt, Invocation
from leadscore.output import Output
from leadscore.project import Project
from leadscore.run import TABLES_ONLY

from benchmarks.measuring import Cost, peak_memory
from benchmarks.workspace import PROJECT_VARS


class _Clock:
    """Takes the CPU time of each model as dbt tells of its start and end."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}

    def started(self, name: str, index: int, total: int) -> None:
        self.began[name] = time.process_time()

    def finished(self, name: str, status: str, seconds: float, index: int, total: int) -> None:
        self.cpu_seconds[name] = time.process_time() - self.began[name]


def project_in(folder: Path) -> Project:
    """The project in a folder, with the vars of the made data.

    Args:
        folder: of the project.
    """
    # What the one who measures has set for a project of his own.
    for name in ("DBT_PROFILES_DIR", "DBT_TARGET_PATH", "DBT_LOG_PATH"):
        os.environ.pop(name, None)
    return Project(folder, given_vars=PROJECT_VARS)


def run(folder: Path, *words: str) -> dict[str, Any]:
    """One run of the project.

    Args:
        folder: of the project.
        words: for dbt, such as `--full-refresh`.

    Returns:
        `work`, what the models took together, and `models`, what each of them took.

    Raises:
        RuntimeError: it failed.
    """
    clock = _Clock()
    done = Dbt(project_in(folder)).call("build", *TABLES_ONLY, *words, progress=clock)
    if not done.ok:
        failed = [f"{step.name}: {step.message}" for step in done.failed]
        raise RuntimeError("\n".join([done.error or "", *failed]))
    return _took(done, clock)


class _Hands(Output):
    """Takes hand-offs, and the time of the last one."""

    def __init__(self) -> None:
        super().__init__(as_json=True)
        self.count = 0
        self.last = (0.0, 0.0)

    def line(self, text: str) -> None:
        """A hand-off."""
        self.count += 1
        self.last = (time.monotonic(), time.process_time())


class WarmWatch:
    """`leadscore watch`, round by round as it goes on its own.

    Args:
        folder: of the project.
    """

    def __init__(self, folder: Path) -> None:
        self._hands = _Hands()
        # Its loop waits between rounds and ends on a signal; what is measured is one round.
        self._watch = watch._Watch(
            project_in(folder), self._hands, watch.WatchOptions(), None, watch._Stop()
        )

    def poll(self, arrive: Callable[[], None]) -> dict[str, Any]:
        """One look for news, with the run and the hand-offs that follow.

        Args:
            arrive: brings the news.

        Returns:
            `work`, until the last hand-off; `engine`, what the models took of it; `hand_offs`, how
            many leads were handed off.

        Raises:
            RuntimeError: there was no news.
        """
        clock = _Clock()
        done: list[Invocation] = []
        call = Dbt.call

        def clocked(dbt: Dbt, command: str, *words: str) -> Invocation:
            done.append(call(dbt, command, *words, progress=clock))
            return done[-1]

        before = self._hands.count
        began = (time.monotonic(), time.process_time())
        with patch.object(Dbt, "call", clocked):
            arrive()
            self._watch._round()
        ended = (time.monotonic(), time.process_time())
        if not done:
            raise RuntimeError("watch saw no news")
        hand_offs = self._hands.count - before
        last = self._hands.last if hand_offs else ended
        return {
            "work": asdict(Cost(last[0] - began[0], last[1] - began[1], peak_memory())),
            "engine": _took(done[-1], clock)["work"],
            "hand_offs": hand_offs,
        }


def _took(done: Invocation, clock: _Clock) -> dict[str, Any]:
    """What the models took."""
    models = {
        step.name: {"seconds": step.seconds, "cpu_seconds": clock.cpu_seconds.get(step.name, 0.0)}
        for step in done.steps
        if step.unique_id.startswith("model.")
    }
    work = Cost(
        sum(model["seconds"] for model in models.values()),
        sum(model["cpu_seconds"] for model in models.values()),
        peak_memory(),
    )
    return {"work": asdict(work), "models": models}
