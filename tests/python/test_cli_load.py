"""`leadscore load`: every kind of file, what it refuses, and that it changes all or nothing."""

from __future__ import annotations

import gzip
import json

import duckdb
import pytest
import yaml
from command import Copy

LEADS = 'lead_id,title,Company Size\nL1,CEO,007\nL2,"a ""b"",\nc",\n'
EVENTS = "event_id,event_name,occurred_at,lead_id,page\nE1,visit,2026-01-01,L1,/\n"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A project that dbt has read once, with nothing loaded."""
    copy = Copy.fresh(tmp_path_factory.mktemp("load") / "project")
    assert copy.leadscore("check", "--only", "parse").code == 0
    copy.save()
    return copy


@pytest.fixture
def project(original: Copy) -> Copy:
    original.restore()
    return original


def write(project: Copy, name: str, content: str | bytes) -> str:
    path = project.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def columns(project: Copy, relation: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in project.query(f"describe {relation}")]


def add_row(project: Copy, file: str, **cells: str) -> None:
    path = project.policy / f"{file}.csv"
    text = path.read_text(encoding="utf-8")
    names = text.splitlines()[0].split(",")
    path.write_text(text + ",".join(cells.get(name, "") for name in names) + "\n", encoding="utf-8")


# --- kinds of files --------------------------------------------------------------------


def test_csv_cells_stay_text_under_their_own_names(project: Copy) -> None:
    said = project.leadscore("load", "--leads", write(project, "leads.csv", LEADS))
    assert said.code == 0, said.err
    assert columns(project, "crm.leads") == [
        ("lead_id", "VARCHAR"),
        ("title", "VARCHAR"),
        ("Company Size", "VARCHAR"),
    ]
    assert project.query("select * from crm.leads order by lead_id") == [
        ("L1", "CEO", "007"),
        ("L2", 'a "b",\nc', None),
    ]
    assert "leads.csv" in said.err
    assert "2 rows" in said.err


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        pytest.param("a.csv", LEADS, [], id="as it is"),
        pytest.param("a.csv", "\ufeff" + LEADS, [], id="byte-order mark"),
        pytest.param("a.csv", LEADS.replace("\n", "\r\n"), [], id="CRLF"),
        pytest.param("a.tsv", LEADS.replace(",", "\t"), [], id="tabs"),
        pytest.param("a.txt", LEADS.replace(",", ";"), [], id="semicolons"),
        pytest.param(
            "a.csv", LEADS.replace(",", "~"), ["--delimiter", "~"], id="a sign of its own"
        ),
        pytest.param("a.csv", LEADS.encode("utf-16"), ["--encoding", "utf-16"], id="UTF-16"),
        pytest.param("a.csv.gz", gzip.compress(LEADS.encode()), [], id="gzip"),
        pytest.param("it's a [b].csv", LEADS, [], id="signs in the name"),
    ],
)
def test_csv_files_as_programs_write_them(
    project: Copy, name: str, content: str | bytes, options: list[str]
) -> None:
    said = project.leadscore("load", "--leads", write(project, name, content), *options)
    assert said.code == 0, said.err
    assert project.query("select count(*), max(title) like 'a \"b\"%' from crm.leads") == [
        (2, True)
    ]
    assert columns(project, "crm.leads")[0][0] == "lead_id"


def test_latin_letters_are_kept(project: Copy) -> None:
    file = write(project, "a.csv", "lead_id,city\nL1,Köln\n".encode("latin-1"))
    assert project.leadscore("load", "--leads", file, "--encoding", "latin-1").code == 0
    assert project.query("select city from crm.leads") == [("Köln",)]


def test_parquet_keeps_types_and_nested_values_become_json(project: Copy) -> None:
    path = project.root / "events.parquet"
    duckdb.execute(
        "copy (select 'E1' as event_id, 'visit' as event_name, 'L1' as lead_id,"
        " timestamp '2026-01-01 10:00:00' as occurred_at, 5::decimal(9, 2) as amount,"
        " {'plan': 'pro', 'account': {'seats': 5}} as payload, [1, 2] as numbers)"
        f" to '{path}' (format parquet)"
    )
    assert project.leadscore("load", "--events", str(path)).code == 0
    assert dict(columns(project, "tracking.events"))["occurred_at"] == "TIMESTAMP"
    ((payload, numbers),) = project.query("select payload, numbers from tracking.events")
    assert json.loads(payload) == {"plan": "pro", "account": {"seats": 5}}
    assert json.loads(numbers) == [1, 2]


def test_json_lines_keep_every_value_as_text(project: Copy) -> None:
    lines = [
        {"event_id": 1, "event_name": "visit", "occurred_at": "2026-01-01", "lead_id": "007"},
        {"event_id": 2, "event_name": "buy", "occurred_at": "2026-01-02T10:00:00Z", "lead_id": "L2",
         "a.b'\"": True, "payload": {"plan": "pro"}, "amount": 1.5},
    ]  # fmt: skip
    text = "\n".join(json.dumps(line) for line in lines)
    assert project.leadscore("load", "--events", write(project, "a.jsonl", text)).code == 0
    assert project.query(
        'select event_id, lead_id, occurred_at, "a.b\'""", payload, amount'
        " from tracking.events order by event_id"
    ) == [
        ("1", "007", "2026-01-01", None, None, None),
        ("2", "L2", "2026-01-02T10:00:00Z", "true", '{"plan":"pro"}', "1.5"),
    ]


def test_a_pattern_loads_many_files_whose_columns_may_differ(project: Copy) -> None:
    write(project, "in/1.csv", "Event_ID,event_name,occurred_at,lead_id\nE1,visit,2026-01-01,L1\n")
    write(project, "in/2.csv", "event_id,event_name,occurred_at,lead_id,page\nE2,v,2026,L1,/a\n")
    duckdb.execute(
        "copy (select 3 as event_id, 'v' as event_name, '2026' as occurred_at, 'L1' as lead_id)"
        f" to '{project.root}/in/3.parquet' (format parquet)"
    )
    said = project.leadscore(
        "load", "--events", f"{project.root}/in/*.csv", "--events", f"{project.root}/in/3.parquet"
    )
    assert said.code == 0, said.err
    assert project.query("select event_id, page from tracking.events order by event_id") == [
        ("3", None),
        ("E1", None),
        ("E2", "/a"),
    ]


def test_renames_are_found_in_any_case(project: Copy) -> None:
    file = write(project, "e.csv", EVENTS.replace("occurred_at", "TS").replace("page", "Seite"))
    said = project.leadscore(
        "load",
        "--events",
        file,
        "--rename",
        "events.ts=occurred_at",
        "--rename",
        "events.seite=page",
    )
    assert said.code == 0, said.err
    assert [name for name, _ in columns(project, "tracking.events")][2:] == [
        "occurred_at",
        "lead_id",
        "page",
    ]


# --- what it says afterwards -----------------------------------------------------------


def test_json_says_what_was_loaded_and_which_vars_fit(project: Copy) -> None:
    leads = write(project, "leads.csv", LEADS)
    events = write(project, "events.csv", EVENTS)
    said = project.leadscore("load", "--leads", leads, "--events", events, "--json")
    assert said.code == 0
    result = said.json
    assert {table["name"]: table["rows"] for table in result["tables"]} == {"leads": 2, "events": 1}
    assert result["vars"] == {
        "use_demo_data": False,
        "has_outcomes": False,
        "has_identities": False,
        "lead_attributes": ["title", "Company Size"],
        "event_properties": {"page": "page"},
    }
    assert result["vars_written"] is False


def test_write_vars_changes_these_vars_and_no_comment(project: Copy) -> None:
    path = project.root / "dbt_project.yml"
    before = path.read_text(encoding="utf-8")
    leads = write(project, "leads.csv", LEADS)
    said = project.leadscore("load", "--leads", leads, "--write-vars")
    assert said.code == 0, said.err
    after = path.read_text(encoding="utf-8")
    found = yaml.safe_load(after)["vars"]["leadscore"]
    assert found["use_demo_data"] is False
    assert found["lead_attributes"] == ["title", "Company Size"]
    untouched = yaml.safe_load(before)
    untouched["vars"]["leadscore"].update(
        {name: found[name] for name in ("use_demo_data", "has_outcomes", "has_identities",
                                        "lead_attributes")}
    )  # fmt: skip
    assert yaml.safe_load(after) == untouched
    comments = [line for line in before.splitlines() if line.lstrip().startswith("#")]
    assert [line for line in after.splitlines() if line.lstrip().startswith("#")] == comments


def test_what_was_loaded_can_be_scored(project: Copy) -> None:
    leads = write(project, "leads.csv", "lead_id,title,industry\nL1,CEO,Software\nL2,Intern,\n")
    assert project.leadscore("load", "--leads", leads, "--write-vars").code == 0
    # A policy of one criterion: the headers stay, as the columns must all be there.
    for path in project.policy.glob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    add_row(project, "scorecards", scorecard_id="one")
    add_row(
        project, "criteria", criterion_id="ceo", scorecard_id="one", dimension="fit", name="CEO",
        signal="attribute", field="title", operator="equals", value="ceo", points="7",
    )  # fmt: skip
    said = project.leadscore("run", "--json")
    assert said.code == 0, said.out
    assert project.query("select lead_id, score from leadscore.scored_leads order by lead_id") == [
        ("L1", 7),
        ("L2", 0),
    ]


# --- what it refuses -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "content", "missing", "remedy"),
    [
        ("leads", "id,title\n1,x\n", "lead_id", "leads.id=lead_id"),
        ("events", EVENTS.replace("event_id", "id"), "event_id", "events.id=event_id"),
        ("events", EVENTS.replace("event_name", "event"), "event_name", "events.event=event_name"),
        ("events", EVENTS.replace("occurred_at", "at"), "occurred_at", "events.at=occurred_at"),
        ("events", EVENTS.replace("lead_id", "lead"), "lead_id or anonymous_id", "=lead_id"),
        ("outcomes", "lead_id,outcome,when\n1,won,2026\n", "occurred_at", "outcomes.when="),
        ("outcomes", "lead_id,result,occurred_at\n1,won,2026\n", "outcome", "outcomes.result="),
        ("identities", "lead_id,identified_at,x\n1,2026,y\n", "anonymous_id or merged_lead_id",
         "identities.x=anonymous_id"),
        ("identities", "anonymous_id,identified_at\n1,2026\n", "lead_id", "identities."),
    ],
)  # fmt: skip
def test_a_missing_column_is_named_with_file_and_rename(
    project: Copy, table: str, content: str, missing: str, remedy: str
) -> None:
    file = write(project, "mine.csv", content)
    said = project.leadscore("load", f"--{table}", file)
    assert said.code == 5
    assert f"This file of {table} has no column {missing}." in said.err
    assert file in said.err
    assert remedy in said.err
    as_json = project.leadscore("load", f"--{table}", file, "--json")
    assert as_json.json["missing_column"] == missing
    schemas = project.query("select schema_name from information_schema.schemata")
    assert ("crm",) not in schemas
    assert ("tracking",) not in schemas


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        pytest.param("a.csv", "", "no header", id="nothing"),
        pytest.param("a.csv", "lead_id,title\nL1,x\nL2\n", "3", id="a short row"),
        pytest.param("a.csv", "lead_id,title\nL1,x\nL2,y,z\n", "3", id="a long row"),
        pytest.param("a.csv", 'lead_id,title\nL1,"x\n', "cannot be read", id="an open quote"),
        pytest.param("a.csv", "lead_id,Title,title\nL1,x,y\n", "Title", id="a column twice"),
        pytest.param("a.csv", "lead_id,k\nL1,\xe4\n".encode("latin-1"), "encoding", id="encoding"),
        pytest.param("a.xlsx", b"PK", "kind of file", id="a workbook"),
        pytest.param("a.parquet", b"no parquet", "arquet", id="not Parquet"),
        pytest.param("a.jsonl", "{not json", "JSON", id="not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    project: Copy, name: str, content: str | bytes, what: str
) -> None:
    file = write(project, name, content)
    said = project.leadscore("load", "--leads", file)
    assert said.code == 5, said.err
    assert file in said.err
    assert what.lower() in said.err.lower()
    assert "Traceback" not in said.err


def test_a_refused_file_leaves_everything_as_it_was(project: Copy) -> None:
    leads = write(project, "leads.csv", LEADS)
    events = write(project, "events.csv", EVENTS)
    assert project.leadscore("load", "--leads", leads, "--events", events).code == 0
    before = project.query("select table_schema, table_name from information_schema.tables")

    more = write(project, "more.csv", "lead_id\nL3\n")
    broken = write(project, "broken.csv", EVENTS + "E2,visit\n")
    said = project.leadscore("load", "--leads", more, "--events", broken)
    assert said.code == 5
    assert "broken.csv" in said.err
    assert project.query("select count(*) from crm.leads") == [(2,)]
    assert project.query("select count(*) from tracking.events") == [(1,)]
    assert project.query("select table_schema, table_name from information_schema.tables") == before

    assert project.leadscore("load", "--leads", more).code == 0
    assert project.query("select count(*) from crm.leads") == [(1,)]
    assert project.query("select count(*) from tracking.events") == [(1,)]


def test_a_view_in_the_place_of_a_table_is_replaced(project: Copy) -> None:
    project.query("create schema crm")
    project.query("create view crm.leads as select 1 as lead_id")
    assert project.leadscore("load", "--leads", write(project, "leads.csv", LEADS)).code == 0
    assert project.query("select count(*) from crm.leads") == [(2,)]


def test_the_vars_name_the_place(project: Copy) -> None:
    file = write(project, "leads.csv", LEADS)
    words = ("--vars", "{crm_schema: sales, leads_table: people}")
    assert project.leadscore("load", "--leads", file, *words).code == 0
    assert project.query("select count(*) from sales.people") == [(2,)]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ((), "No file is named"),
        (("--leads", "{file}", "--rename", "title"), "not understood"),
        (("--leads", "{file}", "--rename", "people.a=b"), "not understood"),
    ],
)
def test_wrong_words_are_usage_errors(project: Copy, words: tuple[str, ...], what: str) -> None:
    file = write(project, "leads.csv", LEADS)
    said = project.leadscore("load", *(word.format(file=file) for word in words))
    assert said.code == 2
    assert what in said.err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--leads", "{file}", "--rename", "leads.nothing=title"), "has the column nothing"),
        (("--leads", "{file}", "--rename", "leads.title=lead_id"), "both be called lead_id"),
        (("--leads", "nowhere.csv"), "no such file"),
        (("--leads", "nowhere/*.csv"), "no such file"),
    ],
)
def test_what_does_not_fit_the_files_is_refused(
    project: Copy, words: tuple[str, ...], what: str
) -> None:
    file = write(project, "leads.csv", LEADS)
    said = project.leadscore("load", *(word.format(file=file) for word in words))
    assert said.code == 5
    assert what in said.err


def test_other_engines_are_refused(project: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadscore.warehouse.Warehouse.engine", "postgres")
    said = project.leadscore("load", "--leads", write(project, "leads.csv", LEADS))
    assert said.code == 2
    assert "postgres" in said.err
