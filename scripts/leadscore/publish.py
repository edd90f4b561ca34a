"""`leadscore publish`: the marts in a DuckDB file of their own, which any number of readers open.

DuckDB lets one process write to a file, and no other read it meanwhile. So readers get a second
file, which no run ever writes to: a new one takes its place when it is complete.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadscore.atomic_file import replacing
from leadscore.dbt import Dbt
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.output import Output, command, count
from leadscore.project import Project
from leadscore.run_lock import alone
from leadscore.warehouse import StatementError, Warehouse, shown

# What DuckDB 1.0 wrote, and every version since can read.
STORAGE_VERSION = "v1.0.0"
_CATALOG = "leadscore_published"
_DEFAULT_FILE = "published.duckdb"
# Where and how a DuckDB file says that it is one.
_MAGIC = (8, b"DUCK")


@dataclass(frozen=True)
class Published:
    """A published file.

    Args:
        file: where it lies.
        size: its bytes.
        marts: name, relation in the file, and rows of each mart.
    """

    file: Path
    size: int
    marts: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """The file as a dict that `--json` prints."""
        return {"file": str(self.file), "bytes": self.size, "marts": self.marts}

    def __str__(self) -> str:
        rows = count(sum(mart["rows"] for mart in self.marts), "row")
        return f"Published {count(len(self.marts), 'mart')}, {rows}, to {shown(self.file)}"


def publish(project: Project, output: Output) -> dict[str, Any]:
    """Publishes the marts as they are now.

    Args:
        project: the project whose marts to publish.
        output: where to print.

    Returns:
        The result for `--json`.

    Raises:
        LeadscoreError: publishing is switched off, nothing is scored, the file cannot be made, or a
            run is going on.
    """
    with alone(project, output, "publish"):
        return _publish(project, output)


def _publish(project: Project, output: Output) -> dict[str, Any]:
    began = time.monotonic()
    if project.ensure_profile():
        output.note("Made profiles.yml from profiles.yml.example.")
    warehouse = Warehouse(Dbt(project))
    with output.busy("Publishing the marts"), warehouse.open():
        if warehouse.file is None:
            reason = (
                f"Nothing is to be published: the warehouse ({warehouse.engine}) is no DuckDB "
                "file, so read the marts where they are, also while a run goes on."
            )
            output.say(reason)
            return {"ok": True, "exit_code": 0, "published": None, "reason": reason}
        if not is_wanted(warehouse):
            raise LeadscoreError(
                "Publishing is switched off: the var published_file is empty.",
                where=str(project.file),
                remedy=f"Name a file in it, such as {_DEFAULT_FILE}; it lies beside the warehouse.",
                code=ExitCode.USAGE,
            )
        published = renew(warehouse)
    seconds = round(time.monotonic() - began, 1)
    output.table(
        "",
        ("mart", "rows"),
        [(mart["relation"], mart["rows"]) for mart in published.marts],
    )
    output.say()
    output.say(f"{published} ({published.size / 1e6:.1f} MB).")
    output.say("Who has it open sees the new rows after closing and opening it again.")
    return {
        "ok": True,
        "exit_code": 0,
        "duration_seconds": seconds,
        "published": published.as_json(),
    }


def is_wanted(warehouse: Warehouse) -> bool:
    """Whether there is to be a published file: the warehouse is a file, and the var names one."""
    return warehouse.file is not None and bool(_named(warehouse))


def renew(warehouse: Warehouse) -> Published:
    """Writes the published file anew; the previous one stays until the new one is complete.

    Args:
        warehouse: the warehouse, open, of which `is_wanted` holds. While it is open no other
            process has it, so that no two publish it at a time.

    Returns:
        What was published.

    Raises:
        LeadscoreError: it could not be done; the previous file is unchanged.
    """
    path = _place(warehouse)
    nodes = [
        node
        for node in warehouse.marts()
        if node["config"]["meta"].get("published", True) and warehouse.has(node["name"])
    ]
    if not nodes:
        raise LeadscoreError(
            "There is no mart to publish yet.",
            where=warehouse.place,
            remedy=f"Run this first: {command('run')}",
            code=ExitCode.NOT_FOUND,
        )
    try:
        # Who may read the warehouse may read the file, and nobody may write to it.
        with replacing(path, warehouse.file.stat().st_mode & 0o444) as unfinished:
            marts = _fill(warehouse, unfinished, nodes)
            # Changes that someone forced into the previous file do not belong to the new one.
            path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    except (StatementError, OSError) as error:
        reason = error.what if isinstance(error, StatementError) else str(error)
        raise LeadscoreError(
            f"The marts are scored, but the published file could not be renewed: {reason}",
            where=str(path),
            remedy="The previous published file stays as it was. Once the cause is mended, run: "
            + command("publish"),
        ) from error
    return Published(path, path.stat().st_size, marts)


def _named(warehouse: Warehouse) -> Any:
    return warehouse.dbt.project.var("published_file", _DEFAULT_FILE)


def _place(warehouse: Warehouse) -> Path:
    """Where the published file belongs.

    Raises:
        LeadscoreError: the var names something that must not be overwritten.
    """
    project = warehouse.dbt.project
    named = _named(warehouse)

    def refused(what: str) -> LeadscoreError:
        return LeadscoreError(
            f"The var published_file is {named!r}, {what}",
            where=str(project.file),
            remedy=f"Name a file of its own, such as {_DEFAULT_FILE}; empty for none.",
            code=ExitCode.USAGE,
        )

    if not isinstance(named, str):
        raise refused("which is no name of a file.")
    path = (warehouse.file.parent / named).resolve()
    in_use = warehouse.rows("select path from duckdb_databases() where path is not null")
    if path in {(project.root / row["path"]).resolve() for row in in_use}:
        raise refused("which is a warehouse itself.")
    if path.exists() and not _is_duckdb(path):
        raise refused("where something else lies that would be lost.")
    if path.stem.lower() in {node["schema"].lower() for node in warehouse.marts()}:
        raise refused("which DuckDB would not tell from the schema of that name in it.")
    return path


def _is_duckdb(path: Path) -> bool:
    if not path.is_file():
        return False
    offset, magic = _MAGIC
    with path.open("rb") as file:
        return file.read(offset + len(magic))[offset:] == magic


def _fill(warehouse: Warehouse, path: Path, nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Makes a DuckDB file with the marts, under the names that they have in the warehouse."""
    quote = warehouse.quote
    marts = []
    warehouse.execute(
        f"attach {warehouse.text(str(path))} as {_CATALOG}"
        f" (storage_version {warehouse.text(STORAGE_VERSION)})"
    )
    try:
        # One moment for all marts, whatever else this process does.
        with warehouse.transaction():
            for node in nodes:
                schema, table = quote(node["schema"]), quote(node["alias"])
                copied = f"{_CATALOG}.{schema}.{table}"
                warehouse.execute(f"create schema if not exists {_CATALOG}.{schema}")
                warehouse.execute(f"create table {copied} as select * from {node['relation_name']}")
                rows = warehouse.rows(f"select count(*) as row_count from {copied}")
                marts.append(
                    {
                        "name": node["name"],
                        "relation": f"{schema}.{table}",
                        "rows": rows[0]["row_count"],
                    }
                )
        # Readers find all of it in the file itself and need no log beside it.
        warehouse.execute(f"checkpoint {_CATALOG}")
    finally:
        warehouse.execute(f"detach {_CATALOG}")
    return marts
