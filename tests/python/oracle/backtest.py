"""The back-test: every lead scored at a moment of its own, and what became of it afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .cells import MICROS_PER_DAY, lower, spell_decimal, spell_time
from .evaluation import Moment, Result, evaluate
from .policy import Scorecard
from .raw import Outcome, Staged

BACKTEST_SCORES = [
    "scorecard_id",
    "scorecard_status",
    "lead_id",
    "scored_at",
    "score_status",
    "score",
    "fit_score",
    "engagement_score",
    "band",
    "fit_band",
    "engagement_band",
    "grade",
    "exclusion_reason",
    "is_converted",
    "converted_at",
    "amount",
    "window_ends_at",
]


@dataclass(slots=True)
class _Label:
    """What became of one lead after its moment."""

    window_ends_at: int
    exclusion_reason: str = ""
    converted_at: int | None = None
    amount: int | None = None


class Backtest:
    """The moments of all leads that have one at or before `as_of`, with their labels.

    Arguments: what is staged; the moment of the run; days from a lead's creation to its moment, or
    None where the moments are given; days in which outcomes count; the names of conversions.
    """

    def __init__(
        self,
        staged: Staged,
        as_of: int,
        *,
        days: int | None,
        window_days: int,
        converting: Iterable[str],
    ):
        events = defaultdict(list)
        for event in staged.events:
            events[event.lead_id].append(event)
        outcomes = defaultdict(list)
        for outcome in staged.outcomes:
            outcomes[outcome.lead_id].append(outcome)
        names = {lower(name) for name in converting}
        self.moments: dict[str, Moment] = {}
        self.labels: dict[str, _Label] = {}
        for lead in staged.leads.values():
            at = lead.moment
            if days is not None:
                at = None if lead.created_at is None else lead.created_at + days * MICROS_PER_DAY
            if at is None or at > as_of:
                continue
            if lead.created_at is not None and lead.created_at > at:
                continue
            alone = Staged({lead.lead_id: lead}, events[lead.lead_id], outcomes[lead.lead_id])
            self.moments[lead.lead_id] = Moment(alone, at, names)
            conversions = [
                outcome
                for outcome in alone.outcomes
                if lower(outcome.outcome) in names and outcome.known_at <= as_of
            ]
            self.labels[lead.lead_id] = _label(conversions, at, as_of, window_days)

    def rows(self, scorecard: Scorecard) -> list[dict[str, str]]:
        """Return the rows of one scorecard."""
        return [
            self._row(scorecard, result, moment)
            for moment in self.moments.values()
            for result in evaluate(scorecard, moment)
        ]

    def _row(self, scorecard: Scorecard, result: Result, moment: Moment) -> dict[str, str]:
        label = self.labels[result.lead_id]
        converted = "true" if label.converted_at is not None else "false"
        fit_band, engagement_band = result.bands["fit"], result.bands["engagement"]
        return {
            "scorecard_id": scorecard.scorecard_id,
            "scorecard_status": scorecard.status,
            "lead_id": result.lead_id,
            "scored_at": spell_time(moment.scored_at),
            "score_status": result.status,
            "score": spell_decimal(result.score, 2),
            "fit_score": spell_decimal(result.dimension_scores["fit"], 2),
            "engagement_score": spell_decimal(result.dimension_scores["engagement"], 2),
            "band": result.bands["total"] or "",
            "fit_band": fit_band or "",
            "engagement_band": engagement_band or "",
            "grade": fit_band + engagement_band if fit_band and engagement_band else "",
            "exclusion_reason": label.exclusion_reason,
            "is_converted": "" if label.exclusion_reason else converted,
            "converted_at": spell_time(label.converted_at),
            "amount": spell_decimal(label.amount, 6),
            "window_ends_at": spell_time(label.window_ends_at),
        }


def _label(conversions: Sequence[Outcome], at: int, as_of: int, window_days: int) -> _Label:
    label = _Label(at + window_days * MICROS_PER_DAY)
    if any(outcome.occurred_at <= at for outcome in conversions):
        label.exclusion_reason = "converted_before"
    elif label.window_ends_at > as_of:
        label.exclusion_reason = "window_open"
    else:
        within = [one for one in conversions if one.occurred_at <= label.window_ends_at]
        amounts = [one.amount for one in within if one.amount is not None]
        label.converted_at = min((one.occurred_at for one in within), default=None)
        label.amount = sum(amounts) if amounts else None
    return label
