"""What preparation remembers of the past: all that the samples of later periods depend on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.field_values import FieldValues
from freshrec.data.numbers import Running
from freshrec.data.samples import Samples
from freshrec.data.schema import Labels
from freshrec.data.settings import StreamSettings
from freshrec.data.sorted_runs import SortedRuns
from freshrec.data.turnover import Turnover
from freshrec.data.vocabulary import Vocabulary
from freshrec.data.windows import take_windows

__all__ = ["Positives", "State"]

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Positives:
    """The positives of one period's users: those in it and the last T before it.

    Attributes:
        user: int32 [A], the users with an interaction in the period, ascending.
        begin: int64 [A + 1], where the positives of each begin.
        item: int32 [M], oldest first.
        fields: name of an item field to its values in each of them, [M] rows.
    """

    user: npt.NDArray[np.int32]
    begin: npt.NDArray[np.int64]
    item: npt.NDArray[np.int32]
    fields: Mapping[str, FieldValues] = field(default_factory=dict)

    def newest(self, user: Ints, history: int) -> tuple[Ints, Ints]:
        """The last positives of N users of the period, at most `history` of each.

        Returns:
            Their places int64 [M'] among the positives, user after user and oldest first; and their user [M'].
        """
        at = np.searchsorted(self.user, user)
        begin, end = self.begin[at], self.begin[at + 1]
        places, offsets = take_windows(np.arange(len(self.item)), np.maximum(begin, end - history), end)
        return places, np.repeat(user, np.diff(offsets))


@dataclass(frozen=True)
class State:
    """What is known after the last finished period.

    Attributes:
        settings: how rows become periods.
        labels: who says what was not liked; None before the first rows.
        several: the fields that may have several values.
        time_form: the form of the times, as in `Times`; empty before the first rows.
        planned: when each period of the whole log ends, where that is known: with `periods`, of a log in chunks.
        ends: when each finished period ended (exclusive), in microseconds since 1970 UTC.
        watermark: the newest time seen; None before the first rows.
        is_complete: whether all rows of the log were taken, so that none can follow: with `periods` or paper negatives.
        waiting: rows of periods that are not finished, as `Log.cells`.
        vocabulary: raw values of all ids, with their index.
        newest_period: int32 [U], the newest period in which each user had an interaction.
        item_values: name of an item field to the newest values of each item, [R] rows.
        item_numbers: name of a number of the item to the newest one of each item, float64 [R].
        running: name of a column of numbers to what finished periods tell of it.
        had: the items that each user has had, as `pair_keys`; only where negatives may not be any of them.
        turnover: figures that the next period's are compared with.
        beginning: what tells the stream without periods from others, as `begin_chain` gives it.
        chains: what tells the stream from others after each finished period, as `chained` gives it.
        positives: number of a period to the positives of its users.
        samples: number of a period to its samples.
    """

    settings: StreamSettings
    labels: Labels | None = None
    several: frozenset[str] = frozenset()
    time_form: str = ""
    planned: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    watermark: int | None = None
    is_complete: bool = False
    waiting: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)
    vocabulary: Vocabulary = field(default_factory=Vocabulary, repr=False)
    newest_period: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)
    item_values: Mapping[str, FieldValues] = field(default_factory=dict, repr=False)
    item_numbers: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict, repr=False)
    running: Mapping[str, Running] = field(default_factory=dict, repr=False)
    had: SortedRuns = field(default_factory=SortedRuns, repr=False)
    turnover: Turnover = field(default_factory=Turnover, repr=False)
    beginning: str = ""
    chains: tuple[str, ...] = ()
    positives: Mapping[int, Positives] = field(default_factory=dict, repr=False)
    samples: Mapping[int, Samples] = field(default_factory=dict, repr=False)

    @property
    def periods(self) -> int:
        """How many periods are finished."""
        return len(self.ends)

    @property
    def chain(self) -> str:
        """What tells the stream so far from others."""
        return self.chains[-1] if self.chains else self.beginning

    @property
    def end(self) -> int | None:
        """When the last finished period ended (exclusive); None where there is none."""
        return self.ends[-1] if self.ends else None

    def last_positives(self, user: Ints) -> Positives:
        """The last positives of users, at most `history` of each; of the users that have an id already.

        Args:
            user: distinct, ascending.
        """
        known = user[user < len(self.newest_period)]
        period = self.newest_period[known] if len(known) else np.zeros(0, np.int32)
        parts = [self._of_period(int(number), known[period == number]) for number in np.unique(period)]
        owner = np.concatenate([np.zeros(0, np.int32), *(part[0] for part in parts)])
        order = np.argsort(owner, kind="stable")
        item = np.concatenate([np.zeros(0, np.int32), *(part[1].item for part in parts)])
        names = list(parts[0][1].fields) if parts else []
        fields = {name: FieldValues.join([part[1].fields[name] for part in parts]).take(order) for name in names}
        begin = np.searchsorted(owner[order], np.append(known, np.iinfo(np.int32).max))
        return Positives(known.astype(np.int32), begin.astype(np.int64), item[order], fields)

    def _of_period(self, number: int, user: Ints) -> tuple[Ints, Positives]:
        held = self.positives[number]
        places, owner = held.newest(user, self.settings.history)
        fields = {name: values.take(places) for name, values in held.fields.items()}
        return owner, Positives(held.user, held.begin, held.item[places], fields)
