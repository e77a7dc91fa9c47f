"""How long preparing a log takes, and how quickly its batches come: python benchmarks/prepare.py [DATASET]."""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from freshrec.data import DATASETS, prepare

BATCH = 1024


def main(name: str) -> None:
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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name}: {stream.manifest['samples']:,} samples in {len(stream.periods)} periods, {stream.hash[:12]}")
    print(f"read the log        {read - begin:6.2f} s")
    print(f"prepare to disk     {prepared - read:6.2f} s, {size / 2**20:.0f} MiB")
    print(f"read all periods    {loaded - prepared:6.2f} s")
    print(f"make all batches    {done - fed:6.2f} s, {1e6 * (done - fed) / batches:.0f} us a batch of {BATCH:,}")
    print(f"peak memory         {peak:6.0f} MiB, all periods in memory at once included")


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["complete-journey"]))
