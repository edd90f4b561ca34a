"""Which operators of the engine a model spends its time in."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measuring import peak_memory
from benchmarks.workspace import Workspace

_TOP = 3
# What the engine says of an operator that tells which one it is.
_TELLING = ("Table", "Function", "Conditions", "Groups", "Aggregates", "Expression", "Projections")


@dataclass(frozen=True)
class Operator:
    """One operator of a query's plan.

    Args:
        name: the engine's name for it.
        cpu_seconds: its time, summed over the threads.
        rows: how many rows came out of it.
        about: what it works on.
    """

    name: str
    cpu_seconds: float
    rows: int
    about: str


def costly_operators(place: Workspace, names: list[str], memory: str | None) -> dict[str, Any]:
    """The most costly operators of models, found by running their queries again.

    Args:
        place: where the project has run.
        names: the models.
        memory: how much memory the engine may use; None for its default.
    """
    results = json.loads(
        (place.project / "target" / "run_results.json").read_text(encoding="utf-8")
    )["results"]
    queries = {one["unique_id"].rpartition(".")[2]: one.get("compiled_code") for one in results}
    profile = place.folder / "profile.json"
    found: dict[str, Any] = {}
    with duckdb.connect(str(place.warehouse)) as connection:
        if memory:
            connection.execute(f"set memory_limit = '{memory}'")
        connection.execute(f"set temp_directory = '{place.folder / 'spilled'}'")
        connection.execute(f"attach '{place.raw}' as raw (read_only)")
        for name in names:
            connection.execute("pragma enable_profiling = 'json'")
            connection.execute(f"pragma profiling_output = '{profile}'")
            connection.execute(f"create or replace temp table profiled as {queries[name]}")
            connection.execute("pragma disable_profiling")
            tree = json.loads(profile.read_text(encoding="utf-8"))
            operators = sorted(_operators(tree["operator"][0]), key=lambda one: -one.cpu_seconds)
            found[name] = [vars(one) for one in operators[:_TOP]]
    return found


def _operators(node: dict[str, Any]) -> list[Operator]:
    extra = node.get("extra_info") or {}
    about = "; ".join(
        f"{key.lower()}: {', '.join(value) if isinstance(value, list) else value}"
        for key, value in extra.items()
        if key in _TELLING
    )
    found = [
        Operator(
            node["type"],
            float(node["timing"]),
            int(node["intermediate_rows"]),
            " ".join(about.split()),
        )
    ]
    for child in node.get("children", []):
        found += _operators(child)
    return found


if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    operators = costly_operators(
        Workspace(Path(given["workspace"])), given["models"], given["memory"]
    )
    print(json.dumps({"operators": operators, "peak_bytes": peak_memory()}))
