"""The workbench: pages on a scored demo, what other points do, and what is saved."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from command import Copy
from leadscore.errors import LeadscoreError
from leadscore.output import TYPED
from leadscore.policy_edit import CsvText
from leadscore.project import POLICY_FILES
from leadscore.project import Project as LeadscoreProject

streamlit = pytest.importorskip("streamlit", reason="the workbench is not installed: make app")
from leadscore.workbench import commands, effects, launch, ui  # noqa: E402
from leadscore.workbench.marts import PublishedFile, open_marts  # noqa: E402
from leadscore.workbench.policy_draft import PolicyDraft  # noqa: E402
from leadscore.workbench.settings import Settings  # noqa: E402
from leadscore.workbench.target import active_output  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

PAGES = ("leads", "scorecard", "performance", "quality")
Open = Callable[..., AppTest]


@pytest.fixture
def root(scored: Copy, tmp_path: Path) -> Path:
    """Return a project whose published file may be replaced, as a run does it."""
    source = scored.root
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copyfile(source / name, tmp_path / name)
    shutil.copytree(source / "seeds" / "scoring", tmp_path / "seeds" / "scoring")
    shutil.copyfile(source / "published.duckdb", tmp_path / "published.duckdb")
    return tmp_path


@pytest.fixture
def open_page(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Return what opens a page of that project."""

    def opened(page: str, **settings: Any) -> AppTest:
        chosen = Settings(root=str(root), salt=str(root), **settings)
        for name, value in chosen.environment().items():
            monkeypatch.setenv(name, value)
        script = f"from leadscore.workbench import {page}\n{page}.show()\n"
        return AppTest.from_string(script, default_timeout=60).run()

    yield opened
    streamlit.cache_data.clear()
    streamlit.cache_resource.clear()


def test_no_module_of_the_pages_is_taken_for_one_of_python() -> None:
    # Streamlit puts their folder before the standard library.
    modules = {path.stem for path in Path(ui.__file__).parent.glob("*.py")}
    assert "leads" in modules
    assert not modules & sys.stdlib_module_names


def replaced(root: Path, *statements: str) -> None:
    """Put a changed published file in the place of the one that is there, in one step."""
    path = root / "published.duckdb"
    new = root / "new.duckdb"
    shutil.copyfile(path, new)
    new.chmod(0o644)
    with duckdb.connect(str(new)) as connection:
        for statement in statements:
            connection.execute(statement)
    new.replace(path)


def asked(root: Path, sql: str) -> list[tuple]:
    # A copy: the pages of this process have the file itself open with other settings.
    copy = root / "asked.duckdb"
    copy.unlink(missing_ok=True)
    shutil.copyfile(root / "published.duckdb", copy)
    with duckdb.connect(str(copy), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def place_of(root: Path, **settings: Any) -> ui.Place:
    chosen = Settings(root=str(root), **settings)
    marts = open_marts(chosen.project())
    return ui.Place(chosen, chosen.project(), marts, marts.identity())


def policy_of(folder: Path) -> dict[str, list[dict[str, str]]]:
    texts = {name: (folder / f"{name}.csv").read_text("utf-8") for name in POLICY_FILES}
    return {name: CsvText(name, text).rows() for name, text in texts.items()}


def texts_of(page: AppTest) -> str:
    """All that the page sends to the browser, tables included."""
    tables = [table.value.to_json() for table in page.dataframe]
    return "\n".join([str(page._tree), *tables])


# --- the pages -----------------------------------------------------------------------------


def test_every_page_shows_the_demo_without_an_error(open_page: Open) -> None:
    for name in PAGES:
        page = open_page(name)
        assert not page.exception, (name, page.exception)
        assert not page.error, (name, [error.value for error in page.error])
        assert page.dataframe, name


def test_leads_are_ranked_searched_and_filtered(open_page: Open, root: Path) -> None:
    page = open_page("leads")
    ranked = asked(
        root,
        "select lead_id from leadscore.scored_leads where scorecard_id = 'b2b'"
        " and score_rank is not null order by score_rank, lead_id",
    )
    assert list(page.dataframe[0].value["Lead"]) == [row[0] for row in ranked[:50]]
    page.number_input[0].set_value(2).run()
    assert list(page.dataframe[0].value["Lead"]) == [row[0] for row in ranked[50:100]]

    page.multiselect(key="leads_band_b2b").select("warm").run()
    warm = asked(
        root,
        "select count(*) from leadscore.scored_leads where scorecard_id = 'b2b' and band = 'warm'",
    )[0][0]
    assert f"of {warm} leads" in page.text[0].value
    assert set(page.dataframe[0].value["Band"]) == {"warm"}

    page.text_input(key="leads_search").input("AMPLE-B2B-53").run()
    assert list(page.dataframe[0].value["Lead"]) == ["example-b2b-53"]
    # A sign of LIKE is no pattern, and a quote ends no text.
    for sought in ("%", "_", "x' or 'a' = 'a"):
        page.text_input(key="leads_search").input(sought).run()
        assert not page.exception
        assert "No lead is like that" in page.info[0].value


def test_a_lead_opens_to_a_ledger_that_adds_up(open_page: Open) -> None:
    page = open_page("leads")
    page.text_input(key="leads_search").input("example-b2b-53").run()
    page.selectbox(key="leads_choice").select("example-b2b-53").run()
    assert not page.exception
    assert not page.error
    ledger = next(table.value for table in page.dataframe if "Sum" in table.value)
    assert ledger["Points"].sum() == ledger["Sum"].iloc[-1] == 53
    assert page.metric[0].value == "53"


def test_what_comes_from_data_stays_text(open_page: Open, root: Path) -> None:
    wild = "<script>alert(1)</script> :red[x] **b** $x$ [a](http://b)"
    replaced(
        root,
        *(
            f"update leadscore.{mart} set lead_id = '{wild}' where lead_id = 'example-b2b-53'"
            for mart in ("scored_leads", "lead_score_contributions", "lead_score_history")
        ),
    )
    page = open_page("leads")
    page.text_input(key="leads_search").input("<script>").run()
    page.selectbox(key="leads_choice").select(wild).run()
    heading = page.header[0].value
    assert "<" not in heading
    for markup in ("**b**", ":red[", "$x$", "](http"):
        assert markup not in heading
    assert "allow_html: true" not in str(page._tree)
    assert not any(part.proto.allow_html for part in page.markdown)


def test_personal_data_can_be_hidden(open_page: Open, root: Path) -> None:
    ids = asked(root, "select lead_id, account_id from leadscore.scored_leads")
    values = asked(
        root,
        "select distinct matched_value from leadscore.lead_score_contributions"
        " where length(matched_value) > 9",
    )
    secrets = {cell for row in ids + values for cell in row if cell}
    page = open_page("leads", hide_personal_data=True)
    page.selectbox(key="leads_choice").select_index(0).run()
    assert page.header[0].value.startswith("Lead lead")
    shown = [texts_of(page)]
    for name in ("scorecard", "quality"):
        page = open_page(name, hide_personal_data=True)
        if name == "scorecard":
            page.selectbox(key="weight_of_b2b").select("b2b_free_trial").run()
            page.number_input[0].set_value(40).run()
            assert any("Band after" in table.value for table in page.dataframe)
            shown += [table.value.to_json() for table in page.dataframe if "Lead" in table.value]
        else:
            shown.append(texts_of(page))
    for text in shown:
        assert not [secret for secret in secrets if f'"{secret}"' in text]
        assert "event_id" not in text


def test_columns_of_leads_are_shown_and_searched_unless_hidden(open_page: Open, root: Path) -> None:
    replaced(
        root,
        "alter table leadscore.scored_leads add column email varchar",
        "update leadscore.scored_leads set email = lead_id || '@example.com'",
    )
    page = open_page("leads")
    assert "@example.com" in texts_of(page)
    page.text_input(key="leads_search").input("b2b-53@EXAMPLE.com").run()
    shown = page.dataframe[0].value
    assert list(shown["Lead"]) == ["example-b2b-53"]
    assert list(shown["email"]) == ["example-b2b-53@example.com"]
    # No column of the mart itself is taken for one of the leads'.
    assert not {"fit_score", "policy_version", "scored_at"} & set(shown)
    assert "@example.com" not in texts_of(open_page("leads", hide_personal_data=True))


def test_a_new_publication_is_followed(open_page: Open, root: Path) -> None:
    page = open_page("leads")
    assert "of 593 leads" in page.text[0].value
    # The old file is still open in this process while the new one takes its place.
    replaced(root, "delete from leadscore.scored_leads where band <> 'hot'")
    page.run()
    assert "of 44 leads" in page.text[0].value


def test_choices_that_a_new_publication_does_not_have_are_let_go(
    open_page: Open, root: Path
) -> None:
    page = open_page("leads")
    page.selectbox(key="leads_scorecard").set_value(("techplus", "live")).run()
    page.multiselect(key="leads_band_techplus").select("cold").run()
    page.number_input[0].set_value(2).run()
    assert "51 to 98 of 98 leads" in page.text[0].value
    replaced(root, "delete from leadscore.scored_leads where band = 'cold'")
    page.run()
    assert not page.exception
    assert page.dataframe
    replaced(root, "delete from leadscore.scored_leads where scorecard_id = 'techplus'")
    page.run()
    assert not page.exception
    assert page.dataframe


def test_nothing_published_and_missing_or_empty_marts_are_told(
    open_page: Open, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the command was typed that opened the workbench.
    monkeypatch.setenv(TYPED, "/there/leadscore")
    kept = (root / "published.duckdb").read_bytes()
    (root / "published.duckdb").unlink()
    for name in ("leads", "performance", "quality"):
        page = open_page(name)
        assert not page.exception
        assert "Nothing is published yet" in page.info[0].value
        assert "/there/leadscore run" in page.info[0].value.replace("\\", "")
    (root / "published.duckdb").write_bytes(kept)
    page.run()
    assert not page.info

    replaced(root, "drop table leadscore.score_gains", "drop table leadscore.rejected_rows")
    for name in ("performance", "quality"):
        page = open_page(name)
        assert not page.exception
        assert "is not there" in page.warning[0].value
        assert page.dataframe, "the other parts of the page are shown all the same"

    marts = asked(root, "select table_name from duckdb_tables()")
    replaced(root, *(f"delete from leadscore.{name}" for (name,) in marts))
    for name in PAGES:
        page = open_page(name)
        assert not page.exception
        assert page.info

    (root / "published.duckdb").write_bytes(b"no database at all")
    page = open_page("leads")
    assert not page.exception
    assert "cannot be opened" in page.error[0].value


def test_pages_of_rows_and_figures_are_all_that_python_gets(
    open_page: Open, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0
    rows = PublishedFile.rows

    def counted(self: PublishedFile, sql: str) -> list[dict[str, Any]]:
        nonlocal most
        found = rows(self, sql)
        # Counts per score, band or grade do not grow with the leads.
        most = max(most, 0 if "group by" in sql else len(found))
        return found

    monkeypatch.setattr(PublishedFile, "rows", counted)
    for name in PAGES:
        open_page(name)
    assert 0 < most <= max(ui.ROWS_PER_PAGE, 100)


# --- what other points do ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scorecard", "status"), [("b2b", "live"), ("techplus", "live"), ("hundred", "draft")]
)
def test_the_policy_as_it_is_gives_the_published_scores(
    root: Path, scorecard: str, status: str
) -> None:
    place = place_of(root)
    again = effects.Rescoring(place, scorecard, status, policy_of(root / "seeds" / "scoring"))
    for is_back_test in (False, True):
        differing = place.rows(
            "select count(*) as leads, coalesce(sum(case when score_after <> score_before"
            " or band_after is distinct from band_before then 1 else 0 end), 0) as others"
            f" from ({again.sql(is_back_test)})"
        )[0]
        assert differing["leads"] > 100
        assert differing["others"] == 0
    found = again.effect()
    assert (found.rescored, found.moves, found.first) == (0, [], [])
    told = asked(
        root,
        "select lift_10, lift_20, auc from leadscore.score_performance"
        f" where scorecard_id = '{scorecard}'",
    )[0]
    figures = found.back_test["after"]
    shown = [round(Decimal(figures[name]), 6) for name in ("lift_10", "lift_20", "auc")]
    assert shown == list(told)


def test_other_points_do_at_once_what_the_full_preview_says(scored: Copy, tmp_path: Path) -> None:
    edited = tmp_path / "edited"
    shutil.copytree(scored.policy, edited)
    draft = PolicyDraft.of(edited)
    for file, key, row, column, value in (
        ("criteria", "criterion_id", "b2b_free_trial", "points", "31"),
        ("criteria", "criterion_id", "b2b_email_clicks", "max_points", "8.00"),
        ("criteria", "criterion_id", "tp_docs", "points", "2.5"),
        ("groups", "group_id", "website", "max_points", "18"),
        ("dimensions", "max_points", "75", "max_points", "70"),
        ("bands", "min_points", "35", "min_points", "33"),
        ("scorecards", "scorecard_id", "hundred", "base_points", "3"),
    ):
        draft.set_cell(file, key, row, column, value)
    draft.save()
    before = {path.name: path.read_bytes() for path in edited.iterdir()}
    said = scored.leadscore("preview", "--policy-dir", str(edited), "--json").json
    assert {path.name: path.read_bytes() for path in edited.iterdir()} == before

    place = place_of(scored.root)
    for full in said["scorecards"]:
        status = full["status_after"]
        found = effects.Rescoring(place, full["scorecard_id"], status, draft.policy()).effect()
        assert full["leads"]["score_changed"] == found.rescored > 0
        moves = {(move["from_band"], move["to_band"]): move["leads"] for move in full["moves"]}
        assert moves == {
            (move["band_before"], move["band_after"]): move["leads"] for move in found.moves
        }
        measures = {each["measure"]: each["after"] for each in full["back_test"]["measures"]}
        for name in ("lift_10", "lift_20", "auc"):
            assert found.back_test["after"][name] == pytest.approx(measures[name], abs=1e-6)


def test_scoring_only_the_leads_that_an_edit_touches_gives_the_same(root: Path) -> None:
    place = place_of(root)
    before = policy_of(root / "seeds" / "scoring")
    after = policy_of(root / "seeds" / "scoring")
    for row in after["criteria"]:
        if row["criterion_id"] in ("b2b_free_trial", "b2b_email_clicks"):
            row["points"] = str(int(row["points"]) * 2)
    edited = effects.edited_criteria(effects.changes(before, after))
    assert edited == {"b2b_free_trial", "b2b_email_clicks"}
    all_leads = effects.Rescoring(place, "b2b", "live", after).effect()
    touched = effects.Rescoring(place, "b2b", "live", after, edited).effect()
    assert all_leads.rescored > 100
    assert touched == all_leads
    after["groups"][0]["max_points"] = "1"
    assert effects.edited_criteria(effects.changes(before, after)) is None


def test_what_the_ledger_does_not_know_is_said_to_be_left_out(root: Path) -> None:
    before = policy_of(root / "seeds" / "scoring")
    after = policy_of(root / "seeds" / "scoring")
    after["criteria"][0]["value"] = "other"
    after["criteria"][1]["points"] = "7"
    after["criteria"].append({"criterion_id": "new", "scorecard_id": "b2b"})
    del after["bands"][-1]
    found = {
        (change.file, change.column): change.is_followed
        for change in effects.changes(before, after)
    }
    assert found == {
        ("criteria", "value"): False,
        ("criteria", "points"): True,
        ("criteria", None): False,
        ("bands", None): False,
    }


def test_a_weight_that_is_no_number_is_told(open_page: Open) -> None:
    page = open_page("scorecard")
    draft = page.session_state["policy"]
    draft.set_cell("criteria", "criterion_id", "b2b_free_trial", "points", "2O")
    page.run()
    assert not page.exception
    assert "2O is no number" in page.error[0].value


def test_moving_a_weight_shows_who_changes_band(open_page: Open) -> None:
    page = open_page("scorecard")
    assert not page.metric
    page.selectbox(key="weight_of_b2b").select("b2b_free_trial").run()
    page.number_input[0].set_value(25).run()
    shown = {figure.label: figure.value for figure in page.metric}
    assert (shown["Other score"], shown["Other band"], shown["Leads"]) == ("73", "11", "593")
    assert "-b2b_free_trial" in page.code[0].value
    page.button(key="discard").click().run()
    assert not page.metric


# --- saving --------------------------------------------------------------------------------


def test_a_saved_file_differs_in_the_edited_cells_only(root: Path) -> None:
    folder = root / "seeds" / "scoring"
    path = folder / "criteria.csv"
    # A spreadsheet's mark and line ends, and no end of the last line.
    text = path.read_text("utf-8").rstrip("\n").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))
    before = path.read_bytes().split(b"\r\n")
    draft = PolicyDraft.of(folder)
    draft.deltas["criteria"] = {
        "edited_rows": {19: {"points": "25", "notes": 'a, "b"'}, 3: {"notes": None}},
        "added_rows": [{"criterion_id": "new", "scorecard_id": "b2b"}, {}],
        "deleted_rows": [5],
    }
    assert draft.edited() == ["criteria"]
    assert [saved.name for saved in draft.save()] == ["criteria.csv"]
    after = path.read_bytes().split(b"\r\n")
    gone = set(before) - set(after)
    come = set(after) - set(before)
    assert {line.split(b",")[0] for line in gone} == {
        b"b2b_employees_100_500",
        b"b2b_employees_under_10",
        b"b2b_free_trial",
    }
    assert {line.split(b",")[0] for line in come} == {
        b"b2b_employees_100_500",
        b"b2b_free_trial",
        b"new",
        b"",
    }
    assert b'"a, ""b"""' in b"".join(come)
    assert not draft.edited()

    # Somebody else's edit is not overwritten.
    path.write_bytes(path.read_bytes() + b"\r\n")
    draft.set_cell("criteria", "criterion_id", "new", "points", "1")
    with pytest.raises(LeadscoreError, match="changed meanwhile"):
        draft.save()


def test_a_page_runs_what_takes_the_warehouse(
    scored: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in Settings(root=str(scored.root)).environment().items():
        monkeypatch.setenv(name, value)
    scripts = {page: f"from leadscore.workbench import {page}\n{page}.show()\n" for page in PAGES}

    leads = AppTest.from_string(scripts["leads"], default_timeout=600).run()
    leads.selectbox(key="leads_scorecard").set_value(("techplus", "live")).run()
    leads.text_input(key="leads_search").input("example-techplus-55").run()
    leads.selectbox(key="leads_choice").select("example-techplus-55").run()
    leads.button(key="lead_next").click().run()
    assert not leads.exception
    assert not leads.error
    assert any("it becomes cool (25) on 2026-07-20" in text.value for text in leads.text)
    steps = next(table.value for table in leads.dataframe if "Step" in table.value)
    assert "3 x login" in list(steps["Step"])

    policy = AppTest.from_string(scripts["scorecard"], default_timeout=600).run()
    criteria = scored.policy / "criteria.csv"
    before = criteria.read_bytes()
    draft = policy.session_state["policy"]
    draft.set_cell("criteria", "criterion_id", "b2b_free_trial", "points", "2O")
    policy.run()
    policy.button(key="save").click().run()
    assert not policy.exception
    assert any("Nothing is saved" in error.value for error in policy.error)
    problems = next(table.value for table in policy.dataframe if "Problem" in table.value)
    assert list(problems["Row"]) == ["b2b_free_trial"]
    assert criteria.read_bytes() == before

    draft.set_cell("criteria", "criterion_id", "b2b_free_trial", "points", "25")
    policy.run()
    policy.button(key="preview").click().run()
    assert not policy.exception
    assert not policy.error
    assert policy.subheader[-1].value == "Full preview"
    figures = [figure for figure in policy.metric if figure.label == "Other band"]
    assert [figure.value for figure in figures] == ["11", "11"], "at once, and in full"
    assert criteria.read_bytes() == before


def test_problems_of_a_command_reach_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended:
        stdout = json.dumps(
            {
                "ok": False,
                "checks": {
                    "policy": {
                        "summary": "1 problem",
                        "problems": [
                            {
                                "file": "criteria.csv",
                                "row_id": "a",
                                "column_name": "points",
                                "value": "x",
                                "problem": "no number",
                                "remedy": "mend it",
                            }
                        ],
                    }
                },
            }
        )
        stderr = ""

    monkeypatch.setattr(commands.subprocess, "run", lambda *_, **__: Ended)
    with pytest.raises(commands.RefusedPolicyError) as refused:
        commands.leadscore(LeadscoreProject(Path(".")), "check")
    assert refused.value.problems[0].row_id == "a"


# --- start ---------------------------------------------------------------------------------


def test_the_active_output_is_read_without_dbt(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADSCORE_DUCKDB_PATH", raising=False)
    monkeypatch.delenv("DBT_PROFILES_DIR", raising=False)
    project = LeadscoreProject(root)
    assert active_output(project) == {"type": "duckdb", "path": "warehouse.duckdb"}
    monkeypatch.setenv("LEADSCORE_DUCKDB_PATH", "elsewhere/my.duckdb")
    assert active_output(project)["path"] == "elsewhere/my.duckdb"
    assert open_marts(project).path == (root / "elsewhere" / "published.duckdb").resolve()
    assert active_output(LeadscoreProject(root, "postgres"))["type"] == "postgres"
    with pytest.raises(LeadscoreError, match="no target nowhere"):
        active_output(LeadscoreProject(root, "nowhere"))


def test_a_port_that_is_taken_is_told() -> None:
    with launch.socket.socket() as taken:
        taken.bind((launch.LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LeadscoreError, match=f"port {port} is in use"):
            launch._free_port(port)


def test_reading_holds_no_lock_on_the_published_file(root: Path) -> None:
    marts = place_of(root).marts
    assert marts.rows("select 1 as one") == [{"one": 1}]
    before = marts.identity()
    time.sleep(0.01)
    replaced(root, "create table leadscore.added as select 1 as x")
    assert marts.identity() != before
    assert marts.has("added")
    with pytest.raises(LeadscoreError):
        marts.rows("create table leadscore.mine as select 1 as x")
    # Nor does it read other files, whether in the folder of temporary files or elsewhere.
    for file in (root / "dbt_project.yml", Path(__file__)):
        with pytest.raises(LeadscoreError, match=r"(?i)permission"):
            marts.rows(f"select * from read_text('{file}')")
