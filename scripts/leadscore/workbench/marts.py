"""Where the pages read: the published file on DuckDB, the marts themselves on a server.

Every query runs in the engine and gives a page of rows or figures. Nothing is ever written.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import duckdb

from leadscore.errors import ExitCode, LeadscoreError
from leadscore.output import command
from leadscore.project import Project
from leadscore.warehouse import shown, sql_text
from leadscore.workbench.target import active_output

_DEFAULT_FILE = "published.duckdb"
# How long a server's last run is taken for the last one.
_MOMENT = 5.0
_MOST_DERIVED = 4


class NothingPublishedError(LeadscoreError):
    """There is nothing to show yet."""


class MissingMartError(LeadscoreError):
    """A page needs a mart that is not there."""


class Marts(Protocol):
    """The marts of a project, to be read."""

    @property
    def place(self) -> str:
        """Where they are, for people."""

    def identity(self) -> str:
        """What is another one as soon as there may be other rows.

        Raises:
            NothingPublishedError: there are no marts yet.
        """

    def has(self, name: str) -> bool:
        """Whether a mart is there."""

    def relation(self, name: str) -> str:
        """A mart, quoted for SQL.

        Raises:
            MissingMartError: it is not there.
        """

    def columns(self, name: str) -> list[str]:
        """The columns of a mart, in lower case."""

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query, by lower-case name of the column."""

    def derived(self, sql: str) -> str:
        """A query that several others ask, as what they can select from.

        Args:
            sql: the query.
        """

    def text(self, value: str) -> str:
        """A text as a SQL constant."""

    def quote(self, name: str) -> str:
        """A column's name, quoted for SQL."""


def open_marts(project: Project) -> Marts:
    """The marts of the active target.

    Args:
        project: the project.

    Raises:
        LeadscoreError: it is not known where they are.
    """
    output = active_output(project)
    if output["type"] != "duckdb":
        return ServerMarts(project, output["type"])
    path = str(output["path"] or ":memory:")
    if re.match(r":|[A-Za-z]{2,}:", path):
        raise LeadscoreError(
            f"The warehouse {path} is no file, so there is no published file beside it.",
            where=str(project.profiles_folder / "profiles.yml"),
            remedy="Let path name a file, or use a target on a server.",
            code=ExitCode.USAGE,
        )
    named = project.var("published_file", _DEFAULT_FILE)
    if not named or not isinstance(named, str):
        raise LeadscoreError(
            "Publishing is switched off: the var published_file names no file.",
            where=str(project.file),
            remedy=f"Name one there, such as {_DEFAULT_FILE}, then run: {command('publish')}",
            code=ExitCode.USAGE,
        )
    return PublishedFile((project.root / path).parent / named)


class PublishedFile:
    """The published file, which a run replaces as a whole; so reading it is in nobody's way.

    Args:
        path: where it lies, once there is one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        # DuckDB gives a second connection to the same path the file that the first one opened, so
        # a new file is opened only after all of the old one is closed.
        self._lock = threading.RLock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._identity: str | None = None
        self._schemas: dict[str, str] = {}
        self._derived: list[str] = []
        self._scratch = tempfile.TemporaryDirectory(prefix="leadscore-")

    @property
    def place(self) -> str:
        """Where it lies, for people."""
        return shown(self.path)

    def identity(self) -> str:
        """The file's number, size and time of change. Raises as in `Marts`."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            raise NothingPublishedError(
                "Nothing is published yet.",
                where=self.place,
                remedy=f"Score first: {command('run')}",
                code=ExitCode.NOT_FOUND,
            ) from None
        return f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}"

    def has(self, name: str) -> bool:
        """Whether a mart is in it."""
        with self._lock:
            self._open()
            return name in self._schemas

    def relation(self, name: str) -> str:
        """A mart, quoted for SQL. Raises as in `Marts`."""
        if not self.has(name):
            raise _missing(name, self.place)
        return f"{self.quote(self._schemas[name])}.{self.quote(name)}"

    def columns(self, name: str) -> list[str]:
        """The columns of a mart."""
        with self._lock:
            cursor = self._open().execute(f"select * from {self.relation(name)} limit 0")
            return [column[0].lower() for column in cursor.description]

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        with self._lock:
            connection = self._open()
            try:
                cursor = connection.execute(sql)
                names = [column[0].lower() for column in cursor.description]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            except duckdb.Error as error:
                raise self._unreadable(error) from error

    def derived(self, sql: str) -> str:
        """A temporary table of this process, outside of the file."""
        name = f"derived_{hashlib.sha256(sql.encode()).hexdigest()[:20]}"
        with self._lock:
            connection = self._open()
            if name not in self._derived:
                while len(self._derived) >= _MOST_DERIVED:
                    connection.execute(f"drop table temp.{self._derived.pop(0)}")
                try:
                    connection.execute(f"create temporary table {name} as {sql}")
                except duckdb.Error as error:
                    raise self._unreadable(error) from error
                self._derived.append(name)
        return f"temp.{name}"

    def text(self, value: str) -> str:
        """A text as a SQL constant."""
        return _text(value, "duckdb")

    def quote(self, name: str) -> str:
        """A name, quoted for SQL."""
        return '"{}"'.format(name.replace('"', '""'))

    def _unreadable(self, error: duckdb.Error) -> LeadscoreError:
        return LeadscoreError(
            f"The published file cannot be read so: {str(error).splitlines()[0]}",
            where=self.place,
            remedy=f"Publish it anew: {command('publish')}",
        )

    def _open(self) -> duckdb.DuckDBPyConnection:
        identity = self.identity()
        if self._connection is not None and identity != self._identity:
            self._connection.close()
            self._connection = None
            self._derived.clear()
        if self._connection is None:
            try:
                self._connection = duckdb.connect(
                    str(self.path),
                    read_only=True,
                    config={
                        "autoinstall_known_extensions": False,
                        # Beside the file there is nothing to be left. It has to be empty:
                        # what lies in it can be read by any query.
                        "temp_directory": self._scratch.name,
                    },
                )
                # What is asked is about this file alone.
                self._connection.execute("set enable_external_access = false")
                self._connection.execute("set lock_configuration = true")
                self._schemas = dict(
                    self._connection.execute(
                        "select table_name, schema_name from duckdb_tables() where not temporary"
                    ).fetchall()
                )
            except duckdb.Error as error:
                raise LeadscoreError(
                    f"The published file cannot be opened: {str(error).splitlines()[0]}",
                    where=self.place,
                    remedy=f"Publish it anew: {command('publish')}",
                ) from error
            self._identity = identity
        return self._connection


class ServerMarts:
    """The marts on PostgreSQL or Spark, where readers and runs are not in each other's way.

    Args:
        project: the project.
        engine: the kind of warehouse, as dbt calls it.
    """

    def __init__(self, project: Project, engine: str) -> None:
        self.project = project
        self.engine = engine
        # dbt's adapter is one for the process.
        self._lock = threading.RLock()
        self._known: tuple[float, str] | None = None
        self._columns: dict[tuple[str, str], list[str]] = {}

    @cached_property
    def _warehouse(self) -> Any:
        from leadscore.dbt import Dbt
        from leadscore.warehouse import Warehouse

        folder = self.project.target_folder / "workbench"
        return Warehouse(Dbt(self.project, target_folder=folder))

    @cached_property
    def place(self) -> str:
        """Where they are, for people."""
        with self._lock, self._warehouse.open() as warehouse:
            return warehouse.place

    def identity(self) -> str:
        """The moment of the last run. Raises as in `Marts`."""
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > _MOMENT:
                with self._warehouse.open() as warehouse:
                    if not warehouse.has("run_audit"):
                        raise NothingPublishedError(
                            "Nothing is scored yet.",
                            where=warehouse.place,
                            remedy=f"Score first: {command('run')}",
                            code=ExitCode.NOT_FOUND,
                        )
                    last = warehouse.rows(
                        "select max(run_started_at) as started_at"
                        f" from {warehouse.model('run_audit')}"
                    )
                self._known = (time.monotonic(), str(last[0]["started_at"]))
            return self._known[1]

    def has(self, name: str) -> bool:
        """Whether a mart is there."""
        return bool(self.columns(name))

    def relation(self, name: str) -> str:
        """A mart, quoted for SQL. Raises as in `Marts`."""
        if not self.has(name):
            raise _missing(name, self.place)
        return self._warehouse.model(name)

    def columns(self, name: str) -> list[str]:
        """The columns of a mart; none where it is not there."""
        known = (self.identity(), name)
        with self._lock:
            if known not in self._columns:
                with self._warehouse.open() as warehouse:
                    node = warehouse.node(name)
                    found = warehouse.columns(node["database"], node["schema"], node["alias"])
                self._columns[known] = list(found)
            return self._columns[known]

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        with self._lock, self._warehouse.open() as warehouse:
            return warehouse.rows(sql)

    def derived(self, sql: str) -> str:
        """The query itself: nothing is made on a server."""
        return f"({sql}) as derived"

    def text(self, value: str) -> str:
        """A text as a SQL constant."""
        return _text(value, self.engine)

    def quote(self, name: str) -> str:
        """A name, quoted for SQL."""
        mark = "`" if self.engine == "spark" else '"'
        return f"{mark}{name.replace(mark, mark * 2)}{mark}"


def _text(value: str, engine: str) -> str:
    # A null character ends a statement on some engines, and is in no text on others.
    return sql_text(value.replace("\x00", ""), engine)


def _missing(name: str, place: str) -> MissingMartError:
    return MissingMartError(
        f"The mart {name} is not there.",
        where=place,
        remedy=f"It comes with a whole run: {command('run')}",
        code=ExitCode.NOT_FOUND,
    )
