"""The one place that calls dbt.

dbt runs in this process, silently: its own log goes to a file, its events feed the progress, and
what came of it is read from target/run_results.json, which is a documented format, rather than
from the runner's result object, which is not.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pickle
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from leadscore.errors import (
    DiskFullError,
    ExitCode,
    InUseError,
    LeadscoreError,
    disk_is_full,
)
from leadscore.project import PACKAGE, Project
from leadscore.run_lock import holder

GOOD_STATUSES = frozenset({"success", "pass", "warn", "no-op", "reused"})
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WARNING_MARK = re.compile(r"^\[?WARNING\]?:?\s*", re.IGNORECASE)


class Progress(Protocol):
    """Something that shows how far dbt has come."""

    def started(self, name: str, index: int, total: int) -> None:
        """A step begins."""

    def finished(self, name: str, status: str, seconds: float, index: int, total: int) -> None:
        """A step ended."""


@dataclass(frozen=True)
class Step:
    """One node that dbt dealt with.

    Args:
        unique_id: dbt's id of the node, such as `model.leadscore.scored_leads`.
        status: dbt's word for how it ended.
        seconds: how long it took.
        message: what dbt says about it.
    """

    unique_id: str
    status: str
    seconds: float
    message: str

    @property
    def name(self) -> str:
        """The node's name without its kind and package."""
        return self.unique_id.split(".", 2)[-1]

    @property
    def ok(self) -> bool:
        """Whether the step did what it should."""
        return self.status in GOOD_STATUSES


@dataclass
class Invocation:
    """What came of one call of dbt.

    Args:
        ok: whether all went well.
        steps: the nodes that dbt dealt with, in the order of run_results.json.
        warnings: what dbt warned of, each text once.
        error: why dbt stopped before any step, else None.
    """

    ok: bool
    steps: list[Step] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def failed(self) -> list[Step]:
        """The steps that failed themselves, without those skipped on their account."""
        return [step for step in self.steps if not step.ok and step.status != "skipped"]

    @property
    def skipped(self) -> list[Step]:
        """The steps that were not tried since one before them failed."""
        return [step for step in self.steps if step.status == "skipped"]


class Dbt:
    """dbt for one project and target.

    Args:
        project: the project to work on.
        more_vars: vars set by the command itself; they outrank those given by the user.
        target_folder: where dbt writes to, for a command that must not disturb what it remembers
            of the project as such; None for the project's own.
    """

    def __init__(
        self,
        project: Project,
        more_vars: dict[str, Any] | None = None,
        target_folder: Path | None = None,
    ) -> None:
        self.project = project
        self.target_folder = target_folder or project.target_folder
        self.vars = {**project.given_vars, **(more_vars or {})}
        # What dbt parsed last, and a copy of it for the calls to come.
        self._parsed: Any = None
        self._kept: bytes | None = None

    def at(self, as_of: str) -> Dbt:
        """dbt at another scoring moment, without reading the project again for it.

        Args:
            as_of: the moment.

        Raises:
            LeadscoreError: the project does not parse.
        """
        return self.told({"as_of": as_of})

    def told(self, run_vars: Mapping[str, Any]) -> Dbt:
        """dbt with other vars, without reading the project again for them.

        Args:
            run_vars: the vars; nothing that is settled when dbt reads the project may hang on them.

        Raises:
            LeadscoreError: the project does not parse.
        """
        if self._parsed is None:
            self.manifest()
        other = Dbt(self.project, {**self.vars, **run_vars}, self.target_folder)
        other._kept = pickle.dumps(self._parsed)
        return other

    def reading_seeds_from(self, files: Mapping[str, Path]) -> Dbt:
        """dbt that loads other files than those of the project.

        Args:
            files: by the unique id of the seed. They must be copies: dbt puts the SQL that it ran
                where it thinks that its own folder is, and that is over them.

        Raises:
            LeadscoreError: the project does not parse.
        """
        if self._parsed is None:
            self.manifest()
        other = Dbt(self.project, self.vars, self.target_folder)
        parsed = pickle.loads(pickle.dumps(self._parsed))
        for seed, file in files.items():
            # dbt joins it to the project's folder, which an absolute path survives.
            parsed.nodes[seed].original_file_path = str(file.resolve())
        other._parsed = parsed
        other._kept = pickle.dumps(parsed)
        return other

    def call(self, command: str, *arguments: str, progress: Progress | None = None) -> Invocation:
        """Runs one dbt command.

        Args:
            command: such as `build` or `parse`.
            arguments: its further words.
            progress: told of each step.

        Returns:
            What came of it; a failed step is no exception.
        """
        listener = _Listener(progress)
        words = [
            "--log-level",
            "none",
            "--log-level-file",
            os.environ.get("DBT_LOG_LEVEL_FILE") or "debug",
            "--no-print",
            command,
            *arguments,
        ]
        words += ["--project-dir", str(self.project.root)]
        words += ["--profiles-dir", str(self.project.profiles_folder.resolve())]
        if self.target_folder != self.project.target_folder:
            words += ["--target-path", str(self.target_folder)]
        if self.project.target:
            words += ["--target", self.project.target]
        if self.vars:
            words += ["--vars", json.dumps(self.vars)]
        with self._surroundings():
            # dbt writes into the manifest while it runs (it would not compile an ephemeral model a
            # second time), so each call gets a copy of its own.
            kept = pickle.loads(self._kept) if self._kept is not None else None
            result = _runner(listener, kept).invoke(words)
        if command == "parse" and result.success:
            self._parsed = result.result
        invocation = Invocation(ok=result.success, warnings=list(listener.warnings))
        invocation.steps = self._steps(listener.invocation_id)
        if result.exception is not None:
            invocation.error = _plain(str(result.exception))
            if isinstance(result.exception, KeyboardInterrupt):
                raise result.exception
        return invocation

    def manifest(self) -> dict[str, Any]:
        """dbt's description of the project for the active target.

        Raises:
            LeadscoreError: the project does not parse.
        """
        invocation = self.call("parse")
        if not invocation.ok:
            raise LeadscoreError(
                f"dbt cannot read the project: {invocation.error}",
                where=str(self.project.file),
                remedy=f"The log says more: {self.project.log_file}",
            )
        return _read_json(self.target_folder / "manifest.json")

    def keep_parsed(self) -> None:
        """Reads the project now and not again: further calls skip that.

        Raises:
            LeadscoreError: the project does not parse.
        """
        self._kept = None
        self.manifest()
        self._kept = pickle.dumps(self._parsed)

    def release(self) -> None:
        """Lets go of a DuckDB file between calls, so that other programs can write to it.

        dbt's adapter keeps it open until the process ends. A database in memory stays.
        """
        for adapter in _adapters():
            if adapter.type() == "duckdb" and adapter.config.credentials.path != ":memory:":
                adapter.cleanup_connections()
                # There is none before the first connection.
                with contextlib.suppress(Exception):
                    adapter.connections.env().close()

    @contextlib.contextmanager
    def connection(self) -> Iterator[Any]:
        """The adapter of the active target, with an open connection.

        Only `leadscore.warehouse` uses it. The manifest must have been read before, since that is
        when dbt sets its adapter up.

        Raises:
            LeadscoreError: the warehouse cannot be reached.
        """
        adapter = _adapters()[0]
        with self._surroundings():
            try:
                with adapter.connection_named("leadscore"):
                    try:
                        # Connections open lazily; that one does not is told as such. What drivers
                        # raise has no common base.
                        _ = adapter.connections.get_thread_connection().handle
                    except Exception as error:
                        raise unreachable(self.project, str(error)) from error
                    yield adapter
            finally:
                adapter.cleanup_connections()

    def _steps(self, invocation_id: str | None) -> list[Step]:
        """The steps of this invocation; none when dbt stopped before it wrote any."""
        path = self.target_folder / "run_results.json"
        if not path.exists():
            return []
        try:
            written = _read_json(path)
        except ValueError:
            # Of a run that was killed, or that had no room on the disk, while it wrote this.
            return []
        if written["metadata"]["invocation_id"] != invocation_id:
            return []
        return [
            Step(
                unique_id=result["unique_id"],
                status=result["status"],
                seconds=result["execution_time"],
                message=_plain(result.get("message") or ""),
            )
            for result in written["results"]
        ]

    @contextlib.contextmanager
    def _surroundings(self) -> Iterator[None]:
        """What dbt may see and do: the project as working directory, nothing on our stdout."""
        # A log that cannot be written, on a full disk, is no news to the one who typed the command.
        logging.raiseExceptions = False
        os.environ.setdefault("DO_NOT_TRACK", "1")
        os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        # Hints on how to run dbt are for its own command line, and leave a file in the home folder.
        os.environ.setdefault("DBT_ENGINE_HINTS_ENABLED", "false")
        before = os.getcwd()
        # A relative path in profiles.yml means: beside that file's project.
        os.chdir(self.project.root)
        try:
            with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
                # Python's own warnings, such as the CSV reader's about a column without a name,
                # are for programmers.
                warnings.simplefilter("ignore")
                yield
        finally:
            os.chdir(before)


class _Listener:
    """Turns dbt's events into progress, and keeps its warnings."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.warnings: dict[str, None] = {}
        self.invocation_id: str | None = None

    def __call__(self, event: Any) -> None:
        """Takes one event of dbt."""
        self.invocation_id = event.info.invocation_id
        if event.info.level == "warn":
            self.warnings[_WARNING_MARK.sub("", _plain(event.info.msg))] = None
        if self.progress is not None:
            # Whatever is wrong with the display, dbt's threads go on.
            with contextlib.suppress(Exception):
                self._show(self.progress, event)

    @staticmethod
    def _show(progress: Progress, event: Any) -> None:
        name = event.info.name
        if name == "LogStartLine":
            data = event.data
            progress.started(data.node_info.node_name, data.index, data.total)
        elif name in ("LogModelResult", "LogSeedResult", "LogTestResult", "LogSnapshotResult"):
            data = event.data
            # Seeds report in `status`, the others in the node itself.
            status = str(data.node_info.node_status or data.status).lower()
            progress.finished(
                data.node_info.node_name, status, data.execution_time, data.index, data.total
            )


def unreachable(project: Project, reason: str) -> LeadscoreError:
    """The error for a warehouse that does not open, with what to do about it."""
    reason = _plain(reason)
    if disk_is_full(reason):
        return DiskFullError(reason, project.root)
    what = f"The warehouse cannot be opened: {reason}"
    if "lock" in reason.lower():
        other = holder(project)
        if other:
            return InUseError(
                f"{other} is going on, and has the warehouse open.",
                remedy="Try again when it has ended. The tables can be read meanwhile in the "
                "published file.",
                details={"other_run": asdict(other)},
            )
        return InUseError(
            what,
            remedy="Another program has the warehouse file open. Close it (a SQL shell, a "
            "notebook, a run that is still going), then try again.",
        )
    return LeadscoreError(
        what,
        remedy=f"Check {project.profiles_folder / 'profiles.yml'}: leadscore uses that warehouse.",
    )


def package_node(manifest: dict[str, Any], kind: str, name: str) -> dict[str, Any] | None:
    """A node of this package in a manifest.

    Args:
        manifest: as `Dbt.manifest` gives it.
        kind: `model`, `seed` or `source`.
        name: the node's name; of a source `source_name.table_name`.
    """
    nodes = manifest["sources" if kind == "source" else "nodes"]
    return nodes.get(f"{kind}.{PACKAGE}.{name}")


def _adapters() -> list[Any]:
    from dbt.adapters.factory import FACTORY

    return list(FACTORY.adapters.values())


def _runner(listener: _Listener, manifest: Any = None) -> Any:
    # Imported late: it takes more than a second, which `--help` should not.
    try:
        from dbt.cli.main import dbtRunner
    except ImportError as error:
        raise LeadscoreError(
            f"dbt is not installed beside this command ({error}).",
            remedy="In the project's folder run: make env",
            code=ExitCode.FAILED,
        ) from error
    return dbtRunner(manifest=manifest, callbacks=[listener])


def _read_json(path: Any) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _plain(text: str) -> str:
    return _COLOUR.sub("", text).strip()
