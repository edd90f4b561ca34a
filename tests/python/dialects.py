"""The project as SQL of warehouses that are not here: compiled by dbt, without any connection.

Each warehouse gets an adapter that has its name, its quotes and its names of types, and that finds
no table anywhere. dbt takes the project's macros for that name, as it would with the real adapter.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from dbt.adapters.base import AdapterPlugin, Column
from dbt.adapters.base.relation import BaseRelation, Policy
from dbt.adapters.contracts.connection import AdapterResponse, ConnectionState, Credentials
from dbt.adapters.sql import SQLAdapter, SQLConnectionManager
from harness import PROJECT, Project
from leadscore.dbt import Dbt
from leadscore.project import Project as LeadscoreProject

POLICY = PROJECT / "seeds" / "scoring"


@dataclass(frozen=True)
class Dialect:
    """A warehouse that the project is compiled for and not run on.

    Args:
        name: as dbt and sqlglot call it.
        quote: what stands around names.
        types: dbt's names of types and the warehouse's, where its adapter says others than dbt.
        takes_macros_of: the adapter whose macros its own falls back on.
        has_database: whether names of tables have three parts.
    """

    name: str
    quote: str = '"'
    types: dict[str, str] = field(default_factory=dict)
    takes_macros_of: str | None = None
    has_database: bool = True


# Quotes, types and fallbacks as the adapters of that name have them.
DIALECTS = (
    Dialect("snowflake"),
    Dialect(
        "bigquery", quote="`", types={"STRING": "STRING", "FLOAT": "FLOAT64", "INTEGER": "INT64"}
    ),
    Dialect("redshift", takes_macros_of="postgres"),
    Dialect("databricks", quote="`", types={"STRING": "STRING"}, takes_macros_of="spark"),
    Dialect("trino", types={"STRING": "VARCHAR", "FLOAT": "DOUBLE", "INTEGER": "INT"}),
    Dialect(
        "clickhouse",
        quote="`",
        types={"STRING": "String", "TIMESTAMP": "DateTime64(6)", "INTEGER": "Int32"},
        has_database=False,
    ),
)


@contextmanager
def adapter_of(dialect: Dialect, folder: Path) -> Iterator[None]:
    """Let dbt find an adapter of that name for a `with` block.

    Args:
        dialect: the warehouse.
        folder: where the adapter's own package of macros, an empty one, is put.
    """
    include = folder / dialect.name
    (include / "macros").mkdir(parents=True)
    described = {"name": f"dbt_{dialect.name}", "version": "1.0.0", "config-version": 2}
    (include / "dbt_project.yml").write_text(yaml.safe_dump(described), encoding="utf-8")
    modules = {
        f"dbt.adapters.{dialect.name}": _plugin(dialect, include),
        f"dbt.adapters.{dialect.name}.__version__": _version(),
    }
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]


def _version() -> ModuleType:
    module = ModuleType("version")
    module.version = "1.0.0"
    return module


def _plugin(dialect: Dialect, include: Path) -> ModuleType:
    labels = {**Column.TYPE_LABELS, **dialect.types}
    quoted = dialect.quote

    class OwnColumn(Column):
        TYPE_LABELS = labels

    @dataclass(frozen=True, eq=False, repr=False)
    class Relation(BaseRelation):
        quote_character: str = quoted
        include_policy: Policy = field(
            default_factory=lambda: Policy(database=dialect.has_database)
        )

    @dataclass
    class OwnCredentials(Credentials):
        @property
        def type(self) -> str:
            return dialect.name

        @property
        def unique_field(self) -> str:
            return dialect.name

        def _connection_keys(self) -> tuple[str, ...]:
            return ()

    class Connections(SQLConnectionManager):
        TYPE = dialect.name

        @classmethod
        def open(cls, connection: Any) -> Any:
            connection.state = ConnectionState.OPEN
            connection.handle = object()
            return connection

        @classmethod
        def get_response(cls, cursor: Any) -> AdapterResponse:
            return AdapterResponse("nothing was asked")

        @contextmanager
        def exception_handler(self, sql: str) -> Iterator[None]:
            yield

        def cancel(self, connection: Any) -> None:
            pass

        def execute(self, sql: str, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError(f"{dialect.name} is not here and was asked: {sql}")

        def add_query(self, sql: str, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError(f"{dialect.name} is not here and was asked: {sql}")

    class Adapter(SQLAdapter):
        ConnectionManager = Connections
        Column = OwnColumn

        @classmethod
        def date_function(cls) -> str:
            return "current_timestamp"

        @classmethod
        def is_cancelable(cls) -> bool:
            return False

        @classmethod
        def quote(cls, identifier: str) -> str:
            return f"{quoted}{identifier}{quoted}"

        def list_relations_without_caching(self, schema_relation: Any) -> list[Any]:
            return []

        def get_columns_in_relation(self, relation: Any) -> list[Any]:
            # Only seeds of the policy are asked for: nothing else is found.
            with (POLICY / f"{relation.identifier}.csv").open(encoding="utf-8") as file:
                return [OwnColumn(name, labels["STRING"]) for name in next(csv.reader(file))]

    Adapter.Relation = Relation
    module = ModuleType(dialect.name)
    dependencies = [dialect.takes_macros_of] if dialect.takes_macros_of else []
    module.Plugin = AdapterPlugin(Adapter, OwnCredentials, str(include), dependencies)
    return module


def compiled(dialect: Dialect, folder: Path, given_vars: dict[str, Any]) -> dict[str, str]:
    """Compile the project.

    Args:
        dialect: the warehouse.
        folder: where to work; it must exist.
        given_vars: the vars.

    Returns the SQL of each model by its name. Raises AssertionError where dbt cannot.
    """
    project = Project(folder / "project")
    output = {"type": dialect.name, "schema": "leadscore", "database": "db", "threads": 1}
    profile = {"leadscore": {"target": dialect.name, "outputs": {dialect.name: output}}}
    (project.root / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    with adapter_of(dialect, folder / "adapter"):
        dbt = Dbt(LeadscoreProject(project.root, given_vars=given_vars))
        invocation = dbt.call("compile", "--no-populate-cache", "--no-inject-ephemeral-ctes")
        assert invocation.ok, (invocation.error, [step.message for step in invocation.failed])
    manifest = json.loads((project.root / "target" / "manifest.json").read_text(encoding="utf-8"))
    return {
        node["name"]: node["compiled_code"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
