"""A Spark cluster of its own for tests: one master and two workers on loopback.

Tables survive the session: a Hive metastore in embedded Derby, and plain parquet, in the cluster's
folder. Derby takes one process at a time, and a process has one session, so the projects of a test
session share it and are told apart by the names of their schemas.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

WORKERS = 2
_SECONDS = 60
_MEMORY = "1g"
_MASTER = re.compile(r"Starting Spark master at (spark://\S+)")
_REGISTERED = re.compile(r"Registering worker ")


# Small tables take longer to compile code for than to work on.
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"
# How sessions are set up; profiles.yml.example says why.
SESSION = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.executor.extraJavaOptions": _JAVA_OPTIONS,
    "spark.driver.memory": _MEMORY,
    "spark.executor.memory": _MEMORY,
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.legacy.decimal.retainFractionDigitsOnTruncate": "true",
    "spark.sql.cteRecursionRowLimit": "-1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.legacy.allowNonEmptyLocationInCTAS": "true",
}


def reason_unavailable() -> str | None:
    """Say why no cluster can be started here; None when one can."""
    for package in ("pyspark", "dbt.adapters.spark"):
        try:
            if find_spec(package) is None:
                return f"{package} is not installed: make engines"
        except ModuleNotFoundError:
            return f"{package} is not installed: make engines"
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        return "Spark needs Java 17 or newer"
    return None


class SparkCluster:
    """A cluster that runs while a `with` block does.

    Args:
        folder: where tables, the metastore and the logs go; made when it is missing. What an
            earlier cluster left there is found again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.master = ""
        self._processes: list[subprocess.Popen] = []

    def __enter__(self) -> SparkCluster:
        """Start the master and the workers.

        Raises:
            RuntimeError: one of them does not come up.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        atexit.register(self.stop)
        try:
            self._start("master", "master.Master", "--port", "0", "--webui-port", "0")
            self.master = self._said("master", _MASTER, 1)[0]
            for number in range(WORKERS):
                work = self.folder / f"worker-{number}"
                words = ["--cores", "1", "--memory", _MEMORY, "--work-dir", str(work)]
                words += ["--port", "0", "--webui-port", "0", self.master]
                self._start(f"worker-{number}", "worker.Worker", *words)
            self._said("master", _REGISTERED, WORKERS)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End the session of this process, then the workers and the master."""
        self.stop()

    def stop(self) -> None:
        """End what was started; does nothing the second time."""
        atexit.unregister(self.stop)
        if self._processes:
            end_session()
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            try:
                process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                # Executors are in the group of the worker that started them.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._processes = []

    def output(self, name: str) -> dict[str, Any]:
        """Return a dbt profile output for schemas of their own.

        Args:
            name: what the names of the project's schemas begin with.
        """
        return {
            "type": "spark",
            "method": "session",
            "host": "localhost",
            "schema": name,
            "threads": 2,
            "server_side_parameters": {
                **SESSION,
                "spark.master": self.master,
                "spark.local.dir": str(self.folder / "local"),
                "spark.sql.warehouse.dir": (self.folder / "tables").as_uri(),
                "spark.hadoop.javax.jdo.option.ConnectionURL": (
                    f"jdbc:derby:;databaseName={self.folder / 'metastore'};create=true"
                ),
                "spark.driver.extraJavaOptions": (
                    f"{_JAVA_OPTIONS} -Dderby.stream.error.file={self.folder / 'derby.log'}"
                ),
            },
        }

    def sql(self, statement: str) -> list[Any]:
        """Run a statement in the session of this process and return its rows."""
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.enableHiveSupport()
        for key, value in self.output("")["server_side_parameters"].items():
            builder = builder.config(key, value)
        return builder.getOrCreate().sql(statement).collect()

    def load_raw(
        self, name: str, raw: Mapping[str, Sequence[Mapping[str, str | None]] | None]
    ) -> dict[str, str]:
        """Replace raw tables by tables of text; empty cells are null.

        Args:
            name: as in `output`; the tables lie in `<name>_crm` and `<name>_tracking`.
            raw: as in `harness.Project.load_raw`.

        Returns:
            The vars that say where the tables are.
        """
        schemas = {"crm": f"{name}_crm", "tracking": f"{name}_tracking"}
        tables = {
            "leads": "crm",
            "outcomes": "crm",
            "events": "tracking",
            "identities": "tracking",
        }
        for schema in schemas.values():
            self.sql(f"create schema if not exists {schema}")
        for table, schema in tables.items():
            relation = f"{schemas[schema]}.{table}"
            self.sql(f"drop table if exists {relation}")
            rows = raw.get(table)
            if rows is None:
                continue
            columns = getattr(rows, "columns", None) or list(rows[0])
            names = [f"`{column.replace('`', '``')}`" for column in columns]
            cells = [[row.get(column) or None for column in columns] for row in rows]
            self.load(relation, [f"{column} string" for column in names], cells)
        return {"crm_schema": schemas["crm"], "tracking_schema": schemas["tracking"]}

    def forget(self, name: str) -> None:
        """Drop the schemas of a name, with all that is in them."""
        for (schema,) in self.sql("show schemas"):
            if schema == name or schema.startswith(f"{name}_"):
                self.sql(f"drop schema {schema} cascade")

    def load(self, relation: str, columns: list[str], rows: list[list[Any]]) -> None:
        """Make a table.

        Args:
            relation: its schema and name.
            columns: the definitions of its columns.
            rows: their cells.
        """
        from pyspark.sql import SparkSession

        self.sql(f"create table {relation} ({', '.join(columns)}) using parquet")
        if rows:
            session = SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
            frame = session.createDataFrame(rows, ", ".join(columns))
            frame.coalesce(1).write.insertInto(relation)

    def _start(self, name: str, main: str, *words: str) -> None:
        import pyspark

        home = Path(pyspark.__file__).parent
        environment = {
            **os.environ,
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self.folder / "local"),
            "SPARK_DAEMON_MEMORY": "256m",
        }
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{main}"]
        with self._log(name).open("wb") as log:
            self._processes.append(
                subprocess.Popen(
                    [*command, "--host", "127.0.0.1", *words],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    cwd=self.folder,
                    start_new_session=True,
                    preexec_fn=_end_with_parent,
                )
            )

    def _said(self, name: str, pattern: re.Pattern[str], times: int) -> list[str]:
        """Wait until a log holds a pattern so many times."""
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            text = self._log(name).read_text(encoding="utf-8", errors="replace")
            found = pattern.findall(text)
            if len(found) >= times:
                return found
            if any(process.poll() is not None for process in self._processes):
                break
            time.sleep(0.1)
        logs = "\n".join(path.read_text(errors="replace") for path in self._logs())
        raise RuntimeError(f"The Spark cluster did not come up:\n{logs}")

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _logs(self) -> Iterator[Path]:
        return self.folder.glob("*.log")


def _end_with_parent() -> None:
    """Let the process that is about to start end when this one is killed, where Linux can do so."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def end_session() -> None:
    """End the session of this process and its Java process, so that another one may have Derby."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    # An active session is a thread's own, and dbt has its threads; these are the process's.
    session, context = SparkSession._instantiatedSession, SparkContext._active_spark_context
    for open_one in (session, context):
        if open_one is not None:
            # Its Java process may have died.
            with contextlib.suppress(Exception):
                open_one.stop()
    gateway = SparkContext._gateway
    if gateway is not None:
        with contextlib.suppress(Exception):
            gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(_SECONDS)
    # What is left of them would be taken for one that works by whoever asks for a session next.
    SparkSession._instantiatedSession = None
    SparkContext._active_spark_context = None
    SparkContext._gateway = None
    SparkContext._jvm = None
