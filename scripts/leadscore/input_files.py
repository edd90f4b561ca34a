"""Files of raw data as DuckDB can read them: what columns they have, and the query that reads them.

CSV cells and JSON leaves become text, so that what a value means is decided in one place, the
staging models. Parquet columns keep their types; what is nested becomes JSON.
"""

from __future__ import annotations

import csv
import glob
import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from leadscore.errors import ExitCode, LeadscoreError

Query = Callable[[str], list[dict]]

_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
}
_SEPARATORS = ",;\t|"
# The longest row that is read: a row of an export with long texts and JSON in it.
_LONGEST_ROW = 64 * 1024 * 1024


@dataclass(frozen=True)
class InputFile:
    """One file, described.

    Args:
        path: where it is.
        columns: its columns' names as they stand in the file, with the type to store each in.
        query: a DuckDB query that gives exactly these columns.
    """

    path: Path
    columns: dict[str, str]
    query: str

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.path.stat().st_size


@dataclass(frozen=True)
class CsvOptions:
    """How to read CSV files.

    Args:
        separator: between cells; None: found from the header line.
        encoding: of the text.
    """

    separator: str | None = None
    encoding: str = "utf-8"


def find_files(patterns: list[str]) -> list[Path]:
    """The files that the names and patterns stand for, each once, in the order given.

    Raises:
        LeadscoreError: a name or pattern stands for no file.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        path = Path(pattern)
        matches = (
            [path] if path.is_file() else sorted(map(Path, glob.glob(pattern, recursive=True)))
        )
        files = [match for match in matches if match.is_file()]
        if not files:
            raise _refused(
                "There is no such file.",
                pattern,
                "Check the path; a pattern such as 'events/*.csv' needs quotes around it.",
            )
        found.update(dict.fromkeys(file.resolve() for file in files))
    return list(found)


def describe(path: Path, options: CsvOptions, query: Query) -> InputFile:
    """Finds a file's columns.

    Args:
        path: the file.
        options: how to read it when it is a CSV.
        query: runs a DuckDB query and gives its rows.

    Raises:
        LeadscoreError: it is of no known kind, or cannot be read as what its name says.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    kind = _FORMATS.get(suffixes[-1] if suffixes else "")
    if kind is None:
        raise _refused(
            "It is not known how to read this kind of file.",
            str(path),
            f"Use one of {', '.join(_FORMATS)}; .gz behind .csv and .jsonl is fine.",
        )
    described = {"csv": _csv, "parquet": _parquet, "json": _json}[kind](path, options, query)
    seen: dict[str, str] = {}
    for name in described.columns:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise _twice(path, name, other)
    return described


def _csv(path: Path, options: CsvOptions, query: Query) -> InputFile:
    header, separator = _csv_header(path, options)
    names = [cell.strip() or f"column_{number}" for number, cell in enumerate(header, start=1)]
    for name in names:
        if names.count(name) > 1:
            raise _twice(path, name, name)
    types = ", ".join(f"{_text(name)}: 'varchar'" for name in names)
    columns = dict.fromkeys(names, "varchar")
    return InputFile(
        path,
        columns,
        f"select * from read_csv({_text(str(path))}, auto_detect = false, header = true,"
        f" delim = {_text(separator)}, quote = '\"', escape = '\"', columns = {{{types}}},"
        f" encoding = {_text(options.encoding)}, max_line_size = {_LONGEST_ROW},"
        # Rows of different widths are an error with a line number rather than a guess.
        " strict_mode = true, null_padding = false, ignore_errors = false)",
    )


def _csv_header(path: Path, options: CsvOptions) -> tuple[list[str], str]:
    """The header's cells and the separator."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    encoding = (
        "utf-8-sig" if options.encoding.lower().replace("_", "-") == "utf-8" else options.encoding
    )
    try:
        with (
            opener(path, "rb") as raw,
            io.TextIOWrapper(raw, encoding=encoding, newline="") as text,
        ):
            first = text.readline()
            separator = options.separator or max(_SEPARATORS, key=first.count)
            header = next(csv.reader([first, *_following(text, first)], delimiter=separator), [])
    except (UnicodeError, LookupError) as error:
        raise _refused(
            f"The header is not readable as {options.encoding}: {error}",
            str(path),
            "Name the file's encoding, such as --encoding utf-16 or --encoding latin-1.",
        ) from error
    except OSError as error:
        raise _refused(f"The file cannot be read: {error}", str(path), "Check it.") from error
    if not any(cell.strip() for cell in header):
        raise _refused(
            "The file has no header line.",
            str(path),
            "The first line must hold the names of the columns.",
        )
    return header, separator


def _following(text: io.TextIOWrapper, first: str) -> list[str]:
    """More lines, when a quoted name of the header has a line break in it."""
    lines = []
    quotes = first.count('"')
    while quotes % 2 and len(lines) < 100 and (line := text.readline()):
        lines.append(line)
        quotes += line.count('"')
    return lines


def _parquet(path: Path, options: CsvOptions, query: Query) -> InputFile:
    source = f"read_parquet({_text(str(path))}, binary_as_string = true)"
    columns = {}
    selected = []
    for row in query(f"describe select * from {source}"):
        name, kind = row["column_name"], row["column_type"].lower()
        if kind.startswith(("struct", "map", "union", "list", "variant")) or kind.endswith("]"):
            selected.append(f"cast(to_json({_name(name)}) as varchar) as {_name(name)}")
            kind = "varchar"
        else:
            selected.append(_name(name))
        columns[name] = kind
    return InputFile(path, columns, f"select {', '.join(selected)} from {source}")


def _json(path: Path, options: CsvOptions, query: Query) -> InputFile:
    source = (
        f"read_json_objects({_text(str(path))}, format = 'auto',"
        f" maximum_object_size = {_LONGEST_ROW})"
    )
    # Every line may have other keys, so all are looked at.
    keys = query(
        "select key, min(place) as place from (select unnest(json_keys(json)) as key,"
        f" generate_subscripts(json_keys(json), 1) as place from {source})"
        " group by key order by place, key"
    )
    names = [row["key"] for row in keys]
    if not names:
        raise _refused("The file holds no objects with keys.", str(path), "Check the file.")
    selected = ", ".join(
        # A pointer reads any key; a path would give dots and quotes in it a meaning.
        f"json_extract_string(json, {_text(_pointer(name))}) as {_name(name)}"
        for name in names
    )
    return InputFile(path, dict.fromkeys(names, "varchar"), f"select {selected} from {source}")


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _twice(path: Path, name: str, other: str) -> LeadscoreError:
    how = "twice" if name == other else f"and {other}; names are compared without regard to case"
    return _refused(
        f"The file has the column {name} {how}.",
        str(path),
        "Rename or delete one of them in the file.",
    )


def _refused(what: str, where: str, remedy: str) -> LeadscoreError:
    return LeadscoreError(what, where=where, remedy=remedy, code=ExitCode.INPUT)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
