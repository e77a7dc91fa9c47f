"""GAUC: AUC within each user (Zhu et al., Optimized Cost per Click in Taobao Display Advertising, KDD 2017)."""

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from freshrec.metrics.metric import Array, Form, Metric
from freshrec.metrics.relaimpr import relaimpr
from freshrec.metrics.subsets import ratio

__all__ = ["GAUC"]


class GAUC(Metric):
    """Group AUC: the mean of the users' own AUCs, weighted by their numbers of samples.

    A recommender ranks items for one user at a time, so pairs of samples of different users do not count. Users whose
    labels are all equal are left out.

    >>> labels, users = np.array([1, 0, 1, 0, 0]), np.array([7, 7, 8, 8, 8])
    >>> GAUC().of(labels, np.array([2.0, 1.0, 0.0, 0.0, -1.0]), users)  # (2 * 1 + 3 * 0.75) / 5
    0.85
    """

    name = "gauc"
    title = "GAUC"
    better = "higher"
    undefined = "no user has samples of both labels"
    chance = 0.5
    order_only = True
    forms: ClassVar[Mapping[str, Form]] = {"RelaImpr": relaimpr}

    def of(self, labels: Array, logits: Array, groups: Array) -> float | None:
        """A number in [0, 1], 0.5 for guessing; None where no user has samples of both labels."""
        _, weight, area = _by_user(labels, logits, groups)
        # `fsum` is exact, so the numbering of the users cannot change the last digit.
        return math.fsum(weight * area) / int(weight.sum()) if len(weight) else None

    def of_subsets(self, labels: Array, logits: Array, groups: Array, members: Array) -> npt.NDArray[np.float64]:
        """The GAUC of each of K subsets of the users [K]."""
        users, weight, area = _by_user(labels, logits, groups)
        of_users = members[users].astype(np.float64)
        return ratio((weight * area) @ of_users, weight @ of_users)


def _by_user(labels: Array, logits: Array, groups: Array) -> tuple[Array, Array, Array]:
    """The users with samples of both labels, in order, their numbers of samples, and their own AUCs."""
    order = np.lexsort((logits, groups))
    user, score, positive = groups[order], logits[order], np.equal(labels[order], 1)
    if not len(user):
        return user, user, score
    new_user = np.concatenate([[True], user[1:] != user[:-1]])
    # A level is a user's samples of one score: a positive is above the negatives of the user's lower levels.
    first = np.flatnonzero(new_user | np.concatenate([[True], score[1:] != score[:-1]]))
    positives = np.add.reduceat(positive, first, dtype=np.int64)
    negatives = np.add.reduceat(~positive, first, dtype=np.int64)
    users = np.flatnonzero(new_user[first])
    sizes = np.diff(np.append(users, len(first)))
    before = np.cumsum(negatives) - negatives
    below = before - np.repeat(before[users], sizes)
    ordered = np.add.reduceat(positives * (2 * below + negatives), users)
    of_positives, of_negatives = np.add.reduceat(positives, users), np.add.reduceat(negatives, users)
    pairs = 2 * of_positives * of_negatives
    both = pairs > 0
    return user[new_user][both], (of_positives + of_negatives)[both], ordered[both] / pairs[both]
