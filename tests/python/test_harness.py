"""What the harness of these tests takes for granted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from command import Copy
from harness import RUN_VARS, Project, close_warehouses
from leadscore.dbt import Dbt
from leadscore.project import Project as LeadscoreProject


def test_nothing_that_is_settled_when_dbt_reads_the_project_hangs_on_a_var_of_runs(
    tmp_path: Path,
) -> None:
    others = {
        "as_of": "2025-07-01T12:00:00",
        "lead_attributes": ["title"],
        "event_properties": {"page": "page"},
        "missing_values": ["nothing"],
        "conversion_outcomes": ["paid"],
        "trend_days": 3,
        "event_lookback_hours": 1,
    }
    assert set(others) == RUN_VARS
    root = Project(tmp_path / "copy").root
    before, after = _read(root, {}), _read(root, others)
    assert before.keys() == after.keys()
    for name, node in before.items():
        assert node == after[name], name


def test_projects_that_share_what_dbt_read_load_their_own_files(tmp_path: Path) -> None:
    for name in ("one", "other"):
        project = Project(tmp_path / name)
        _rename(project.policy_folder, f"Of the {name}")
        assert project.run({}, "criteria").ok
        close_warehouses()
        with duckdb.connect(str(project.database)) as connection:
            names = connection.execute("select name from leadscore_policy.criteria").fetchall()
        assert (f"Of the {name}",) in names


def test_copies_that_share_what_dbt_read_load_their_own_files(tmp_path: Path) -> None:
    one = Copy.fresh(tmp_path / "one")
    assert one.leadscore("check", "--only", "policy").code == 0
    other = Copy.fresh(tmp_path / "other")
    assert (other.root / "target" / "partial_parse.msgpack").exists()
    # dbt reads a file anew that is another one than before; this one is not in the other copy.
    _rename(one.policy, "Of the one")
    assert other.leadscore("check", "--only", "policy").code == 0
    names = other.query("select name from leadscore_policy.criteria")
    assert ("Executive",) in names


def _rename(policy: Path, name: str) -> None:
    """Give the first criterion another name."""
    path = policy / "criteria.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(",Executive,", f",{name},", 1), encoding="utf-8")


def _read(root: Path, given_vars: dict[str, Any]) -> dict[str, Any]:
    manifest = Dbt(LeadscoreProject(root, given_vars=given_vars)).manifest()
    nodes = {**manifest["nodes"], **manifest["sources"]}
    assert len(nodes) > 100
    for node in nodes.values():
        node.pop("created_at")
        # How often a model refers to another one is of no matter.
        node["refs"] = {ref["name"] for ref in node.get("refs", [])}
    return nodes
