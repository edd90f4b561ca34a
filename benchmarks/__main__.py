"""`python -m benchmarks`: see `make bench`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.agreement import (
    DisagreementError,
    compare,
    must_build_on,
    must_differ,
    project_scores,
)
from benchmarks.data import Files, Size, generate, loaded_last, write_last
from benchmarks.measuring import ContestantError, Cost, in_own_process
from benchmarks.policy import criteria, with_other_points
from benchmarks.report import Report, Row
from benchmarks.workspace import ROOT, Workspace

SELECT = "SELECT by hand: score and band only"
FULL = "full run: all models"
NAMES = {
    "project": FULL,
    "incremental": "1 % new events",
    "points": "other points of one criterion",
    "nothing": "nothing new",
    "watch": "watch, {watched:,} new events: until handed off",
    "select": SELECT,
    "polars": "Polars by hand: score and band only",
    "pandas": "pandas by hand: score and band only",
    "count": "lower bound: count(*) by lead and event name",
}
WATCHED_MODELS = "watch: its models"
BY_HAND = ("select", "polars", "pandas")
# Decay in floating point rounds some scores another way.
ROUNDING = "0.01"
# Runs of the project that build on an earlier one, and what they start from.
LATER = {"incremental": "before", "points": "full", "nothing": "full", "watch": "before"}
WATCHED = 1000
# What pandas needs beside the columns themselves, as far as it was seen.
PANDAS_BYTES_PER_EVENT = 400
# What ratios should be at the size that the project is made for; at small ones, starting each
# statement takes longer than its rows.
BARS = {"incremental": 0.25, "points": 0.25, "watch": 0.05}
BARRED_EVENTS = 50_000_000
MANY_CRITERIA = 200
# Two full runs of so many events fit beside each other.
SMALL_EVENTS = 1_000_000


def main(words: list[str]) -> int:
    """Runs the benchmark.

    Args:
        words: of the command line.

    Returns:
        The exit code.
    """
    given = _parse(words)
    try:
        found = sweep(given) if given.sizes else bench(given)
    except (ContestantError, DisagreementError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\n{found.as_text()}")
    if given.write:
        found.write(given.write, _command(given))
        print(f"\nWritten to {given.write}")
    return 0


def bench(given: argparse.Namespace) -> Report:
    """Checks that the contestants agree, lets them run, and returns what they took.

    Raises:
        ContestantError: one failed.
        DisagreementError: they came to different scores.
    """
    race = _Race(given)
    # Nothing is measured yet, so what is small may run side by side.
    with ThreadPoolExecutor(2 if given.events <= SMALL_EVENTS else 1) as pool:
        for step in [pool.submit(step) for step in race.preparations()]:
            step.result()
    race.run()
    if given.check:
        race.check()
    tables = [report.contestants(race.rows())]
    costs = _medians(race.models)
    if costs:
        tables.append(report.models(costs))
    if given.profile:
        tables.append(report.operators(race.profile()))
    remarks = [
        *agreed(race.scores),
        *race.said(),
        f"Medians of {given.repeat}, each in a process of its own; the highest peak memory."
        " `seconds` are those of the models or of the query; of watch, from the arrival of the"
        " events on. `process` is everything from the start to the end of the process.",
        "The project also removes copies of events, keeps a ledger of every point, scores a week"
        " earlier too, and lists what it refused; the others give a score and a band.",
        f"DuckDB reads the raw rows from {'tables' if given.sources == 'tables' else 'Parquet'}"
        f"{f', with a memory limit of {given.memory}' if given.memory else ''};"
        " Polars and pandas read Parquet.",
    ]
    return Report(_title(given), tables, remarks)


def sweep(given: argparse.Namespace) -> Report:
    """Lets full runs of several sizes run, and returns what they took.

    Raises:
        ContestantError: one failed.
    """
    place = _prepared(given, "sweep")
    found = []
    for events in given.sizes:
        # The same activity at every size.
        size = Size(max(given.leads * events // given.events, 1), events)
        files = _data(given, size)
        place.load(files, given.sources == "tables")
        row = Row(FULL)
        for number in range(given.repeat):
            _say(f"{events:,} events, run {number + 1} of {given.repeat}")
            place.empty()
            result, _ = _in_own_process("project", _job(given, place, files))
            row.costs.append(Cost(**result["work"]))
        found.append((size.leads, events, row))
    remarks = [
        f"Medians of {given.repeat}, each in a process of its own; the highest peak memory.",
        "Ten times the events should take at most 11 times the time.",
    ]
    return Report(f"Sweep: {_title(given)} at most", [report.sizes(found)], remarks)


def agreed(scores: dict[str, Path]) -> list[str]:
    """Compares the scores of all contestants, and says what that has shown.

    Args:
        scores: by contestant a Parquet of lead_id, score and band; as `checked` those of the SELECT
            over events without copies, as `before` those of the run that new events come after,
            as `other_points` those of a full run with these.

    Raises:
        DisagreementError: they differ where they should not, or the other way round.
    """
    remarks = []
    if "checked" in scores:
        leads = compare({"project": scores["project"], "SELECT by hand": scores["checked"]})
        remarks.append(
            f"Over the same events without copies the SELECT gives all of {leads:,} leads the"
            " scores of the full run, which removes the copies itself."
        )
    by_hand = {name: scores[name] for name in BY_HAND if name in scores}
    if len(by_hand) > 1:
        # With copies too, which all of them count.
        compare(by_hand, most_apart=ROUNDING)
        remarks.append(
            f"With the copies, these give the same scores (to {ROUNDING}): {', '.join(by_hand)}."
        )
    again = {
        NAMES[name].partition(",")[0]: scores[name]
        for name in ("incremental", "nothing", "watch")
        if name in scores
    }
    if again:
        if "before" in scores:
            must_differ(scores["before"], scores["project"], "The new events")
        leads = compare({"full run": scores["project"], **again}, with_unknown=True)
        remarks.append(
            f"The scores of all of {leads:,} leads are those of the full run after:"
            f" {', '.join(again)}."
        )
    if "points" in scores:
        must_differ(scores["points"], scores["project"], "The other points")
        both = {"full run": scores["other_points"], NAMES["points"]: scores["points"]}
        compare(both, with_unknown=True)
        remarks.append(
            f"After {NAMES['points']} they are those of a full run with the same points."
        )
    return remarks


class _Race:
    """The contestants on the data of the given size.

    Args:
        given: the options.
    """

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.rules = criteria(given.criteria)
        self.place = _prepared(given, "work")
        self.files = _data(given, Size(given.leads, given.events))
        # Of all events, and never more than come in with the 1 %.
        self.new = max(given.events // 100, 2)
        self.watched = min(WATCHED, self.new // 2)
        names = {name: title.format(watched=self.watched) for name, title in NAMES.items()}
        self.found = {name: Row(names[name]) for name in NAMES if name in given.contestants}
        self.engine = Row(WATCHED_MODELS, FULL)
        self.models: list[dict[str, Any]] = []
        self.scores: dict[str, Path] = {}
        self.hand_offs: int | None = None
        for name, row in self.found.items():
            row.baseline = FULL if name in LATER else SELECT
            if given.events >= BARRED_EVENTS:
                row.bar = BARS.get(name)
        if "project" in self.found and given.events >= BARRED_EVENTS:
            self.found["project"].bar = 0.2 if given.criteria >= MANY_CRITERIA else 1.0
        if "pandas" in self.found:
            self.found["pandas"].note = _too_large_for_pandas(given.events)

    def preparations(self) -> list[Callable[[], None]]:
        """What must be there before the first is measured, each apart from the others."""
        steps = []
        if self._has("before"):
            steps.append(self._run_before)
        if "points" in self.found:
            steps.append(self._run_with_other_points)
        return steps

    def _has(self, start: str) -> bool:
        """Whether a contestant begins with what is kept by this name."""
        return start in (LATER.get(name) for name in self.found)

    def _run_before(self) -> None:
        _say("before: a full run without the last 1 % of the events")
        self._load(before=loaded_last(self.files, self.new))
        self.place.empty()
        self._measure("project")
        self._take_scores("before")
        self.place.keep("before")

    def _run_with_other_points(self) -> None:
        _say("before: a full run with other points")
        place = _prepared(self.given, "other_points")
        place.seed(with_other_points(self.rules))
        place.load(self.files, self.given.sources == "tables")
        place.empty()
        _in_own_process("project", _job(self.given, place, self.files))
        self.scores["other_points"] = place.folder / "project.parquet"
        project_scores(place.warehouse, self.scores["other_points"])
        place.empty()

    def run(self) -> None:
        """Lets all of them run, one after another, as often as is wanted."""
        self._load()
        for number in range(self.given.repeat):
            for name, row in self.found.items():
                if row.note:
                    continue
                _say(f"run {number + 1} of {self.given.repeat}: {name}")
                result, whole = self._run_one(name)
                row.costs.append(Cost(**result["work"]))
                if name == "watch":
                    self.engine.costs.append(Cost(**result["engine"]))
                    self.hand_offs = result["hand_offs"]
                else:
                    row.processes.append(whole)
                if name == "project":
                    self.models.append(result["models"])
                    if number == 0 and self._has("full"):
                        self.place.keep("full")

    def check(self) -> None:
        """Has the SELECT score events without copies, which should give the project's scores."""
        if not {"project", "select"} <= self.found.keys():
            return
        _say("check: the SELECT over events without copies")
        self._load(distinct=True)
        self.scores["checked"] = self.place.folder / "checked.parquet"
        self._measure("select", scores=str(self.scores["checked"]))
        self._load()

    def profile(self) -> dict[str, list[dict[str, Any]]]:
        """The most costly operators of each that runs on DuckDB, from runs of their own."""
        found = {}
        for name, row in self.found.items():
            if not row.note and name not in ("polars", "pandas"):
                _say(f"profile: {name}")
                result, _ = self._run_one(name, profile=True)
                found[row.name] = result["operators"]
        return found

    def rows(self) -> list[Row]:
        """The rows, in the order in which they are shown."""
        rows = []
        for name, row in self.found.items():
            rows.append(row)
            if name == "watch":
                rows.append(self.engine)
        return rows

    def said(self) -> list[str]:
        """What is to be said of a row."""
        if self.hand_offs is None:
            return []
        return [
            f"Watch handed off {self.hand_offs:,} leads; its time ends with the last of them."
            if self.hand_offs
            else "Watch handed off no lead, since none moved up; its time ends with the round."
        ]

    def _run_one(self, name: str, profile: bool = False) -> tuple[dict[str, Any], Cost]:
        """One run of one contestant from its own start."""
        more: dict[str, Any] = {"profile": profile}
        if name == "project":
            self.place.empty()
        elif name in LATER:
            self.place.start_from(LATER[name])
        else:
            self.scores[name] = self.place.folder / f"{name}.parquet"
            more["scores"] = str(self.scores[name])
        if name == "points":
            self.place.seed(with_other_points(self.rules))
        if name == "watch":
            more["arriving"] = str(self._arriving())
        result, whole = self._measure(name, **more)
        if name == "points":
            self.place.seed(self.rules)
        if name == "watch":
            self._load()
        if name in LATER:
            must_build_on(self.place.warehouse, name)
        if name == "project" or name in LATER:
            self._take_scores(name)
        return result, whole

    def _measure(self, name: str, **more: Any) -> tuple[dict[str, Any], Cost]:
        return _in_own_process(name, {**_job(self.given, self.place, self.files), **more})

    def _take_scores(self, name: str) -> None:
        self.scores[name] = self.place.folder / f"{name}.parquet"
        project_scores(self.place.warehouse, self.scores[name])

    def _load(self, **parts: Any) -> None:
        self.place.load(self.files, self.given.sources == "tables", **parts)

    def _arriving(self) -> Path:
        """Makes raw tables that lack the last events, and the file that is to bring them."""
        arrived = self.place.folder / "arrived"
        arrived.mkdir(exist_ok=True)
        for file in arrived.iterdir():
            file.unlink()
        since = loaded_last(self.files, self.watched)
        write_last(self.files, since, 0, arrived / "none.parquet")
        write_last(self.files, since, self.watched, arrived / "events.arriving")
        self._load(before=since, arrived=arrived)
        return arrived / "events.arriving"


def _prepared(given: argparse.Namespace, name: str) -> Workspace:
    place = Workspace(given.folder.resolve() / name)
    place.prepare(criteria(given.criteria), given.memory)
    return place


def _data(given: argparse.Namespace, size: Size) -> Files:
    _say(f"data: {size.leads:,} leads, {size.events:,} events")
    return generate(size, given.folder / "data" / size.name)


def _job(given: argparse.Namespace, place: Workspace, files: Files) -> dict[str, Any]:
    return {
        "workspace": str(place.folder),
        "criteria": given.criteria,
        "memory": given.memory,
        "leads": str(files.leads.resolve()),
        "events": str(files.events.resolve()),
        "scores": "",
        "profile": False,
    }


def _in_own_process(name: str, job: dict[str, Any]) -> tuple[dict[str, Any], Cost]:
    return in_own_process("benchmarks.contestants", {**job, "contestant": name}, ROOT)


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


def _title(given: argparse.Namespace) -> str:
    limit = f", {given.memory} of memory" if given.memory else ""
    source = ", raw tables in DuckDB" if given.sources == "tables" else ""
    return (
        f"{given.leads:,} leads, {given.events:,} events, {given.criteria} criteria{limit}{source}"
    )


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--leads", type=int, default=5_000)
    parser.add_argument("--events", type=int, default=100_000, help="rows, copies included")
    parser.add_argument("--criteria", type=int, default=50)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each contestant")
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
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(size) for size in text.split(",")],
        metavar="EVENTS,EVENTS",
        help="only full runs, with so many events and leads in proportion",
    )
    parser.add_argument("--sweep", action="store_true", help="--sizes: a tenth, and all events")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--folder", type=Path, default=ROOT / "target" / "bench")
    given = parser.parse_args(words)
    unknown = set(given.contestants) - set(NAMES)
    if unknown:
        parser.error(f"no such contestant: {', '.join(sorted(unknown))}")
    if "project" not in given.contestants and LATER.keys() & set(given.contestants):
        parser.error(f"{', '.join(LATER)} are compared with: project")
    if given.sweep and not given.sizes:
        given.sizes = [given.events // 10, given.events]
    if min(given.leads, given.events, given.criteria - 4, given.repeat, *given.sizes or [1]) < 1:
        parser.error("sizes are 1 at least, criteria 5")
    return given


def _command(given: argparse.Namespace) -> str:
    words = [f"LEADS={given.leads}", f"EVENTS={given.events}", f"CRITERIA={given.criteria}"]
    words.append(f"REPEAT={given.repeat}")
    words += [f"MEMORY={given.memory}"] if given.memory else []
    words += [f"SOURCES={given.sources}"] if given.sources != "views" else []
    words += ["PROFILE=1"] if given.profile and not given.sizes else []
    words += [f"SIZES={','.join(str(size) for size in given.sizes)}"] if given.sizes else []
    return " ".join(["make bench", *words])


def _say(text: str) -> None:
    # In one piece, since threads do so too.
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
