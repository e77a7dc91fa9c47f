"""The job of the paper's Table 3 at the size of Tmall: python benchmarks/table3.py [--threads 2] [--repeats 3].

At the last period ASMG-GRUmulti trains its generator on K = 3 snapshots: 192 steps of three batches of 1,024 samples,
for each of the three target periods holds 196,608. Timed is what `freshrec experiment table3` times: the updater's
`update` without the incremental model's, so the training and the handing over of the hidden state of all rows. The
stream is made up, of Tmall's tables and history length; how long a step takes does not depend on what is learned.

The paper's figure stands beside it as a fact. It is of other software on another machine, so there is no ratio.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import torch

from freshrec import CompareSettings, Pretraining
from freshrec.data import FieldValues, Period, Samples, Schema, Stream
from freshrec.experiments import time_generators
from freshrec.experiments.published import TABLE_3
from freshrec.seeds import numpy_rng
from freshrec.testing import with_item_fields
from measured import Measured
from tmall import BATCH, HISTORY, ROWS, SNAPSHOTS, cubed_uniform

STEPS, PRETRAIN = 192, 1
METHOD = "asmg-gru-multi"
PERIODS = PRETRAIN + SNAPSHOTS + 2
"""The generator has been trained once before the last period, as in a stream that goes on."""


def stream(size: int = STEPS * BATCH, periods: int = PERIODS) -> Stream:
    """Periods of `size` samples of random users and items, some looked up often, half of them positives."""
    schema = Schema(ROWS, item_fields=("category",), history=HISTORY)
    category = FieldValues(numpy_rng(0, "category").integers(0, ROWS["category"], ROWS["item"]).astype(np.int32))
    numbers = range(1, periods + 1)
    return Stream("tmall-sized", schema, tuple(_period(schema, category, number, size) for number in numbers))


def _period(schema: Schema, category: FieldValues, number: int, size: int) -> Period:
    rng = numpy_rng(0, "period", number)
    start = rng.integers(0, size - HISTORY, size).astype(np.int32)
    samples = Samples(
        schema=schema,
        user=cubed_uniform(rng, ROWS["user"], size),
        item=cubed_uniform(rng, ROWS["item"], size),
        timestamp=np.arange(size) + size * number,
        label=rng.integers(0, 2, size).astype(np.int8),
        start=start,
        end=start + rng.integers(0, HISTORY + 1, size).astype(np.int32),
        positives=cubed_uniform(rng, ROWS["item"], size),
    )
    described = with_item_fields(samples, {"category": category})
    return Period(number, size, lambda: described)


def measure(repeats: int = 3) -> list[Measured]:
    """The training of the generator at the last period."""
    settings = CompareSettings(
        methods=(METHOD,), runs=repeats, pretrain=PRETRAIN, pretraining=Pretraining(epochs=1, batch_size=BATCH)
    )
    with tempfile.TemporaryDirectory() as folder:
        seconds = time_generators(stream(), settings, Path(folder) / "table3").seconds[METHOD]
    what = f"{STEPS} steps; the paper: {TABLE_3[METHOD]['tmall']} min, GTX 1080 Ti"
    return [Measured(what, median(seconds), "s")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for each in measure(options.repeats):
        print(each)


if __name__ == "__main__":
    main()
