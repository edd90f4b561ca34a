"""The pages for people: every command in them is run, and what cannot be run here is read.

A block marked `sh` is run line by line on a scored demo, page after page; `sh edit` changes files
as its reader would. `sh long`, and all of some pages, is run on demand, and its words are checked
always. Blocks for schedulers are parsed, and the commands in them checked.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest
import typer
import yaml
from command import Copy
from leadscore.cli import app

PROJECT = Path(__file__).resolve().parents[2]
PAGES = ("for-sales", "handoff", "for-analysts", "for-engineers")
# What make runs, for those of its targets that the pages name.
MADE = {"make score": "leadscore run", "make report": "leadscore report"}
PLACES = ("cron", "python", "yaml", "text")


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the marked blocks of a page: the mark, and what stands in it."""
    text = (PROJECT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(
        r"^```([a-z]+(?: edit| long)?)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL
    )


def lines(block: str) -> list[str]:
    return [line for line in block.splitlines() if line.strip()]


def check_words(words: list[str]) -> None:
    """Check that the command line takes these words, without running anything."""
    command: Any = typer.main.get_command(app)
    name, *rest = words
    assert name in command.commands, f"there is no command {name}"
    try:
        command.commands[name].make_context(name, rest)
    except click.exceptions.UsageError as error:
        pytest.fail(f"leadscore {shlex.join(words)}: {error.format_message()}")


def commands_in(text: str) -> list[list[str]]:
    """Return the words of each `leadscore` that stands in a text of several shell commands."""
    found = []
    for line in text.splitlines():
        for part in re.split(r"&&|\|\|", line.strip().removesuffix('",')):
            match = re.search(r"(?:^|[ /])leadscore (.+)$", part.strip())
            if match:
                found.append(shlex.split(match[1]))
    return found


def test_every_block_is_marked_as_something_that_is_tested() -> None:
    for page in PAGES:
        marks = {mark for mark, _ in blocks(page)}
        assert marks <= {"sh", "sh edit", "sh long", "sql", *PLACES}, page
        text = (PROJECT / "docs" / f"{page}.md").read_text(encoding="utf-8")
        assert len(re.findall("^```", text, flags=re.MULTILINE)) == 2 * len(blocks(page)), page
        assert "sh" in marks, page


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        path = PROJECT / "docs" / f"{page}.md"
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{page}: {target}"


def run_pages(scored: Copy, pages: Sequence[str], *, with_long: bool) -> int:
    """Run what the pages say, one after the other in one copy; return how many commands ran."""
    ran = 0
    for page in pages:
        for mark, block in blocks(page):
            if mark == "sh edit":
                for line in lines(block):
                    done = subprocess.run(["bash", "-euc", line], cwd=scored.root, check=False)
                    assert done.returncode == 0, line
            elif mark == "sh" or (with_long and mark == "sh long"):
                for line in lines(block):
                    name, *words = shlex.split(MADE.get(line, line))
                    assert name == "leadscore", line
                    said = scored.leadscore(*words)
                    assert said.code == 0, f"{page}: {line}\n{said.out}\n{said.err}"
                    ran += 1
            elif mark == "sql":
                assert scored.query(block), block
        if page == "for-analysts":
            # The edits did what the page says they do.
            assert scored.query(
                "select distinct points from leadscore.lead_score_contributions"
                " where criterion_id = 'b2b_free_trial'"
            ) == [(25,)]
            assert scored.query(
                "select count(*) > 0 from leadscore.lead_score_contributions"
                " where criterion_id = 'b2b_webinar_security'"
            ) == [(True,)]
    return ran


def test_the_commands_for_analysts_and_sales_run(scored: Copy) -> None:
    pytest.importorskip("vl_convert", reason="make .venv/.app installs what draws charts")
    assert run_pages(scored, ("for-sales", "for-analysts"), with_long=False) > 8


@pytest.mark.on_demand
def test_all_commands_of_all_pages_run(scored: Copy) -> None:
    pytest.importorskip("vl_convert", reason="make .venv/.app installs what draws charts")
    assert run_pages(scored, PAGES, with_long=True) > 15
    assert (scored.root / "weekly.html").is_file()
    assert list((scored.root / "outbox").glob("crm-000001-*.csv"))


def test_all_commands_are_ones_that_exist() -> None:
    checked = 0
    for page in PAGES:
        for mark, block in blocks(page):
            if mark in ("cron", "yaml", "text", "sh", "sh long"):
                for words in commands_in("\n".join(MADE.get(line, line) for line in lines(block))):
                    check_words(words)
                    checked += 1
    assert checked >= 30


def test_cron_lines_have_five_times_and_a_command() -> None:
    ((_, block),) = [found for found in blocks("for-engineers") if found[0] == "cron"]
    schedules = [line for line in lines(block) if not line.startswith("#")]
    assert len(schedules) == 2
    for line in schedules:
        assert re.match(r"([0-9]{1,2}|\*) +([0-9]{1,2}|\*) +(\*) +(\*) +([0-7]|\*) +cd ", line)


def test_the_workflow_is_yaml_with_steps() -> None:
    ((_, block),) = [found for found in blocks("for-engineers") if found[0] == "yaml"]
    workflow = yaml.safe_load(block)
    (job,) = workflow["jobs"].values()
    assert all(set(step) & {"run", "uses"} for step in job["steps"])
    targets = (PROJECT / "Makefile").read_text(encoding="utf-8")
    for step in job["steps"]:
        if step.get("run", "").startswith("make "):
            assert f"\n{step['run'].removeprefix('make ')}:" in targets
    # The variables are those that the profile reads.
    profile = (PROJECT / "profiles.yml.example").read_text(encoding="utf-8")
    assert all(name in profile for name in job["env"])


def test_the_airflow_file_runs_with_the_classes_that_it_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ((_, block),) = [found for found in blocks("for-engineers") if found[0] == "python"]
    made: dict[str, Any] = {}

    class Dag:
        def __init__(self, name: str, **settings: Any) -> None:
            made["dag"] = (name, settings)

        def __enter__(self) -> None:
            pass

        def __exit__(self, *error: object) -> None:
            pass

    class Operator:
        def __init__(self, task_id: str, bash_command: str) -> None:
            made[task_id] = bash_command

        def __rshift__(self, other: Operator) -> Operator:
            return other

    for name, members in (
        ("airflow", {"DAG": Dag}),
        ("airflow.operators", {}),
        ("airflow.operators.bash", {"BashOperator": Operator}),
    ):
        module = types.ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    exec(compile(block, "dag.py", "exec"), {})
    assert made.pop("dag")[0] == "leadscore"
    assert set(made) == {"score", "hand_off"}
    for text in made.values():
        (words,) = commands_in(text)
        check_words(words)
