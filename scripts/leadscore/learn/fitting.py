"""Which conditions make up a scorecard, and for how many points each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from leadscore.learn.candidates import Condition

# What holds for some spans of time and not for others tells the time, and not the leads apart: the
# part of a condition's variance that lies between the blocks. An attribute with one such condition
# is left out as a whole.
MOST_OF_TIME = 0.5
# How far a condition's evidence by itself must be from none, in standard errors.
LEAST_EVIDENCE = 2.0
# Evidence that comes from one block alone, while the others say the opposite so clearly, is none.
LEAST_CONTRADICTION = 1.0
# What a further criterion must add, as chi square with one degree of freedom.
LEAST_GAIN = 4.0
# The sum of the points, from the worst combination to the best.
POINTS_RANGE = 100
# How strongly weights are drawn to 0, as scikit-learn counts it: less draws more.
_RIDGE = 0.1
# Of more conditions only so many are tried.
_TRIED = 300


@dataclass(frozen=True)
class Evidence:
    """What conditions tell by themselves, each compared within blocks.

    Args:
        z: the evidence in standard errors; positive where those who fulfil it convert more often.
        is_steady: whether it is not contradicted when any one block is left out.
        time_share: the part of its variance that lies between the blocks.
    """

    z: np.ndarray
    is_steady: np.ndarray
    time_share: np.ndarray


def evidence(met: np.ndarray, converted: np.ndarray, strata: np.ndarray | None = None) -> Evidence:
    """What each condition tells by itself.

    Args:
        met: a column per condition and a row per case.
        converted: per case whether it converted.
        strata: per case its block; None for one block of all.
    """
    if strata is None:
        strata = np.zeros(len(met), dtype=int)
    blocks = np.unique(strata)
    excess = np.zeros((len(blocks), met.shape[1]))
    variance = np.zeros_like(excess)
    between = np.zeros(met.shape[1])
    share = met.mean(axis=0)
    for row, block in enumerate(blocks):
        inside = strata == block
        size, hits = int(inside.sum()), int(converted[inside].sum())
        if size < 2:
            continue
        holds = met[inside].sum(axis=0)
        both = met[inside & converted].sum(axis=0)
        excess[row] = both - holds * hits / size
        variance[row] = (
            holds * (size - holds) * hits * (size - hits) / (float(size) * size * (size - 1))
        )
        between += size * (holds / size - share) ** 2
    total = excess.sum(axis=0)
    spread = np.sqrt(np.maximum(variance.sum(axis=0), 1e-12))
    rest = (total - excess) / np.sqrt(np.maximum(variance.sum(axis=0) - variance, 1e-12))
    steady = np.all(rest * np.sign(total) > -LEAST_CONTRADICTION, axis=0)
    time_share = between / np.maximum(len(met) * share * (1 - share), 1e-12)
    return Evidence(total / spread, steady, time_share)


@dataclass(frozen=True)
class Chosen:
    """Conditions in the order in which they were chosen.

    Args:
        columns: their numbers.
        weights: what each adds to the log odds.
    """

    columns: list[int]
    weights: np.ndarray


def directions(
    conditions: list[Condition],
    met: np.ndarray,
    converted: np.ndarray,
    strata: np.ndarray,
    by_time: bool,
) -> np.ndarray:
    """1 or -1 for each condition that may be used, by its own evidence; else 0."""
    told = evidence(met, converted)
    fits = np.abs(told.z) >= LEAST_EVIDENCE
    if by_time:
        within = evidence(met, converted, strata)
        fits &= within.is_steady & (_share_of_field(conditions, within.time_share) <= MOST_OF_TIME)
    signs = np.where(fits, np.sign(told.z), 0).astype(int)
    # Nested conditions all say that more is better, or all that it is worse.
    leaders: dict[str, tuple[float, int]] = {}
    for number, condition in enumerate(conditions):
        if condition.chain and signs[number]:
            name, is_more = condition.chain
            way = signs[number] * (1 if is_more else -1)
            if abs(told.z[number]) > leaders.get(name, (0.0, 0))[0]:
                leaders[name] = (abs(told.z[number]), way)
    for number, condition in enumerate(conditions):
        if condition.chain and signs[number]:
            name, is_more = condition.chain
            if signs[number] * (1 if is_more else -1) != leaders[name][1]:
                signs[number] = 0
    return signs


def _share_of_field(conditions: list[Condition], time_share: np.ndarray) -> np.ndarray:
    """The part of the variance between blocks; of an attribute that of its worst condition.

    An interest rate tells the time; so do the few of its values that come in several blocks.
    """
    worst: dict[str, float] = {}
    for condition, share in zip(conditions, time_share, strict=True):
        if condition.signal == "attribute":
            worst[condition.field] = max(worst.get(condition.field, 0.0), float(share))
    return np.array(
        [
            worst[condition.field] if condition.signal == "attribute" else share
            for condition, share in zip(conditions, time_share, strict=True)
        ]
    )


def choose(met: np.ndarray, signs: np.ndarray, converted: np.ndarray, most: int) -> Chosen | None:
    """A scorecard that grows by the condition that explains most of what is left.

    Args:
        met: a column per condition and a row per case.
        signs: the direction of each condition; 0 for those that may not be used.
        converted: per case whether it converted.
        most: how many conditions at most.

    Returns:
        None where no condition tells enough.
    """
    # Of very many conditions those that tell most by themselves, so that each step stays short.
    strength = np.abs(evidence(met, converted).z) * (signs != 0)
    tried = np.sort(np.argsort(-strength, kind="stable")[:_TRIED])
    signs = signs[tried]
    values = met[:, tried].astype(np.float32)
    allowed = signs != 0
    columns: list[int] = []
    weights = np.zeros(0)
    probability = np.full(len(converted), converted.mean())
    constant = np.ones((len(converted), 1), dtype=np.float32)
    while len(columns) < most and allowed.any():
        gains = _gains(
            values, np.column_stack([constant, values[:, columns]]), converted, probability
        )
        gains[~allowed | (np.sign(gains) != signs)] = 0
        best = int(np.argmax(np.abs(gains)))
        if gains[best] ** 2 < LEAST_GAIN:
            break
        columns.append(best)
        allowed[best] = False
        while True:
            if not columns:
                break
            weights, probability = _fitted(values[:, columns], converted)
            wrong = [
                place for place, column in enumerate(columns) if weights[place] * signs[column] <= 0
            ]
            if not wrong:
                break
            # What the others explain already is left out for good.
            worst = min(wrong, key=lambda place: weights[place] * signs[columns[place]])
            columns.pop(worst)
    if not columns:
        return None
    return Chosen([int(tried[column]) for column in columns], weights)


def _gains(
    values: np.ndarray, model: np.ndarray, converted: np.ndarray, probability: np.ndarray
) -> np.ndarray:
    """The score statistic of each condition beside the model, signed, in standard errors."""
    weight = (probability * (1 - probability)).astype(np.float32)
    slope = values.T @ (converted - probability).astype(np.float32)
    model = model.astype(np.float32)
    weighted = model * weight[:, None]
    cross = values.T @ weighted
    inverse = np.linalg.pinv((model.T @ weighted).astype(float))
    own = values.T @ weight
    variance = own - ((cross @ inverse) * cross).sum(axis=1)
    # A condition that the model spans has nothing of its own.
    return np.where(variance > 1e-3 * own, slope / np.sqrt(np.maximum(variance, 1e-9)), 0.0)


def _fitted(values: np.ndarray, converted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The weights of the conditions, and the probability of each case."""
    model = LogisticRegression(C=_RIDGE, solver="newton-cholesky", max_iter=100)
    model.fit(values, converted)
    return model.coef_[0], model.predict_proba(values)[:, 1]


def whole_points(weights: np.ndarray) -> np.ndarray:
    """Weights as whole points, whose best and worst sum lie POINTS_RANGE apart or a little more.

    Args:
        weights: what each condition adds to the log odds.
    """
    scale = POINTS_RANGE / max(float(np.abs(weights).sum()), 1e-9)
    return np.rint(weights * scale).astype(int)
