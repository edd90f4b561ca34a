"""What is wrong with a policy CSV as a file is named, and what spreadsheets do to it is borne."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from harness import PROJECT
from leadscore.policy_files import PolicyProblem, check_policy_files

HEADER = "scorecard_id,scope,band,min_points"
BANDS = f"{HEADER}\nb2b,total,hot,60\nb2b,total,cold,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / "seeds" / "scoring", tmp_path / "scoring")
    return tmp_path / "scoring"


def problems(folder: Path, content: bytes | str) -> list[PolicyProblem]:
    """The problems of the folder once bands.csv holds this."""
    encoded = content if isinstance(content, bytes) else content.encode()
    (folder / "bands.csv").write_bytes(encoded)
    return check_policy_files(folder).problems


def test_the_policy_of_the_project_is_in_order(folder: Path) -> None:
    found = check_policy_files(folder)
    assert found.problems == []
    assert found.absent == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("\ufeff" + BANDS, id="byte-order mark"),
        pytest.param(BANDS.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(BANDS.replace("\n", "\r"), id="CR alone, as an old Mac"),
        pytest.param(BANDS.rstrip("\n"), id="no line end at the end"),
        pytest.param(BANDS.replace("\n", ",,,\n"), id="trailing empty columns"),
        pytest.param(BANDS + "\n\n  \n,,,\n,\n", id="trailing empty lines"),
        pytest.param(HEADER + "\n", id="a header alone"),
        pytest.param(HEADER + ',notes\nb2b,total,hot,60,"a ""b"",\nc"\n', id="quotes, line break"),
        pytest.param(HEADER + ',notes\nb2b,total,hot,60,a screen of 5"\n', id="a quote within"),
    ],
)
def test_what_spreadsheets_write_is_fine(folder: Path, content: str) -> None:
    assert problems(folder, content) == []


@pytest.mark.parametrize(
    ("content", "row", "column", "what"),
    [
        pytest.param("", "", "", "is empty", id="nothing"),
        pytest.param(" \n\n", "", "", "is empty", id="blank lines alone"),
        pytest.param("\n" + BANDS, "line 1", "", "is empty", id="no header in the first line"),
        pytest.param(BANDS.encode("utf-16"), "", "", "UTF-16", id="UTF-16"),
        pytest.param(BANDS.encode("utf-16-le"), "", "", "UTF-16", id="UTF-16 without mark"),
        pytest.param(
            (BANDS + "b2b,total,kühl,5\n").encode("cp1252"), "line 4", "", "UTF-8", id="cp1252"
        ),
        pytest.param(BANDS.replace(",", ";"), "line 1", "", "semicolons", id="semicolons"),
        pytest.param(BANDS.replace(",", "\t"), "line 1", "", "tabs", id="tabs"),
        pytest.param("sep=;\n" + BANDS, "line 1", "", "separator", id="Excel's sep line"),
        pytest.param(BANDS + "b2b,total,warm\n", "line 4", "", "has 3 cells", id="short row"),
        pytest.param(BANDS + "b2b,total,warm,1,2\n", "line 4", "", "has 5 cells", id="long row"),
        pytest.param(
            HEADER + ",Band\nb2b,total,hot,60,x\n", "line 1", "Band", "twice", id="column twice"
        ),
        pytest.param(
            HEADER + ",\nb2b,total,hot,60,\nb2b,total,cold,,x\n", "line 3", "", "column E",
            id="unnamed column with a value",
        ),
        pytest.param(BANDS + 'b2b,total,"warm,5\n', "line 4", "", "does not end", id="open quote"),
        pytest.param(
            HEADER + '\nb2b,"total" x,hot,5\n', "line 2", "", "closing quote", id="text after quote"
        ),
        pytest.param(
            HEADER + ',notes\nb2b,total,hot,60,"a\nb"\nb2b,total,cold\n', "line 4", "",
            "has 3 cells", id="lines are counted as an editor counts them",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_is_named(
    folder: Path, content: bytes | str, row: str, column: str, what: str
) -> None:
    (problem,) = problems(folder, content)
    assert problem.file == "bands.csv"
    assert problem.row_id == row
    assert problem.column_name == column
    assert what in problem.problem
    assert problem.remedy


def test_problems_of_all_files_and_rows_are_named_at_once(folder: Path) -> None:
    (folder / "groups.csv").write_bytes(b"\xff\xfea\x00")
    found = problems(folder, BANDS + "b2b,total\n\nb2b,total,cool,1,2\n")
    assert [(problem.file, problem.row_id) for problem in found] == [
        ("groups.csv", ""),
        ("bands.csv", "line 4"),
        ("bands.csv", "line 6"),
    ]


def test_a_missing_file_is_left_for_the_policy_errors_to_name(folder: Path) -> None:
    (folder / "groups.csv").unlink()
    (folder / "actions.csv").unlink()
    found = check_policy_files(folder)
    assert found.problems == []
    assert found.absent == ["groups", "actions"]


def test_a_copy_of_a_file_beside_it_is_named(folder: Path) -> None:
    shutil.copyfile(folder / "bands.csv", folder / "bands (1).csv")
    (problem,) = check_policy_files(folder).problems
    assert problem.file == "bands (1).csv"
    assert "Move it" in problem.remedy
