"""Leads of an education company, against the score of a commercial rival on the same rows."""

from __future__ import annotations

import csv

import numpy as np
from leadscore.learn.judging import auc
from study import Result, copied_project, main, needed, start, study

# Known after the fact, or the rival's.
_LEFT_OUT = (
    "Prospect ID",
    "Lead Number",
    "Converted",
    "Tags",
    "Lead Quality",
    "Lead Profile",
    "Last Activity",
    "Last Notable Activity",
    "Asymmetrique Activity Index",
    "Asymmetrique Profile Index",
    "Asymmetrique Activity Score",
    "Asymmetrique Profile Score",
)


def x_education() -> Result:
    """Thirty per cent held back by a hash of the id; there are no dates.

    Raises:
        AbsentError: the data is not there.
    """
    data = needed("x_education") / "leads.csv"
    with data.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    attributes = [column for column in rows[0] if column not in _LEFT_OUT]
    with copied_project() as root:
        files = {name: root.parent / f"{name}.csv" for name in ("leads", "events", "outcomes")}
        with files["leads"].open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["lead_id", "moment", *attributes])
            for row in rows:
                cells = [row[column] for column in attributes]
                writer.writerow([row["Prospect ID"], "2020-01-01", *cells])
        files["events"].write_text("event_id,event_name,occurred_at,lead_id\n", encoding="utf-8")
        with files["outcomes"].open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["lead_id", "outcome", "occurred_at"])
            for row in rows:
                if row["Converted"] == "1":
                    writer.writerow([row["Prospect ID"], "won", "2020-01-02"])
        project = start(
            root,
            files,
            attributes,
            {"as_of": "2021-01-01", "backtest_moment_column": "moment", "backtest_window_days": 30},
        )
        result = study("X Education", project, test_share=0.3)
    _beside_the_rival(result, rows)
    return result


def _beside_the_rival(result: Result, rows: list[dict[str, str]]) -> None:
    """Adds the areas of the rival's score, and of ours on the same rows."""
    parts = ("Asymmetrique Activity Score", "Asymmetrique Profile Score")
    sums = {
        row["Prospect ID"]: sum(float(row[part]) for part in parts)
        for row in rows
        if all(row[part] for part in parts)
    }
    has = np.array([lead in sums for lead in result.lead_ids])
    rival = np.array([sums.get(lead, 0.0) for lead in result.lead_ids])
    won = result.converted[has]
    result.rival = auc(rival[has], won)
    result.on_rival_rows = auc(result.scores["scorecard"][has], won)


if __name__ == "__main__":
    main(x_education)
