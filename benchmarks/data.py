"""Leads and events as Parquet, made by DuckDB: the same sizes give the same rows every time.

Events come in the order in which they were loaded, over a year. Activity is skewed: the busiest
lead has thousands of events, some leads have none. Every hundredth row is a second copy of an
earlier event, loaded later.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import duckdb

AS_OF = "2026-03-01 00:00:00"

ATTRIBUTES = (
    "title",
    "department",
    "industry",
    "country",
    "city",
    "employees",
    "revenue",
    "email_domain",
    "lead_source",
    "phone",
    "opted_in",
    "trial_ends_at",
)
PROPERTIES = ("page", "campaign", "feature", "amount")

# How many of 1,000 events have each name.
EVENT_SHARES = {
    "page_view": 400,
    "email_sent": 180,
    "email_opened": 120,
    "login": 100,
    "feature_used": 90,
    "email_clicked": 45,
    "content_downloaded": 30,
    "webinar_attended": 15,
    "quote_requested": 12,
    "form_submitted": 8,
}
SECTIONS = ("pricing", "product", "docs", "blog", "customers")
# Together 5,000 different values.
PAGES, CAMPAIGNS, FEATURES, AMOUNTS = 3000, 1000, 500, 500

RANKS = ("Chief", "Head of", "Director of", "Manager", "Senior", "Junior", "Student", "Assistant")
DEPARTMENTS = (
    "Sales",
    "Marketing",
    "Finance",
    "Engineering",
    "Operations",
    "Legal",
    "Support",
    "Purchasing",
)
INDUSTRIES = 30
COUNTRIES = 40
CITIES = 500
DOMAINS = 2000
SOURCES = ("Web", "Referral", "Partner", "Event", "Advert", "List")
DOMAIN_ENDINGS = (".example", ".mail.example", ".school.example", ".org.example")

# Raised when the rows change, so that no earlier files are taken for them.
_EDITION = 1

# Mixes a whole number into another below 2^32: cheap, and the same everywhere.
_MACROS = """
create macro mixed_once(number) as
    (xor(number, number >> 16) * 73244475) % 4294967296;
create macro mixed(number, salt) as
    mixed_once(mixed_once((cast(number as ubigint) + salt * 2654435769) % 4294967296));
create macro part(number, salt) as
    mixed(number, salt) / 4294967296.0;
create macro place(number, salt, size) as
    cast(mixed(number, salt) % size as bigint);
create macro skewed(number, salt, size) as
    cast(floor(size * power(part(number, salt), 2)) as bigint);
create macro lead_name(number) as
    'lead-' || printf('%09d', number);
"""


@dataclass(frozen=True)
class Size:
    """How much there is.

    Args:
        leads: number of leads.
        events: number of rows of events, copies included.
    """

    leads: int
    events: int

    @property
    def name(self) -> str:
        """A name for the folder of such data."""
        return f"{self.leads}-leads-{self.events}-events"


@dataclass(frozen=True)
class Files:
    """The Parquet files of one size."""

    leads: Path
    events: Path


def generate(size: Size, folder: Path) -> Files:
    """Makes the files in a folder, unless they are there.

    Args:
        size: how much.
        folder: where; made when missing.
    """
    files = Files(folder / "leads.parquet", folder / "events.parquet")
    made = folder / "made.json"
    wanted = json.dumps({**asdict(size), "edition": _EDITION})
    if made.exists() and made.read_text(encoding="utf-8") == wanted:
        return files
    folder.mkdir(parents=True, exist_ok=True)
    made.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(_MACROS)
        for query, file in ((_leads(size), files.leads), (_events(size), files.events)):
            connection.execute(f"copy ({query}) to '{_quoted(file)}' (format parquet)")
    made.write_text(wanted, encoding="utf-8")
    return files


def loaded_last(files: Files, count: int) -> datetime:
    """The load time from which on there are so many events.

    Args:
        files: the data.
        count: how many.
    """
    last = (
        f"select loaded_at from read_parquet('{_quoted(files.events)}')"
        f" order by loaded_at desc limit {count}"
    )
    with duckdb.connect() as connection:
        (moment,) = connection.execute(f"select min(loaded_at) from ({last})").fetchone()
    return moment


def write_last(files: Files, since: datetime, count: int, written: Path) -> None:
    """Writes the events that were loaded from some moment on.

    Args:
        files: the data.
        since: the moment.
        count: how many at most.
        written: the Parquet to write.
    """
    query = (
        f"from read_parquet('{_quoted(files.events)}')"
        f" where loaded_at >= timestamp '{since}' limit {count}"
    )
    with duckdb.connect() as connection:
        connection.execute(f"copy ({query}) to '{_quoted(written)}' (format parquet)")


def _leads(size: Size) -> str:
    return f"""
    select
        lead_name(number) as lead_id,
        'account-' || printf('%08d', place(number, 1, {max(size.leads // 4, 1)})) as account_id,
        {_one_of(RANKS, 2)} || ' ' || {_one_of(DEPARTMENTS, 3)} || ' '
            || place(number, 4, 30) as title,
        case when part(number, 5) < 0.9 then {_one_of(DEPARTMENTS, 3)} end as department,
        case when part(number, 6) < 0.85
            then 'Industry ' || skewed(number, 7, {INDUSTRIES}) end as industry,
        'Country ' || skewed(number, 8, {COUNTRIES}) as country,
        'City ' || skewed(number, 9, {CITIES}) as city,
        case when part(number, 10) < 0.8
            then cast(floor(exp(part(number, 11) * 9)) as integer) end as employees,
        case when part(number, 12) < 0.6
            then cast(floor(exp(part(number, 13) * 8)) as bigint) * 10000 end as revenue,
        'company-' || skewed(number, 14, {DOMAINS})
            || {_one_of(DOMAIN_ENDINGS, 15, "skewed")} as email_domain,
        {_one_of(SOURCES, 16)} as lead_source,
        case when part(number, 17) < 0.5
            then '+49 30 ' || printf('%06d', place(number, 18, 1000000)) end as phone,
        part(number, 19) < 0.7 as opted_in,
        case when part(number, 20) < 0.1
            then date '2026-01-01' + cast(place(number, 21, 120) as integer) end as trial_ends_at,
        timestamp '2023-01-01' + to_seconds(place(number, 22, 98582400)) as created_at,
        timestamp '2026-01-01' + to_seconds(place(number, 23, 5000000)) as updated_at
    from (select range as number from range({size.leads}))
    """


def _events(size: Size) -> str:
    # A copy repeats an event of the last million rows; those are never copies themselves.
    copied = """
        case when row_number % 100 = 99
            then row_number - 37 - 100 * place(row_number, 30, least(row_number // 100, 10000) + 1)
            else row_number
        end"""
    names, below = [], 0
    for name, share in EVENT_SHARES.items():
        below += share
        names.append(f"when name_place < {below} then '{name}'")
    sections = _one_of(SECTIONS, None).format(place=f"page_number % {len(SECTIONS)}")
    step = 365 * 86400 * 1000000 // size.events
    # 15 % of the leads have no event; the busiest of the others has thousands.
    busy = max(size.leads * 85 // 100, 1)
    return f"""
    select
        event_id,
        lead_name((activity_rank * 7919 + 13) % {size.leads}) as lead_id,
        event_name,
        case when event_name in ('page_view', 'content_downloaded', 'form_submitted')
            then '/' || {sections} || '/' || page_number end as page,
        case when event_name in ('email_sent', 'email_opened', 'email_clicked')
            then 'campaign-' || skewed(event_number, 34, {CAMPAIGNS}) end as campaign,
        case when event_name = 'feature_used'
            then 'feature-' || skewed(event_number, 35, {FEATURES}) end as feature,
        case when event_name = 'quote_requested'
            then cast((skewed(event_number, 36, {AMOUNTS}) + 1) * 100 as decimal(12, 2))
        end as amount,
        occurred_at,
        occurred_at + to_seconds(place(event_number, 37, 3600))
            + to_hours(case when event_number <> row_number then 1 else 0 end) as loaded_at
    from (
        select
            row_number,
            event_number,
            md5(cast(event_number as varchar)) as event_id,
            cast(floor({busy} * power(part(event_number, 31), 1.5)) as bigint) as activity_rank,
            case {" ".join(names)} end as event_name,
            skewed(event_number, 33, {PAGES}) as page_number,
            timestamp '2025-03-01' + to_microseconds(
                {step} * event_number + place(event_number, 38, {step})
            ) as occurred_at
        from (
            select
                row_number,
                event_number,
                place(event_number, 32, 1000) as name_place
            from (
                select row_number, {copied} as event_number
                from (select range as row_number from range({size.events}))
            )
        )
    )
    """


def _one_of(words: tuple[str, ...], salt: int | None, draw: str = "place") -> str:
    """SQL of one of some words, drawn for `number`, or at a place to fill in."""
    listed = ", ".join(f"'{word}'" for word in words)
    chosen = "{place}" if salt is None else f"{draw}(number, {salt}, {len(words)})"
    return f"([{listed}])[cast({chosen} as integer) + 1]"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
