"""How sure a difference between two scores of the same leads is: a paired bootstrap.

The leads come as counts of distinct cells (score before, score after, outcome), so a sample of all
of them is one draw of a multinomial distribution over the cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

SAMPLES = 2000
SEED = 20260301
# The shares of leads, from the best down, that the lift is told for.
LIFT_SHARES = {"lift_10": 0.1, "lift_20": 0.2}
MEASURES = ("auc", *LIFT_SHARES)
# So many numbers are held in memory at a time.
_BATCH = 4_000_000
_INTERVAL = (0.025, 0.975)


@dataclass(frozen=True)
class Change:
    """A measure of the back-test before and after, and its change.

    Args:
        measure: `auc`, `lift_10` or `lift_20`.
        before: by the scores before.
        after: by the scores after.
        change: after less before.
        low: the lower end of the 95 % interval of the change.
        high: its upper end.
    """

    measure: str
    before: float
    after: float
    change: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """`better`, `worse`, or `unsure` where the interval holds 0."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "unsure"

    def as_json(self) -> dict[str, Any]:
        """The change as `--json` prints it."""
        return {
            **{
                name: round(value, 6) if isinstance(value, float) else value
                for name, value in asdict(self).items()
            },
            "verdict": self.verdict,
        }


def paired_changes(
    before: Sequence[float],
    after: Sequence[float],
    converted: Sequence[bool],
    leads: Sequence[int],
    samples: int = SAMPLES,
) -> list[Change]:
    """The change of each measure, with the interval that resampling the leads gives.

    Args:
        before: the score before, of each cell.
        after: the score after.
        converted: whether the leads of the cell converted.
        leads: how many leads the cell has.
        samples: how many samples to draw.

    Returns:
        A change per measure; none where all leads or no leads converted.
    """
    counts = np.asarray(leads, dtype=np.int64)
    outcomes = np.asarray(converted, dtype=bool)
    if not counts[outcomes].sum() or not counts[~outcomes].sum():
        return []
    sides = [
        _Ranking(np.asarray(before, float), outcomes),
        _Ranking(np.asarray(after, float), outcomes),
    ]
    points = [side.measures(counts[np.newaxis, :]) for side in sides]
    draw = np.random.default_rng(SEED)
    batch = max(1, min(samples, _BATCH // len(counts)))
    changes: dict[str, list[np.ndarray]] = {name: [] for name in MEASURES}
    for start in range(0, samples, batch):
        drawn = draw.multinomial(
            counts.sum(), counts / counts.sum(), size=min(batch, samples - start)
        )
        old, new = (side.measures(drawn) for side in sides)
        for name in MEASURES:
            changes[name].append(new[name] - old[name])
    found = []
    for name in MEASURES:
        # A sample without any conversion, or with nothing else, says nothing.
        differences = np.concatenate(changes[name])
        low, high = np.nanquantile(differences, _INTERVAL)
        old, new = (float(side[name][0]) for side in points)
        found.append(Change(name, old, new, new - old, float(low), float(high)))
    return found


class _Ranking:
    """Cells in the order of a score, and what the score is worth for numbers of leads in them.

    Args:
        scores: the score of each cell.
        outcomes: whether the leads of each cell converted.
    """

    def __init__(self, scores: np.ndarray, outcomes: np.ndarray) -> None:
        self.order = np.argsort(-scores, kind="stable")
        self.outcomes = outcomes[self.order]
        descending = scores[self.order]
        # Where the cells of the next lower score begin.
        self.starts = np.flatnonzero(np.r_[True, descending[1:] != descending[:-1]])

    def measures(self, leads: np.ndarray) -> dict[str, np.ndarray]:
        """Each measure for each row of numbers of leads per cell; leads of one score tie."""
        ordered = leads[:, self.order]
        won = np.add.reduceat(ordered * self.outcomes, self.starts, axis=1).astype(float)
        lost = np.add.reduceat(ordered * ~self.outcomes, self.starts, axis=1).astype(float)
        all_won, all_lost = won.sum(axis=1), lost.sum(axis=1)
        lower = all_lost[:, np.newaxis] - np.cumsum(lost, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = {"auc": (won * (lower + lost / 2)).sum(axis=1) / (all_won * all_lost)}
            for name, share in LIFT_SHARES.items():
                found[name] = _won_within(won, won + lost, share) / all_won / share
        return found


def _won_within(won: np.ndarray, leads: np.ndarray, share: float) -> np.ndarray:
    """How many of the best share of the leads converted; of leads that tie over its end a part."""
    limit = share * leads.sum(axis=1, keepdims=True)
    above = np.cumsum(leads, axis=1) - leads
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(leads > 0, np.clip((limit - above) / leads, 0, 1), 0)
    return (won * part).sum(axis=1)
