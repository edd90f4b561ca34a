"""The adapters for landed tables, on small tables in the shapes that the loaders document.

`fixtures/sources/<source>/` holds the landed tables; a header cell says a column's name and, unless
it is text, its type. `expected_*.csv` hold the raw inputs that the models of `examples/sources/`
must make of them, and what the project makes of those.
"""

from __future__ import annotations

import contextlib
import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from harness import PROJECT, copy_project
from postgres_server import PostgresServer, reason_unavailable

ADAPTERS = PROJECT / "macros" / "sources"
EXAMPLES = PROJECT / "examples" / "sources"
FIXTURES = Path(__file__).parent / "fixtures" / "sources"
SOURCES = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())
RAW_INPUTS = ("leads", "events", "identities", "outcomes")
# Those that are scored, all at once: one loader's tables of each source.
SCORED = ("hubspot", "salesforce", "segment", "posthog")
# What the union of their raw inputs holds, beside ids and names; times are named, the rest is text.
UNION = {
    "leads": "lead_id account_id title employees created_at updated_at",
    "events": (
        "event_id event_name occurred_at loaded_at lead_id anonymous_id page campaign status seats"
    ),
    "identities": "anonymous_id merged_lead_id lead_id identified_at",
    "outcomes": "lead_id outcome occurred_at",
}
CONFIG = {
    "as_of": "2026-02-28T00:00:00",
    **{f"{name}_model": f"every_{name}" for name in RAW_INPUTS},
    "lead_attributes": ["title", "employees"],
    "event_properties": {name: name for name in ("page", "campaign", "status", "seats")},
    "keep_inputs": False,
    "published_file": "",
}
POLICY: dict[str, Any] = {
    "scorecards": (
        "scorecard_id,name,status,base_points,min_score,max_score,audience_field,audience_operator,"
        "audience_value,account_rollup,notes\ns,,live,,,,,,,,\n"
    ),
    "criteria": (
        "criterion_id,scorecard_id,dimension,group_id,name,signal,field,property,operator,value,"
        "measure,measure_field,at_least,at_most,window_days,points,frequency,every_n,max_points,"
        "decay,decay_days,effect,requires,unless,valid_from,valid_to,is_active,notes\n"
        "sales,s,fit,,Sales,attribute,title,,contains,sales,,,,,,10,,,,,,,,,,,,\n"
        "big,s,fit,,Big,attribute,employees,,between,100..,,,,,,5,,,,,,,,,,,,\n"
        "pricing,s,engagement,,Pricing,event,email_click|page_view|$pageview,page,ends_with,/pricing,"
        ",,,,,7,every,,,,,,,,,,,\n"
        "home,s,engagement,,Home,event,page_view,page,equals,/,,,,,,1,,,,,,,,,,,,\n"
        "left,s,engagement,,Left,event,email_statuschange,status,equals,unsubscribed,"
        ",,,,,-3,,,,,,,,,,,,\n"
        "talks,s,engagement,,Talks,event,engagement_call|engagement_meeting|"
        "engagement_incoming_email|task_call|task_email,,,,,,,,,20,every,,,,,,,,,,,\n"
        "letter,s,engagement,,Letter,event,task_task,,,,,,,,,2,,,,,,,,,,,,\n"
        "fair,s,engagement,,Fair,event,campaign_responded,campaign,contains,fair,"
        ",,,,,8,,,,,,,,,,,,\n"
        "meeting,s,engagement,,Meeting,event,meeting,,,,,,,,,30,every,,,,,,,,,,,\n"
        "login,s,engagement,,Login,event,login,,,,,,,,,20,every,,,,,,,,,,,\n"
        "trial,s,engagement,,Trial,event,trial_started,seats,between,20..,,,,,,100,every,,,,,,,,,,,\n"
    ),
    "groups": "scorecard_id,group_id,dimension,name,min_points,max_points\n",
    "dimensions": "scorecard_id,dimension,min_points,max_points\n",
    "bands": "scorecard_id,scope,band,min_points\ns,total,all,\n",
    "actions": "scorecard_id,priority,band,fit_band,engagement_band,action,sla_hours,team\n",
}
MISTAKES = {
    "no_table": "segment_events()",
    "absent_table": (
        "segment_leads(users=source('segment', 'users').incorporate(path={'identifier': 'usr'}))"
    ),
    "absent_trait": "segment_leads(users=source('segment', 'users'), attributes=['shoe_size'])",
}
MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\s*\((.*?)\{%-?\s*endmacro", re.DOTALL)
CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
POSTGRES_TYPES = {"double": "double precision", "json": "jsonb"}


class Host:
    """The project of the examples, which imports this one, over landed tables on one engine.

    Args:
        folder: a folder to make.
        server: where the tables go; None: into a DuckDB file in the folder.
    """

    def __init__(self, folder: Path, server: PostgresServer | None = None) -> None:
        folder.mkdir()
        copy_project(folder / "leadscore")
        self.root = shutil.copytree(EXAMPLES, folder / "host")
        self.server = server
        self.database = str(folder / "warehouse.duckdb")
        self._configure()
        for name in RAW_INPUTS:
            write(self.root / "every" / f"every_{name}.sql", union(name))
        for name, text in POLICY.items():
            write(self.root / "seeds" / "scoring" / f"{name}.csv", text)
        self._land()
        self.dbt("deps")
        self.dbt("build", "--exclude-resource-type", "test", "unit_test")

    def _configure(self) -> None:
        output: dict[str, Any] = {"type": "duckdb", "path": self.database, "threads": 2}
        if self.server is not None:
            output = self.server.output("sources")
        output["schema"] = "leadscore"
        profile = {"target": "test", "outputs": {"test": output}}
        write(self.root / "profiles.yml", yaml.safe_dump({"leadscore_sources": profile}))
        write(self.root / "packages.yml", yaml.safe_dump({"packages": [{"local": "../leadscore"}]}))
        described = self.root / "dbt_project.yml"
        project = yaml.safe_load(described.read_text(encoding="utf-8"))
        project["model-paths"].append("every")
        project["vars"]["leadscore"] |= CONFIG
        project["seeds"] = {"leadscore": {"+enabled": False}}
        project["flags"] = {"send_anonymous_usage_stats": False}
        search = {"macro_namespace": "dbt", "search_order": [project["name"], "leadscore", "dbt"]}
        project["dispatch"] = [search]
        write(described, yaml.safe_dump(project))

    def _land(self) -> None:
        with self._connection() as connection:
            execute = connection.execute if self.server is None else connection.cursor().execute
            types = {} if self.server is None else POSTGRES_TYPES
            for source in SOURCES:
                execute(f"create schema {source}")
                for path in sorted((FIXTURES / source).glob("*.csv")):
                    if not path.stem.startswith("expected_"):
                        for statement in landing(f'{source}."{path.stem}"', path, types):
                            execute(statement)

    def _connection(self) -> contextlib.AbstractContextManager[Any]:
        if self.server is not None:
            return self.server.connection("sources")
        return duckdb.connect(self.database)

    def dbt(self, *words: str) -> None:
        """Run dbt in the host project, as people do; it must end well."""
        ran = self._dbt(*words)
        assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]

    def said(self, *words: str) -> str:
        """Run dbt in the host project and return what it says, however it ends."""
        return " ".join(self._dbt(*words).stdout.split())

    def _dbt(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("dbt")), *words, "--no-use-colors"],
            cwd=self.root,
            env={**os.environ, "DO_NOT_TRACK": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    def rows(self, table: str) -> list[list[str]]:
        """Return the header of a table and its rows as text, in a settled order."""
        with self._connection() as connection:
            cursor = connection.cursor()
            cursor.execute(f"select * from leadscore.{table}")
            header = [column[0] for column in cursor.description]
            lines = [[spelled(cell) for cell in row] for row in cursor.fetchall()]
        return [header, *sorted(lines)]


def write(path: Path, text: str) -> None:
    """Write a file and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def union(name: str) -> str:
    """Return a model that holds a raw input of all scored sources."""

    def selected(source: str) -> str:
        header = expected(source, name)[0]
        cells = []
        for column in UNION[name].split():
            kind = "timestamp" if column.endswith("_at") else "string"
            absent = f"cast(null as {{{{ dbt.type_{kind}() }}}}) as {column}"
            cells.append(column if column in header else absent)
        return f"select {', '.join(cells)} from {{{{ ref('{source}_{name}') }}}}"

    models = [source for source in SCORED if (EXAMPLES / source / f"{source}_{name}.sql").exists()]
    return "\nunion all\n".join(selected(source) for source in models)


def landing(relation: str, path: Path, types: dict[str, str]) -> Iterator[str]:
    """Yield the statements that make a landed table of a CSV file."""

    def literal(cell: str, kind: str) -> str:
        return "null" if cell == "" else "cast('{}' as {})".format(cell.replace("'", "''"), kind)

    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    columns = [(cell.partition(" ")[0], cell.partition(" ")[2] or "text") for cell in header]
    columns = [(name, types.get(kind, kind)) for name, kind in columns]
    typed = ", ".join(f'"{name}" {kind}' for name, kind in columns)
    yield f"create table {relation} ({typed})"
    for row in rows:
        cells = [literal(cell, kind) for cell, (_, kind) in zip(row, columns, strict=True)]
        yield f"insert into {relation} values ({', '.join(cells)})"


def spelled(cell: Any) -> str:
    """Return a cell as it stands in an expected file."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        assert cell.tzinfo is None, "a raw time has no zone"
        return cell.isoformat(sep=" ")
    return str(cell)


def expected(source: str, name: str) -> list[list[str]]:
    """Return an expected table as `Host.rows` gives it."""
    path = FIXTURES / source / f"expected_{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    return [header, *sorted(lines)]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """Return the examples, built and scored on each engine."""
    folder = tmp_path_factory.mktemp(f"sources {request.param}")
    with contextlib.ExitStack() as stack:
        server = None
        if request.param == "postgres":
            reason = reason_unavailable()
            if reason:
                pytest.skip(reason)
            server = stack.enter_context(PostgresServer(folder / "server"))
        yield Host(folder / "projects", server)


MODELS = [path.stem for source in SOURCES for path in sorted((EXAMPLES / source).glob("*.sql"))]


@pytest.mark.parametrize("model", MODELS)
def test_landed_tables_become_raw_inputs(host: Host, model: str) -> None:
    """Cell for cell what the documentation says, awkward rows included."""
    source, _, name = model.rpartition("_")
    assert host.rows(model) == expected(source, name)


def test_raw_inputs_are_scored(host: Host) -> None:
    """Events of visitors, old addresses, merged and converted records reach the right lead."""
    wanted = ("lead_id", "account_id", "score", "latest_outcome")
    assert picked(host.rows("scored_leads"), wanted) == expected("", "scores")
    wanted = ("source_name", "row_id", "reason")
    assert picked(host.rows("rejected_rows"), wanted) == expected("", "refusals")


@pytest.mark.parametrize("host", ["duckdb"], indirect=True)
def test_mistakes_are_named(host: Host) -> None:
    """A call without a table, a table that is not there, an attribute that no column holds."""
    for name, call in MISTAKES.items():
        write(host.root / "every" / "mistakes" / f"{name}.sql", f"{{{{ leadscore.{call} }}}}")
    said = host.said("run", "--select", "path:every/mistakes")
    assert "The macro segment_events needs at least one table: tracks, pages" in said
    assert 'The landed table "warehouse"."segment"."usr" was not found' in said
    assert "has no column for 'shoe_size' (looked for shoe_size): not known for all rows" in said


def picked(table: list[list[str]], wanted: tuple[str, ...]) -> list[list[str]]:
    """Return some columns of a table, its rows in order."""
    places = [table[0].index(name) for name in wanted]
    header, *lines = [[line[place] for place in places] for line in table]
    return [header, *sorted(lines)]


def test_hosts_may_call_every_adapter() -> None:
    """In a model of a host, a macro finds another one of this package only by the package's name.

    All macros count that adapters can come to on any engine, also on those that are not run here.
    """
    bodies = {}
    for path in (PROJECT / "macros").rglob("*.sql"):
        for found in MACRO.finditer(path.read_text(encoding="utf-8")):
            bodies[found[1]] = " ".join(CODE.findall(COMMENT.sub("", found[2])))
    named = re.compile(rf"(?<![\w.])({'|'.join(bodies)})\(")
    ahead = {
        found for path in ADAPTERS.rglob("*.sql") for found, _ in MACRO.findall(path.read_text())
    }
    seen: set[str] = set()
    unnamed = []
    while ahead:
        macro = ahead.pop()
        seen.add(macro)
        unnamed += [f"{macro} calls {other}" for other in named.findall(bodies[macro])]
        reached = set(re.findall(r"leadscore\.(\w+)\(", bodies[macro])) & set(bodies)
        for word in re.findall(r"dispatch\('(\w+)'", bodies[macro]):
            reached |= {other for other in bodies if other.endswith(f"__{word}")}
        ahead |= reached - seen
    assert len(seen) > 60
    assert not unnamed
