"""Column maps: which of our columns another system gets, under which name, and how written."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from leadscore.errors import ExitCode, LeadscoreError
from leadscore.project import Project

FOLDER = Path("handoff") / "maps"
_NEEDED = ("column", "field")
_KNOWN = (*_NEEDED, "transform", "when_empty", "notes")


def _integer(cell: Any) -> int:
    return int(Decimal(cell).quantize(Decimal(1), ROUND_HALF_UP))


def _date(cell: datetime) -> str:
    return f"{cell:%Y-%m-%d}"


def _time(cell: datetime) -> str:
    return f"{cell.isoformat(timespec='milliseconds')}Z"


def _milliseconds(cell: datetime) -> int:
    return int(cell.replace(tzinfo=UTC).timestamp() * 1000)


# By name: the kind of cells that it takes, what it makes of one, and the SQL type of that.
_TRANSFORMS: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "integer": ("number", _integer, "bigint"),
    "date": ("time", _date, "varchar"),
    "time": ("time", _time, "varchar"),
    "milliseconds": ("time", _milliseconds, "bigint"),
    "upper": ("text", lambda cell: str(cell).upper(), "varchar"),
    "lower": ("text", lambda cell: str(cell).lower(), "varchar"),
}
_KINDS = {"decimal": "number", "bigint": "number", "integer": "number", "timestamp": "time"}


def kind_of(data_type: str) -> str:
    """Whether a column of a SQL type holds `text`, a `number` or a `time`."""
    return _KINDS.get(data_type.partition("(")[0].lower(), "text")


@dataclass(frozen=True)
class Field:
    """A column of a file that another system reads.

    Args:
        column: ours.
        name: theirs.
        type: the SQL type of its cells.
        transform: what is made of a cell that is not empty; None: nothing.
        when_empty: what stands for a cell that is.
    """

    column: str
    name: str
    type: str
    transform: Callable[[Any], Any] | None = None
    when_empty: str | None = None

    def cell(self, value: Any) -> Any:
        """A cell as the other system wants it."""
        if value is None or value == "":
            return self.when_empty
        return self.transform(value) if self.transform else value


@dataclass(frozen=True)
class ColumnMap:
    """A column map.

    Args:
        path: the file that it stands in.
        fields: its fields, in order.
    """

    path: Path
    fields: tuple[Field, ...]

    @property
    def columns(self) -> list[str]:
        """Our columns, in the order of the fields."""
        return [field.column for field in self.fields]


def map_file(project: Project, name: str) -> Path | None:
    """The file of a map: a path to a CSV file, or a name in handoff/maps; None when there is none.

    Args:
        project: a map in its folder outranks the one of the same name that comes with leadscore.
        name: the path or name.
    """
    if name.lower().endswith(".csv"):
        path = Path(name) if Path(name).is_absolute() else project.root / name
        return path if path.is_file() else None
    own = Path(__file__).resolve().parents[2]
    for root in (project.root, own):
        path = root / FOLDER / f"{name}.csv"
        if path.is_file():
            return path
    return None


def read_map(path: Path, types: dict[str, str]) -> ColumnMap:
    """A column map from its file.

    Args:
        path: the file.
        types: our columns and their SQL types.

    Raises:
        LeadscoreError: something in it cannot be followed; all mistakes are named.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            header = [str(name).strip() for name in reader.fieldnames or ()]
            reader.fieldnames = header
            rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise _refused(path, [f"It is not readable as CSV in UTF-8: {error}"]) from error
    problems = [f"It has no column {name}." for name in _NEEDED if name not in header]
    problems += [
        f"It has a column {name!r}, which nothing reads." for name in header if name not in _KNOWN
    ]
    if problems:
        raise _refused(path, problems)
    fields = []
    for line, row in rows:
        cells = {name: str(row.get(name) or "").strip() for name in _KNOWN}
        if not any(cells.values()):
            continue
        field, mistakes = _field(cells, types)
        problems += [f"Line {line}: {mistake}" for mistake in mistakes]
        if field:
            fields.append(field)
    names = [field.name.lower() for field in fields]
    problems += [
        f"The field {field.name} stands there twice."
        for position, field in enumerate(fields)
        if field.name.lower() in names[:position]
    ]
    if not rows:
        problems.append("It has no rows.")
    if problems:
        raise _refused(path, problems)
    return ColumnMap(path, tuple(fields))


def _field(cells: dict[str, str], types: dict[str, str]) -> tuple[Field | None, list[str]]:
    """A row as a field, and what is wrong with it."""
    mistakes = []
    column, name, wanted = cells["column"].lower(), cells["field"], cells["transform"].lower()
    if column not in types:
        close = difflib.get_close_matches(column, types, n=1)
        meant = f" Did you mean {close[0]}?" if close else f" There are: {', '.join(types)}."
        mistakes.append(f"there is no column {cells['column']!r}.{meant}")
    if not name:
        mistakes.append(f"the column {column} has no field.")
    kind = kind_of(types.get(column, ""))
    takes, transform, gives = kind, None, types.get(column, "")
    cut = re.fullmatch(r"cut:([1-9][0-9]{0,5})", wanted)
    if cut:
        length = int(cut[1])
        takes, transform, gives = "text", lambda cell: str(cell)[:length], "varchar"
    elif wanted in _TRANSFORMS:
        takes, transform, gives = _TRANSFORMS[wanted]
    elif wanted:
        mistakes.append(
            f"there is no transform {cells['transform']!r}. "
            f"There are: {', '.join([*_TRANSFORMS, 'cut:255'])}."
        )
    if column in types and kind != takes:
        mistakes.append(f"{wanted} is for a column with a {takes}; {column} holds a {kind}.")
    if mistakes:
        return None, mistakes
    when_empty = cells["when_empty"] or None
    return Field(column, name, "varchar" if when_empty else gives, transform, when_empty), []


def _refused(path: Path, problems: Sequence[str]) -> LeadscoreError:
    return LeadscoreError(
        "The column map cannot be followed; nothing was exported. " + " ".join(problems),
        where=str(path),
        remedy="Mend what is named. A row is: column (ours), field (theirs), and optional "
        "transform, when_empty and notes.",
        code=ExitCode.USAGE,
        details={"problems": list(problems)},
    )
