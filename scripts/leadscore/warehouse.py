"""The one place that reads the warehouse, and the one that writes to it beside dbt.

It goes through the dbt adapter of the active target, so that the same code works on every engine,
and takes the names of relations from dbt's manifest.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from leadscore.dbt import Dbt, package_node
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.project import PACKAGE
from leadscore.raw_tables import RawTable

POLL_SECONDS = 0.2


class StatementError(LeadscoreError):
    """The warehouse refused a statement; `what` is its reason."""


class Warehouse:
    """The warehouse of a project's active target.

    Args:
        dbt: the project and target.
    """

    def __init__(self, dbt: Dbt) -> None:
        self.dbt = dbt
        self._adapter: Any = None
        self._cursors = itertools.count(1)

    @contextlib.contextmanager
    def open(self) -> Iterator[Warehouse]:
        """Connects for the duration of a `with` block.

        Raises:
            LeadscoreError: the warehouse cannot be reached.
            StatementError: it refuses a statement.
        """
        _ = self.manifest
        with self.dbt.connection() as adapter:
            self._adapter = adapter
            try:
                yield self
            finally:
                self._adapter = None

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """dbt's manifest of the project, for the active target."""
        return self.dbt.manifest()

    @property
    def engine(self) -> str:
        """The kind of warehouse, as dbt calls it: `duckdb`, `postgres`, `spark`."""
        return self._adapter.type()

    @property
    def place(self) -> str:
        """Where the warehouse is, for people."""
        if self.engine == "duckdb":
            path = Path(self._adapter.config.credentials.path)
            return f"the DuckDB file {shown(self.dbt.project.root / path)}"
        credentials = self._adapter.config.credentials
        host = getattr(credentials, "host", None)
        return f"{self.engine} at {host}" if host else self.engine

    @property
    def file(self) -> Path | None:
        """The file of a DuckDB warehouse; None for one in memory or on a server."""
        if self.engine != "duckdb":
            return None
        path = self._adapter.config.credentials.path
        # `:memory:`, `md:name`, `s3://…`; a single letter before the colon is a drive.
        if re.match(r":|[A-Za-z]{2,}:", path):
            return None
        return (self.dbt.project.root / path).resolve()

    def marts(self) -> list[dict[str, Any]]:
        """The nodes of the models in the folder of the marts, by name."""
        nodes = [
            node
            for node in self.manifest["nodes"].values()
            if node["resource_type"] == "model" and node["fqn"][:2] == [PACKAGE, "marts"]
        ]
        return sorted(nodes, key=lambda node: node["name"])

    def model(self, name: str) -> str:
        """The relation of a model, quoted for SQL.

        Raises:
            LeadscoreError: the project has no such model.
        """
        return self.node(name)["relation_name"]

    def node(self, name: str) -> dict[str, Any]:
        """A model of the manifest.

        Raises:
            LeadscoreError: the project has no such model.
        """
        node = package_node(self.manifest, "model", name)
        if node is None:
            raise LeadscoreError(
                f"The project has no model {name}.",
                where=str(self.dbt.project.root),
                remedy="Use a complete checkout of the project.",
                code=ExitCode.NOT_FOUND,
            )
        return node

    def beside(self, name: str, identifier: str) -> str:
        """The relation of a table in the schema of a model, quoted for SQL.

        Args:
            name: the model.
            identifier: the table's name.
        """
        node = self.node(name)
        return self.relation(node["database"], node["schema"], identifier)

    def source(self, source: str, table: str) -> dict[str, Any] | None:
        """Where a declared source table lies: database, schema, identifier, relation_name."""
        return package_node(self.manifest, "source", f"{source}.{table}")

    def raw(self, table: RawTable) -> dict[str, Any] | None:
        """What a raw input is read from: a source, or a model of the project that imports this one.

        None where the project is set to go without it.
        """
        node = package_node(self.manifest, "model", f"base_{table.source}__{table.name}") or {}
        for name in node.get("depends_on", {}).get("nodes", []):
            return self.manifest["sources"].get(name) or self.manifest["nodes"].get(name)
        return None

    def has(self, name: str) -> bool:
        """Whether a model's relation is in the warehouse."""
        node = package_node(self.manifest, "model", name)
        if node is None:
            return False
        return self.relation_kind(node["database"], node["schema"], node["alias"]) is not None

    def relation_kind(self, database: str, schema: str, identifier: str) -> str | None:
        """`table` or `view` when there is such a one in the warehouse, else None."""
        relation = self._adapter.Relation.create(
            database=database, schema=schema, identifier=identifier
        )
        found = self._adapter.list_relations_without_caching(relation.without_identifier())
        self._end_transaction()
        for other in found:
            if other.identifier.lower() == identifier.lower():
                return str(other.type)
        return None

    def columns(self, database: str, schema: str, identifier: str) -> dict[str, str]:
        """The columns of a table or view: names as the warehouse spells them, by lower-case name.

        Args: where the relation lies; one that does not exist has none.
        """
        if self.relation_kind(database, schema, identifier) is None:
            return {}
        relation = self._adapter.Relation.create(
            database=database, schema=schema, identifier=identifier
        )
        found = self._adapter.get_columns_in_relation(relation)
        self._end_transaction()
        return {column.name.lower(): column.name for column in found}

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query, keyed by lower-case column name, values as the driver gives them."""
        cursor = self._ask(sql)
        names = [column[0].lower() for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def create_schema(self, database: str | None, schema: str) -> None:
        """Makes a schema; does nothing when it is there."""
        self._adapter.create_schema(self._adapter.Relation.create(database=database, schema=schema))
        self._end_transaction()

    def drop_schema(self, database: str | None, schema: str) -> None:
        """Removes a schema with all that is in it; does nothing when there is none."""
        self._adapter.drop_schema(self._adapter.Relation.create(database=database, schema=schema))
        self._end_transaction()

    def chunks(self, sql: str, size: int) -> tuple[list[str], Iterator[list[tuple]]]:
        """The rows of a query, so many at a time, for results that memory may not hold.

        Args:
            sql: the query. No other statement may run until all of its rows are taken.
            size: how many rows at most.

        Returns:
            The names of the columns as the warehouse spells them, and the chunks.
        """
        cursor = self._server_cursor(sql) if self.engine == "postgres" else self._ask(sql)
        if self.engine == "spark":
            cursor = _SparkRows(cursor)
        # A cursor of a server knows its columns once it has rows.
        first = self._fetched(cursor, size)

        def fetched() -> Iterator[list[tuple]]:
            rows = first
            while rows:
                yield rows
                rows = self._fetched(cursor, size)
            self._end_transaction()

        return [column[0] for column in cursor.description], fetched()

    def _server_cursor(self, sql: str) -> Any:
        """The rows of a query, kept by PostgreSQL until they are taken, as its others do not."""
        handle = self._adapter.connections.get_thread_connection().handle
        # Such a cursor lives in a transaction.
        self._begin()
        cursor = handle.cursor(f"leadscore_{next(self._cursors)}")
        try:
            cursor.execute(sql)
        except Exception as error:
            # The drivers' own exceptions have no common base.
            raise StatementError(_gist(str(error))) from error
        return cursor

    @staticmethod
    def _fetched(cursor: Any, size: int) -> list[tuple]:
        try:
            return cursor.fetchmany(size)
        except Exception as error:
            # Some engines go on computing while rows are taken; what drivers raise then has no
            # common base.
            raise StatementError(_gist(str(error))) from error

    def execute(self, sql: str) -> None:
        """Runs a statement that has no result; on a server within a `transaction` only."""
        self._ask(sql)

    def _end_transaction(self) -> None:
        """Ends what a macro of dbt may have left open, and which would be in the way of our own."""
        if self._adapter.connections.get_thread_connection().transaction_open:
            self._adapter.connections.commit()

    def _ask(self, sql: str) -> Any:
        with self._refusals():
            return self._adapter.connections.add_query(sql, auto_begin=False)[1]

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        from dbt_common.exceptions import DbtRuntimeError

        try:
            yield
        except DbtRuntimeError as error:
            raise StatementError(
                _gist(str(error)),
                remedy=f"The log holds the statement: {self.dbt.project.log_file}",
            ) from error

    def execute_watched(self, sql: str, watch: Callable[[float], None]) -> None:
        """Runs a long statement of DuckDB while telling how far it is.

        Args:
            sql: the statement.
            watch: called now and then with the part that is done, 0 to 1.
        """
        connection = self._adapter.connections.get_thread_connection().handle.cursor()
        raw = getattr(connection, "_cursor", connection)
        done = threading.Event()

        def poll() -> None:
            while not done.wait(POLL_SECONDS):
                with contextlib.suppress(Exception):
                    watch(min(max(raw.query_progress() / 100, 0.0), 1.0))

        # Without this DuckDB does not count; printing is ours.
        self.execute("set enable_progress_bar = true")
        self.execute("set enable_progress_bar_print = false")
        poller = threading.Thread(target=poll, daemon=True)
        poller.start()
        try:
            self.execute(sql)
        finally:
            done.set()
            poller.join()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements of the block take effect together, or none does.

        On Spark, which knows no transactions, each takes effect by itself.
        """
        if self.engine == "spark":
            yield
            return
        connections = self._adapter.connections
        self._begin()
        try:
            yield
        except BaseException:
            connections.rollback_if_open()
            raise
        # This is when a full disk shows.
        with self._refusals():
            connections.commit()

    def _begin(self) -> None:
        self._adapter.connections.begin()
        if self.engine == "postgres":
            # dbt leaves this to the driver, which does not know when dbt ended a transaction, and
            # then begins none. Where it did begin one, this does nothing.
            self._ask("begin")

    def relation(self, database: str | None, schema: str, identifier: str) -> str:
        """A table that dbt knows nothing of, quoted for SQL."""
        return self._adapter.Relation.create(
            database=database, schema=schema, identifier=identifier
        ).render()

    @property
    def text_type(self) -> str:
        """The type of texts of any length, for SQL."""
        return self._adapter.Column.translate_type("string")

    def moment(self, value: datetime) -> str:
        """A time as a SQL constant."""
        return f"cast({self.text(str(value))} as timestamp)"

    def text(self, value: str) -> str:
        """A text as a SQL constant."""
        return sql_text(value, self.engine)

    def quote(self, name: str) -> str:
        """A name of a schema, table or column, quoted for SQL."""
        mark = "`" if self.engine == "spark" else '"'
        return self._adapter.quote(name.replace(mark, mark * 2))


class _SparkRows:
    """The rows of a query, a partition at a time, which the cursor of dbt-spark takes as a whole.

    Args:
        cursor: dbt-spark's, of its `session` method.
    """

    def __init__(self, cursor: Any) -> None:
        self.description = cursor.description
        # dbt-spark has no other way to it.
        self._rows = cursor._cursor._df.toLocalIterator()

    def fetchmany(self, size: int) -> list[tuple]:
        """The next rows, `size` of them while there are as many."""
        return [tuple(row) for row in itertools.islice(self._rows, size)]


def _gist(reason: str) -> str:
    """An engine's reason without dbt's heading, the statement and advice on its own options."""
    lines = []
    for line in reason.splitlines():
        line = line.strip()
        if line.startswith(("LINE ", "Possible fixes", "Candidate bindings")):
            break
        if line and line != "Runtime Error":
            lines.append(line)
    return " ".join(lines)


def sql_text(value: str, engine: str) -> str:
    """A text as a SQL constant.

    Args:
        value: the text.
        engine: the kind of warehouse, as dbt calls it.
    """
    quoted = value.replace("'", "''")
    if engine == "spark":
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"


def location(node: dict[str, Any]) -> tuple[str, str, str]:
    """Database, schema and identifier of a source, model or seed of the manifest."""
    return node["database"], node["schema"], node.get("identifier") or node["alias"]


def shown(path: Path) -> str:
    """A path as short as it is clear: relative when it lies below the working directory."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
