"""The command line as a user meets it: a copy of the project, a command, and what it says."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import msgpack
from harness import close_warehouses, copy_project
from leadscore.cli import main

# What dbt keeps of a project, to read only what changed.
_REMEMBERED = Path("target") / "partial_parse.msgpack"


def _moved(remembered: bytes, old: Path, new: Path) -> bytes:
    """Return what dbt keeps of a project, with the paths of another folder."""

    def renamed(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: renamed(value) for key, value in part.items()}
        if isinstance(part, list):
            return [renamed(each) for each in part]
        if isinstance(part, str) and (part == str(old) or part.startswith(f"{old}{os.sep}")):
            return str(new) + part[len(str(old)) :]
        return part

    return msgpack.packb(renamed(msgpack.unpackb(remembered, strict_map_key=False)))


@dataclass
class Said:
    """What a command left behind.

    Args:
        code: its exit code.
        out: what it wrote to stdout.
        err: what it wrote to stderr.
    """

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Its stdout, which must be one JSON document and nothing else."""
        return json.loads(self.out)


@dataclass
class Copy:
    """A copy of the project with a warehouse of its own.

    Args:
        root: its folder.
    """

    root: Path
    # Where others were made before.
    _roots: ClassVar[list[Path]] = []

    @classmethod
    def fresh(cls, root: Path) -> Copy:
        """A copy of the project as git knows it, in a new folder.

        What dbt remembers of another copy goes with it, so that it need not read all of it again.
        """
        copy_project(root)
        for other in cls._roots:
            if (other / _REMEMBERED).exists():
                (root / "target").mkdir()
                told = _moved((other / _REMEMBERED).read_bytes(), other, root)
                (root / _REMEMBERED).write_bytes(told)
                break
        cls._roots.append(root)
        return cls(root)

    @property
    def policy(self) -> Path:
        """The folder of the policy CSVs."""
        return self.root / "seeds" / "scoring"

    @property
    def warehouse(self) -> Path:
        """The file of the warehouse."""
        return self.root / "warehouse.duckdb"

    def leadscore(self, *words: str) -> Said:
        """Runs a command in this folder."""
        before = os.getcwd()
        os.chdir(self.root)
        out, err = io.StringIO(), io.StringIO()
        code = None
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main([str(word) for word in words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            os.chdir(before)
            close_warehouses()
        assert code is not None, "a command ends with an exit code"
        return Said(code, out.getvalue(), err.getvalue())

    def query(self, sql: str) -> list[tuple]:
        """Reads the warehouse beside the command line."""
        with duckdb.connect(str(self.warehouse)) as connection:
            return connection.execute(sql).fetchall()

    def marts(self) -> dict[str, int]:
        """A number for each mart's content, which changes when any row of it does."""
        names = self.query(
            "select table_name from information_schema.tables"
            " where table_schema = 'leadscore' and table_name <> 'policy_errors'"
        )
        return {
            name: self.query(f"select sum(hash(mart)) from leadscore.{name} as mart")[0][0]
            for (name,) in names
        }

    def edit(self, file: str, old: str, new: str) -> None:
        """Changes one place of a policy file; it must be there exactly once."""
        path = self.policy / f"{file}.csv"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def save(self) -> None:
        """Keeps this copy as it stands, for `restore`."""
        shutil.copytree(self.root, self._saved)

    def restore(self) -> None:
        """Puts back what was saved, in the same place: dbt reads a project that moved anew."""
        shutil.rmtree(self.root)
        shutil.copytree(self._saved, self.root)

    @property
    def _saved(self) -> Path:
        return self.root.with_name("saved")
