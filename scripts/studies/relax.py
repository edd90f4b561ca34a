"""Sign-ups of a SaaS product: who still logs in after two weeks?"""

from __future__ import annotations

import csv
from pathlib import Path

from study import Result, copied_project, main, needed, start, study

_ATTRIBUTES = (
    "creation_source",
    "opted_in_to_mailing_list",
    "enabled_for_marketing_drip",
    "email_domain",
    "was_invited",
)


def relax() -> Result:
    """Earlier sign-ups to later ones, each scored 14 days after it signed up.

    Raises:
        AbsentError: the data is not there.
    """
    data = needed("relax")
    with copied_project() as root:
        files = {"leads": data / "leads.csv"}
        # Only the day of a login is known. Taken for its first second, the login that makes an
        # outcome on day 14 would be known at the moment already; so days count from their last.
        for table in ("events", "outcomes"):
            files[table] = root.parent / f"{table}.csv"
            _at_the_end_of_the_day(data / f"{table}.csv", files[table])
        project = start(
            root,
            files,
            _ATTRIBUTES,
            {"as_of": "2014-12-31", "backtest_days": 14, "backtest_window_days": 46},
        )
        return study("Relax", project, test_share=0.3)


def _at_the_end_of_the_day(given: Path, made: Path) -> None:
    with given.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    with made.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, "occurred_at": f"{row['occurred_at'][:10]} 23:59:59"})


if __name__ == "__main__":
    main(relax)
