"""`leadscore check`: whether the policy and the project are in order, without scoring anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadscore.dbt import Dbt
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.lint import lint
from leadscore.output import Output, count
from leadscore.policy_files import PolicyProblem
from leadscore.preview import judge
from leadscore.project import Project
from leadscore.run import (
    PolicyError,
    build_policy_errors,
    policy_problems,
    prepared,
    run_failure,
)
from leadscore.run_lock import alone
from leadscore.warehouse import Warehouse


@dataclass
class Part:
    """What one part of the check found.

    Args:
        ok: whether all is in order.
        summary: that, in a few words.
        problems: for the policy: its problems.
        findings: for the other parts: one text each.
    """

    ok: bool
    summary: str
    problems: list[PolicyProblem] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def check(
    project: Project, output: Output, only: list[str], policy: Path | None = None
) -> dict[str, Any]:
    """Runs the parts and prints what each found.

    Args:
        project: the project to check.
        output: where to print.
        only: the parts to run; empty for all.
        policy: a folder with other policy files to check instead, in schemas of their own.

    Returns:
        The result for `--json`. Its `exit_code` is POLICY when the policy has errors, else FAILED
        when another part failed, else OK.
    """
    found: dict[str, Part] = {}
    for name, part in PARTS.items():
        if not only or name in only:
            output.note(f"Checking: {_TITLES[name]}")
            if name == "policy" and policy is not None:
                found[name] = _other_policy(project, output, policy)
            else:
                found[name] = part(project, output)
    for part in found.values():
        if part.problems:
            output.problems(part.problems)
            output.say()
        for finding in part.findings:
            output.say(finding)
    output.table(
        "",
        ("check", "result", ""),
        [
            (_TITLES[name], "ok" if part.ok else "FAILED", part.summary)
            for name, part in found.items()
        ],
    )
    if any(part.problems for part in found.values()):
        code = ExitCode.POLICY
    else:
        code = ExitCode.OK if all(part.ok for part in found.values()) else ExitCode.FAILED
    return {
        "ok": code == ExitCode.OK,
        "exit_code": int(code),
        "checks": {name: _as_json(part) for name, part in found.items()},
    }


def _policy(project: Project, output: Output) -> Part:
    """The cells of the policy CSVs, judged by the model policy_errors."""
    try:
        with alone(project, output, "check"):
            dbt = prepared(project, output, {})
            invocation = build_policy_errors(dbt, output)
            if not invocation.ok:
                raise run_failure(project, output, invocation, Warehouse(dbt))
            problems = policy_problems(Warehouse(dbt))
    except PolicyError as error:
        problems = error.problems
    except LeadscoreError as error:
        return Part(False, error.what, findings=[error.remedy] if error.remedy else [])
    return Part(not problems, count(len(problems), "problem"), problems=problems)


def _other_policy(project: Project, output: Output, folder: Path) -> Part:
    """The policy CSVs of another folder."""
    problems: list[PolicyProblem] = []
    try:
        judge(project, output, folder)
    except PolicyError as error:
        problems = error.problems
    except LeadscoreError as error:
        return Part(False, error.what, findings=[error.remedy] if error.remedy else [])
    return Part(not problems, count(len(problems), "problem"), problems=problems)


def _lint(project: Project, output: Output) -> Part:
    """The style of the SQL, judged by sqlfluff, where the project says which style it has."""
    if not (project.root / ".sqlfluff").exists():
        return Part(True, "not checked: there is no .sqlfluff")
    try:
        findings = lint(project)
    except LeadscoreError as error:
        return Part(False, error.what, findings=[error.remedy] if error.remedy else [])
    return Part(not findings, count(len(findings), "finding"), findings=findings)


def _parse(project: Project, output: Output) -> Part:
    """The project as a whole, read by dbt, which must not warn of anything."""
    try:
        project.ensure_profile()
        invocation = Dbt(project).call("parse", "--no-partial-parse", "--show-all-deprecations")
    except LeadscoreError as error:
        return Part(False, error.what)
    if not invocation.ok:
        return Part(False, "dbt cannot read the project", findings=[invocation.error or ""])
    findings = invocation.warnings
    return Part(not findings, count(len(findings), "warning"), findings=findings)


def _as_json(part: Part) -> dict[str, Any]:
    return {
        "ok": part.ok,
        "summary": part.summary,
        "problems": [problem.as_json() for problem in part.problems],
        "findings": part.findings,
    }


PARTS: dict[str, Callable[[Project, Output], Part]] = {
    "policy": _policy,
    "lint": _lint,
    "parse": _parse,
}
_TITLES = {
    "policy": "policy (seeds/scoring)",
    "lint": "SQL style (sqlfluff)",
    "parse": "project (dbt parse)",
}
