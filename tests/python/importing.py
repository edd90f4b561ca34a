"""Projects of others that import this one, in a folder of their own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command import Copy
from harness import PROJECT, close_warehouses, forget_environment
from leadscore.dbt import Dbt, Invocation
from leadscore.project import Project


@dataclass
class Host(Copy):
    """A copy of a project that imports this one.

    Args:
        root: its folder.
        database: the name of its warehouse file.
    """

    database: str = "warehouse.duckdb"

    @classmethod
    def copied(cls, source: Path, root: Path, database: str = "warehouse.duckdb") -> Host:
        """Copy a project and install this one into it, without a network.

        Args:
            source: the project.
            root: the folder to make; its parent must exist.
            database: the name of its warehouse file.
        """
        forget_environment()
        ignored = shutil.ignore_patterns("target", "logs", "dbt_packages", "*.duckdb*")
        shutil.copytree(source, root, ignore=ignored)
        packages = json.dumps({"packages": [{"local": str(PROJECT)}]})
        (root / "packages.yml").write_text(packages, encoding="utf-8")
        host = cls(root, database)
        installed = host.dbt("deps")
        assert installed.ok, installed.error
        return host

    @property
    def warehouse(self) -> Path:
        """The file of the warehouse."""
        return self.root / self.database

    def dbt(self, command: str, *words: str, given: Mapping[str, Any] | None = None) -> Invocation:
        """Run a dbt command; a failed step is no exception."""
        try:
            return Dbt(Project(self.root, given_vars=dict(given or {}))).call(command, *words)
        finally:
            close_warehouses()

    def replace(self, file: str, old: str, new: str) -> None:
        """Change one place of a file; it must be there exactly once."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")
