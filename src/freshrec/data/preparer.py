"""Preparation as a fold: rows in, finished periods and the next state out."""

from dataclasses import dataclass
from functools import partial

from freshrec.data.period import Period
from freshrec.data.samples import Samples
from freshrec.data.settings import StreamSettings
from freshrec.data.source import Source
from freshrec.data.state import State
from freshrec.data.step import Step, read_rows

__all__ = ["Preparer"]


@dataclass(frozen=True)
class Preparer:
    """Makes periods of a log that goes on, in memory; `prepare` with `append` does the same in a folder.

    It remembers nothing itself: all is in the state. Rows may be given in any number of calls, and the periods are the
    same.

    >>> import polars as pl
    >>> log = pl.DataFrame({"user": list("abab"), "item": [1, 2, 2, 3], "timestamp": [0, 30, 60, 150]})
    >>> preparer, state = Preparer(), Preparer().start(StreamSettings(period="1m"))
    >>> first, state = preparer.next(log[:3], state)
    >>> second, state = preparer.next(log[3:], state)
    >>> last, state = preparer.finish(state)
    >>> [[period.number for period in periods] for periods in (first, second, last)]
    [[1], [2], [3]]
    """

    def start(self, settings: StreamSettings) -> State:
        """The state before the first rows.

        Args:
            settings: how rows become periods.
        """
        return State(settings)

    def next(self, rows: Source, state: State) -> tuple[tuple[Period, ...], State]:
        """Take further rows.

        Args:
            rows: as for `prepare`; rows of finished periods are left out, as repeated or late.
            state: after the rows before.

        Returns:
            The periods that are finished now: those that end `lateness` or more before the newest time of all rows so
            far; and the next state.

        Raises:
            ConfigError: no rows can follow, after `finish` with `periods` of equal count or paper negatives.
            DataError: the rows cannot be used as they are.
        """
        return _taken(Step(read_rows(rows, state), state, finished=False))

    def finish(self, state: State) -> tuple[tuple[Period, ...], State]:
        """Finish the periods that wait for further rows, as none will come for them.

        Raises:
            DataError: the rows cannot be cut as the settings say.
        """
        return _taken(Step(None, state, finished=True))


def _taken(step: Step) -> tuple[tuple[Period, ...], State]:
    prepared = list(step)
    periods = (
        Period(each.number, len(each.samples), partial(_held, each.samples), each.entry["known"]) for each in prepared
    )
    return tuple(periods), step.after({each.number: (each.samples, each.positives) for each in prepared})


def _held(samples: Samples) -> Samples:
    return samples
