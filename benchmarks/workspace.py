"""A copy of the project with a policy of its own, and the warehouse that it reads.

The raw tables lie in a DuckDB file of their own, as views over the Parquet or as tables; the
project and the queries written by hand read the same ones.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import policy
from benchmarks.data import AS_OF, ATTRIBUTES, PROPERTIES, Files
from benchmarks.measuring import ContestantError

ROOT = Path(__file__).resolve().parents[1]
# What a copy of a warehouse leaves free on the disk.
SPARE_BYTES = 2**30
_PARTS = ("macros", "models", "seeds", "tests/data")

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
        self.seed(criteria)
        settings = {"memory_limit": memory} if memory else {}
        # One model at a time: then the times of the models add up to that of the run.
        output = {
            "type": "duckdb",
            "path": str(self.warehouse),
            "schema": "leadscore",
            "threads": 1,
            "settings": settings,
            "attach": [{"path": str(self.raw), "alias": "raw", "read_only": True}],
        }
        profile = {"leadscore": {"target": "duckdb", "outputs": {"duckdb": output}}}
        # JSON is YAML.
        (self.project / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")

    def seed(self, criteria: list[policy.Criterion]) -> None:
        """Gives the project a policy.

        Args:
            criteria: the policy's.
        """
        seeds = self.project / "seeds" / "scoring"
        for file in seeds.glob("*.csv"):
            file.unlink()
        policy.write(criteria, seeds)

    def load(
        self,
        files: Files,
        as_tables: bool,
        before: datetime | None = None,
        arrived: Path | None = None,
        distinct: bool = False,
    ) -> None:
        """Makes the raw tables.

        Args:
            files: the Parquet.
            as_tables: whether they are tables of DuckDB; else views over the Parquet.
            before: only the events that were loaded before then; None for all.
            arrived: a folder whose Parquet files hold further events, also those that come later.
            distinct: only one of the copies of an event.
        """
        self.raw.unlink(missing_ok=True)
        kind = "table" if as_tables else "view"
        queries = {
            "crm.leads": f"select * from read_parquet({_text(files.leads)})",
            "tracking.events": f"select * from read_parquet({_text(files.events)})"
            + (f" where loaded_at < timestamp '{before}'" if before else ""),
        }
        if distinct:
            queries["tracking.events"] = _without_copies(queries["tracking.events"])
        with duckdb.connect(str(self.raw)) as connection:
            for name, query in queries.items():
                connection.execute(f"create schema {name.partition('.')[0]}")
                if arrived and name == "tracking.events":
                    connection.execute(f"create {kind} tracking.earlier_events as {query}")
                    connection.execute(
                        f"create view {name} as from tracking.earlier_events"
                        f" union all by name from read_parquet({_text(arrived / '*.parquet')})"
                    )
                else:
                    connection.execute(f"create {kind} {name} as {query}")

    def empty(self) -> None:
        """Removes what the project has written."""
        for file in (self.warehouse, self.warehouse.with_suffix(".duckdb.wal")):
            file.unlink(missing_ok=True)

    def keep(self, name: str) -> None:
        """Keeps what the project has written, to start from again.

        Args:
            name: what to call it.

        Raises:
            ContestantError: the disk has no room for it.
        """
        self._copy(self.warehouse, self._kept(name))

    def start_from(self, name: str) -> None:
        """Puts back what was kept.

        Args:
            name: what it was called.

        Raises:
            ContestantError: the disk has no room for it.
        """
        self.empty()
        self._copy(self._kept(name), self.warehouse)

    def _kept(self, name: str) -> Path:
        return self.folder / f"kept_{name}.duckdb"

    def _copy(self, file: Path, copy: Path) -> None:
        copy.unlink(missing_ok=True)
        free = shutil.disk_usage(self.folder).free
        if free < file.stat().st_size + SPARE_BYTES:
            raise ContestantError(
                f"The disk of {self.folder} has {free / 2**30:.1f} GiB left, too little for a copy"
                f" of {file.name} ({file.stat().st_size / 2**30:.1f} GiB)."
            )
        shutil.copyfile(file, copy)


def _without_copies(events: str) -> str:
    """A query for one row of each event, which sorts only those that have copies."""
    return f"""
    with events as ({events}),
    repeated as (select hash(event_id) as id from events group by 1 having count(*) > 1)
    from events where hash(event_id) not in (from repeated)
    union all
    select distinct on (event_id) * from events where hash(event_id) in (from repeated)
    """


def _text(path: Path) -> str:
    """A path as a constant of SQL."""
    quoted = str(path.resolve()).replace("'", "''")
    return f"'{quoted}'"
