"""Which operators of the engine a piece of work spends its time in, taken while it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

TOP = 3
# What the engine says of an operator that tells which one it is.
_TELLING = ("Table", "Function", "Conditions", "Groups", "Aggregates", "Expression", "Projections")
# dbt writes the node that a statement belongs to into a comment before it.
_NODE = re.compile(r'"node_id": "(?:model|seed)\.\w+\.(\w+)"')


@dataclass(frozen=True)
class Operator:
    """One operator of a statement's plan.

    Args:
        statement: what the statement belongs to.
        name: the engine's name for it.
        cpu_seconds: its time, summed over the threads.
        rows: how many rows came out of it.
        about: what it works on.
    """

    statement: str
    name: str
    cpu_seconds: float
    rows: int
    about: str


class Profile:
    """The operators of the statements that ran while it was taken."""

    def __init__(self) -> None:
        self._found: list[Operator] = []

    def run(self, connection: Any, sql: str, execute: Any, statement: str) -> Any:
        """Runs a statement and takes its operators.

        Args:
            connection: of DuckDB.
            sql: the statement.
            execute: runs it.
            statement: what it belongs to.
        """
        # A setting of the connection, and dbt opens one after another.
        connection.execute("pragma enable_profiling = 'no_output'")
        result = execute()
        information = connection.get_profiling_information()
        tree = json.loads(information) if information else {}
        found = _NODE.search(sql)
        for node in tree.get("operator") or []:
            self._found += _operators(node, found[1] if found else statement)
        return result

    def costly(self) -> list[dict[str, Any]]:
        """The most costly operators of all statements."""
        order = sorted(self._found, key=lambda one: -one.cpu_seconds)
        return [vars(one) for one in order[:TOP]]


@contextmanager
def profiled_dbt(profile: Profile) -> Iterator[None]:
    """Takes the operators of every statement that dbt runs on DuckDB within the block."""
    from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

    execute = DuckDBCursorWrapper.execute

    def execute_profiled(self: Any, sql: str, bindings: Any = None) -> Any:
        return profile.run(self._cursor, sql, lambda: execute(self, sql, bindings), "dbt")

    with patch.object(DuckDBCursorWrapper, "execute", execute_profiled):
        yield


def _operators(node: dict[str, Any], statement: str) -> list[Operator]:
    extra = node.get("extra_info") or {}
    about = "; ".join(
        f"{key.lower()}: {', '.join(value) if isinstance(value, list) else value}"
        for key, value in extra.items()
        if key in _TELLING
    )
    found = [
        Operator(
            statement,
            node["type"],
            float(node["timing"]),
            int(node["intermediate_rows"]),
            " ".join(about.split()),
        )
    ]
    for child in node.get("children", []):
        found += _operators(child, statement)
    return found
