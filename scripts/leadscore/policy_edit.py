"""Changing single cells of a CSV file while all else of it stays as it was typed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping

from leadscore.errors import LeadscoreError

_QUOTED = re.compile(r'[,"\r\n]')


class CsvText:
    """The text of a policy file, whose rows can be changed one cell at a time.

    Args:
        name: the file's name, for messages.
        text: what stands in it; it was found to be a sound CSV file.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._mark = "\ufeff" if text.startswith("\ufeff") else ""
        self._records = _records(text.removeprefix("\ufeff"))
        header = next(number for number, record in enumerate(self._records) if _filled(record))
        self._before = self._records[: header + 1]
        self._rows = self._records[header + 1 :]
        self._columns = {
            cell.strip().lower(): place for place, cell in enumerate(_cells(self._before[-1]))
        }

    def edit(self, edited: Callable[[Mapping[str, str]], Mapping[str, str] | None]) -> None:
        """Changes rows.

        Args:
            edited: given a row's cells, trimmed, by column; gives the cells that are to be others,
                or None for a row that is to go.

        Raises:
            LeadscoreError: a column that is to be changed is not there.
        """
        kept = []
        for record in self._rows:
            if not _filled(record):
                kept.append(record)
                continue
            cells = _cells(record)
            row = {
                name: cells[place].strip() if place < len(cells) else ""
                for name, place in self._columns.items()
            }
            changes = edited(row)
            if changes is not None:
                kept.append(self._with(record, row, changes))
        self._rows = kept

    def rows(self) -> list[dict[str, str]]:
        """The rows that hold anything, cells trimmed, by column."""
        found: list[dict[str, str]] = []
        self.edit(lambda row: found.append(dict(row)) or {})
        return found

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in their order, as `edit` and `rows` know them."""
        return list(self._columns)

    def append(self, cells: Mapping[str, str]) -> None:
        """Adds a row behind the last one.

        Args:
            cells: by column; those that are not there are empty.
        """
        last = (self._rows or self._before)[-1]
        end = last[len(last.rstrip("\r\n")) :]
        if not end:
            # The last line of the file had no end; it gets that of the header.
            end = self._before[-1][len(self._before[-1].rstrip("\r\n")) :] or "\n"
            (self._rows or self._before)[-1] = last + end
        values = (_quoted(cells.get(name, "")) for name in self._columns)
        self._rows.append(",".join(values) + end)

    @property
    def text(self) -> str:
        """The file as it is now."""
        return self._mark + "".join(self._before + self._rows)

    def _with(self, record: str, row: Mapping[str, str], changes: Mapping[str, str]) -> str:
        spans = _spans(record)
        for name, value in sorted(
            changes.items(), key=lambda change: self._columns.get(change[0], -1), reverse=True
        ):
            if row.get(name, "") == value:
                continue
            if name not in self._columns:
                raise LeadscoreError(
                    f"{self.name} has no column {name}.",
                    where=self.name,
                    remedy=f"Add {name} to its first line.",
                )
            start, end = spans[self._columns[name]]
            record = record[:start] + _quoted(value) + record[end:]
        return record


def _records(text: str) -> list[str]:
    """The text cut behind each line end that is not within quotes; together they are the text."""
    found, start, is_quoted = [], 0, False
    for place, letter in enumerate(text):
        if letter == '"':
            is_quoted = not is_quoted
        ends = letter == "\n" or (letter == "\r" and text[place + 1 : place + 2] != "\n")
        if ends and not is_quoted:
            found.append(text[start : place + 1])
            start = place + 1
    return [*found, text[start:]] if start < len(text) else found


def _cells(record: str) -> list[str]:
    return next(csv.reader(io.StringIO(record, newline="")), [])


def _filled(record: str) -> bool:
    return any(cell.strip() for cell in _cells(record))


def _spans(record: str) -> list[tuple[int, int]]:
    """Where each cell begins and ends, its quotes included."""
    end = len(record.rstrip("\r\n"))
    found, start, is_quoted = [], 0, False
    for place in range(end):
        if record[place] == '"':
            is_quoted = not is_quoted
        if record[place] == "," and not is_quoted:
            found.append((start, place))
            start = place + 1
    return [*found, (start, end)]


def _quoted(value: str) -> str:
    return '"{}"'.format(value.replace('"', '""')) if _QUOTED.search(value) else value
