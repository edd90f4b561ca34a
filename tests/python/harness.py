"""A temporary copy of the project that tests fill, run and read.

dbt is called and the warehouse is read by the project's own scripts, the one place that does so.
"""

from __future__ import annotations

import contextlib
import csv
import gc
import hashlib
import itertools
import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import duckdb
import yaml
from leadscore.dbt import Dbt, Invocation
from leadscore.errors import LeadscoreError
from leadscore.policy_files import check_policy_files
from leadscore.project import Project as LeadscoreProject
from leadscore.run import TABLES_ONLY
from leadscore.warehouse import Warehouse
from oracle import TABLES, Table

PROJECT = Path(__file__).resolve().parents[2]
DATABASE = "warehouse.duckdb"

# The models that hold the tables which the oracle makes under other names.
MODELS = {
    "contributions": "lead_score_contributions",
    "contributions_draft": "lead_score_contributions_draft",
}
# A selection of what the oracle's tables are made from, without the figures of the back-test.
COMPARED = " ".join(f"+{MODELS.get(name, name)}" for name in TABLES)
RAW_TABLES = {
    "leads": "crm.leads",
    "outcomes": "crm.outcomes",
    "events": "tracking.events",
    "identities": "tracking.identities",
}
# What the environment might say about other projects and warehouses.
_FOREIGN = ("DBT_PROFILES_DIR", "DBT_TARGET_PATH", "DBT_LOG_PATH", "LEADSCORE_DUCKDB_PATH")
_NOT_COPIED = shutil.ignore_patterns(
    *(".*", "target", "logs", "dbt_packages", "*.duckdb*", "__pycache__", "profiles.yml"),
    *("*.egg-info", "exports"),
)
_TESTS = ("data_tests", "tests", "unit_tests")
# Those in C take a tenth of the time.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
# Vars that dbt needs when it runs a model and not when it reads the project, which takes it long.
RUN_VARS = frozenset(
    {
        *("as_of", "lead_attributes", "event_properties", "missing_values", "conversion_outcomes"),
        *("trend_days", "event_lookback_hours"),
    }
)
_numbers = itertools.count(1)

Raw = Mapping[str, Sequence[Mapping[str, str | None]] | None]
PolicyFile = Sequence[Mapping[str, str | None]] | str | bytes | Path | None


class Server(Protocol):
    """A warehouse that many projects use, each under a name of its own."""

    def output(self, name: str) -> dict[str, Any]:
        """Return a dbt profile output for a fresh place of that name."""

    def load_raw(self, name: str, raw: Raw) -> dict[str, Any] | None:
        """Replace the raw tables; return the vars that say where they are, if any are needed."""

    def forget(self, name: str) -> None:
        """Remove all that is stored under the name."""


class Project:
    """A copy of the project in a folder of its own, with a warehouse of its own.

    Args:
        root: the folder to make; its parent must exist.
        server: where its tables go; None: into a DuckDB file in the folder.
    """

    def __init__(self, root: Path, server: Server | None = None) -> None:
        copy_project(root)
        self.root = root
        self.database = root / DATABASE
        self.server = server
        self.name = f"project_{next(_numbers)}"
        output: dict[str, Any] = {
            "type": "duckdb",
            "path": str(self.database),
            "schema": "leadscore",
            "threads": 2,
        }
        if server is not None:
            output = server.output(self.name)
        profile = {"leadscore": {"target": output["type"], "outputs": {output["type"]: output}}}
        (root / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
        self._dbt: Dbt | None = None
        self._place = {key: value for key, value in output.items() if key != "path"}
        self._places: dict[str, Any] = {}

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

    def load_raw(self, raw: Raw) -> None:
        """Replace the raw tables by tables of text; empty cells are null.

        Args:
            raw: `leads`, `events`, `outcomes`, `identities`; None or absent: no such table.
        """
        if self.server is not None:
            self._places = self.server.load_raw(self.name, raw) or {}
            return
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
        if self.server is not None:
            self.server.forget(self.name)
            return
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
        self._dbt = self._dbt_with(self.given_vars(config))
        words = [] if select is None else ["--select", *select.split()]
        if full_refresh:
            words.append("--full-refresh")
        return self._dbt.call("build", *TABLES_ONLY, *words)

    def _dbt_with(self, given_vars: dict[str, Any]) -> Dbt:
        """Return dbt, which reads each project once for all runs that differ in `RUN_VARS` only."""
        run_vars = {name: value for name, value in given_vars.items() if name in RUN_VARS}
        others = {name: value for name, value in given_vars.items() if name not in RUN_VARS}
        state = json.dumps([others, self._place, _files_to_read(self.root)], sort_keys=True)
        if state not in _read:
            dbt = _Reading(LeadscoreProject(self.root, given_vars=others))
            try:
                dbt.manifest()
            except LeadscoreError:
                # The run itself says so.
                return Dbt(LeadscoreProject(self.root, given_vars=given_vars))
            _read[state] = dbt
        dbt = _read[state]
        if dbt.project.root != self.root:
            dbt = dbt.moved_to(LeadscoreProject(self.root, given_vars=others))
        return dbt.told(run_vars)

    def given_vars(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the vars of a run: those of the caller, and what the folder and the server say.

        Args:
            config: as for `run`.

        Raises AssertionError where a policy file cannot be loaded at all.
        """
        found = check_policy_files(self.policy_folder)
        assert not found.problems, found.problems
        return {
            "use_demo_data": False,
            **self._places,
            **config,
            "absent_policy_files": found.absent,
        }

    def read(self, *names: str) -> dict[str, list[dict[str, str]]]:
        """Read tables of the last run, spelled as the golden cases spell them.

        Args:
            names: tables as the oracle calls them; none: all of them. A table that is not in the
                warehouse is left out.
        """
        found = {}
        with self.warehouse() as warehouse:
            for name in names or TABLES:
                model = MODELS.get(name, name)
                if warehouse.has(model):
                    columns = ", ".join(warehouse.quote(column) for column in TABLES[name])
                    rows = warehouse.rows(f"select {columns} from {warehouse.model(model)}")
                    found[name] = [_spelled(name, row) for row in rows]
        return found

    @property
    def has_run(self) -> bool:
        """Whether there can be anything to read."""
        return self._dbt is not None

    @contextlib.contextmanager
    def warehouse(self) -> Iterator[Warehouse]:
        """Open the warehouse of the last run for a `with` block."""
        assert self._dbt is not None, "nothing has run yet"
        opened = Warehouse(self._dbt)
        # The run has just written it; asking dbt again would take as long as a small run, unless
        # another project with another engine was the last to run in this process.
        manifest = self.root / "target" / "manifest.json"
        if dbt_project() == self.root:
            opened.manifest = json.loads(manifest.read_text(encoding="utf-8"))
        with opened.open():
            yield opened


class _Reading(Dbt):
    """dbt, with what it has read of a project for copies of it."""

    def moved_to(self, project: LeadscoreProject) -> _Reading:
        """Return dbt for a copy in another folder, in which all that dbt reads is the same."""
        other = _Reading(project)
        other._parsed = pickle.loads(pickle.dumps(self._parsed))
        for node in other._parsed.nodes.values():
            # Seeds are loaded from where they were found.
            if getattr(node, "root_path", None):
                node.root_path = str(project.root)
        other.target_folder.mkdir(parents=True, exist_ok=True)
        other._parsed.write(str(other.target_folder / "manifest.json"))
        return other


# What dbt has read, by what that was.
_read: dict[str, _Reading] = {}


def _files_to_read(root: Path) -> list[tuple[str, str]]:
    """Return what tells whether dbt would read the project anew: its files but for the data."""
    found = []
    for kind in ("yml", "sql", "md"):
        for path in root.rglob(f"*.{kind}"):
            name = path.relative_to(root)
            if "target" not in name.parts and name.name != "profiles.yml":
                found.append((str(name), hashlib.sha256(path.read_bytes()).hexdigest()))
    return sorted(found)


def dbt_project() -> Path | None:
    """Return the folder of the project that dbt in this process was called for last."""
    from dbt.adapters.factory import FACTORY

    roots = [Path(adapter.config.project_root) for adapter in FACTORY.adapters.values()]
    return roots[0] if roots else None


def close_warehouses() -> None:
    """Let go of warehouses, as the end of a process does."""
    from dbt.adapters.factory import FACTORY

    for adapter in FACTORY.adapters.values():
        adapter.cleanup_connections()
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
    forget_environment()


def forget_environment() -> None:
    """Leave aside what the environment says about other projects and warehouses."""
    for name in _FOREIGN:
        os.environ.pop(name, None)


def _drop_tests(root: Path) -> None:
    """Take the dbt tests out of a copy: they are not run there, and reading them takes long."""
    for path in [*root.glob("models/**/*.yml"), *root.glob("seeds/**/*.yml")]:
        described = yaml.load(path.read_text(encoding="utf-8"), _Loader) or {}
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
        text = yaml.dump(described, Dumper=_Dumper, allow_unicode=True)
        path.write_text(text, encoding="utf-8")


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
    bool: lambda value: "true" if value else "false",
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
