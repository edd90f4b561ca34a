"""`leadscore run`, `check` and `demo`: what they print, how they end, and what they leave alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import Copy, Said
from harness import PROJECT
from leadscore import lint


def test_the_demo_ends_with_leads_bands_and_two_explanations(demo: tuple[Copy, Said]) -> None:
    copy, said = demo
    assert said.code == 0, said.err
    assert "Made profiles.yml" in said.err
    assert (copy.root / "profiles.yml").exists()
    for text in (
        "Best leads by b2b",
        "Leads per band",
        "Rows that were not used",
        "warehouse.duckdb",
        "scored_leads",
        "Lead example-b2b-53",
        "Lead example-techplus-55",
    ):
        assert text in said.out
    totals = [line.split() for line in said.out.splitlines() if line.startswith("score ")]
    assert totals == [["score", "53", "53"], ["score", "55", "55"]]


def test_the_log_that_errors_point_to_holds_the_statements(demo: tuple[Copy, Said]) -> None:
    copy, _ = demo
    log = (copy.root / "logs" / "dbt.log").read_text(encoding="utf-8")
    assert "create" in log
    assert "scored_leads" in log


def test_progress_names_each_step_on_stderr_only(demo: tuple[Copy, Said]) -> None:
    _, said = demo
    assert "scored_leads success" in said.err
    assert "scored_leads success" not in said.out


def test_a_run_prints_json_alone_with_the_counts_of_the_marts(scored: Copy) -> None:
    said = scored.leadscore("run", "--json")
    assert said.code == 0, said.err
    result = said.json
    assert result["ok"] is True
    by_id = {scorecard["scorecard_id"]: scorecard for scorecard in result["scorecards"]}
    assert {by_id["b2b"]["status"], by_id["hundred"]["status"]} == {"live", "draft"}
    for scorecard_id, count in scored.query(
        "select scorecard_id, count(*) from leadscore.scored_leads group by 1"
    ):
        assert by_id[scorecard_id]["lead_count"] == count
        assert sum(band["lead_count"] for band in by_id[scorecard_id]["bands"]) == count
    rejected = sum(row["row_count"] for row in result["rejected_rows"])
    assert scored.query("select count(*) from leadscore.rejected_rows") == [(rejected,)]
    assert {step["status"] for step in result["steps"]} == {"success"}
    assert result["best_leads"][0]["score_rank"] == 1


def test_as_of_sets_the_scoring_moment(scored: Copy) -> None:
    assert scored.leadscore("run", "--as-of", "2025-12-01 10:20").code == 0
    assert scored.query(
        "select distinct cast(scored_at as varchar) from leadscore.scored_leads"
    ) == [("2025-12-01 10:20:00",)]


def test_a_wrong_as_of_is_said_without_a_stack_trace(scored: Copy) -> None:
    before = scored.marts()
    said = scored.leadscore("run", "--as-of", "yesterday", "--json")
    assert said.code == 1
    assert "yesterday" in said.json["error"]
    assert "Traceback" not in said.err
    assert scored.marts() == before


def test_a_changed_weight_changes_the_score_and_its_explanation(scored: Copy) -> None:
    scored.edit(
        "criteria",
        "b2b,fit,,Executive,attribute,title,,matches",
        "b2b,fit,,Boss,attribute,title,,matches",
    )
    path = scored.policy / "criteria.csv"
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("b2b_executive,"))
    assert line.count(",10,") == 1
    path.write_text(text.replace(line, line.replace(",10,", ",12.5,")), encoding="utf-8")
    assert scored.leadscore("run").code == 0
    said = scored.leadscore("explain", "example-b2b-53", "--scorecard", "b2b")
    assert "Boss" in said.out
    assert "+12.5" in said.out
    assert "score 55.5" in " ".join(said.out.split())


def test_files_as_spreadsheets_save_them_score_the_same(scored: Copy) -> None:
    before = scored.marts()
    marks = {"criteria": "\ufeff", "bands": "\ufeff", "groups": ""}
    ends = {"criteria": "\r\n", "bands": "\r\n", "groups": "\r", "scorecards": "\r\n"}
    for path in scored.policy.glob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        if path.stem in ("criteria", "actions"):
            lines = [f"{line},,," for line in lines]
            lines += [",,,", "", "  "][: 2 if path.stem == "actions" else 1]
        else:
            lines += ["", ""]
        if path.stem in ("criteria", "actions"):
            width = lines[0].count(",")
            lines = [line if line.strip(", ") else "," * width for line in lines]
        text = marks.get(path.stem, "") + ends.get(path.stem, "\n").join(lines)
        path.write_bytes(text.encode())
    assert scored.leadscore("run").code == 0
    after = scored.marts()
    # The audit holds a row per run.
    del before["run_audit"], after["run_audit"]
    assert after == before


# --- a bad policy ----------------------------------------------------------------------


def test_a_bad_policy_names_every_problem_and_changes_no_mart(
    scored: Copy,
) -> None:
    before = scored.marts()
    scored.edit("bands", "b2b,total,hot,60", "b2b,total,hot,sixty")
    scored.edit("scorecards", "b2b,B2B classic,live", "b2b,B2B classic,alive")
    said = scored.leadscore("run")
    assert said.code == 3
    assert "2 problems in the policy" in said.out
    for text in ("bands.csv", "b2b/total/hot", "min_points", "sixty", "scorecards.csv", "alive"):
        assert text in said.out
    assert "nothing was scored" in said.err
    assert "Traceback" not in said.err
    assert scored.marts() == before

    checked = scored.leadscore("check", "--only", "policy", "--json")
    assert checked.code == 3
    assert {
        (found["file"], found["row_id"], found["column_name"], found["value"])
        for found in checked.json["checks"]["policy"]["problems"]
    } == {
        ("bands.csv", "b2b/total/hot", "min_points", "sixty"),
        ("scorecards.csv", "b2b", "status", "alive"),
    }
    assert scored.marts() == before

    scored.edit("bands", "b2b,total,hot,sixty", "b2b,total,hot,60")
    scored.edit("scorecards", "b2b,B2B classic,alive", "b2b,B2B classic,live")
    assert scored.leadscore("run").code == 0
    after = scored.marts()
    # The audit holds a row per run.
    del before["run_audit"], after["run_audit"]
    assert after == before


def test_unreadable_files_and_wrong_cells_are_named_at_once(scored: Copy) -> None:
    before = scored.marts()
    groups = scored.policy / "groups.csv"
    groups.write_text(groups.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    (scored.policy / "actions.csv").unlink()
    scored.edit("bands", "b2b,total,hot,60", "b2b,total,hot,sixty")
    said = scored.leadscore("run", "--json")
    assert said.code == 3
    assert [(found["file"], found["row_id"]) for found in said.json["problems"]] == [
        ("groups.csv", "line 1"),
        ("actions.csv", ""),
        ("bands.csv", "b2b/total/hot"),
    ]
    assert scored.marts() == before


def test_a_part_run_is_stopped_by_a_bad_policy_too(scored: Copy) -> None:
    before = scored.marts()
    scored.edit("bands", "b2b,total,hot,60", "b2b,total,hot,sixty")
    assert scored.leadscore("run", "--select", "scored_accounts").code == 3
    assert scored.marts() == before


# --- other failures --------------------------------------------------------------------


def test_a_step_that_fails_is_named_with_its_reason(scored: Copy) -> None:
    model = scored.root / "models" / "marts" / "scoring" / "scored_accounts.sql"
    model.write_text("select no_such_column from {{ ref('scored_leads') }}", encoding="utf-8")
    said = scored.leadscore("run")
    assert said.code == 1
    assert "scored_accounts" in said.out
    assert "no_such_column" in said.out
    assert "where: scored_accounts" in said.err
    assert "Traceback" not in said.err


def test_a_project_that_does_not_parse_is_said(scored: Copy) -> None:
    (scored.root / "models" / "broken.sql").write_text("{{ ref('nowhere') }}", encoding="utf-8")
    said = scored.leadscore("run", "--json")
    assert said.code == 1
    assert "nowhere" in said.json["error"]


def test_raw_tables_that_are_missing_are_named(scored: Copy) -> None:
    said = scored.leadscore("run", "--vars", "{use_demo_data: false}", "--json")
    assert said.code == 4
    assert len(said.json["missing_tables"]) == 4
    assert "leadscore load" in said.json["remedy"]


def test_a_warehouse_in_use_is_said(scored: Copy) -> None:
    # DuckDB lets one process write; the lock of this process would not be seen by itself.
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; held = duckdb.connect(sys.argv[1])\n"
            "print('held', flush=True); input()",
            str(scored.warehouse),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        for words in (("run",), ("explain", "example-b2b-53")):
            said = scored.leadscore(*words)
            assert said.code == 1
            assert "cannot be opened" in said.err
            assert "Another program" in said.err
            assert "Traceback" not in said.err
    finally:
        holder.communicate("\n")


def test_wrong_words_are_usage_errors(scored: Copy, tmp_path: Path) -> None:
    assert scored.leadscore("run", "--no-such-option").code == 2
    assert scored.leadscore("no-such-command").code == 2
    assert scored.leadscore("run", "--vars", "just text").code == 2
    nowhere = scored.leadscore("run", "--project-dir", tmp_path / "nowhere")
    assert nowhere.code == 2
    assert "dbt_project.yml" in nowhere.err


def test_a_profiles_folder_without_profile_is_said(
    scored: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    said = scored.leadscore("run")
    assert said.code == 2
    assert "profiles.yml" in said.err


def test_an_unknown_target_is_said(scored: Copy) -> None:
    said = scored.leadscore("run", "--target", "nowhere", "--json")
    assert said.code == 1
    assert "nowhere" in said.json["error"]


def test_the_demo_does_not_replace_own_scores(scored: Copy) -> None:
    before = scored.marts()
    said = scored.leadscore("demo", "--vars", "{use_demo_data: false}")
    assert said.code == 2
    assert "use_demo_data" in said.err
    assert scored.marts() == before


def test_a_run_goes_on_when_nobody_reads_its_progress(
    scored: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As `leadscore run 2>&1 | head -1`: a thread that dies of it would leave dbt waiting.
    monkeypatch.setenv("PYTHONUNBUFFERED", "")
    ran = _without_a_reader("stderr", scored, "run", "--json")
    assert ran.returncode == 0
    assert b'"ok": true' in ran.stdout


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("words", [("--json",), ()], ids=["json", "table"])
def test_a_reader_who_has_seen_enough_is_no_failure(
    scored: Copy, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], unbuffered: str
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    ran = _without_a_reader("stdout", scored, "explain", "example-b2b-53", *words)
    assert ran.returncode == 0, ran.stderr
    assert b"Error" not in ran.stderr


def _without_a_reader(stream: str, copy: Copy, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command; whoever read that stream of it has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writer}
    try:
        return subprocess.run(
            [sys.executable, "-m", "leadscore", *words],
            cwd=copy.root,
            timeout=300,
            check=False,
            **streams,
        )
    finally:
        os.close(writer)


def test_every_command_has_a_help_text_and_the_codes_are_told(scored: Copy) -> None:
    said = scored.leadscore("--help")
    assert said.code == 0
    assert "Exit codes" in said.out
    for command in ("run", "check", "explain", "load", "demo"):
        assert command in said.out
        helped = scored.leadscore(command, "--help")
        assert helped.code == 0
        assert "--json" in helped.out


def test_nothing_is_written_to_the_home_folder(scored: Copy, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "leadscore", "explain", "example-b2b-53"],
        cwd=scored.root,
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert list(home.rglob("*")) == []
    assert not (scored.root / ".user.yml").exists()


# --- check -----------------------------------------------------------------------------


def test_check_says_of_each_part_how_it_is(scored: Copy) -> None:
    said = scored.leadscore("check", "--only", "policy", "--only", "parse", "--json")
    assert said.code == 0, said.out
    assert {name: part["ok"] for name, part in said.json["checks"].items()} == {
        "policy": True,
        "parse": True,
    }


def test_check_finds_what_dbt_warns_of(scored: Copy) -> None:
    project = scored.root / "dbt_project.yml"
    text = project.read_text(encoding="utf-8")
    project.write_text(text.replace("models:\n", "models:\n  nowhere:\n    +enabled: true\n", 1))
    said = scored.leadscore("check", "--only", "parse")
    assert said.code == 1
    assert "nowhere" in said.out
    assert "FAILED" in said.out


def test_check_finds_what_the_linter_finds_and_remembers_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Copy.fresh(tmp_path / "project")
    for folder in ("models", "seeds"):
        shutil.rmtree(copy.root / folder)
    shutil.copyfile(PROJECT / ".sqlfluff", copy.root / ".sqlfluff")
    model = copy.root / "models" / "lonely.sql"
    model.parent.mkdir()
    model.write_text("SELECT 1 as number\n", encoding="utf-8")
    said = copy.leadscore("check", "--only", "lint")
    assert said.code == 1
    assert "models/lonely.sql:1: CP01" in said.out

    model.write_text("select 1 as number\n", encoding="utf-8")
    assert copy.leadscore("check", "--only", "lint").code == 0
    monkeypatch.setattr(lint, "_run", lambda project: ["it ran again"])
    assert copy.leadscore("check", "--only", "lint").code == 0
    model.write_text("select 2 as number\n", encoding="utf-8")
    assert "it ran again" in copy.leadscore("check", "--only", "lint").out
