"""From the rows of finished periods to the samples of any of them, made one period at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.encode import Cells, Encoded, encode
from freshrec.data.field_values import FieldValues
from freshrec.data.histories import Past
from freshrec.data.negatives import Exclusions, draw_negatives, occurrences, pair_keys
from freshrec.data.newest_rows import NewestRows
from freshrec.data.numbers import Running, RunningMoments, RunningQuantiles, scales_of
from freshrec.data.samples import Samples
from freshrec.data.sorted_runs import SortedRuns
from freshrec.data.state import Positives, State
from freshrec.hashing import hash_columns, hash_further
from freshrec.seeds import derive

__all__ = ["Preparation"]

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Preparation:
    """Consecutive periods, numbered and cut, from which the samples of each follow.

    The past stands before the N interactions of the periods as C rows of its own: the last positives of their users,
    and the newest values of all items.

    Attributes:
        before: the state that the periods follow.
        encoded: C + N rows as ids; its `vocabulary` and `schema` are those after the periods.
        context: C.
        instant: int64 [C + N], each row's time as its place among the distinct times; 0 for a row of the past.
        past: all positives, for histories.
        newest: the rows that negatives have the item's values of; None where they need none.
        scales: name of a number to its moments before each period, and after the last.
        pairs: the user and item of each positive and its instant, each [M], ascending in time.
        excluded: what negatives may not be; None where there are none, or where it differs from period to period.
    """

    before: State
    encoded: Encoded
    context: int
    instant: npt.NDArray[np.int64]
    past: Past
    newest: NewestRows | None
    scales: Mapping[str, Sequence[RunningMoments]]
    pairs: tuple[Ints, Ints, Ints]
    excluded: Exclusions | None

    @classmethod
    def of(cls, rows: pl.DataFrame, before: State, end: int | None = None) -> Self:
        """Number and cut interactions.

        Args:
            rows: of whole periods, as `Interactions.rows`; all after those of earlier periods.
            before: the state that they follow; it knows who says what was not liked.
            end: when the last period ends; by default with the last row.

        Raises:
            DataError: there are fewer instants than periods, or the calendar makes too many.
        """
        settings, labels = before.settings, before.labels or "implicit"
        quantiles = {name: held for name, held in before.running.items() if isinstance(held, RunningQuantiles)}
        new = encode(
            rows,
            settings,
            labels,
            before.several,
            before.vocabulary,
            quantiles=quantiles,
            begin=before.end,
            end=end,
            planned=before.planned,
        )
        data, context = _after_the_past(new, before)
        step = np.diff(new.time, prepend=new.time[:1]) > 0
        instant = np.concatenate([np.zeros(context, np.int64), 1 + np.cumsum(step, dtype=np.int64)])
        users, items = (data.schema.rows.get(table, 0) for table in ("user", "item"))
        instants = int(instant.max(initial=0)) + 1
        liked = data.label == 1
        past = Past.of(data.user[liked], np.flatnonzero(liked), instant[liked], users, instants)
        liked[:context] = False
        pairs = data.user[liked], data.item[liked], instant[liked]
        newest = excluded = None
        if labels == "implicit":
            columns: list[Ints] = [data.fields[name].code for name in data.schema.item_fields]
            of_items = set(settings.item_numbers).intersection(data.numbers)
            columns += [np.unique(data.numbers[name], return_inverse=True)[1] for name in sorted(of_items)]
            if columns:
                newest = NewestRows.of(data.item, instant, columns, items, instants)
            if settings.had_within is None:
                excluded = Exclusions.of(settings.exclusion, *pairs, users, items, instants, before.had)
        moments = {name: held for name, held in before.running.items() if isinstance(held, RunningMoments)}
        scales = {name: scales_of(column, data.cut.bounds, moments.get(name)) for name, column in new.numbers.items()}
        return cls(before, data, context, instant, past, newest, scales, pairs, excluded)

    @property
    def numbers(self) -> range:
        """The numbers of the periods."""
        return range(self.before.periods + 1, self.before.periods + len(self.encoded.cut.ends) + 1)

    def known(self, number: int) -> dict[str, int]:
        """Table name to how many of its ids were seen by the end of period `number`."""
        seen = self.encoded.time[self.context : self._rows(number).stop][-1:]
        return {
            table: int(self.encoded.known(table, seen)[0]) if len(seen) else count
            for table, count in self.encoded.before.items()
        }

    def period(self, number: int) -> tuple[Samples, Positives]:
        """The samples of period `number`, and the positives of its users; nothing of later periods enters them."""
        settings, data, within = self.before.settings, self.encoded, self._rows(number)
        rows = np.arange(within.start, within.stop)
        item, label, item_rows = data.item[rows], data.label[rows], rows
        past, start, end = self.past.windows(data.user[rows], self.instant[rows], settings.history)
        if data.schema.labels == "implicit":
            each = settings.negatives_per_positive
            # Each positive is followed by its negatives; -1 stands where no item was left.
            item = np.column_stack([item, self._negatives(number, rows, each)]).ravel()
            drawn = item >= 0
            source = np.repeat(np.arange(len(rows)), 1 + each)[drawn]
            label = (np.arange(len(item)) % (1 + each) == 0).astype(np.int8)[drawn]
            item, rows, start, end = item[drawn], rows[source], start[source], end[source]
            if self.newest is not None:
                item_rows = np.where(label == 1, rows, self.newest.of_items(item, self.instant[rows]))
        past_fields = {name: data.fields[name].take(past) for name in data.schema.item_fields}
        samples = Samples(
            data.schema,
            data.user[rows] if "user" in data.schema.rows else np.arange(len(rows), dtype=np.int32),
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
            past_fields=past_fields,
            numbers={
                name: self.scales[name][number - self.numbers.start].standardised(
                    column[item_rows if name in settings.item_numbers else rows]
                )
                for name, column in data.numbers.items()
            },
        )
        users = np.unique(data.user[within])
        begin = np.searchsorted(data.user[past], np.append(users, np.iinfo(np.int32).max))
        return samples, Positives(users, begin.astype(np.int64), samples.positives, past_fields)

    def newest_period(self) -> npt.NDArray[np.int32]:
        """The newest period in which each user had an interaction, int32 [U], after the last period."""
        if "user" not in self.encoded.schema.rows:
            return np.zeros(0, np.int32)
        held = self.before.newest_period
        newest = np.zeros(self.encoded.schema.rows["user"], np.int32)
        newest[: len(held)] = held
        numbers = np.repeat(np.array(self.numbers, np.int32), np.diff(self.encoded.cut.bounds))
        newest[self.encoded.user[self.context :]] = numbers
        return newest

    def item_values(self) -> Mapping[str, FieldValues]:
        """The newest values of each item's fields, [R] rows each, after the last period."""
        if self.newest is None:
            return {}
        rows = self._newest_rows()
        return {name: self.encoded.fields[name].take(rows) for name in self.encoded.schema.item_fields}

    def item_numbers(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """The newest numbers of each item, float64 [R] each, after the last period."""
        if self.newest is None:
            return {}
        names = [name for name in self.before.settings.item_numbers if name in self.encoded.numbers]
        return {name: self.encoded.numbers[name][self._newest_rows()] for name in names}

    def running(self) -> Mapping[str, Running]:
        """What all periods up to the last tell of each column of numbers."""
        return {**{name: scales[-1] for name, scales in self.scales.items()}, **self.encoded.quantiles}

    def scales_after(self, number: int) -> dict[str, dict[str, Any]]:
        """How numbers of rows after period `number` become inputs: `mean` and `deviation`, or the `edges` of bins."""
        place = number - self.numbers.start
        scales = {name: scales[place + 1] for name, scales in self.scales.items()}
        return {
            **{name: {"mean": scale.mean, "deviation": scale.deviation} for name, scale in scales.items()},
            **{name: {"edges": edges[place].tolist()} for name, edges in self.encoded.edges.items()},
        }

    def had(self) -> SortedRuns:
        """The pairs of users and the items they have had, after the last period; empty where they are not needed."""
        if self.excluded is None or self.excluded.moments is not None:
            return self.before.had
        excluded = self.excluded
        user, item = np.divmod(excluded.key, excluded.items)
        first = np.searchsorted(self.instant, excluded.first) - self.context
        number = self.before.periods + np.searchsorted(self.encoded.cut.bounds, first, side="right")
        return self.before.had.added(number, pair_keys(user, item))

    def _newest_rows(self) -> npt.NDArray[np.int64]:
        """The newest row of each item [R]."""
        items = np.arange(self.encoded.schema.rows["item"])
        if self.newest is None:
            return items[:0]
        return self.newest.of_items(items, np.full(len(items), self.newest.instants - 1))

    def _rows(self, number: int) -> slice:
        place = number - self.before.periods
        return slice(
            self.context + int(self.encoded.cut.bounds[place - 1]), self.context + int(self.encoded.cut.bounds[place])
        )

    def _negatives(self, number: int, rows: Ints, each: int) -> npt.NDArray[np.int32]:
        """The negatives [N, each] of N positives; -1 stands where no item was left.

        The key of a draw is (seed, user, item, time, occurrence, number of the negative): ids are those of first
        appearance, times microseconds, and the occurrence counts equal rows. Nothing in it depends on the period.
        """
        settings, excluded = self.before.settings, self.excluded or self._recently_had(number)
        user, item, time = self.encoded.user[rows], self.encoded.item[rows], self.encoded.time[rows]
        known: Ints = np.full(len(user), excluded.items)
        if settings.negatives == "causal":
            known = self.encoded.known("item", time)
        key = hash_columns(derive(settings.seed, "negatives"), user, item, time, occurrences(user, item, time))
        drawn = draw_negatives(
            excluded,
            np.repeat(excluded.owner(user, self.instant[rows]), each),
            np.repeat(self.instant[rows], each),
            np.repeat(known, each),
            hash_further(key[:, None], np.arange(each)).ravel(),
        )
        return drawn.reshape(len(user), each)

    def _recently_had(self, number: int) -> Exclusions:
        """What users have had in period `number` and in the `had_within` before it."""
        first = max(1, number - (self.before.settings.had_within or 0))
        parts = [np.zeros((3, 0), np.int64)]
        for earlier in range(first, min(self.before.periods, number - 1) + 1):
            samples = self.before.samples[earlier]
            liked = samples.label == 1
            pair = samples.user[liked], samples.item[liked]
            parts.append(np.array([*pair, np.zeros(len(pair[0]), np.int64)]))
        begin, end = self._rows(max(first, self.before.periods + 1)).start, self._rows(number).stop
        user, item, instant = self.pairs
        within = slice(*np.searchsorted(instant, self._instants(begin, end)))
        parts.append(np.array([user[within], item[within], instant[within]]))
        rows = self.encoded.schema.rows
        users, items, instants = np.concatenate(parts, axis=1)
        count = int(self.instant.max(initial=0)) + 1
        return Exclusions.of("had", users, items, instants, rows["user"], rows["item"], count)

    def _instants(self, begin: int, end: int) -> tuple[int, int]:
        """The instants of rows from `begin` up to `end`, the first and the one after the last."""
        within = self.instant[begin:end]
        return (int(within[0]), int(within[-1]) + 1) if len(within) else (0, 0)


def _after_the_past(new: Encoded, before: State) -> tuple[Encoded, int]:
    """The new rows after those of the past that they depend on, and how many of these there are."""
    positives = before.last_positives(np.unique(new.user))
    owners = np.repeat(positives.user, np.diff(positives.begin))
    items = np.zeros(0, np.int32)
    if (before.item_values or before.item_numbers) and new.schema.labels == "implicit":
        items = np.arange(new.before["item"], dtype=np.int32)
    context = len(owners) + len(items)
    if not context:
        return new, 0
    none, earlier = np.zeros(context, np.int32), np.full(context, -1, np.int64)
    label = np.repeat(np.array([1, 0], np.int8), [len(owners), len(items)])
    fields = {}
    for name, cells in new.fields.items():
        if name in new.schema.item_fields:
            values = [part for part in (positives.fields.get(name), before.item_values.get(name)) if part is not None]
            fields[name] = cells.after(FieldValues.join(values if len(items) else values[:1]))
        else:
            fields[name] = Cells(np.concatenate([none, cells.code]), cells.values)
    numbers = {}
    for name, column in new.numbers.items():
        newest = before.item_numbers.get(name, np.full(len(items), np.nan))
        numbers[name] = np.concatenate([np.full(len(owners), np.nan), newest[: len(items)], column])
    data = replace(
        new,
        user=np.concatenate([owners, np.zeros(len(items), np.int32), new.user]),
        item=np.concatenate([positives.item, items, new.item]),
        time=np.concatenate([earlier, new.time]),
        label=np.concatenate([label, new.label]),
        fields=fields,
        numbers=numbers,
    )
    return data, context
