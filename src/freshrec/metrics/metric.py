"""The contract of a metric: how well a period's logits fit its labels, as one number."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Better", "Form", "Metric"]

Array: TypeAlias = npt.NDArray[Any]
Better: TypeAlias = Literal["higher", "lower", "nearer"]
Form: TypeAlias = Callable[[float, float], float | None]


class Metric(ABC):
    """A number that says how well logits fit labels, and everything that is needed to rank, name and draw it.

    A subclass sets the class attributes and defines `of`. Metrics are stateless: two instances of a class are alike.

    >>> import numpy as np
    >>> class Brier(Metric):
    ...     name, title, better = "brier", "Brier score", "lower"
    ...
    ...     def of(self, labels, logits, groups):
    ...         return float(np.mean((1 / (1 + np.exp(-logits)) - labels) ** 2))
    >>> Brier().of(np.array([1, 0]), np.zeros(2), np.array([7, 7]))
    0.25

    Attributes:
        name: the metric's key in results and its column in files: lower-case letters, digits and underscores.
        title: the metric in the middle of a sentence, such as `log loss`.
        better: which values are better: `higher`, `lower`, or `nearer` to `ideal`.
        unit: of the values, such as `nats`; empty for a plain number.
        ideal: the best possible value where nearer is better.
        undefined: when `of` is None, such as `all labels are equal`; empty if it always has a value.
        chance: the value of scores that know nothing; None where there is no such value.
        order_only: whether the order of the logits decides alone; the others need log odds, which BPR does not train.
        forms: further ways to state an improvement over a baseline, by title; each takes the value and the baseline's.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    better: ClassVar[Better]
    unit: ClassVar[str] = ""
    ideal: ClassVar[float] = 0.0
    undefined: ClassVar[str] = ""
    chance: ClassVar[float | None] = None
    order_only: ClassVar[bool] = False
    forms: ClassVar[Mapping[str, Form]] = {}

    @abstractmethod
    def of(self, labels: Array, logits: Array, groups: Array) -> float | None:
        """The metric of N samples, in whichever order they come.

        `measure` checks the arguments once for all metrics.

        Args:
            labels: 0 or 1 [N].
            logits: log odds of label 1 [N], without NaN.
            groups: the user of each sample [N].

        Returns:
            The value; None where it is undefined, as it always is for N = 0.
        """

    def of_subsets(self, labels: Array, logits: Array, groups: Array, members: Array) -> npt.NDArray[np.float64]:
        """The metric of each of K subsets of the users, which intervals are made of.

        It calls `of` K times. A subclass may compute the same in a faster way; all metrics of this package do.

        Args:
            labels: 0 or 1 [N].
            logits: log odds of label 1 [N], without NaN.
            groups: the row of `members` that each sample belongs to, one row a user [N].
            members: uint8 [U, K], 1 where subset k has the samples of user u, else 0.

        Returns:
            float64 [K]; NaN where the metric is undefined.
        """
        values = np.full(members.shape[1], np.nan)
        for k, inside in enumerate(members.T.astype(np.bool_)):
            rows = inside[groups]
            value = self.of(labels[rows], logits[rows], groups[rows])
            if value is not None:
                values[k] = value
        return values

    @property
    def heading(self) -> str:
        """The title at the beginning of a line."""
        return self.title[:1].upper() + self.title[1:]

    def goodness(self, value: float) -> float:
        """The value on a scale where higher is better, whichever direction the metric has."""
        if self.better == "nearer":
            return -abs(value - self.ideal)
        return value if self.better == "higher" else -value

    def improvement(self, value: float | None, base: float | None) -> float | None:
        """How much better a value is than a baseline's, in percent of the latter; positive is better.

        Where nearer is better, it is the share by which the distance to the ideal shrinks.

        Returns:
            The percentage; None where a value is missing, or the baseline's is 0, ideal or infinite.
        """
        if value is None or base is None or not self.goodness(base):
            return None
        percent = 100 * (self.goodness(value) - self.goodness(base)) / abs(self.goodness(base))
        return None if math.isnan(percent) else percent
