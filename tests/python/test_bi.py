"""What BI tools see: metrics by MetricFlow, tables by SQLAlchemy, and no more than they may."""

from __future__ import annotations

import contextlib
import csv
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import postgres_server
import pytest
import yaml
from command import Copy, Said
from harness import PROJECT, close_warehouses, forget_environment
from leadscore.dbt import Dbt
from leadscore.project import Project as LeadscoreProject
from postgres_server import PostgresServer
from test_publish import NOT_PUBLISHED

EARLIER = "2026-02-01"
ROLE = "dashboards"
# A query of `mf`, and the same by SQL on the marts: columns in the same order.
METRICS: dict[str, tuple[list[str], str]] = {
    "leads and their average score by band": (
        [
            *("--metrics", "scored_leads,average_lead_score"),
            *("--group-by", "lead_score__scorecard_id,lead_score__band"),
        ],
        """
        select
            scorecard_id,
            band,
            count(*),
            avg(case when score_status = 'scored' then score end)
        from leadscore.scored_leads
        group by scorecard_id, band
        """,
    ),
    "hand-offs by day and band": (
        ["--metrics", "lead_hand_offs", "--group-by", "metric_time__day,hand_off__to_band"],
        """
        select cast(handed_off_at as date), to_band, count(*)
        from leadscore.hand_offs
        group by cast(handed_off_at as date), to_band
        """,
    ),
    "conversion rate by band": (
        [
            *("--metrics", "lead_conversion_rate"),
            *("--group-by", "backtest_score__scorecard_id,backtest_score__band"),
            *("--where", "{{ Dimension('backtest_score__scorecard_status') }} = 'live'"),
        ],
        """
        select scorecard_id, band, conversion_rate
        from leadscore.band_performance
        where scope = 'total' and scorecard_status = 'live' and leads > 0
        """,
    ),
    "time in band": (
        [
            *("--metrics", "average_days_in_band"),
            *("--group-by", "band_stay__scorecard_id,band_stay__band"),
            *("--where", "not {{ Dimension('band_stay__is_current') }}"),
        ],
        """
        select scorecard_id, from_band, avg(cast('2026-03-01' as date) - cast('2026-02-01' as date))
        from leadscore.band_changes
        group by scorecard_id, from_band
        """,
    ),
}


@dataclass
class Scored:
    """A demo that was scored twice, a month apart, so that leads have moved.

    Args:
        copy: the project.
        query: reads its warehouse.
        seen: what the role saw after each run, on a server.
    """

    copy: Copy
    query: Callable[[str], list[tuple]]
    seen: list[dict[str, Any]] = field(default_factory=list)


def _ran(copy: Copy, *words: str) -> Said:
    said = copy.leadscore("run", *words)
    assert said.code == 0, said.err
    return said


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """Return the demo in the embedded engine."""
    copy = Copy.fresh(tmp_path_factory.mktemp("bi") / "lead score")
    _ran(copy, "--as-of", EARLIER)
    _ran(copy)
    return Scored(copy, copy.query)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Return a server with a role for dashboards."""
    reason = postgres_server.reason_unavailable()
    if reason is not None:
        pytest.skip(reason)
    with PostgresServer(tmp_path_factory.mktemp("postgres") / "server") as started:
        started.execute(f"create role {ROLE} login password '{ROLE}'")
        yield started


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, server: PostgresServer) -> Scored:
    """Return the demo on a server, read by the role after each of two runs."""
    copy = Copy.fresh(tmp_path_factory.mktemp("bi server") / "lead score")
    output = server.output("bi")
    profile = {"leadscore": {"target": "postgres", "outputs": {"postgres": output}}}
    (copy.root / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    settings = copy.root / "dbt_project.yml"
    text = settings.read_text(encoding="utf-8")
    assert text.count("    reader_roles: []") == 1
    settings.write_text(text.replace("reader_roles: []", f"reader_roles: [{ROLE}]"), "utf-8")
    scored = Scored(copy, lambda query: server.rows(query, "bi"))
    for words in (["--as-of", EARLIER], []):
        _ran(copy, *words)
        scored.seen.append(_seen_by_role(server))
    return scored


def _seen_by_role(server: PostgresServer) -> dict[str, Any]:
    """Try every table and view of the database as the role."""
    import psycopg2

    tables = server.rows(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema not in ('pg_catalog', 'information_schema')",
        "bi",
    )
    found: dict[str, Any] = {"read": set(), "refused": set()}
    # Psycopg2's own `with` would be one transaction, which the first refusal ends.
    with contextlib.closing(
        psycopg2.connect(host="127.0.0.1", port=server.port, user=ROLE, password=ROLE, dbname="bi")
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for table in tables:
                try:
                    cursor.execute('select * from "{}"."{}" limit 1'.format(*table))
                    found["read"].add(table)
                except psycopg2.errors.InsufficientPrivilege:
                    found["refused"].add(table)
            for statement in (
                "delete from leadscore.scored_leads",
                "create table leadscore.mine (x int)",
            ):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(statement)
    return found


def _marts() -> set[str]:
    return {path.stem for path in (PROJECT / "models" / "marts").rglob("*.sql")}


# --- metrics ------------------------------------------------------------------------------


def _metric_rows(copy: Copy, words: list[str], to: Path) -> list[list[str]]:
    """Return the rows of `mf query` without the header."""
    pytest.importorskip("dbt_metricflow")
    forget_environment()
    environment = {**os.environ, "DBT_PROFILES_DIR": str(copy.root), "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("mf")), "query", *words, "--csv", str(to)],
        cwd=copy.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with to.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def _alike(rows: list[Any]) -> list[tuple]:
    """Spell rows so that figures of both ways compare: four decimals, days without a time."""
    found = []
    for row in rows:
        cells = []
        for cell in row:
            text = "" if cell is None else str(cell)
            try:
                number = Decimal(text)
                cells.append(f"{number:.4f}" if number.is_finite() else "")
            except ArithmeticError:
                cells.append("" if text in ("None", "nan") else text[:10] if "-" in text else text)
        found.append(tuple(cells))
    return sorted(found)


@pytest.mark.parametrize("where", ["embedded", pytest.param("served", marks=pytest.mark.on_demand)])
def test_metrics_give_the_figures_of_the_marts(
    where: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    scored: Scored = request.getfixturevalue(where)
    for name, (words, sql) in METRICS.items():
        expected = _alike(scored.query(sql))
        assert expected, f"{name}: nothing to compare"
        found = _alike(_metric_rows(scored.copy, words, tmp_path / "metric.csv"))
        assert found == expected, name


# --- a role that reads --------------------------------------------------------------------


def test_a_role_reads_the_marts_and_nothing_else_after_each_run(served: Scored) -> None:
    marts = {("leadscore", name) for name in _marts()}
    for seen in served.seen:
        assert seen["read"] == marts
        schemas = {schema for schema, _ in seen["refused"]}
        assert {"leadscore_staging", "leadscore_intermediate", "leadscore_policy"} <= schemas
        assert {"leadscore_history", "leadscore_demo"} <= schemas


# --- SQLAlchemy ---------------------------------------------------------------------------


def _reflected(url: str, schema: str, **options: Any) -> dict[str, Any]:
    """Read the catalogue and a grouped query as Superset does."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine(url, **options)
    try:
        inspector = sqlalchemy.inspect(engine)
        names = {
            *inspector.get_table_names(schema=schema),
            *inspector.get_view_names(schema=schema),
        }
        columns = {
            column["name"]: column["type"]
            for column in inspector.get_columns("scored_leads", schema=schema)
        }
        leads = sqlalchemy.Table(
            "scored_leads", sqlalchemy.MetaData(), schema=schema, autoload_with=engine
        )
        total = sqlalchemy.func
        query = (
            sqlalchemy.select(leads.c.band, total.count(), total.sum(leads.c.score))
            .where(leads.c.scorecard_id == "b2b")
            .group_by(leads.c.band)
            .order_by(leads.c.band)
        )
        with engine.connect() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
    finally:
        engine.dispose()
    kinds = {name: _kind(sqlalchemy, columns[name]) for name in columns}
    return {"names": names, "kinds": kinds, "rows": rows}


def _kind(sqlalchemy: Any, column_type: Any) -> str:
    types = sqlalchemy.types
    for kind in ("Integer", "Numeric", "Boolean", "DateTime", "String"):
        if isinstance(column_type, getattr(types, kind)):
            return kind
    return repr(column_type)


KINDS = {
    "scorecard_id": "String",
    "score": "Numeric",
    "score_rank": "Integer",
    "is_exploration": "Boolean",
    "scored_at": "DateTime",
}
GROUPED = """
    select band, count(*), sum(score)
    from leadscore.scored_leads
    where scorecard_id = 'b2b'
    group by band
    order by band
"""


@pytest.mark.filterwarnings("ignore:duckdb-engine doesn't yet support reflection on indices")
def test_sqlalchemy_reads_the_published_file_while_a_run_writes(embedded: Scored) -> None:
    pytest.importorskip("duckdb_engine")
    file = embedded.copy.root / "published.duckdb"
    expected = embedded.query(GROUPED)
    published = _marts() - NOT_PUBLISHED
    # The warehouse itself is held by a writer, as by a run.
    with duckdb.connect(str(embedded.copy.warehouse)) as writer:
        writer.execute("begin")
        writer.execute("delete from leadscore.scored_leads")
        found = _reflected(f"duckdb:///{file}", "leadscore", connect_args={"read_only": True})
        writer.execute("rollback")
    assert found["names"] == published
    assert {name: found["kinds"][name] for name in KINDS} == KINDS
    assert found["rows"] == expected


def test_sqlalchemy_reads_the_server_while_a_run_writes(
    served: Scored, server: PostgresServer
) -> None:
    expected = served.query(GROUPED)
    url = f"postgresql+psycopg2://{ROLE}:{ROLE}@127.0.0.1:{server.port}/bi"
    found: list[dict[str, Any]] = []
    problems: list[BaseException] = []
    over = threading.Event()

    def read() -> None:
        try:
            while not over.is_set() or not found:
                found.append(_reflected(url, "leadscore"))
        except BaseException as problem:
            problems.append(problem)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        _ran(served.copy)
    finally:
        over.set()
        reader.join()
    assert not problems, problems
    assert len(found) > 1
    for one in found:
        assert {name: one["kinds"][name] for name in KINDS} == KINDS
        assert one["rows"] == expected
    # Backups of tables that a run replaces come and go.
    assert found[-1]["names"] == _marts()


# --- the dashboard for Apache Superset ----------------------------------------------------

SUPERSET = PROJECT / "bi" / "superset"
# What may stand in an expression beside columns.
SQL_WORDS = {"avg", "case", "count", "else", "end", "max", "not", "null", "nullif", "sum", "then"}
SQL_WORDS |= {"when"}


def _assets(kind: str) -> dict[str, dict[str, Any]]:
    """Return the files of one kind by their uuid."""
    read = [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((SUPERSET / "assets" / kind).rglob("*.yaml"))
    ]
    assert read
    return {one["uuid"]: one for one in read}


def _mart_columns() -> dict[str, dict[str, str]]:
    """Return the described columns of each mart with their types."""
    found = {}
    for path in (PROJECT / "models" / "marts").rglob("*.yml"):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            columns = model.get("columns", [])
            found[model["name"]] = {one["name"]: one.get("data_type", "") for one in columns}
    return found


def test_the_dashboard_reads_columns_that_exist() -> None:
    databases, datasets = _assets("databases"), _assets("datasets")
    marts = _mart_columns()
    for dataset in datasets.values():
        name = dataset["table_name"]
        assert dataset["database_uuid"] in databases
        columns = {column["column_name"] for column in dataset["columns"]}
        assert columns <= set(marts[name]), name
        times = {column["column_name"] for column in dataset["columns"] if column["is_dttm"]}
        assert times == {one for one in columns if marts[name][one] == "timestamp"}
        assert dataset["main_dttm_col"] in {None, *times}
        for metric in dataset["metrics"]:
            words = re.sub(r"'[^']*'", "", metric["expression"])
            unknown = set(re.findall(r"[a-z_]{3,}", words)) - columns
            assert unknown <= SQL_WORDS, (name, metric["metric_name"])


def test_each_chart_asks_its_dataset_for_what_is_there() -> None:
    datasets, charts = _assets("datasets"), _assets("charts")
    for chart in charts.values():
        dataset = datasets[chart["dataset_uuid"]]
        columns = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        params = chart["params"]
        asked = {params.get("metric"), *params.get("metrics", [])} - {None}
        assert asked <= metrics, chart["slice_name"]
        read = {params.get("x_axis"), *(one["subject"] for one in params["adhoc_filters"])} - {None}
        for key in ("groupby", "groupbyRows", "groupbyColumns", "all_columns"):
            read |= set(params.get(key, []))
        read |= {yaml.safe_load(one)[0] for one in params.get("order_by_cols", [])}
        assert asked | read, chart["slice_name"]
        assert read - {params.get("x_axis_sort")} <= columns, chart["slice_name"]


def test_the_page_holds_every_chart_and_filters_by_a_column_of_its_dataset() -> None:
    (page,) = _assets("dashboards").values()
    shown = {
        part["meta"]["uuid"]
        for part in page["position"].values()
        if isinstance(part, dict) and part["type"] == "CHART"
    }
    assert shown == set(_assets("charts"))
    datasets = _assets("datasets")
    for native in page["metadata"]["native_filter_configuration"]:
        for target in native["targets"]:
            columns = datasets[target["datasetUuid"]]["columns"]
            assert target["column"]["name"] in {column["column_name"] for column in columns}


@pytest.mark.parametrize(
    "database", ["duckdb:////a folder/published.duckdb", "postgresql+psycopg2://me:it's@host/db"]
)
def test_the_archive_points_to_the_database_that_was_named(database: str, tmp_path: Path) -> None:
    specification = importlib.util.spec_from_file_location("dash", SUPERSET / "dashboard.py")
    dashboard = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(dashboard)
    dashboard.bundled(tmp_path / "all.zip", database, "marts")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        files = {name: yaml.safe_load(archive.read(name)) for name in archive.namelist()}
    (connection,) = [one for name, one in files.items() if "/databases/" in name]
    assert connection["sqlalchemy_uri"] == database
    options = connection["extra"]["engine_params"]
    assert options == (
        {"connect_args": {"read_only": True}} if database.startswith("duckdb:") else {}
    )
    assert {one["schema"] for name, one in files.items() if "/datasets/" in name} == {"marts"}
    assert files["lead_scores/metadata.yaml"]["type"] == "Dashboard"


# --- the docs as one page -----------------------------------------------------------------


def test_the_docs_are_one_page_that_needs_no_network(embedded: Scored, tmp_path: Path) -> None:
    browser_program = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_program is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api")
    try:
        project = LeadscoreProject(embedded.copy.root, given_vars={})
        assert Dbt(project).call("docs", "generate", "--static").ok
    finally:
        close_warehouses()
    page_file = tmp_path / "index.html"
    shutil.copy(embedded.copy.root / "target" / "static_index.html", page_file)
    asked: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_program, args=["--no-sandbox"])
        page = browser.new_context(offline=True).new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_file.as_uri() + "#!/model/model.leadscore.band_stays")
        page.wait_for_selector("text=Each row is a stay of a lead in a band")
        browser.close()
    assert [url for url in asked if url.startswith(("http:", "https:", "ws"))] == []
