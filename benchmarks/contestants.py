"""One contestant in a process of its own: a job as JSON comes in, its cost as JSON goes out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measuring import Cost, measured, peak_memory
from benchmarks.operators import Profile, profiled_dbt
from benchmarks.policy import criteria
from benchmarks.workspace import Workspace


def project(job: dict[str, Any]) -> dict[str, Any]:
    """The project's full run."""
    with _profiled(job) as profile:
        run = _run(job, "--full-refresh")
    return {**run, "operators": profile.costly()}


def after(job: dict[str, Any]) -> dict[str, Any]:
    """A run of the project that builds on an earlier one."""
    with _profiled(job) as profile:
        run = _run(job)
    return {**run, "operators": profile.costly()}


def watch(job: dict[str, Any]) -> dict[str, Any]:
    """What a process that stays up needs once further events have come in."""
    from benchmarks.warm import WarmWatch

    warm = WarmWatch(_project(job))
    warm.poll(lambda: None)
    arriving = Path(job["arriving"])
    with _profiled(job) as profile:
        # A file that is complete at once, as loaders leave them.
        done = warm.poll(lambda: arriving.replace(arriving.with_suffix(".parquet")))
    return {**done, "operators": profile.costly()}


def _project(job: dict[str, Any]) -> Path:
    return Workspace(Path(job["workspace"])).project


def _run(job: dict[str, Any], *words: str) -> dict[str, Any]:
    # Imported where it is used, so that the memory of the others does not hold dbt.
    from benchmarks.warm import run

    return run(_project(job), *words)


@contextmanager
def _profiled(job: dict[str, Any]) -> Iterator[Profile]:
    profile = Profile()
    if not job["profile"]:
        yield profile
        return
    with profiled_dbt(profile):
        yield profile


def _with_duckdb(job: dict[str, Any], query: str) -> dict[str, Any]:
    import duckdb

    place = Workspace(Path(job["workspace"]))
    written = place.folder / "by_hand.duckdb"
    written.unlink(missing_ok=True)
    costs: list[Cost] = []
    profile = Profile()
    statement = f"create table result as {query}"
    with duckdb.connect(str(written)) as connection:
        connection.execute(f"set temp_directory = '{place.folder / 'spilled'}'")
        if job["memory"]:
            connection.execute(f"set memory_limit = '{job['memory']}'")
        connection.execute(f"attach '{place.raw}' as raw (read_only)")
        with measured(costs):
            if job["profile"]:
                profile.run(connection, statement, lambda: connection.execute(statement), "query")
            else:
                connection.execute(statement)
        if job["scores"]:
            connection.execute(f"copy result to '{job['scores']}' (format parquet)")
    written.unlink()
    return {"work": asdict(costs[0]), "operators": profile.costly()}


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
    "incremental": after,
    "points": after,
    "nothing": after,
    "watch": watch,
    "select": select,
    "polars": with_polars,
    "pandas": with_pandas,
    "count": count,
}


if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    result = RUNS[given["contestant"]](given)
    print(json.dumps({**result, "peak_bytes": peak_memory()}))
