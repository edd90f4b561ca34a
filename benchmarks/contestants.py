"""One contestant in a process of its own: a job as JSON comes in, its cost as JSON goes out."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measuring import Cost, measured, peak_memory
from benchmarks.policy import criteria
from benchmarks.workspace import PROJECT_VARS, Workspace


class _Clock:
    """Takes the CPU time of each model as dbt tells of its start and end."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}

    def started(self, name: str, index: int, total: int) -> None:
        self.began[name] = time.process_time()

    def finished(self, name: str, status: str, seconds: float, index: int, total: int) -> None:
        self.cpu_seconds[name] = time.process_time() - self.began[name]


def project(job: dict[str, Any]) -> dict[str, Any]:
    """The project's full run; its scores are written when the job says where."""
    from leadscore.dbt import Dbt
    from leadscore.project import Project
    from leadscore.run import NOT_TESTS

    place = Workspace(Path(job["workspace"]))
    for name in ("DBT_PROFILES_DIR", "DBT_TARGET_PATH", "DBT_LOG_PATH"):
        os.environ.pop(name, None)
    clock = _Clock()
    done = Dbt(Project(place.project, given_vars=PROJECT_VARS)).call(
        "build", *NOT_TESTS, "--full-refresh", progress=clock
    )
    if not done.ok:
        raise RuntimeError(
            "\n".join([done.error or "", *(f"{step.name}: {step.message}" for step in done.failed)])
        )
    models = [step for step in done.steps if step.unique_id.startswith("model.")]
    steps = {
        step.name: {"seconds": step.seconds, "cpu_seconds": clock.cpu_seconds.get(step.name, 0.0)}
        for step in models
    }
    work = Cost(
        sum(step["seconds"] for step in steps.values()),
        sum(step["cpu_seconds"] for step in steps.values()),
        peak_memory(),
    )
    return {"work": asdict(work), "models": steps}


def _with_duckdb(job: dict[str, Any], query: str) -> dict[str, Any]:
    import duckdb

    place = Workspace(Path(job["workspace"]))
    written = place.folder / "by_hand.duckdb"
    written.unlink(missing_ok=True)
    costs: list[Cost] = []
    with duckdb.connect(str(written)) as connection:
        connection.execute(f"set temp_directory = '{place.folder / 'spilled'}'")
        if job["memory"]:
            connection.execute(f"set memory_limit = '{job['memory']}'")
        connection.execute(f"attach '{place.raw}' as raw (read_only)")
        with measured(costs):
            connection.execute(f"create table result as {query}")
        if job["scores"]:
            connection.execute(f"copy result to '{job['scores']}' (format parquet)")
    written.unlink()
    return {"work": asdict(costs[0])}


def select(job: dict[str, Any]) -> dict[str, Any]:
    """The SELECT written by hand."""
    from benchmarks.analyst_sql import scores_query

    rules = criteria(job["criteria"])
    return _with_duckdb(job, scores_query(rules, "raw.crm.leads", "raw.tracking.events"))


def count(job: dict[str, Any]) -> dict[str, Any]:
    """The lower bound."""
    from benchmarks.analyst_sql import count_query

    return _with_duckdb({**job, "scores": None}, count_query("raw.tracking.events"))


def _with_frames(job: dict[str, Any], score: Any) -> dict[str, Any]:
    costs: list[Cost] = []
    rules = criteria(job["criteria"])
    with measured(costs):
        score(rules, job["leads"], job["events"], job["scores"] or os.devnull)
    return {"work": asdict(costs[0])}


def with_polars(job: dict[str, Any]) -> dict[str, Any]:
    """The same in Polars."""
    from benchmarks.analyst_polars import write_scores

    return _with_frames(job, write_scores)


def with_pandas(job: dict[str, Any]) -> dict[str, Any]:
    """The same in pandas."""
    from benchmarks.analyst_pandas import write_scores

    return _with_frames(job, write_scores)


RUNS = {
    "project": project,
    "select": select,
    "polars": with_polars,
    "pandas": with_pandas,
    "count": count,
}


if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    result = RUNS[given["contestant"]](given)
    print(json.dumps({**result, "peak_bytes": peak_memory()}))
