"""A copy of the project with a policy of its own, and the warehouse that it reads.

The raw tables lie in a DuckDB file of their own, as views over the Parquet or as tables; the
project and the queries written by hand read the same ones.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import policy
from benchmarks.data import AS_OF, ATTRIBUTES, PROPERTIES, Files

ROOT = Path(__file__).resolve().parents[1]
_PARTS = ("macros", "models", "seeds", "tests/data", "snapshots")

# Vars of the project for the made data.
PROJECT_VARS: dict[str, Any] = {
    "use_demo_data": False,
    "as_of": AS_OF,
    "crm_database": "raw",
    "tracking_database": "raw",
    "has_outcomes": False,
    "has_identities": False,
    "lead_attributes": list(ATTRIBUTES),
    "event_properties": {name: name for name in PROPERTIES},
}


@dataclass(frozen=True)
class Workspace:
    """A folder with the copy, its warehouse and the raw tables."""

    folder: Path

    @property
    def project(self) -> Path:
        """The copy of the project."""
        return self.folder / "project"

    @property
    def raw(self) -> Path:
        """The DuckDB file of the raw tables."""
        return self.folder / "raw.duckdb"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that the project writes."""
        return self.folder / "warehouse.duckdb"

    def prepare(self, criteria: list[policy.Criterion], memory: str | None) -> None:
        """Copies the project and gives it the policy and a profile.

        Args:
            criteria: the policy's.
            memory: how much memory the engine may use, such as 3GB; None for its default.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.project, ignore_errors=True)
        for part in _PARTS:
            if (ROOT / part).exists():
                shutil.copytree(ROOT / part, self.project / part)
        shutil.copyfile(ROOT / "dbt_project.yml", self.project / "dbt_project.yml")
        seeds = self.project / "seeds" / "scoring"
        for file in seeds.glob("*.csv"):
            file.unlink()
        policy.write(criteria, seeds)
        settings = {"memory_limit": memory} if memory else {}
        # One model at a time: then the times of the models add up to that of the run.
        output = {
            "type": "duckdb",
            "path": str(self.warehouse),
            "schema": "leadscore",
            "threads": 1,
            "settings": {**settings, "temp_directory": str(self.folder / "spilled")},
            "attach": [{"path": str(self.raw), "alias": "raw", "read_only": True}],
        }
        profile = {"leadscore": {"target": "duckdb", "outputs": {"duckdb": output}}}
        # JSON is YAML.
        (self.project / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")

    def load(self, files: Files, as_tables: bool) -> None:
        """Makes the raw tables.

        Args:
            files: the Parquet.
            as_tables: whether they are tables of DuckDB; else views over the Parquet.
        """
        self.raw.unlink(missing_ok=True)
        kind = "table" if as_tables else "view"
        with duckdb.connect(str(self.raw)) as connection:
            for name, file in (("crm.leads", files.leads), ("tracking.events", files.events)):
                path = str(file.resolve()).replace("'", "''")
                connection.execute(f"create schema {name.partition('.')[0]}")
                connection.execute(f"create {kind} {name} as select * from read_parquet('{path}')")

    def empty(self) -> None:
        """Removes what the project has written."""
        for file in (self.warehouse, self.warehouse.with_suffix(".duckdb.wal")):
            file.unlink(missing_ok=True)
