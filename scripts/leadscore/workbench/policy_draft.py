"""An edited policy that is not saved yet: what stands in the grids, as text of the files."""

from __future__ import annotations

import contextlib
import difflib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadscore.atomic_file import replacing
from leadscore.errors import LeadscoreError
from leadscore.policy_edit import CsvText
from leadscore.policy_files import PolicyProblem, check_policy_files
from leadscore.project import POLICY_FILES

_PERMISSIONS = 0o777


@dataclass
class PolicyDraft:
    """The policy files, as they were read and as they are edited.

    Args:
        folder: where they lie.
        read: the text of each file that is there, by name without `.csv`.
        base: the same, with what was edited outside of the grids.
        version: counts the times that the grids have to begin anew.
    """

    folder: Path
    read: dict[str, str]
    base: dict[str, str]
    version: int = 0
    deltas: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> PolicyDraft:
        """The files of a folder, which `check_policy_files` found to be sound."""
        found = {name: _text(_path(folder, name)) for name in POLICY_FILES}
        read = {name: text for name, text in found.items() if text is not None}
        return cls(folder, read, dict(read))

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a file as its grid begins with them."""
        return self._csv(name, self.base[name]).rows()

    def columns(self, name: str) -> list[str]:
        """The columns of a file, in their order."""
        return self._csv(name, self.base[name]).columns

    def text(self, name: str) -> str:
        """A file with all edits, those of its grid included."""
        delta = self.deltas.get(name) or {}
        edited = {int(row): cells for row, cells in (delta.get("edited_rows") or {}).items()}
        deleted = set(delta.get("deleted_rows") or ())
        added = delta.get("added_rows") or []
        if not (edited or deleted or added):
            return self.base[name]
        file = self._csv(name, self.base[name])
        place = -1

        def change(row: Mapping[str, str]) -> Mapping[str, str] | None:
            nonlocal place
            place += 1
            return None if place in deleted else _cells(edited.get(place, {}))

        file.edit(change)
        for row in added:
            cells = _cells(row)
            if any(cells.values()):
                file.append(cells)
        return file.text

    def policy(self) -> dict[str, list[dict[str, str]]]:
        """The rows of all files with all edits."""
        return {name: self._csv(name, self.text(name)).rows() for name in self.base}

    def policy_read(self) -> dict[str, list[dict[str, str]]]:
        """The rows of all files as they were read."""
        return {name: self._csv(name, text).rows() for name, text in self.read.items()}

    def set_cell(self, name: str, key: str, row_id: str, column: str, value: str) -> None:
        """Changes a cell from outside of the grids, which begin anew with all edits so far."""
        self.fold()
        file = self._csv(name, self.base[name])
        file.edit(lambda row: {column: value} if row.get(key) == row_id else {})
        self.base[name] = file.text

    def fold(self) -> None:
        """Lets the grids begin anew with all edits so far."""
        self.base = {name: self.text(name) for name in self.base}
        self.deltas = {}
        self.version += 1

    def discard(self) -> None:
        """Forgets all edits, and reads the files again."""
        fresh = PolicyDraft.of(self.folder)
        self.read, self.base, self.deltas = fresh.read, fresh.base, {}
        self.version += 1

    def edited(self) -> list[str]:
        """The files whose text is another one."""
        return [name for name in self.base if self.text(name) != self.read[name]]

    def diff(self) -> str:
        """What saving would change, line by line."""
        lines: list[str] = []
        for name in self.edited():
            file = f"{name}.csv"
            lines += difflib.unified_diff(
                self.read[name].splitlines(),
                self.text(name).splitlines(),
                file,
                file,
                n=0,
                lineterm="",
            )
        return "\n".join(lines)

    def file_problems(self) -> list[PolicyProblem]:
        """What is wrong with the files as such."""
        with self.laid_out() as folder:
            return check_policy_files(folder).problems

    @contextlib.contextmanager
    def laid_out(self) -> Iterator[Path]:
        """A folder with the files as they would be saved, for the length of a `with` block."""
        with tempfile.TemporaryDirectory(prefix="leadscore-policy-") as name:
            folder = Path(name)
            for file in self.base:
                _path(folder, file).write_bytes(self.text(file).encode("utf-8"))
            yield folder

    def save(self) -> list[Path]:
        """Writes the files that were edited, each whole or not at all.

        Returns:
            Those files.

        Raises:
            LeadscoreError: a file is not what it was when it was read, or cannot be written;
                nothing was saved then but what went before it.
        """
        names = self.edited()
        for name in names:
            if _text(_path(self.folder, name)) != self.read[name]:
                raise LeadscoreError(
                    f"{name}.csv was changed meanwhile by somebody else; nothing is saved.",
                    where=str(_path(self.folder, name)),
                    remedy="Download your version, discard the edits here, and make them anew.",
                )
        saved = []
        for name in names:
            path = _path(self.folder, name)
            text = self.text(name)
            try:
                with replacing(path, path.stat().st_mode & _PERMISSIONS) as unfinished:
                    unfinished.write_bytes(text.encode("utf-8"))
            except OSError as error:
                raise LeadscoreError(
                    f"{name}.csv cannot be written: {error.strerror or error}",
                    where=str(path),
                    remedy="Download it instead, or mend the permissions of the folder.",
                ) from error
            self.read[name] = text
            saved.append(path)
        self.fold()
        return saved

    @staticmethod
    def _csv(name: str, text: str) -> CsvText:
        return CsvText(f"{name}.csv", text)


def _cells(cells: Mapping[str, Any]) -> dict[str, str]:
    """Cells of a grid as texts; one that was emptied is None there."""
    return {
        str(name): "" if value is None else str(value)
        for name, value in cells.items()
        if not str(name).startswith("_")
    }


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.csv"


def _text(path: Path) -> str | None:
    """A file's text with its line ends as they are; None where there is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
