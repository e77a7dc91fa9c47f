"""One step of the fold: rows of a log and a state become finished periods and the next state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data.accounting import Accounts
from freshrec.data.encode import columns_of
from freshrec.data.late import split_late
from freshrec.data.log import (
    Interactions,
    Log,
    check_labels,
    check_usable,
    interactions_of,
    pinned_unit,
    read_log,
    time_span,
)
from freshrec.data.manifest import begin_chain, chained, describe_period
from freshrec.data.periods import settled_until
from freshrec.data.preparation import Preparation
from freshrec.data.samples import Samples
from freshrec.data.schema import Schema
from freshrec.data.settings import StreamSettings
from freshrec.data.sorted_runs import SortedRuns
from freshrec.data.source import Source
from freshrec.data.state import Positives, State
from freshrec.data.turnover import TurnoverCounter
from freshrec.data.vocabulary import Vocabulary, table_hashes
from freshrec.errors import ConfigError, DataError

__all__ = ["PreparedPeriod", "Step", "read_rows", "settings_after"]


@dataclass(frozen=True)
class PreparedPeriod:
    """A finished period.

    Attributes:
        number: t, counted from 1 over the whole stream.
        samples: its samples.
        positives: the positives of its users.
        entry: what the manifest says of it.
    """

    number: int
    samples: Samples
    positives: Positives
    entry: Mapping[str, Any]


class Step:
    """Rows taken after a state: iterate over it once for the periods that they finish, then ask for `after`.

    Args:
        log: the rows, from `read_rows`; None for none, to finish what waits.
        before: the state.
        finished: whether no row is to come for the periods of these rows, so that the last of them is finished too.

    Attributes:
        accounts: what became of the rows.
        quarantine: the malformed rows, as `set_aside` gives them.
        late: the rows of finished periods, as `Log.cells`.
        numbers: the numbers of the periods.

    Raises:
        ConfigError: rows cannot follow, as the stream was cut into periods of equal count, or has paper negatives.
        DataError: the rows cannot be used as they are.
    """

    def __init__(self, log: Log | None, before: State, *, finished: bool) -> None:
        if before.is_complete:
            raise ConfigError(_no_more(before.settings))
        on_time, self.late, repeated = (pl.DataFrame(), pl.DataFrame(), 0) if log is None else split_late(log, before)
        taken = interactions_of(_together(before.waiting, on_time), before.settings)
        self._state = before if log is None else _pinned(before, log, taken)
        if finished and not before.periods:
            check_usable(taken.rows, before.settings)
        time = taken.rows["time"].to_numpy()
        watermark = max(int(time.max(initial=-1)), -1 if before.watermark is None else before.watermark)
        end = None if finished else settled_until(time, before.settings, watermark, before.end, before.planned)
        now = pl.Series(time < (np.iinfo(np.int64).max if finished else end or 0))
        rows, waiting = taken.rows.filter(now), taken.rows.filter(~now)
        self._state = replace(
            self._state,
            watermark=None if watermark < 0 else watermark,
            waiting=_in_order(waiting),
            is_complete=finished and (before.settings.periods is not None or before.settings.negatives == "paper"),
        )
        self._preparation = Preparation.of(rows, self._state, end) if rows.height or end is not None else None
        self._entries: list[Mapping[str, Any]] = []
        self._positives: dict[int, Positives] = {}
        self._samples: dict[int, Samples] = {}
        self._turnover = TurnoverCounter(before.turnover)
        self.quarantine = pl.DataFrame() if log is None else log.quarantine
        self.accounts = Accounts.of(
            size=0 if log is None else log.size,
            waited=before.waiting.height,
            used=rows.height,
            duplicates=taken.duplicates + repeated,
            late=self.late.height,
            filtered=taken.filtered,
            quarantine=self.quarantine,
            waiting=waiting.height,
            inferred={} if log is None else {**log.inferred, "time": time_span(log.time_form, taken.rows["time"])},
        )

    @property
    def numbers(self) -> range:
        """The numbers of the finished periods."""
        first = self._state.periods + 1
        return range(first, first) if self._preparation is None else self._preparation.numbers

    @property
    def vocabulary(self) -> Vocabulary:
        """The raw values of all ids after the step, without an index of the new ones."""
        return self._state.vocabulary if self._preparation is None else self._preparation.encoded.vocabulary

    @property
    def schema(self) -> Schema:
        """The tables and columns after the step."""
        state = self._state
        rows = {table: len(values) for table, values in self.vocabulary.values.items()}
        return replace(
            columns_of(state.settings),
            rows=rows,
            several=state.several,
            labels=state.labels or "implicit",
            exclude=state.settings.exclusion if state.labels == "implicit" else None,
        )

    def __iter__(self) -> Iterator[PreparedPeriod]:
        """The finished periods, in order."""
        preparation, chain = self._preparation, self._state.chain
        if preparation is None:
            return
        for number in preparation.numbers:
            samples, positives = preparation.period(number)
            known, before = preparation.known(number), self._known_before(number)
            entry = describe_period(number, samples, known)
            entry |= {
                "end": int(preparation.encoded.cut.ends[number - self.numbers.start]),
                "values": preparation.encoded.vocabulary.digests(before, known),
                "turnover": self._turnover.add(samples, known),
            }
            if scales := preparation.scales_after(number):
                entry["scales"] = scales
            chain = chained(chain, entry)
            self._entries.append({**entry, "chain": chain})
            lineage = (*self._state.chains, *(each["chain"] for each in self._entries))
            yield PreparedPeriod(number, replace(samples, lineage=lineage), positives, self._entries[-1])

    def after(self, prepared: Mapping[int, tuple[Samples, Positives]]) -> State:
        """The state after all finished periods.

        Args:
            prepared: number to the samples and positives of each of them, which later steps read again.
        """
        preparation, state = self._preparation, self._state
        if preparation is None:
            return state
        return replace(
            state,
            ends=(*state.ends, *preparation.encoded.cut.ends.tolist()),
            vocabulary=replace(preparation.encoded.vocabulary, index=self._index()),
            newest_period=preparation.newest_period(),
            item_values=preparation.item_values(),
            item_numbers=preparation.item_numbers(),
            running=preparation.running(),
            had=preparation.had(),
            turnover=self._turnover.newest,
            chains=(*state.chains, *(entry["chain"] for entry in self._entries)),
            positives={**state.positives, **{number: each[1] for number, each in prepared.items()}},
            samples={**state.samples, **{number: each[0] for number, each in prepared.items()}},
        )

    def _known_before(self, number: int) -> Mapping[str, int]:
        if self._entries:
            known: Mapping[str, int] = self._entries[-1]["known"]
            return known
        return {} if self._preparation is None else self._preparation.encoded.before

    def _index(self) -> SortedRuns:
        """The index of the vocabulary, with the new ids under the period that brought them."""
        before, held = self._state.vocabulary, self._state.vocabulary.index or SortedRuns()
        periods, hashes, ids = [], [], []
        for table in self.vocabulary.values:
            count = len(before.values.get(table, ()))
            known = [count, *(entry["known"][table] for entry in self._entries)]
            periods.append(np.repeat(np.array(self.numbers), np.diff(known)))
            new = np.arange(count, known[-1], dtype=np.int32)
            hashes.append(table_hashes(table, self.vocabulary.raw(table, new)))
            ids.append(new)
        period: npt.NDArray[np.int64] = np.concatenate(periods)
        order = np.argsort(period, kind="stable")
        return held.added(period[order], np.concatenate(hashes)[order], np.concatenate(ids)[order])


def read_rows(source: Source, before: State) -> Log:
    """Read a log that follows a state: its times have the form of those before.

    Raises:
        DataError: the log cannot be read, or has no rows.
    """
    return read_log(source, settings_after(before))


def settings_after(before: State) -> StreamSettings:
    """The settings that read rows after a state, with the form that times had before."""
    if before.time_form and before.settings.time_unit == "auto":
        return before.settings.model_copy(update={"time_unit": pinned_unit(before.time_form)})
    return before.settings


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose order does not tell how they came, with ids and fields as text."""
    texts = [name for name in rows.columns if name in {"user", "item"} or name.startswith("field:")]
    ordered = rows.with_columns(pl.col(texts).cast(pl.String))
    return ordered.sort("time", *sorted(set(rows.columns) - {"time"}), nulls_last=True)


def _together(waiting: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """The rows of both, with ids as text where their types differ."""
    parts = [part for part in (waiting, cells) if part.width]
    if len(parts) == 2:
        differ = [name for name in parts[0].columns if parts[0][name].dtype != parts[1][name].dtype]
        parts = [part.select(parts[0].columns).with_columns(pl.col(differ).cast(pl.String)) for part in parts]
    return pl.concat(parts)


def _pinned(before: State, log: Log, taken: Interactions) -> State:
    """The state with what the first rows decide; later ones have to agree with it.

    Raises:
        DataError: they do not, or the first rows have positives only where no negatives can be drawn.
    """
    if not before.beginning:
        labels = before.labels or taken.labels
        check_labels(labels, before.settings)
        return replace(
            before,
            labels=labels,
            several=log.several,
            time_form=log.time_form,
            vocabulary=Vocabulary({}, before.settings.null_values),
            beginning=begin_chain(before.settings, labels, log.several),
        )
    if before.labels == "explicit" and not log.has_labels:
        raise DataError("these rows have no labels, but those before them have. Give rows with the column of labels.")
    if before.labels == "implicit" and log.cells["label"].min() == 0:
        raise DataError(
            "these rows have labels that are 0, but all rows before them are positives, so that negatives were drawn. "
            "Prepare all rows anew, or take every row as a positive with label_column = None (--no-labels)."
        )
    if several := log.several - before.several:
        raise DataError(
            f"column {min(several)!r} holds lists, but held single values in the rows before. Give it in one form."
        )
    return before


def _no_more(settings: StreamSettings) -> str:
    if settings.periods is not None:
        return (
            f"the stream was cut into {settings.periods} periods of equal count of a finished log, and more rows would "
            "move their borders. Prepare it anew with period (such as 1d) or period_rows, which leave them in place."
        )
    return (
        "the stream has negatives = 'paper', which are drawn from all items of a finished log. Prepare it anew with "
        "causal negatives to add rows."
    )
