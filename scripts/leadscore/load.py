"""`leadscore load`: puts files of raw data into the embedded warehouse, for the models to read."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import Progress, TaskID

from leadscore.dbt import Dbt
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.input_files import CsvOptions, InputFile, describe, find_files
from leadscore.output import Output, command, count
from leadscore.project import Project
from leadscore.raw_tables import RAW_TABLES, RawTable
from leadscore.run_lock import alone
from leadscore.vars_file import as_yaml, write_vars
from leadscore.warehouse import StatementError, Warehouse


@dataclass
class LoadOptions:
    """What to load, and how.

    Args:
        patterns: files or patterns, keyed by table name.
        renames: column in the file to column in the warehouse, keyed by table name.
        csv: how to read CSV files.
        write_vars: change dbt_project.yml rather than only saying what to change.
    """

    patterns: dict[str, list[str]]
    renames: dict[str, dict[str, str]] = field(default_factory=dict)
    csv: CsvOptions = field(default_factory=CsvOptions)
    write_vars: bool = False


@dataclass
class _Plan:
    """One table to be loaded: its files, and the columns of all of them under their final names."""

    table: RawTable
    node: dict[str, Any]
    # `table` or `view`: what stands in its place now, if anything.
    replaced: str | None
    files: list[InputFile]
    # Final name to type, over all files; and per file: column in the file to final name.
    columns: dict[str, str]
    names: list[dict[str, str]]
    row_count: int = 0

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def load(project: Project, output: Output, options: LoadOptions) -> dict[str, Any]:
    """Loads the files; either all tables are replaced, or none is.

    Args:
        project: the project whose warehouse to load into.
        output: where to print.
        options: what to load.

    Returns:
        The result for `--json`.

    Raises:
        LeadscoreError: a file is refused, the warehouse is no embedded one, or a run is going on.
    """
    with alone(project, output, "load"):
        return _load(project, output, options)


def _load(project: Project, output: Output, options: LoadOptions) -> dict[str, Any]:
    paths = {name: find_files(patterns) for name, patterns in options.patterns.items()}
    if project.ensure_profile():
        output.note("Made profiles.yml from profiles.yml.example.")
    warehouse = Warehouse(Dbt(project))
    with warehouse.open():
        if warehouse.engine != "duckdb":
            raise LeadscoreError(
                f"Files are loaded into the embedded DuckDB only, not into {warehouse.engine}.",
                where=str(project.profiles_folder / "profiles.yml"),
                remedy="Load them with that warehouse's own tools, and name the tables in the vars "
                "of dbt_project.yml; or choose a DuckDB target with --target.",
                code=ExitCode.USAGE,
            )
        plans = [
            _plan(warehouse, RAW_TABLES[name], files, options) for name, files in paths.items()
        ]
        events = warehouse.source("tracking", "events")
        has_events = events is None or _kind(warehouse, events) is not None
        with warehouse.transaction():
            for plan in plans:
                _fill(warehouse, output, plan)
            for plan in plans:
                _swap(warehouse, plan)
            if not has_events and "events" not in paths:
                _make_empty_events(warehouse, events)
                output.note("There are no events yet; made an empty table for them.")
        values = _values(warehouse, plans)
        place = warehouse.place
    output.table(
        f"Loaded into {place}",
        ("table", "rows", "MB", "files", "columns"),
        [
            (
                _shown(plan),
                plan.row_count,
                f"{plan.size / 1e6:.1f}",
                len(plan.files),
                ", ".join(plan.columns),
            )
            for plan in plans
        ],
        right=("MB",),
        wrap=("columns",),
    )
    output.say()
    if options.write_vars:
        write_vars(project.file, values)
        output.say(f"Changed in {project.file.name}, under vars, leadscore:")
    else:
        output.say(f"To score them, put this into {project.file.name} under vars, leadscore")
        output.say("(the same command with --write-vars does it for you):")
    output.say()
    output.say(as_yaml(values, indent=4))
    output.say(f"Strike out what no criterion should test. Then run: {command('run')}")
    return {
        "ok": True,
        "exit_code": 0,
        "warehouse": place,
        "tables": [
            {
                "name": plan.table.name,
                "relation": plan.node["relation_name"],
                "rows": plan.row_count,
                "bytes": plan.size,
                "files": [str(file.path) for file in plan.files],
                "columns": list(plan.columns),
            }
            for plan in plans
        ],
        "vars": values,
        "vars_written": options.write_vars,
    }


def parse_renames(texts: list[str]) -> dict[str, dict[str, str]]:
    """The `--rename table.column=name` options, keyed by table and column in lower case.

    Raises:
        LeadscoreError: one is not of that form, or names no table.
    """
    renames: dict[str, dict[str, str]] = {}
    for text in texts:
        place, equals, new_name = text.rpartition("=")
        table, dot, column = place.partition(".")
        if not (equals and dot and column.strip() and new_name.strip() and table in RAW_TABLES):
            raise LeadscoreError(
                "This rename is not understood.",
                where=f"--rename {text}",
                remedy=f"Write table.column=name, with the table one of {', '.join(RAW_TABLES)}: "
                "--rename events.ts=occurred_at",
                code=ExitCode.USAGE,
            )
        renames.setdefault(table, {})[column.strip().lower()] = new_name.strip()
    return renames


def _plan(warehouse: Warehouse, table: RawTable, paths: list[Path], options: LoadOptions) -> _Plan:
    """Looks at all files of one table, before anything is changed.

    Raises:
        LeadscoreError: a file lacks a required column, or two columns get one name.
    """
    node = warehouse.source(table.source, table.name)
    if node is None:
        raise LeadscoreError(
            f"The project declares no source {table.source}.{table.name}; it may be switched off.",
            where=str(warehouse.dbt.project.file),
            remedy=f"Set the var has_{table.name} to true.",
            code=ExitCode.USAGE,
        )
    renames = options.renames.get(table.name, {})
    files = [_described(warehouse, path, options.csv) for path in paths]
    columns: dict[str, str] = {}
    names = []
    unused = set(renames)
    for file in files:
        names.append(_final_names(table, file, renames))
        unused -= {column.lower() for column in file.columns}
        for column, kind in file.columns.items():
            name = names[-1][column]
            known = next((other for other in columns if other.lower() == name.lower()), name)
            names[-1][column] = known
            # Files that disagree on a type agree on its text.
            columns[known] = kind if columns.get(known, kind) == kind else "varchar"
        _require(table, file, set(map(str.lower, names[-1].values())))
    if unused:
        raise LeadscoreError(
            f"No file of {table.name} has the column {sorted(unused)[0]}, which is to be renamed.",
            where=", ".join(str(file.path) for file in files[:3]),
            remedy=f"Its columns are: {', '.join(files[0].columns)}.",
            code=ExitCode.INPUT,
        )
    return _Plan(table, node, _kind(warehouse, node), files, columns, names)


def _described(warehouse: Warehouse, path: Path, options: CsvOptions) -> InputFile:
    try:
        return describe(path, options, warehouse.rows)
    except StatementError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, reason: StatementError) -> LeadscoreError:
    return LeadscoreError(
        f"This file cannot be read: {reason.what}",
        where=str(path),
        remedy="Mend the line that is named. For another separator or encoding of a CSV: "
        "--delimiter and --encoding.",
        code=ExitCode.INPUT,
    )


def _final_names(table: RawTable, file: InputFile, renames: dict[str, str]) -> dict[str, str]:
    """Column in the file to column in the warehouse."""
    names = {column: renames.get(column.lower(), column) for column in file.columns}
    seen: dict[str, str] = {}
    for column, name in names.items():
        other = seen.setdefault(name.lower(), column)
        if other != column:
            raise LeadscoreError(
                f"The columns {other} and {column} would both be called {name}.",
                where=str(file.path),
                remedy=f"Rename the other one too: --rename {table.name}.{other}=old_{other}",
                code=ExitCode.INPUT,
            )
    return names


def _require(table: RawTable, file: InputFile, present: set[str]) -> None:
    for alternatives in table.required:
        if not present.intersection(alternatives):
            wanted = " or ".join(alternatives)
            likely = _likely(table, file, alternatives[0])
            raise LeadscoreError(
                f"This file of {table.name} has no column {wanted}. "
                f"It has: {', '.join(file.columns)}.",
                where=str(file.path),
                remedy="Say which column it is: "
                f"--rename '{table.name}.{likely}={alternatives[0]}'",
                code=ExitCode.INPUT,
                details={"table": table.name, "missing_column": wanted},
            )


def _likely(table: RawTable, file: InputFile, wanted: str) -> str:
    """The column of a file that is called most like a missing one."""
    free = {name.lower(): name for name in file.columns if name.lower() not in table.reserved}
    alike = difflib.get_close_matches(wanted, free, n=1, cutoff=0.0)
    return free[alike[0]] if alike else "COLUMN"


def _fill(warehouse: Warehouse, output: Output, plan: _Plan) -> None:
    """Reads all files of a table into a new one beside it."""
    quote = warehouse.quote
    new_table = _new_table(warehouse, plan)
    warehouse.execute(
        f"create schema if not exists {quote(plan.node['database'])}.{quote(plan.node['schema'])}"
    )
    warehouse.execute(f"drop table if exists {new_table}")
    declared = ", ".join(f"{quote(name)} {kind}" for name, kind in plan.columns.items())
    warehouse.execute(f"create table {new_table} ({declared})")
    with output.bar() as bar:
        for number, (file, names) in enumerate(zip(plan.files, plan.names, strict=True), start=1):
            selected = ", ".join(
                f"{quote(column)} as {quote(name)}" for column, name in names.items()
            )
            of_files = f" ({number} of {len(plan.files)})" if len(plan.files) > 1 else ""
            task = bar.add_task(f"{plan.table.name}: {file.path.name}{of_files}", total=file.size)
            try:
                warehouse.execute_watched(
                    f"insert into {new_table} by name select {selected} from ({file.query})",
                    partial(_show, bar, task, file.size),
                )
            except StatementError as error:
                raise _unreadable(file.path, error) from error
            bar.remove_task(task)
            rows = warehouse.rows(f"select count(*) as row_count from {new_table}")[0]["row_count"]
            output.note(
                f"{plan.table.name}: {file.path.name}{of_files}, {file.size / 1e6:.1f} MB, "
                f"{count(rows - plan.row_count, 'row')}"
            )
            plan.row_count = rows


def _show(bar: Progress, task: TaskID, size: int, part: float) -> None:
    """Moves the bar to the part of a file that is read."""
    bar.update(task, completed=part * size)


def _swap(warehouse: Warehouse, plan: _Plan) -> None:
    """Puts the new table in the place of the old one."""
    node = plan.node
    if plan.replaced is not None:
        warehouse.execute(f"drop {plan.replaced} {node['relation_name']}")
    warehouse.execute(
        f"alter table {_new_table(warehouse, plan)} rename to {warehouse.quote(node['identifier'])}"
    )


def _make_empty_events(warehouse: Warehouse, node: dict[str, Any]) -> None:
    """Leads alone can be scored too, but the models read events, were there none of them."""
    quote = warehouse.quote
    warehouse.execute(
        f"create schema if not exists {quote(node['database'])}.{quote(node['schema'])}"
    )
    names = [name for names in RAW_TABLES["events"].required for name in names]
    columns = ", ".join(f"{quote(name)} varchar" for name in names)
    warehouse.execute(f"create table {node['relation_name']} ({columns})")


def _kind(warehouse: Warehouse, node: dict[str, Any]) -> str | None:
    """`table` or `view` when the raw table is in the warehouse, else None."""
    return warehouse.relation_kind(node["database"], node["schema"], node["identifier"])


def _new_table(warehouse: Warehouse, plan: _Plan) -> str:
    node = plan.node
    parts = (node["database"], node["schema"], f"{node['identifier']}__loading")
    return ".".join(warehouse.quote(part) for part in parts)


def _values(warehouse: Warehouse, plans: list[_Plan]) -> dict[str, Any]:
    """The vars that make the project score what was loaded."""
    values: dict[str, Any] = {"use_demo_data": False}
    for name in ("outcomes", "identities"):
        node = warehouse.source(RAW_TABLES[name].source, name)
        values[f"has_{name}"] = node is not None and _kind(warehouse, node) is not None
    for plan in plans:
        if plan.table.declared_in:
            found = [name for name in plan.columns if name.lower() not in plan.table.reserved]
            as_dict = plan.table.declared_in == "event_properties"
            values[plan.table.declared_in] = {name: name for name in found} if as_dict else found
    return values


def _shown(plan: _Plan) -> str:
    return f"{plan.node['schema']}.{plan.node['identifier']}"
