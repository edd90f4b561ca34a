"""What takes dbt and the warehouse: a command of its own, as one would type it, and its result.

It works in schemas of its own, which it drops; and a run that goes on meanwhile is told as such.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from leadscore.errors import ExitCode, LeadscoreError
from leadscore.policy_files import PolicyProblem
from leadscore.project import Project

_LAST_LINES = 5


class RefusedPolicyError(LeadscoreError):
    """The policy has errors.

    Args:
        what: that, in words.
        problems: all of them.
    """

    def __init__(self, what: str, problems: list[PolicyProblem]) -> None:
        super().__init__(what, code=ExitCode.POLICY)
        self.problems = problems


def leadscore(project: Project, *words: str) -> dict[str, Any]:
    """The result of a command.

    Args:
        project: the project that it works on.
        words: what comes behind `leadscore`, without `--json`.

    Raises:
        RefusedPolicyError: the policy has errors.
        LeadscoreError: it failed.
    """
    options = ["--project-dir", str(project.root), "--json"]
    if project.target:
        options += ["--target", project.target]
    if project.given_vars:
        options += ["--vars", json.dumps(project.given_vars)]
    ended = subprocess.run(
        [sys.executable, "-m", "leadscore", *words[:1], *options, *words[1:]],
        cwd=project.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    try:
        said = json.loads(ended.stdout)
    except ValueError:
        lines = ended.stderr.strip().splitlines()[-_LAST_LINES:]
        raise LeadscoreError(
            f"leadscore {words[0]} failed: {' '.join(lines)}",
            remedy=f"The log says more: {project.log_file}",
        ) from None
    if not said.get("ok", False):
        checked = said.get("checks", {}).get("policy", {})
        found = said.get("problems") or checked.get("problems") or []
        if found:
            problems = [PolicyProblem(**problem) for problem in found]
            raise RefusedPolicyError(said.get("error") or "The policy has errors.", problems)
        raise LeadscoreError(
            said.get("error") or checked.get("summary") or f"leadscore {words[0]} failed.",
            where=said.get("where"),
            remedy=said.get("remedy") or " ".join(checked.get("findings", [])) or None,
        )
    return said
