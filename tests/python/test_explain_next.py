"""`leadscore explain LEAD --next`: what it foretells is what the independent scorer gives then."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import oracle
import possible
import pytest
import strategies
from command import Copy, Said
from harness import Project, failures
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.next_band import explain_next
from leadscore.output import Output
from leadscore.project import Project as LeadscoreProject
from oracle import Table
from oracle.policy import COLUMNS, FILES

HORIZON = 40
CONFIG: dict[str, Any] = {
    "as_of": "2026-03-10T12:00:00",
    "lead_attributes": ["title", "industry", "employees", "opted_in", "trial_ends_at"],
    "event_properties": {"page": "page", "amount": "payload:$.order.amount"},
    "has_outcomes": False,
    "has_identities": False,
    "published_file": "",
}
EVENTS = """\
visited     2026-02-20 09:30
demo        2026-03-01 12:00
complained  2026-03-05 06:00
login       2026-03-05 08:00
download    2026-02-01 10:00
download    2026-02-02 10:00
quote       2026-02-03 10:00
page_view   2026-03-02 10:00  page=/pricing
page_view   2026-02-02 10:00  page=/careers
order       2026-02-10 10:00  amount=4000
order       2026-04-01 10:00  amount=9000"""
# Each scorecard shows one rule. A lead in it is high from 15 points on, and top from 40 on.
CRITERIA = """\
windows    visit      event     visited    window_days=30 points=20
decay      demo       event     demo       points=39 decay=step decay_days=10
validity   retail     attribute industry   operator=equals value=Retail points=15 \
    valid_to=2026-03-31
validity   spring     attribute industry   operator=is_set points=5 valid_from=2026-03-20
absence    quiet      event     login      at_most=0 window_days=14 points=-10 \
    requires=has_login
absence    has_login  event     login      points=0 is_active=false
dates      trial      attribute trial_ends_at operator=days_from_now value=0..14 points=15
audience   anything   attribute industry   operator=is_set points=15
barred     no_mail    attribute opted_in   operator=is_false effect=disqualify
blocked    angry      event     complained window_days=10 effect=disqualify
capped     downloads  event     download   points=4 frequency=every group_id=content
capped     webinar    event     webinar    points=9
linked     budget     event     quote      points=25 requires=big
linked     big        attribute employees  operator=between value=100..500 points=0 \
    is_active=false
linked     careers    event     page_view  property=page operator=equals value=/careers \
    points=-5 unless=prices
linked     prices     event     page_view  property=page operator=equals value=/pricing \
    points=0 is_active=false window_days=5
sides      talk       event     webinar    points=10
sides      lately     event     webinar|login measure=days_since_last at_most=3 points=5
sides      silent     event     webinar|login at_most=0 window_days=4 points=-6
counted    thrice     event     page_view  property=page operator=starts_with \
    value=/pricing at_least=3 points=15
counted    four_days  event     page_view  measure=distinct_days at_least=4 points=7
counted    money      event     order      measure=sum measure_field=amount \
    at_least=10000 points=16
counted    pages      event     page_view  measure=distinct_values measure_field=page \
    at_least=4 points=8
counted    share      event     download   measure=rate measure_field=demo at_least=4 points=3
counted    clicks     event     click      points=2 frequency=every max_points=6
best       first      attribute industry   operator=is_set points=50"""
SCORECARDS: dict[str, dict[str, str]] = {
    "audience": {
        "audience_field": "trial_ends_at",
        "audience_operator": "days_from_now",
        "audience_value": "0..20",
    },
    "absence": {"base_points": "20"},
    "barred": {"base_points": "20"},
    "blocked": {"base_points": "20"},
}


def _policy() -> dict[str, Table]:
    """The policy files of the scorecards above."""
    files: dict[str, list[dict[str, str]]] = {name: [] for name in FILES}
    for line in CRITERIA.splitlines():
        scorecard, criterion, signal, field, *cells = line.split()
        if scorecard not in {row["scorecard_id"] for row in files["scorecards"]}:
            files["scorecards"].append({"scorecard_id": scorecard, **SCORECARDS.get(scorecard, {})})
            files["bands"] += [
                {"scorecard_id": scorecard, "scope": "total", "band": band, "min_points": points}
                for band, points in (("low", ""), ("high", "15"), ("top", "40"))
            ]
        files["criteria"].append(
            {
                "criterion_id": criterion,
                "scorecard_id": scorecard,
                "dimension": "engagement",
                "name": criterion,
                "signal": signal,
                "field": field,
                **dict(cell.split("=", 1) for cell in cells),
            }
        )
    files["groups"].append(
        {
            "scorecard_id": "capped",
            "group_id": "content",
            "dimension": "engagement",
            "max_points": "10",
        }
    )
    return {
        name: Table([{column: row.get(column, "") for column in COLUMNS[name]} for row in rows])
        if rows
        else Table([], COLUMNS[name])
        for name, rows in files.items()
    }


def _raw() -> dict[str, Table]:
    """The raw tables: a lead with the events above, one with nothing, others for their values."""
    attributes = CONFIG["lead_attributes"]
    leads = [
        {"lead_id": "ann", "industry": "Retail", "opted_in": "no", "trial_ends_at": "2026-03-20"},
        {"lead_id": "nobody", "trial_ends_at": "-"},
        {"lead_id": "other", "industry": "Steel", "employees": "900", "opted_in": "yes"},
    ]
    events = []
    for number, line in enumerate(EVENTS.splitlines()):
        name, day, clock, *properties = line.split()
        held = dict(each.split("=") for each in properties)
        amount = held.pop("amount", None)
        payload = {} if amount is None else {"payload": f'{{"order": {{"amount": {amount}}}}}'}
        events.append(
            {
                "event_id": str(number),
                "event_name": name,
                "lead_id": "ann",
                "occurred_at": f"{day} {clock}",
                **held,
                **payload,
            }
        )
    pages = ("/docs", "/blog", "/docs", "/jobs")
    events += [
        {
            "event_id": f"other {number}",
            "event_name": "page_view",
            "lead_id": "other",
            "occurred_at": "2026-03-01",
            "page": page,
        }
        for number, page in enumerate(pages)
    ]
    columns = ["event_id", "event_name", "lead_id", "occurred_at", "page", "payload"]
    return {
        "leads": Table(
            [{name: row.get(name, "") for name in ("lead_id", *attributes)} for row in leads]
        ),
        "events": Table([{name: row.get(name, "") for name in columns} for row in events]),
    }


class World:
    """A project that has scored a lead, and what `explain --next` says of it.

    Args:
        project: the project.
        raw: its raw tables.
        policy: its policy.
        config: its vars.
    """

    def __init__(self, project: Project, raw: Any, policy: Any, config: dict[str, Any]) -> None:
        self.project = project
        self.raw = raw
        self.policy = policy
        self.config = config
        project.forget()
        project.write_policy(policy)
        project.load_raw(raw)
        invocation = project.run(config)
        assert invocation.ok, failures(invocation)

    def explain(self, lead_id: str, scorecard: str | None = None, days: int = HORIZON) -> Any:
        """The result of the command, the scorecards by id."""
        given = self.project.given_vars(self.config)
        project = LeadscoreProject(self.project.root, given_vars=given)
        result = explain_next(project, Output(True), lead_id, scorecard, False, days)
        return {each["scorecard_id"]: each for each in result["scorecards"]}

    def truth(self, lead_id: str, day: int) -> possible.Rows:
        """What the independent scorer gives after so many days without anything new."""
        moment = datetime.fromisoformat(self.config["as_of"]) + timedelta(days=day)
        known = possible.known_by(self.raw, self.config)
        config = {**self.config, "as_of": moment.isoformat()}
        return possible.scores(known, self.policy, config, lead_id)

    def check(self, lead_id: str, found: dict[str, Any], days: int = HORIZON) -> None:
        """Compares every forecast and every step with the independent scorer."""
        self._check_forecasts(lead_id, found, days)
        for scorecard, result in found.items():
            for step in result["steps"]:
                self._check_step(lead_id, scorecard, result, step)

    def _check_forecasts(self, lead_id: str, found: dict[str, Any], days: int) -> None:
        truths = [self.truth(lead_id, day) for day in range(days + 1)]
        for scorecard, result in found.items():
            path = [truth.get(scorecard) for truth in truths]
            leaving = next(
                (
                    day
                    for day, row in enumerate(path)
                    if row is None or row["band"] != path[0]["band"]
                ),
                None,
            )
            forecast = result["forecast"]
            assert forecast["leaves_band"] is (leaving is not None), scorecard
            changed = [
                day
                for day in range(1, days + 1 if leaving is None else leaving)
                if path[day]["score"] != path[day - 1]["score"]
            ]
            said = [(each["in_days"], each["score"]) for each in forecast["earlier_changes"]]
            assert said == [(day, Decimal(path[day]["score"])) for day in changed], scorecard
            if leaving is None:
                continue
            assert forecast["in_days"] == leaving, scorecard
            moment = datetime.fromisoformat(self.config["as_of"]) + timedelta(days=leaving)
            assert forecast["date"] == moment.date()
            row = path[leaving]
            assert forecast["leaves_audience"] is (row is None)
            if row is not None:
                assert forecast["band"] == (row["band"] or None), scorecard
                assert forecast["score"] == Decimal(row["score"]), scorecard
                changes = sum(each["change"] for each in forecast["changes"])
                assert changes == forecast["score"] - Decimal(path[leaving - 1]["score"])

    def _check_step(self, lead_id: str, scorecard: str, result: Any, step: Any) -> None:
        known = possible.known_by(self.raw, self.config)
        after = possible.after_step(known, self.config, lead_id, step)
        row = possible.scores(after, self.policy, self.config, lead_id)[scorecard]
        assert step["score"] == Decimal(row["score"]), (scorecard, step)
        assert step["band"] == (row["band"] or None), (scorecard, step)
        assert step["score_status"] == row["score_status"], (scorecard, step)
        assert step["gain"] == step["score"] - result["score"]
        assert sum(each["change"] for each in step["changes"]) == step["gain"]


@pytest.fixture(scope="module")
def world(project: Project) -> World:
    return crafted_world(project)


def crafted_world(project: Project) -> World:
    """A project that has scored the leads above by the scorecards above."""
    return World(project, _raw(), _policy(), CONFIG)


@pytest.fixture(scope="module")
def before(world: World) -> dict[str, int]:
    """What the warehouse held before anything was explained, with what a killed one left there."""
    tables = _content(world.project)
    with duckdb.connect(str(world.project.database)) as connection:
        for schema in ("leadscore_what_if", "leadscore_raw_what_if"):
            connection.execute(f"create schema {schema}")
            connection.execute(f"create table {schema}.leads as select 1 as junk")
    # An edit that has not been run yet.
    edited = {
        name: Table(
            [
                {**row, "points": "1", "min_points": "2"} if name != "groups" else row
                for row in rows
            ],
            rows.columns,
        )
        for name, rows in world.policy.items()
    }
    world.project.write_policy(edited)
    return tables


@pytest.fixture(scope="module")
def ann(world: World, before: dict[str, int]) -> dict[str, Any]:
    return world.explain("ann")


@pytest.fixture(scope="module")
def nobody(world: World, before: dict[str, int]) -> dict[str, Any]:
    return world.explain("nobody")


def _content(project: Project) -> dict[str, int]:
    """A number for each table's content, which changes when any row of it does."""
    with duckdb.connect(str(project.database)) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
        ).fetchall()
        return {
            name: connection.execute(f"select sum(hash(found)) from {name} as found").fetchone()[0]
            for (name,) in names
        }


def test_all_that_is_said_comes_out(
    world: World, ann: dict[str, Any], nobody: dict[str, Any]
) -> None:
    assert len(ann) == 13
    world.check("ann", ann)
    world.check("nobody", nobody)


def test_nothing_live_is_touched(
    world: World, before: dict[str, int], ann: dict[str, Any], nobody: dict[str, Any]
) -> None:
    assert ann
    assert nobody
    assert _content(world.project) == before


@pytest.mark.parametrize(
    ("scorecard", "date", "band", "score", "why"),
    [
        ("windows", "2026-03-22", "low", 0, ["visit"]),
        ("decay", "2026-03-21", "low", Decimal("9.75"), ["demo"]),
        ("validity", "2026-04-01", "low", 5, ["retail"]),
        ("absence", "2026-03-19", "low", 10, ["quiet"]),
        ("dates", "2026-03-21", "low", 0, ["trial"]),
        ("blocked", "2026-03-15", "high", 20, ["angry", None]),
        ("audience", "2026-03-21", None, None, []),
    ],
)
def test_what_time_does(
    ann: dict[str, Any], scorecard: str, date: str, band: str | None, score: int, why: list
) -> None:
    forecast = ann[scorecard]["forecast"]
    assert (str(forecast["date"]), forecast["band"], forecast["score"]) == (date, band, score)
    assert [change["criterion_id"] for change in forecast["changes"]] == why


def _steps(result: dict[str, Any]) -> list[tuple]:
    """Steps in short: how many events of what, or the attribute; the gain; whether it suffices."""
    return [
        (
            step["event_count"] or step["attribute"],
            step["event_name"] or step["value"],
            step["gain"],
            step["reaches_next_band"],
        )
        for step in result["steps"]
    ]


def test_steps_have_the_gain_of_all_that_they_change(ann: dict[str, Any]) -> None:
    # Two criteria are met by one event, and a third is not met any more.
    assert _steps(ann["sides"]) == [(1, "webinar", 21, True), (1, "login", 11, False)]
    # The limit of a group eats half of the one, and nothing of the other.
    assert _steps(ann["capped"]) == [(1, "webinar", 9, True), (1, "download", 2, False)]
    limit = ann["capped"]["steps"][1]["changes"][1]
    assert (limit["entry_type"], limit["change"]) == ("limits", -2)
    # What a criterion requires, and what holds one back.
    assert _steps(ann["linked"]) == [
        ("employees", "100", 25, True),
        (1, "page_view", 5, False),
    ]
    assert _steps(ann["barred"]) == [("opted_in", "yes", 20, True)]


def test_steps_are_as_small_as_can_be(ann: dict[str, Any]) -> None:
    assert _steps(ann["counted"]) == [
        (1, "order", 16, True),
        (2, "page_view", 15, True),
        (1, "click", 2, False),
        (2, "page_view", 8, False),
        (2, "download", 3, False),
    ]
    order, visits, _, pages, _ = ann["counted"]["steps"]
    assert order["event_properties"] == [{"amount": "6000"}]
    assert visits["event_properties"] == [{"page": "/pricing"}] * 2
    assert sorted(each["page"] for each in pages["event_properties"]) == ["/blog", "/docs"]
    reasons = {each["criterion_id"]: each["reason"] for each in ann["counted"]["not_proposed"]}
    assert reasons == {"four_days": "needs events on several days"}


def test_where_there_is_no_step(ann: dict[str, Any]) -> None:
    assert ann["best"]["next_band"] is None
    assert ann["best"]["steps"] == ann["best"]["not_proposed"] == []
    assert ann["best"]["forecast"] == {"leaves_band": False, "earlier_changes": []}
    # Only time undoes what an event has done.
    assert ann["blocked"]["score_status"] == "disqualified"
    assert ann["blocked"]["steps"] == []


def test_a_lead_of_which_nothing_is_known_is_scored_by_any_step(nobody: dict[str, Any]) -> None:
    result = nobody["sides"]
    assert (result["score_status"], result["next_band"]) == ("insufficient_data", None)
    assert not result["forecast"]["leaves_band"]
    assert all(step["reaches_next_band"] for step in result["steps"])
    assert (1, "webinar", 21, True) in _steps(result)
    assert "audience" not in nobody


@pytest.mark.parametrize(
    ("lead", "scorecard", "named"),
    [("Ann", None, "ann"), ("ann", "nothing", "windows"), ("nobody", "audience", "audience")],
)
def test_who_is_not_scored_is_told_why(
    world: World, lead: str, scorecard: str | None, named: str
) -> None:
    with pytest.raises(LeadscoreError) as caught:
        world.explain(lead, scorecard)
    assert caught.value.code == ExitCode.NOT_FOUND
    assert named in f"{caught.value.what} {caught.value.remedy}"


@pytest.mark.on_demand
def test_the_command_on_the_demo(scored: Copy) -> None:
    before, published = scored.marts(), (scored.root / "published.duckdb").read_bytes()
    said = scored.leadscore("explain", "example-b2b-53", "--next", "--horizon", "120")
    assert said.code == 0, said.err
    assert "Lead example-b2b-53 by scorecard b2b: 53, warm, as of 2026-03-01" in said.out
    assert "One step by which it becomes hot (7 more) or better" in said.out
    assert re.search(
        r"^1 x demo_requested +\+20 +73 +hot +Requested demo \(\+20\)$", said.out, re.M
    )
    assert (scored.marts(), (scored.root / "published.duckdb").read_bytes()) == (before, published)
    schemas = scored.query("select schema_name from information_schema.schemata")
    assert not [name for (name,) in schemas if "what_if" in name]

    # The day before it is still warm, and on the day it is what was said.
    band, score, day = re.search(r"becomes (\w+) \(([\d.]+)\) on ([\d-]+), in", said.out).groups()
    last_day = str(date.fromisoformat(day) - timedelta(days=1))
    found = []
    for moment in (last_day, day):
        said = scored.leadscore("run", "--as-of", moment, "--select", "+scored_leads")
        assert said.code == 0, said.err
        found += scored.query(
            "select band, score from leadscore.scored_leads"
            " where lead_id = 'example-b2b-53' and scorecard_id = 'b2b'"
        )
    assert found[0][0] == "warm"
    assert found[1] == (band, Decimal(score))


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (["L-0259", "--horizon", "10"], 2, "--next"),
        (["L-0259", "--next", "--horizon", "0"], 2, "--horizon"),
        (["nobody at all", "--next"], 4, "nobody at all"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    demo: tuple[Copy, Said], words: list[str], code: int, named: str
) -> None:
    said = demo[0].leadscore("explain", *words)
    assert said.code == code
    assert named in said.err


@pytest.mark.on_demand
def test_any_policy_and_any_lead(project: Project) -> None:
    made = strategies.world(3, policies=20, leads=30, events=500)
    world = World(project, made.raw, made.policy, {**made.config, "published_file": ""})
    lead_id = _busiest_lead(world)
    found = world.explain(lead_id, days=20)
    world.check(lead_id, found, days=20)
    # Nothing agrees for want of something to say.
    assert len(found) > 5
    assert sum(len(result["steps"]) for result in found.values()) > 5


def _busiest_lead(world: World) -> str:
    """The lead with the most criteria met."""
    rows = oracle.score(world.raw, world.policy, world.config)["scored_leads"]
    met: dict[str, int] = {}
    for row in rows:
        met[row["lead_id"]] = met.get(row["lead_id"], 0) + int(row["criteria_met"])
    return max(sorted(met), key=lambda lead: met[lead])
