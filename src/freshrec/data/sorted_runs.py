"""Keys in sorted runs, one for a stretch of periods each, which merge geometrically as periods are added.

It is the idea of a log-structured merge tree (O'Neil, Cheng, Gawlick, O'Neil: "The Log-Structured Merge-Tree", Acta
Informatica 33, 1996): what a period adds is a run of its own, and a run is merged with the one before it where that is
less than twice as large. So there are at most as many runs as the number of keys has bits, and every key is rewritten
as many times at most. Which runs there are follows from the number of keys of each period alone, not from how many
periods were added at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt

from freshrec.data.windows import take_windows

__all__ = ["Run", "SortedRuns", "Span", "merged_spans"]

Keys: TypeAlias = npt.NDArray[np.uint64]
Ints: TypeAlias = npt.NDArray[np.integer]

_RATIO = 2
"""A run that is less than so many times as large as the next one is merged with it."""


@dataclass(frozen=True)
class Span:
    """Consecutive periods whose keys are, or will be, in one run.

    Attributes:
        first: number of the first period.
        last: number of the last one.
        size: how many keys they have.
    """

    first: int
    last: int
    size: int

    @property
    def name(self) -> str:
        """The periods as in names of files, such as 00001_00016."""
        return f"{self.first:05d}_{self.last:05d}"


def merged_spans(before: Iterable[Span], added: Iterable[tuple[int, int]]) -> list[Span]:
    """The spans after some periods were added.

    Args:
        before: spans, by period.
        added: the number of each further period and the number of its keys; one without keys adds nothing.

    >>> [span.name for span in merged_spans([], [(1, 5), (2, 0), (3, 4), (4, 1)])]
    ['00001_00003', '00004_00004']
    """
    spans = list(before)
    for number, size in added:
        if size:
            spans.append(Span(number, number, size))
        while len(spans) > 1 and spans[-2].size < _RATIO * spans[-1].size:
            newest, older = spans.pop(), spans.pop()
            spans.append(Span(older.first, newest.last, older.size + newest.size))
    return spans


@dataclass(frozen=True)
class Run:
    """The keys of a span, in memory or in a mapped file.

    Attributes:
        span: which periods.
        key: uint64 [N], ascending.
        payload: int32 [N], what belongs to each key; None where nothing does.
    """

    span: Span
    key: Keys
    payload: npt.NDArray[np.int32] | None = None


@dataclass(frozen=True)
class SortedRuns:
    """Keys by period.

    Attributes:
        runs: by period.
    """

    runs: tuple[Run, ...] = ()

    @property
    def spans(self) -> list[Span]:
        """The span of each run."""
        return [run.span for run in self.runs]

    def added(self, period: Ints, key: Keys, payload: npt.NDArray[np.int32] | None = None) -> Self:
        """With the keys of further periods.

        Args:
            period: [M], the period of each key, after all periods that are there; in any order.
            key: uint64 [M].
            payload: int32 [M]; None where keys have none.
        """
        numbers, sizes = np.unique(period, return_counts=True)
        spans = merged_spans(self.spans, zip(numbers.tolist(), sizes.tolist(), strict=True))
        held, runs = {run.span: run for run in self.runs}, []
        for span in spans:
            if span in held:
                runs.append(held[span])
                continue
            older = [run for run in self.runs if span.first <= run.span.first <= run.span.last <= span.last]
            new = (period >= span.first) & (period <= span.last)
            keys = np.concatenate([*(run.key for run in older), key[new]])
            if payload is None:
                keys.sort()
                runs.append(Run(span, keys))
            else:
                payloads = [*(run.payload for run in older if run.payload is not None), payload[new]]
                order = np.argsort(keys, kind="stable")
                runs.append(Run(span, keys[order], np.concatenate(payloads)[order]))
        return type(self)(tuple(runs))

    def contains(self, key: Keys) -> npt.NDArray[np.bool_]:
        """Whether each of N keys is there."""
        found = np.zeros(len(key), np.bool_)
        if not self.runs or not len(key):
            return found
        order = np.argsort(key)  # neighbours are then looked up in neighbouring pages
        ordered = key[order]
        for run in self.runs:
            at = np.searchsorted(run.key, ordered)
            at[at == len(run.key)] = 0
            found[order] |= run.key[at] == ordered
        return found

    def counts(self, low: Keys, high: Keys) -> npt.NDArray[np.int64]:
        """How many keys are in [low, high), for each of N ranges."""
        counts = np.zeros(len(low), np.int64)
        for run in self.runs:
            counts += np.searchsorted(run.key, high) - np.searchsorted(run.key, low)
        return counts

    def between(self, low: Keys, high: Keys) -> tuple[Keys, npt.NDArray[np.int64]]:
        """All keys in [low, high), for each of N ranges.

        Returns:
            The keys uint64 [M], range after range and ascending in each; and the range of each, int64 [M].
        """
        keys, ranges = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
        for run in self.runs:
            taken, offsets = take_windows(run.key, np.searchsorted(run.key, low), np.searchsorted(run.key, high))
            keys.append(taken.astype(np.uint64, copy=False))
            ranges.append(np.repeat(np.arange(len(low)), np.diff(offsets)))
        key, number = np.concatenate(keys), np.concatenate(ranges)
        order = np.lexsort((key, number))
        return key[order], number[order]
