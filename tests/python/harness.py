"""A temporary copy of the project that tests fill, run and read.

dbt is called and the warehouse is read by the project's own scripts, the one place that does so.
"""

from __future__ import annotations

import csv
import gc
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml
from leadscore.dbt import Dbt, Invocation
from leadscore.policy_files import check_policy_files
from leadscore.project import Project as LeadscoreProject
from leadscore.run import NOT_TESTS
from leadscore.warehouse import Warehouse
from oracle import TABLES, Table

PROJECT = Path(__file__).resolve().parents[2]
DATABASE = "warehouse.duckdb"

# The models that hold the tables which the oracle makes under other names.
MODELS = {
    "contributions": "lead_score_contributions",
    "contributions_draft": "lead_score_contributions_draft",
}
RAW_TABLES = {
    "leads": "crm.leads",
    "outcomes": "crm.outcomes",
    "events": "tracking.events",
    "identities": "tracking.identities",
}
# What the environment might say about other projects and warehouses.
_FOREIGN = ("DBT_PROFILES_DIR", "DBT_TARGET_PATH", "DBT_LOG_PATH", "LEADSCORE_DUCKDB_PATH")
_NOT_COPIED = shutil.ignore_patterns(
    ".*", "target", "logs", "dbt_packages", "*.duckdb*", "__pycache__", "profiles.yml", "*.egg-info"
)
_TESTS = ("data_tests", "tests", "unit_tests")
_PROFILE = """\
leadscore:
  target: duckdb
  outputs:
    duckdb: {{type: duckdb, path: {path}, schema: leadscore, threads: 2}}
"""

PolicyFile = Sequence[Mapping[str, str | None]] | str | bytes | Path | None


class Project:
    """A copy of the project in a folder of its own, with a warehouse of its own.

    Args:
        root: the folder to make; its parent must exist.
    """

    def __init__(self, root: Path) -> None:
        copy_project(root)
        self.root = root
        self.database = root / DATABASE
        profile = _PROFILE.format(path=json.dumps(str(self.database)))
        (root / "profiles.yml").write_text(profile, encoding="utf-8")
        self._dbt: Dbt | None = None

    @property
    def policy_folder(self) -> Path:
        """Where the policy CSVs of this copy lie."""
        return self.root / "seeds" / "scoring"

    def write_policy(self, files: Mapping[str, PolicyFile]) -> None:
        """Replace the whole policy.

        Args:
            files: by name without `.csv`: rows (all of their columns), the text or bytes of the
                file, or the path of a file to copy as it stands; None or absent: no such file.
        """
        for path in self.policy_folder.glob("*.csv"):
            path.unlink()
        for name, content in files.items():
            path = self.policy_folder / f"{name}.csv"
            if content is None:
                continue
            if isinstance(content, Path):
                shutil.copyfile(content, path)
            elif isinstance(content, bytes):
                path.write_bytes(content)
            elif isinstance(content, str):
                path.write_text(content, encoding="utf-8", newline="")
            else:
                _write_csv(path, content)

    def load_raw(self, raw: Mapping[str, Sequence[Mapping[str, str | None]] | None]) -> None:
        """Replace the raw tables by tables of text; empty cells are null.

        Args:
            raw: `leads`, `events`, `outcomes`, `identities`; None or absent: no such table.
        """
        with duckdb.connect(str(self.database)) as connection:
            for name, relation in RAW_TABLES.items():
                connection.execute(f"create schema if not exists {relation.partition('.')[0]}")
                connection.execute(f"drop table if exists {relation}")
                rows = raw.get(name)
                if rows is None:
                    continue
                columns = rows.columns if isinstance(rows, Table) else list(rows[0])
                cells = [[row.get(column) or None for row in rows] for column in columns]
                selected = ", ".join(
                    f'unnest(?::varchar[]) as "{column.replace(chr(34), chr(34) * 2)}"'
                    for column in columns
                )
                connection.execute(f"create table {relation} as select {selected}", cells)

    def forget(self) -> None:
        """Remove the warehouse, so that the next run is the first one."""
        close_warehouses()
        for path in (self.database, self.database.with_name(f"{DATABASE}.wal")):
            path.unlink(missing_ok=True)

    def run(
        self, config: Mapping[str, Any], select: str | None = None, *, full_refresh: bool = False
    ) -> Invocation:
        """Load the policy and run the models (not the tests).

        Args:
            config: as in the golden cases, or any vars; the demo data is off unless it says so.
            select: a dbt selection to limit the run to.
            full_refresh: rebuild what is otherwise only added to.

        Returns what came of it; a failed step is no exception. Raises AssertionError where a
        policy file cannot be loaded at all.
        """
        found = check_policy_files(self.policy_folder)
        assert not found.problems, found.problems
        given = {"use_demo_data": False, **config, "absent_policy_files": found.absent}
        self._dbt = Dbt(LeadscoreProject(self.root, given_vars=given))
        words = [] if select is None else ["--select", *select.split()]
        if full_refresh:
            words.append("--full-refresh")
        return self._dbt.call("build", *NOT_TESTS, *words)

    def read(self, *names: str) -> dict[str, list[dict[str, str]]]:
        """Read tables of the last run, spelled as the golden cases spell them.

        Args:
            names: tables as the oracle calls them; none: all of them. A table that is not in the
                warehouse is left out.
        """
        assert self._dbt is not None, "nothing has run yet"
        warehouse = Warehouse(self._dbt)
        # The run has just written it; asking dbt again would take as long as a small run.
        manifest = self.root / "target" / "manifest.json"
        warehouse.manifest = json.loads(manifest.read_text(encoding="utf-8"))
        found = {}
        with warehouse.open():
            for name in names or TABLES:
                model = MODELS.get(name, name)
                if warehouse.has(model):
                    columns = ", ".join(warehouse.quote(column) for column in TABLES[name])
                    rows = warehouse.rows(f"select {columns} from {warehouse.model(model)}")
                    found[name] = [_spelled(name, row) for row in rows]
        return found


def close_warehouses() -> None:
    """Let go of warehouse files, as the end of a process does."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()
    gc.collect()


def copy_project(root: Path) -> None:
    """Copy the project as git knows it, without its tests, to a folder where it stands on its own.

    Args:
        root: the folder to make; its parent must exist.
    """
    shutil.copytree(PROJECT, root, ignore=_NOT_COPIED)
    _drop_tests(root)
    for name in _FOREIGN:
        os.environ.pop(name, None)


def _drop_tests(root: Path) -> None:
    """Take the dbt tests out of a copy: they are not run there, and reading them takes long."""
    for path in [*root.glob("models/**/*.yml"), *root.glob("seeds/**/*.yml")]:
        described = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for key in _TESTS:
            described.pop(key, None)
        for kind in ("models", "seeds", "sources"):
            for node in described.get(kind, []):
                for part in (node, *node.get("tables", []), *node.get("columns", [])):
                    for key in _TESTS:
                        part.pop(key, None)
                for table in node.get("tables", []):
                    for column in table.get("columns", []):
                        for key in _TESTS:
                            column.pop(key, None)
        path.write_text(yaml.safe_dump(described, allow_unicode=True), encoding="utf-8")


def failures(invocation: Invocation) -> str:
    """Return what went wrong in a run, for a message."""
    said = [f"{step.name}: {step.message}" for step in invocation.failed]
    return "\n".join([*([invocation.error] if invocation.error else []), *said])


def _write_csv(path: Path, rows: Sequence[Mapping[str, str | None]]) -> None:
    columns = rows.columns if isinstance(rows, Table) else list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({column: row.get(column) or "" for column in columns} for row in rows)


# --- how cells of the marts are spelled ------------------------------------------------


def _decimal(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _time(value: datetime) -> str:
    assert value.tzinfo is None, "times of the marts are without zone"
    # isoformat leaves a fraction of 0 out.
    return value.isoformat(sep=" ")


_SPELLED: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "",
    str: str,
    int: str,
    Decimal: _decimal,
    datetime: _time,
}
# What the golden ledger says only of some rows.
_ONLY_FOR = {
    "name": ("criterion",),
    "measure_value": ("criterion",),
    "matched_value": ("criterion",),
    "evidence_count": ("criterion",),
    "first_evidence_at": ("criterion",),
    "last_evidence_at": ("criterion",),
    "group_id": ("criterion", "group_limit"),
    "dimension": ("criterion", "group_limit", "dimension_limit"),
}


def _spelled(table: str, row: Mapping[str, Any]) -> dict[str, str]:
    """Spell a row. Raises KeyError for a type that no mart may hold, such as floating point."""
    spelled = {column: _SPELLED[type(cell)](cell) for column, cell in row.items()}
    if table.startswith("contributions"):
        for column, types in _ONLY_FOR.items():
            if spelled["entry_type"] not in types:
                spelled[column] = ""
    return spelled


def distinct(rows: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return each different row once, as the golden policy errors are."""
    return [dict(found) for found in {tuple(row.items()): None for row in rows}]
