"""How long preparing a log takes, and how quickly its batches come: python benchmarks/prepare.py [DATASET]."""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from freshrec.data import DATASETS, prepare
from measured import Measured

BATCH = 1024


def measure(name: str = "complete-journey") -> list[Measured]:
    """One data set from its log to batches, once."""
    dataset = DATASETS[name]
    begin = time.perf_counter()
    log = dataset.read()
    read = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        stream = prepare(log, Path(folder) / "stream", dataset.settings)
        prepared = time.perf_counter()
        parts = [period.samples() for period in stream.periods]
        loaded = time.perf_counter()
        size = sum(file.stat().st_size for file in (Path(folder) / "stream").iterdir())
    rng, batches = np.random.default_rng(0), 0
    fed = time.perf_counter()
    for part in parts:
        batches += sum(1 for _ in part.batches(BATCH, rng.permutation(len(part))))
    done = time.perf_counter()
    return [
        Measured(f"read the log of {name}", read - begin, "s"),
        Measured("prepare it to disk", prepared - read, "s"),
        Measured("samples prepared", sum(map(len, parts)) / (prepared - read), "samples/s"),
        Measured("size on disk", size / 2**20, "MiB"),
        Measured("read all periods", loaded - prepared, "s"),
        Measured(f"make a batch of {BATCH:,}", 1e6 * (done - fed) / batches, "µs"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", nargs="?", choices=DATASETS, default="complete-journey", metavar="DATASET")
    for each in measure(parser.parse_args().dataset):
        print(each)


if __name__ == "__main__":
    main()
