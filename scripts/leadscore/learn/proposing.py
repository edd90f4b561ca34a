"""From facts to a proposal: conditions, points, and how well they do on cases kept aside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from leadscore.learn.candidates import Condition, candidates
from leadscore.learn.facts import Facts, Split
from leadscore.learn.fitting import choose, directions, whole_points
from leadscore.learn.judging import Estimate, auc, auc_difference, chance, lift

# The later cases must tell the score from shuffled outcomes: one of so many shuffles does as well.
SIGNIFICANT = 0.005
# Fewer conversions than this, or fewer leads that did not convert, tell nothing.
LEAST_EARLIER = 20
LEAST_LATER = 10


@dataclass(frozen=True)
class Told:
    """What a criterion's leads did in the earlier part.

    Args:
        met: how many leads met it.
        met_rate: which part of these converted.
        other_rate: which part of the others did.
        lift: the first rate over that of all.
    """

    met: int
    met_rate: float
    other_rate: float
    lift: float

    @classmethod
    def of(cls, met: np.ndarray, converted: np.ndarray) -> Told:
        """What is told by who met it and who converted."""
        mean = float(converted.mean())
        met_rate = float(converted[met].mean()) if met.any() else 0.0
        others = float(converted[~met].mean()) if not met.all() else 0.0
        return cls(int(met.sum()), met_rate, others, met_rate / mean if mean else 0.0)

    def __str__(self) -> str:
        return (
            f"Met by {self.met} leads: {self.met_rate:.1%} converted, {self.other_rate:.1%} of the "
            f"others (lift {self.lift:.2f})."
        ).replace("%", " %")


@dataclass(frozen=True)
class Criterion:
    """A proposed criterion of a new scorecard.

    Args:
        condition: what it asks.
        points: whole points.
        told: what the earlier part says about it.
    """

    condition: Condition
    points: int
    told: Told


@dataclass
class Judgement:
    """How scores did on the later cases.

    Args:
        earlier: how many leads were fitted on.
        earlier_conversions: how many of them converted.
        later: how many judged.
        later_conversions: how many of these converted.
        proposed: the area of the proposal.
        proposed_lift: its lift at 20 %.
        logistic: the area of the reference.
        live: the area of the live scorecard, where there is one.
        live_lift: its lift at 20 %.
        gain: by how much the proposal's area is larger than the live one's.
        chance: how often shuffled outcomes would do as well.
        verdict: `no_signal`, `worse`, `alike`, `better`; or `signal` where there is no live one.
    """

    earlier: int
    earlier_conversions: int
    later: int
    later_conversions: int
    proposed: Estimate | None = None
    proposed_lift: Estimate | None = None
    logistic: Estimate | None = None
    live: Estimate | None = None
    live_lift: Estimate | None = None
    gain: Estimate | None = None
    chance: float = 1.0
    verdict: str = "no_signal"

    @property
    def is_worth_proposing(self) -> bool:
        """Whether there is a signal, and the live scorecard is not better."""
        return self.verdict in ("signal", "better", "alike")

    def as_json(self) -> dict[str, Any]:
        """The judgement for `--json`."""
        return {
            name: value.as_json() if isinstance(value, Estimate) else value
            for name, value in vars(self).items()
        }


@dataclass
class Proposal:
    """What was learned.

    Args:
        criteria: of a new scorecard, by points; empty where nothing tells anything.
        scores: per case the points of the proposal.
        fit_scores: those of criteria on attributes.
        judgement: how it did.
    """

    criteria: list[Criterion]
    scores: np.ndarray
    fit_scores: np.ndarray
    judgement: Judgement = field(default_factory=lambda: Judgement(0, 0, 0, 0))


def propose(facts: Facts, parts: Split, most: int) -> Proposal:
    """Drafts a scorecard from attributes and events.

    Args:
        facts: the cases.
        parts: which of them are fitted on.
        most: how many criteria at most.

    Returns:
        The proposal with its judgement, whatever that is.
    """
    is_earlier = ~parts.is_later
    converted = facts.converted[is_earlier]
    found = candidates(facts, is_earlier, converted - converted.mean())
    met = found.met[is_earlier]
    proposal = Proposal([], np.zeros(facts.count), np.zeros(facts.count))
    chosen = None
    if found.conditions:
        signs = directions(found.conditions, met, converted, parts.strata, parts.by_time)
        chosen = choose(met, signs, converted, most)
    if chosen is not None:
        points = whole_points(chosen.weights)
        for column, number in zip(chosen.columns, points, strict=True):
            if number:
                condition = found.conditions[column]
                told = Told.of(met[:, column], converted)
                proposal.criteria.append(Criterion(condition, int(number), told))
                proposal.scores = proposal.scores + found.met[:, column] * int(number)
                if condition.signal == "attribute":
                    proposal.fit_scores = proposal.fit_scores + found.met[:, column] * int(number)
        proposal.criteria.sort(key=lambda made: (-made.points, made.condition.name))
    reference = logistic(found.met, facts.converted, parts) if found.conditions else None
    proposal.judgement = judge(facts, parts, proposal.scores, reference)
    return proposal


def logistic(values: np.ndarray, converted: np.ndarray, parts: Split) -> np.ndarray:
    """What logistic regression says of each case, fitted on the earlier ones, without any rule.

    Args:
        values: a column per input and a row per case.
        converted: per case whether it converted.
        parts: which cases are fitted on.
    """
    model = LogisticRegression(C=0.1, max_iter=500)
    inputs = values.astype(np.float32)
    model.fit(inputs[~parts.is_later], converted[~parts.is_later])
    return model.decision_function(inputs)


def judge(
    facts: Facts, parts: Split, scores: np.ndarray, reference: np.ndarray | None
) -> Judgement:
    """Compares scores on the later cases.

    Args:
        facts: the cases, with the scores of the live scorecard.
        parts: which of them judge.
        scores: the proposal's.
        reference: those of logistic regression.
    """
    later = parts.is_later
    won = facts.converted[later]
    judgement = Judgement(
        earlier=int((~later).sum()),
        earlier_conversions=int(facts.converted[~later].sum()),
        later=int(later.sum()),
        later_conversions=int(won.sum()),
    )
    judgement.proposed = auc(scores[later], won)
    judgement.chance = chance(scores[later], won)
    if reference is not None:
        judgement.logistic = auc(reference[later], won)
    if facts.live_scores is not None:
        judgement.live = auc(facts.live_scores[later], won)
        judgement.gain = auc_difference(scores[later], facts.live_scores[later], won)
    if judgement.chance > SIGNIFICANT:
        judgement.verdict = "no_signal"
    elif judgement.gain is None:
        judgement.verdict = "signal"
    elif judgement.gain.high < 0:
        judgement.verdict = "worse"
    else:
        judgement.verdict = "better" if judgement.gain.low > 0 else "alike"
    if judgement.verdict != "no_signal":
        judgement.proposed_lift = lift(scores[later], won)
        if facts.live_scores is not None:
            judgement.live_lift = lift(facts.live_scores[later], won)
    return judgement
