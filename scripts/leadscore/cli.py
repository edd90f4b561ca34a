"""The commands of `leadscore`: their options and help texts. What they do stands in the modules."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from leadscore import __version__
from leadscore.errors import DiskFullError, ExitCode, LeadscoreError, disk_is_full
from leadscore.output import Output, nobody_reads
from leadscore.project import Project, find_project, parse_vars

EXIT_CODES = """\b
Exit codes:
  0  done
  1  a step, a check or the warehouse failed
  2  the command was not used as intended
  3  the policy has errors: nothing was scored, earlier scores stay
  4  what was asked for does not exist
  5  an input file was refused: nothing was loaded
  6  learn found nothing to propose
  7  leadscore preview --exit-code: something would change
"""

app = typer.Typer(
    name="leadscore",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)


class CheckPart(StrEnum):
    """A part of `leadscore check`."""

    POLICY = "policy"
    LINT = "lint"
    PARSE = "parse"


class ExportFormat(StrEnum):
    """A format of `leadscore export`."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


ProjectDir = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="The project's folder. Default: the nearest one at or above the current folder.",
        show_default=False,
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Which warehouse of profiles.yml to use.", show_default=False
    ),
]
Vars = Annotated[
    str | None,
    typer.Option(
        "--vars",
        metavar="YAML",
        help="Settings for this time, as YAML: '{use_demo_data: false}'. They outrank "
        "dbt_project.yml.",
        show_default=False,
    ),
]
PolicyDir = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        exists=True,
        file_okay=False,
        help="Take the policy files of this folder instead of the project's. What is made of them "
        "lies in schemas of its own and is dropped.",
        show_default=False,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON; progress goes to stderr.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the stack trace of an error.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit()


@app.callback()
def leadscore(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Scores leads by rules that you edit as CSV files, and explains every point.

    \b
    The policy lies in seeds/scoring/*.csv. A first try:
      leadscore demo                     score the embedded demo, see two leads explained
      leadscore explain example-b2b-53   why a lead has its score
      leadscore check                    whether an edited policy is in order
      leadscore run                      score again
    """


@app.command()
def run(
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="The moment to score at (UTC), such as 2026-03-01 or '2026-03-01 10:20'. "
            "Default: the var as_of, else now.",
            show_default=False,
        ),
    ] = None,
    select: Annotated[
        str | None,
        typer.Option(
            metavar="SELECTION",
            help="Run a part only: a dbt selection, such as +scored_leads. The policy is always "
            "loaded and checked.",
            show_default=False,
        ),
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild what runs otherwise only add to.")
    ] = False,
    wait: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="How long to wait for another run of this project to end.",
        ),
    ] = 0,
    as_known: Annotated[
        bool,
        typer.Option(
            "--as-known",
            help="Score by what was known at that moment: events that had been loaded by then, "
            "and the leads and the policy of that day. The result lies in schemas of its own "
            "(leadscore_as_known and so on); nothing live changes.",
        ),
    ] = False,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Load the policy and score all leads.

    Ends with the best leads, the number of leads per band, the rows of your data that could not
    be used and why, and where the results lie. With an error in the policy nothing is scored:
    every problem is listed, and the scores of the last run stay. A complete run also renews the
    published file (see leadscore publish).
    """
    from leadscore.run import RunOptions
    from leadscore.run import run as run_all

    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        options = RunOptions(as_of, select, full_refresh, wait, as_known)
        output.json(run_all(project, output, options))


@app.command()
def replay(
    first: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="TIME",
            help="The first moment (UTC), such as 2026-01-01 or '2026-01-01 06:00'.",
            show_default=False,
        ),
    ],
    last: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="TIME",
            help="No moment after this one. Default: now.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        str,
        typer.Option(metavar="STEP", help="From one moment to the next: 7d, 12h, 30m."),
    ] = "7d",
    as_known: Annotated[
        bool,
        typer.Option(
            "--as-known",
            help="Score each moment by what was known then. Default: by what had happened by "
            "then, with today's leads and policy.",
        ),
    ] = False,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Score past moments into the history of scores.

    Each moment is scored in schemas of its own (leadscore_replay and so on), which are dropped at
    the end; the live tables stay as they are. Then it is in lead_score_history and band_changes,
    in its place between those that were there before. A moment that the history has already is
    passed over, so a replay that was stopped goes on when it is started again.

    \b
    leadscore replay --from 2026-01-01 --to 2026-03-01 --every 7d
    """
    from leadscore.replay import ReplayOptions
    from leadscore.replay import replay as replay_all

    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        output.json(replay_all(project, output, ReplayOptions(first, last, every, as_known)))


@app.command()
def check(
    only: Annotated[
        list[CheckPart] | None,
        typer.Option(help="Check this part only; may be repeated. Default: all three."),
    ] = None,
    policy_dir: PolicyDir = None,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Check the policy and the project; score nothing.

    \b
    policy  every cell of seeds/scoring/*.csv; each problem with what to do about it
    lint    the style of the SQL (sqlfluff)
    parse   the project as dbt reads it, without any warning
    """
    from leadscore.check import check as check_all

    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        result = check_all(project, output, [part.value for part in only or []], policy_dir)
        output.json(result)
    raise typer.Exit(result["exit_code"])


@app.command()
def preview(
    against: Annotated[
        str | None,
        typer.Option(
            metavar="REVISION",
            help="Compare with the policy of a git revision, such as main. Default: with the one "
            "that is published.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[
        int, typer.Option(metavar="N", min=0, max=1000, help="How many leads to name first.")
    ] = 10,
    capacity: Annotated[
        float | None,
        typer.Option(
            metavar="LEADS",
            min=0,
            help="How many leads a week can be handed off.",
            show_default=False,
        ),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, as for a pull request.")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Also write the Markdown (with --json the JSON) into a file.",
            show_default=False,
        ),
    ] = None,
    exit_code: Annotated[
        bool,
        typer.Option("--exit-code", help="End with exit code 6 if anything would change."),
    ] = False,
    policy_dir: PolicyDir = None,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show what an edited policy would change, before anything changes.

    Scores the policy of the working copy at the moment of the live scores, in schemas of its own
    (leadscore_preview and so on), which are dropped at the end. Names the cells that differ, the
    leads that move between bands and why, the hand-offs gained and lost, and what the back-test
    says. Live tables, the history and what runs build upon stay as they are.

    \b
    leadscore preview                              against what is published
    leadscore preview --against main --markdown    for a pull request
    """
    from leadscore.preview import PreviewOptions
    from leadscore.preview import preview as preview_policy

    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        options = PreviewOptions(against, top, capacity, markdown, file, exit_code, policy_dir)
        result = preview_policy(project, output, options)
        output.json(result)
    raise typer.Exit(result["exit_code"])


@app.command()
def promote(
    draft: Annotated[str, typer.Argument(help="The draft scorecard.", show_default=False)],
    live: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="LIVE",
            help="The live scorecard whose place it takes.",
            show_default=False,
        ),
    ],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="The live scorecard takes over the draft's rules under its own id, and the draft "
            "goes. Default: the draft goes live as it is, and the live one retires.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write the policy files.")] = False,
    top: Annotated[
        int, typer.Option(metavar="N", min=0, max=1000, help="How many leads to name first.")
    ] = 10,
    capacity: Annotated[
        float | None,
        typer.Option(
            metavar="LEADS",
            min=0,
            help="How many leads a week can be handed off.",
            show_default=False,
        ),
    ] = None,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Let a draft scorecard take the place of a live one.

    Shows first what leadscore preview says of it: the draft's scores against the live one's. With
    --yes the cells that it takes are changed in the policy files, and nothing else in them. It goes
    live with the next run.

    \b
    leadscore promote hundred --as b2b           what it would change
    leadscore promote hundred --as b2b --yes     write it
    """
    from leadscore.preview import PreviewOptions
    from leadscore.promote import PromoteOptions
    from leadscore.promote import promote as promote_draft

    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        told = PreviewOptions(top=top, capacity=capacity)
        output.json(promote_draft(project, output, PromoteOptions(draft, live, replace, yes, told)))


@app.command()
def explain(
    lead: Annotated[str, typer.Argument(help="The lead's id.", show_default=False)],
    scorecard: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="By this scorecard only. Default: by all.", show_default=False
        ),
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="By the draft scorecards.")] = False,
    following: Annotated[
        bool,
        typer.Option(
            "--next",
            help="Show instead when the lead leaves its band without new activity, and the "
            "smallest single steps that would lift it to the next one.",
        ),
    ] = False,
    horizon: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            min=1,
            max=3650,
            help="With --next: how many days to look ahead. Default: 365.",
            show_default=False,
        ),
    ] = None,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show why a lead has its score, line by line.

    Each line says what gave or took points, the running sum, what was measured, and when the
    events behind it happened. The last line is the score. Of a lead that has none it says why:
    merged, refused, outside the audience, or unknown.

    With --next the lead is scored once for each day to come and once for each thing that it might
    do, by the same rules, in schemas of their own (leadscore_what_if and so on), which are dropped
    at the end; the live tables stay as they are.

    \b
    leadscore explain example-b2b-53
    leadscore explain example-b2b-53 --next
    """
    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        if following:
            from leadscore.next_band import HORIZON_DAYS, explain_next

            days = HORIZON_DAYS if horizon is None else horizon
            result = explain_next(project, output, lead, scorecard, draft, days)
        elif horizon is not None:
            raise LeadscoreError(
                "--horizon says how far --next looks ahead.",
                where="--horizon",
                remedy=f"Add --next: leadscore explain {lead} --next --horizon {horizon}",
                code=ExitCode.USAGE,
            )
        else:
            from leadscore.explain import explain as explain_lead

            result = explain_lead(project, output, lead, scorecard, draft)
        output.json(result)


@app.command("app")
def workbench(
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=65535,
            help="The port to listen on. Default: 8501, or the next one that is free.",
            show_default=False,
        ),
    ] = None,
    hide_personal_data: Annotated[
        bool,
        typer.Option(
            "--hide-personal-data",
            help="Show made-up ids instead of those of leads and accounts, and no values.",
        ),
    ] = False,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    debug: Debug = False,
) -> None:
    """Open the workbench: a web page of this machine, on what is published.

    Leads and why they have their scores; the policy as a grid, with the effect of each change at
    once; how well the scores tell who converts; what was rejected and why. It listens on loopback
    only, and changes nothing but the policy files that one saves. Use `make app` the first time.
    """
    from leadscore.workbench.launch import launch

    with _session(project_dir, target, dbt_vars, False, debug) as (project, output):
        code = launch(project, output, port, hide_personal_data)
    raise typer.Exit(code)


@app.command()
def performance(
    scorecard: Annotated[
        str | None,
        typer.Option(metavar="ID", help="This scorecard only. Default: all.", show_default=False),
    ] = None,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show how well the scores told who converts, by the back-test.

    Each lead is scored at its own moment, and what became of it afterwards is counted. Shows the
    figures of live and draft scorecards side by side, their bands, how many of the conversions
    the best leads have, and the criteria by what the evidence says about their points. All with
    95 % intervals, as far as there are enough leads.
    """
    from leadscore.performance import performance as show_performance

    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        output.json(show_performance(project, output, scorecard))


@app.command()
def load(
    leads: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Files of leads. Needs: lead_id.", show_default=False),
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Files of events. Needs: event_id, event_name, occurred_at, and lead_id or "
            "anonymous_id.",
            show_default=False,
        ),
    ] = None,
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Files of outcomes. Needs: lead_id, outcome, occurred_at.",
            show_default=False,
        ),
    ] = None,
    identities: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Files of identities. Needs: lead_id, identified_at, and anonymous_id or "
            "merged_lead_id.",
            show_default=False,
        ),
    ] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TABLE.COLUMN=NAME",
            help="A column that is called otherwise in your file: events.ts=occurred_at. May be "
            "repeated.",
            show_default=False,
        ),
    ] = None,
    delimiter: Annotated[
        str | None,
        typer.Option(
            metavar="CHARACTER",
            help="What stands between the cells of CSV files. Default: found from the header.",
            show_default=False,
        ),
    ] = None,
    encoding: Annotated[
        str, typer.Option(metavar="NAME", help="Of CSV files, such as utf-16 or latin-1.")
    ] = "utf-8",
    write_vars: Annotated[
        bool,
        typer.Option(
            "--write-vars", help="Also write the settings for this data into dbt_project.yml."
        ),
    ] = False,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Load your own files into the embedded warehouse.

    Reads CSV, Parquet and JSON-lines files. Each option takes a file or a pattern in quotes, such
    as --events 'exports/*.parquet', and may be repeated. What was loaded before for the same table
    is replaced; where any file is refused, nothing is. Ends with the settings for
    dbt_project.yml that make the project score this data.

    \b
    leadscore load --leads people.csv --events clicks.parquet --rename events.ts=occurred_at
    """
    from leadscore.input_files import CsvOptions
    from leadscore.load import LoadOptions, parse_renames
    from leadscore.load import load as load_all

    given = {"leads": leads, "events": events, "outcomes": outcomes, "identities": identities}
    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        patterns = {name: list(files) for name, files in given.items() if files}
        if not patterns:
            raise LeadscoreError(
                "No file is named.",
                remedy="Name at least one: leadscore load --leads people.csv",
                code=ExitCode.USAGE,
            )
        options = LoadOptions(
            patterns, parse_renames(rename or []), CsvOptions(delimiter, encoding), write_vars
        )
        output.json(load_all(project, output, options))


@app.command()
def watch(
    every: Annotated[
        str, typer.Option(metavar="TIME", help="How often to look for news: 30s, 2m, 1h.")
    ] = "30s",
    once: Annotated[
        bool, typer.Option("--once", help="Look, score and deliver once, then end.")
    ] = False,
    webhook: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="LEADSCORE_WEBHOOK_URL",
            help="Where to post hand-offs as JSON. LEADSCORE_WEBHOOK_TOKEN, if set, is sent as "
            "bearer token.",
            show_default=False,
            show_envvar=True,
        ),
    ] = None,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each hand-off as a line of JSON.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Stay up, score whenever there is news, and hand off leads that moved up.

    A lead is handed off when it moves up into a band whose action has an SLA: it is printed and,
    with a webhook, posted until that takes it. New rows, changed policy files and the time (once a
    minute) all lead to a run; a failing one is told once and tried again. Ends on Ctrl-C or
    SIGTERM.

    \b
    leadscore watch --every 10s --webhook https://hooks.example.com/leads
    """
    from leadscore.watch import WatchOptions, parse_duration
    from leadscore.watch import watch as watch_leads

    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        token = os.environ.get("LEADSCORE_WEBHOOK_TOKEN")
        options = WatchOptions(parse_duration(every), once, webhook or None, token, debug)
        code = watch_leads(project, output, options)
    raise typer.Exit(int(code))


@app.command()
def publish(
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Put the marts into a DuckDB file that any number of readers may open.

    A good run of everything does this at its end; use this command after a part was run. The
    file lies beside the warehouse; the var published_file names it, and empty switches it off.
    DuckDB 1.0 and newer read it. It is replaced in one step: whoever has it open keeps the old
    rows until closing it, and never holds up a run.
    """
    from leadscore.publish import publish as publish_marts

    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        output.json(publish_marts(project, output))


@app.command()
def export(
    marts: Annotated[
        list[str] | None,
        typer.Argument(help="The marts, such as scored_leads.", show_default=False),
    ] = None,
    file_format: Annotated[
        ExportFormat, typer.Option("--format", help="The format of the files.")
    ] = ExportFormat.CSV,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where to write them. Default: exports in the project's folder.",
            show_default=False,
        ),
    ] = None,
    destination: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Instead of marts: what changed for this system since the last export to it.",
            show_default=False,
        ),
    ] = None,
    column_map: Annotated[
        str | None,
        typer.Option(
            "--map",
            metavar="MAP",
            help="With --destination: the column map, hubspot, salesforce or a CSV file. Default: "
            "the one of the destination's name, else our columns as they are.",
            show_default=False,
        ),
    ] = None,
    scorecard: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="With --destination: this scorecard only.", show_default=False
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="With --destination: every lead, changed or not.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="With --destination: show counts and the first rows, write nothing."
        ),
    ] = False,
    wait: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=0, help="With --destination: how long to wait for a run to end."
        ),
    ] = 0,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write marts, or what changed for another system, to files.

    Marts become a file each. One of the same name is replaced, in one step and only when all of
    them are complete. In CSV a text that a spreadsheet would run as a formula gets an apostrophe
    before it; numbers stay numbers, and the other formats hold every text as it is.

    With --destination the file holds the leads that are new to that system, moved between bands,
    changed otherwise, or are gone, in the columns of a column map (handoff/maps/*.csv). Each
    change is exported once; an export that was killed is finished by the next one, as the same
    batch.

    \b
    leadscore export scored_leads scored_accounts --to reports
    leadscore export lead_score_contributions --format parquet
    leadscore export --destination hubspot --scorecard b2b --dry-run
    leadscore export --destination lake --format jsonl
    """
    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        if (destination is None) == (not marts):
            raise LeadscoreError(
                "Either marts are exported or what changed for a destination.",
                remedy="Name one: leadscore export scored_leads, or "
                "leadscore export --destination hubspot",
                code=ExitCode.USAGE,
            )
        if destination is not None:
            from leadscore.sync_export import SyncOptions, sync_export

            sync = SyncOptions(
                *(destination, column_map, file_format.value, to, scorecard, full, dry_run, wait)
            )
            output.json(sync_export(project, output, sync))
            return
        if column_map or scorecard or full or dry_run or wait:
            raise LeadscoreError(
                "--map, --scorecard, --full, --dry-run and --wait go with --destination.",
                remedy="Name a destination instead of marts, such as --destination hubspot.",
                code=ExitCode.USAGE,
            )
        from leadscore.export import ExportOptions
        from leadscore.export import export as export_marts

        options = ExportOptions(marts or [], file_format.value, to)
        output.json(export_marts(project, output, options))


@app.command()
def report(
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where to write it. Default: exports/report.html in the project's folder.",
            show_default=False,
        ),
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Also write each chart there, as PNG.", show_default=False
        ),
    ] = None,
    hide_personal_data: Annotated[
        bool,
        typer.Option("--hide-personal-data", help="Show no ids of leads and companies."),
    ] = False,
    top: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="How many leads to name.")
    ] = 15,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write a report as one HTML file, to be mailed, printed or kept.

    The state of the funnel, the best leads and why, who moved, how well the scores tell who buys,
    and the quality of the data. The file needs no network and runs no script. What draws charts
    has to be installed: make report does it.

    \b
    leadscore report --out report.html --png charts
    """
    from leadscore.report import ReportOptions
    from leadscore.report import report as write_report

    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        options = ReportOptions(out, png, hide_personal_data, top)
        output.json(write_report(project, output, options))


@app.command()
def learn(
    scorecard: Annotated[
        str | None,
        typer.Argument(
            metavar="SCORECARD",
            help="The scorecard whose points are learned. With --new: whose leads are scored, and "
            "which the new one is compared with.",
            show_default=False,
        ),
    ] = None,
    new: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Draft a new scorecard of this id from attributes and events.",
            show_default=False,
        ),
    ] = None,
    draft_id: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="The id of the draft with new points. Default: SCORECARD_learned.",
            show_default=False,
        ),
    ] = None,
    max_criteria: Annotated[
        int, typer.Option(metavar="N", help="How many criteria a new scorecard has at most.")
    ] = 20,
    test_share: Annotated[
        float,
        typer.Option(metavar="PART", help="Which part of the leads, the latest, judges."),
    ] = 0.3,
    write: Annotated[
        bool, typer.Option("--write", help="Put the draft into seeds/scoring/*.csv.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a draft of the same id.")
    ] = False,
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Propose points by what became of leads, as a draft.

    Reads the back-test of the last run, fits on the earlier leads and judges by the later ones.
    Prints the rows for the policy files; --write adds them as a draft scorecard, which the next
    run scores beside the live ones. Where outcomes cannot be told from shuffled ones it says so,
    proposes nothing and ends with exit code 6.

    \b
    leadscore learn b2b                     new points for the criteria of b2b
    leadscore learn b2b --new b2b_next      a new scorecard for the same leads
    """
    from leadscore.learn.command import LearnOptions
    from leadscore.learn.command import learn as learn_points

    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        options = LearnOptions(scorecard, new, draft_id, max_criteria, test_share, write, replace)
        result = learn_points(project, output, options)
        output.json(result)
    raise typer.Exit(result["exit_code"])


@app.command()
def demo(
    target: Target = None,
    dbt_vars: Vars = None,
    project_dir: ProjectDir = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Score the embedded demo and see two leads explained."""
    from leadscore.demo import demo as demo_all

    with _session(project_dir, target, dbt_vars, as_json, debug) as (project, output):
        output.json(demo_all(project, output))


@contextlib.contextmanager
def _session(
    project_dir: Path | None, target: str | None, dbt_vars: str | None, as_json: bool, debug: bool
) -> Iterator[tuple[Project, Output]]:
    """The project and output of a command; turns errors into messages and exit codes."""
    output = Output(as_json)
    try:
        yield find_project(project_dir, target, parse_vars(dbt_vars)), output
    except LeadscoreError as error:
        if debug:
            raise
        output.error(error)
        raise typer.Exit(int(error.code)) from None
    except BrokenPipeError:
        # Whoever read our output has seen enough, as `head` has.
        nobody_reads(sys.stdout)
        raise typer.Exit(int(ExitCode.OK)) from None
    except (typer.Exit, KeyboardInterrupt):
        raise
    except Exception as error:
        if debug:
            raise
        if disk_is_full(str(error)):
            output.error(DiskFullError(str(error), Path.cwd()))
            raise typer.Exit(int(ExitCode.FAILED)) from None
        output.error(
            LeadscoreError(
                f"Something went wrong that should not: {type(error).__name__}: {error}",
                remedy="Run it again with --debug and report what it shows; it is a defect.",
            )
        )
        raise typer.Exit(int(ExitCode.FAILED)) from None


def main(arguments: list[str] | None = None) -> None:
    """The entry point of the command `leadscore`.

    Args:
        arguments: the command line's words; None for those of the process.

    Raises:
        SystemExit: always, with the exit code.
    """
    try:
        app(arguments)
    finally:
        # What is left would be written at Python's very end, where a reader who went away is told.
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            nobody_reads(sys.stdout)
