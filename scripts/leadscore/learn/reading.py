"""Reads cases and what was known of them from the warehouse, added up there."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadscore.errors import ExitCode, LeadscoreError
from leadscore.learn.facts import Attribute, Facts, Measure
from leadscore.output import command
from leadscore.warehouse import Warehouse

SCORES = "backtest_scores"
# Whatever has more different values is text that nobody else has.
_TIMES = 0.95


def read_cases(warehouse: Warehouse, scorecard_id: str | None) -> tuple[Facts, np.ndarray]:
    """The cases of the back-test.

    Args:
        warehouse: an open warehouse.
        scorecard_id: whose leads, and whose scores to compare with; None for the leads of all.

    Returns:
        The cases without attributes and measures, by lead id, and the key of each lead.

    Raises:
        LeadscoreError: there is no back-test, or it has no such scorecard.
    """
    if not warehouse.has(SCORES):
        raise LeadscoreError(
            "There is no back-test to learn from.",
            where=warehouse.place,
            remedy=f"Run this first: {command('run')}   The var backtest must be true.",
            code=ExitCode.NOT_FOUND,
        )
    scores = warehouse.model(SCORES)
    leads = warehouse.model("int_facts__leads")
    rows = warehouse.rows(
        "select leads.lead_key, leads.lead_id, leads.account_id, scores.scored_at,"
        " scores.is_converted, scores.exclusion_reason, scores.scorecard_id, scores.score"
        f" from {scores} as scores inner join {leads} as leads on scores.lead_id = leads.lead_id"
    )
    if not rows:
        raise LeadscoreError(
            "The back-test has no leads.",
            where=scores,
            remedy="Leads need a created_at, or the var backtest_moment_column; outcomes are "
            f"needed too. See docs/learning.md, then run: {command('run')}",
            code=ExitCode.NOT_FOUND,
        )
    if scorecard_id is not None:
        wanted = [row for row in rows if row["scorecard_id"] == scorecard_id]
        if not wanted:
            known = sorted({row["scorecard_id"] for row in rows})
            raise LeadscoreError(
                f"The back-test has no scores of the scorecard {scorecard_id}.",
                where=scores,
                remedy=f"It knows: {', '.join(known)}. After a change of the policy run: "
                f"{command('run')}",
                code=ExitCode.NOT_FOUND,
            )
        rows = wanted
    cases = {row["lead_key"]: row for row in rows if row["exclusion_reason"] is None}
    ordered = sorted(cases.values(), key=lambda row: row["lead_id"].encode("utf-8"))
    facts = Facts(
        lead_ids=np.array([row["lead_id"] for row in ordered], dtype=object),
        groups=np.array(
            [
                f"a:{row['account_id']}" if row["account_id"] else f"l:{row['lead_id']}"
                for row in ordered
            ],
            dtype=object,
        ),
        moments=np.array([row["scored_at"] for row in ordered], dtype="datetime64[us]"),
        converted=np.array([bool(row["is_converted"]) for row in ordered], dtype=bool),
    )
    if scorecard_id is not None:
        facts.live_scores = np.array([float(row["score"]) for row in ordered])
    return facts, np.array([row["lead_key"] for row in ordered], dtype=np.int64)


def read_attributes(warehouse: Warehouse, facts: Facts, keys: np.ndarray) -> None:
    """Adds what the attributes of each case hold.

    Args:
        warehouse: an open warehouse.
        facts: the cases.
        keys: the key of each lead.
    """
    dictionary = {
        row["value_key"]: row
        for row in warehouse.rows(
            "select value_key, item_name, value, value_folded, value_number, value_date"
            f" from {warehouse.model('int_dictionary__values')} where item_kind = 'attribute'"
        )
    }
    place = {int(key): number for number, key in enumerate(keys)}
    found: dict[str, list[dict[str, Any] | None]] = {
        row["item_name"]: [None] * facts.count for row in dictionary.values() if row["item_name"]
    }
    for row in warehouse.rows(
        f"select lead_key, value_key from {warehouse.model('int_facts__lead_values')}"
    ):
        value = dictionary.get(row["value_key"])
        if value is not None and value["value"] is not None and row["lead_key"] in place:
            found[value["item_name"]][place[row["lead_key"]]] = value
    for name in sorted(found):
        values = found[name]
        known = [value for value in values if value is not None]
        if not known:
            continue
        spelling: dict[str, str] = {}
        for value in sorted(known, key=lambda value: value["value"]):
            spelling.setdefault(value["value_folded"], value["value"])
        dated = sum(value["value_date"] is not None for value in known)
        facts.attributes[name] = Attribute(
            levels=np.array(
                [None if value is None else value["value_folded"] for value in values], dtype=object
            ),
            numbers=np.array(
                [
                    np.nan
                    if value is None or value["value_number"] is None
                    else float(value["value_number"])
                    for value in values
                ]
            ),
            spelling=spelling,
            is_time=dated >= _TIMES * len(known),
        )


def read_measures(warehouse: Warehouse, facts: Facts, keys: np.ndarray) -> None:
    """Adds what is measured over the events of each case.

    Args:
        warehouse: an open warehouse.
        facts: the cases.
        keys: the key of each lead.
    """
    place = {int(key): number for number, key in enumerate(keys)}

    def put(measure: Measure, lead_key: int, value: Any, nothing: float = 0.0) -> None:
        if lead_key not in place or value is None:
            return
        if measure not in facts.measures:
            facts.measures[measure] = np.full(facts.count, nothing)
        facts.measures[measure][place[lead_key]] = float(value)

    for row in warehouse.rows(f"select * from {warehouse.model('int_learning__event_measures')}"):
        name, days, key = row["event_name"], row["window_days"], row["lead_key"]
        put(Measure(name, "count", days), key, row["event_count"])
        put(Measure(name, "distinct_days", days), key, row["day_count"])
        if days is None:
            put(Measure(name, "days_since_last"), key, row["days_since_last"], np.nan)
    for row in warehouse.rows(
        f"select * from {warehouse.model('int_learning__property_measures')}"
    ):
        name, days, key = row["event_name"], row["window_days"], row["lead_key"]
        field = row["property_name"]
        put(Measure(name, "distinct_values", days, measure_field=field), key, row["value_count"])
        put(Measure(name, "sum", days, measure_field=field), key, row["number_sum"], np.nan)
        if row["number_sum"] is not None:
            positive = Measure(name, "count", days, field, "between", "0.000001..")
            put(positive, key, row["positive_count"])
    for row in warehouse.rows(f"select * from {warehouse.model('int_learning__value_counts')}"):
        if "|" in row["value"] or not row["value"].isprintable():
            continue
        test = (row["property_name"], "equals", row["value"])
        put(
            Measure(row["event_name"], "count", row["window_days"], *test),
            row["lead_key"],
            row["event_count"],
        )
