"""A real PostgreSQL server for tests: its own data directory, its own port, gone afterwards."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from oracle import Table

# Where Debian and Ubuntu put the programs, newest release first; else those on the path.
_DEBIAN = Path("/usr/lib/postgresql")
_USER = "leadscore"
_PASSWORD = "only for tests"
_START_SECONDS = 60
_PR_SET_PDEATHSIG = 1
# Nothing here outlives the tests, so nothing has to reach the disk.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_connections": "50",
    # A zone that no result may hang on, with summer time and half an hour.
    "timezone": "Australia/Adelaide",
    "jit": "off",
    "log_min_messages": "warning",
}
RAW_TABLES = {
    "leads": ("crm", "leads"),
    "outcomes": ("crm", "outcomes"),
    "events": ("tracking", "events"),
    "identities": ("tracking", "identities"),
}


def programs() -> Path | None:
    """Return the folder of the server's programs, of version 15 or later; None without one."""
    found = [path / "bin" for path in _DEBIAN.glob("*") if (path / "bin" / "initdb").exists()]
    found.sort(key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0)
    on_path = shutil.which("initdb")
    if on_path:
        found.insert(0, Path(on_path).resolve().parent)
    return found[-1] if found else None


def reason_unavailable() -> str | None:
    """Return why no server can be started here; None when one can."""
    if programs() is None:
        return "PostgreSQL's programs are not installed (Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and _server_user() is None:
        return "PostgreSQL does not run as root, and there is no user postgres or nobody"
    try:
        import psycopg2  # noqa: F401
        from dbt.adapters.postgres import PostgresAdapter  # noqa: F401
    except ImportError as error:
        return f"dbt-postgres is not installed ({error}); see requirements-engines.lock"
    return None


class PostgresServer:
    """A server that runs while a `with` block does.

    Args:
        folder: a folder to make, for the data directory.
        locale: of the cluster; its `lower()` and its order of text come from it.

    Raises:
        RuntimeError: the server does not start; the message holds what it says.
    """

    def __init__(self, folder: Path, locale: str = "C.UTF-8") -> None:
        self.folder = folder
        self.locale = locale
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._home: Path | None = None

    def __enter__(self) -> PostgresServer:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def output(self, name: str, threads: int = 2) -> dict[str, Any]:
        """Return a dbt profile output for a fresh database.

        Args:
            name: of the database, which must not exist yet.
            threads: how many connections dbt may use at once.
        """
        self.execute(f'create database "{name}"')
        return self._output(name, threads)

    def drop(self, name: str) -> None:
        """Remove a database, also where somebody is still connected to it.

        Args:
            name: of the database.
        """
        self.execute(f'drop database if exists "{name}" with (force)')

    def forget(self, name: str) -> None:
        """Empty a database.

        Args:
            name: of the database.
        """
        self.drop(name)
        self.execute(f'create database "{name}"')

    def load_raw(
        self, name: str, raw: Mapping[str, Sequence[Mapping[str, str | None]] | None]
    ) -> None:
        """Replace the raw tables of a database by tables of text; empty cells are null.

        Args:
            name: the database.
            raw: `leads`, `events`, `outcomes`, `identities`; None or absent: no such table.
        """
        from psycopg2.extras import execute_values

        with self.connection(name) as connection, connection.cursor() as cursor:
            for table, (schema, identifier) in RAW_TABLES.items():
                cursor.execute(f"create schema if not exists {schema}")
                cursor.execute(f"drop table if exists {schema}.{identifier} cascade")
                rows = raw.get(table)
                if rows is None:
                    continue
                columns = rows.columns if isinstance(rows, Table) else list(rows[0])
                names = ['"' + column.replace('"', '""') + '"' for column in columns]
                typed = ", ".join(f"{quoted} text" for quoted in names)
                cursor.execute(f"create table {schema}.{identifier} ({typed})")
                if rows:
                    execute_values(
                        cursor,
                        f"insert into {schema}.{identifier} values %s",
                        [tuple(row.get(column) or None for column in columns) for row in rows],
                        page_size=1000,
                    )

    def execute(self, statement: str, name: str = "postgres") -> None:
        """Run a statement outside of any transaction.

        Args:
            statement: SQL.
            name: the database.
        """
        with contextlib.closing(self._connect(name)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)

    def rows(self, query: str, name: str = "postgres") -> list[tuple]:
        """Return the rows of a query.

        Args:
            query: SQL.
            name: the database.
        """
        with self.connection(name) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    @contextlib.contextmanager
    def connection(self, name: str) -> Any:
        """Connect to a database for a `with` block, which is one transaction."""
        with contextlib.closing(self._connect(name)) as connection, connection:
            yield connection

    def _connect(self, name: str) -> Any:
        import psycopg2

        output = self._output(name, 1)
        return psycopg2.connect(
            host=output["host"],
            port=output["port"],
            user=output["user"],
            password=output["password"],
            dbname=name,
        )

    def _output(self, name: str, threads: int) -> dict[str, Any]:
        return {
            "type": "postgres",
            "host": "127.0.0.1",
            "port": self.port,
            "user": _USER,
            "password": _PASSWORD,
            "dbname": name,
            "schema": "leadscore",
            "threads": threads,
        }

    def _start(self) -> None:
        found = programs()
        if found is None:
            raise RuntimeError(reason_unavailable())
        self.folder.mkdir(parents=True)
        # The server's user must reach it; folders of tests are often closed to others.
        self._home = Path(tempfile.mkdtemp(prefix="leadscore-pg-", dir=_open_folder(self.folder)))
        data = self._home / "data"
        secret = self._home / "secret"
        secret.write_text(_PASSWORD, encoding="utf-8")
        user = _server_user()
        if user is not None:
            for path in (self._home, secret):
                os.chown(path, user.pw_uid, user.pw_gid)
        made = subprocess.run(
            [
                str(found / "initdb"),
                *("--pgdata", str(data)),
                *("--username", _USER),
                *("--pwfile", str(secret)),
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                f"--locale={self.locale}",
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            check=False,
            **self._as_user(),
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr}")
        log = self._home / "log"
        # Another program may take the port between its being found and its being used.
        for _ in range(5):
            self.port = _free_port()
            words = [
                str(found / "postgres"),
                "-D",
                str(data),
                "-p",
                str(self.port),
                "-h",
                "127.0.0.1",
            ]
            words += ["-k", str(self._home)]
            for name, value in _SETTINGS.items():
                words += ["-c", f"{name}={value}"]
            with log.open("wb") as written:
                self._process = subprocess.Popen(
                    words,
                    stdout=written,
                    stderr=subprocess.STDOUT,
                    preexec_fn=_end_with_parent,
                    **self._as_user(),
                )
            if self._answers():
                return
            self._end_process()
        raise RuntimeError(f"PostgreSQL does not start: {log.read_text(errors='replace')}")

    def _answers(self) -> bool:
        import psycopg2

        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                return False
            try:
                self._connect("postgres").close()
            except psycopg2.OperationalError:
                time.sleep(0.05)
            else:
                return True
        return False

    def _as_user(self) -> dict[str, Any]:
        user = _server_user()
        surroundings: dict[str, Any] = {"cwd": str(self._home), "env": {"PATH": os.environ["PATH"]}}
        if user is not None:
            surroundings |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        return surroundings

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            # SIGINT ends it at once and cuts its connections.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _stop(self) -> None:
        self._end_process()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None


def _end_with_parent() -> None:
    """Let Linux end the server when the tests are killed; other systems leave it running."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _server_user() -> pwd.struct_passwd | None:
    """The user to start the server as; None: the one that runs this."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


def _open_folder(folder: Path) -> str:
    """The folder itself, or the common one for temporary files where others may not enter it."""
    if _server_user() is None:
        return str(folder)
    for path in (folder, *folder.parents):
        if not path.stat().st_mode & 0o001:
            return tempfile.gettempdir()
    return str(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
