"""Exports to other systems: what changed, once for each, in the columns that they want."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from command import Copy, Said
from leadscore.column_maps import read_map
from leadscore.errors import LeadscoreError
from processes import Spawner

TYPES = {
    "lead_id": "string",
    "score": "decimal(38,2)",
    "action_due_at": "timestamp",
    "band": "string",
}
# Leads of the demo, by what is done to them below.
RISES, FALLS, CHANGES, LEAVES, MERGES, RESTS = (
    *("L-0259", "L-0255", "L-0036", "example-competitor", "L-0029"),
    "L-0498",
)


def leads_of(copy: Copy, said: Said) -> dict[tuple[str, str], dict]:
    """Return the lines of a JSON-lines export by scorecard and lead."""
    (file,) = said.json["files"]
    lines = Path(file["file"]).read_text(encoding="utf-8").splitlines()
    assert len(lines) == file["rows"] > 0
    rows = [json.loads(line) for line in lines]
    found = {(row["scorecard_id"], row["lead_id"]): row for row in rows}
    assert len(found) == len(rows)
    assert {row["batch_id"] for row in rows} == {file["batch_id"]}
    return found


def export(copy: Copy, *words: str, destination: str = "lake") -> Said:
    """Export as JSON lines; it must go well."""
    words = words if "--format" in words else (*words, "--format", "jsonl")
    said = copy.leadscore("export", "--destination", destination, "--json", *words)
    assert said.code == 0, said.err
    return said


def move_leads(copy: Copy) -> None:
    """Change scores of b2b as a later run would."""
    for sql in (
        f"set band = 'top', score = 99 where lead_id = '{RISES}'",
        f"set band = null, score = 1.5 where lead_id = '{FALLS}'",
        f"set recommended_action = 'Write' where lead_id = '{CHANGES}'",
        # Later, but otherwise as before: nothing to tell.
        f"set scored_at = timestamp '2026-03-02' where lead_id = '{RESTS}'",
    ):
        copy.query(
            f"update leadscore.scored_leads {sql} and scorecard_id = 'b2b' returning lead_id"
        )
    copy.query(
        "delete from leadscore.scored_leads where scorecard_id = 'b2b'"
        f" and lead_id in ('{LEAVES}', '{MERGES}') returning 1"
    )
    copy.query(
        "insert into leadscore_intermediate.int_identity__merges (merged_lead_id, lead_id,"
        f" merged_at) values ('{MERGES}', '{RESTS}', now()) returning 1"
    )


def test_the_first_export_is_all_of_it_and_the_next_what_changed(scored: Copy) -> None:
    first = leads_of(scored, export(scored))
    expected = scored.query(
        "select scorecard_id, lead_id, score, row_hash from leadscore.sync_lead_scores"
    )
    assert {(*key, Decimal(str(row["score"])), row["row_hash"]) for key, row in first.items()} == {
        tuple(row) for row in expected
    }
    assert {row["change_type"] for row in first.values()} == {"new"}
    files = sorted((scored.root / "exports").iterdir())
    # Nothing changed, so nothing is written.
    assert export(scored).json["files"] == []
    assert sorted((scored.root / "exports").iterdir()) == files

    move_leads(scored)
    second = leads_of(scored, export(scored))
    said = {
        lead: (row["change_type"], row["change_reason"], row["previous_band"], row["band"])
        for (_, lead), row in second.items()
    }
    assert said == {
        RISES: ("moved", "hot to top", "hot", "top"),
        FALLS: ("moved", "hot to no band", "hot", None),
        CHANGES: ("changed", "other action", "hot", "hot"),
        LEAVES: ("gone", "no longer in the audience", "disqualified", "gone"),
        MERGES: ("gone", f"merged into {RESTS}", "hot", "gone"),
    }
    assert second["b2b", RISES]["previous_score"] == first["b2b", RISES]["score"]
    gone = second["b2b", MERGES]
    assert (gone["score"], gone["recommended_action"], gone["score_status"]) == (0, None, "gone")
    assert gone["account_id"] == first["b2b", MERGES]["account_id"]
    assert export(scored).json["files"] == []


def test_a_lead_that_comes_back_is_new_and_full_tells_all_again(scored: Copy) -> None:
    export(scored, "--scorecard", "techplus")
    scored.query("create table leadscore.aside as from leadscore.scored_leads")
    scored.query("delete from leadscore.scored_leads where scorecard_id = 'techplus' returning 1")
    gone = leads_of(scored, export(scored, "--scorecard", "techplus"))
    assert {(row["change_type"], row["change_reason"]) for row in gone.values()} == {
        ("gone", "scorecard no longer live")
    }
    assert export(scored, "--scorecard", "techplus").json["files"] == []
    scored.query(
        "insert into leadscore.scored_leads"
        " from leadscore.aside where scorecard_id = 'techplus' returning 1"
    )
    back = leads_of(scored, export(scored, "--scorecard", "techplus"))
    assert {row["change_type"] for row in back.values()} == {"new"}
    assert len(back) == len(gone)
    # The other scorecard was never told of, and does not count as gone.
    full = leads_of(scored, export(scored, "--full"))
    assert {(card, row["change_type"]) for (card, _), row in full.items()} == {
        ("b2b", "new"),
        ("techplus", "same"),
    }
    scored.query("drop table leadscore.aside")


def test_two_destinations_know_nothing_of_each_other(scored: Copy) -> None:
    export(scored, destination="lake")
    move_leads(scored)
    assert len(leads_of(scored, export(scored, destination="lake"))) == 5
    rows = scored.query("select count(*) from leadscore.sync_lead_scores")[0][0]
    other = leads_of(scored, export(scored, destination="other"))
    assert len(other) == rows
    assert {row["change_type"] for row in other.values()} == {"new"}
    assert export(scored, destination="lake").json["files"] == []


def test_a_dry_run_says_what_an_export_does_and_does_nothing(scored: Copy) -> None:
    export(scored)
    move_leads(scored)
    before = scored.marts()
    said = export(scored, "--dry-run")
    assert said.json["files"] == []
    assert {(row["change_type"], row["lead_count"]) for row in said.json["changes"]} == {
        ("moved", 2),
        ("changed", 1),
        ("gone", 2),
    }
    assert said.json["first"][0]["lead_id"] == RISES
    told = scored.leadscore("export", "--destination", "lake", "--dry-run")
    assert "hot to top" in told.out
    assert scored.marts() == before
    assert len(list((scored.root / "exports").iterdir())) == 1
    assert export(scored).json["files"][0]["changes"] == {"moved": 2, "changed": 1, "gone": 2}
    told = scored.leadscore("export", "--destination", "lake", "--dry-run")
    assert "Nothing changed for lake" in told.out


# --- maps --------------------------------------------------------------------------------


def rows_of(said: Said) -> list[dict[str, str]]:
    (file,) = said.json["files"]
    with Path(file["file"]).open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_hubspot_and_salesforce_get_their_columns(scored: Copy) -> None:
    scored.query(
        "insert into leadscore.hand_offs (hand_off_id, scorecard_id, lead_id, to_band,"
        " handed_off_at, due_at) values ('one', 'b2b', 'L-0259', 'hot',"
        " timestamp '2026-03-01', timestamp '2026-03-01 04:05:06.789') returning 1"
    )
    words = ("--scorecard", "b2b", "--format", "csv")
    hubspot = {
        row["Record ID"]: row for row in rows_of(export(scored, *words, destination="hubspot"))
    }
    lead = hubspot["L-0259"]
    assert (lead["Lead score"], lead["Lead band"], lead["Lead action due"]) == (
        "93.00",
        "hot",
        "2026-03-01",
    )
    assert lead["Lead score reasons"].startswith("Started free trial (+20)")
    # HubSpot keeps what it has where a cell is empty.
    assert hubspot["L-0128"]["Lead action"] == "none"
    # No consent, no address.
    assert {row["Email"] for row in hubspot.values()} == {""}

    said = export(scored, *words, "--map", "salesforce", destination="crm")
    salesforce = {row["Id"]: row for row in rows_of(said)}
    assert salesforce["L-0259"]["Lead_Action_Due__c"] == "2026-03-01T04:05:06.789Z"
    assert salesforce["L-0128"]["Lead_Action__c"] == "#N/A"
    assert set(salesforce) == set(hubspot)
    assert len(salesforce["L-0259"]) == 13


def test_texts_in_csv_run_nowhere_and_are_whole_elsewhere(scored: Copy) -> None:
    evil = '=HYPERLINK("http://evil.example")'
    scored.query(
        f"update leadscore.scored_leads set top_reasons = '{evil}' where lead_id = 'L-0259'"
        " returning 1"
    )
    words = ("--scorecard", "b2b", "--format")
    rows = rows_of(export(scored, *words, "csv", destination="hubspot"))
    assert [row["Lead score reasons"] for row in rows if row["Record ID"] == "L-0259"] == [
        "'" + evil
    ]
    plain = leads_of(scored, export(scored, *words, "jsonl"))
    assert plain["b2b", "L-0259"]["top_reasons"] == evil
    said = export(scored, *words, "parquet", "--map", "salesforce", destination="crm")
    file = said.json["files"][0]["file"].replace("'", "''")
    assert scored.query(
        f"select Lead_Score_Reasons__c, Lead_Score__c from '{file}' where Id = 'L-0259'"
    ) == [(evil, Decimal("93.00"))]


def test_a_map_that_cannot_be_followed_is_refused_whole(scored: Copy) -> None:
    path = scored.root / "handoff" / "maps" / "hubspot.csv"
    path.write_text("column,field\nlead_id,Id\nscores,Points\n,Nothing\n", encoding="utf-8")
    said = scored.leadscore("export", "--destination", "hubspot", "--scorecard", "b2b", "--json")
    assert said.code == 2
    assert "Line 3: there is no column 'scores'. Did you mean score?" in said.json["error"]
    assert "Line 4" in said.json["error"]
    assert said.json["where"] == str(path)
    assert not (scored.root / "exports").exists()
    assert scored.query("select count(*) from leadscore.export_batches") == [(0,)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "It has no column column."),
        ("column,field\n", "It has no rows."),
        ("column;field\nlead_id;Id\n", "It has no column field."),
        ("column,field,colour\nlead_id,Id,red\n", "'colour', which nothing reads"),
        ("column,field\nlead_id,\n", "the column lead_id has no field"),
        ("column,field\nlead_id,Id\nband,ID\n", "The field ID stands there twice."),
        ("column,field,transform\nlead_id,Id,shout\n", "no transform 'shout'"),
        ("column,field,transform\nlead_id,Id,date\n", "date is for a column with a time"),
        ("column,field,transform\nscore,Points,cut:5\n", "cut:5 is for a column with a text"),
        ('column,field\n"lead_id,Id\n', "not readable as CSV"),
    ],
)
def test_each_mistake_in_a_map_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "map.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LeadscoreError) as refused:
        read_map(path, TYPES)
    assert words in str(refused.value)


def test_cells_are_written_as_the_map_says(tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    path.write_text(
        "\ufeffColumn ,field,transform,when_empty,notes\n".replace("Column", "column")
        + "score,Whole,integer,,\nscore,Exact,,0,\naction_due_at,Day,date,,\n"
        "action_due_at,Time,time,never,\naction_due_at,Epoch,milliseconds,,\n\n"
        "band,Loud,upper,,\nBAND,Short,cut:2,none,\nlead_id,Id,lower,,as it is\n",
        encoding="utf-8",
    )
    fields = {field.name: field for field in read_map(path, TYPES).fields}
    moment = datetime(2026, 3, 1, 4, 5, 6, 789_999)
    assert [fields[name].cell(Decimal("-2.50")) for name in ("Whole", "Exact")] == [
        -3,
        Decimal("-2.50"),
    ]
    assert [fields[name].cell(moment) for name in ("Day", "Time", "Epoch")] == [
        "2026-03-01",
        "2026-03-01T04:05:06.789Z",
        1772337906789,
    ]
    assert [fields[name].cell("Hot") for name in ("Loud", "Short", "Id")] == ["HOT", "Ho", "hot"]
    assert {name: field.cell(None) for name, field in fields.items()} == {
        **dict.fromkeys(("Whole", "Day", "Epoch", "Loud", "Id")),
        "Exact": "0",
        "Time": "never",
        "Short": "none",
    }


# --- killed ------------------------------------------------------------------------------


@pytest.fixture
def spawner(tmp_path: Path) -> Iterator[Spawner]:
    started = Spawner(tmp_path / "processes")
    yield started
    started.stop()


def states(copy: Copy) -> dict[str, str]:
    """The batches of an export by how far they came."""
    return dict(copy.query("select status, batch_id from leadscore.export_batches"))


def lines_of(path: Path) -> list[str]:
    return [json.loads(line)["sync_id"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_killed_export_is_finished_as_the_same_batch(scored: Copy, spawner: Spawner) -> None:
    words = ("export", "--destination", "lake", "--format", "jsonl", "--json")
    folder = scored.root / "exports"
    whole = spawner.start(scored.root, *words, "--to", "elsewhere").wait()
    assert whole.code == 0, whole.err
    everything = set(lines_of(Path(whole.json["files"][0]["file"])))
    wanted, kill_at = {"whole file", "no file"}, whole.statements
    # Backwards from the end: recorded, then the file is whole, then it is only planned.
    while wanted:
        scored.restore()
        killed = spawner.start(scored.root, *words, kill_at=kill_at).wait()
        assert killed.code < 0, killed.out
        kill_at -= 1
        left = {path.name: path.read_bytes() for path in folder.glob("*.jsonl")}
        found = states(scored)
        if "written" in found:
            continue
        assert "planned" in found, "it was killed in each of the states before"
        state = "whole file" if left else "no file"
        if state not in wanted:
            continue
        wanted.remove(state)
        # Meanwhile a run gives other scores.
        move_leads(scored)
        first, second = export(scored).json["files"]
        assert (first["is_repeated"], second["is_repeated"]) == (True, False)
        assert first["batch_id"] == found["planned"]
        assert set(left) <= {Path(first["file"]).name}
        for content in left.values():
            assert Path(first["file"]).read_bytes() == content
        # What was planned, each once, though it is not what a plan would be now.
        assert Counter(lines_of(Path(first["file"]))) == Counter(everything)
        assert second["changes"] == {"moved": 2, "changed": 1, "gone": 2}
        assert sorted(path.name for path in folder.iterdir()) == sorted(
            Path(file["file"]).name for file in (first, second)
        )
        assert export(scored).json["files"] == []


# --- what is refused ---------------------------------------------------------------------


def test_what_cannot_be_meant_is_refused(scored: Copy) -> None:
    for words, code, told in (
        ((), 2, "Name one"),
        (("scored_leads", "--destination", "lake"), 2, "Name one"),
        (("scored_leads", "--dry-run"), 2, "go with --destination"),
        (("--destination", "a b"), 2, "no name for a destination"),
        (("--destination", "../x"), 2, "no name for a destination"),
        (("--destination", "hubspot"), 2, "b2b, techplus, and no column that tells them apart"),
        (("--destination", "hubspot", "--dry-run"), 2, "--scorecard"),
        (("--destination", "lake", "--scorecard", "b2c"), 4, "b2b, techplus"),
        (("--destination", "lake", "--map", "pipedrive"), 4, "hubspot, salesforce"),
        (("--destination", "lake", "--to", "README.md/here"), 1, "cannot be written"),
    ):
        said = scored.leadscore("export", *words)
        assert (said.code, told in said.err) == (code, True), (words, said.err)
    # What could not be written is still to be written.
    assert len(export(scored).json["files"]) == 1
    scored.query("drop view leadscore.sync_lead_scores")
    said = scored.leadscore("export", "--destination", "lake")
    assert said.code == 4
    assert "leadscore run" in said.err
