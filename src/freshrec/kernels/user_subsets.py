"""AUC of many subsets of one set of samples, from one pass over the sorted scores."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from freshrec.kernels.compiling import compiled

__all__ = ["subset_auc"]

Array: TypeAlias = npt.NDArray[Any]

LARGEST = 2**31 - 1
TOGETHER = 128
"""Subsets that are counted in one pass; their sums fit into the fastest cache."""
MOST_SAMPLES = 2**30
"""Numbers of samples are counted as int32."""


def subset_auc(labels: Array, scores: Array, groups: Array, members: Array) -> npt.NDArray[np.float64]:
    """The AUC of each of K subsets of the groups, a tie counting half.

    It gives what sorting each subset alone gives. Pairs are counted in whole numbers, for all subsets side by side.

    Args:
        labels: 0 or 1 [N], at most 2**30.
        scores: any increasing function of the probability [N], without NaN.
        groups: which group each sample belongs to, in [0, U) [N].
        members: uint8 [U, K], 1 where subset k has the samples of group u, else 0.

    Returns:
        float64 [K]; NaN where a subset lacks positives or negatives.

    Raises:
        ValueError: there are more than 2**30 samples, or a group is not a row of `members`.

    >>> members = np.array([[1, 1], [1, 0], [1, 1]])
    >>> subset_auc(np.array([0, 1, 1]), np.array([0.2, 0.1, 0.3]), np.array([0, 1, 2]), members)
    array([0.5, 1. ])
    """
    if len(labels) > MOST_SAMPLES:
        raise ValueError(f"there are {len(labels)} samples; at most {MOST_SAMPLES} were expected")
    if len(groups) and not 0 <= groups.min() <= groups.max() < len(members):
        raise ValueError(f"groups are {groups.min()} to {groups.max()}; expected 0 to {len(members) - 1}")
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], len(order) > 0)) + 1
    subsets = members.shape[1]
    positives, negatives = np.zeros(subsets, np.int32), np.zeros(subsets, np.int32)
    twice = np.zeros(subsets, np.int64)
    group, positive = groups[order].astype(np.int32), labels[order] == 1
    for first in range(0, subsets, TOGETHER):
        some = slice(first, first + TOGETHER)
        part = np.ascontiguousarray(members[:, some], np.uint8)
        _count(group, positive, ends, part, positives[some], negatives[some], twice[some])
    pairs = positives.astype(np.int64) * negatives
    areas: npt.NDArray[np.float64] = np.divide(twice, 2 * pairs, out=np.full(subsets, np.nan), where=pairs > 0)
    return areas


@compiled(error_model="numpy")
def _count(
    groups: Array, positive: Array, ends: Array, members: Array, positives: Array, negatives: Array, twice: Array
) -> None:
    """Add up twice the number of ordered pairs [K] of samples sorted by score; equal scores are a level, up to an end.

    Sums are int32, which takes half the time, and moved to int64 before `bound` says that one could overflow.
    """
    recent = np.zeros(members.shape[1], np.int32)
    bound, begin = np.int64(0), np.int64(0)
    for end in ends:
        size = end - begin
        most = 2 * size * end
        bound += most
        if bound > LARGEST:
            _move(recent, twice)
            bound = most
        if bound > LARGEST:
            _count_level(groups, positive, begin, end, members, positives, negatives, twice)
            bound = np.int64(0)
        elif size > 1:
            _count_level(groups, positive, begin, end, members, positives, negatives, recent)
        else:
            row = np.uint64(groups[begin])
            if positive[begin]:
                for k in range(len(recent)):
                    member = np.int32(members[row, k])
                    positives[k] += member
                    recent[k] += 2 * member * negatives[k]
            else:
                for k in range(len(recent)):
                    negatives[k] += np.int32(members[row, k])
        begin = end
    _move(recent, twice)


@compiled(error_model="numpy")
def _count_level(
    groups: Array,
    positive: Array,
    begin: Any,
    end: Any,
    members: Array,
    positives: Array,
    negatives: Array,
    twice: Array,
) -> None:
    """Count samples of equal scores: a positive adds the negatives before the level and those up to its end."""
    for at in range(begin, end):
        if positive[at]:
            row = np.uint64(groups[at])
            for k in range(len(twice)):
                member = np.int32(members[row, k])
                positives[k] += member
                twice[k] += member * negatives[k]
    for at in range(begin, end):
        if not positive[at]:
            row = np.uint64(groups[at])
            for k in range(len(twice)):
                negatives[k] += np.int32(members[row, k])
    for at in range(begin, end):
        if positive[at]:
            row = np.uint64(groups[at])
            for k in range(len(twice)):
                twice[k] += np.int32(members[row, k]) * negatives[k]


@compiled(error_model="numpy")
def _move(recent: Array, twice: Array) -> None:
    for k in range(len(recent)):
        twice[k] += recent[k]
        recent[k] = 0
