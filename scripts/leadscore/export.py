"""`leadscore export MART`: marts as CSV, JSON-lines or Parquet files.

Rows come through the adapter a chunk at a time, so that it works for any engine and any size.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from leadscore.atomic_file import replacing
from leadscore.dbt import Dbt
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.output import Output, command, exact_number
from leadscore.project import Project
from leadscore.warehouse import StatementError, Warehouse, shown

DEFAULT_FOLDER = "exports"
CHUNK_ROWS = 10_000

# What spreadsheets take for the beginning of a formula, also in full width and in small.
_FORMULA = "[=+@\\-\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
# White space, what cannot be seen, and quotes, which a program that splits the line elsewhere
# drops; the apostrophe is among them so that the mark can be undone.
_UNSEEN = "['\"\\s\\x00-\\x20\u200b-\u200f\u2060\ufeff]*"
# A cell begins with the text, and after a separator: some spreadsheets split at semicolons where
# this file has commas. A text that begins with a tab or line break is marked in any case.
_RISK = re.compile(rf"^(?='*[\t\r\n])|(?:^|(?<=[;\t\r\n]))(?={_UNSEEN}{_FORMULA})")
_TO_QUOTE = re.compile(r'[",;\s]')


@dataclass(frozen=True)
class ExportOptions:
    """What to export, and where to.

    Args:
        marts: the names of the marts.
        format: `csv`, `jsonl` or `parquet`.
        folder: the folder of the files; None for the one in the project.
    """

    marts: list[str]
    format: str = "csv"
    folder: Path | None = None


@dataclass(frozen=True)
class Rows:
    """Rows on their way into a file.

    Args:
        columns: the names of their columns.
        types: the types of these as SQL, as by the contract of a mart.
        chunks: the rows.
    """

    columns: list[str]
    types: list[str]
    chunks: Iterable[list[tuple]]


def export(project: Project, output: Output, options: ExportOptions) -> dict[str, Any]:
    """Writes marts to files; either all of them are written, or none is.

    Args:
        project: the project whose marts to export.
        output: where to print.
        options: what to export.

    Returns:
        The result for `--json`.

    Raises:
        LeadscoreError: there is no such mart, or a file cannot be written.
    """
    began = time.monotonic()
    if project.ensure_profile():
        output.note("Made profiles.yml from profiles.yml.example.")
    folder = (options.folder or project.root / DEFAULT_FOLDER).resolve()
    warehouse = Warehouse(Dbt(project))
    files = []
    with warehouse.open(), contextlib.ExitStack() as finished:
        nodes = [_mart(warehouse, name) for name in dict.fromkeys(options.marts)]
        for node in nodes:
            path = folder / f"{node['name']}.{options.format}"
            try:
                unfinished = finished.enter_context(put_in_place(path))
                with output.busy(f"Writing {path.name}"):
                    rows = WRITERS[options.format](_rows(warehouse, node), unfinished)
            except (StatementError, OSError, duckdb.Error) as error:
                raise unwritten(path, error) from error
            size = unfinished.stat().st_size
            files.append({"mart": node["name"], "file": str(path), "rows": rows, "bytes": size})
    seconds = round(time.monotonic() - began, 1)
    output.table(
        "",
        ("mart", "rows", "MB", "file"),
        [
            (file["mart"], file["rows"], f"{file['bytes'] / 1e6:.1f}", shown(Path(file["file"])))
            for file in files
        ],
        right=("MB",),
    )
    return {"ok": True, "exit_code": 0, "duration_seconds": seconds, "files": files}


def for_spreadsheet(text: str) -> str:
    """A text that no spreadsheet runs as a formula: an apostrophe stands before what would be one.

    Any text can be had back: take one apostrophe away wherever what follows it would need one.
    """
    return _RISK.sub("'", text)


def _mart(warehouse: Warehouse, name: str) -> dict[str, Any]:
    """The node of a mart that is in the warehouse.

    Raises:
        LeadscoreError: there is none.
    """
    nodes = {node["name"]: node for node in warehouse.marts()}
    if name not in nodes:
        close = difflib.get_close_matches(name.lower(), nodes, n=1)
        meant = f"Did you mean {close[0]}? " if close else ""
        raise LeadscoreError(
            f"There is no mart {name}.",
            where=str(warehouse.dbt.project.root),
            remedy=f"{meant}The marts are: {', '.join(nodes)}.",
            code=ExitCode.NOT_FOUND,
            details={"marts": list(nodes)},
        )
    if not warehouse.has(name):
        raise LeadscoreError(
            f"The mart {name} is not in the warehouse yet.",
            where=warehouse.place,
            remedy=f"Run this first: {command('run')}",
            code=ExitCode.NOT_FOUND,
        )
    return nodes[name]


def _rows(warehouse: Warehouse, node: dict[str, Any]) -> Rows:
    columns, chunks = warehouse.chunks(f"select * from {node['relation_name']}", CHUNK_ROWS)
    contract = {name.lower(): column.get("data_type") for name, column in node["columns"].items()}
    # Columns of leads that a project shows besides are text.
    types = [contract.get(column.lower()) or "varchar" for column in columns]
    return Rows(columns, types, chunks)


@contextlib.contextmanager
def put_in_place(path: Path) -> Iterator[Path]:
    """As `replacing`; a file that cannot be put in place is told as such.

    Raises:
        LeadscoreError: it cannot.
    """
    with contextlib.ExitStack() as replaced:
        yield replaced.enter_context(replacing(path))
        try:
            replaced.pop_all().close()
        except OSError as error:
            raise unwritten(path, error) from error


def unwritten(path: Path, error: Exception) -> LeadscoreError:
    """That a file could not be written, and why."""
    reason = error.what if isinstance(error, LeadscoreError) else str(error)
    return LeadscoreError(
        f"This file cannot be written: {reason}",
        where=str(path),
        remedy="Earlier files stay as they were. Name another folder with --to, or make room.",
    )


def as_text(cell: Any) -> str | None:
    """A cell as text that says all of it, whatever the engine."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def _write_csv(table: Rows, path: Path) -> int:
    """Writes UTF-8 with commas; an empty text is `""`, nothing is nothing."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(map(_csv_cell, table.columns)) + "\n")
        for chunk in table.chunks:
            file.writelines(",".join(map(_csv_cell, row)) + "\n" for row in chunk)
            rows += len(chunk)
    return rows


def _csv_cell(cell: Any) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return as_text(cell)
    text = for_spreadsheet(cell)
    if text and not _TO_QUOTE.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def _write_jsonl(table: Rows, path: Path) -> int:
    """Writes an object per line: numbers as numbers, times as ISO 8601 in UTC."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for chunk in table.chunks:
            for row in chunk:
                cells = dict(zip(table.columns, map(_json_cell, row), strict=True))
                file.write(json.dumps(cells, ensure_ascii=False) + "\n")
            rows += len(chunk)
    return rows


def _json_cell(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return f"{cell.isoformat()}Z"
    if isinstance(cell, date):
        return cell.isoformat()
    return exact_number(cell) if isinstance(cell, Decimal) else cell


def _write_parquet(table: Rows, path: Path) -> int:
    """Writes the columns in the types of the contract.

    Cells travel as text, which every engine's driver and DuckDB agree on to the last digit.
    """
    rows = 0
    store = Path(f"{path}.rows")
    with duckdb.connect(str(store)) as connection:
        quoted = ['"' + name.replace('"', '""') + '"' for name in table.columns]
        typed = [f"{name} {kind}" for name, kind in zip(quoted, table.types, strict=True)]
        connection.execute(f"create table exported ({', '.join(typed)})")
        cells = ", ".join("unnest(?::varchar[])" for _ in table.columns)
        for chunk in table.chunks:
            columns = [list(map(as_text, column)) for column in zip(*chunk, strict=True)]
            connection.execute(f"insert into exported select {cells}", columns)
            rows += len(chunk)
        connection.table("exported").write_parquet(str(path))
    return rows


WRITERS: dict[str, Callable[[Rows, Path], int]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
}
