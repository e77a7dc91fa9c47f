"""The truth behind a synthetic log: who likes what in which period, from latent factors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from freshrec.data.datasets.drift import Drift
from freshrec.errors import ConfigError
from freshrec.seeds import numpy_rng

__all__ = ["World"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """U users and I items over P periods, counted from 1; all follows from the drift and its seed.

    Attributes:
        drift: how the world changes.
    """

    drift: Drift

    @cached_property
    def category(self) -> Ints:
        """The category of each item, int64 [I]."""
        return numpy_rng(self.drift.seed, "drift", "category").integers(0, self.drift.categories, self.drift.items)

    @cached_property
    def qualities(self) -> Floats:
        """What tastes are about, float64 [I, factors] of variance 1: half an item's category, half its own."""
        random = numpy_rng(self.drift.seed, "drift", "qualities")
        centres = random.standard_normal((self.drift.categories, self.drift.factors))
        own = random.standard_normal((self.drift.items, self.drift.factors))
        both: Floats = np.sqrt(0.5) * (centres[self.category] + own)
        return both

    @cached_property
    def born(self) -> Ints:
        """The period in which each item appears, int64 [I]; item 0 is there from the first."""
        drift = self.drift
        number = np.arange(drift.items)
        # Of all items, as many come last as the rate says; the rest is there from the beginning.
        later = round(drift.new_items * (drift.periods - 1) * (drift.items - 1))
        place = number - (drift.items - later)
        return np.where(place < 0, 1, 2 + place * (drift.periods - 1) // max(later, 1))

    @cached_property
    def gone(self) -> Ints:
        """The period from which each item is no longer there, int64 [I]; item 0 stays."""
        drift = self.drift
        random = numpy_rng(drift.seed, "drift", "gone")
        never = np.full(drift.items, drift.periods + 1)
        if drift.dying_items:
            lasts = np.minimum(random.geometric(drift.dying_items, drift.items), drift.periods)
            never[1:] = np.minimum(self.born + lasts, drift.periods + 1)[1:]
        return never

    def there(self, period: int) -> npt.NDArray[np.bool_]:
        """Which items are there in a period, bool [I].

        Raises:
            ConfigError: there is no such period.
        """
        if not 1 <= period <= self.drift.periods:
            raise ConfigError(f"period is {period}, expected 1 to {self.drift.periods}, as the drift says.")
        return (self.born <= period) & (period < self.gone)

    def tastes(self, period: int) -> Floats:
        """What users like in a period, float64 [U, factors] of variance 1."""
        drift, shape = self.drift, (self.drift.users, self.drift.factors)
        tastes = numpy_rng(drift.seed, "drift", "tastes", 1).standard_normal(shape)
        if drift.taste_change:
            for each in range(2, period + 1):
                fresh = numpy_rng(drift.seed, "drift", "tastes", each).standard_normal(shape)
                tastes = np.sqrt(1 - drift.taste_change) * tastes + np.sqrt(drift.taste_change) * fresh
        return tastes

    def preference(self, period: int) -> Floats:
        """The chance of each item to be what each user takes next, float64 [U, I]; rows sum to 1.

        It is noise / n + (1 - noise) * softmax(sharpness * tastes @ qualities / sqrt(factors)) over the n items that
        are there, and 0 for the others.
        """
        drift, there = self.drift, self.there(period)
        scores = self.tastes(period) @ self.qualities[there].T
        scores *= drift.sharpness / np.sqrt(drift.factors)
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores *= (1 - drift.noise) / scores.sum(axis=1, keepdims=True)
        scores += drift.noise / there.sum()
        chances = np.zeros((drift.users, drift.items))
        chances[:, there] = scores
        return chances

    def auc(self, period: int, knowing: int) -> float:
        """The AUC in one period of whoever knows the truth of another, users counting equally.

        It is the chance that an item a user takes in `period` is ranked above one that is drawn equally likely from
        those there, by the preference of period `knowing`; ties count half. `auc(t, t)` is the best that any model
        can do; `auc(t, t) - auc(t, t - 1)` is what being one period late costs at least.
        """
        there = self.there(period)
        taken, ranked = self.preference(period)[:, there], self.preference(knowing)[:, there]
        order = np.argsort(ranked, axis=1, kind="stable")
        scores, chances = np.take_along_axis(ranked, order, axis=1), np.take_along_axis(taken, order, axis=1)
        place = np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
        differs = scores[:, 1:] != scores[:, :-1]
        # Among equal scores, the first one's place is how many are below, the last one's how many are not above.
        first = np.maximum.accumulate(np.where(np.pad(differs, ((0, 0), (1, 0))), place, 0), axis=1)
        ends = np.where(np.pad(differs, ((0, 0), (0, 1)), constant_values=True), place + 1, scores.shape[1])
        last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
        return float((chances * (first + last)).sum() / (2 * scores.size))
