"""How well scores tell who converts: areas under the curve, lifts, and their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

# Two-sided 95 %.
_WIDTH = 1.959964
_RESAMPLES = 500


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval.

    Args:
        value: the number.
        low: where the interval begins.
        high: where it ends.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"

    def as_json(self) -> dict[str, float]:
        """The estimate for `--json`."""
        return {name: round(getattr(self, name), 4) for name in ("value", "low", "high")}


def auc(scores: np.ndarray, converted: np.ndarray) -> Estimate:
    """The area under the curve, ties counting half, with DeLong's interval.

    Args:
        scores: a score per case.
        converted: whether it converted; there must be both kinds.
    """
    value, won, lost = _placements(scores, converted)
    spread = math.sqrt(_variance(won) + _variance(lost))
    return Estimate(value, max(value - _WIDTH * spread, 0.0), min(value + _WIDTH * spread, 1.0))


def auc_difference(one: np.ndarray, other: np.ndarray, converted: np.ndarray) -> Estimate:
    """By how much one score's area is larger than another's on the same cases, after DeLong.

    Args:
        one: a score per case.
        other: the other score.
        converted: whether it converted; there must be both kinds.
    """
    first, first_won, first_lost = _placements(one, converted)
    second, second_won, second_lost = _placements(other, converted)
    spread = math.sqrt(_variance(first_won - second_won) + _variance(first_lost - second_lost))
    value = first - second
    return Estimate(value, value - _WIDTH * spread, value + _WIDTH * spread)


def chance(scores: np.ndarray, converted: np.ndarray) -> float:
    """How often shuffled outcomes would give so large an area or a larger one.

    The permutation test of the ranks, by its normal approximation with ties.

    Args:
        scores: a score per case.
        converted: whether it converted.
    """
    total, hits = len(converted), int(converted.sum())
    misses = total - hits
    ranks = rankdata(scores)
    counts = np.unique(scores, return_counts=True)[1].astype(float)
    ties = float((counts**3 - counts).sum()) / (total * (total - 1)) if total > 1 else 0.0
    spread = math.sqrt(max(hits * misses / 12 * (total + 1 - ties), 0.0))
    if spread == 0:
        return 1.0
    excess = ranks[converted].sum() - hits * (total + 1) / 2
    return float(norm.sf(excess / spread))


def lift(scores: np.ndarray, converted: np.ndarray, share: float = 0.2) -> Estimate:
    """How much more often the best-scored part converts than all, with a bootstrap interval.

    Args:
        scores: a score per case.
        converted: whether it converted; at least one did.
        share: which part, such as 0.2. Of a tie at its edge the due part counts.
    """
    draws = np.random.default_rng(20_170_301)
    values = []
    for _ in range(_RESAMPLES):
        taken = draws.integers(0, len(scores), len(scores))
        if converted[taken].any():
            values.append(_lift(scores[taken], converted[taken], share))
    low, high = np.quantile(values, [0.025, 0.975])
    return Estimate(_lift(scores, converted, share), float(low), float(high))


def _lift(scores: np.ndarray, converted: np.ndarray, share: float) -> float:
    wanted = share * len(scores)
    order = np.argsort(-scores, kind="stable")
    edge = scores[order[min(max(math.ceil(wanted) - 1, 0), len(order) - 1)]]
    above, tied = scores > edge, scores == edge
    hits = converted[above].sum() + converted[tied].mean() * (wanted - above.sum())
    return float(hits / wanted / converted.mean())


def _placements(scores: np.ndarray, converted: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The area, and for each case the part of the other kind that it is on the right side of."""
    won, lost = scores[converted], scores[~converted]
    ranks = rankdata(np.concatenate([won, lost]))
    won_part = (ranks[: len(won)] - rankdata(won)) / len(lost)
    lost_part = 1 - (ranks[len(won) :] - rankdata(lost)) / len(won)
    return float(won_part.mean()), won_part, lost_part


def _variance(parts: np.ndarray) -> float:
    return float(parts.var(ddof=1)) / len(parts) if len(parts) > 1 else 0.25
