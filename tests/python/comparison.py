"""Tables of text: reading them from CSV, and saying readably where two sets of them differ."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from oracle import TABLES, Table

# The columns that tell one row of a table from another, in a readable order.
KEYS = {
    "scored_leads": ["scorecard_id", "lead_id"],
    "scored_leads_draft": ["scorecard_id", "lead_id"],
    "contributions": [
        "scorecard_id",
        "lead_id",
        "entry_type",
        "criterion_id",
        "group_id",
        "dimension",
    ],
    "contributions_draft": [
        "scorecard_id",
        "lead_id",
        "entry_type",
        "criterion_id",
        "group_id",
        "dimension",
    ],
    "scored_accounts": ["scorecard_id", "account_id"],
    "backtest_scores": ["scorecard_id", "lead_id"],
    "rejected_rows": ["source_name", "row_id", "reason"],
    "policy_errors": ["file", "row_id", "column_name"],
}

Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]


def read_csv(path: Path) -> Table:
    """Return the rows of a CSV file as text cells; an empty cell is the empty text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restval="")
        rows = list(reader)
        return Table(rows, reader.fieldnames or [])


def diff_tables(expected: Tables, got: Tables, *, most: int = 10) -> list[str]:
    """Compare two sets of tables to the cell.

    Arguments: the tables by name, as the oracle returns them; how many differences to say per
    table. Only the tables of the expected side are compared; rows in any order, equal rows counted.

    Returns a line per difference (table, key, column, expected, got) and one for what was left
    out; an empty list where all is equal.
    """
    lines = []
    for name in TABLES:
        if name in expected:
            found = _diff_table(name, expected[name], got.get(name, []))
            lines += found[:most]
            if len(found) > most:
                lines.append(f"{name}: {len(found) - most} more differences")
    return lines


def _diff_table(name: str, expected: Sequence[Row], got: Sequence[Row]) -> list[str]:
    keys, columns = KEYS[name], TABLES[name]
    lines = []
    wanted, found = _by_key(expected, keys, columns), _by_key(got, keys, columns)
    for key in sorted(wanted.keys() | found.keys()):
        label = f"{name} {'/'.join(part for part in key if part) or '(no key)'}"
        left, right = wanted.get(key, []), found.get(key, [])
        if len(left) != len(right):
            lines.append(
                f"{label}: expected {len(left)} rows, got {len(right)}"
                f"{_sample(columns, left or right)}"
            )
            continue
        for left_cells, right_cells in zip(left, right, strict=True):
            for column, left_cell, right_cell in zip(columns, left_cells, right_cells, strict=True):
                if left_cell != right_cell:
                    lines.append(f"{label} {column}: expected {left_cell!r}, got {right_cell!r}")
    return lines


def _by_key(
    rows: Iterable[Row], keys: Sequence[str], columns: Sequence[str]
) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    found = defaultdict(list)
    for row in rows:
        found[tuple(row.get(key) or "" for key in keys)].append(
            tuple(row.get(column) or "" for column in columns)
        )
    for same in found.values():
        same.sort()
    return found


def _sample(columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    cells = (f"{column}={cell!r}" for column, cell in zip(columns, rows[0], strict=True) if cell)
    return f" ({', '.join(cells)})"
