"""`make parity`: scores the same inputs on every engine, and ends non-zero where a row differs.

The marts are compared with those of DuckDB as sets of rows: every column that follows from the
inputs, spelled exactly, decimals to their last place. The golden cases are also compared with the
tables that they say must come out.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import golden
import strategies
from comparison import diff_tables
from engines import ENGINES, MARTS, Engine
from harness import distinct, failures
from leadscore.run import GATE
from marts import Marts, count_differing, diff_marts
from rich.console import Console
from rich.table import Table as RichTable

REFERENCE = "duckdb"
SEED = int(os.environ.get("LEADSCORE_TEST_SEED") or 20260302)
HISTORY = ("lead_score_history", "band_changes", "band_stays")
SCORES = tuple(name for name in MARTS if name not in HISTORY)
# How many differing rows of a mart are shown.
SHOWN = 5


@dataclass(frozen=True)
class Case:
    """Inputs that every engine scores, one after the other, in the same project.

    Args:
        name: what it is, for people.
        config: the vars.
        prepare: puts the inputs and the policy in place.
        marts: the marts to compare.
        starts_anew: whether nothing is kept from earlier cases.
        must_stop: whether the policy has errors, at which the run must stop.
        check: finds what is wrong with the reference itself, from what it holds elsewhere.
    """

    name: str
    config: dict[str, Any]
    prepare: Callable[[Engine], None]
    marts: tuple[str, ...] = SCORES
    starts_anew: bool = True
    must_stop: bool = False
    check: Callable[[Engine], list[str]] = field(default=lambda engine: [])


@dataclass
class Outcome:
    """What an engine made of a case.

    Args:
        case: its name.
        engine: the name of the engine.
        seconds: how long it took to score.
        marts: what came out.
        rows: how many rows were compared.
        different: how many of them differ.
        problems: why it failed, or the first rows that differ; none where all is well.
    """

    case: str
    engine: str
    seconds: float = 0.0
    marts: Marts = field(default_factory=dict)
    rows: int = 0
    different: int = 0
    problems: list[str] = field(default_factory=list)


# --- the cases --------------------------------------------------------------------------------


def demo_cases() -> list[Case]:
    """Return the demo, scored from nothing, and again a day later with other rules and events."""
    config = {"use_demo_data": True}
    later = config | {"as_of": "2026-03-02"}
    marts = (*SCORES, *HISTORY)
    return [
        Case("demo", config, lambda engine: None, marts),
        Case("demo, a day later", later, _change_demo, marts, starts_anew=False),
    ]


def _change_demo(engine: Engine) -> None:
    """Raise points and a band, retire a rule, and let leads do again what they once did."""
    root = engine.project.root
    with _Edited(root / "seeds" / "scoring" / "criteria.csv") as criteria:
        for number, row in enumerate(criteria):
            if row["effect"] != "disqualify" and number % 3 == 0:
                row["points"] = f"{float(row['points']) + 1.25:.2f}"
        criteria[7]["is_active"] = "false"
    with _Edited(root / "seeds" / "scoring" / "bands.csv") as bands:
        bands[0]["min_points"] = "50"
    with _Edited(root / "seeds" / "demo" / "demo_events.csv") as events:
        for row in [dict(row) for row in events[:: len(events) // 40]]:
            row["event_id"] += "-again"
            row["occurred_at"] = "2026-03-01 09:30:00.25"
            row["loaded_at"] = "2026-03-01 10:00:00"
            events.append(row)


class _Edited:
    """The rows of a CSV file for a `with` block, written back at its end."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> list[dict[str, str]]:
        with self.path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            self.rows, self.columns = list(reader), list(reader.fieldnames or [])
        return self.rows

    def __exit__(self, *_: object) -> None:
        with self.path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)


def world_case(policies: int, seed: int) -> Case:
    """Return random leads and events with so many random policies.

    Args:
        policies: how many.
        seed: the one that all of it follows from.
    """
    world = strategies.world(seed, policies=policies)

    def prepare(engine: Engine) -> None:
        engine.load_raw(world.raw)
        engine.project.write_policy(world.policy)

    return Case(f"{policies} random policies (seed {seed})", world.config, prepare)


def golden_case(name: str) -> Case:
    """Return a golden case by its name."""
    case = golden.read_case(name)
    is_bad = name in golden.BAD_CASES

    def prepare(engine: Engine) -> None:
        engine.load_raw(case.raw)
        # The files as they stand, since their spelling is part of the case.
        files = {path.stem: path for path in case.policy_folder.glob("*.csv")}
        engine.project.write_policy(files)

    def check(engine: Engine) -> list[str]:
        got = engine.project.read()
        if is_bad:
            got = {"policy_errors": distinct(got["policy_errors"])}
            return diff_tables({"policy_errors": case.expected["policy_errors"]}, got, most=SHOWN)
        return diff_tables(case.expected, got, most=SHOWN)

    marts = ("policy_errors",) if is_bad else SCORES
    return Case(f"golden {name}", case.config, prepare, marts, must_stop=is_bad, check=check)


def select_golden(wanted: str) -> list[str]:
    """Return the names of golden cases.

    Args:
        wanted: `all`, `none`, or names with commas between.

    Raises ValueError where one that was asked for is not there.
    """
    if wanted == "none":
        return []
    if wanted == "all":
        return golden.CASES
    names = [name.strip() for name in wanted.split(",")]
    if not set(names) <= set(golden.CASES):
        lacking = ", ".join(sorted(set(names) - set(golden.CASES)))
        raise ValueError(f"no golden case {lacking}; {golden.ABSENT}")
    return names


# --- running and comparing --------------------------------------------------------------------


def measure(engine: Engine, case: Case) -> Outcome:
    """Score a case.

    Args:
        engine: a started one.
        case: what to score.
    """
    outcome = Outcome(case.name, engine.name)
    began = time.monotonic()
    try:
        case.prepare(engine)
        began = time.monotonic()
        invocation = engine.run(case.config, full_refresh=case.starts_anew)
        outcome.seconds = time.monotonic() - began
        stopped_at = [step.name for step in invocation.failed]
        if case.must_stop and invocation.ok:
            outcome.problems.append("the run did not stop at the errors of the policy")
        elif stopped_at == [GATE] if case.must_stop else invocation.ok:
            outcome.marts = engine.marts(case.marts)
        else:
            outcome.problems.append(f"the run failed: {failures(invocation)}")
    # Whatever an engine raises is its own failure, and the next engine's turn.
    except Exception as error:
        outcome.seconds = time.monotonic() - began
        outcome.problems.append(f"{type(error).__name__}: {error}")
    return outcome


def compare(expected: Outcome, got: Outcome) -> None:
    """Count the rows of an outcome that differ from the reference, and name the first of them.

    Args:
        expected: the reference. One that failed has nothing to compare with, which is a failure.
        got: the outcome; gets its counts and problems.
    """
    if got.problems:
        return
    if not expected.marts:
        got.problems.append(f"there is no result of {expected.engine} to compare with")
        return
    for name in expected.marts.keys() | got.marts.keys():
        left, right = expected.marts.get(name), got.marts.get(name)
        rows = [sum(mart.rows.values()) for mart in (left, right) if mart is not None]
        got.rows += max(rows)
        if left is None or right is None or left.columns != right.columns:
            got.different += max(max(rows), 1)
        else:
            got.different += count_differing(left, right)
    if got.different:
        got.problems += diff_marts(expected.marts, got.marts, most=SHOWN)
    elif not got.rows:
        got.problems.append("there is no row at all to compare")


def run_cases(
    engines: Iterable[type[Engine]], cases: Sequence[Case], folder: Path
) -> Iterator[Outcome]:
    """Score all cases on one engine after the other, the reference first, and compare.

    Args:
        engines: those to run.
        cases: what to score, in this order.
        folder: where to work.
    """
    references: dict[str, Outcome] = {}
    for kind in engines:
        reason = kind.reason_unavailable()
        if reason is not None:
            yield Outcome("all", kind.name, problems=[reason])
            continue
        place = folder / kind.name
        place.mkdir()
        try:
            with kind(place) as engine:
                for case in cases:
                    outcome = measure(engine, case)
                    if kind.name == REFERENCE:
                        references[case.name] = outcome
                        if not outcome.problems:
                            compare(outcome, outcome)
                            outcome.problems += case.check(engine)
                            outcome.different = len(outcome.problems)
                    else:
                        nothing = Outcome(case.name, REFERENCE)
                        compare(references.get(case.name, nothing), outcome)
                    yield outcome
        except Exception as error:
            yield Outcome("all", kind.name, problems=[f"{type(error).__name__}: {error}"])
        finally:
            shutil.rmtree(place, ignore_errors=True)


def report(outcomes: Sequence[Outcome], console: Console) -> bool:
    """Print the table and what is wrong.

    Args:
        outcomes: of all engines and cases.
        console: where to print.

    Returns whether every row is the same on every engine.
    """
    table = RichTable(title="The same scores on every engine", title_justify="left")
    for heading in ("what", "engine", "rows compared", "rows different", "seconds"):
        is_number = heading in ("rows compared", "rows different", "seconds")
        table.add_column(heading, justify="right" if is_number else "left")
    order = list(dict.fromkeys(outcome.case for outcome in outcomes))
    for outcome in sorted(outcomes, key=lambda found: order.index(found.case)):
        failed = bool(outcome.problems) and not outcome.different
        table.add_row(
            outcome.case,
            outcome.engine,
            f"{outcome.rows:,}",
            "failed" if failed else f"{outcome.different:,}",
            f"{outcome.seconds:.1f}",
            style="red" if outcome.problems else None,
        )
    console.print(table)
    for outcome in outcomes:
        if outcome.problems:
            console.print(f"\n{outcome.case} on {outcome.engine}:", style="red", markup=False)
            for problem in outcome.problems:
                console.print(f"  {problem}", markup=False, highlight=False, soft_wrap=True)
    return bool(outcomes) and not any(outcome.problems for outcome in outcomes)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="make parity", description=__doc__.splitlines()[0])
    parser.add_argument("--engines", default=",".join(ENGINES), help="with commas between")
    parser.add_argument("--policies", type=int, default=200, help="0: none")
    parser.add_argument("--golden", default="all", help="all, none, or names with commas between")
    parser.add_argument("--demo", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--once", action="store_true", help="the demo not again a day later")
    parser.add_argument("--present", action="store_true", help="leave out what cannot run here")
    given = parser.parse_args(words)
    names = [name.strip() for name in given.engines.split(",") if name.strip()]
    unknown = sorted(set(names) - set(ENGINES))
    if unknown:
        parser.error(f"no engine {', '.join(unknown)}; there are {', '.join(ENGINES)}")
    try:
        selected = select_golden(given.golden)
    except ValueError as error:
        parser.error(str(error))
    cases = demo_cases()[: 1 if given.once else None] if given.demo else []
    if given.policies:
        cases.append(world_case(given.policies, SEED))
    cases += [golden_case(name) for name in selected]
    if not cases:
        parser.error("nothing to compare")

    console = Console(soft_wrap=not sys.stdout.isatty())
    if given.golden == "all" and not golden.CASES:
        console.print(f"Without golden cases: {golden.ABSENT}.", markup=False)
    wanted = [REFERENCE, *(name for name in ENGINES if name in names and name != REFERENCE)]
    if given.present:
        for name, reason in [(name, ENGINES[name].reason_unavailable()) for name in wanted]:
            if reason is not None:
                console.print(f"Without {name}: {reason}", markup=False, highlight=False)
                wanted.remove(name)
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="leadscore-parity-") as folder:
        for outcome in run_cases([ENGINES[name] for name in wanted], cases, Path(folder)):
            outcomes.append(outcome)
            state = "not the same" if outcome.problems else "same"
            if outcome.engine == REFERENCE:
                state = "failed" if outcome.problems else "scored"
            console.print(
                f"{outcome.engine}: {outcome.case}: {state} ({outcome.seconds:.1f} s)",
                markup=False,
                highlight=False,
            )
            # All of them come at the end, which may take long to come.
            for problem in outcome.problems[:1]:
                console.print(f"  {problem}", markup=False, highlight=False, soft_wrap=True)
    console.print()
    return 0 if report(outcomes, console) else 1


if __name__ == "__main__":
    sys.exit(main())
