"""Sums over many subsets of the users at once; a metric that is a function of sums has its values from them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from freshrec.metrics.metric import Array

__all__ = ["ratio", "subset_sums"]

Floats = npt.NDArray[np.float64]


def subset_sums(terms: Sequence[Array], groups: Array, members: Array) -> Floats:
    """The sum of each term over the samples of each subset, float64 [S, K].

    Args:
        terms: S arrays of one number a sample [N].
        groups: the row of `members` that each sample belongs to [N].
        members: uint8 [U, K], 1 where subset k has the samples of group u.

    >>> subset_sums([np.array([1.0, 2.0, 5.0])], np.array([0, 1, 1]), np.array([[1, 1], [0, 1]]))
    array([[1., 8.]])
    """
    present = np.bincount(groups, minlength=len(members)) > 0
    by_group = np.array([np.bincount(groups, term, minlength=len(members))[present] for term in terms], np.float64)
    sums: Floats = by_group @ members[present].astype(np.float64)
    return sums


def ratio(above: Floats, below: Floats) -> Floats:
    """The quotient [K], NaN where the divisor is 0."""
    quotient: Floats = np.divide(above, below, out=np.full(len(below), np.nan), where=below != 0)
    return quotient
