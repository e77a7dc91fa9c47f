"""From a log to the samples of any of its periods, made one period at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from freshrec.data.encode import Encoded, encode
from freshrec.data.histories import Past
from freshrec.data.log import Log, read_log
from freshrec.data.manifest import FORMAT, describe_tables, seal
from freshrec.data.negatives import Exclusions, draw_negatives, occurrences
from freshrec.data.newest_rows import NewestRows
from freshrec.data.numbers import RunningMoments, scales_of
from freshrec.data.samples import Samples
from freshrec.data.settings import StreamSettings
from freshrec.data.source import Source
from freshrec.data.turnover import mean_turnover
from freshrec.hashing import hash_columns, hash_further
from freshrec.seeds import derive

__all__ = ["Preparation"]

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Preparation:
    """A log read, numbered and cut, from which each period's samples follow.

    Attributes:
        settings: how.
        log: what came, and what became of its rows.
        encoded: its N interactions as ids.
        bounds: int64 [P + 1], where each period begins among them.
        instant: int64 [N], each interaction's time as its place among the distinct times.
        past: all positives, for histories.
        excluded: what negatives may not be; None where the log says itself what was not liked.
        newest: the rows that negatives have the item's values of; None where there are no negatives.
        scales: name of a number to its moments before each period.
    """

    settings: StreamSettings
    log: Log
    encoded: Encoded
    bounds: npt.NDArray[np.int64]
    instant: npt.NDArray[np.int64]
    past: Past
    excluded: Exclusions | None
    newest: NewestRows | None
    scales: Mapping[str, Sequence[RunningMoments]]

    @classmethod
    def of(cls, source: Source, settings: StreamSettings) -> Self:
        """Read a log as the settings say.

        Raises:
            DataError: the log cannot be read, or cannot be used as it is.
        """
        log = read_log(source, settings)
        data = encode(log, settings)
        instant = np.cumsum(np.diff(data.time, prepend=data.time[:1]) > 0, dtype=np.int64)
        users, items = data.schema.rows["user"], data.schema.rows["item"]
        liked = data.label == 1
        user, item, when, instants = data.user[liked], data.item[liked], instant[liked], int(instant[-1]) + 1
        past, excluded, newest = Past.of(user, np.flatnonzero(liked), when, users, instants), None, None
        if log.labels == "implicit":
            columns: list[Ints] = [data.fields[name].code for name in data.schema.item_fields]
            of_items = set(settings.item_numbers).intersection(data.numbers)
            columns += [np.unique(data.numbers[name], return_inverse=True)[1] for name in sorted(of_items)]
            newest = NewestRows.of(data.item, instant, columns, items, instants)
            excluded = Exclusions.of(settings.exclusion, user, item, when, users, items, instants)
        scales = {name: scales_of(column, data.bounds) for name, column in data.numbers.items()}
        return cls(settings, log, data, data.bounds, instant, past, excluded, newest, scales)

    @property
    def numbers(self) -> range:
        """The numbers of the periods, from 1."""
        return range(1, len(self.bounds))

    def known(self, number: int) -> dict[str, int]:
        """Table name to how many of its ids were seen by the end of period `number`."""
        seen = self.encoded.time[: self.bounds[number]][-1:]
        return {
            table: int(np.searchsorted(first, seen[0], side="right")) if len(seen) else 0
            for table, first in self.encoded.first.items()
        }

    def samples(self, number: int) -> Samples:
        """The samples of period `number`, counted from 1; nothing that is known only later enters them."""
        data, rows = self.encoded, np.arange(self.bounds[number - 1], self.bounds[number])
        item, label, item_rows = data.item[rows], data.label[rows], rows
        past, start, end = self.past.windows(data.user[rows], self.instant[rows], self.settings.history)
        if self.excluded is not None and self.newest is not None:
            each = self.settings.negatives_per_positive
            # Each positive is followed by its negatives; -1 stands where no item was left.
            item = np.column_stack([item, self._negatives(self.excluded, rows, each)]).ravel()
            drawn = item >= 0
            source = np.repeat(np.arange(len(rows)), 1 + each)[drawn]
            label = (np.arange(len(item)) % (1 + each) == 0).astype(np.int8)[drawn]
            item, rows, start, end = item[drawn], rows[source], start[source], end[source]
            if data.schema.item_fields or self.settings.item_numbers:
                item_rows = np.where(label == 1, rows, self.newest.of_items(item, self.instant[rows]))
        return Samples(
            data.schema,
            data.user[rows],
            item,
            data.time[rows],
            label,
            start,
            end,
            data.item[past],
            fields={
                name: cells.take(item_rows if name in data.schema.item_fields else rows)
                for name, cells in data.fields.items()
            },
            past_fields={name: data.fields[name].take(past) for name in data.schema.item_fields},
            numbers={
                name: self.scales[name][number - 1].standardised(
                    column[item_rows if name in self.settings.item_numbers else rows]
                )
                for name, column in data.numbers.items()
            },
        )

    def manifest(self, periods: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The sealed manifest, given what `describe_period` says of each period, with its `turnover`."""
        wanted = sum(period["positives"] for period in periods) * self.settings.negatives_per_positive
        drawn = sum(period["negatives"] for period in periods)
        reasons = self.log.quarantine["reason"].value_counts().sort("reason")
        return seal(
            {
                "format": FORMAT,
                "name": self.settings.name,
                "settings": {**self.settings.model_dump(mode="json"), "exclude": self.settings.exclusion},
                "labels": self.log.labels,
                "rows": self.log.rows,
                "quarantined": dict(reasons.iter_rows()),
                "inferred": self.log.inferred,
                "samples": sum(period["size"] for period in periods),
                "negatives_lacking": 0 if self.excluded is None else wanted - drawn,
                "periods": list(periods),
                "turnover": mean_turnover([period["turnover"] for period in periods]),
                **describe_tables(self.encoded.schema, self.encoded.vocabulary),
            }
        )

    def _negatives(self, excluded: Exclusions, rows: Ints, each: int) -> npt.NDArray[np.int32]:
        """The negatives [N, each] of N positives; -1 stands where no item was left.

        The key of a draw is (seed, user, item, time, occurrence, number of the negative): ids are those of first
        appearance, times microseconds, and the occurrence counts equal rows. Nothing in it depends on the period.
        """
        user, item, time = self.encoded.user[rows], self.encoded.item[rows], self.encoded.time[rows]
        known = np.full(len(user), excluded.items)
        if self.settings.negatives == "causal":
            known = np.searchsorted(self.encoded.first["item"], time, side="right")
        key = hash_columns(derive(self.settings.seed, "negatives"), user, item, time, occurrences(user, item, time))
        drawn = draw_negatives(
            excluded,
            np.repeat(excluded.owner(user, self.instant[rows]), each),
            np.repeat(self.instant[rows], each),
            np.repeat(known, each),
            hash_further(key[:, None], np.arange(each)).ravel(),
        )
        return drawn.reshape(len(user), each)
