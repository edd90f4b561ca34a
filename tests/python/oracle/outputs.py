"""The marts as tables of text, spelled as the golden cases spell them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from .cells import MICROS_PER_DAY, round_divide, spell_decimal, spell_time
from .evaluation import Entry, Moment, Result, band_of, evaluate
from .policy import Scorecard

SCORED_LEADS = [
    "scorecard_id",
    "lead_id",
    "account_id",
    "score_status",
    "score",
    "fit_score",
    "engagement_score",
    "band",
    "fit_band",
    "engagement_band",
    "grade",
    "score_rank",
    "score_percentile",
    "score_change",
    "recommended_action",
    "action_sla_hours",
    "action_team",
    "top_reasons",
    "top_drags",
    "disqualified_by",
    "criteria_met",
    "data_coverage",
    "first_event_at",
    "last_event_at",
    "latest_outcome",
]
CONTRIBUTIONS = [
    "scorecard_id",
    "lead_id",
    "entry_type",
    "criterion_id",
    "group_id",
    "dimension",
    "name",
    "points",
    "measure_value",
    "matched_value",
    "evidence_count",
    "first_evidence_at",
    "last_evidence_at",
]
SCORED_ACCOUNTS = [
    "scorecard_id",
    "account_id",
    "account_score",
    "lead_count",
    "engaged_lead_count",
    "top_lead_id",
    "band",
]
REJECTED_ROWS = ["source_name", "row_id", "reason"]
POLICY_ERRORS = ["file", "row_id", "column_name"]

_ENGAGED_DAYS = 30

Rows = list[dict[str, str]]


def scorecard_tables(scorecard: Scorecard, now: Moment, earlier: Moment) -> tuple[Rows, Rows, Rows]:
    """Return the rows of leads, contributions and accounts of one scorecard.

    Arguments: the scorecard, the scoring moment and the moment that `score_change` compares with.
    """
    results = evaluate(scorecard, now)
    before = {result.lead_id: result.score for result in evaluate(scorecard, earlier)}
    ranks = _ranks(results, now)
    leads = [
        _lead_row(scorecard, result, now, before.get(result.lead_id), ranks) for result in results
    ]
    ledger = [
        _ledger_row(scorecard, result, entry) for result in results for entry in result.ledger
    ]
    return leads, ledger, _account_rows(scorecard, results, now)


def _best_first(result: Result, moment: Moment) -> tuple:
    last = moment.last_event_at.get(result.lead_id)
    return (-result.score, last is None, -(last or 0), result.lead_id)


def _ranks(results: Sequence[Result], moment: Moment) -> dict[str, tuple[int, int]]:
    """Return rank and percentile (in hundredths) of the leads that have one."""
    ranked = [
        result
        for result in results
        if result.status == "scored" and result.lead_id not in moment.converted
    ]
    ranked.sort(key=lambda result: _best_first(result, moment))
    lower_scores: dict[int, int] = {}
    for place, result in enumerate(reversed(ranked)):
        lower_scores.setdefault(result.score, place)
    others = len(ranked) - 1
    return {
        result.lead_id: (
            place,
            round_divide(lower_scores[result.score] * 10_000, others) if others else 10_000,
        )
        for place, result in enumerate(ranked, start=1)
    }


def _reasons(entries: Sequence[Entry]) -> str:
    return "; ".join(
        f"{entry.criterion.name} ({'+' * (entry.points > 0)}{spell_decimal(entry.points, 2)})"
        for entry in entries
    )


def _lead_row(
    scorecard: Scorecard,
    result: Result,
    moment: Moment,
    score_before: int | None,
    ranks: Mapping[str, tuple[int, int]],
) -> dict[str, str]:
    lead_id = result.lead_id
    rank, percentile = ranks.get(lead_id, (None, None))
    criteria = [entry for entry in result.ledger if entry.entry_type == "criterion"]
    criteria.sort(key=lambda entry: entry.criterion.criterion_id)
    reasons = sorted(
        (entry for entry in criteria if entry.points > 0), key=lambda entry: -entry.points
    )[:3]
    drags = sorted(
        (entry for entry in criteria if entry.points < 0), key=lambda entry: entry.points
    )[:3]
    fit_band, engagement_band = result.bands["fit"], result.bands["engagement"]
    change = None if score_before is None else result.score - score_before
    return {
        "scorecard_id": scorecard.scorecard_id,
        "lead_id": lead_id,
        "account_id": moment.leads[lead_id].account_id or "",
        "score_status": result.status,
        "score": spell_decimal(result.score, 2),
        "fit_score": spell_decimal(result.dimension_scores["fit"], 2),
        "engagement_score": spell_decimal(result.dimension_scores["engagement"], 2),
        "band": result.bands["total"] or "",
        "fit_band": fit_band or "",
        "engagement_band": engagement_band or "",
        "grade": fit_band + engagement_band if fit_band and engagement_band else "",
        "score_rank": "" if rank is None else str(rank),
        "score_percentile": spell_decimal(percentile, 2),
        "score_change": spell_decimal(change, 2),
        "recommended_action": result.action.action if result.action else "",
        "action_sla_hours": spell_decimal(result.action.sla_hours, 6) if result.action else "",
        "action_team": (result.action.team or "") if result.action else "",
        "top_reasons": _reasons(reasons),
        "top_drags": _reasons(drags),
        "disqualified_by": "; ".join(
            entry.criterion.name for entry in criteria if entry.criterion.disqualifies
        ),
        "criteria_met": str(len(criteria)),
        "data_coverage": spell_decimal(result.coverage, 2),
        "first_event_at": spell_time(moment.first_event_at.get(lead_id)),
        "last_event_at": spell_time(moment.last_event_at.get(lead_id)),
        "latest_outcome": moment.latest_outcome.get(lead_id, ""),
    }


def _ledger_row(scorecard: Scorecard, result: Result, entry: Entry) -> dict[str, str]:
    row = dict.fromkeys(CONTRIBUTIONS, "")
    row["scorecard_id"] = scorecard.scorecard_id
    row["lead_id"] = result.lead_id
    row["entry_type"] = entry.entry_type
    row["group_id"] = entry.group_id or ""
    row["dimension"] = entry.dimension or ""
    row["points"] = spell_decimal(entry.points, 2)
    if entry.criterion is not None:
        row["criterion_id"] = entry.criterion.criterion_id
        row["name"] = entry.criterion.name
        row["measure_value"] = spell_decimal(entry.measure.value, 6)
        row["matched_value"] = entry.measure.matched_value or ""
        row["evidence_count"] = str(entry.measure.evidence_count)
        row["first_evidence_at"] = spell_time(entry.measure.first_evidence_at)
        row["last_evidence_at"] = spell_time(entry.measure.last_evidence_at)
    return row


def _account_rows(scorecard: Scorecard, results: Sequence[Result], moment: Moment) -> Rows:
    accounts: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        account_id = moment.leads[result.lead_id].account_id
        if account_id is not None:
            accounts[account_id].append(result)
    rows = []
    for account_id, members in accounts.items():
        scored = sorted(
            (result for result in members if result.status == "scored"),
            key=lambda result: _best_first(result, moment),
        )
        score = _roll_up(scorecard.rollup, [result.score for result in scored]) if scored else None
        band = None if score is None else band_of(scorecard.bands.get("total", ()), score)
        engaged = sum(
            1
            for result in members
            if result.lead_id in moment.last_event_at
            and moment.scored_at - moment.last_event_at[result.lead_id]
            < _ENGAGED_DAYS * MICROS_PER_DAY
        )
        rows.append(
            {
                "scorecard_id": scorecard.scorecard_id,
                "account_id": account_id,
                "account_score": spell_decimal(score, 2),
                "lead_count": str(len(members)),
                "engaged_lead_count": str(engaged),
                "top_lead_id": scored[0].lead_id if scored else "",
                "band": band or "",
            }
        )
    return rows


def _roll_up(rollup: str, scores: Sequence[int]) -> int:
    """Return the score of an account from the scores of its leads, best first."""
    if rollup == "max":
        return scores[0]
    if rollup == "top3":
        return sum(scores[:3])
    return sum(scores) if rollup == "sum" else round_divide(sum(scores), len(scores))
