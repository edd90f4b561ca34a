"""What can go wrong, said so that someone can act on it, and the exit code that goes with it."""

from __future__ import annotations

import re
import shutil
from enum import IntEnum
from pathlib import Path

# What systems and DuckDB say when there is no room for what they write.
_NO_ROOM = re.compile(
    r"No space left on device|not enough space on the disk|Disk quota exceeded|File too large"
    r"|failed to offload data block",
    re.IGNORECASE,
)
_QUOTED_PATH = re.compile(r"""["']((?:/|[A-Za-z]:[\\/])[^"']+)["']""")


class ExitCode(IntEnum):
    """The exit codes of every command. A scheduler can rely on them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    POLICY = 3
    NOT_FOUND = 4
    INPUT = 5
    NO_SIGNAL = 6
    CHANGED = 7


class LeadscoreError(Exception):
    """A problem that is told to the user without a stack trace.

    Args:
        what: what is wrong, one or more sentences.
        where: the file, table, lead or setting that it is about.
        remedy: what to do about it.
        code: the exit code of the command.
        details: facts for `--json`, keyed by name.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        remedy: str | None = None,
        code: ExitCode = ExitCode.FAILED,
        details: dict | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy
        self.code = code
        self.details = details or {}

    def as_json(self) -> dict:
        """The problem as a dict that `--json` prints."""
        return {
            "ok": False,
            "exit_code": int(self.code),
            "error": self.what,
            "where": self.where,
            "remedy": self.remedy,
            **self.details,
        }


def disk_is_full(reason: str) -> bool:
    """Whether a reason, as a system or the warehouse gives it, is that a disk has no room."""
    return _NO_ROOM.search(reason) is not None


class DiskFullError(LeadscoreError):
    """A disk has no room for what is to be written.

    Args:
        reason: what the system or the warehouse says.
        folder: what lies on that disk, where the reason does not name a file.
    """

    def __init__(self, reason: str, folder: Path) -> None:
        found = _QUOTED_PATH.search(reason)
        place = Path(found.group(1)).parent if found else folder
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free / 1e6
        super().__init__(
            f"The disk is full: {reason}",
            where=f"{place}, {free:,.1f} MB free",
            remedy="Make room on that disk, then run again: it does what was left undone. Readers "
            "of the published file keep the last good run until then.",
        )


class InUseError(LeadscoreError):
    """Another program has the warehouse, or its file, open, perhaps only for a moment."""
