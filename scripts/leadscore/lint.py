"""The style of the SQL, judged by sqlfluff; what was judged before and did not change is not again.

sqlfluff compiles every model with dbt and parses what comes out, which takes a minute or two. An
analyst who only edits the policy should not wait for that twice.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from leadscore.errors import LeadscoreError
from leadscore.project import Project

_MEMORY = Path("target") / "leadscore_lint.json"
_LINTED = ("models", "tests/data")
# What a finding depends on beside the linted files.
_ALSO = ("macros", ".sqlfluff", "dbt_project.yml", "profiles.yml.example")


def lint(project: Project) -> list[str]:
    """The findings of sqlfluff, as `file:line: code text`.

    Args:
        project: the project whose SQL to judge.

    Raises:
        LeadscoreError: sqlfluff is not installed, or did not run.
    """
    if importlib.util.find_spec("sqlfluff") is None:
        raise LeadscoreError(
            "sqlfluff is not installed.", remedy="In the project's folder run: make env"
        )
    memory = project.root / _MEMORY
    state = _state(project)
    if memory.exists():
        remembered = json.loads(memory.read_text(encoding="utf-8"))
        if remembered["state"] == state:
            return remembered["findings"]
    findings = _run(project)
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps({"state": state, "findings": findings}), encoding="utf-8")
    return findings


def _run(project: Project) -> list[str]:
    project.ensure_profile()
    folders = [folder for folder in _LINTED if any((project.root / folder).rglob("*.sql"))]
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "sqlfluff", "lint", "--format", "json", "--nofail"),
            *("--processes", "0", "--disable-progress-bar", *folders),
        ],
        cwd=project.root,
        env={
            **os.environ,
            "DBT_PROFILES_DIR": str(project.profiles_folder.resolve()),
            # dbt compiles without looking into the warehouse, whose file may be in use.
            "LEADSCORE_DUCKDB_PATH": ":memory:",
            "DO_NOT_TRACK": "1",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    # dbt may write lines of its own before the document.
    start = ran.stdout.find("[{")
    if ran.returncode or start < 0:
        last = (ran.stderr or ran.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise LeadscoreError(f"sqlfluff did not run: {last[0]}")
    return [
        f"{file['filepath']}:{violation['start_line_no']}: "
        f"{violation['code']} {violation['description']}"
        for file in json.loads(ran.stdout[start:])
        for violation in file["violations"]
    ]


def _state(project: Project) -> str:
    """A hash of everything that the findings depend on."""
    seen = hashlib.sha256(importlib.metadata.version("sqlfluff").encode())
    for path in _files(project.root):
        seen.update(str(path.relative_to(project.root)).encode() + b"\0")
        seen.update(hashlib.sha256(path.read_bytes()).digest())
    return seen.hexdigest()


def _files(root: Path) -> list[Path]:
    found = []
    for name in (*_LINTED, *_ALSO):
        path = root / name
        found += [path] if path.is_file() else path.rglob("*.sql")
    return sorted(found)
