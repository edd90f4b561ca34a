"""`leadscore run`: loads the policy, scores, and sums up what came out."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from leadscore.dbt import Dbt, Invocation, unreachable
from leadscore.errors import DiskFullError, ExitCode, LeadscoreError, disk_is_full
from leadscore.output import Output, command, count
from leadscore.policy_files import PolicyFiles, PolicyProblem, check_policy_files
from leadscore.project import PACKAGE, POLICY_FILES, Project
from leadscore.publish import Published, is_wanted, renew
from leadscore.raw_tables import RAW_TABLES
from leadscore.run_lock import alone
from leadscore.warehouse import Warehouse, location

GATE = "int_policy__gate"
MARTS = ("scored_leads", "lead_score_contributions", "scored_accounts", "rejected_rows")
# What is built: the package and, where another project imports it, what that one feeds it with; but
# no tests, which `dbt build` and `make test` run.
EVERYTHING = f"+package:{PACKAGE}"
# dbt goes through exposures too, which nobody builds.
TABLES_ONLY = tuple(
    word for kind in ("test", "unit_test", "exposure") for word in ("--exclude-resource-type", kind)
)
_BEST = 10


@dataclass
class RunOptions:
    """What to run.

    Args:
        as_of: the scoring moment; None for the project's own.
        select: a dbt selection to limit the run to; None for everything.
        full_refresh: rebuild what is otherwise only added to.
        wait: how many seconds to wait for another run to end.
        as_known: score by what was known then, in schemas of its own; nothing live changes.
    """

    as_of: str | None = None
    select: str | None = None
    full_refresh: bool = False
    wait: float = 0
    as_known: bool = False


@dataclass
class Summary:
    """What a run left in the marts.

    Args:
        scorecards: one dict per scorecard with its counts and bands.
        best_leads: the leads of the highest ranks.
        rejected: rows refused, by source and reason.
        relations: the marts' names, keyed by model.
        place: where the warehouse is.
    """

    scorecards: list[dict[str, Any]] = field(default_factory=list)
    best_leads: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    relations: dict[str, str] = field(default_factory=dict)
    place: str = ""


class PolicyError(LeadscoreError):
    """The policy has errors; nothing was scored.

    Args:
        problems: all of them.
        where: which policy, unless it is that of the working copy.
    """

    def __init__(self, problems: list[PolicyProblem], where: str | None = None) -> None:
        super().__init__(
            f"The policy has {count(len(problems), 'problem')}; nothing was scored, "
            "and earlier scores stay as they were.",
            where=where,
            remedy="Mend the cells that the table names, then run again.",
            code=ExitCode.POLICY,
            details={"problems": [problem.as_json() for problem in problems]},
        )
        self.problems = problems


def run(project: Project, output: Output, options: RunOptions) -> dict[str, Any]:
    """Scores all leads, prints what came of it, and renews the published file of live scores.

    Args:
        project: the project to score with.
        output: where to print.
        options: what to run.

    Returns:
        The result for `--json`.

    Raises:
        PolicyError: the policy has errors.
        LeadscoreError: a step failed, or all went well but the published file is an old one, or
            another run is going on.
    """
    with alone(project, output, "run", options.wait):
        return _run(project, output, options)


def _run(project: Project, output: Output, options: RunOptions) -> dict[str, Any]:
    began = time.monotonic()
    if options.as_known:
        from leadscore.replay import score_as_known

        invocation, warehouse = score_as_known(project, output, options)
    else:
        invocation, warehouse = score(project, output, options)
    summary = summarise(warehouse)
    _print_summary(output, summary)
    published = None
    if options.as_known:
        output.say("The live tables, the history and the published file are as they were.")
    else:
        published = _publish(output, warehouse, options)
    seconds = round(time.monotonic() - began, 1)
    if summary.best_leads and not options.as_known:
        output.say(
            f"Why a score is what it is: {command('explain')} {summary.best_leads[0]['lead_id']}"
        )
    output.say(f"Done in {seconds} s.")
    return {
        "ok": True,
        "exit_code": 0,
        "duration_seconds": seconds,
        "scorecards": summary.scorecards,
        "best_leads": summary.best_leads,
        "rejected_rows": summary.rejected,
        "relations": summary.relations,
        "warehouse": summary.place,
        "published": published and published.as_json(),
        "warnings": invocation.warnings,
        "steps": [
            {"name": step.name, "status": step.status, "seconds": round(step.seconds, 2)}
            for step in invocation.steps
        ],
    }


def score(project: Project, output: Output, options: RunOptions) -> tuple[Invocation, Warehouse]:
    """Loads the policy and runs the models.

    Args:
        project: the project to score with.
        output: where to show progress.
        options: what to run.

    Returns:
        What dbt did, and the warehouse to read results from.

    Raises:
        PolicyError: the policy has errors.
        LeadscoreError: a step failed, or another run is going on.
    """
    with alone(project, output, "run", options.wait):
        return _score(project, output, options)


def _score(project: Project, output: Output, options: RunOptions) -> tuple[Invocation, Warehouse]:
    dbt = prepared(project, output, {"as_of": options.as_of} if options.as_of else {})
    selection = EVERYTHING
    if options.select:
        # The gate comes along, so that no selection can score by a policy with errors.
        selection = f"{options.select} +{GATE}"
    words = [*TABLES_ONLY, "--select", *selection.split()]
    if options.full_refresh:
        words.append("--full-refresh")
    with output.steps() as progress:
        invocation = dbt.call("build", *words, progress=progress)
    for warning in invocation.warnings:
        output.warn(warning)
    warehouse = Warehouse(dbt)
    if not invocation.ok:
        raise run_failure(project, output, invocation, warehouse)
    return invocation, warehouse


def prepared(project: Project, output: Output, more_vars: dict[str, Any]) -> Dbt:
    """dbt, once the profile is there and the policy's files can be loaded.

    Args:
        project: the project to work on.
        output: where to say that a profile was made.
        more_vars: vars that the command sets.

    Raises:
        PolicyError: a policy file cannot be loaded.
        LeadscoreError: there is no profile.
    """
    if project.ensure_profile():
        output.note("Made profiles.yml from profiles.yml.example.")
    files = check_policy_files(project.policy_folder)
    if files.problems:
        raise PolicyError(files.problems + _other_problems(project, output, files, more_vars))
    if files.absent:
        more_vars = {**more_vars, "absent_policy_files": files.absent}
    return Dbt(project, more_vars)


def _other_problems(
    project: Project, output: Output, files: PolicyFiles, more_vars: dict[str, Any]
) -> list[PolicyProblem]:
    """The problems of the cells of files that can be loaded, so that all are told at once."""
    broken = {problem.file for problem in files.problems}
    absent = [name for name in POLICY_FILES if name in files.absent or f"{name}.csv" in broken]
    dbt = Dbt(project, {**more_vars, "absent_policy_files": absent})
    if not build_policy_errors(dbt, output).ok:
        # A file may be bad enough to stop dbt as a whole; then the files come first.
        return []
    return [problem for problem in policy_problems(Warehouse(dbt)) if problem.file not in broken]


def build_policy_errors(dbt: Dbt, output: Output) -> Invocation:
    """Loads the policy and judges its cells; scores nothing.

    Args:
        dbt: as `prepared` gives it.
        output: where to show progress.
    """
    with output.steps() as progress:
        return dbt.call("build", *TABLES_ONLY, "--select", "+policy_errors", progress=progress)


def policy_problems(warehouse: Warehouse) -> list[PolicyProblem]:
    """The rows of `policy_errors`."""
    with warehouse.open():
        rows = warehouse.rows(
            "select file, row_id, column_name, value, problem, remedy"
            f" from {warehouse.model('policy_errors')}"
            " order by file, row_id, column_name, problem, value"
        )
    return [PolicyProblem(**{name: cell or "" for name, cell in row.items()}) for row in rows]


def summarise(warehouse: Warehouse) -> Summary:
    """What the marts hold now."""
    summary = Summary()
    with warehouse.open():
        summary.place = warehouse.place
        for name, status in (("scored_leads", "live"), ("scored_leads_draft", "draft")):
            if warehouse.has(name):
                summary.scorecards += _scorecards(warehouse, name, status)
        if warehouse.has("scored_leads"):
            summary.best_leads = _best_leads(warehouse)
        if warehouse.has("rejected_rows"):
            summary.rejected = warehouse.rows(
                "select source_name, reason, count(*) as row_count"
                f" from {warehouse.model('rejected_rows')}"
                " group by source_name, reason order by source_name, row_count desc, reason"
            )
        summary.relations = {name: warehouse.model(name) for name in MARTS if warehouse.has(name)}
    return summary


def _scorecards(warehouse: Warehouse, mart: str, status: str) -> list[dict[str, Any]]:
    rows = warehouse.rows(
        "select scorecard_id, score_status, band, count(*) as lead_count,"
        " min(score) as lowest_score, max(score) as highest_score, max(scored_at) as scored_at"
        f" from {warehouse.model(mart)} group by scorecard_id, score_status, band"
    )
    # Bands from the best to the worst, then the leads that have none by points.
    rows.sort(
        key=lambda row: (
            row["scorecard_id"],
            row["score_status"] != "scored",
            -row["highest_score"],
        )
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        scorecard = found.setdefault(
            row["scorecard_id"],
            {
                "scorecard_id": row["scorecard_id"],
                "status": status,
                "scored_at": row["scored_at"],
                "lead_count": 0,
                "bands": [],
            },
        )
        scorecard["lead_count"] += row["lead_count"]
        scorecard["bands"].append(
            {
                name: row[name]
                for name in ("band", "score_status", "lead_count", "lowest_score", "highest_score")
            }
        )
    return list(found.values())


def _best_leads(warehouse: Warehouse) -> list[dict[str, Any]]:
    return warehouse.rows(
        "select scorecard_id, score_rank, lead_id, account_id, score, band, grade,"
        " recommended_action, top_reasons"
        f" from {warehouse.model('scored_leads')} where score_rank <= {_BEST}"
        " order by scorecard_id, score_rank"
    )


def _publish(output: Output, warehouse: Warehouse, options: RunOptions) -> Published | None:
    """Renews the published file, unless the marts may be of different runs."""
    with output.busy("Publishing the marts"), warehouse.open():
        if not is_wanted(warehouse):
            return None
        if options.select:
            output.note(
                f"Only a part was run, so nothing is published. To do it: {command('publish')}"
            )
            return None
        published = renew(warehouse)
    output.say(f"{published}.")
    return published


def _print_summary(output: Output, summary: Summary) -> None:
    for scorecard in summary.scorecards:
        name = scorecard["scorecard_id"]
        best = [lead for lead in summary.best_leads if lead["scorecard_id"] == name]
        if best and scorecard["status"] == "live":
            output.table(
                f"Best leads by {name}",
                ("rank", "lead", "account", "score", "band", "grade", "action", "why"),
                [list(lead.values())[1:] for lead in best],
            )
            output.say()
    output.table(
        "Leads per band",
        ("scorecard", "status", "band", "leads", "lowest", "highest"),
        [
            (
                scorecard["scorecard_id"],
                scorecard["status"],
                band["band"],
                band["lead_count"],
                band["lowest_score"],
                band["highest_score"],
            )
            for scorecard in summary.scorecards
            for band in scorecard["bands"]
        ],
    )
    output.say()
    if summary.rejected:
        output.table(
            "Rows that were not used",
            ("source", "reason", "rows"),
            [list(row.values()) for row in summary.rejected],
        )
        output.say()
    for scorecard in summary.scorecards:
        output.say(
            f"{scorecard['scorecard_id']} ({scorecard['status']}): "
            f"{count(scorecard['lead_count'], 'lead')} scored as of {scorecard['scored_at']} UTC"
        )
    output.say(f"The marts lie in {summary.place}:")
    for name, relation in summary.relations.items():
        output.say(f"  {relation}" if relation else f"  {name}")


def run_failure(
    project: Project, output: Output, invocation: Invocation, warehouse: Warehouse
) -> LeadscoreError:
    """The error that says best why a run failed; prints the steps that did.

    Args:
        project: the project that ran.
        output: where to print.
        invocation: what dbt did.
        warehouse: to read the policy's problems from.
    """
    reasons = [invocation.error or "", *(step.message for step in invocation.failed)]
    full = next((reason for reason in reasons if disk_is_full(reason)), None)
    if full:
        line = next(line for line in full.splitlines() if disk_is_full(line))
        return DiskFullError(line.strip(), project.root)
    if any(step.name == GATE for step in invocation.failed):
        problems = policy_problems(warehouse)
        if problems:
            return PolicyError(problems)
    if not invocation.steps:
        reason = invocation.error or "dbt gave no reason"
        if "IO Error" in reason or "lock" in reason.lower():
            return unreachable(project, reason)
        return LeadscoreError(
            f"dbt stopped before the first step: {reason}",
            where=str(project.root),
            remedy=f"The log says more: {project.log_file}",
        )
    missing = _missing_sources(project, warehouse)
    if missing:
        return LeadscoreError(
            f"The raw table {missing[0]} does not exist.",
            where=f"{project.file}, target of {project.profiles_folder / 'profiles.yml'}",
            remedy=f"Load your files with {command('load')}, or say in the vars of dbt_project.yml "
            "where the table is (crm_schema, leads_table and so on).",
            code=ExitCode.NOT_FOUND,
            details={"missing_tables": missing},
        )
    failed = invocation.failed
    output.table(
        "Steps that failed",
        ("step", "status", "message"),
        [(step.name, step.status, step.message) for step in failed],
        wrap=("message",),
    )
    return LeadscoreError(
        f"{count(len(failed), 'step')} of {len(invocation.steps)} failed, "
        f"{len(invocation.skipped)} were not tried: {failed[0].message.splitlines()[0]}"
        if failed
        else f"dbt failed: {invocation.error}",
        where=", ".join(step.name for step in failed),
        remedy=f"The log holds the statements: {project.log_file}",
        details={
            "steps": [
                {"name": step.name, "status": step.status, "message": step.message}
                for step in failed
            ]
        },
    )


def _missing_sources(project: Project, warehouse: Warehouse) -> list[str]:
    """The raw tables that the project reads and the warehouse does not have."""
    if project.var("use_demo_data", True):
        return []
    missing = []
    with warehouse.open():
        for table in RAW_TABLES.values():
            node = warehouse.raw(table)
            if node is None:
                continue
            kind = warehouse.relation_kind(*location(node))
            if kind is None:
                missing.append(node["relation_name"])
    return missing
