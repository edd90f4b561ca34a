"""The tables of a benchmark, for the terminal and as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.measuring import Cost, median_cost

_MODELS = 12
_WIDEST = 90
_PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "polars", "pandas", "pyarrow")


@dataclass
class Row:
    """A contestant's row.

    Args:
        name: what it is.
        costs: of each of its runs; none when it did not run.
        note: why it did not run.
    """

    name: str
    costs: list[Cost] = field(default_factory=list)
    note: str = ""


@dataclass
class Report:
    """What a benchmark found.

    Args:
        title: the sizes, in words.
        rows: the contestants; ratios are to the one called `baseline`.
        baseline: the name of a row.
        models: per model of the project its runs' `seconds` and `cpu_seconds`.
        operators: per model its most costly operators.
        remarks: sentences below the tables.
    """

    title: str
    rows: list[Row]
    baseline: str
    models: dict[str, dict[str, float]]
    operators: dict[str, list[dict[str, Any]]]
    remarks: list[str]

    def sections(self) -> list[tuple[str, list[str], list[list[str]]]]:
        """Each table: its heading, the names of its columns, its rows."""
        found = [
            (
                "Contestants",
                ["contestant", "seconds", "ratio", "CPU seconds", "CPU ratio", "peak memory"],
                self._contestants(),
            ),
            (
                "Models of the full run",
                ["model", "seconds", "CPU seconds", "share"],
                self._models(),
            ),
        ]
        if self.operators:
            found.append(
                (
                    "Most costly operators",
                    ["model", "operator", "CPU seconds", "rows", "of what"],
                    [
                        [
                            model,
                            one["name"],
                            f"{one['cpu_seconds']:.2f}",
                            f"{one['rows']:,}",
                            _cut(one["about"]),
                        ]
                        for model, operators in self.operators.items()
                        for one in operators
                    ],
                )
            )
        return found

    def as_text(self) -> str:
        """The tables for a terminal."""
        parts = [self.title]
        for heading, columns, rows in self.sections():
            parts.append(f"{heading}\n{_aligned([columns, *rows])}")
        return "\n\n".join([*parts, "\n".join(self.remarks)])

    def as_markdown(self, command: str) -> str:
        """The tables as a page.

        Args:
            command: how to get them again.
        """
        lines = ["# Benchmarks", "", f"{self.title}. Made by:", "", "```", command, "```", ""]
        lines += [f"- {fact}" for fact in _surroundings()]
        for heading, columns, rows in self.sections():
            lines += ["", f"## {heading}", ""]
            lines += [_markdown_row(columns), _markdown_row(_rules(columns))]
            lines += [_markdown_row(row) for row in rows]
        lines += ["", *(f"- {remark}" for remark in self.remarks)]
        return "\n".join(lines) + "\n"

    def _contestants(self) -> list[list[str]]:
        base = next(
            (median_cost(row.costs) for row in self.rows if row.name == self.baseline), None
        )
        shown = []
        for row in self.rows:
            if not row.costs:
                shown.append([row.name, row.note, "", "", "", ""])
                continue
            cost = median_cost(row.costs)
            shown.append(
                [
                    row.name,
                    f"{cost.seconds:.2f}",
                    f"{cost.seconds / base.seconds:.2f}" if base else "",
                    f"{cost.cpu_seconds:.2f}",
                    f"{cost.cpu_seconds / base.cpu_seconds:.2f}" if base else "",
                    f"{cost.peak_bytes / 2**20:,.0f} MiB",
                ]
            )
        return shown

    def _models(self) -> list[list[str]]:
        total = sum(model["seconds"] for model in self.models.values())
        order = sorted(self.models, key=lambda name: -self.models[name]["seconds"])
        lines = [(name, [self.models[name]]) for name in order[:_MODELS]]
        if order[_MODELS:]:
            rest = [self.models[name] for name in order[_MODELS:]]
            lines.append((f"{len(rest)} others", rest))
        lines.append(("all", list(self.models.values())))
        return [
            [
                name,
                f"{sum(one['seconds'] for one in found):.2f}",
                f"{sum(one['cpu_seconds'] for one in found):.2f}",
                f"{100 * sum(one['seconds'] for one in found) / total:.0f} %",
            ]
            for name, found in lines
        ]


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
    texts = ("contestant", "model", "operator", "of what")
    return ["---" if column in texts else "---:" for column in columns]


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
