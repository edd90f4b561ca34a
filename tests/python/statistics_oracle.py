"""The statistics of a back-test in plain Python, written from docs/performance.md and not from SQL.

Everything is counted lead by lead with exact fractions; square roots have 40 digits.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

Z_SQUARED = Fraction(3841459, 1000000)
# 97.5 % quantiles of Student's t for 9 to 19 degrees of freedom.
T_QUANTILES = {
    9: "2.262", 10: "2.228", 11: "2.201", 12: "2.179", 13: "2.160", 14: "2.145", 15: "2.131",
    16: "2.120", 17: "2.110", 18: "2.101", 19: "2.093",
}  # fmt: skip
HIGHEST = {"lift_10": 10, "lift_20": 5}


@dataclass(frozen=True)
class Lead:
    """A lead of a back-test that counts.

    Args:
        lead_id: its id.
        score: its score.
        converted: whether it converted.
        weight: how often it counts.
    """

    lead_id: str
    score: Decimal
    converted: bool
    weight: int = 1

    @property
    def group(self) -> int:
        """The group of the jackknife."""
        return 1 + hash_number("jackknife", self.lead_id) % 20


def hash_number(*texts: str) -> int:
    """Return the whole number of 60 bits that stands for several texts."""
    return int(hashlib.md5("\x1f".join(texts).encode()).hexdigest()[:15], 16)


def rounded(number: Fraction | None, places: int = 6) -> Decimal | None:
    """Round half away from zero."""
    if number is None:
        return None
    scaled = abs(number) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if number >= 0 else -whole).scaleb(-places)


def root(number: Fraction) -> Fraction:
    """Return a square root to 40 digits."""
    with localcontext() as context:
        context.prec = 60
        value = Decimal(number.numerator) / Decimal(number.denominator)
        return Fraction(value.sqrt().quantize(Decimal("1e-40"), rounding=ROUND_HALF_UP))


def wilson(conversions: int, leads: int) -> tuple[Fraction, Fraction] | None:
    """Return Wilson's interval of a rate; None without leads."""
    if not leads:
        return None
    rate = Fraction(conversions, leads)
    centre = rate + Z_SQUARED / (2 * leads)
    half = root(Z_SQUARED * (rate * (1 - rate) / leads + Z_SQUARED / (4 * leads * leads)))
    scale = 1 + Z_SQUARED / leads
    return (centre - half) / scale, (centre + half) / scale


# --- how a score ranks --------------------------------------------------------------------------


def auc(leads: Sequence[Lead]) -> Fraction | None:
    """Return the share of pairs of a converted and another lead in the right order."""
    positives = [lead for lead in leads if lead.converted]
    negatives = [lead for lead in leads if not lead.converted]
    if not positives or not negatives:
        return None
    right = total = 0
    for one in positives:
        for other in negatives:
            weight = one.weight * other.weight
            right += weight * (2 if one.score > other.score else one.score == other.score)
            total += 2 * weight
    return Fraction(right, total)


def ks(leads: Sequence[Lead]) -> Fraction | None:
    """Return the greatest distance of the two distributions of scores."""
    positives = sum(lead.weight for lead in leads if lead.converted)
    negatives = sum(lead.weight for lead in leads if not lead.converted)
    if not positives or not negatives:
        return None
    distances = []
    for cut in {lead.score for lead in leads}:
        above = [lead for lead in leads if lead.score >= cut]
        taken = sum(lead.weight for lead in above if lead.converted)
        others = sum(lead.weight for lead in above) - taken
        distances.append(abs(Fraction(taken, positives) - Fraction(others, negatives)))
    return max(distances)


def conversions_above(leads: Sequence[Lead], share: Fraction) -> Fraction:
    """Return how many conversions the best share of leads has, ties in random order."""
    wanted = share * sum(lead.weight for lead in leads)
    found = Fraction(0)
    for score in sorted({lead.score for lead in leads}, reverse=True):
        tied = [lead for lead in leads if lead.score == score]
        size = sum(lead.weight for lead in tied)
        taken = min(wanted, Fraction(size))
        found += taken * sum(lead.weight for lead in tied if lead.converted) / size
        wanted -= taken
    return found


def lift(leads: Sequence[Lead], share: Fraction) -> Fraction | None:
    """Return the conversion rate of the best share of leads over that of all."""
    total = sum(lead.weight for lead in leads)
    converted = sum(lead.weight for lead in leads if lead.converted)
    if not converted:
        return None
    return conversions_above(leads, share) / (share * total) / Fraction(converted, total)


STATISTICS: dict[str, Callable[[Sequence[Lead]], Fraction | None]] = {
    "auc": auc,
    "ks": ks,
    "lift_10": lambda leads: lift(leads, Fraction(1, 10)),
    "lift_20": lambda leads: lift(leads, Fraction(1, 5)),
}


def interval(
    name: str, value: Fraction | None, without_group: Sequence[Fraction | None]
) -> tuple[Fraction, Fraction] | None:
    """Return the jackknife interval of a statistic.

    Args:
        name: its name.
        value: its value over all leads.
        without_group: its value without each group that has leads.
    """
    groups = len(without_group)
    if value is None or groups < 10 or None in without_group:
        return None
    mean = sum(without_group) / groups
    variance = Fraction(groups - 1, groups) * sum((one - mean) ** 2 for one in without_group)
    half = Fraction(T_QUANTILES[groups - 1]) * root(variance)
    return max(value - half, Fraction(0)), min(value + half, Fraction(HIGHEST.get(name, 1)))


def ranking(name: str, leads: Sequence[Lead]) -> tuple[Fraction | None, ...]:
    """Return a statistic of how the score ranks, with its bounds."""
    leads = [lead for lead in leads if lead.weight]
    measure = STATISTICS[name]
    value = measure(leads)
    groups = sorted({lead.group for lead in leads})
    without = [measure([lead for lead in leads if lead.group != group]) for group in groups]
    return value, *(interval(name, value, without) or (None, None))


# --- calibration --------------------------------------------------------------------------------


def bins(leads: Sequence[Lead]) -> dict[Decimal, int]:
    """Return the bin of each score, greater numbers for better scores."""
    count = min(50, max(1, len(leads) // 20))
    return {
        score: count - count * sum(lead.score > score for lead in leads) // len(leads)
        for score in {lead.score for lead in leads}
    }


def isotonic(counts: dict[int, list[int]]) -> dict[int, Fraction]:
    """Return rates that never fall, by pooling neighbours that are out of order.

    Args:
        counts: conversions and leads of each bin. An empty one takes the rate of the next better
            one, the best of all that of the one below it.
    """
    blocks: list[list] = []
    for number in sorted(counts):
        conversions, size = counts[number]
        if not size:
            continue
        blocks.append([conversions, size, [number]])
        while len(blocks) > 1 and Fraction(*blocks[-2][:2]) >= Fraction(*blocks[-1][:2]):
            conversions, size, numbers = blocks.pop()
            blocks[-1][0] += conversions
            blocks[-1][1] += size
            blocks[-1][2] += numbers
    rates = {number: Fraction(*block[:2]) for block in blocks for number in block[2]}
    for number in sorted(counts, reverse=True):
        if number not in rates:
            better = [other for other in rates if other > number]
            worse = [other for other in rates if other < number]
            if better or worse:
                rates[number] = rates[min(better) if better else max(worse)]
    return rates


def _counts(leads: Iterable[Lead], numbers: dict[Decimal, int]) -> dict[int, list[int]]:
    counts = {number: [0, 0] for number in numbers.values()}
    for lead in leads:
        counts[numbers[lead.score]][0] += lead.converted
        counts[numbers[lead.score]][1] += 1
    return counts


def brier(leads: Sequence[Lead]) -> tuple[Fraction | None, ...]:
    """Return the Brier score of probabilities from the other groups, with its bounds."""
    if len({lead.converted for lead in leads}) < 2:
        return None, None, None
    numbers = bins(leads)
    losses: dict[int, list[Fraction]] = defaultdict(list)
    for group in sorted({lead.group for lead in leads}):
        rates = isotonic(_counts((lead for lead in leads if lead.group != group), numbers))
        for lead in leads:
            if lead.group == group:
                if numbers[lead.score] not in rates:
                    return None, None, None
                # The probability as it is published.
                rate = Fraction(rounded(rates[numbers[lead.score]]))
                losses[group].append((lead.converted - rate) ** 2)
    every = [loss for found in losses.values() for loss in found]
    value = sum(every) / len(every)
    without = [
        (sum(every) - sum(found)) / (len(every) - len(found))
        for found in losses.values()
        if len(every) > len(found)
    ]
    return value, *(interval("brier", value, without) or (None, None))


@dataclass
class Step:
    """A step of a calibration; `begins` is None for the lowest one."""

    begins: Decimal | None
    conversions: int
    leads: int
    low: Fraction
    high: Fraction
    is_thin: bool


def calibration(leads: Sequence[Lead]) -> list[Step]:
    """Return the steps of the calibration, from the lowest scores up."""
    if not leads:
        return []
    numbers = bins(leads)
    counts = _counts(leads, numbers)
    rates = isotonic(counts)
    converted = sum(lead.converted for lead in leads)
    few = min(converted, len(leads) - converted) < 10
    steps = []
    for rate in sorted(set(rates.values())):
        members = [number for number in counts if rates[number] == rate]
        conversions = sum(counts[number][0] for number in members)
        size = sum(counts[number][1] for number in members)
        begins = min(score for score, number in numbers.items() if number in members)
        low, high = wilson(conversions, size)
        begins = begins if steps else None
        steps.append(Step(begins, conversions, size, low, high, few or size < 10))
    for place, step in enumerate(steps):
        step.low = max(other.low for other in steps[: place + 1])
    for place, step in reversed(list(enumerate(steps))):
        step.high = min(other.high for other in steps[place:])
    return steps


def step_of(steps: Sequence[Step], score: Decimal) -> Step | None:
    """Return the step that a score belongs to."""
    found = [step for step in steps if step.begins is None or step.begins <= score]
    return found[-1] if found else None


# --- criteria -----------------------------------------------------------------------------------


def points_per_log_odds(leads: Sequence[Lead]) -> float | None:
    """Return how many points stand for one unit of log odds; None where none do."""
    if not leads or len({lead.converted for lead in leads}) < 2:
        return None
    numbers = bins(leads)
    places = []
    for number in set(numbers.values()):
        inside = [lead for lead in leads if numbers[lead.score] == number]
        converted = sum(lead.converted for lead in inside) + 0.5
        other = len(inside) + 1 - converted
        mean = float(sum(lead.score for lead in inside)) / len(inside)
        places.append((mean, math.log(converted / other), converted * other / (len(inside) + 1)))
    weights = sum(weight for _, _, weight in places)
    mean_score = sum(score * weight for score, _, weight in places) / weights
    mean_odds = sum(odds * weight for _, odds, weight in places) / weights
    spread = sum(weight * (score - mean_score) ** 2 for score, _, weight in places)
    rise = sum(weight * (score - mean_score) * (odds - mean_odds) for score, odds, weight in places)
    return spread / rise if rise > 1e-9 else None


@dataclass
class Evidence:
    """What is known of a criterion: logarithms, and points where there is a scale."""

    met: float
    not_met: float
    information: float
    ratio: float
    shrunk: float
    error: float


def evidence(met: tuple[int, int], not_met: tuple[int, int]) -> Evidence:
    """Judge a criterion.

    Args:
        met: the converted and the other leads that met it.
        not_met: those that did not.
    """
    one, two, three, four = (count + 0.5 for count in (*met, *not_met))
    met_evidence = math.log(one / (one + three)) - math.log(two / (two + four))
    other_evidence = math.log(three / (one + three)) - math.log(four / (two + four))
    information = (one / (one + three) - two / (two + four)) * met_evidence
    information += (three / (one + three) - four / (two + four)) * other_evidence
    ratio = met_evidence - other_evidence
    variance = 1 / one + 1 / two + 1 / three + 1 / four
    shrunk = ratio * max(0.0, 1 - variance / ratio**2) if ratio else 0.0
    return Evidence(met_evidence, other_evidence, information, ratio, shrunk, math.sqrt(variance))


def stability(before: Sequence[int], after: Sequence[int]) -> float:
    """Return the population stability index of two histograms, half a lead added to each cell."""
    index = 0.0
    for left, right in zip(before, after, strict=True):
        old = (left + 0.5) / (sum(before) + 0.5 * len(before))
        new = (right + 0.5) / (sum(after) + 0.5 * len(after))
        index += (new - old) * math.log(new / old)
    return index


def overlap(sums: Sequence[tuple[float, bool]]) -> float:
    """Return the slope by which leads' sums of log odds tell converted leads, at most 1.

    Args:
        sums: of each lead, and whether it converted.
    """
    positives = [value for value, converted in sums if converted]
    negatives = [value for value, converted in sums if not converted]
    high, low = sum(positives) / len(positives), sum(negatives) / len(negatives)
    within = sum((value - high) ** 2 for value in positives)
    within += sum((value - low) ** 2 for value in negatives)
    rise = (high - low) * len(sums)
    return 1.0 if rise >= within else max(0.0, rise / within)
