"""The demo and the default policy: what the documentation promises of them.

The independent scorer judges them here, without dbt, so that a slip of the pen in a CSV shows in
seconds; that the dbt result is the same is another test's work.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import oracle
import pytest
import yaml
from comparison import read_csv
from leadscore import demo_data
from oracle.policy import FILES

PROJECT = Path(__file__).resolve().parents[2]
SEEDS = PROJECT / "seeds" / "demo"
REASONS = {
    "leads": {"missing_id", "duplicate_id", "merged"},
    "events": {
        "missing_id",
        "missing_name",
        "missing_time",
        "unreadable_time",
        "missing_lead",
        "future_time",
        "duplicate_id",
        "unidentified",
        "unknown_lead",
    },
    "outcomes": {
        "missing_lead",
        "missing_name",
        "missing_time",
        "unreadable_time",
        "unknown_lead",
    },
    "identities": {
        "missing_id",
        "missing_lead",
        "missing_time",
        "unreadable_time",
        "circular_merge",
        "unknown_lead",
    },
}


@pytest.fixture(scope="module")
def scored() -> dict[str, list[dict[str, str]]]:
    declared = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings = declared["vars"]["leadscore"]
    raw = {name: read_csv(SEEDS / f"demo_{name}.csv") for name in REASONS}
    policy = {name: read_csv(PROJECT / "seeds" / "scoring" / f"{name}.csv") for name in FILES}
    tables = oracle.score(raw, policy, {**settings, "as_of": settings["demo_as_of"]})
    assert not tables["policy_errors"]
    return tables


def test_the_seeds_are_what_the_generator_writes(tmp_path: Path) -> None:
    counts = demo_data.write_demo(tmp_path)
    for name in counts:
        assert (tmp_path / f"{name}.csv").read_bytes() == (SEEDS / f"{name}.csv").read_bytes(), (
            f"{name}.csv differs from what leadscore/demo_data.py writes: run it, or undo the edit"
        )


def test_the_demo_is_scored_at_the_end_of_its_year() -> None:
    declared = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    moment = declared["vars"]["leadscore"]["demo_as_of"]
    assert moment == demo_data.LAST_MOMENT.strftime("%Y-%m-%d")


def test_the_demo_is_of_the_promised_size() -> None:
    leads = read_csv(SEEDS / "demo_leads.csv")
    assert len(leads) == 613
    assert len({row["account_id"] for row in leads if row["account_id"]}) > 150
    assert 11_500 < len(read_csv(SEEDS / "demo_events.csv")) < 12_500
    assert sum(path.stat().st_size for path in SEEDS.glob("*.csv")) < 2_000_000


@pytest.mark.parametrize("source", REASONS)
def test_every_reason_to_refuse_a_row_occurs(
    scored: dict[str, list[dict[str, str]]], source: str
) -> None:
    found = {row["reason"] for row in scored["rejected_rows"] if row["source_name"] == source}
    assert found == REASONS[source]


@pytest.mark.parametrize(
    ("scorecard_id", "lead_id", "status", "score", "ledger"),
    [
        (
            "b2b",
            "example-b2b-53",
            "scored",
            "53",
            {
                "Executive": "10",
                "100 to 500 employees": "8",
                "Visited pricing page": "15",
                "Started free trial": "20",
            },
        ),
        (
            "techplus",
            "example-techplus-55",
            "scored",
            "55",
            {
                "IT Manager": "10",
                "50 to 200 employees": "15",
                "Downloaded case study": "10",
                "Requested demo": "20",
            },
        ),
        (
            "techplus",
            "example-techplus-80",
            "scored",
            "80",
            {
                "IT Manager": "10",
                "50 to 200 employees": "15",
                "Downloaded case study": "10",
                "Requested demo": "20",
                "Visited pricing page 3 times": "25",
            },
        ),
        (
            "techplus",
            "example-techplus-70",
            "scored",
            "70",
            {
                "IT Manager": "10",
                "50 to 200 employees": "15",
                "Downloaded case study": "10",
                "Requested demo": "20",
                "Visited pricing page 3 times": "25",
                "Unsubscribed": "-10",
            },
        ),
        (
            "b2b",
            "example-one-time-visitor",
            "scored",
            "1",
            {"Target industry": "6", "One-time visitor": "-5"},
        ),
    ],
)
def test_the_examples_have_the_known_points_and_no_others(
    scored: dict[str, list[dict[str, str]]],
    scorecard_id: str,
    lead_id: str,
    status: str,
    score: str,
    ledger: dict[str, str],
) -> None:
    lead = _of(scored["scored_leads"], scorecard_id, lead_id)[0]
    assert (lead["score_status"], lead["score"]) == (status, score)
    rows = _of(scored["contributions"], scorecard_id, lead_id)
    assert {row["entry_type"] for row in rows} == {"criterion"}
    assert {row["name"]: row["points"] for row in rows} == ledger


def test_the_other_examples_show_their_rule(scored: dict[str, list[dict[str, str]]]) -> None:
    def lead(lead_id: str) -> dict[str, str]:
        return _of(scored["scored_leads"], "b2b", lead_id)[0]

    assert lead("example-competitor")["score_status"] == "disqualified"
    assert lead("example-competitor")["disqualified_by"] == "Competitor"
    assert lead("example-competitor")["score"] == "0"
    assert lead("example-insufficient-data")["score_status"] == "insufficient_data"
    assert lead("example-unsubscribed")["top_drags"] == "Unsubscribed (-15)"
    assert lead("example-converted")["latest_outcome"] == "Won"
    assert lead("example-converted")["score_rank"] == ""
    assert "Visited pricing page (+15)" in lead("example-identified-later")["top_reasons"]
    # Merged over two steps, and an id before them that is in no table: all of their events count.
    assert lead("example-merged")["first_event_at"] == "2025-06-01 10:00:00"
    for merged in ("example-merged-first", "example-merged-second", "example-merged-legacy"):
        assert not _of(scored["scored_leads"], "b2b", merged)


def test_the_ledger_adds_up(scored: dict[str, list[dict[str, str]]]) -> None:
    for leads, ledger in (
        ("scored_leads", "contributions"),
        ("scored_leads_draft", "contributions_draft"),
    ):
        sums: Counter[tuple[str, str]] = Counter()
        for row in scored[ledger]:
            sums[row["scorecard_id"], row["lead_id"]] += Decimal(row["points"])
        assert scored[leads]
        for lead in scored[leads]:
            assert sums[lead["scorecard_id"], lead["lead_id"]] == Decimal(lead["score"])


def test_every_criterion_and_band_of_the_default_policy_occurs(
    scored: dict[str, list[dict[str, str]]],
) -> None:
    met = {row["criterion_id"] for row in scored["contributions"] + scored["contributions_draft"]}
    criteria = read_csv(PROJECT / "seeds" / "scoring" / "criteria.csv")
    conditions = {row["criterion_id"] for row in criteria if row["is_active"] == "false"}
    assert {row["criterion_id"] for row in criteria} - met == conditions
    found = {
        (row["scorecard_id"], row["band"])
        for row in scored["scored_leads"] + scored["scored_leads_draft"]
    }
    bands = read_csv(PROJECT / "seeds" / "scoring" / "bands.csv")
    assert found >= {(row["scorecard_id"], row["band"]) for row in bands if row["scope"] == "total"}


def _of(rows: list[dict[str, str]], scorecard_id: str, lead_id: str) -> list[dict[str, str]]:
    return [row for row in rows if (row["scorecard_id"], row["lead_id"]) == (scorecard_id, lead_id)]
