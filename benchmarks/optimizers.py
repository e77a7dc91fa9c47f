"""What a step of base training costs by the size of its tables, for each optimizer of tables; and what changes with it.

    python benchmarks/optimizers.py [--threads 2] [--rows 10000,100000,1000000,10000000] [--law] [--transfer]
    python benchmarks/optimizers.py --results complete-journey [--only lazy] [--seed 0] [--rate 0.01]

An Embedding&MLP model of 8 dimensions with as many items as users; batches of 1,024 samples with up to 30 history
items. The batches look up the same 10,000 ids at every size, spread evenly over the rows, so that size alone differs;
with --law ids follow the cubed-uniform law over all rows, and larger tables have more distinct ids in a batch. With
--transfer the loss is that of the model that SML's transfer makes of the fitted one and the one before it. The
optimizers fit in turn in one process, from moments that 300 steps have left behind. Told is the median time of a step,
and of large tables what a fit takes beside its steps: copying what it starts from, and leaving all rows complete.

With --results: the whole of pre-training and incremental update with each optimizer, mean AUC and log loss over the
test periods of a data set that is found without a path. How much of a difference is rounding, a learning rate tells
that is another by no more than that: --only adam --rate 0.010000001.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch

from freshrec import IU, CompareSettings, Pretraining, Stream, compare
from freshrec.data import DATASETS, Bags, Batch, Schema
from freshrec.generators import Pair, Planes, Transfer, transferred
from freshrec.kernels import one_torch_thread
from freshrec.models import EmbeddingMLP
from freshrec.params import Params, params_of
from freshrec.seeds import numpy_rng
from freshrec.training import Fitted, Optimizer, fit, log_loss, optimizers_of
from measured import Measured
from tmall import BATCH, HISTORY, cubed_uniform

__all__ = ["ROWS", "WAYS", "measure", "result"]

ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
WAYS: tuple[Optimizer, ...] = ("adam", "deferred", "lazy", "rowwise")
IDS, DIM, RATE, BEFORE = 10_000, 8, 1e-3, 300
SHIPPED = 0.01
BESIDE = 1_000_000
"""Rows from which on what a fit takes beside its steps is more than noise."""


@dataclass
class Cost:
    """What fits have taken, in seconds.

    Attributes:
        steps: each step but a fit's last.
        beside: each fit, but for its steps.
    """

    steps: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)


def batches(rows: int, count: int, spread: bool) -> list[Batch]:
    """Batches of a model with so many users and as many items; spread, of the same ids whatever their number."""
    rng, ids = numpy_rng(0, "optimizers"), min(IDS, rows) if spread else rows

    def drawn(size: int) -> torch.Tensor:
        return torch.from_numpy(cubed_uniform(rng, ids, size).astype(np.int64)) * (rows // ids)

    made = []
    for _ in range(count):
        lengths = torch.from_numpy(rng.integers(0, HISTORY + 1, BATCH))
        offsets = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
        history = {"item": Bags(drawn(int(offsets[-1])), offsets)}
        label = torch.from_numpy(rng.integers(0, 2, BATCH).astype(np.float32))
        made.append(Batch({"user": drawn(BATCH)}, {"item": drawn(BATCH)}, history, label))
    return made


def through_transfer(model: EmbeddingMLP) -> Callable[[Params, Batch], torch.Tensor]:
    """The loss by which SML fits its updated model, with the transfer of its default settings as it is initialised."""
    planes, previous, cell = Planes.of(model), params_of(model), Transfer((10, 5), 20, anchored=True)
    weights = cell.initial_weights(planes, seed=0)

    def loss(updated: Params, batch: Batch) -> torch.Tensor:
        return log_loss(model, transferred(cell, weights, Pair(planes, previous, updated)), batch)

    return loss


def costs(
    rows: int, steps: int = 8, rounds: int = 3, spread: bool = True, transfer: bool = False
) -> Mapping[Optimizer, Cost]:
    """Fit with every optimizer in turn, from the same start, on the same batches."""
    model = EmbeddingMLP(Schema({"user": rows, "item": rows}, history=HISTORY), dim=DIM)
    fed, loss = batches(rows, steps, spread), through_transfer(model) if transfer else partial(log_loss, model)
    made = {way: Cost() for way in WAYS}

    def fitted(start: Fitted, way: Optimizer, times: int) -> tuple[Fitted, Cost]:
        marks: list[float] = []

        def marking() -> Iterator[Batch]:
            for number in range(times):
                marks.append(time.perf_counter())
                yield fed[number % len(fed)]

        began = time.perf_counter()
        after = fit(start, marking(), loss, RATE, by_row=optimizers_of(model, way))
        taken = time.perf_counter() - began
        each = np.diff(marks).tolist()
        return after, Cost(each, [taken - sum(each) * times / (times - 1)])

    with one_torch_thread():
        start, _ = fitted(Fitted.untrained(params_of(model)), "deferred", BEFORE)
        for number in range(rounds + 1):
            for way in WAYS:
                _, cost = fitted(start, way, steps)
                # The first round compiles, and touches memory for the first time.
                if number:
                    made[way].steps += cost.steps
                    made[way].beside += cost.beside
    return made


def measure(
    rows: Sequence[int] = ROWS, steps: int = 8, rounds: int = 3, spread: bool = True, transfer: bool = False
) -> list[Measured]:
    """The cost of a step, and of a large fit beside its steps, of each optimizer with tables of each size."""
    found = []
    for size in rows:
        made = costs(size, steps, rounds, spread, transfer)
        for part, unit in (("steps", "a step"), ("beside", "a fit beside its steps"))[: 1 + (size >= BESIDE)]:
            medians = {way: 1000 * statistics.median(getattr(cost, part)) for way, cost in made.items()}
            for way, median in medians.items():
                compared = (None, None) if way == "adam" else (medians["adam"] / median, "adam")
                found.append(Measured(f"{way}, 2 tables of {size:,} rows, {unit}", median, "ms", *compared))
    return found


def result(stream: Stream, way: Optimizer, seed: int = 0, rate: float = SHIPPED) -> tuple[float, float]:
    """Mean AUC and log loss of IU over the test periods of a stream, with an optimizer from pre-training on."""
    base = IU(optimizer=way, learning_rate=rate)
    pretraining = Pretraining(optimizer=way, learning_rate=rate)
    chosen = CompareSettings(methods=("iu",), seed=seed, base=base, pretraining=pretraining)
    with tempfile.TemporaryDirectory() as folder:
        tested = [each for each in compare(stream, chosen, Path(folder)).results if each.split == "test"]
    area, loss = ([each.scores[name] for each in tested] for name in ("auc", "logloss"))
    return _mean(area), _mean(loss)


def _mean(values: Iterable[float | None]) -> float:
    return statistics.fmean(value for value in values if value is not None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rows", default=",".join(map(str, ROWS)), help="of each table, with commas between")
    parser.add_argument("--steps", type=int, default=8, help="of a fit")
    parser.add_argument("--law", action="store_true", help="ids of all rows, instead of the same ones")
    parser.add_argument("--transfer", action="store_true", help="fit through SML's transfer")
    parser.add_argument("--results", metavar="DATASET", help="what changes in the result, instead of the cost")
    parser.add_argument("--only", choices=WAYS, help="the result of one optimizer")
    parser.add_argument("--rate", type=float, default=SHIPPED, help="learning rate of the results")
    parser.add_argument("--seed", type=int, default=0, help="of the results")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.results:
        dataset = DATASETS[options.results]
        stream = Stream.from_frame(dataset.read(), dataset.settings, seed=options.seed)
        print(f"{options.results}, seed {options.seed}, learning rate {options.rate}")
        for way in (options.only,) if options.only else WAYS:
            area, loss = result(stream, way, options.seed, options.rate)
            print(f"{way}: AUC {area:.5f}, log loss {loss:.5f}", flush=True)
        return
    for size in map(int, options.rows.split(",")):
        for measured in measure((size,), options.steps, spread=not options.law, transfer=options.transfer):
            print(measured, flush=True)


if __name__ == "__main__":
    main()
