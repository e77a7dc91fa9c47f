"""How quickly incremental training goes through Complete Journey: python benchmarks/feeding.py [--threads 2].

IU's whole update of a period, from reading its file to the fitted parameters, against a plain epoch in torch on the
same samples (`plain_epoch`), in turn in one process. Both begin with the same values, and after an epoch both have the
same log loss, which is checked. Beside it the making of the batches: alone, and as a share of IU's own time, between
steps that leave little of the cache to it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from unittest.mock import patch

import torch

from command import show
from complete_journey import complete_journey
from freshrec.data import Batch, Stream
from freshrec.metrics import LogLoss
from freshrec.models import EmbeddingMLP
from freshrec.params import params_of
from freshrec.training import Fitted, Run, Shuffled, predict
from freshrec.updaters import IU, IUState
from measured import Measured
from plain_epoch import Dense, PlainModel, plain_epoch
from turns import median_seconds

PERIODS, ROUNDS = 3, 3
RATE, SIZE = 1e-3, 1024
PLAIN = "plain torch, padded"
TOLERANCE = 0.01
"""Nats a sample: the orders of the samples differ."""


def measure(stream: Stream | None = None, periods: int = PERIODS, rounds: int = ROUNDS) -> list[Measured]:
    """The newest periods of the stream, each timed by itself.

    Args:
        stream: its items have one category; Complete Journey by default.
        periods: how many.
        rounds: how often each is timed.

    Raises:
        ValueError: the two ways do not learn the same.
    """
    if stream is None:
        with complete_journey() as prepared:
            return measure(prepared, periods, rounds)
    each = [_Period(stream, number).seconds(rounds) for number in range(-periods, 0)]
    size = sum(period.size for period in stream.periods[-periods:])
    plain, ours, batches = (sum(seconds[name] for seconds in each) for name in ("plain", "iu", "batches"))
    share = sum(seconds["loader"] for seconds in each) / ours
    return [
        Measured(PLAIN, size / plain, "samples/s"),
        Measured("freshrec's IU", size / ours, "samples/s", plain / ours, PLAIN),
        Measured("making its batches alone", size / batches, "samples/s"),
        Measured("IU's loader, of its time", 100 * share, "%"),
    ]


@contextmanager
def watched_loader() -> Iterator[list[float]]:
    """While it is entered, the seconds until each next batch of a `Shuffled` are noted."""
    waits: list[float] = []
    whole = Shuffled.__iter__

    def timed(feed: Shuffled) -> Iterator[Batch]:
        batches, start = whole(feed), time.perf_counter()
        for batch in batches:
            waits.append(time.perf_counter() - start)
            yield batch
            start = time.perf_counter()

    with patch.object(Shuffled, "__iter__", timed):
        yield waits


class _Period:
    """One period to be learned from in both ways, again and again from the same values."""

    def __init__(self, stream: Stream, number: int) -> None:
        self.period, self.samples = stream.periods[number], stream.periods[number].samples()
        self.model, self.dense = EmbeddingMLP(stream.schema), Dense.of(self.samples)
        (name,) = stream.schema.item_fields
        self.category = torch.zeros(stream.schema.rows["item"], dtype=torch.int64)
        for items, column in (
            (self.samples.item, self.samples.fields[name]),
            (self.samples.positives, self.samples.past_fields[name]),
        ):
            self.category[torch.from_numpy(items).long()] = torch.from_numpy(column.values).long()
        self.run, self.iu = Run(self.model), IU(learning_rate=RATE, batch_size=SIZE)
        self.loader: list[float] = []

    def seconds(self, rounds: int) -> dict[str, float]:
        """Median seconds of each way, once it is seen that both learn the same."""
        self._check()
        self.loader.clear()
        seconds = median_seconds({"plain": self._plain, "iu": self._ours, "batches": self._batches}, rounds)
        return seconds | {"loader": median(self.loader[1:])}

    def _plain(self) -> PlainModel:
        model = PlainModel(self.model, self.category)
        adam = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
        order = torch.randperm(len(self.samples), generator=torch.Generator().manual_seed(0))
        plain_epoch(model, adam, self.dense, order, SIZE)
        return model

    def _ours(self) -> IUState:
        start = IUState(Fitted.untrained(params_of(self.model)))
        with self.run.threading(), watched_loader() as waits:
            state = self.iu.update(start, (self.period,), self.run)
        self.loader.append(sum(waits))
        return state

    def _batches(self) -> int:
        return sum(len(batch) for batch in Shuffled(self.samples, SIZE, 1, 0))

    def _check(self) -> None:
        """The log loss after an epoch of each is that of the other, up to the order of the samples."""
        plain, ours = self._plain(), self._ours()
        every = torch.arange(len(self.samples))
        with torch.no_grad():
            made = torch.cat([plain.scores(self.dense, rows) for rows in torch.split(every, SIZE)])
        scores = {"plain torch": made.numpy(), "IU": predict(self.model, ours.model.params, self.samples)}
        label, user = self.samples.label, self.samples.user
        losses = {name: LogLoss().of(label, score, user) or 0.0 for name, score in scores.items()}
        if max(losses.values()) - min(losses.values()) > TOLERANCE:
            raise ValueError(f"the ways learn differently: log losses {losses} after an epoch")


if __name__ == "__main__":
    show(__doc__, measure)
