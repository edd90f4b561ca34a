"""The golden cases: where they lie, and how they are read."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from comparison import read_csv
from oracle import TABLES, Table
from oracle.policy import FILES

PROJECT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LEADSCORE_SHARED") or PROJECT.parent / "shared")
FOLDER = SHARED / "golden"
RAW_TABLES = ("leads", "events", "outcomes", "identities")

CASES = sorted(path.name for path in FOLDER.glob("*") if (path / "config.json").exists())
GOOD_CASES = [name for name in CASES if not name.startswith("bad_")]
BAD_CASES = [name for name in CASES if name.startswith("bad_")]
# Those that the servers always run; make parity and LEADSCORE_TEST_ALL=1 run all of them there.
_FEW = None if os.environ.get("LEADSCORE_TEST_ALL") else 3
GOOD_ON_SERVERS = GOOD_CASES[:_FEW]
BAD_ON_SERVERS = BAD_CASES[:_FEW]
ABSENT = f"no golden cases in {FOLDER} (set LEADSCORE_SHARED to the folder that holds golden/)"


@dataclass
class Case:
    """One golden case: its inputs, and the tables that must come out."""

    name: str
    config: dict[str, object]
    raw: dict[str, Table]
    policy: dict[str, Table | None]
    expected: dict[str, Table]

    @property
    def policy_folder(self) -> Path:
        """The folder of the policy's CSV files, as they stand."""
        return FOLDER / self.name / "scoring"


def read_case(name: str) -> Case:
    """Return a golden case by its name, such as `01` or `bad_01`."""
    folder = FOLDER / name

    def table(path: Path) -> Table | None:
        return read_csv(path) if path.exists() else None

    raw = {source: table(folder / f"{source}.csv") for source in RAW_TABLES}
    expected = {mart: table(folder / "expected" / f"{mart}.csv") for mart in TABLES}
    return Case(
        name=name,
        config=json.loads((folder / "config.json").read_text(encoding="utf-8")),
        raw={source: rows for source, rows in raw.items() if rows is not None},
        policy={file: table(folder / "scoring" / f"{file}.csv") for file in FILES},
        expected={mart: rows for mart, rows in expected.items() if rows is not None},
    )
