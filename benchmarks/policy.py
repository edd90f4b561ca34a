"""A policy of any number of criteria: two fifths on attributes, the rest on events.

The first 50 hold every operator, measure and decay in a share as scorecards have them; further ones
repeat the pattern with other values, bounds and windows.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from benchmarks.data import DEPARTMENTS, RANKS, SECTIONS

SCORECARD = "bench"
BASE_POINTS, MIN_SCORE, MAX_SCORE = 5, 0, 100
# Group: its dimension, min_points and max_points.
GROUPS = {
    "person": ("fit", -10, 20),
    "company": ("fit", -10, 20),
    "website": ("engagement", -15, 30),
    "email": ("engagement", -10, 12),
    "product": ("engagement", -10, 25),
}
DIMENSIONS = {"fit": (-20, 35), "engagement": (-25, 65)}
# Scope: band and the points from which on it is given; None is the lowest.
BANDS = {
    "total": (("hot", 60), ("warm", 40), ("cool", 20), ("cold", None)),
    "fit": (("A", 25), ("B", 10), ("C", None)),
    "engagement": (("1", 40), ("2", 15), ("3", None)),
}


@dataclass(frozen=True)
class Criterion:
    """A row of criteria.csv; what is left out means the default."""

    criterion_id: str
    dimension: str
    group_id: str
    signal: str
    field: str
    points: int | None
    tested_property: str = ""
    operator: str = ""
    value: str = ""
    measure: str = ""
    measure_field: str = ""
    at_least: str = ""
    at_most: str = ""
    window_days: int | None = None
    frequency: str = ""
    every_n: int | None = None
    max_points: int | None = None
    decay: str = ""
    decay_days: int | None = None
    effect: str = ""
    requires: str = ""
    unless: str = ""

    @property
    def names(self) -> list[str]:
        """The events' names, or the attribute."""
        return self.field.split("|")

    @property
    def alternatives(self) -> list[str]:
        """The texts of which a text test wants one."""
        return self.value.split("|")

    @property
    def ends(self) -> tuple[str, str]:
        """The ends of a range; empty where it is open."""
        low, _, high = self.value.partition("..")
        return low, high

    @property
    def is_absence(self) -> bool:
        """Whether it holds where there is no matching event."""
        return self.at_most == "0"


@dataclass
class _Pattern:
    """Criteria of one kind, made round after round."""

    made: list[Criterion] = field(default_factory=list)

    def add(self, name: str, round_number: int, **cells: object) -> None:
        """Adds a criterion; `requires` and `unless` name others of the same round."""
        for column in ("requires", "unless"):
            if cells.get(column):
                cells[column] = f"{cells[column]}_{round_number}"
        self.made.append(Criterion(criterion_id=f"{name}_{round_number}", **cells))


def criteria(count: int) -> list[Criterion]:
    """The criteria of a policy.

    Args:
        count: how many, at least 5.
    """
    attributes = count * 2 // 5
    return _rounds(_attribute_round, attributes) + _rounds(_event_round, count - attributes)


def with_other_points(rows: list[Criterion]) -> list[Criterion]:
    """The same criteria, one of which gives other points.

    Args:
        rows: the criteria.
    """
    # One whose measure does not hang on its points, as with decay it would, and that many meet.
    place = next(i for i, row in enumerate(rows) if row.frequency == "every" and not row.decay)
    changed = replace(rows[place], points=rows[place].points - 1)
    return [*rows[:place], changed, *rows[place + 1 :]]


def _rounds(make: object, count: int) -> list[Criterion]:
    pattern, number = _Pattern(), 0
    while len(pattern.made) < count:
        make(pattern, number)
        number += 1
    # What a criterion refers to stands before it, so no row refers to one that is cut off.
    return pattern.made[:count]


def _attribute_round(pattern: _Pattern, number: int) -> None:
    def add(name: str, group: str, attribute: str, operator: str, value: str, points, **more):
        pattern.add(
            name,
            number,
            dimension="fit",
            group_id=group,
            signal="attribute",
            field=attribute,
            operator=operator,
            value=value,
            points=points,
            **more,
        )

    # After the first round points alternate in sign, so that scores do not pile up at their limits.
    sign = 1 if number % 2 == 0 else -1
    rank, department = RANKS[number % 3].lower(), DEPARTMENTS[number % 8].lower()
    add("executive", "person", "title", "matches", f"(^|[^a-z]){rank}([^a-z]|$)", 10 * sign)
    add("industry", "company", "industry", "equals", _list("Industry", number, 4), 6 * sign)
    add("size_fits", "company", "employees", "between", f"{100 + number}..{500 + number}", 8 * sign)
    add(
        "manager",
        "person",
        "title",
        "contains",
        f"manager|{department}",
        4 * sign,
        unless="executive",
    )
    add("size_large", "company", "employees", "between", f"{501 + number}..", 4 * sign)
    add("student", "person", "title", "starts_with", f"{RANKS[(6 + number) % 8]}", -8 * sign)
    add("home_market", "company", "country", "equals", _list("Country", number, 3), 4 * sign)
    competitors = "|".join(f"company-{1900 + number * 3 + i}.org.example" for i in range(3))
    add("competitor", "", "email_domain", "equals", competitors, None, effect="disqualify")
    add("revenue", "company", "revenue", "between", f"{1000000 + number}..", 5 * sign)
    add("school", "", "email_domain", "ends_with", ".school.example", -3 * sign)
    add("private", "", "email_domain", "contains", f"{number}.mail.", -4 * sign)
    add("referral", "", "lead_source", "equals", "Referral|Partner", 5 * sign)
    add("no_consent", "", "opted_in", "is_false", "", -2 * sign)
    add("consent", "", "opted_in", "is_true", "", 1 * sign)
    add("trial", "", "trial_ends_at", "days_from_now", f"0..{14 + number}", 7 * sign)
    add("reachable", "person", "phone", "is_set", "", 2 * sign)
    add("no_department", "person", "department", "is_not_set", "", -1 * sign)
    add("size_small", "company", "employees", "between", f"..{9 + number}", -6 * sign)
    add("not_industry", "company", "industry", "not_equals", _list("Industry", number + 9, 5), 2)
    add("city", "", "city", "equals", _list("City", number, 8), 2 * sign)


def _event_round(pattern: _Pattern, number: int) -> None:
    def add(name: str, group: str, events: str, points: int, test=("", "", ""), **more):
        pattern.add(
            name,
            number,
            dimension="engagement",
            group_id=group,
            signal="event",
            field=events,
            points=points if number % 2 == 0 or more.get("at_most") else -points,
            tested_property=test[0],
            operator=test[1],
            value=test[2],
            **more,
        )

    section = SECTIONS[number % len(SECTIONS)]
    pages = "|".join(
        f"/{SECTIONS[page % len(SECTIONS)]}/{page}" for page in range(number, number + 4)
    )
    features = "|".join(f"feature-{feature}" for feature in range(number * 3, number * 3 + 3))
    more = number  # bounds and windows of later rounds differ by a little

    # counts
    add("webinar", "email", "webinar_attended", 8, window_days=90 + more)
    add(
        "downloads",
        "website",
        "content_downloaded",
        3,
        window_days=180 + more,
        frequency="every",
        max_points=12,
    )
    add(
        "visited",
        "website",
        "page_view",
        12,
        ("page", "starts_with", f"/{section}/"),
        at_least=str(5 + more),
        window_days=30 + more,
    )
    add(
        "faded_visit",
        "website",
        "page_view",
        8,
        ("page", "starts_with", f"/{section}/"),
        decay="exponential",
        decay_days=30,
        window_days=120 + more,
    )
    add("some_page", "website", "page_view", 5, ("page", "equals", pages), window_days=60 + more)
    add("logged_in", "product", "login", 8, at_least=str(3 + more), window_days=30 + more)
    add(
        "visit_days",
        "website",
        "page_view",
        6,
        measure="distinct_days",
        at_least=str(4 + more),
        window_days=30,
    )
    add(
        "clicks",
        "email",
        "email_clicked",
        2,
        frequency="every",
        every_n=2,
        max_points=10,
        window_days=60 + more,
    )
    add(
        "faded_clicks",
        "email",
        "email_clicked",
        2,
        frequency="every",
        max_points=12,
        decay="linear",
        decay_days=30,
        window_days=60 + more,
    )
    add(
        "no_login", "product", "login", -6, at_most="0", window_days=30 + more, requires="logged_in"
    )
    add(
        "pages_read",
        "website",
        "page_view",
        5,
        measure="distinct_values",
        measure_field="page",
        at_least=str(8 + more),
        window_days=90,
    )
    add(
        "quoted",
        "",
        "quote_requested",
        9,
        measure="sum",
        measure_field="amount",
        at_least=str(20000 + more),
        window_days=180,
    )
    add(
        "opens_mail",
        "email",
        "email_opened",
        5,
        measure="rate",
        measure_field="email_sent",
        at_least=f"0.{50 + more}",
        window_days=120,
    )
    add("active", "", "page_view|login", 7, measure="days_since_last", at_most=str(7 + more))
    add(
        "feature",
        "product",
        "feature_used",
        6,
        ("feature", "equals", features),
        window_days=90 + more,
    )
    add(
        "large_quote",
        "",
        "quote_requested",
        10,
        ("amount", "between", f"{10000 + more}.."),
        window_days=120 + more,
    )
    add(
        "faded_feature",
        "product",
        "feature_used",
        2,
        ("feature", "contains", str(number % 10)),
        frequency="every",
        max_points=15,
        decay="exponential",
        decay_days=14,
        window_days=90 + more,
    )
    add("form", "website", "form_submitted", 8, unless="some_page")
    add("faded_download", "website", "content_downloaded", 10, decay="linear", decay_days=60)
    add("faded_webinar", "email", "webinar_attended", 9, decay="step", decay_days=30)
    add(
        "campaign",
        "email",
        "email_opened",
        1,
        ("campaign", "ends_with", str(number % 10)),
        frequency="every",
        max_points=6,
        window_days=90 + more,
    )
    add(
        "documents",
        "website",
        "page_view",
        3,
        ("page", "matches", f"^/docs/[0-9]*{number % 10}$"),
        at_least=str(2 + more),
        window_days=180,
    )
    add(
        "login_days",
        "product",
        "login",
        6,
        measure="distinct_days",
        at_least=str(6 + more),
        window_days=60,
    )
    add("no_mail", "email", "email_opened", -5, at_most="0", window_days=180 + more)
    add("features_used", "product", "feature_used", 6, at_least=str(3 + more), window_days=120)
    add(
        "feature_habit",
        "product",
        "feature_used",
        1,
        frequency="every",
        every_n=3,
        max_points=8,
        window_days=180 + more,
    )
    add(
        "customers_read",
        "website",
        "page_view",
        4,
        ("page", "contains", f"customers/{number + 1}"),
        at_least="2",
        window_days=60 + more,
    )
    add(
        "faded_logins",
        "product",
        "login",
        1,
        frequency="every",
        max_points=10,
        decay="step",
        decay_days=7,
        window_days=60 + more,
    )
    add(
        "quote_volume",
        "",
        "quote_requested",
        1,
        measure="sum",
        measure_field="amount",
        frequency="every",
        every_n=10000,
        max_points=7,
        at_least="1",
    )
    add("clicked_often", "email", "email_clicked", 4, at_least=str(4 + more), window_days=365)


def _list(word: str, first: int, count: int) -> str:
    return "|".join(f"{word} {number}" for number in range(first, first + count))


def write(rows: list[Criterion], folder: Path) -> None:
    """Writes the policy's files.

    Args:
        rows: the criteria.
        folder: where the CSV files go.
    """
    columns = [_column(one.name) for one in fields(Criterion)]
    columns[1:1] = ["scorecard_id", "name"]
    columns += ["valid_from", "valid_to", "is_active", "notes"]
    cells = [
        {
            **{_column(one.name): getattr(row, one.name) for one in fields(Criterion)},
            "scorecard_id": SCORECARD,
            "name": row.criterion_id.replace("_", " ").capitalize(),
        }
        for row in rows
    ]
    _write(folder / "criteria.csv", columns, cells)
    _write(
        folder / "scorecards.csv",
        [
            "scorecard_id",
            "name",
            "status",
            "base_points",
            "min_score",
            "max_score",
            "audience_field",
            "audience_operator",
            "audience_value",
            "account_rollup",
            "notes",
        ],
        [
            {
                "scorecard_id": SCORECARD,
                "status": "live",
                "base_points": BASE_POINTS,
                "min_score": MIN_SCORE,
                "max_score": MAX_SCORE,
            }
        ],
    )
    _write(
        folder / "groups.csv",
        ["scorecard_id", "group_id", "dimension", "name", "min_points", "max_points"],
        [
            {"group_id": name, "dimension": dimension, "min_points": low, "max_points": high}
            for name, (dimension, low, high) in GROUPS.items()
        ],
    )
    _write(
        folder / "dimensions.csv",
        ["scorecard_id", "dimension", "min_points", "max_points"],
        [
            {"dimension": name, "min_points": low, "max_points": high}
            for name, (low, high) in DIMENSIONS.items()
        ],
    )
    _write(
        folder / "bands.csv",
        ["scorecard_id", "scope", "band", "min_points"],
        [
            {"scope": scope, "band": band, "min_points": low}
            for scope, bands in BANDS.items()
            for band, low in bands
        ],
    )
    _write(
        folder / "actions.csv",
        [
            "scorecard_id",
            "priority",
            "band",
            "fit_band",
            "engagement_band",
            "action",
            "sla_hours",
            "team",
        ],
        [
            {
                "priority": 1,
                "band": "hot",
                "fit_band": "A|B",
                "action": "Call today",
                "sla_hours": 4,
            },
            {"priority": 2, "band": "hot|warm", "action": "Write", "sla_hours": 24},
        ],
    )


def _column(name: str) -> str:
    """The column of criteria.csv for a field of Criterion."""
    return "property" if name == "tested_property" else name


def _write(file: Path, columns: list[str], rows: list[dict[str, object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {"scorecard_id": SCORECARD, **{k: "" if v is None else v for k, v in row.items()}}
            )
