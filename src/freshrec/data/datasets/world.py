"""The truth behind a synthetic log: who likes what in which period, from latent factors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from freshrec.data.datasets.drift import Drift
from freshrec.errors import ConfigError
from freshrec.seeds import numpy_rng

__all__ = ["BEGINNING", "DAY", "World"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BEGINNING = 1_577_836_800
"""1 January 2020, in seconds since 1970 UTC: period 1 begins."""

DAY = 86_400
"""Seconds of a period."""


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
    def born_part(self) -> Ints:
        """The part of its period in which each item appears, int64 [I]: the first for those of period 1."""
        born, parts = self.born, self.drift.parts
        begin, count = np.searchsorted(born, born), np.bincount(born)[born]
        place = np.arange(len(born)) - begin
        return np.where(born == 1, 1, 1 + place * parts // count)

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

    def there(self, period: int, part: int | None = None) -> npt.NDArray[np.bool_]:
        """Which items are there in a part of a period, bool [I].

        Args:
            period: counted from 1.
            part: counted from 1; the last one where left out.

        Raises:
            ConfigError: there is no such period or part.
        """
        drift, part = self.drift, self.drift.parts if part is None else part
        for name, value, most in (("period", period, drift.periods), ("part", part, drift.parts)):
            if not 1 <= value <= most:
                raise ConfigError(f"{name} is {value}, expected 1 to {most}, as the drift says.")
        appeared = (self.born < period) | ((self.born == period) & (self.born_part <= part))
        there: npt.NDArray[np.bool_] = appeared & (period < self.gone)
        return there

    def popularity(self, period: int, part: int | None = None) -> Floats:
        """The popularity of each item in a part of a period, float64 [I]; 0 for items that are not there.

        It is exp(`drift.popularity` * z) with z standard normal when the item appears, and halves every
        `drift.half_life` periods.
        """
        drift, there, part = self.drift, self.there(period, part), self.drift.parts if part is None else part
        logs = drift.popularity * numpy_rng(drift.seed, "drift", "popularity").standard_normal(drift.items)
        if drift.half_life is not None:
            age = period - self.born + (part - self.born_part) / drift.parts
            logs -= np.log(2) * age / drift.half_life
        popularity = np.zeros(drift.items)
        popularity[there] = np.exp(logs[there])
        return popularity

    def tastes(self, period: int) -> Floats:
        """What users like in a period, float64 [U, factors] of variance 1."""
        drift, shape = self.drift, (self.drift.users, self.drift.factors)
        tastes = numpy_rng(drift.seed, "drift", "tastes", 1).standard_normal(shape)
        if drift.taste_change:
            for each in range(2, period + 1):
                fresh = numpy_rng(drift.seed, "drift", "tastes", each).standard_normal(shape)
                tastes = np.sqrt(1 - drift.taste_change) * tastes + np.sqrt(drift.taste_change) * fresh
        return tastes

    def preference(self, period: int, part: int | None = None, users: Ints | None = None) -> Floats:
        """The chance of each item to be what each user takes next, float64 [U, I]; rows sum to 1.

        It is noise * popularity / sum(popularity) + (1 - noise) * p, where p is proportional to popularity *
        exp(sharpness * taste . quality / sqrt(factors)); 0 for items that are not there.

        Args:
            period: counted from 1.
            part: of the period, counted from 1; the last one where left out.
            users: the users, int64 [U]; all where left out.
        """
        drift, popularity = self.drift, self.popularity(period, part)
        there = popularity > 0
        weights = popularity[there]
        tastes = self.tastes(period)
        scores = (tastes if users is None else tastes[users]) @ self.qualities[there].T
        scores *= drift.sharpness / np.sqrt(drift.factors)
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores *= weights
        scores *= (1 - drift.noise) / scores.sum(axis=1, keepdims=True)
        scores += drift.noise * weights / weights.sum()
        chances = np.zeros((len(scores), drift.items))
        chances[:, there] = scores
        return chances

    def chance(self, user: Ints, item: Ints, time: Ints) -> Floats:
        """The probability that what a user takes next is the item, float64 [N]; no ranking is better.

        Args:
            user: numbers of users as in the log, [N].
            item: numbers of items, [N].
            time: microseconds since 1970 UTC, as `Samples.timestamp`, int64 [N].

        Raises:
            ConfigError: a time is in no period.
        """
        moment = (time // 1_000_000 - BEGINNING) * self.drift.parts // DAY
        chances = np.empty(len(user))
        for each in np.unique(moment):
            rows = np.flatnonzero(moment == each)
            active, place = np.unique(user[rows], return_inverse=True)
            period, part = divmod(int(each), self.drift.parts)
            chances[rows] = self.preference(period + 1, part + 1, active)[place, item[rows]]
        return chances

    def auc(self, period: int, knowing: int) -> float:
        """The AUC in one period of whoever knows the truth of another, users and parts of the period counting equally.

        It is the chance that an item a user takes in `period` is ranked above one that is drawn equally likely from
        those there, by the preference of period `knowing`; ties count half. In `period` itself the truth is that of
        each part, and of another period that of its last part. `auc(t, t)` is the best that any model can do;
        `auc(t, t) - auc(t, t - 1)` is what being one period late costs at least.
        """
        parts = range(1, self.drift.parts + 1)
        return float(np.mean([self._auc(period, part, knowing) for part in parts]))

    def _auc(self, period: int, part: int, knowing: int) -> float:
        there = self.there(period, part)
        known = self.preference(knowing, part if knowing == period else None)
        taken, ranked = self.preference(period, part)[:, there], known[:, there]
        order = np.argsort(ranked, axis=1, kind="stable")
        scores, chances = np.take_along_axis(ranked, order, axis=1), np.take_along_axis(taken, order, axis=1)
        place = np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
        differs = scores[:, 1:] != scores[:, :-1]
        # Among equal scores, the first one's place is how many are below, the last one's how many are not above.
        first = np.maximum.accumulate(np.where(np.pad(differs, ((0, 0), (1, 0))), place, 0), axis=1)
        ends = np.where(np.pad(differs, ((0, 0), (0, 1)), constant_values=True), place + 1, scores.shape[1])
        last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
        return float((chances * (first + last)).sum() / (2 * scores.size))
