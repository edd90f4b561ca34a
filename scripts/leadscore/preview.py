"""`leadscore preview`: what an edited policy would change, before anything changes.

The working copy of the policy is scored in schemas of its own, at the moment of the live marts and
from what the last run left of leads and events, so that nothing but the policy differs. With a git
revision as the other side its policy is scored likewise.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from leadscore.beside import (
    POLICY,
    SUFFIX_VAR,
    drop_schemas,
    refuse_live_schemas,
    side_schemas,
)
from leadscore.dbt import Dbt, Invocation
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.output import Output, command
from leadscore.policy_files import PolicyFiles, check_policy_files
from leadscore.policy_revision import policy_at
from leadscore.preview_queries import SCORED_CELLS, Comparison, Sides
from leadscore.preview_report import as_markdown, print_report
from leadscore.project import PACKAGE, POLICY_FILES, Project
from leadscore.run import TABLES_ONLY, PolicyError, policy_problems, run_failure
from leadscore.run_lock import alone
from leadscore.warehouse import Warehouse

# The ends of the names of the schemas: for the policy to try, and for the one to compare it with.
AFTER = "preview"
BEFORE = "preview_against"
_COMPLETED = "int_state__completed_runs"
_RUN = "int_state__run"
_MEASURES = "int_scoring__event_measures"
_POLICY_MODELS = f"{PACKAGE}.intermediate.policy"
# What hangs on the policy besides it.
_SCORING = (f"{PACKAGE}.intermediate.scoring", f"{PACKAGE}.intermediate.backtest")
# What is compared, built with all that it is made from.
RESULTS = (
    "int_scoring__results",
    "int_scoring__entries",
    "int_scoring__actions",
    "int_backtest__results",
)
# What holds whatever the points are. Of these the live tables are read.
_SAME_FOR_ALL = ("int_scoring__activity",)
# What hangs on the rules for events only: on windows, tests and names, and decayed points.
_MEASURED = (_MEASURES, "int_scoring__tied_values", "int_scoring__event_rules")


@dataclass(frozen=True)
class PreviewOptions:
    """What to compare, and how to tell of it.

    Args:
        against: a git revision to compare with; None for what is published.
        top: how many leads of each scorecard to name.
        capacity: how many leads a week can be handed off; None for no matter.
        markdown: print Markdown.
        file: where to write the Markdown, or the JSON; None for nowhere.
        exit_code: end with CHANGED where any score, band or hand-off changes.
        policy: a folder with the policy to try; None for that of the working copy.
    """

    against: str | None = None
    top: int = 10
    capacity: float | None = None
    markdown: bool = False
    file: Path | None = None
    exit_code: bool = False
    policy: Path | None = None


@dataclass(frozen=True)
class PolicySource:
    """A policy to score by.

    Args:
        name: what people call it.
        folder: where its files lie.
        suffix: the end of the names of its schemas.
    """

    name: str
    folder: Path
    suffix: str


@dataclass(frozen=True)
class Published:
    """What the last run left.

    Args:
        warehouse: in which models are the live ones.
        scored_at: the moment of the live marts.
    """

    warehouse: Warehouse
    scored_at: datetime


@dataclass
class Workplace:
    """The schemas of a preview, and what is told while it works.

    Args:
        project: the project.
        output: where to show progress.
        published: what the last run left.
        warnings: of dbt, each text once.
    """

    project: Project
    output: Output
    published: Published
    warnings: dict[str, None] = field(default_factory=dict)


def preview(project: Project, output: Output, options: PreviewOptions) -> dict[str, Any]:
    """Compares the policy of the working copy with the published one, or with that of a revision.

    Args:
        project: the project.
        output: where to print.
        options: what to compare.

    Returns:
        The result for `--json`.

    Raises:
        PolicyError: a policy has errors.
        LeadscoreError: nothing was published yet, there is no such revision, a step failed, or a
            run is going on.
    """
    with alone(project, output, "preview"):
        after = None
        if options.policy is not None:
            after = _elsewhere(project, options.policy)
        result = compare(project, output, options, after)
    if options.markdown and options.file is None and not output.as_json:
        output.line(as_markdown(result).rstrip("\n"))
    elif not output.as_json:
        print_report(output, result)
    if options.file is not None:
        output.save(options.file, None if output.as_json else as_markdown(result), result)
        output.note(f"Wrote {options.file}.")
    return result


def judge(project: Project, output: Output, folder: Path) -> None:
    """Checks a policy that lies elsewhere, as a run would, in schemas of its own.

    Args:
        project: the project.
        output: where to show progress.
        folder: where its files lie.

    Raises:
        PolicyError: it has errors.
        LeadscoreError: as for `preview`.
    """
    with alone(project, output, "check"):
        project.ensure_profile()
        place = Workplace(project, output, _published(project, output))
        with _schemas(place) as parsed:
            _policy(place, _elsewhere(project, folder), parsed)


def compare(
    project: Project,
    output: Output,
    options: PreviewOptions,
    after: PolicySource | None = None,
    successors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What a policy changes; the caller has the lock.

    Args:
        project: the project.
        output: where to show progress.
        options: what to compare.
        after: the policy to try; None for that of the working copy.
        successors: scorecards of before that are to be compared with others of after.

    Returns:
        The comparison, as `--json` prints it.

    Raises:
        PolicyError: a policy has errors.
        LeadscoreError: as for `preview`.
    """
    began = time.monotonic()
    if project.ensure_profile():
        output.note("Made profiles.yml from profiles.yml.example.")
    place = Workplace(project, output, _published(project, output))
    after = after or PolicySource("working copy", project.policy_folder, AFTER)
    before = None
    if options.against is not None:
        folder = own_folder(project) / "revision"
        commit = policy_at(options.against, project.policy_folder, folder)
        before = PolicySource(f"{options.against} ({commit[:10]})", folder, BEFORE)
    with _schemas(place) as first:
        sides = Sides(
            live=place.published.warehouse,
            after=_scored(place, after, first),
            before=None if before is None else _scored(place, before, None),
            successors=successors or {},
        )
        with output.busy("Comparing"), sides.after.warehouse.open():
            if before is None:
                _refuse_other_settings(project, sides)
            comparison = Comparison(sides, options.top, options.capacity)
            found = comparison.found()
    is_changed = any(scorecard["is_changed"] for scorecard in found["scorecards"])
    code = ExitCode.CHANGED if options.exit_code and is_changed else ExitCode.OK
    return {
        "ok": True,
        "exit_code": int(code),
        "duration_seconds": round(time.monotonic() - began, 1),
        "before": before.name if before else "published",
        "after": after.name,
        "scored_at": place.published.scored_at,
        "is_changed": is_changed,
        "events_measured": sides.after.is_measured,
        "capacity": options.capacity,
        **found,
        "warnings": list(place.warnings),
    }


@dataclass(frozen=True)
class _Scored:
    """A policy's scores in schemas of their own.

    Args:
        warehouse: in which models are those of that policy.
        is_measured: whether its rules for events were measured anew.
    """

    warehouse: Warehouse
    is_measured: bool


def own_folder(project: Project) -> Path:
    """Where previews keep their files: below what dbt writes, and read by nothing else."""
    return project.target_folder / "preview"


def _elsewhere(project: Project, folder: Path) -> PolicySource:
    """The policy of another folder: of a copy, since dbt writes to the files that it is given."""
    copy = own_folder(project) / "given"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for path in folder.glob("*.csv"):
        shutil.copyfile(path, copy / path.name)
    return PolicySource(str(folder), copy, AFTER)


def _published(project: Project, output: Output) -> Published:
    """What the last run left, once it is sure that it came to its end.

    Raises:
        LeadscoreError: there was no run, or it died.
    """
    dbt = Dbt(project, target_folder=own_folder(project) / "live")
    warehouse = Warehouse(dbt)
    with output.busy("Reading what is published"), warehouse.open():
        needed = (_RUN, _COMPLETED, SCORED_CELLS, *RESULTS)
        if not all(warehouse.has(name) for name in needed):
            raise LeadscoreError(
                "Nothing is published yet that an edited policy could be compared with.",
                where=warehouse.place,
                remedy=f"Score once with the policy in force, then edit it: {command('run')}",
                code=ExitCode.NOT_FOUND,
            )
        run = warehouse.rows(f"select run_number, as_of from {warehouse.model(_RUN)}")
        last = warehouse.rows(
            f"select max(run_number) as run_number from {warehouse.model(_COMPLETED)}"
        )
        if len(run) != 1 or run[0]["run_number"] != last[0]["run_number"]:
            raise LeadscoreError(
                "The last run did not come to its end, or was one of a part only, so that the live "
                "tables may be of several runs.",
                where=warehouse.place,
                remedy=f"Run to the end first: {command('run')}",
            )
    return Published(warehouse, run[0]["as_of"])


@contextlib.contextmanager
def _schemas(place: Workplace) -> Iterator[Warehouse]:
    """Empty schemas for the length of a `with` block; those that a killed preview left are dropped.

    Yields:
        The warehouse, in which models are those of the policy to try.

    Raises:
        LeadscoreError: the project would build into live schemas.
    """
    warehouse = Warehouse(_dbt(place, AFTER, []))
    refuse_live_schemas(
        warehouse,
        AFTER,
        "A policy cannot be tried beside the live tables",
        place.published.warehouse,
    )
    schemas = side_schemas(warehouse.manifest)
    # The other side has its own only with a revision; a killed preview may have left some.
    schemas += [(database, schema.removesuffix(AFTER) + BEFORE) for database, schema in schemas]

    def clean() -> None:
        with warehouse.open():
            drop_schemas(warehouse, schemas)

    clean()
    try:
        yield warehouse
    finally:
        clean()


def _dbt(place: Workplace, suffix: str, absent: list[str]) -> Dbt:
    more_vars: dict[str, Any] = {SUFFIX_VAR: suffix}
    if absent:
        more_vars["absent_policy_files"] = absent
    return Dbt(place.project, more_vars, own_folder(place.project) / suffix)


def _scored(place: Workplace, source: PolicySource, parsed: Warehouse | None) -> _Scored:
    """A policy's scores, in schemas of their own.

    Args:
        place: where.
        source: the policy.
        parsed: the warehouse with these schemas, for a policy of which no file is absent.

    Raises:
        PolicyError: the policy has errors.
        LeadscoreError: a step failed.
    """
    warehouse = _policy(place, source, parsed)
    measured = _has_new_rules(place, warehouse)
    reused = (*_SAME_FOR_ALL, *(() if measured else _MEASURED))
    selection = [f"+{name},{part}" for name in RESULTS for part in _SCORING]
    _build(place, warehouse, ["--select", *selection, "--exclude", *reused])
    return _Scored(warehouse, measured)


def _policy(place: Workplace, source: PolicySource, parsed: Warehouse | None) -> Warehouse:
    """A policy, loaded and compiled in schemas of its own. Args and errors as for `_scored`."""
    files = check_policy_files(source.folder)
    broken = {problem.file for problem in files.problems}
    absent = [name for name in POLICY_FILES if name in files.absent or f"{name}.csv" in broken]
    if parsed is None or absent:
        parsed = Warehouse(_dbt(place, source.suffix, absent))
    dbt = _reading(place, parsed, source, absent).at(str(place.published.scored_at))
    warehouse = Warehouse(dbt)
    # Neither the moment nor the files' place has to do with what it says.
    warehouse.manifest = parsed.manifest
    _build_policy(place, source, files, warehouse)
    return warehouse


def _reading(place: Workplace, parsed: Warehouse, source: PolicySource, absent: list[str]) -> Dbt:
    """dbt that reads the policy's files from where they lie.

    Raises:
        LeadscoreError: a file of theirs is none of the working copy, so dbt knows of no such seed.
    """
    if source.folder == place.project.policy_folder:
        return parsed.dbt
    seeds = {
        node["name"]: unique_id
        for unique_id, node in parsed.manifest["nodes"].items()
        if node["resource_type"] == "seed" and POLICY in node["config"]["tags"]
    }
    files = {name: source.folder / f"{name}.csv" for name in POLICY_FILES if name not in absent}
    for name in files:
        if name not in seeds:
            raise LeadscoreError(
                f"{name}.csv is a file of {source.name}, and the working copy has none.",
                where=str(place.project.policy_folder / f"{name}.csv"),
                remedy="Put it back with its header line only, if it is to hold nothing.",
                code=ExitCode.NOT_FOUND,
            )
    return parsed.dbt.reading_seeds_from({seeds[name]: path for name, path in files.items()})


def _build_policy(
    place: Workplace, source: PolicySource, files: PolicyFiles, warehouse: Warehouse
) -> None:
    """Loads and compiles a policy.

    Raises:
        PolicyError: it has errors.
    """
    where = None if source.folder == place.project.policy_folder else source.name
    selection = ["--select", "+policy_errors"]
    if files.problems:
        # The other files are judged too, so that all is told at once.
        broken = {problem.file for problem in files.problems}
        others = []
        if _call(place, warehouse, selection).ok:
            others = [p for p in policy_problems(warehouse) if p.file not in broken]
        raise PolicyError(files.problems + others, where)
    try:
        _build(place, warehouse, [*selection, _POLICY_MODELS])
    except PolicyError as error:
        raise PolicyError(error.problems, where) from None


def _has_new_rules(place: Workplace, warehouse: Warehouse) -> bool:
    """Whether a policy measures anything that the last run did not."""
    live = place.published.warehouse.model(_MEASURES)
    with warehouse.open():
        new = warehouse.rows(
            f"select rules.rule_key from {warehouse.model('int_policy__rules')} as rules"
            f" where rules.rule_key not in (select rule_key from {live} where moment_key is null)"
            " limit 1"
        )
    return bool(new)


def _build(place: Workplace, warehouse: Warehouse, words: list[str]) -> None:
    invocation = _call(place, warehouse, words)
    if not invocation.ok:
        raise run_failure(place.project, place.output, invocation, warehouse)


def _call(place: Workplace, warehouse: Warehouse, words: list[str]) -> Invocation:
    """Builds models of a policy; what is not built with it is read where the last run left it."""
    state = place.published.warehouse.dbt.target_folder
    with place.output.steps() as progress:
        invocation = warehouse.dbt.call(
            "build",
            *TABLES_ONLY,
            "--full-refresh",
            "--defer",
            "--state",
            str(state),
            *words,
            progress=progress,
        )
    for warning in invocation.warnings:
        if warning not in place.warnings:
            place.warnings[warning] = None
            place.output.warn(warning)
    return invocation


def _refuse_other_settings(project: Project, sides: Sides) -> None:
    """Makes sure that nothing but the policy differs.

    Raises:
        LeadscoreError: a var that scores hang on is another than in the last run.
    """
    names = sides.changed_settings()
    if names:
        raise LeadscoreError(
            f"Since the last run {'vars' if len(names) > 1 else 'a var'} changed that scores hang "
            f"on: {', '.join(names)}.",
            where=str(project.file),
            remedy=f"Run with the policy in force first, so that only the policy differs: "
            f"{command('run')}",
        )
