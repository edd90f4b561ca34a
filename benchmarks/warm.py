"""The project in this process: its first run, and further ones that need not start anew."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

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


class WarmProject:
    """Runs of one project in one process.

    Args:
        folder: of the project.
    """

    def __init__(self, folder: Path) -> None:
        from leadscore.dbt import Dbt
        from leadscore.project import Project

        # What the one who measures has set for a project of his own.
        for name in ("DBT_PROFILES_DIR", "DBT_TARGET_PATH", "DBT_LOG_PATH"):
            os.environ.pop(name, None)
        self._dbt = Dbt(Project(folder, given_vars=PROJECT_VARS))

    def poll(self, *words: str) -> dict[str, Any]:
        """One run: what a process that stays up does once there is news.

        Args:
            words: for dbt, such as `--full-refresh`.

        Returns:
            `work`, what the models took together, and `models`, what each of them took.

        Raises:
            RuntimeError: it failed.
        """
        from leadscore.run import NOT_TESTS

        clock = _Clock()
        done = self._dbt.call("build", *NOT_TESTS, *words, progress=clock)
        if not done.ok:
            failed = [f"{step.name}: {step.message}" for step in done.failed]
            raise RuntimeError("\n".join([done.error or "", *failed]))
        models = {
            step.name: {
                "seconds": step.seconds,
                "cpu_seconds": clock.cpu_seconds.get(step.name, 0.0),
            }
            for step in done.steps
            if step.unique_id.startswith("model.")
        }
        work = Cost(
            sum(model["seconds"] for model in models.values()),
            sum(model["cpu_seconds"] for model in models.values()),
            peak_memory(),
        )
        return {"work": asdict(work), "models": models}
