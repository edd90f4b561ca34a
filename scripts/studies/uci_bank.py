"""Telephone calls of a bank: an economy that changes between learning and judging."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

from study import Result, copied_project, main, needed, start, study

# `duration` is known when the call is over.
_LEFT_OUT = ("contact_id", "duration", "y")


def uci_bank() -> Result:
    """The first 80 % of the calls to the last 20 %.

    Raises:
        AbsentError: the data is not there.
    """
    data = needed("uci_bank") / "contacts.csv"
    with data.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    attributes = [column for column in rows[0] if column not in _LEFT_OUT]
    first = datetime(2008, 5, 1)
    with copied_project() as root:
        files = {name: root.parent / f"{name}.csv" for name in ("leads", "events", "outcomes")}
        files["events"].write_text("event_id,event_name,occurred_at,lead_id\n", encoding="utf-8")
        with (
            files["leads"].open("w", encoding="utf-8", newline="") as leads,
            files["outcomes"].open("w", encoding="utf-8", newline="") as outcomes,
        ):
            lead_writer, outcome_writer = csv.writer(leads), csv.writer(outcomes)
            lead_writer.writerow(["lead_id", "moment", *attributes])
            outcome_writer.writerow(["lead_id", "outcome", "occurred_at"])
            for row in rows:
                # Only the order is known: a minute each.
                moment = first + timedelta(minutes=int(row["contact_id"]))
                # The number counts the call that is to be scored.
                row["campaign"] = str(int(row["campaign"]) - 1)
                if row["pdays"] == "999":
                    row["pdays"] = ""
                lead_writer.writerow(
                    [row["contact_id"], moment, *(row[column] for column in attributes)]
                )
                if row["y"] == "yes":
                    outcome_writer.writerow([row["contact_id"], "won", moment + timedelta(hours=1)])
        project = start(
            root,
            files,
            attributes,
            {"as_of": "2009-01-01", "backtest_moment_column": "moment", "backtest_window_days": 30},
        )
        return study("UCI bank", project, test_share=0.2)


if __name__ == "__main__":
    main(uci_bank)
