"""One run at a time: who begins while another goes on waits for it, or is told of it.

The system holds the lock and frees it with the process, however that ends; a killed run blocks
nobody. The lock is on the folder that dbt writes to, so it works with every engine.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from leadscore.errors import InUseError
from leadscore.output import Output
from leadscore.project import Project

_FILE = "leadscore.lock"
_MOMENT = 0.2


@dataclass(frozen=True)
class Holder:
    """Who has the lock.

    Args:
        command: what it does, such as `run`.
        pid: its process.
        since: when it began, UTC.
    """

    command: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"leadscore {self.command} (process {self.pid}, since {self.since} UTC)"


@contextlib.contextmanager
def alone(project: Project, output: Output, command: str, wait: float = 0) -> Iterator[None]:
    """Lets nobody else run this project for the duration of a `with` block.

    A block inside another one of the same process and thread is part of it.

    Args:
        project: the project.
        output: where to say that it waits.
        command: the command that wants to be alone, which others are told.
        wait: how many seconds to wait for another one.

    Raises:
        InUseError: another one goes on, also after that time.
    """
    folder = project.target_folder
    folder.mkdir(parents=True, exist_ok=True)
    # One per file, so that a block inside another one knows of it.
    lock = FileLock(folder / _FILE, is_singleton=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _wait(lock, folder, output, wait)
    try:
        if lock.lock_counter == 1:
            since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
            _write(folder, Holder(command, os.getpid(), since))
        yield
    finally:
        if lock.lock_counter == 1:
            _note_of(folder).unlink(missing_ok=True)
        lock.release()


def holder(project: Project) -> Holder | None:
    """Who has the lock now; None when nobody has, or it is this process, or it is not known."""
    folder = project.target_folder
    if not (folder / _FILE).exists():
        return None
    lock = FileLock(folder / _FILE, is_singleton=True)
    try:
        with lock.acquire(timeout=0):
            return None
    except (Timeout, OSError):
        return _read(folder)


def _wait(lock: FileLock, folder: Path, output: Output, wait: float) -> None:
    # Whoever got the lock this very moment has not written yet who it is.
    time.sleep(_MOMENT)
    other = _read(folder)
    named = str(other) if other else "Another run"
    if wait > 0:
        output.note(f"Waiting up to {wait:g} s: {named} is going on.")
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=wait, poll_interval=0.2)
            return
        other = _read(folder)
        named = str(other) if other else "Another run"
    raise InUseError(
        f"{named} is going on; this one did nothing.",
        where=str(folder / _FILE),
        remedy="Try again when it has ended, or say how long to wait: leadscore run --wait 600",
        details={"other_run": asdict(other) if other else None},
    )


def _note_of(folder: Path) -> Path:
    # Not in the locked file itself, which not every system lets others read.
    return folder / f"{_FILE}.json"


def _write(folder: Path, who: Holder) -> None:
    # For messages only: where it cannot be written, they say less.
    with contextlib.suppress(OSError):
        _note_of(folder).write_text(json.dumps(asdict(who)), encoding="utf-8")


def _read(folder: Path) -> Holder | None:
    # It may be cut off, or of a version that said other things.
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Holder(**json.loads(_note_of(folder).read_text(encoding="utf-8")))
    return None
