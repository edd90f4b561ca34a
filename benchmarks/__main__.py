"""`python -m benchmarks`: see `make bench`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.agreement import DisagreementError, compare, project_scores
from benchmarks.data import Size, generate
from benchmarks.measuring import ContestantError, Cost, in_own_process
from benchmarks.policy import criteria
from benchmarks.report import Report, Row
from benchmarks.workspace import ROOT, Workspace

NAMES = {
    "project": "project, full run: its models",
    "select": "SELECT by hand: score and band only",
    "polars": "Polars by hand: score and band only",
    "pandas": "pandas by hand: score and band only",
    "count": "lower bound: count(*) by lead and event name",
}
PROCESS = "project, full run: whole process"
SCORERS = ("project", "select", "polars", "pandas")
CHECKED = Size(leads=1000, events=20000, has_copies=False)
# What pandas needs beside the columns themselves, as far as it was seen.
PANDAS_BYTES_PER_EVENT = 400
PROFILED_MODELS = 5


def main(words: list[str]) -> int:
    """Runs the benchmark.

    Args:
        words: of the command line.

    Returns:
        The exit code.
    """
    given = _parse(words)
    try:
        report = bench(given)
    except (ContestantError, DisagreementError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\n{report.as_text()}")
    if given.write:
        given.write.write_text(report.as_markdown(_command(given)), encoding="utf-8")
        print(f"\nWritten to {given.write}")
    return 0


def bench(given: argparse.Namespace) -> Report:
    """Checks that the contestants agree, lets them run, and returns what they took.

    Raises:
        ContestantError: one failed.
        DisagreementError: they came to different scores.
    """
    given.folder.mkdir(parents=True, exist_ok=True)
    place = Workspace(given.folder.resolve() / "work")
    place.prepare(criteria(given.criteria), given.memory)
    remarks = []
    if given.check:
        leads = _check(given, place)
        remarks.append(
            "Check before: project, SELECT, Polars and pandas gave the same scores to all of"
            f" {leads:,} other leads, whose events hold no copies."
        )
    size = Size(given.leads, given.events)
    _say(f"data: {size.leads:,} leads, {size.events:,} events")
    files = generate(size, given.folder / "data" / size.name)
    place.load(files, given.sources == "tables")
    job = _job(given, place, files)

    rows = {name: Row(NAMES[name]) for name in NAMES if name in given.contestants}
    process = Row(PROCESS)
    runs: list[dict[str, Any]] = []
    too_large = _too_large_for_pandas(given.events)
    if too_large and "pandas" in rows:
        rows["pandas"].note = too_large
    scores: dict[str, Path] = {}
    for number in range(given.repeat):
        for name, row in rows.items():
            if row.note:
                continue
            _say(f"run {number + 1} of {given.repeat}: {name}")
            if name == "project":
                place.empty()
            else:
                scores[name] = place.folder / f"{name}.parquet"
            result, whole = in_own_process(
                "benchmarks.contestants",
                {**job, "contestant": name, "scores": str(scores.get(name, ""))},
                ROOT,
            )
            row.costs.append(Cost(**result["work"]))
            if name == "project":
                process.costs.append(whole)
                runs.append(result["models"])
    scores.pop("count", None)
    if len(scores) > 1:
        # With copies too, which all of them count.
        compare(scores)
    operators = {}
    models = _medians(runs)
    if given.profile and models:
        _say("profile")
        costly = sorted(models, key=lambda name: -models[name]["seconds"])[:PROFILED_MODELS]
        result, _ = in_own_process("benchmarks.operators", {**job, "models": costly}, ROOT)
        operators = result["operators"]
    if "project" in rows:
        rows = {"project": rows.pop("project"), "process": process, **rows}
    remarks += [
        f"Medians of {given.repeat}, each in a process of its own; the highest peak memory."
        " Ratios are to the SELECT by hand.",
        "The project also removes copies of events, keeps a ledger of every point, scores a week"
        " earlier too, and lists what it refused; the others give a score and a band.",
        f"DuckDB reads the raw rows from {'tables' if given.sources == 'tables' else 'Parquet'}"
        f"{f', with a memory limit of {given.memory}' if given.memory else ''};"
        " Polars and pandas read Parquet.",
    ]
    return Report(
        title=f"{given.leads:,} leads, {given.events:,} events, {given.criteria} criteria",
        rows=list(rows.values()),
        baseline=NAMES["select"],
        models=models,
        operators=operators,
        remarks=remarks,
    )


def _check(given: argparse.Namespace, place: Workspace) -> int:
    """Compares the scores of all scorers on data without copies."""
    _say(f"check: {CHECKED.leads:,} leads, {CHECKED.events:,} events without copies")
    files = generate(CHECKED, given.folder / "data" / CHECKED.name)
    place.load(files, as_tables=False)
    place.empty()
    job = _job(given, place, files)
    scores = {}
    for name in SCORERS:
        scores[name] = place.folder / f"checked_{name}.parquet"
        in_own_process(
            "benchmarks.contestants", {**job, "contestant": name, "scores": str(scores[name])}, ROOT
        )
    project_scores(place.warehouse, scores["project"])
    return compare(scores)


def _job(given: argparse.Namespace, place: Workspace, files: Any) -> dict[str, Any]:
    return {
        "workspace": str(place.folder),
        "criteria": given.criteria,
        "memory": given.memory,
        "leads": str(files.leads.resolve()),
        "events": str(files.events.resolve()),
    }


def _medians(runs: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Of each model the middle one of its runs, by seconds."""
    if not runs:
        return {}
    found = {}
    for name in runs[0]:
        ordered = sorted((run[name] for run in runs), key=lambda one: one["seconds"])
        found[name] = ordered[len(ordered) // 2]
    return found


def _too_large_for_pandas(events: int) -> str:
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    needed = events * PANDAS_BYTES_PER_EVENT
    if needed < free:
        return ""
    return f"not run: needs about {needed / 2**30:.0f} GiB, {free / 2**30:.0f} GiB are free"


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=200_000, help="rows, copies included")
    parser.add_argument("--criteria", type=int, default=50)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each contestant")
    parser.add_argument("--memory", help="limit of DuckDB's memory, such as 3GB")
    parser.add_argument("--sources", choices=("views", "tables"), default="views")
    parser.add_argument(
        "--contestants",
        type=lambda text: text.split(","),
        default=list(NAMES),
        metavar=",".join(NAMES),
    )
    parser.add_argument("--profile", action="store_true", help="show the most costly operators")
    parser.add_argument("--no-check", dest="check", action="store_false")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--folder", type=Path, default=ROOT / "target" / "bench")
    given = parser.parse_args(words)
    unknown = set(given.contestants) - set(NAMES)
    if unknown:
        parser.error(f"no such contestant: {', '.join(sorted(unknown))}")
    if min(given.leads, given.events, given.criteria - 4, given.repeat) < 1:
        parser.error("sizes are 1 at least, criteria 5")
    return given


def _command(given: argparse.Namespace) -> str:
    words = [f"LEADS={given.leads}", f"EVENTS={given.events}", f"CRITERIA={given.criteria}"]
    words.append(f"REPEAT={given.repeat}")
    words += [f"MEMORY={given.memory}"] if given.memory else []
    words += [f"SOURCES={given.sources}"] if given.sources != "views" else []
    words += ["PROFILE=1"] if given.profile else []
    return " ".join(["make bench", *words])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
