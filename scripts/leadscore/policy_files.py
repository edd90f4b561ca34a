"""What can be wrong with a policy CSV as a file, before any of its cells is judged.

The cells are judged in SQL (the model `policy_errors`), which the loader must reach first. Here
stands what would stop the loader, or make it load something else than the analyst sees: the
encoding, the separator, quotes, headers and the number of cells per line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from leadscore.project import POLICY_FILES

# The loader reads a cell of any length; Python's own default is lower than a long note.
csv.field_size_limit(16 * 1024 * 1024)

_SAVE_AS = "Save it as 'CSV UTF-8 (comma delimited)'."
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class PolicyProblem:
    """One problem of the policy, as `policy_errors` has them too.

    Args:
        file: the file's name.
        row_id: what names the row; for problems of a file its line.
        column_name: the column, empty when the whole row or file is meant.
        value: the cell as it stands.
        problem: what is wrong.
        remedy: what to do about it.
    """

    file: str
    row_id: str
    column_name: str
    value: str
    problem: str
    remedy: str

    def as_json(self) -> dict:
        """The problem as a dict that `--json` prints."""
        return asdict(self)


@dataclass(frozen=True)
class PolicyFiles:
    """What was found in the policy folder.

    Args:
        problems: what is wrong with the files that are there.
        absent: the names of those that are not there.
    """

    problems: list[PolicyProblem]
    absent: list[str]


def check_policy_files(folder: Path) -> PolicyFiles:
    """Looks at every policy CSV as a file.

    Args:
        folder: where they lie.

    Returns:
        All problems of all files at once.
    """
    problems: list[PolicyProblem] = []
    absent = []
    for name in POLICY_FILES:
        path = folder / f"{name}.csv"
        if path.is_file():
            problems.extend(_file_problems(path))
        else:
            absent.append(name)
    for path in sorted(folder.glob("*.csv")):
        if not re.fullmatch(r"[A-Za-z0-9_]+", path.stem):
            problems.append(
                PolicyProblem(
                    path.name,
                    "",
                    "",
                    path.name,
                    "is no policy file, and its name cannot be a table's",
                    "Move it out of the folder; copies and drafts belong elsewhere.",
                )
            )
    return PolicyFiles(problems, absent)


def _file_problems(path: Path) -> list[PolicyProblem]:
    """The problems of one file; those of single lines only when the file as a whole can be read."""

    def problem(line: int | None, what: str, remedy: str, column: str = "", value: str = ""):
        row = "" if line is None else f"line {line}"
        return PolicyProblem(path.name, row, column, value, what, remedy)

    try:
        content = path.read_bytes()
    except OSError as error:
        return [
            problem(None, f"cannot be read: {error.strerror}", "Close it elsewhere, then retry.")
        ]
    if content.startswith(_UTF_16_MARKS) or b"\x00" in content:
        return [problem(None, "is saved as UTF-16, not as UTF-8", _SAVE_AS)]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        shown = content[error.start : error.start + 1].decode("cp1252", errors="replace")
        return [problem(line, "is not saved as UTF-8", _SAVE_AS, value=shown)]
    if not text.strip():
        return [problem(None, "is empty, not even a header is there", "Restore its header line.")]
    if re.match(r"sep=.", text, re.IGNORECASE):
        return [
            problem(
                1, "names a separator instead of the columns", "Delete this line.", value=text[:5]
            )
        ]
    first_line = text.splitlines()[0]
    if not first_line.strip(", \t"):
        return [problem(1, "is empty, where the names of the columns must stand", "Delete it.")]
    for separator, called in _SEPARATORS.items():
        if "," not in first_line and separator in first_line:
            what = f"has {called} between its cells, not commas"
            return [problem(1, what, _SAVE_AS, value=first_line[:40])]

    try:
        lines = list(_numbered_records(text))
    except _BadQuotesError as error:
        return [
            problem(
                error.line,
                "has a quoted cell that does not end, or goes on after its closing quote",
                'Balance the quotes of the row that begins here; inside a cell write " as "".',
                value=error.shown,
            )
        ]
    return [
        problem(line, what, remedy, column, value)
        for line, what, remedy, column, value in _record_problems(lines)
    ]


def _record_problems(
    records: list[tuple[int, list[str]]],
) -> Iterator[tuple[int, str, str, str, str]]:
    """Line, problem, remedy, column and value of what is wrong with headers and widths."""
    header_line, header = records[0]
    names = [cell.strip() for cell in header]
    seen: set[str] = set()
    for name in names:
        if name and name.lower() in seen:
            yield header_line, "has this column twice", "Delete or rename one of them.", name, ""
        seen.add(name.lower())
    reported = set()
    for line, cells in records[1:]:
        if len(cells) != len(names):
            yield (
                line,
                f"has {len(cells)} cells where the header has {len(names)}",
                "Add or remove commas so that each value stands under its column; "
                "a value that holds a comma needs quotes around it.",
                "",
                ",".join(cells)[:40],
            )
            continue
        for position, (name, cell) in enumerate(zip(names, cells, strict=True)):
            if not name and cell.strip() and position not in reported:
                reported.add(position)
                yield (
                    line,
                    f"has a value in column {_letter(position)}, which has no name",
                    "Name the column in the first line, or empty its cells.",
                    "",
                    cell.strip()[:40],
                )


class _BadQuotesError(Exception):
    def __init__(self, line: int, shown: str) -> None:
        super().__init__(line)
        self.line = line
        self.shown = shown


def _numbered_records(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold any text, each with the number of the line that it begins on."""
    lines = io.StringIO(text, newline=None).read().split("\n")
    reader = csv.reader((line + "\n" for line in lines), strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise _BadQuotesError(begins, lines[begins - 1][:40]) from None
        if any(cell.strip() for cell in cells):
            yield begins, cells


def _letter(position: int) -> str:
    """A column's letter in a spreadsheet: A for the first, AA for the 27th."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
