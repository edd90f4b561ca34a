"""The marts of a warehouse with all of their columns, to compare one project with another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb
from harness import Project

# The mart, the columns that tell its rows apart, and those that may differ between two runs with
# the same inputs.
_MARTS = {
    "scored_leads": (("scorecard_id", "lead_id"), ()),
    "scored_leads_draft": (("scorecard_id", "lead_id"), ()),
    "lead_score_contributions": (("scorecard_id", "lead_id", "entry_type", "criterion_id"), ()),
    "lead_score_contributions_draft": (
        ("scorecard_id", "lead_id", "entry_type", "criterion_id"),
        (),
    ),
    "scored_accounts": (("scorecard_id", "account_id"), ()),
    "backtest_contributions": (("scorecard_id", "lead_id", "criterion_id"), ()),
    "backtest_scores": (("scorecard_id", "lead_id"), ()),
    "score_performance": (("scorecard_id",), ()),
    "score_gains": (("scorecard_id", "decile"), ()),
    "band_performance": (("scorecard_id", "scope", "band"), ()),
    "criterion_performance": (("criterion_id",), ()),
    "score_drift": (("scorecard_id", "population", "criterion_id"), ()),
    "rejected_rows": (("source_name", "row_id", "reason"), ("row",)),
    "policy_errors": (("file", "row_id", "column_name"), ()),
    "run_audit": (("source_name", "scorecard_id"), ("run_id", "run_started_at")),
}
_LAST_RUN = " where run_started_at = (select max(run_started_at) from leadscore.run_audit)"

Marts = dict[str, "Mart"]


class Mart:
    """The rows of a mart, in any order.

    Args:
        name: its name.
        columns: the names of its columns.
        rows: its rows.
        key: the columns that tell its rows apart; those of the marts above when not given.
    """

    def __init__(
        self, name: str, columns: list[str], rows: list[tuple], key: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.columns = columns
        self.rows = Counter(rows)
        self.key = key or _MARTS[name][0]


def read_marts(path: Path, *, read_only: bool = False) -> Marts:
    """Read every mart whose rows follow from the inputs; of the audit those of the last run.

    Arguments: the file; whether others may have it open to read, which is so of a published file.
    """
    found = {}
    with duckdb.connect(str(path), read_only=read_only) as connection:
        there = {
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'leadscore'"
            ).fetchall()
        }
        for name, (_, varying) in _MARTS.items():
            if name not in there:
                continue
            leaving_out = f" exclude ({', '.join(varying)})" if varying else ""
            where = _LAST_RUN if name == "run_audit" else ""
            cursor = connection.execute(f"select *{leaving_out} from leadscore.{name}{where}")
            columns = [column[0] for column in cursor.description]
            found[name] = Mart(name, columns, cursor.fetchall())
    return found


def marts_of(project: Project) -> Marts:
    """Read every mart of a project that has run, on whatever engine; else as `read_marts`.

    Rows of several engines compare as equal where they are: numbers by value, times without zone.
    """
    if project.server is None:
        return read_marts(project.database)
    found: Marts = {}
    if not project.has_run:
        return found
    with project.warehouse() as warehouse:
        for name, (_, varying) in _MARTS.items():
            if not warehouse.has(name):
                continue
            relation = warehouse.model(name)
            where = ""
            if name == "run_audit":
                where = _LAST_RUN.replace("leadscore.run_audit", relation)
            columns, chunks = warehouse.chunks(f"select * from {relation}{where}", 10_000)
            kept = [place for place, column in enumerate(columns) if column not in varying]
            rows = [tuple(row[place] for place in kept) for chunk in chunks for row in chunk]
            found[name] = Mart(name, [columns[place] for place in kept], rows)
    return found


def diff_marts(expected: Marts, got: Marts, *, most: int = 8) -> list[str]:
    """Compare marts to the cell.

    Arguments: the marts as they should be and as they are; how many rows to name per mart.

    Returns a line per row that differs, with the columns in which it does; none where all is equal.
    """
    lines = []
    for name in sorted(expected.keys() | got.keys()):
        if name not in expected or name not in got:
            lines.append(f"{name}: only one of the two has it")
        elif sorted(expected[name].columns) != sorted(got[name].columns):
            lines.append(f"{name}: columns {expected[name].columns} and {got[name].columns}")
        else:
            found = _diff_mart(expected[name], got[name])
            lines += found[:most]
            if len(found) > most:
                lines.append(f"{name}: {len(found) - most} more differences")
    return lines


def count_differing(expected: Mart, got: Mart) -> int:
    """Count the rows that only one of two marts has; one that has changed counts once."""
    lacking = _by_key(expected, expected.rows - got.rows)
    needless = _by_key(got, got.rows - expected.rows)
    return sum(
        max(len(lacking.get(key, ())), len(needless.get(key, ())))
        for key in lacking.keys() | needless.keys()
    )


def _diff_mart(expected: Mart, got: Mart) -> list[str]:
    lacking = _by_key(expected, expected.rows - got.rows)
    needless = _by_key(got, got.rows - expected.rows)
    lines = []
    for key in sorted(lacking.keys() | needless.keys()):
        left, right = lacking.get(key, []), needless.get(key, [])
        label = f"{expected.name} {'/'.join(key)}"
        if len(left) != 1 or len(right) != 1:
            lines.append(f"{label}: {len(left)} rows lack, {len(right)} are too many")
            lines += [f"    - {_shown(row)}" for row in left[:2]]
            lines += [f"    + {_shown(row)}" for row in right[:2]]
            continue
        differing = ", ".join(
            f"{column} {cell!r} became {right[0][column]!r}"
            for column, cell in left[0].items()
            if cell != right[0][column]
        )
        lines.append(f"{label}: {differing}")
    return lines


def _by_key(mart: Mart, rows: Counter) -> dict[tuple[str, ...], list[dict]]:
    found: dict[tuple[str, ...], list[dict]] = {}
    for row in rows.elements():
        cells = dict(zip(mart.columns, row, strict=True))
        key = tuple(str(cells[column]) for column in mart.key if cells[column])
        found.setdefault(key, []).append(cells)
    return found


def _shown(row: dict) -> str:
    return ", ".join(f"{column}={cell}" for column, cell in row.items() if cell is not None)
