"""The statistics of the back-test against the same in plain Python, lead by lead.

One run judges many scorecards: some whose scores mean something, some with shuffled ones, some all
tied, of one class, tiny or empty. LEADSCORE_TEST_SEED repeats a failure.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import oracle
import pytest
import statistics_oracle as plain
import strategies
from harness import Project, failures
from oracle.policy import COLUMNS
from statistics_oracle import Lead, rounded, wilson

SEED = int(os.environ.get("LEADSCORE_TEST_SEED") or 20260302)
SHARE = "0.25"
AS_OF = datetime(2026, 3, 1)
# What a bound may differ by: the SQL rounds the values without a group to 9 decimals.
HAIR = Decimal("0.000001")
STATISTICS = ("auc", "ks", "lift_10", "lift_20", "brier")
Row = dict[str, Any]


def _world() -> tuple[dict[str, oracle.Table], dict[str, oracle.Table]]:
    """Return raw tables and scorecards of every kind that statistics may meet."""
    draw = Random(SEED)
    leads, outcomes = [], []
    for number in range(700):
        marks = [draw.random() < chance for chance in (0.5, 0.3, 0.2, 0.1, 0.4, 0.02)]
        # What only chance decides, for a score without any meaning.
        dice = draw.randint(0, 9)
        # The third mark repeats the second: their evidence overlaps.
        if draw.random() < 0.7:
            marks[2] = marks[1]
        chance = 0.05 + 0.25 * marks[0] + 0.2 * marks[1] + 0.25 * marks[3] - 0.04 * marks[4]
        segment = "never" if number % 23 == 0 else "always" if number % 23 == 1 else "usual"
        created = AS_OF - timedelta(days=draw.randint(20, 400), seconds=draw.randint(0, 80000))
        leads.append(
            {
                "lead_id": f"L{number}",
                "created_at": created.isoformat(" ") if draw.random() < 0.97 else "",
                "segment": segment,
                "part": "tiny" if number < 9 else "rest",
                "dice": str(dice),
                **{f"mark_{place}": "yes" if mark else "no" for place, mark in enumerate(marks)},
            }
        )
        if segment == "always" or (segment == "usual" and draw.random() < max(chance, 0.01)):
            after = -5 if segment == "usual" and draw.random() < 0.05 else draw.randint(15, 100)
            outcomes.append(
                {
                    "lead_id": f"L{number}",
                    "outcome": "won",
                    "occurred_at": (created + timedelta(days=after)).isoformat(" "),
                    "amount": str(draw.randint(1, 900)) if draw.random() < 0.7 else "",
                }
            )
    raw = {
        "leads": oracle.Table(leads),
        "outcomes": oracle.Table(outcomes),
        "events": oracle.Table([], ["event_id", "event_name", "occurred_at", "lead_id"]),
    }
    files: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    points = {"mark_0": 10, "mark_1": "7.5", "mark_2": 4, "mark_3": -6, "mark_4": 3, "mark_5": 9}
    cards = {
        "good": ("live", points, ("", "")),
        "other": ("draft", {name: draw.randint(-9, 9) for name in points}, ("", "")),
        # About what the odds are.
        "fair": ("live", {"mark_0": 10, "mark_1": 8, "mark_3": 9}, ("", "")),
        "noise": ("live", {"dice": 1}, ("", "")),
        "tied": ("live", {}, ("", "")),
        "never": ("live", points, ("segment", "never")),
        "always": ("live", points, ("segment", "always")),
        "tiny": ("draft", points, ("part", "tiny")),
        "empty": ("live", points, ("segment", "nobody")),
    }
    for card, (status, given, (field, value)) in cards.items():
        files["scorecards"].append(
            {"scorecard_id": card, "status": status, "audience_field": field}
            | ({"audience_operator": "equals", "audience_value": value} if field else {})
        )
        for name, worth in given.items():
            tests = [("is_true", "", worth)]
            if name == "dice":
                # A shuffled score: each throw has points of its own.
                tests = [("equals", str(throw), throw * 3) for throw in range(1, 10)]
            for operator, wanted, gives in tests:
                files["criteria"].append(
                    {
                        "criterion_id": f"{card}_{name}{wanted}",
                        "scorecard_id": card,
                        "dimension": "fit",
                        "name": name,
                        "signal": "attribute",
                        "field": name,
                        "operator": operator,
                        "value": wanted,
                        "points": str(gives),
                    }
                )
        files["criteria"].append(
            {
                "criterion_id": f"{card}_refused",
                "scorecard_id": card,
                "dimension": "fit",
                "name": "refused",
                "signal": "attribute",
                "field": "part",
                "operator": "equals",
                "value": "tiny",
                "effect": "disqualify",
            }
        )
        for scope, bands in (
            ("total", {"hot": "15", "warm": "8", "cold": ""}),
            ("fit", {"A": "10", "B": ""}),
        ):
            for band, least in bands.items():
                row = {"scorecard_id": card, "scope": scope, "band": band, "min_points": least}
                files["bands"].append(row)
    tables = {
        name: oracle.Table(
            [{column: row.get(column, "") for column in columns} for row in files[name]], columns
        )
        for name, columns in COLUMNS.items()
    }
    return raw, tables


CONFIG = {
    "as_of": AS_OF.isoformat(" "),
    "lead_attributes": ["segment", "part", "dice", *(f"mark_{place}" for place in range(6))],
    "event_properties": {},
    "has_identities": False,
    "exploration_share": SHARE,
}


class Result:
    """What a run has published, and the leads that its statistics are about.

    Args:
        project: it has run.
    """

    def __init__(self, project: Project, share: str = "0") -> None:
        with project.warehouse() as warehouse:

            def read(name: str) -> list[Row]:
                return warehouse.rows(f"select * from {warehouse.model(name)}")

            self.backtest = read("backtest_scores")
            self.scorecards = read("int_policy__scorecards")
            self.criteria = read("int_policy__criteria")
            self.bands = read("int_policy__bands")
            self.scored = read("scored_leads") + read("scored_leads_draft")
            ledger = read("lead_score_contributions") + read("lead_score_contributions_draft")
            ids = {row["lead_key"]: row["lead_id"] for row in read("int_facts__leads")}
            self.converted = {
                ids[row["lead_key"]] for row in read("int_scoring__results") if row["is_converted"]
            }
            self.entries: dict[int, dict[str, Decimal]] = defaultdict(dict)
            for row in read("int_backtest__entries"):
                self.entries[row["criterion_key"]][ids[row["lead_key"]]] = row["points"]
            self.marts = {
                name: read(name)
                for name in (
                    "score_performance", "score_gains", "band_performance",
                    "criterion_performance", "score_drift",
                )
            }  # fmt: skip
        self.live_hits: dict[str, set[str]] = defaultdict(set)
        for row in ledger:
            if row["entry_type"] == "criterion":
                self.live_hits[row["criterion_id"]].add(row["lead_id"])
        self.rows: dict[str, list[Row]] = defaultdict(list)
        for row in self.backtest:
            self.rows[row["scorecard_id"]].append(row)
        self.share = Fraction(share)

    def cards(self) -> Iterator[tuple[Row, list[Row], list[Lead]]]:
        """Return each scorecard with the rows that count, and as leads."""
        for card in self.scorecards:
            rows = [row for row in self.rows[card["scorecard_id"]] if not row["exclusion_reason"]]
            yield card, rows, [self.lead(row) for row in rows]

    def mart(self, name: str, scorecard_id: str) -> list[Row]:
        """Return the rows of a scorecard in a mart."""
        return [row for row in self.marts[name] if row["scorecard_id"] == scorecard_id]

    @staticmethod
    def lead(row: Mapping[str, Any]) -> Lead:
        """Return a row as a lead."""
        return Lead(row["lead_id"], row["score"], row["is_converted"])

    def weighted(self, row: Mapping[str, Any], lowest: str | None) -> Lead:
        """Return a row as a lead that counts one over its chance of being worked."""
        weight = self.share
        if row["score_status"] == "disqualified":
            weight = Fraction(0)
        elif lowest is not None and row["band"] == lowest:
            weight = Fraction(self.is_marked(row["scorecard_id"], row["lead_id"]))
        weight *= self.share.denominator
        return Lead(row["lead_id"], row["score"], row["is_converted"], int(weight))

    def is_marked(self, scorecard_id: str, lead_id: str) -> bool:
        """Whether the lead is one of those that are explored."""
        marked = plain.hash_number("exploration", scorecard_id, lead_id) % 10000
        return marked < self.share * 10000

    def lowest_band(self, card: Mapping[str, Any]) -> str | None:
        """Return the lowest total band of a scorecard."""
        bands = [
            row
            for row in self.bands
            if row["scorecard_key"] == card["scorecard_key"] and row["scope"] == "total"
        ]
        bands.sort(key=lambda row: (row["min_points"] is not None, row["min_points"] or 0))
        return bands[0]["band"] if bands else None


def check(result: Result) -> list[str]:
    """Compare all marts with plain Python; returns a line per figure that differs."""
    said: list[str] = []

    def same(what: str, got: Any, wanted: Any, most: Decimal | float = 0) -> None:
        if isinstance(wanted, Fraction):
            wanted = rounded(wanted)
        if got is None or wanted is None:
            is_same = got is None and wanted is None
        elif isinstance(wanted, float):
            is_same = abs(float(got) - wanted) <= float(most)
        else:
            is_same = abs(got - wanted) <= most if most else got == wanted
        if not is_same:
            said.append(f"{what}: {got!r} instead of {wanted!r}")

    for card, rows, leads in result.cards():
        name = card["scorecard_id"]
        _check_performance(same, result, card, rows, leads)
        _check_gains(same, result.mart("score_gains", name), name, leads)
        _check_bands(same, result, card, rows)
        _check_criteria(same, result, card, leads)
        _check_probabilities(same, result, card, leads)
        _check_drift(same, result, card, rows)
    return said


def _check_performance(same, result: Result, card: Row, rows: list[Row], leads: list[Lead]) -> None:
    name = card["scorecard_id"]
    (got,) = result.mart("score_performance", name)
    every = result.rows[name]
    reasons = [row["exclusion_reason"] for row in every]
    scored = {row["lead_id"] for row in result.scored if row["scorecard_id"] == name}
    # An audience may ask for days from now, so that a lead was in it and is no more.
    without = scored - {row["lead_id"] for row in every}
    converted = sum(lead.converted for lead in leads)
    same(f"{name} leads_scored", got["leads_scored"], len(every))
    same(f"{name} without moment", got["leads_without_moment"], len(without))
    for reason in ("converted_before", "window_open"):
        same(f"{name} {reason}", got[f"leads_{reason}"], reasons.count(reason))
    same(f"{name} leads", got["leads"], len(leads))
    same(f"{name} conversions", got["conversions"], converted)
    _check_rate(same, name, got, "conversion_rate", converted, len(leads))
    for statistic in STATISTICS:
        found = plain.brier(leads) if statistic == "brier" else plain.ranking(statistic, leads)
        _check_statistic(same, name, got, statistic, found)
    lowest = result.lowest_band(card)
    weighted = [result.weighted(row, lowest) for row in rows] if result.share else []
    for statistic in ("auc", "lift_20"):
        found = plain.ranking(statistic, weighted)
        _check_statistic(same, name, got, f"{statistic}_weighted", found)


def _check_statistic(same, card: str, got: Row, name: str, wanted: tuple) -> None:
    value, low, high = wanted
    same(f"{card} {name}", got[name], value)
    same(f"{card} {name}_low", got[f"{name}_low"], rounded(low), HAIR)
    same(f"{card} {name}_high", got[f"{name}_high"], rounded(high), HAIR)


def _check_rate(same, what: str, got: Row, name: str, conversions: int, leads: int) -> None:
    low, high = wilson(conversions, leads) or (None, None)
    same(f"{what} {name}", got[name], Fraction(conversions, leads) if leads else None)
    same(f"{what} {name}_low", got[f"{name}_low"], low)
    same(f"{what} {name}_high", got[f"{name}_high"], high)


def _check_gains(same, got: list[Row], name: str, leads: list[Lead]) -> None:
    same(f"{name} deciles", len(got), 10 if leads else 0)
    converted = sum(lead.converted for lead in leads)
    scores = sorted((lead.score for lead in leads), reverse=True)
    for row in sorted(got, key=lambda row: row["decile"]):
        decile = row["decile"]
        label = f"{name} decile {decile}"
        above = plain.conversions_above(leads, Fraction(decile, 10))
        before = plain.conversions_above(leads, Fraction(decile - 1, 10))
        same(f"{label} leads", row["leads"], Fraction(len(leads), 10))
        same(f"{label} conversions", row["conversions"], rounded(above - before), HAIR)
        rate = (above - before) * 10 / len(leads)
        # It is made of the conversions as published.
        most = HAIR + 10 * HAIR / len(leads)
        same(f"{label} rate", row["conversion_rate"], rounded(rate), most)
        same(f"{label} cumulative", row["cumulative_conversions"], above)
        same(
            f"{label} cumulative leads", row["cumulative_leads"], Fraction(len(leads) * decile, 10)
        )
        share = above / converted if converted else None
        same(f"{label} share", row["cumulative_conversion_share"], share)
        lift = plain.lift(leads, Fraction(decile, 10))
        same(f"{label} cumulative lift", row["cumulative_lift"], lift)
        lift = rate / Fraction(converted, len(leads)) if converted else None
        same(f"{label} lift", row["lift"], rounded(lift), HAIR * (1 + 10 * len(leads)))
        # The leads at the borders, by their places in the order.
        first = Fraction(len(leads) * (decile - 1), 10)
        last = Fraction(len(leads) * decile, 10)
        same(f"{label} highest", row["highest_score"], scores[int(first)])
        same(
            f"{label} lowest",
            row["lowest_score"],
            scores[-(-last.numerator // last.denominator) - 1],
        )


def _check_bands(same, result: Result, card: Row, rows: list[Row]) -> None:
    name = card["scorecard_id"]
    got = {(row["scope"], row["band"]): row for row in result.mart("band_performance", name)}
    expected = set()
    converted = sum(row["is_converted"] for row in rows)
    for scope, column in (
        ("total", "band"),
        ("fit", "fit_band"),
        ("engagement", "engagement_band"),
    ):
        inside = defaultdict(list)
        for row in rows:
            inside[row[column]].append(row)
        order = sorted(
            (
                band
                for band in result.bands
                if band["scorecard_key"] == card["scorecard_key"] and band["scope"] == scope
            ),
            key=lambda band: (band["min_points"] is None, -(band["min_points"] or 0)),
        )
        names = [band["band"] for band in order]
        expected |= {(scope, band) for band in (*names, *inside)}
        rates = {
            band: Fraction(sum(row["is_converted"] for row in found), len(found))
            for band, found in inside.items()
        }
        for band in {*names, *inside}:
            row = got.get((scope, band))
            if row is None:
                continue
            label = f"{name} {scope} {band}"
            found = inside.get(band, [])
            hits = sum(row["is_converted"] for row in found)
            amounts = [row["amount"] for row in found if row["amount"] is not None]
            place = names.index(band) + 1 if band in names else None
            same(f"{label} order", row["band_order"], place)
            same(f"{label} leads", row["leads"], len(found))
            same(f"{label} conversions", row["conversions"], hits)
            _check_rate(same, label, row, "conversion_rate", hits, len(found))
            lift = None
            if found and converted:
                lift = Fraction(hits * len(rows), len(found) * converted)
            same(f"{label} lift", row["lift"], lift)
            revenue = Fraction(sum(amounts)) if amounts else None
            same(f"{label} revenue", row["revenue"], revenue)
            per_lead = revenue / len(found) if revenue is not None else None
            same(f"{label} revenue per lead", row["revenue_per_lead"], per_lead)
            in_order = None
            if place and found:
                lower = [rates[other] for other in names[place:] if other in rates]
                in_order = all(rates[band] >= rate for rate in lower)
            same(f"{label} in order", row["is_in_order"], in_order)
    same(f"{name} bands", set(got), expected)


def _check_criteria(same, result: Result, card: Row, leads: list[Lead]) -> None:
    name = card["scorecard_id"]
    got = {row["criterion_id"]: row for row in result.mart("criterion_performance", name)}
    criteria = [
        row
        for row in result.criteria
        if row["scorecard_key"] == card["scorecard_key"] and row["is_active"]
    ]
    same(f"{name} criteria", set(got), {row["criterion_id"] for row in criteria})
    converted = sum(lead.converted for lead in leads)
    found, counts = {}, {}
    for criterion in criteria:
        hits = result.entries[criterion["criterion_key"]]
        met = [lead for lead in leads if lead.lead_id in hits]
        good = sum(lead.converted for lead in met)
        counts[criterion["criterion_id"]] = met, good
        if met and len(met) < len(leads) and 0 < converted < len(leads):
            rest = len(leads) - len(met) - converted + good
            found[criterion["criterion_key"]] = plain.evidence(
                (good, len(met) - good), (converted - good, rest)
            )
    scale = plain.points_per_log_odds(leads)
    if scale is not None and found:
        sums = [
            (
                sum(
                    one.shrunk for key, one in found.items() if lead.lead_id in result.entries[key]
                ),
                lead.converted,
            )
            for lead in leads
        ]
        scale *= plain.overlap(sums)
    for criterion in criteria:
        row = got.get(criterion["criterion_id"])
        if row is None:
            continue
        label = criterion["criterion_id"]
        met, good = counts[label]
        others, rest = len(leads) - len(met), converted - good
        same(f"{label} met", (row["leads_met"], row["leads_not_met"]), (len(met), others))
        numbers = row["conversions_met"], row["conversions_not_met"]
        same(f"{label} conversions", numbers, (good, rest))
        same(f"{label} rate", row["rate_met"], Fraction(good, len(met)) if met else None)
        same(f"{label} other rate", row["rate_not_met"], Fraction(rest, others) if others else None)
        lift = low = high = None
        if met and converted:
            rate = Fraction(converted, len(leads))
            lift = Fraction(good, len(met)) / rate
            low, high = (Fraction(rounded(bound)) / rate for bound in wilson(good, len(met)))
        same(f"{label} lift", row["lift"], lift)
        same(f"{label} lift_low", row["lift_low"], low)
        same(f"{label} lift_high", row["lift_high"], high)
        one = found.get(criterion["criterion_key"])
        for column, wanted in (
            ("weight_of_evidence_met", one and one.met),
            ("weight_of_evidence_not_met", one and one.not_met),
            ("information_value", one and one.information),
        ):
            same(f"{label} {column}", row[column], wanted, 1.1e-6)
        disqualifies = criterion["effect"] == "disqualify"
        hits = result.entries[criterion["criterion_key"]]
        average = None
        if met and not disqualifies:
            average = rounded(Fraction(sum(hits[lead.lead_id] for lead in met)) / len(met), 2)
        same(f"{label} average", row["average_points"], average)
        now = None if disqualifies else criterion["points"]
        same(f"{label} now", row["points_now"], now)
        usable = one is not None and scale is not None and not disqualifies
        for column, odds, least in (
            ("points_supported", one and one.shrunk, 0.5),
            ("points_supported_low", one and one.ratio - 1.96 * one.error, 0.005),
            ("points_supported_high", one and one.ratio + 1.96 * one.error, 0.005),
        ):
            wanted = odds * scale if usable else None
            # The SQL counts odds and scores of the line in whole parts.
            most = least + 0.01 + 0.003 * abs(wanted or 0)
            same(f"{label} {column}", row[column], wanted, most)
        smallest = min(len(met), others) * min(converted, len(leads) - converted)
        grade = "D"
        if leads:
            expected = Fraction(smallest, len(leads))
            grade = (
                "A" if expected >= 50 else "B" if expected >= 20 else "C" if expected >= 5 else "D"
            )
        same(f"{label} grade", row["evidence_grade"], grade)
        same(f"{label} finding", row["finding"], _finding(row, grade, one, disqualifies))


def _finding(row: Row, grade: str, one: plain.Evidence | None, disqualifies: bool) -> str:
    if not row["leads_met"]:
        return "never_met"
    if grade == "D" or one is None:
        return "not_enough_evidence"
    worse = one.ratio + 1.96 * one.error < 0
    better = one.ratio - 1.96 * one.error > 0
    if disqualifies:
        return "supports" if worse else "wrong_sign" if better else "not_enough_evidence"
    if row["points_supported"] is None:
        return "not_enough_evidence"
    average, supported = row["average_points"], row["points_supported"]
    if (average > 0 and worse) or (average < 0 and better):
        return "wrong_sign"
    far = abs(average - supported) * 4 > max(abs(average), abs(supported))
    if far and average > row["points_supported_high"]:
        return "too_high"
    if far and average < row["points_supported_low"]:
        return "too_low"
    if average and not worse and not better:
        return "not_enough_evidence"
    return "supports"


def _check_probabilities(same, result: Result, card: Row, leads: list[Lead]) -> None:
    name = card["scorecard_id"]
    steps = plain.calibration(leads)
    lowest = result.lowest_band(card)
    for row in result.scored:
        if row["scorecard_id"] != name:
            continue
        label = f"{name} {row['lead_id']}"
        step = plain.step_of(steps, row["score"])
        has_converted = row["lead_id"] in result.converted
        if row["score_status"] != "scored" or has_converted or step is None or step.is_thin:
            wanted: tuple = (None, None, None)
        else:
            wanted = Fraction(step.conversions, step.leads), step.low, step.high
        for column, value in zip(("", "_low", "_high"), wanted, strict=True):
            same(f"{label} p{column}", row[f"conversion_probability{column}"], value)
        explored = (
            result.share > 0
            and row["score_status"] != "disqualified"
            and not has_converted
            and row["band"] is not None
            and row["band"] == lowest
            and result.is_marked(name, row["lead_id"])
        )
        same(f"{label} explored", row["is_exploration"], explored)


def _check_drift(same, result: Result, card: Row, rows: list[Row]) -> None:
    name = card["scorecard_id"]
    got = {
        (row["population"], row["criterion_id"]): row for row in result.mart("score_drift", name)
    }
    live = {
        row["lead_id"]: row["score"]
        for row in result.scored
        if row["scorecard_id"] == name and row["lead_id"] not in result.converted
    }
    recent = {
        row["lead_id"]: row["score"]
        for row in result.rows[name]
        if row["exclusion_reason"] == "window_open"
    }
    before = {row["lead_id"]: row["score"] for row in rows}
    tenths = {
        score: 10 - 10 * sum(other > score for other in before.values()) // len(before)
        for score in before.values()
    }

    def cells(scores: dict[str, Decimal]) -> list[int]:
        counts = dict.fromkeys(sorted(set(tenths.values())), 0)
        for score in scores.values():
            at_or_below = [other for other in tenths if other <= score]
            counts[tenths[max(at_or_below)] if at_or_below else min(counts)] += 1
        return list(counts.values())

    for population, after in (("live", live), ("recent", recent)):
        row = got.get((population, None))
        if before:
            same(f"{name} {population} leads", row["compared_leads"], len(after))
            index = plain.stability(cells(before), cells(after)) if after else None
            _check_index(same, f"{name} {population}", row, index, len(cells(before)))
        else:
            same(f"{name} {population} score", row, None)
        for criterion in result.criteria:
            if criterion["scorecard_key"] != card["scorecard_key"] or not criterion["is_active"]:
                continue
            row = got[population, criterion["criterion_id"]]
            hits = result.entries[criterion["criterion_key"]]
            now = result.live_hits[criterion["criterion_id"]] if population == "live" else hits
            met, met_now = len(before.keys() & hits), len(after.keys() & now)
            index = None
            if before and after:
                index = plain.stability([met, len(before) - met], [met_now, len(after) - met_now])
            label = f"{population} {criterion['criterion_id']}"
            _check_index(same, label, row, index, 2)
            share = Fraction(met_now, len(after)) if after else None
            same(f"{label} share", row["compared_average"], share)


def _check_index(same, label: str, row: Row, index: float | None, cells: int) -> None:
    same(f"{label} index", row["population_stability_index"], index, 2e-6)
    verdict = "shifted"
    if min(row["backtest_leads"], row["compared_leads"]) < 30 * cells:
        verdict = "not_enough_leads"
    elif row["population_stability_index"] < Decimal("0.1"):
        verdict = "stable"
    elif row["population_stability_index"] < Decimal("0.25"):
        verdict = "watch"
    same(f"{label} verdict", row["verdict"], verdict)


@pytest.fixture(scope="module")
def result(project: Project) -> Result:
    """Return what a run of all kinds of scorecards has published."""
    raw, policy = _world()
    project.load_raw(raw)
    project.write_policy(policy)
    invocation = project.run(CONFIG, full_refresh=True)
    assert invocation.ok, failures(invocation)
    return Result(project, SHARE)


def test_every_figure_is_the_same_in_plain_python(result: Result) -> None:
    said = check(result)
    assert not said, "\n".join(said[:40])


def test_the_kinds_of_scorecards_are_what_they_are_called(result: Result) -> None:
    found = {row["scorecard_id"]: row for row in result.marts["score_performance"]}
    good = found["good"]
    assert good["leads"] > 300
    assert good["leads_converted_before"]
    assert good["leads_window_open"]
    assert good["leads_without_moment"]
    assert good["auc_low"] > Decimal("0.5")
    assert good["lift_10_low"] > 1
    assert good["auc_weighted"] not in (None, good["auc"])
    # A score that means nothing is seen to mean nothing.
    assert found["noise"]["auc_low"] < Decimal("0.5") < found["noise"]["auc_high"]
    tied = found["tied"]
    assert (tied["auc"], tied["ks"], tied["lift_10"]) == (Decimal("0.5"), 0, 1)
    never, always = found["never"], found["always"]
    assert never["leads"]
    assert not never["conversions"]
    assert always["leads"]
    assert always["leads"] == always["conversions"]
    for name in ("auc", "ks", "brier"):
        assert never[name] is None
        assert always[name] is None
    assert never["lift_10"] is None
    assert always["lift_10"] == 1
    assert 0 < found["tiny"]["leads"] < 10
    assert found["tiny"]["auc_low"] is None
    empty = found["empty"]
    assert empty["leads"] == 0
    assert {empty[name] for name in ("conversion_rate", "conversion_rate_low", *STATISTICS)} == {
        None
    }
    # No comparison held for want of figures.
    probabilities = {row["conversion_probability"] for row in result.scored}
    assert len(probabilities) > 5
    findings = {row["finding"] for row in result.marts["criterion_performance"]}
    assert findings >= {"supports", "wrong_sign", "not_enough_evidence", "never_met"}
    assert {row["is_exploration"] for row in result.scored} == {True, False}


def test_random_policies_are_measured_the_same(project: Project) -> None:
    world = strategies.world(SEED, policies=25, leads=150, events=700)
    project.load_raw(world.raw)
    project.write_policy(world.policy)
    config = world.config | {"backtest_days": 0, "backtest_window_days": 30}
    invocation = project.run(config, full_refresh=True)
    assert invocation.ok, failures(invocation)
    found = Result(project)
    said = check(found)
    assert not said, "\n".join(said[:40])
    figures = found.marts["score_performance"]
    assert sum(row["auc"] is not None for row in figures) > 5
    assert all(row["auc_weighted"] is None for row in figures)


@pytest.mark.parametrize("share", ["-0.1", "1.5", "half", "0.00001", ""])
def test_a_share_that_is_none_stops_the_run(project: Project, share: str) -> None:
    invocation = project.run({"exploration_share": share}, select="int_performance__leads")
    assert not invocation.ok
    assert "exploration_share" in failures(invocation)
