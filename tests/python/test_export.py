"""CSV and Parquet files of marts: the same rows, whole files, and no formula for a spreadsheet."""

from __future__ import annotations

import csv
import re
import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from command import Copy
from hypothesis import given
from hypothesis import strategies as st
from leadscore.export import for_spreadsheet

FORMULAS = [
    "=1+1",
    "=cmd|'/c calc'!A0",
    "+1",
    "-1",
    "-",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\nx",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    "\ufe661+1",
    "  =1+1",
    "\u00a0=1+1",
    "\u3000\uff1d1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\x00=1+1",
    '"=1+1',
]
HARMLESS = [
    "",
    "x",
    "5",
    "5-1",
    "a=b",
    "a@b.example",
    "Visited (+15); Left (-2)",
    "'x",
    "x\ny",
    ".",
]
# Texts that a CSV file can get wrong in other ways.
AWKWARD = [
    'say "hi"',
    "a,b",
    "a;b",
    "two\nlines",
    "two\r\nlines",
    " spaces ",
    "",
    None,
    "NULL",
    "'=1+1",
    "''",
    "zürich 東京 🎉",
    "1e5",
    "007",
    "a;=1+1",
    "a\n=1+1",
]
CREATE = """
create table leadscore.scored_accounts (
    scorecard_id varchar, account_id varchar, account_score decimal(38,2), lead_count bigint,
    engaged_lead_count bigint, top_lead_id varchar, band varchar, scored_at timestamp,
    "Not in, the contract" varchar
)
"""
MOMENT = datetime(2026, 3, 1, 10, 20, 30, 123_456)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A project with a mart of awkward cells, made by hand; the other marts are missing."""
    copy = Copy.fresh(tmp_path_factory.mktemp("export") / "lead's score")
    texts = [text for text in [*FORMULAS, *AWKWARD] if text != "\x00=1+1"]
    with duckdb.connect(str(copy.warehouse)) as connection:
        connection.execute("create schema leadscore")
        connection.execute(CREATE)
        connection.executemany(
            "insert into leadscore.scored_accounts values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                ("-b2b", text, Decimal(number) - 5, number, None, "L;1", text, MOMENT, text)
                for number, text in enumerate(texts)
            ],
        )
        connection.execute(
            "insert into leadscore.scored_accounts (account_score)"
            " values (999999999999999999999999999999999999.99), (-5), (0.10)"
        )
        # More than one chunk, the last of them not full.
        connection.execute(
            "create table leadscore.rejected_rows as"
            " select 'events' as source_name, cast(range as varchar) as row_id, 'merged' as reason,"
            " '{}' as row from range(25001)"
        )
    # What dbt read is kept for the tests too.
    assert copy.leadscore("export", "rejected_rows").code == 0
    shutil.rmtree(copy.root / "exports")
    copy.save()
    return copy


@pytest.fixture
def project(original: Copy) -> Copy:
    """Such a project to change."""
    original.restore()
    return original


def rows_in(copy: Copy, sql: str) -> list[tuple]:
    return sorted(copy.query(sql), key=repr)


def read_parquet(path: Path) -> str:
    return f"read_parquet('{str(path).replace(chr(39), chr(39) * 2)}')"


def undone(text: str) -> str:
    """Takes the apostrophes away that `for_spreadsheet` put in, as the documentation says how."""
    unseen = "[\\s'\"\\x00-\\x20\u200b-\u200f\u2060\ufeff]*"
    formula = "[-=+@\uff0d\uff1d\uff0b\uff20\ufe63\ufe66\ufe62\ufe6b]"
    return re.sub(
        f"^'(?='*[\\t\\r\\n])|(?:^|(?<=[;\\t\\r\\n]))'(?={unseen}{formula})",
        "",
        text,
    )


# --- formulas ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert for_spreadsheet(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert for_spreadsheet(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("a; =1+1", "a;' =1+1"),
        ('a;"=1+1;', "a;'\"=1+1;"),
        ("a\n=1+1", "a\n'=1+1"),
        ("a\r\n\uff1d1", "a\r'\n'\uff1d1"),
        ("-1;-2", "'-1;'-2"),
        ("a,=1+1", "a,=1+1"),
    ],
)
def test_nor_does_one_that_splits_cells_at_semicolons(text: str, expected: str) -> None:
    assert for_spreadsheet(text) == expected


@given(st.text(st.sampled_from("=+-@\uff1d\ufe63;\t\r\n '\u00a0\u200bax\",")) | st.text())
def test_no_text_is_a_formula_and_each_can_be_had_back(text: str) -> None:
    safe = for_spreadsheet(text)
    assert undone(safe) == text
    for cell in re.split("[;\t\r\n]", safe):
        assert not re.match('[\\s"\\x00-\\x20\u200b-\u200f\u2060\ufeff]*[=+@-]', cell)
    assert safe[:1] not in ("\t", "\r", "\n")


# --- CSV ---------------------------------------------------------------------------------


def test_csv_holds_every_row_of_the_mart(project: Copy) -> None:
    said = project.leadscore("export", "scored_accounts", "--json")
    assert said.code == 0, said.err
    file = project.root / "exports" / "scored_accounts.csv"
    assert said.json["files"] == [
        {
            "mart": "scored_accounts",
            "file": str(file),
            "rows": project.query("select count(*) from leadscore.scored_accounts")[0][0],
            "bytes": file.stat().st_size,
        }
    ]
    with duckdb.connect() as connection:
        found = connection.execute(
            "from read_csv(?, header = true, all_varchar = true, delim = ',', quote = '\"',"
            " escape = '\"', nullstr = '', allow_quoted_nulls = false, strict_mode = true)",
            [str(file)],
        )
        names = [column[0] for column in found.description]
        found = found.fetchall()
    assert names[-1] == "Not in, the contract"
    as_text = ", ".join(f'cast("{name}" as varchar)' for name in names)
    expected = rows_in(project, f"select {as_text} from leadscore.scored_accounts")
    read = [tuple(None if cell is None else undone(cell) for cell in row) for row in found]
    assert sorted(read, key=repr) == expected


def test_in_csv_texts_are_harmless_and_numbers_stay_numbers(project: Copy) -> None:
    assert project.leadscore("export", "scored_accounts").code == 0
    text = (project.root / "exports" / "scored_accounts.csv").read_text(encoding="utf-8")
    with (project.root / "exports" / "scored_accounts.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = list(csv.DictReader(file))
    assert "-5.00" in [row["account_score"] for row in rows]
    assert "999999999999999999999999999999999999.99" in [row["account_score"] for row in rows]
    assert {row["scorecard_id"] for row in rows} == {"'-b2b", ""}
    assert not [
        row for row in rows if row["account_id"].startswith(("=", "+", "-", "@", "\t", "\r"))
    ]
    # Also for whoever splits this file at semicolons, in whose eyes quotes within a line mean
    # nothing: no cell of texts begins with a formula.
    cells = [cell.strip() for line in re.split("[\r\n]", text) for cell in line.split(";")]
    assert not [cell for cell in cells if re.match('"*[=+@\uff1d\uff0b\uff20-]', cell)]


def test_csv_is_the_same_without_duckdb(project: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project.leadscore("export", "scored_accounts").code == 0
    file = project.root / "exports" / "scored_accounts.csv"
    content = file.read_bytes()
    # Nothing but plain queries may be needed.
    monkeypatch.setattr("leadscore.warehouse.Warehouse.engine", "another")
    monkeypatch.setattr("leadscore.warehouse.Warehouse.execute", None)
    assert project.leadscore("export", "scored_accounts").code == 0
    assert file.read_bytes() == content


# --- Parquet -----------------------------------------------------------------------------


def test_parquet_holds_the_rows_and_types_of_the_mart(project: Copy) -> None:
    said = project.leadscore("export", "scored_accounts", "--format", "parquet", "--to", "out")
    assert said.code == 0, said.err
    source = read_parquet(project.root / "out" / "scored_accounts.parquet")
    assert rows_in(project, f"from {source}") == rows_in(project, "from leadscore.scored_accounts")
    for table in (source, "leadscore.scored_accounts"):
        described = [row[:2] for row in project.query(f"describe from {table}")]
        assert ("account_score", "DECIMAL(38,2)") in described
        assert ("scored_at", "TIMESTAMP") in described
        assert ("lead_count", "BIGINT") in described
        assert described[-1] == ("Not in, the contract", "VARCHAR")


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_mart_of_many_chunks_is_complete(project: Copy, file_format: str) -> None:
    said = project.leadscore("export", "rejected_rows", "--format", file_format, "--json")
    assert said.code == 0, said.err
    assert said.json["files"][0]["rows"] == 25001
    file = Path(said.json["files"][0]["file"])
    quoted = str(file).replace("'", "''")
    assert project.query(
        f"select count(*), count(distinct row_id), sum(cast(row_id as bigint)) from '{quoted}'"
    ) == [(25001, 25001, 25000 * 25001 // 2)]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_mart_without_rows_has_its_columns(project: Copy, file_format: str) -> None:
    project.query("delete from leadscore.rejected_rows returning 1")
    said = project.leadscore("export", "rejected_rows", "--format", file_format)
    assert said.code == 0, said.err
    file = project.root / "exports" / f"rejected_rows.{file_format}"
    if file_format == "csv":
        assert file.read_text(encoding="utf-8") == "source_name,row_id,reason,row\n"
    else:
        assert [row[0] for row in project.query(f"describe from {read_parquet(file)}")] == [
            "source_name",
            "row_id",
            "reason",
            "row",
        ]


# --- whole files or none -----------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_where_one_fails_all_files_stay_as_they_were(project: Copy, file_format: str) -> None:
    words = ("export", "scored_accounts", "rejected_rows", "--format", file_format)
    assert project.leadscore(*words).code == 0
    folder = project.root / "exports"
    (folder / f".rejected_rows.{file_format}.0123456789abcdef.unfinished").touch()
    (folder / f".rejected_rows.{file_format}.0123456789abcdef.unfinished.rows").touch()
    before = {path.name: path.read_bytes() for path in folder.glob("[!.]*")}
    assert len(before) == 2
    # It fails when rows were written already.
    project.query("update leadscore.scored_accounts set band = 'new' returning 1")
    project.query("alter table leadscore.rejected_rows rename to moved")
    project.query(
        "create view leadscore.rejected_rows as select * replace"
        " (case when row_id = '24000' then error('planted') else row_id end as row_id)"
        " from leadscore.moved"
    )
    said = project.leadscore(*words, "--json")
    assert said.code == 1
    assert "planted" in said.json["error"]
    assert said.json["where"] == str(folder / f"rejected_rows.{file_format}")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_that_cannot_be_made_is_said(project: Copy) -> None:
    said = project.leadscore("export", "scored_accounts", "--to", "README.md/here")
    assert said.code == 1
    assert "cannot be written" in said.err
    (project.root / "taken" / "scored_accounts.csv" / "x").mkdir(parents=True)
    said = project.leadscore("export", "scored_accounts", "--to", "taken")
    assert said.code == 1
    assert "cannot be written" in said.err
    assert "defect" not in said.err
    assert [path.name for path in (project.root / "taken").iterdir()] == ["scored_accounts.csv"]


def test_a_link_stays_one(project: Copy, tmp_path: Path) -> None:
    (project.root / "exports").mkdir()
    link = project.root / "exports" / "rejected_rows.csv"
    link.symlink_to(tmp_path / "elsewhere.csv")
    assert project.leadscore("export", "rejected_rows").code == 0
    assert link.is_symlink()
    assert (tmp_path / "elsewhere.csv").read_text(encoding="utf-8").startswith("source_name,")


def test_a_mart_that_is_named_twice_is_written_once(project: Copy) -> None:
    said = project.leadscore("export", "rejected_rows", "rejected_rows", "--json")
    assert said.code == 0, said.err
    assert len(said.json["files"]) == 1


# --- what is refused ---------------------------------------------------------------------


def test_an_unknown_or_missing_mart_is_named(project: Copy) -> None:
    said = project.leadscore("export", "scored_account")
    assert said.code == 4
    assert "Did you mean scored_accounts?" in said.err
    # No mart, but a table of the project.
    assert project.leadscore("export", "stg_crm__leads").code == 4
    said = project.leadscore("export", "scored_accounts", "scored_leads")
    assert said.code == 4
    assert "leadscore run" in said.err
    assert not (project.root / "exports").exists()


def test_wrong_words_are_usage_errors(project: Copy) -> None:
    assert project.leadscore("export").code == 2
    assert project.leadscore("export", "scored_accounts", "--format", "xlsx").code == 2


def test_the_result_names_the_file_and_its_rows(project: Copy) -> None:
    said = project.leadscore("export", "rejected_rows")
    assert said.code == 0, said.err
    assert "exports/rejected_rows.csv" in said.out
    assert "25001" in said.out
