"""The engines that the project runs on, each ready to take in raw tables and a policy and to score.

`parity.py` runs the same inputs through them.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import postgres_server
import spark_cluster
from harness import PROJECT, Project, Raw, close_warehouses
from leadscore.dbt import Invocation, Step
from marts import Mart, Marts

# What is compared: the mart, the columns that tell its rows apart for people, and those that may
# differ by engine.
MARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "scored_leads": (("scorecard_id", "lead_id"), ()),
    "scored_leads_draft": (("scorecard_id", "lead_id"), ()),
    "lead_score_contributions": (("scorecard_id", "lead_id", "entry_type", "criterion_id"), ()),
    "lead_score_contributions_draft": (
        ("scorecard_id", "lead_id", "entry_type", "criterion_id"),
        (),
    ),
    "scored_accounts": (("scorecard_id", "account_id"), ()),
    "backtest_contributions": (("scorecard_id", "lead_id", "criterion_id"), ()),
    "sync_lead_scores": (("scorecard_id", "lead_id"), ()),
    "backtest_scores": (("scorecard_id", "lead_id"), ()),
    "score_performance": (("scorecard_id",), ()),
    "score_gains": (("scorecard_id", "decile"), ()),
    "band_performance": (("scorecard_id", "scope", "band"), ()),
    "criterion_performance": (("criterion_id",), ()),
    "score_drift": (("scorecard_id", "population", "criterion_id"), ()),
    "rejected_rows": (("source_name", "row_id", "reason"), ("row",)),
    "policy_errors": (("file", "row_id", "column_name"), ()),
    "lead_score_history": (("scorecard_id", "lead_id", "valid_from"), ()),
    "band_changes": (("scorecard_id", "lead_id", "changed_at"), ()),
    "band_stays": (("scorecard_id", "lead_id", "entered_at"), ()),
}


def exact(cell: Any) -> str | None:
    """Spell a cell so that two of them are the same text only when they are the same value.

    Decimals keep their last places: 25.00 is not 25.0. Raises TypeError for a type that no mart may
    hold, such as floating point.
    """
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime) and cell.tzinfo is None:
        return cell.isoformat(sep=" ", timespec="microseconds")
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell.isoformat()
    raise TypeError(f"no mart may hold {cell!r}, a {type(cell).__name__}")


class Engine(ABC):
    """An engine with a project of its own on it, while a `with` block runs.

    Args:
        folder: where the project and the engine's own files go; it must exist.
    """

    name: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._project: Project | None = None
        self._stack = contextlib.ExitStack()

    @classmethod
    def reason_unavailable(cls) -> str | None:
        """Say why the engine cannot run here; None when it can."""
        return None

    def __enter__(self) -> Engine:
        try:
            self._project = self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        close_warehouses()
        self._stack.close()

    @property
    def project(self) -> Project:
        """The copy of the project that runs here."""
        assert self._project is not None, "the engine is not started"
        return self._project

    @abstractmethod
    def _start(self) -> Project:
        """Start what is needed, and make the project; what is to end goes to the stack."""

    def load_raw(self, raw: Raw) -> None:
        """Replace the raw tables; see `harness.Project.load_raw`."""
        self.project.load_raw(raw)

    def run(self, config: Mapping[str, Any], *, full_refresh: bool) -> Invocation:
        """Score; see `harness.Project.run`."""
        return self.project.run(config, full_refresh=full_refresh)

    def marts(self, names: Sequence[str]) -> Marts:
        """Read marts of the last run as they stand, every cell spelled by `exact`.

        Args:
            names: those to read. One that is not in the warehouse is left out.
        """
        found = {}
        with self.project.warehouse() as warehouse:
            for name in filter(warehouse.has, names):
                columns = _columns(warehouse.manifest, name)
                selected = ", ".join(warehouse.quote(column) for column in columns)
                rows = warehouse.rows(f"select {selected} from {warehouse.model(name)}")
                found[name] = _mart(name, rows, columns)
        return found


def _columns(manifest: Mapping[str, Any], name: str) -> list[str]:
    described = manifest["nodes"][f"model.leadscore.{name}"]["columns"]
    return sorted({column.lower() for column in described} - set(MARTS[name][1]))


def _mart(name: str, rows: Sequence[Mapping[str, Any]], columns: list[str]) -> Mart:
    spelled = [tuple(exact(row[column]) for column in columns) for row in rows]
    return Mart(name, columns, spelled, MARTS[name][0])


class DuckDb(Engine):
    """The embedded engine, which the others are compared with."""

    name = "duckdb"

    def _start(self) -> Project:
        return Project(self.folder / "project")


class Postgres(Engine):
    """A PostgreSQL server of its own."""

    name = "postgres"

    @classmethod
    def reason_unavailable(cls) -> str | None:
        return postgres_server.reason_unavailable()

    def _start(self) -> Project:
        server = postgres_server.PostgresServer(self.folder / "server")
        return Project(self.folder / "project", self._stack.enter_context(server))


class Spark(Engine):
    """A Spark cluster of its own."""

    name = "spark"

    @classmethod
    def reason_unavailable(cls) -> str | None:
        return spark_cluster.reason_unavailable()

    def _start(self) -> Project:
        cluster = spark_cluster.SparkCluster(self.folder / "cluster")
        return Project(self.folder / "project", self._stack.enter_context(cluster))


class Rust(DuckDb):
    """The Rust engine of dbt, on DuckDB."""

    name = "rust"
    program = PROJECT / ".venv-rust" / "bin" / "dbt"
    driver = PROJECT / ".venv-rust" / "driver" / "libduckdb.so"

    @classmethod
    def reason_unavailable(cls) -> str | None:
        for path in (cls.program, cls.driver):
            if not path.exists():
                return f"{path.relative_to(PROJECT)} is missing: make rust"
        return None

    def _start(self) -> Project:
        manifests = self.folder / "drivers"
        manifests.mkdir()
        lines = [
            "manifest_version = 1",
            "[Driver]",
            'entrypoint = "duckdb_adbc_init"',
            f"shared = {json.dumps(str(self.driver))}",
        ]
        (manifests / "duckdb.toml").write_text("\n".join(lines), encoding="utf-8")
        project = super()._start()
        # Its DuckDB may be older than the one of Python, which puts the raw tables there.
        with duckdb.connect() as connection:
            connection.execute(f"attach '{project.database}' as file (storage_version 'v1.0.0')")
        return project

    def load_raw(self, raw: Raw) -> None:
        """Replace the raw tables, of whose columns the Rust engine keeps a copy from run to run."""
        super().load_raw(raw)
        shutil.rmtree(self.project.root / "target" / "schemas", ignore_errors=True)

    def run(self, config: Mapping[str, Any], *, full_refresh: bool) -> Invocation:
        """Score with the Rust engine's own command: it has no interface for Python."""
        close_warehouses()
        root = self.project.root
        results = root / "target" / "run_results.json"
        results.unlink(missing_ok=True)
        given = json.dumps(self.project.given_vars(config))
        words = [str(self.program), "build", "--vars", given]
        words += ["--resource-type", "model", "--resource-type", "seed"]
        words += ["--static-analysis", "off", *(["--full-refresh"] if full_refresh else [])]
        # It refuses settings of dbt-core's that the calls above left in this process.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("DBT_ENGINE_")}
        said = subprocess.run(
            words,
            cwd=root,
            env={
                **inherited,
                "ADBC_DRIVER_PATH": str(self.folder / "drivers"),
                "DBT_PROFILES_DIR": str(root),
                "DO_NOT_TRACK": "1",
                "NO_COLOR": "1",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        invocation = Invocation(ok=said.returncode == 0)
        if results.exists():
            for result in json.loads(results.read_text(encoding="utf-8"))["results"]:
                invocation.steps.append(
                    Step(
                        unique_id=result["unique_id"],
                        status=result["status"],
                        seconds=result["execution_time"],
                        message=result.get("message") or "",
                    )
                )
        if not invocation.ok:
            # Its results say of many errors only that there was one.
            invocation.error = "\n".join(_errors(said.stdout + said.stderr))
        return invocation

    def marts(self, names: Sequence[str]) -> Marts:
        """Read the file without dbt, which did not run in this process."""
        manifest = json.loads(
            (self.project.root / "target" / "manifest.json").read_text(encoding="utf-8")
        )
        found = {}
        with duckdb.connect(str(self.project.database)) as connection:
            for name in names:
                columns = _columns(manifest, name)
                selected = ", ".join(f'"{column}"' for column in columns)
                try:
                    rows = connection.execute(f"select {selected} from leadscore.{name}").fetchall()
                except duckdb.CatalogException:
                    continue
                found[name] = _mart(
                    name, [dict(zip(columns, row, strict=True)) for row in rows], columns
                )
        return found


def _errors(said: str) -> list[str]:
    """Return what the Rust engine says of errors, without its stack."""
    lines = []
    for block in said.split("\n\n"):
        if "[error]" in block:
            found = block[block.index("[error]") :].splitlines()
            lines += [line for line in found if not _STACK.match(line)]
    return lines or said.splitlines()[-20:]


_STACK = re.compile(r"\s*(\d+: |at \./)")

ENGINES: dict[str, type[Engine]] = {
    engine.name: engine for engine in (DuckDb, Postgres, Spark, Rust)
}
