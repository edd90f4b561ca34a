"""What is learned from: cases with their outcomes, and what was known of each at its moment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

# Blocks of time within the part that is fitted on; effects are compared within a block.
BLOCKS = 8


@dataclass(frozen=True)
class Measure:
    """What is measured over the events of a lead.

    Args:
        event: the name of the event.
        measure: as in criteria.csv.
        window_days: only events younger than this; None for all.
        property: the property that is tested; None for no test.
        operator: the test.
        value: what it compares with.
        measure_field: the property that is summed or whose values are counted.
    """

    event: str
    measure: str
    window_days: int | None = None
    property: str | None = None
    operator: str | None = None
    value: str | None = None
    measure_field: str | None = None


@dataclass(frozen=True)
class Attribute:
    """An attribute of every case.

    Args:
        levels: per case the value in lower case; None where it is not known.
        numbers: per case the value as a number; nan where it is none.
        spelling: how a level is written, keyed by level.
        is_time: whether the values are times, of which only is used whether they are known.
    """

    levels: np.ndarray
    numbers: np.ndarray
    spelling: dict[str, str]
    is_time: bool = False


@dataclass
class Facts:
    """All cases, and what was known of each at its moment. Arrays have an entry per case.

    Args:
        lead_ids: the leads.
        groups: what must not be torn apart when there are no dates: the account, else the lead.
        moments: the scoring moments, as numpy times.
        converted: whether a conversion followed within the window.
        attributes: keyed by name.
        measures: keyed by what is measured; nan where there is nothing to measure.
        live_scores: the score by the scorecard that is compared with, if there is one.
    """

    lead_ids: np.ndarray
    groups: np.ndarray
    moments: np.ndarray
    converted: np.ndarray
    attributes: dict[str, Attribute] = field(default_factory=dict)
    measures: dict[Measure, np.ndarray] = field(default_factory=dict)
    live_scores: np.ndarray | None = None

    @property
    def count(self) -> int:
        """How many cases there are."""
        return len(self.lead_ids)


@dataclass(frozen=True)
class Split:
    """Which cases are fitted on and which judge.

    Args:
        is_later: per case whether it judges.
        by_time: whether the later cases judge; else a hash of account or lead decides.
        cut: the first moment of the later part.
        strata: per case of the earlier part the block that it is compared within; cases of a block
            are neighbours in time, or share a hash.
    """

    is_later: np.ndarray
    by_time: bool
    cut: np.datetime64 | None
    strata: np.ndarray


def split(facts: Facts, share: float) -> Split:
    """Sets cases aside to judge by.

    Args:
        facts: the cases.
        share: which part of them, above 0 and below 1: the latest ones. Where all have the same
            moment, those of a part of the accounts (leads without one by themselves).

    Returns:
        The two parts.
    """
    if len(np.unique(facts.moments)) > 1:
        ordered = np.sort(facts.moments)
        cut = ordered[min(int(len(ordered) * (1 - share)), len(ordered) - 1)]
        if cut == ordered[0]:
            cut = ordered[ordered > cut][0]
        is_later = facts.moments >= cut
        earlier = facts.moments[~is_later]
        return Split(is_later, True, cut, time_blocks(earlier))
    parts = np.array([_hash_part(group) for group in facts.groups])
    is_later = parts < share
    # Another part of the same number, so that folds do not follow the split.
    folds = (parts[~is_later] * 1_000_003 % 1 * BLOCKS).astype(int)
    return Split(is_later, False, None, folds)


def time_blocks(moments: np.ndarray) -> np.ndarray:
    """The block of each moment: about equally many in each, and equal moments in one.

    Args:
        moments: the moments.
    """
    _, position, counts = np.unique(moments, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middle = (ends - counts / 2) / ends[-1]
    blocks = np.minimum((middle * BLOCKS).astype(int), BLOCKS - 1)
    return np.unique(blocks[position], return_inverse=True)[1]


def _hash_part(text: str) -> float:
    """A number from 0 to 1 that is the same for the same text everywhere."""
    return int(hashlib.md5(text.encode("utf-8")).hexdigest()[:8], 16) / 2**32
