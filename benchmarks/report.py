"""The tables of a benchmark, for the terminal and as Markdown."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.measuring import Cost, median_cost

HEAD = """# Benchmarks

What a run costs, beside the same scores written by hand. `make bench` measures at a small size,
within a minute. With `WRITE=docs/benchmarks.md` its tables become a section of this page, in place
of an earlier one of the same title; each says how to get it again.
"""
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)
_MODELS = 12
_WIDEST = 90
_PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "polars", "pandas", "pyarrow")


@dataclass
class Row:
    """A contestant's row.

    Args:
        name: what it is.
        baseline: the name of the row that its ratios are to; empty for none.
        costs: of each of its runs; none when it did not run.
        processes: what the whole processes took.
        bar: the ratio that it must not exceed; None for none.
        note: why it did not run.
    """

    name: str
    baseline: str = ""
    costs: list[Cost] = field(default_factory=list)
    processes: list[Cost] = field(default_factory=list)
    bar: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table: its heading, the names of its columns, its rows."""

    heading: str
    columns: tuple[str, ...]
    rows: list[list[str]]


@dataclass
class Report:
    """What a benchmark found.

    Args:
        title: the sizes, in words; one page holds one section of each title.
        tables: what was found.
        remarks: sentences below the tables.
    """

    title: str
    tables: list[Table]
    remarks: list[str]

    def as_text(self) -> str:
        """The tables for a terminal."""
        parts = [self.title]
        for table in self.tables:
            parts.append(f"{table.heading}\n{_aligned([table.columns, *table.rows])}")
        return "\n\n".join([*parts, "\n".join(self.remarks)])

    def as_markdown(self, command: str) -> str:
        """The tables as a section of a page.

        Args:
            command: how to get them again.
        """
        lines = [f"## {self.title}", "", "```", command, "```", ""]
        lines += [f"- {fact}" for fact in _surroundings()]
        for table in self.tables:
            lines += ["", f"### {table.heading}", ""]
            lines += [_markdown_row(table.columns), _markdown_row(_rules(table.columns))]
            lines += [_markdown_row(row) for row in table.rows]
        lines += ["", *(f"- {remark}" for remark in self.remarks)]
        return "\n".join(lines) + "\n"

    def write(self, page: Path, command: str) -> None:
        """Writes the section into a page, in place of an earlier one of the same title.

        Args:
            page: the Markdown file; made when missing.
            command: how to get the tables again.
        """
        text = page.read_text(encoding="utf-8") if page.exists() else HEAD
        head, *sections = _SECTION.split(text)
        new = self.as_markdown(command)
        titles = [section.partition("\n")[0] for section in sections]
        if f"## {self.title}" in titles:
            sections[titles.index(f"## {self.title}")] = new
        else:
            sections.append(new)
        parts = [part.rstrip("\n") + "\n" for part in (head, *sections)]
        page.write_text("\n".join(parts), encoding="utf-8")


def contestants(rows: list[Row]) -> Table:
    """What each took, beside its baseline.

    Args:
        rows: in the order in which they are shown.
    """
    medians = {row.name: median_cost(row.costs) for row in rows if row.costs}
    columns = ["contestant", "seconds", "ratio", "to", "CPU seconds", "CPU ratio", "process"]
    has_bars = any(row.bar is not None for row in rows)
    shown = []
    for row in rows:
        if not row.costs:
            shown.append([row.name, row.note, *[""] * (6 + has_bars)])
            continue
        cost, base = medians[row.name], medians.get(row.baseline)
        ratio = cost.seconds / base.seconds if base else None
        cells = [
            row.name,
            f"{cost.seconds:.2f}",
            "" if ratio is None else f"{ratio:.2f}",
            row.baseline.partition(":")[0] if base else "",
            f"{cost.cpu_seconds:.2f}",
            f"{cost.cpu_seconds / base.cpu_seconds:.2f}" if base else "",
            f"{median_cost(row.processes).seconds:.2f}" if row.processes else "",
            f"{cost.peak_bytes / 2**20:,.0f} MiB",
        ]
        if has_bars:
            cells.insert(4, _bar(row.bar, ratio))
        shown.append(cells)
    if has_bars:
        columns.insert(4, "bar")
    return Table("Contestants", (*columns, "peak memory"), shown)


def models(costs: dict[str, dict[str, float]]) -> Table:
    """What the models of a full run took.

    Args:
        costs: per model its `seconds` and `cpu_seconds`.
    """
    total = sum(model["seconds"] for model in costs.values())
    order = sorted(costs, key=lambda name: -costs[name]["seconds"])
    lines = [(name, [costs[name]]) for name in order[:_MODELS]]
    if order[_MODELS:]:
        rest = [costs[name] for name in order[_MODELS:]]
        lines.append((f"{len(rest)} others", rest))
    lines.append(("all", list(costs.values())))
    return Table(
        "Models of the full run",
        ("model", "seconds", "CPU seconds", "share"),
        [
            [
                name,
                f"{sum(one['seconds'] for one in found):.2f}",
                f"{sum(one['cpu_seconds'] for one in found):.2f}",
                f"{100 * sum(one['seconds'] for one in found) / total:.0f} %",
            ]
            for name, found in lines
        ],
    )


def operators(costly: dict[str, list[dict[str, Any]]]) -> Table:
    """What limits each contestant.

    Args:
        costly: by contestant its most costly operators.
    """
    return Table(
        "Most costly operators",
        ("contestant", "model", "operator", "CPU seconds", "rows", "of what"),
        [
            [
                contestant,
                one["statement"],
                one["name"],
                f"{one['cpu_seconds']:.2f}",
                f"{one['rows']:,}",
                _cut(one["about"]),
            ]
            for contestant, found in costly.items()
            for one in found
        ],
    )


def sizes(found: list[tuple[int, int, Row]]) -> Table:
    """What full runs took at several sizes.

    Args:
        found: leads, events and the row of each size.
    """
    (_, first_events, first), *_ = found
    base = median_cost(first.costs)
    shown = []
    for leads, events, row in found:
        cost = median_cost(row.costs)
        shown.append(
            [
                f"{events:,} events",
                f"{leads:,}",
                f"{cost.seconds:.2f}",
                f"{events / first_events:.2f}",
                f"{cost.seconds / base.seconds:.2f}",
                f"{cost.cpu_seconds / base.cpu_seconds:.2f}",
                f"{cost.seconds / events * 1e6:.2f}",
                f"{cost.peak_bytes / 2**20:,.0f} MiB",
            ]
        )
    columns = ("size", "leads", "seconds", "times the events", "times the time")
    more = ("times the CPU time", "seconds per million", "peak memory")
    return Table("Full runs", (*columns, *more), shown)


def _bar(bar: float | None, ratio: float | None) -> str:
    if bar is None or ratio is None:
        return ""
    return f"{bar:.2f} {'met' if ratio <= bar else 'missed'}"


def _surroundings() -> list[str]:
    """The date, the machine and the versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return [
        f"Date: {datetime.now(UTC):%Y-%m-%d}",
        f"Machine: {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory,"
        f" {platform.system()} {platform.release()}",
        f"Versions: Python {platform.python_version()}, {packages}",
    ]


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            # Numbers end below each other.
            cell.rjust(width) if place > 0 and cell[:1].isdigit() else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _rules(columns: Sequence[str]) -> list[str]:
    texts = ("contestant", "model", "operator", "of what", "size", "to", "bar")
    return ["---" if column in texts else "---:" for column in columns]


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
