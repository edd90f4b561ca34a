"""How results, progress and problems look: tables for people, JSON for programs.

Results go to stdout, everything else to stderr, so that `--json` can be piped.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import sys
import threading
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from leadscore.atomic_file import replacing
from leadscore.errors import LeadscoreError
from leadscore.policy_files import PolicyProblem
from leadscore.project import PACKAGE

# Narrower than this a table is cut up beyond reading; a pipe or a log has no width of its own.
PIPED_WIDTH = 160


class Output:
    """Where a command writes to.

    Args:
        as_json: results are one JSON document on stdout, and nothing else is written there.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self._stdout = _console(sys.stdout)
        self._stderr = _console(sys.stderr)

    def say(self, text: str = "") -> None:
        """A line of the result; not with `--json`."""
        if not self.as_json:
            self._stdout.print(Text(text), soft_wrap=True)

    def line(self, text: str) -> None:
        """A line that has arrived when this returns, also with `--json`.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        print(text, file=sys.stdout, flush=True)

    def note(self, text: str) -> None:
        """A line about what is going on."""
        self._stderr.print(Text(text, style="dim"), soft_wrap=True)

    def warn(self, text: str) -> None:
        """A line about something that deserves a look but stops nothing."""
        self._stderr.print(Text(f"warning: {text}", style="yellow"), soft_wrap=True)

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        right: Sequence[str] = (),
        wrap: Sequence[str] = (),
    ) -> None:
        """A table of the result, numbers to the right; not with `--json`.

        Args:
            title: stands above it; empty for none.
            columns: the headings.
            rows: the cells; None shows as nothing.
            right: columns of texts that stand to the right as numbers do.
            wrap: columns whose cells break over several lines first. Without any, a table that
                is piped is as wide as it needs.
        """
        if self.as_json:
            return
        table = _table(title, columns, rows, right, wrap)
        console = self._stdout
        if console.is_terminal:
            console.print(table)
            return
        unlimited = console.options.update(max_width=100_000)
        natural = Measurement.get(console, unlimited, table).maximum
        wide = _console(console.file, console.width if wrap else max(natural, 1))
        with wide.capture() as captured:
            wide.print(table)
        # Cells are filled up with spaces, which in a file are only in the way.
        for line in captured.get().splitlines():
            print(line.rstrip(), file=console.file)

    def problems(self, problems: Sequence[PolicyProblem]) -> None:
        """All problems of the policy as a table; not with `--json`."""
        self.table(
            f"{count(len(problems), 'problem')} in the policy",
            ("file", "row", "column", "value", "problem", "remedy"),
            [(p.file, p.row_id, p.column_name, p.value, p.problem, p.remedy) for p in problems],
            wrap=("value", "problem", "remedy"),
        )

    def json(self, document: dict[str, Any]) -> None:
        """The result as JSON; only with `--json`."""
        if self.as_json:
            print(json_text(document))

    def save(self, path: Path, text: str | None, document: dict[str, Any]) -> None:
        """Writes a file, whole or not at all.

        Args:
            path: where to; its folder is made when missing.
            text: what to write; None for the document as JSON.
            document: the result.
        """
        if text is None:
            text = json_text(document) + "\n"
        with replacing(path, 0o644) as unfinished:
            unfinished.write_text(text, encoding="utf-8", newline="\n")

    def error(self, error: LeadscoreError) -> None:
        """A problem: what, where, what to do."""
        problems = getattr(error, "problems", None)
        if problems:
            self.problems(problems)
            self.say()
        self.json(error.as_json())
        self.trouble(error)

    def trouble(self, error: LeadscoreError) -> None:
        """A problem without the table and the JSON that go with it."""
        line = Text("error: ", style="bold red")
        line.append(error.what, style="default")
        self._stderr.print(line, soft_wrap=True)
        if error.where:
            self._stderr.print(Text(f"  where: {error.where}"), soft_wrap=True)
        if error.remedy:
            self._stderr.print(Text(f"  what to do: {error.remedy}"), soft_wrap=True)

    def busy(self, text: str) -> contextlib.AbstractContextManager[object]:
        """Shows on a terminal that something is going on, for the length of a `with` block."""
        if self._stderr.is_terminal:
            return self._stderr.status(text)
        return contextlib.nullcontext()

    def steps(self) -> StepProgress:
        """A progress display for dbt's steps."""
        return StepProgress(self._stderr)

    def bar(self) -> Bar:
        """A progress bar in bytes, for reading files."""
        return Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeElapsedColumn(),
            console=self._stderr,
            transient=True,
            disable=not self._stderr.is_terminal,
        )


class StepProgress:
    """Shows dbt's steps: a moving bar on a terminal, a line per finished step elsewhere.

    Args:
        console: where to show it.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("Reading the project", total=None)
        self._running: list[str] = []
        self._done = 0
        # Steps run in several threads.
        self._lock = threading.Lock()

    def __enter__(self) -> StepProgress:
        """Begins to show."""
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Takes the bar away."""
        self._bar.stop()

    def started(self, name: str, index: int, total: int) -> None:
        """A step begins."""
        with self._lock:
            self._running.append(name)
            self._bar.update(self._task, total=total, description=self._label())

    def finished(self, name: str, status: str, seconds: float, index: int, total: int) -> None:
        """A step ended."""
        with self._lock:
            self._done += 1
            if name in self._running:
                self._running.remove(name)
            self._bar.update(self._task, completed=self._done, description=self._label())
            if not self._console.is_terminal:
                width = len(str(total))
                line = f"{self._done:>{width}}/{total} {name} {status} {seconds:.1f} s"
                self._console.print(Text(line), soft_wrap=True)

    def _label(self) -> str:
        return f"{self._running[-1]:<36.36}" if self._running else " " * 36


# What was typed, for a program that a command of ours starts.
TYPED = "LEADSCORE_TYPED"


def command(words: str) -> str:
    """A command to type next, as this one was typed: `.venv/bin/leadscore run`.

    Args:
        words: what comes behind `leadscore`.
    """
    typed = os.environ.get(TYPED) or sys.argv[0]
    if Path(typed).name != PACKAGE or shutil.which(PACKAGE) == typed:
        return f"{PACKAGE} {words}"
    return f"{shlex.quote(typed)} {words}"


def count(number: int, noun: str) -> str:
    """`1 row`, `2 rows`, `1,000 rows`; `criterion` and the like are not needed."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def plain(value: Any) -> str:
    """A cell as people write it: no trailing zeros, no fraction of a second that is 0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return str(value)


def _table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    right: Sequence[str],
    wrap: Sequence[str],
) -> Table:
    rows = [list(row) for row in rows]
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for position, column in enumerate(columns):
        cells = [row[position] for row in rows if row[position] is not None]
        numeric = bool(cells) and all(
            isinstance(cell, (int, Decimal)) and not isinstance(cell, bool) for cell in cells
        )
        shown = [column, *map(plain, cells)] if wrap else []
        table.add_column(
            column,
            justify="right" if numeric or column in right else "left",
            overflow="fold",
            # Numbers and names stay whole; what is left of the width is for the others.
            min_width=None if column in wrap else min(max(map(len, shown), default=0), 40),
            header_style="dim",
        )
    for row in rows:
        # As Text, so that brackets in data are not taken for markup.
        table.add_row(*(Text(plain(cell)) for cell in row))
    return table


class _Console(Console):
    """A console that falls silent when its reader went away, instead of ending the thread.

    dbt's worker threads print progress; one that ended would leave dbt waiting for it forever.
    """

    def on_broken_pipe(self) -> None:
        self.quiet = True
        nobody_reads(self.file)


def nobody_reads(stream: IO[str]) -> None:
    """Lets all that is still to be written to a stream go nowhere, since its reader went away.

    Python writes what is left at its very end, and would end with code 120 where that fails.

    Args:
        stream: one with a file descriptor of its own, such as stdout.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _console(stream: Any, width: int | None = None) -> Console:
    console = _Console(file=stream, highlight=False, width=width)
    if width is None and not console.is_terminal:
        console = _Console(file=stream, highlight=False, width=PIPED_WIDTH)
    return console


def json_text(document: dict[str, Any]) -> str:
    """A result as JSON text: numbers exact, times as people write them.

    Args:
        document: the result.
    """
    return json.dumps(document, indent=2, ensure_ascii=False, default=_json_value)


def exact_number(value: Decimal) -> int | float | str:
    """A number for JSON; a text where a JSON reader's floating point would lose digits."""
    number = int(value) if value == value.to_integral_value() else float(value)
    return number if Decimal(str(number)) == value else f"{value:f}"


def _json_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return exact_number(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
