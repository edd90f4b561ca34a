"""What can go wrong, said so that someone can act on it, and the exit code that goes with it."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command. A scheduler can rely on them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    POLICY = 3
    NOT_FOUND = 4
    INPUT = 5


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
