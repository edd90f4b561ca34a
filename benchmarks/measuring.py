"""Time, CPU time and peak memory of a piece of work, and of a process of its own."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Cost:
    """What a piece of work took.

    Args:
        seconds: by the clock.
        cpu_seconds: of all threads.
        peak_bytes: the most memory that the process had until the end of it.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def median_cost(costs: list[Cost]) -> Cost:
    """Of several runs: medians of the times, the highest peak."""
    return Cost(
        median(cost.seconds for cost in costs),
        median(cost.cpu_seconds for cost in costs),
        max(cost.peak_bytes for cost in costs),
    )


@contextmanager
def measured(into: list[Cost]) -> Iterator[None]:
    """Adds the cost of the block to a list."""
    began, cpu_began = time.monotonic(), time.process_time()
    yield
    into.append(Cost(time.monotonic() - began, time.process_time() - cpu_began, peak_memory()))


def peak_memory() -> int:
    """The most memory that this process has had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says begins with the memory of the process that started this one.
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


class ContestantError(Exception):
    """A contestant ended with an error; the text is what it printed."""


def in_own_process(module: str, job: dict[str, Any], cwd: Path) -> tuple[dict[str, Any], Cost]:
    """Runs `python -m module` with a job as JSON on its standard input.

    Args:
        module: prints its result as JSON on the last line.
        job: what to do.
        cwd: the folder to run in.

    Returns:
        The result, and the cost of the whole process.

    Raises:
        ContestantError: it ended with an error.
    """
    began = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", module],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
    )
    seconds = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise ContestantError(f"{job.get('contestant')}: {done.stderr.strip()[-4000:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return result, Cost(seconds, cpu, result["peak_bytes"])
