"""Files that are there whole or not at all, whenever a process is killed."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

_TOKEN_BYTES = 8


@contextlib.contextmanager
def replacing(path: Path, mode: int | None = None) -> Iterator[Path]:
    """A new file that takes the place of another in one step, when the block ends well.

    Whoever has the old file open goes on reading it; whoever opens the path finds the old file or
    the new one, never a part. What a killed process left behind for the same path is removed.

    Args:
        path: the file to make or replace; its folder is made when missing.
        mode: the permissions of the new file; None for what the block gives it.

    Yields:
        Where to write: a path beside the file. Names that begin with this path may be used for
        further files; they are removed in the end.
    """
    # The link stays one, and the new file lies on the same disk as the old.
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(_TOKEN_BYTES)}.unfinished")
    try:
        yield unfinished
        _to_disk(unfinished, os.O_RDWR)
        if mode is not None:
            unfinished.chmod(mode)
        os.replace(unfinished, path)
    finally:
        for other in path.parent.glob(f"{unfinished.name}*"):
            _remove(other)
    # Folders cannot be opened everywhere; without it a crash of the machine may bring the old file
    # back, which is whole too.
    with contextlib.suppress(OSError):
        _to_disk(path.parent, os.O_RDONLY)


def _remove_leftovers(path: Path) -> None:
    leftover = re.compile(
        rf"\.{re.escape(path.name)}\.[0-9a-f]{{{2 * _TOKEN_BYTES}}}\.unfinished.*"
    )
    for other in list(path.parent.iterdir()):
        if leftover.fullmatch(other.name):
            _remove(other)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _to_disk(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
