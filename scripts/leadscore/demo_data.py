"""The embedded demo: a year of an invented software maker's leads, written as seeds.

The same code writes the same bytes every time. People, companies and domains are invented; every
domain ends in `.example`, which is reserved and belongs to nobody.

What the data holds on purpose:

- leads whose chance to buy grows with their behaviour and their fit, with noise on top;
- visitors who are identified later, or never, and leads that were merged, one of them in a chain;
- a few rows of every kind that staging refuses;
- cells as they come from forms and exports: odd spaces and case, `Select`, `n/a`, several ways to
  write a time, JSON that does not parse;
- leads named `example-…`, each the smallest case of one rule, whose scores are known beforehand.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

SEED = 42
FIRST_DAY = datetime(2025, 3, 1)
# The year ends here. The var `demo_as_of` in dbt_project.yml is the same moment.
LAST_MOMENT = datetime(2026, 3, 1)
COMPANY_COUNT = 150
LEAD_COUNT = 574

SEED_FOLDER = Path(__file__).resolve().parents[2] / "seeds" / "demo"

LEAD_COLUMNS = (
    "lead_id",
    "account_id",
    "created_at",
    "updated_at",
    "title",
    "industry",
    "country",
    "employees",
    "email",
    "email_domain",
    "lead_source",
    "opted_in",
    "trial_ends_at",
)
EVENT_COLUMNS = (
    "event_id",
    "lead_id",
    "anonymous_id",
    "event_name",
    "occurred_at",
    "loaded_at",
    "page",
    "campaign",
    "amount",
    "payload",
)
OUTCOME_COLUMNS = ("lead_id", "outcome", "occurred_at", "amount")
IDENTITY_COLUMNS = ("anonymous_id", "merged_lead_id", "lead_id", "identified_at")

TECH_INDUSTRIES = ("Software", "IT services", "Telecommunications", "Electronics")
TARGET_INDUSTRIES = ("Manufacturing", "Logistics", "Financial services", "Retail")
OTHER_INDUSTRIES = ("Healthcare", "Education", "Hospitality", "Public sector", "Construction")
HOME_COUNTRIES = ("Germany", "Austria", "Switzerland")
OTHER_COUNTRIES = ("Netherlands", "France", "United Kingdom", "Italy", "Poland", "Sweden", "Spain")
FREE_MAIL_DOMAINS = ("freemail.example", "inbox.example", "postbox.example")
COMPETITOR_DOMAINS = ("rivalworks.example", "copycat-crm.example")
NOT_KNOWN = ("", "", "Select", "n/a", "-", "Unknown", "NULL")

COMPANY_WORDS = (
    "Alder", "Amber", "Aspen", "Basalt", "Birch", "Cedar", "Cobalt", "Copper", "Coral", "Delta",
    "Ember", "Falcon", "Fjord", "Granite", "Harbor", "Hazel", "Indigo", "Juniper", "Kestrel",
    "Lumen", "Maple", "Meridian", "Mistral", "Nimbus", "Onyx", "Opal", "Osprey", "Pebble", "Quartz",
    "Raven", "Sable", "Saffron", "Slate", "Sorrel", "Summit", "Tamarind", "Tundra", "Umber",
    "Willow", "Zephyr",
)  # fmt: skip
COMPANY_TRADES = {
    "Software": ("Systems", "Software", "Labs", "Apps"),
    "IT services": ("IT", "Consulting", "Data", "Cloud"),
    "Telecommunications": ("Telecom", "Networks"),
    "Electronics": ("Electronics", "Sensors"),
    "Manufacturing": ("Works", "Machines", "Tools"),
    "Logistics": ("Logistics", "Freight", "Transport"),
    "Financial services": ("Capital", "Insurance", "Leasing"),
    "Retail": ("Stores", "Trading", "Outfitters"),
    "Healthcare": ("Health", "Clinics"),
    "Education": ("Academy", "Learning"),
    "Hospitality": ("Hotels", "Catering"),
    "Public sector": ("Utilities", "Services"),
    "Construction": ("Construction", "Building"),
}
SURNAMES = (
    "abel", "albrecht", "baumann", "becker", "bianchi", "brandt", "castell", "dahl", "dupont",
    "eriksen", "farkas", "fischer", "garnier", "haas", "hansen", "ivanov", "jansen", "keller",
    "kowalski", "lambert", "lindqvist", "marino", "meyer", "moreau", "nowak", "olsen", "peters",
    "quinn", "ricci", "schmidt", "silva", "tanner", "ulrich", "vogel", "weber", "yilmaz", "zimmer",
)  # fmt: skip
EXECUTIVES = (
    "Chief Executive Officer",
    "CEO",
    "Chief Operating Officer",
    "CFO",
    "VP Operations",
    "Vice President Sales",
    "Founder",
)
TECH_EXECUTIVES = ("CTO", "Chief Information Officer", "CIO", "VP Engineering")
MANAGERS = (
    "Operations Manager",
    "Director of Purchasing",
    "Head of Logistics",
    "Supply Chain Manager",
    "Marketing Manager",
    "Finance Director",
    "Project Manager",
    "Credit Manager",
)
TECH_MANAGERS = ("IT Manager", "IT manager", "IT-Manager", "Head of IT", "Engineering Manager")
STAFF = (
    "Business Analyst",
    "Buyer",
    "Controller",
    "Consultant",
    "Account Executive",
    "Planner",
    "International Sales Representative",
    "Office Assistant",
)
TECH_STAFF = ("Software Developer", "Systems Engineer", "Solutions Architect", "DevOps Engineer")
LEARNERS = ("Student", "Working Student", "Intern Marketing", "Trainee")

COMMON_PAGES = (
    "/",
    "/product",
    "/product/integrations",
    "/features",
    "/customers",
    "/blog/forecasting",
    "/blog/data-quality",
    "/about",
    "/contact",
)
DOC_PAGES = ("/docs/getting-started", "/docs/api", "/docs/import", "/docs/security")
APP_PAGES = ("/app/reports", "/app/import", "/app/alerts", "/app/forecast", "/app/sharing")
NEWSLETTERS = ("newsletter", "product-news", "spring-campaign", "autumn-campaign")
GUIDES = ("forecasting-guide", "buyers-checklist", "data-quality-handbook")
CASE_STUDIES = ("case-freight", "case-retail", "case-saas")
WEBINARS = ("webinar-forecasting", "webinar-roadmap", "webinar-security")


@dataclass(frozen=True)
class Company:
    """A company of the invented market."""

    account_id: str
    domain: str
    industry: str
    country: str
    employees: int

    @property
    def is_technical(self) -> bool:
        """Whether it is a technology company."""
        return self.industry in TECH_INDUSTRIES


@dataclass
class Lead:
    """A lead's true facts. What its row says of them may be untidy, late or missing."""

    lead_id: str
    company: Company
    created_at: datetime
    title: str = ""
    email: str = ""
    email_domain: str = ""
    lead_source: str = ""
    opted_in: bool | None = None
    trial_ends_at: datetime | None = None
    fit: float = 0.0
    interest: float = 0.0


@dataclass
class Deeds:
    """What a lead did, counted while it is made up: the chance to buy hangs on this."""

    last_day: datetime
    pricing_visits: int = 0
    downloads: int = 0
    webinars: int = 0
    has_trial: bool = False
    has_demo: bool = False
    has_quote: bool = False
    has_unsubscribed: bool = False


@dataclass
class Demo:
    """The rows of the four tables, as text."""

    leads: list[dict[str, str]] = field(default_factory=list)
    events: list[dict[str, str]] = field(default_factory=list)
    outcomes: list[dict[str, str]] = field(default_factory=list)
    identities: list[dict[str, str]] = field(default_factory=list)


# --- chance and spelling -----------------------------------------------------


def bell(rng: Random) -> float:
    """About normal with mean 0 and deviation 1, from additions only: the same on every machine."""
    return sum(rng.random() for _ in range(12)) - 6.0


def happens(rng: Random, log_odds: float) -> bool:
    """Whether something with these log odds happens this time."""
    return rng.random() < 1.0 / (1.0 + math.exp(-log_odds))


def pick(rng: Random, choices: Sequence[str]) -> str:
    """One of the choices, each as likely as the other."""
    return choices[int(rng.random() * len(choices))]


def weighted(rng: Random, *choices: tuple[float, Sequence[str]]) -> str:
    """One text of the group that the weights choose."""
    ticket = rng.random() * sum(weight for weight, _ in choices)
    for weight, group in choices:
        ticket -= weight
        if ticket < 0:
            return pick(rng, group)
    return pick(rng, choices[-1][1])


def between(rng: Random, low: float, high: float) -> float:
    """A number between the two."""
    return low + rng.random() * (high - low)


def untidy(rng: Random, cell: str, share: float = 0.05) -> str:
    """The same value as people and exports spell it."""
    if not cell or rng.random() >= share:
        return cell
    return pick(rng, (f" {cell}", f"{cell}  ", f"\t{cell}", cell.upper(), cell.lower()))


def stamp(moment: datetime) -> str:
    """A moment as the database writes it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def untidy_stamp(rng: Random, moment: datetime) -> str:
    """One moment in any of the spellings that staging reads."""
    ticket = rng.random()
    if ticket < 0.94:
        return stamp(moment)
    if ticket < 0.96:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if ticket < 0.98:
        return (moment + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00")
    if ticket < 0.99:
        return (moment - timedelta(hours=5)).strftime("%Y-%m-%d %H:%M:%S -0500")
    return moment.strftime("%Y-%m-%d %H:%M:%S.250")


def yes_or_no(rng: Random, answer: bool | None) -> str:
    """An answer as one of the forms spells it."""
    if answer is None:
        return pick(rng, NOT_KNOWN)
    return pick(rng, ("true", "Yes", "1", "y") if answer else ("false", "No", "0"))


# --- companies and leads -----------------------------------------------------


def make_companies(rng: Random) -> list[Company]:
    """The companies of the invented market."""
    companies: list[Company] = []
    taken: set[str] = set()
    while len(companies) < COMPANY_COUNT:
        industry = weighted(
            rng, (0.36, TECH_INDUSTRIES), (0.44, TARGET_INDUSTRIES), (0.20, OTHER_INDUSTRIES)
        )
        name = f"{pick(rng, COMPANY_WORDS)}-{pick(rng, COMPANY_TRADES[industry])}".lower()
        if name in taken:
            continue
        taken.add(name)
        ticket = rng.random()
        if ticket < 0.12:
            employees = between(rng, 2, 9)
        elif ticket < 0.33:
            employees = between(rng, 10, 49)
        elif ticket < 0.52:
            employees = between(rng, 50, 99)
        elif ticket < 0.83:
            employees = between(rng, 100, 500)
        else:
            employees = between(rng, 501, 6000)
        companies.append(
            Company(
                account_id=name,
                domain=f"{name}.example",
                industry=industry,
                country=weighted(rng, (0.55, HOME_COUNTRIES), (0.45, OTHER_COUNTRIES)),
                employees=int(employees),
            )
        )
    return companies


def make_title(rng: Random, company: Company) -> tuple[str, float]:
    """A job title and what it adds to the lead's fit."""
    ticket = rng.random()
    technical = company.is_technical and rng.random() < 0.6
    if ticket < 0.17:
        return pick(rng, TECH_EXECUTIVES if technical else EXECUTIVES), 0.8
    if ticket < 0.50:
        return pick(rng, TECH_MANAGERS if technical else MANAGERS), 0.5
    if ticket < 0.93:
        return pick(rng, TECH_STAFF if technical else STAFF), 0.0
    return pick(rng, LEARNERS), -1.2


def make_lead(rng: Random, number: int, company: Company) -> Lead:
    """A lead of a company: who it is, and how interested."""
    title, fit = make_title(rng, company)
    if 100 <= company.employees <= 500:
        fit += 0.6
    elif company.employees > 500:
        fit += 0.3
    elif company.employees < 10:
        fit -= 0.7
    fit += 0.4 if company.industry in TARGET_INDUSTRIES else 0.0
    fit += 0.3 if company.country in HOME_COUNTRIES else 0.0
    lead_source = weighted(
        rng,
        (0.62, ("Website", "Google", "LinkedIn")),
        (0.16, ("Trade fair", "Partner")),
        (0.10, ("Referral",)),
        (0.12, ("Purchased list",)),
    )
    fit += {"Referral": 0.6, "Purchased list": -0.4}.get(lead_source, 0.0)
    has_private_mail = rng.random() < 0.11
    fit -= 0.4 if has_private_mail else 0.0
    domain = pick(rng, FREE_MAIL_DOMAINS) if has_private_mail else company.domain
    # More leads each month: the maker grows.
    created_at = FIRST_DAY + timedelta(days=int(rng.random() ** 0.7 * 363))
    created_at += timedelta(seconds=int(between(rng, 7 * 3600, 19 * 3600)))
    return Lead(
        lead_id=f"L-{number:04d}",
        company=company,
        created_at=created_at,
        title=title,
        email=f"{pick(rng, 'abcdefghijklmnoprstuvw')}.{pick(rng, SURNAMES)}@{domain}",
        email_domain=domain,
        lead_source=lead_source,
        opted_in=None if rng.random() < 0.06 else rng.random() < 0.82,
        fit=fit,
        interest=bell(rng) + 0.15 * fit - (0.5 if lead_source == "Purchased list" else 0.0),
    )


def lead_row(rng: Random, lead: Lead, updated_at: datetime | None = None) -> dict[str, str]:
    """The lead as its CRM row says it: now and then a cell is untidy or not filled in."""

    def cell(value: str, gap: float) -> str:
        return pick(rng, NOT_KNOWN) if rng.random() < gap else untidy(rng, value)

    employees = str(lead.company.employees)
    if rng.random() < 0.02:
        employees = pick(rng, (f"ca. {employees}", "1,200", f"{employees}+"))
    trial_ends_at = ""
    if lead.trial_ends_at:
        trial_ends_at = lead.trial_ends_at.strftime("%Y-%m-%d")
        if rng.random() < 0.1:
            trial_ends_at += pick(rng, ("T22:00:00Z", " 09:30", "T23:59:59+01:00"))
    return {
        "lead_id": lead.lead_id,
        "account_id": lead.company.account_id,
        "created_at": untidy_stamp(rng, lead.created_at),
        "updated_at": stamp(updated_at or lead.created_at),
        "title": cell(lead.title, 0.06),
        "industry": cell(lead.company.industry, 0.06),
        "country": cell(lead.company.country, 0.04),
        "employees": cell(employees, 0.07),
        "email": untidy(rng, lead.email),
        "email_domain": untidy(rng, lead.email_domain),
        "lead_source": cell(lead.lead_source, 0.08),
        "opted_in": yes_or_no(rng, lead.opted_in),
        "trial_ends_at": trial_ends_at,
    }


# --- events ------------------------------------------------------------------


def add_event(
    demo: Demo,
    name: str,
    occurred_at: datetime | str,
    *,
    lead_id: str = "",
    visitor: str = "",
    page: str = "",
    campaign: str = "",
    amount: str = "",
    payload: str = "",
    loaded_at: str | None = None,
) -> None:
    """Append an event; its id is given when all events are sorted. Loads run in the night."""
    if isinstance(occurred_at, datetime):
        if occurred_at >= LAST_MOMENT:
            return
        loaded_at = loaded_at or (occurred_at + timedelta(days=1)).strftime("%Y-%m-%d")
    demo.events.append(
        {
            "event_id": "",
            "lead_id": lead_id,
            "anonymous_id": visitor,
            "event_name": name,
            "occurred_at": stamp(occurred_at) if isinstance(occurred_at, datetime) else occurred_at,
            "loaded_at": loaded_at or "",
            "page": page,
            "campaign": campaign,
            "amount": amount,
            "payload": payload,
        }
    )


def trial_payload(plan: str, seats: int) -> str:
    """The JSON that the product sends when a trial starts."""
    return json.dumps({"plan": plan, "account": {"seats": seats}}, separators=(",", ":"))


def visit(
    rng: Random,
    demo: Demo,
    start: datetime,
    interest: float,
    *,
    lead_id: str = "",
    visitor: str = "",
) -> int:
    """One visit to the website; returns how often it showed the pricing page."""
    pages = [pick(rng, COMMON_PAGES) for _ in range(1 + int(rng.random() * 3))]
    pricing = happens(rng, -1.7 + 0.9 * interest)
    if pricing:
        pages.append(pick(rng, ("/pricing", "/pricing", "/pricing/teams")))
    if rng.random() < 0.10:
        pages.append(pick(rng, DOC_PAGES))
    if rng.random() < 0.02 and interest < 0:
        pages.append("/careers")
    for number, page in enumerate(pages):
        moment = start + timedelta(seconds=number * 70 + int(rng.random() * 60))
        name = untidy(rng, "page_view", 0.01)
        add_event(
            demo, name, moment, lead_id=lead_id, visitor=visitor, page=untidy(rng, page, 0.02)
        )
    return int(pricing)


def office_hours(rng: Random, day: datetime) -> datetime:
    """Some moment of that day at which people are awake."""
    return day.replace(hour=0, minute=0, second=0) + timedelta(
        seconds=int(between(rng, 6 * 3600, 21 * 3600))
    )


def mail_lead(rng: Random, demo: Demo, lead: Lead, until: datetime, deeds: Deeds) -> None:
    """Newsletters every few weeks until the lead unsubscribes, or until `until`."""
    if lead.opted_in is False:
        return
    day = lead.created_at + timedelta(days=between(rng, 2, 20))
    for _ in range(9):
        if day >= until or deeds.has_unsubscribed:
            return
        campaign = pick(rng, NEWSLETTERS)
        sent_at = day.replace(hour=7, minute=0, second=0)
        add_event(demo, "email_sent", sent_at, lead_id=lead.lead_id, campaign=campaign)
        if happens(rng, -0.7 + 0.8 * lead.interest):
            opened_at = sent_at + timedelta(minutes=int(between(rng, 5, 900)))
            add_event(demo, "email_opened", opened_at, lead_id=lead.lead_id, campaign=campaign)
            if happens(rng, -1.1 + 0.8 * lead.interest):
                clicked_at = opened_at + timedelta(minutes=1)
                add_event(
                    demo, "email_clicked", clicked_at, lead_id=lead.lead_id, campaign=campaign
                )
        elif happens(rng, -4.0 - 1.0 * lead.interest):
            gone_at = sent_at + timedelta(hours=3)
            add_event(demo, "unsubscribed", gone_at, lead_id=lead.lead_id, campaign=campaign)
            deeds.has_unsubscribed = gone_at < until
        day += timedelta(days=between(rng, 18, 45))


def try_product(rng: Random, demo: Demo, lead: Lead, day: datetime, until: datetime) -> None:
    """A free trial: it starts, is used more or less, and ends."""
    plan = pick(rng, ("starter", "starter", "business", "Business", "enterprise"))
    seats = int(between(rng, 2, 12) if plan == "starter" else between(rng, 8, 60))
    payload = trial_payload(plan, seats)
    if rng.random() < 0.05:
        payload = pick(
            rng, ('{"plan":"starter"', '{"plan":null}', '{"account":[25]}', "plan=starter")
        )
    add_event(demo, "trial_started", day, lead_id=lead.lead_id, payload=payload)
    length = 14 if rng.random() < 0.5 else 30
    lead.trial_ends_at = day + timedelta(days=length)
    for number in range(length):
        login_at = office_hours(rng, day + timedelta(days=number))
        if login_at <= day or login_at >= until:
            continue
        if happens(rng, -0.6 + 0.8 * lead.interest - 0.06 * number):
            add_event(demo, "login", login_at, lead_id=lead.lead_id)
            if rng.random() < 0.55:
                used_at = login_at + timedelta(minutes=9)
                page = pick(rng, APP_PAGES)
                add_event(demo, "feature_used", used_at, lead_id=lead.lead_id, page=page)


def behave(rng: Random, demo: Demo, lead: Lead, visitor: str) -> Deeds:
    """Everything the lead does from its first anonymous visit to the end of its interest."""
    cycle = between(rng, 30, 110)
    deeds = Deeds(last_day=lead.created_at + timedelta(days=cycle))
    until = min(deeds.last_day, LAST_MOMENT)
    interest = lead.interest

    if visitor:
        for _ in range(1 + int(rng.random() * 2.5)):
            day = office_hours(rng, lead.created_at - timedelta(days=between(rng, 1, 20)))
            deeds.pricing_visits += visit(rng, demo, day, interest, visitor=visitor)
        demo.identities.append(
            {
                "anonymous_id": visitor,
                "merged_lead_id": "",
                "lead_id": lead.lead_id,
                "identified_at": untidy_stamp(rng, lead.created_at),
            }
        )

    sessions = max(0, int(4.2 + 3.1 * interest + 1.3 * bell(rng)))
    for _ in range(sessions):
        day = office_hours(rng, lead.created_at + timedelta(days=cycle * rng.random() ** 1.2))
        if not lead.created_at < day < until:
            continue
        device = visitor if visitor and rng.random() < 0.5 else ""
        known = "" if device and rng.random() < 0.6 else lead.lead_id
        deeds.pricing_visits += visit(rng, demo, day, interest, lead_id=known, visitor=device)
        after = day + timedelta(minutes=12)
        if happens(rng, -2.0 + 0.5 * interest):
            name, campaigns = "guide_downloaded", GUIDES
            if rng.random() < 0.4:
                name, campaigns = "case_study_downloaded", CASE_STUDIES
            add_event(demo, name, after, lead_id=lead.lead_id, campaign=pick(rng, campaigns))
            deeds.downloads += 1
        if happens(rng, -2.9 + 0.5 * interest):
            campaign = pick(rng, WEBINARS)
            add_event(demo, "webinar_attended", after, lead_id=lead.lead_id, campaign=campaign)
            deeds.webinars += 1
        if not deeds.has_trial and happens(rng, -2.6 + 0.9 * interest):
            try_product(rng, demo, lead, after, until)
            deeds.has_trial = True
        if not deeds.has_demo and happens(rng, -3.1 + 0.9 * interest):
            add_event(demo, "demo_requested", after, lead_id=lead.lead_id, page="/demo")
            deeds.has_demo = True
        if deeds.has_trial and happens(rng, -2.4 + 0.6 * interest):
            amount = str(int(between(rng, 20, 300)) * 100)
            amount = f"{amount}.50" if rng.random() < 0.2 else untidy(rng, amount, 0.05)
            add_event(
                demo, "quote_requested", after, lead_id=lead.lead_id, page="/quote", amount=amount
            )
            deeds.has_quote = True
    if lead.lead_source == "Trade fair" and rng.random() < 0.8:
        fair_at = lead.created_at - timedelta(minutes=40)
        add_event(demo, "fair_visited", fair_at, lead_id=lead.lead_id, campaign="trade-fair")
    mail_lead(rng, demo, lead, min(until + timedelta(days=60), LAST_MOMENT), deeds)
    return deeds


def add_outcome(
    demo: Demo, lead_id: str, outcome: str, at: datetime | str, amount: str = ""
) -> None:
    """Append an outcome, unless the year ends before it."""
    if isinstance(at, datetime) and at >= LAST_MOMENT:
        return
    occurred_at = stamp(at) if isinstance(at, datetime) else at
    demo.outcomes.append(
        {"lead_id": lead_id, "outcome": outcome, "occurred_at": occurred_at, "amount": amount}
    )


def decide(rng: Random, demo: Demo, lead: Lead, deeds: Deeds) -> None:
    """Stages, and whether the lead buys: by what it did and who it is, with noise."""
    closes_at = office_hours(rng, deeds.last_day + timedelta(days=between(rng, 1, 12)))
    log_odds = (
        -3.8
        + 1.2 * deeds.has_trial
        + 1.1 * deeds.has_demo
        + 0.9 * deeds.has_quote
        + 0.45 * min(deeds.pricing_visits, 3)
        + 0.3 * min(deeds.downloads, 2)
        + 0.4 * min(deeds.webinars, 2)
        - 1.2 * deeds.has_unsubscribed
        + 1.0 * lead.fit
        + 0.3 * lead.interest
        + 0.8 * bell(rng)
    )
    meets = deeds.has_demo or log_odds > -0.6
    amount = f"{int(between(rng, 15, 480)) * 100}.00"
    if meets:
        add_outcome(demo, lead.lead_id, "Meeting", lead.created_at + timedelta(days=21))
    if meets and log_odds > -1.2:
        offered_at = lead.created_at + (deeds.last_day - lead.created_at) * 0.7
        add_outcome(demo, lead.lead_id, "Opportunity", offered_at, amount)
    # Some deals are decided elsewhere: a frozen budget, an old acquaintance.
    if rng.random() < 0.07:
        log_odds = -1.2
    if happens(rng, log_odds):
        outcome = pick(rng, ("Won", "Won", "won", "WON "))
        add_outcome(demo, lead.lead_id, outcome, closes_at, amount)
        for week in range(1, 9):
            login_at = office_hours(rng, closes_at + timedelta(days=7 * week))
            if closes_at < LAST_MOMENT and rng.random() < 0.6:
                add_event(demo, "login", login_at, lead_id=lead.lead_id)
    elif meets or rng.random() < 0.35:
        add_outcome(demo, lead.lead_id, "Lost", closes_at)


# --- the year ----------------------------------------------------------------


def make_year(rng: Random, demo: Demo) -> list[Lead]:
    """The invented maker's companies, leads and what became of them."""
    companies = make_companies(rng)
    leads: list[Lead] = []
    for number in range(1, LEAD_COUNT + 1):
        # Each company has one lead at least; the first in the list get most of the others.
        chosen = companies[int(rng.random() ** 1.6 * COMPANY_COUNT)]
        if number <= COMPANY_COUNT:
            chosen = companies[number - 1]
        lead = make_lead(rng, number, chosen)
        leads.append(lead)
        visitor = f"v-{number:04d}" if rng.random() < 0.45 else ""
        decide(rng, demo, lead, behave(rng, demo, lead, visitor))
        demo.leads.append(lead_row(rng, lead))
        if visitor and rng.random() < 0.06:
            # A second device, identified weeks after its visits.
            second = f"{visitor}-mobile"
            day = office_hours(rng, lead.created_at + timedelta(days=3))
            visit(rng, demo, day, lead.interest, visitor=second)
            found_at = stamp(day + timedelta(days=25))
            demo.identities.append(
                {
                    "anonymous_id": second,
                    "merged_lead_id": "",
                    "lead_id": lead.lead_id,
                    "identified_at": found_at,
                }
            )
    for number in range(1, 111):
        # Visitors who never said who they are: most of a website's visitors.
        day = office_hours(rng, FIRST_DAY + timedelta(days=rng.random() * 364))
        for _ in range(1 + int(rng.random() * 1.6)):
            visit(rng, demo, day, -0.5, visitor=f"v-{9000 + number}")
            day += timedelta(days=between(rng, 1, 9))
    # A shared computer: the visits before the second identification are the first lead's.
    shared, first, second = "v-showroom", leads[20], leads[57]
    for number, lead in enumerate((first, second)):
        day = datetime(2025, 9, 8, 10) + timedelta(days=60 * number)
        visit(rng, demo, day, 0.5, visitor=shared)
        demo.identities.append(
            {
                "anonymous_id": shared,
                "merged_lead_id": "",
                "lead_id": lead.lead_id,
                "identified_at": stamp(day + timedelta(hours=1)),
            }
        )
    return leads


def merge_leads(rng: Random, demo: Demo, leads: list[Lead]) -> None:
    """People who signed up twice: their second record is merged into the first."""
    for number in range(12):
        keeper = leads[60 + 31 * number]
        twin = f"{keeper.lead_id}-b"
        day = min(keeper.created_at + timedelta(days=between(rng, 5, 60)), LAST_MOMENT)
        merged_at = office_hours(rng, day + timedelta(days=9))
        row = lead_row(rng, keeper)
        row.update(lead_id=twin, created_at=stamp(day), updated_at=stamp(day))
        demo.leads.append(row)
        visit(rng, demo, office_hours(rng, day), keeper.interest, lead_id=twin)
        add_event(demo, "guide_downloaded", day, lead_id=twin, campaign=pick(rng, GUIDES))
        add_merge(demo, twin, keeper.lead_id, merged_at)
    # One record was first merged into the wrong lead: the last merge counts.
    wrong, right = leads[100], leads[60]
    add_merge(demo, f"{right.lead_id}-b", wrong.lead_id, right.created_at + timedelta(days=1))


def add_merge(demo: Demo, merged: str, into: str, at: datetime | str) -> None:
    """Append the row that says that one record was merged into another."""
    identified_at = stamp(at) if isinstance(at, datetime) else at
    demo.identities.append(
        {
            "anonymous_id": "",
            "merged_lead_id": merged,
            "lead_id": into,
            "identified_at": identified_at,
        }
    )


# --- the examples ------------------------------------------------------------


def example_row(lead_id: str, account_id: str, **cells: str) -> dict[str, str]:
    """The row of a lead about whom only the named cells are known."""
    row = dict.fromkeys(LEAD_COLUMNS, "")
    row.update(lead_id=lead_id, account_id=account_id, **cells)
    row["updated_at"] = row["updated_at"] or row["created_at"]
    return row


def day(month: int, day_of_month: int, hour: int = 10, year: int = 2026) -> datetime:
    """A moment of the last months."""
    return datetime(year, month, day_of_month, hour)


def make_examples(demo: Demo) -> None:
    """The smallest case of each rule, by hand, so that its score is known beforehand."""
    b2b = {"title": "Chief Operating Officer", "employees": "300", "industry": "Hospitality"}
    tech = {"title": "IT Manager", "employees": "100", "industry": "Software"}

    # 53 points in "B2B classic": 10 + 8 + 15 + 20; the webinar was not attended.
    demo.leads.append(
        example_row("example-b2b-53", "example-hotels", created_at="2026-02-10 09:00:00", **b2b)
    )
    add_event(demo, "page_view", day(2, 12), lead_id="example-b2b-53", page="/pricing")
    add_event(
        demo,
        "trial_started",
        day(2, 14),
        lead_id="example-b2b-53",
        payload=trial_payload("starter", 5),
    )

    # 55 points in "TechPlus": 10 + 15 + 10 + 20; the third pricing visit is still to come.
    # The next two went on from there: 80 with the third visit, 70 after unsubscribing.
    for lead_id, visits, leaves in (
        ("example-techplus-55", 2, False),
        ("example-techplus-80", 3, False),
        ("example-techplus-70", 3, True),
    ):
        demo.leads.append(
            example_row(lead_id, "example-apps", created_at="2026-01-12 09:00:00", **tech)
        )
        add_event(demo, "case_study_downloaded", day(1, 20), lead_id=lead_id, campaign="case-saas")
        add_event(demo, "demo_requested", day(2, 3), lead_id=lead_id, page="/demo")
        for number in range(visits):
            add_event(demo, "page_view", day(2, 4 + 6 * number), lead_id=lead_id, page="/pricing")
        if leaves:
            add_event(demo, "unsubscribed", day(2, 20), lead_id=lead_id, campaign="newsletter")

    # A competitor: points, but disqualified.
    demo.leads.append(
        example_row(
            "example-competitor",
            "example-rivalworks",
            created_at="2026-01-15 11:00:00",
            title="Head of Product",
            email="x.ample@rivalworks.example",
            email_domain="RivalWorks.example",
            industry="Software",
            employees="180",
        )
    )
    for number in range(3):
        add_event(
            demo, "page_view", day(2, 2 + number), lead_id="example-competitor", page="/pricing"
        )

    # One visit in all, and that one months ago.
    demo.leads.append(
        example_row(
            "example-one-time-visitor",
            "example-foods",
            created_at="2025-11-03 08:30:00",
            title="Buyer",
            industry="Retail",
            employees="60",
        )
    )
    add_event(
        demo, "page_view", day(11, 3, 8, 2025), lead_id="example-one-time-visitor", page="/product"
    )

    # Interested once, then unsubscribed.
    demo.leads.append(
        example_row(
            "example-unsubscribed",
            "example-freight",
            created_at="2026-01-05 14:00:00",
            title="Head of Logistics",
            industry="Logistics",
            employees="240",
            country="Germany",
        )
    )
    add_event(demo, "page_view", day(2, 5), lead_id="example-unsubscribed", page="/pricing")
    add_event(
        demo, "unsubscribed", day(2, 9), lead_id="example-unsubscribed", campaign="newsletter"
    )

    # Nothing is known: every cell means "not answered", and there is no event.
    demo.leads.append(
        example_row(
            "example-insufficient-data",
            "example-unknown",
            created_at="2026-02-20 16:00:00",
            title="Select",
            industry="Select",
            country="n/a",
            employees="Unknown",
            lead_source="-",
            opted_in="null",
        )
    )

    # Bought: scored, but no longer ranked and without a recommended action.
    demo.leads.append(
        example_row(
            "example-converted",
            "example-machines",
            created_at="2025-10-06 10:00:00",
            title="CEO",
            industry="Manufacturing",
            employees="420",
            country="Switzerland",
        )
    )
    add_event(demo, "demo_requested", day(1, 14), lead_id="example-converted", page="/demo")
    for page in ("/pricing", "/customers"):
        add_event(demo, "page_view", day(1, 21), lead_id="example-converted", page=page)
    add_outcome(demo, "example-converted", "Opportunity", day(1, 26), "18400.00")
    add_outcome(demo, "example-converted", "Won", day(2, 11), "18400.00")

    # Once three records: merged in a chain, the newest one speaks for all.
    for lead_id, month in (("example-merged-first", 6), ("example-merged-second", 9)):
        demo.leads.append(
            example_row(
                lead_id,
                "example-tools",
                created_at=f"2025-{month:02d}-02 09:00:00",
                title="Planner",
            )
        )
        add_event(
            demo,
            "guide_downloaded",
            day(month, 4, 10, 2025),
            lead_id=lead_id,
            campaign="forecasting-guide",
        )
    demo.leads.append(
        example_row(
            "example-merged",
            "example-tools",
            created_at="2026-01-08 09:00:00",
            title="Operations Manager",
            industry="Manufacturing",
            employees="150",
        )
    )
    add_event(demo, "webinar_attended", day(1, 27), lead_id="example-merged", campaign=WEBINARS[0])
    add_merge(demo, "example-merged-first", "example-merged-second", day(9, 3, 12, 2025))
    add_merge(demo, "example-merged-second", "example-merged", day(1, 9))
    # Older ids of the same person are in no list of leads any more; their events still count.
    add_merge(demo, "example-merged-legacy", "example-merged-first", day(6, 2, 12, 2025))
    for page in ("/", "/product"):
        add_event(
            demo, "page_view", day(6, 1, 10, 2025), lead_id="example-merged-legacy", page=page
        )

    # A visitor who is identified only days after the visits that matter.
    demo.leads.append(
        example_row(
            "example-identified-later",
            "example-stores",
            created_at="2026-02-16 10:00:00",
            title="Finance Director",
            industry="Retail",
            employees="95",
        )
    )
    for page in ("/product", "/pricing"):
        add_event(demo, "page_view", day(2, 13), visitor="v-example", page=page)
    demo.identities.append(
        {
            "anonymous_id": "v-example",
            "merged_lead_id": "",
            "lead_id": "example-identified-later",
            "identified_at": "2026-02-16T11:00:00+01:00",
        }
    )

    # A trial in use, about to end.
    demo.leads.append(
        example_row(
            "example-trial-ending",
            "example-capital",
            created_at="2026-02-05 10:00:00",
            title="Operations Manager",
            industry="Financial services",
            employees="80",
            country="Austria",
            trial_ends_at="2026-03-08",
        )
    )
    add_event(
        demo,
        "trial_started",
        day(2, 6),
        lead_id="example-trial-ending",
        payload=trial_payload("business", 25),
    )
    for number in range(7):
        add_event(
            demo, "login", day(2, 16 + 2 * number - (number > 5)), lead_id="example-trial-ending"
        )


# --- what staging refuses ----------------------------------------------------


def add_defects(rng: Random, demo: Demo, leads: list[Lead]) -> None:
    """A few rows of every kind that staging refuses, and optional times that cannot be read."""
    # leads: without an id, and older copies of a row
    for number in (5, 17, 40):
        demo.leads.append({**lead_row(rng, leads[number]), "lead_id": pick(rng, ("", "  "))})
    for number in (3, 33, 63, 93, 123, 153):
        older = lead_row(rng, leads[number])
        older.update(updated_at="2024-12-31", title="Assistant")
        demo.leads.append(older)
    for number, cell in ((10, "soon"), (11, "31.12.2025"), (12, "2025-02-30")):
        demo.leads[number]["updated_at"] = cell
    # leads: imports of bare addresses, about whom nothing is known
    for number in range(4):
        row = example_row(f"L-import-{number + 1}", "", created_at="2026-01-30", industry="Select")
        row.update(title=pick(rng, NOT_KNOWN), country=pick(rng, NOT_KNOWN))
        demo.leads.append(row)

    # events
    lead_id = leads[8].lead_id
    moment = datetime(2026, 1, 15, 9, 30)
    for number in range(3):
        at = moment + timedelta(days=number)
        add_event(demo, "page_view", at, lead_id=lead_id, page="no-id")
        add_event(demo, pick(rng, ("", " ")), at, lead_id=lead_id, page="/features")
        add_event(demo, "page_view", "", lead_id=lead_id, page="/about")
        add_event(demo, "page_view", at, page="/about")
        add_event(
            demo,
            "page_view",
            at + timedelta(days=30),
            lead_id=lead_id,
            page="/",
            loaded_at=at.strftime("%Y-%m-%d"),
        )
        add_event(demo, "page_view", at, lead_id=f"L-{9990 + number}", page="/")
    for cell in ("15.01.2026 09:30", "2026-02-30 10:00:00", "yesterday", "1768467000"):
        add_event(demo, "page_view", cell, lead_id=lead_id, page="/")

    # outcomes
    won_at = datetime(2026, 1, 20, 12)
    for number in range(2):
        add_outcome(demo, "", "Won", won_at)
        add_outcome(demo, lead_id, " ", won_at)
        add_outcome(demo, lead_id, "Lost", "")
        add_outcome(demo, lead_id, "Lost", ("20.01.2026", "2026-01-32")[number])
        add_outcome(demo, f"L-{9995 + number}", "Won", won_at)

    # identities
    for anonymous_id, merged, into, at in (
        ("", "", lead_id, "2026-01-20 12:00:00"),
        ("", "", leads[9].lead_id, "2026-01-21"),
        ("v-lost-1", "", "", "2026-01-20 12:00:00"),
        ("", "L-0010-b", "", "2026-01-20"),
        ("v-lost-2", "", lead_id, ""),
        ("v-lost-3", "", lead_id, " "),
        ("v-lost-4", "", lead_id, "20/01/2026"),
        ("v-lost-5", "", lead_id, "noon"),
        ("v-lost-6", "", "L-9999", "2026-01-20 12:00:00"),
        ("", "L-9997", "L-9998", "2026-01-20 12:00:00"),
        # Two records merged into each other, and one into itself: no effect, all are scored.
        ("", leads[200].lead_id, leads[201].lead_id, "2026-01-11 12:00:00"),
        ("", leads[201].lead_id, leads[200].lead_id, "2026-01-12 12:00:00"),
        ("", leads[202].lead_id, leads[202].lead_id, "2026-01-13 12:00:00"),
    ):
        demo.identities.append(
            {
                "anonymous_id": anonymous_id,
                "merged_lead_id": merged,
                "lead_id": into,
                "identified_at": at,
            }
        )


def number_events(rng: Random, demo: Demo) -> None:
    """Sort events as they were loaded, give them ids, and deliver some of them twice."""
    demo.events.sort(key=lambda row: (row["loaded_at"] or "9999", row["occurred_at"]))
    for number, row in enumerate(demo.events, start=1):
        row["event_id"] = f"e{number:05d}"
        if row["page"] == "no-id":
            row.update(event_id="", page="/features")
        elif _is_stamp(row["occurred_at"]):
            row["occurred_at"] = untidy_stamp(
                rng, datetime.strptime(row["occurred_at"], "%Y-%m-%d %H:%M:%S")
            )
    copies = []
    for number in range(150, len(demo.events), 450):
        row = demo.events[number]
        if row["event_id"] and row["loaded_at"]:
            loaded_at = datetime.strptime(row["loaded_at"], "%Y-%m-%d") + timedelta(days=1)
            copies.append({**row, "loaded_at": loaded_at.strftime("%Y-%m-%d")})
    demo.events.extend(copies)


def _is_stamp(cell: str) -> bool:
    try:
        datetime.strptime(cell, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return False
    return True


# --- files -------------------------------------------------------------------


def make_demo() -> Demo:
    """The whole demo, in memory."""
    rng = Random(SEED)
    demo = Demo()
    leads = make_year(rng, demo)
    merge_leads(rng, demo, leads)
    make_examples(demo)
    add_defects(rng, demo, leads)
    number_events(rng, demo)
    demo.outcomes.sort(key=lambda row: row["occurred_at"])
    demo.identities.sort(key=lambda row: row["identified_at"].strip() or "9999")
    return demo


def write_table(path: Path, columns: Sequence[str], rows: Iterable[dict[str, str]]) -> None:
    """Write rows as a CSV file that is the same on every machine."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_demo(folder: Path = SEED_FOLDER) -> dict[str, int]:
    """Write the four seeds into a folder; returns how many rows each of them holds."""
    demo = make_demo()
    folder.mkdir(parents=True, exist_ok=True)
    counts = {}
    for name, columns, rows in (
        ("demo_leads", LEAD_COLUMNS, demo.leads),
        ("demo_events", EVENT_COLUMNS, demo.events),
        ("demo_outcomes", OUTCOME_COLUMNS, demo.outcomes),
        ("demo_identities", IDENTITY_COLUMNS, demo.identities),
    ):
        write_table(folder / f"{name}.csv", columns, rows)
        counts[name] = len(rows)
    return counts


def main() -> None:
    """Write the seeds and say how many rows they hold."""
    for name, rows in write_demo().items():
        print(f"{name}.csv: {rows:,} rows")


if __name__ == "__main__":
    main()
