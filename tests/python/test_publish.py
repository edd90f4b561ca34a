"""The published file: what is in it, who can read it, and that it is whole at any moment."""

from __future__ import annotations

import json
import os
import signal
import stat
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import yaml
from command import Copy
from leadscore.dbt import Dbt, Invocation
from leadscore.project import Project as LeadscoreProject
from leadscore.warehouse import Warehouse

MARTS = {
    "backtest_contributions",
    "backtest_scores",
    "band_changes",
    "band_performance",
    "band_stays",
    "criterion_performance",
    "export_batches",
    "hand_off_deliveries",
    "hand_offs",
    "lead_score_contributions",
    "lead_score_contributions_draft",
    "lead_score_history",
    "policy_errors",
    "rejected_rows",
    "run_audit",
    "score_drift",
    "score_gains",
    "score_performance",
    "scored_accounts",
    "scored_leads",
    "scored_leads_draft",
    "sync_lead_scores",
}
# Tables beside them in the same schema that are of no use to a reader.
NOT_PUBLISHED = {"exported_leads", "lead_score_days"}
# A program that reads like a BI tool: it answers each line with the moment of the scores, by the
# connection that it holds or, told so, by a new one.
READER = """
import duckdb, sys
def connect():
    return duckdb.connect(sys.argv[1], read_only=True)
held = connect()
for line in sys.stdin:
    if line == "anew\\n":
        held.close()
        held = connect()
    moment, leads = held.execute(
        "select cast(max(scored_at) as varchar), count(*) from leadscore.scored_leads"
    ).fetchone()
    entries, = held.execute("select count(*) from leadscore.lead_score_contributions").fetchone()
    print(moment, leads > 0, entries > 0, flush=True)
"""
# `leadscore publish` in a process that is killed at a given place.
KILLED = """
import os, signal, sys
from leadscore import atomic_file
from leadscore.cli import main
from leadscore.warehouse import Warehouse

def die(*ignored):
    os.kill(os.getpid(), signal.SIGKILL)

execute = Warehouse.execute
def dying_execute(self, sql):
    if sql.startswith(sys.argv[1]):
        die()
    execute(self, sql)

if sys.argv[1] == "replace":
    os.replace = die
Warehouse.execute = dying_execute
main(["publish"])
"""
# `leadscore publish` on a disk that is full as soon as the file holds this many bytes.
FULL_DISK = """
import resource, signal, sys
from leadscore import publish
from leadscore.cli import main

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

fill = publish._fill
def limited_fill(*arguments):
    limit(int(sys.argv[1]))
    try:
        return fill(*arguments)
    finally:
        limit(resource.RLIM_INFINITY)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
publish._fill = limited_fill
main(["publish", "--json"])
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A project whose demo was scored by `leadscore run`."""
    copy = Copy.fresh(tmp_path_factory.mktemp("publish") / "lead's score")
    said = copy.leadscore("run", "--json")
    assert said.code == 0, said.err
    (copy.root / "said.json").write_text(said.out, encoding="utf-8")
    copy.save()
    return copy


@pytest.fixture
def scored(original: Copy) -> Copy:
    """A scored and published project to change."""
    original.restore()
    return original


def published(copy: Copy) -> Path:
    return copy.root / "published.duckdb"


def marts_in(path: Path) -> dict[str, list[tuple]]:
    """Every table and view of a file outside dbt's own rooms, with all of its rows."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema not like 'leadscore\\_%' escape '\\'"
        ).fetchall()
        return {
            name: sorted(connection.execute(f"from {schema}.{name}").fetchall(), key=repr)
            for schema, name in names
        }


def types_in(path: Path) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(
            "select table_name, column_name, data_type from duckdb_columns()"
            " where schema_name = 'leadscore' order by table_name, column_index"
        ).fetchall()


def leftovers(copy: Copy) -> list[str]:
    return [path.name for path in copy.root.iterdir() if "unfinished" in path.name]


def set_var(copy: Copy, value: str) -> None:
    project = copy.root / "dbt_project.yml"
    text = project.read_text(encoding="utf-8")
    assert text.count("published_file: published.duckdb") == 1
    project.write_text(
        text.replace("published_file: published.duckdb", f"published_file: {value}"),
        encoding="utf-8",
    )


def scored_already(project: LeadscoreProject, *ignored: Any) -> tuple[Invocation, Warehouse]:
    """Stands for what a run does before it sums up and publishes."""
    return Invocation(ok=True), Warehouse(Dbt(project))


def change_a_mart(copy: Copy) -> None:
    """Changes the warehouse, so that what is published from now on can be told apart."""
    copy.query("update leadscore.scored_accounts set top_lead_id = 'changed' returning 1")


def is_changed(path: Path) -> bool:
    return any("changed" in row for row in marts_in(path)["scored_accounts"])


def run_program(copy: Copy, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=copy.root,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


# --- what is in it -----------------------------------------------------------------------


def test_a_run_publishes_the_marts_and_nothing_else(scored: Copy) -> None:
    found = marts_in(published(scored))
    assert set(found) == MARTS
    stored = marts_in(scored.warehouse)
    assert set(stored) == MARTS | NOT_PUBLISHED
    assert [name for name in found if found[name] != stored[name]] == []
    assert len(found["scored_leads"]) > 100
    types = [row for row in types_in(scored.warehouse) if row[0] not in NOT_PUBLISHED]
    assert types_in(published(scored)) == types
    with duckdb.connect(str(published(scored)), read_only=True) as connection:
        assert connection.execute(
            "select count(*) from duckdb_schemas()"
            " where not internal and schema_name <> 'leadscore'"
        ).fetchone() == (0,)

    said = json.loads((scored.root / "said.json").read_text(encoding="utf-8"))["published"]
    assert said["file"] == str(published(scored))
    assert said["bytes"] == published(scored).stat().st_size
    assert {mart["name"]: mart["rows"] for mart in said["marts"]} == {
        name: len(rows) for name, rows in found.items()
    }


def test_old_versions_of_duckdb_can_read_it(scored: Copy) -> None:
    # After a checksum and the word DUCK the file says the version of its storage. 64 is what
    # DuckDB 0.9 to 1.1 read and write; newer ones read it too.
    with published(scored).open("rb") as file:
        assert struct.unpack("<8x4sQ", file.read(20)) == (b"DUCK", 64)
    # All of it is in this one file.
    assert not published(scored).with_name("published.duckdb.wal").exists()


def test_nobody_may_write_to_it_and_who_may_not_read_the_warehouse_may_not_read_it(
    scored: Copy,
) -> None:
    scored.warehouse.chmod(0o640)
    assert scored.leadscore("publish").code == 0
    assert stat.S_IMODE(published(scored).stat().st_mode) == 0o440


def test_a_mart_can_be_left_out(scored: Copy) -> None:
    file = scored.root / "models" / "marts" / "operations" / "_raw_rows__models.yml"
    described = yaml.safe_load(file.read_text(encoding="utf-8"))
    (model,) = [model for model in described["models"] if model["name"] == "rejected_rows"]
    model["config"] = {"meta": {"published": False}}
    file.write_text(yaml.safe_dump(described, allow_unicode=True), encoding="utf-8")
    assert scored.leadscore("publish").code == 0
    assert set(marts_in(published(scored))) == MARTS - {"rejected_rows"}


# --- readers -----------------------------------------------------------------------------


def test_a_reader_that_stays_connected_blocks_no_run_and_sees_the_old_file(scored: Copy) -> None:
    def ask(line: str) -> str:
        reader.stdin.write(f"{line}\n")
        reader.stdin.flush()
        return reader.stdout.readline().strip()

    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(published(scored))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert ask("held") == "2026-03-01 00:00:00 True True"
        said = scored.leadscore("run", "--as-of", "2026-02-01")
        assert said.code == 0, said.err
        assert f"Published {len(MARTS)} marts" in said.out
        # It never read this before, so no cache can help it.
        assert ask("held") == "2026-03-01 00:00:00 True True"
        assert ask("anew") == "2026-02-01 00:00:00 True True"
    finally:
        reader.communicate(timeout=60)
    found, stored = marts_in(published(scored)), marts_in(scored.warehouse)
    assert [name for name in MARTS if found[name] != stored[name]] == []
    assert leftovers(scored) == []


# --- what leaves the previous file ------------------------------------------------------


def test_a_run_that_fails_leaves_the_previous_file(scored: Copy) -> None:
    before = published(scored).read_bytes()
    inode = published(scored).stat().st_ino
    scored.edit("criteria", "b2b_free_trial,b2b,", "b2b_free_trial,no_such_scorecard,")
    assert scored.leadscore("run").code == 3
    assert published(scored).read_bytes() == before
    scored.edit("criteria", "b2b_free_trial,no_such_scorecard,", "b2b_free_trial,b2b,")

    # A step in the middle: some marts are new by then, others are not.
    mart = scored.root / "models" / "marts" / "scoring" / "scored_accounts.sql"
    mart.write_text(mart.read_text(encoding="utf-8") + "\nand error('planted') = 1\n")
    said = scored.leadscore("run", "--as-of", "2026-02-01")
    assert said.code == 1, said.out
    assert published(scored).read_bytes() == before
    assert published(scored).stat().st_ino == inode
    assert leftovers(scored) == []


def test_a_part_run_publishes_nothing_and_says_so(scored: Copy) -> None:
    inode = published(scored).stat().st_ino
    said = scored.leadscore("run", "--select", "policy_errors", "--json")
    assert said.code == 0, said.err
    assert said.json["published"] is None
    assert "leadscore publish" in said.err
    assert published(scored).stat().st_ino == inode


def test_a_mart_that_cannot_be_read_leaves_the_previous_file(scored: Copy) -> None:
    before = published(scored).read_bytes()
    scored.query("alter table leadscore.scored_leads rename to moved")
    scored.query(
        "create view leadscore.scored_leads as"
        " select * replace (error('planted') as scorecard_id) from leadscore.moved"
    )
    said = scored.leadscore("publish", "--json")
    assert said.code == 1
    assert "planted" in said.json["error"]
    assert "previous" in said.json["remedy"]
    assert said.json["where"] == str(published(scored))
    assert published(scored).read_bytes() == before
    assert leftovers(scored) == []
    # The next one works in the same process: nothing is left attached.
    scored.query("drop view leadscore.scored_leads")
    scored.query("alter table leadscore.moved rename to scored_leads")
    change_a_mart(scored)
    assert scored.leadscore("publish").code == 0
    assert is_changed(published(scored))


@pytest.mark.parametrize("size", ["20000", "1000000"])
def test_a_full_disk_leaves_the_previous_file(scored: Copy, size: str) -> None:
    before = published(scored).read_bytes()
    ran = run_program(scored, FULL_DISK, size)
    assert ran.returncode == 1, ran.stderr
    said = json.loads(ran.stdout)
    assert "could not be renewed" in said["error"]
    assert "leadscore publish" in said["remedy"]
    assert "Traceback" not in ran.stderr
    assert published(scored).read_bytes() == before
    assert leftovers(scored) == []


@pytest.mark.parametrize(
    "place",
    [
        'create table leadscore_published."leadscore"."run_audit"',
        "checkpoint",
        "replace",
    ],
)
def test_a_killed_one_leaves_the_previous_file_and_the_next_tidies_up(
    scored: Copy, place: str
) -> None:
    before = published(scored).read_bytes()
    change_a_mart(scored)
    assert run_program(scored, KILLED, place).returncode == -signal.SIGKILL
    assert published(scored).read_bytes() == before
    assert leftovers(scored) != []

    # Of another file, also when its name begins alike: not ours to remove.
    other = scored.root / ".published.duckdb.old.0123456789abcdef.unfinished"
    other.touch()
    assert scored.leadscore("publish").code == 0
    assert is_changed(published(scored))
    assert leftovers(scored) == [other.name]


def test_a_log_beside_the_previous_file_does_not_get_into_the_new_one(scored: Copy) -> None:
    log = scored.root / "published.duckdb.wal"
    log.write_bytes(b"of another file")
    assert scored.leadscore("publish").code == 0
    assert not log.exists()
    assert set(marts_in(published(scored))) == MARTS


def test_a_run_that_cannot_publish_shows_its_scores_and_fails(
    scored: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadscore.run.score", scored_already)
    monkeypatch.setattr("leadscore.publish._named", lambda _: "profiles.yml/published.duckdb")
    said = scored.leadscore("run")
    assert said.code == 1
    assert "593 leads scored" in said.out
    assert "Done" not in said.out
    assert "could not be renewed" in said.err
    assert scored.leadscore("run", "--json").json["exit_code"] == 1


# --- where it lies -----------------------------------------------------------------------


def test_the_var_names_the_place_also_through_a_link(scored: Copy) -> None:
    before = published(scored).read_bytes()
    set_var(scored, "for readers/marts.duckdb")
    said = scored.leadscore("publish", "--json")
    assert said.code == 0, said.err
    file = scored.root / "for readers" / "marts.duckdb"
    assert said.json["published"]["file"] == str(file)
    assert set(marts_in(file)) == MARTS
    assert published(scored).read_bytes() == before

    change_a_mart(scored)
    moved = scored.root / "elsewhere.duckdb"
    file.rename(moved)
    file.symlink_to(moved)
    assert scored.leadscore("publish").code == 0
    assert file.is_symlink()
    assert is_changed(moved)


def test_an_empty_var_switches_it_off(scored: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadscore.run.score", scored_already)
    set_var(scored, '""')
    inode = published(scored).stat().st_ino
    ran = scored.leadscore("run", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["published"] is None
    said = scored.leadscore("publish")
    assert said.code == 2
    assert "switched off" in said.err
    assert published(scored).stat().st_ino == inode


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("warehouse.duckdb", "a warehouse itself"),
        ("target/../warehouse.duckdb", "a warehouse itself"),
        ("README.md", "something else"),
        ("models", "something else"),
        (7, "no name of a file"),
        ("Leadscore.duckdb", "the schema of that name"),
    ],
)
def test_what_would_be_lost_is_not_overwritten(
    scored: Copy, monkeypatch: pytest.MonkeyPatch, value: Any, what: str
) -> None:
    readme = (scored.root / "README.md").read_bytes()
    monkeypatch.setattr("leadscore.publish._named", lambda _: value)
    said = scored.leadscore("publish")
    assert said.code == 2
    assert what in said.err
    assert (scored.root / "README.md").read_bytes() == readme
    assert scored.query("select count(*) > 0 from leadscore_staging.stg_crm__leads") == [(True,)]


# --- when there is nothing to publish ----------------------------------------------------


def test_on_other_engines_it_is_not_needed(scored: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadscore.warehouse.Warehouse.engine", "postgres")
    inode = published(scored).stat().st_ino
    said = scored.leadscore("publish")
    assert said.code == 0, said.err
    assert "Nothing is to be published" in said.out
    assert "postgres" in said.out
    assert scored.leadscore("publish", "--json").json["published"] is None
    assert published(scored).stat().st_ino == inode


@pytest.mark.parametrize("path", [":memory:", "md:leads"])
def test_a_warehouse_that_is_no_file_has_none(path: str) -> None:
    warehouse = Warehouse(SimpleNamespace(project=SimpleNamespace(root=Path("/"))))
    credentials = SimpleNamespace(path=path)
    warehouse._adapter = SimpleNamespace(
        type=lambda: "duckdb", config=SimpleNamespace(credentials=credentials)
    )
    assert warehouse.file is None
    credentials.path = "warehouse.duckdb"
    assert warehouse.file == Path("/warehouse.duckdb")


def test_before_the_first_run_it_says_so(scored: Copy) -> None:
    before = published(scored).read_bytes()
    scored.warehouse.unlink()
    said = scored.leadscore("publish")
    assert said.code == 4
    assert "leadscore run" in said.err
    assert published(scored).read_bytes() == before


def test_publishing_by_hand_says_what_and_where(scored: Copy) -> None:
    said = scored.leadscore("publish")
    assert said.code == 0, said.err
    assert '"leadscore"."scored_leads"' in said.out
    assert f"Published {len(MARTS)} marts" in said.out
    assert "published.duckdb" in said.out
    assert os.fspath(scored.root) not in said.out
