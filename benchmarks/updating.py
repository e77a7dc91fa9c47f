"""What an update of a store costs, by part: python benchmarks/updating.py [--period 1w] [--method rsg].

The store is of Complete Journey: ten periods train the first model, and each later one is an update in this process.
Also how long it takes to load the served version in a fresh process and to score.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import fmean

import numpy as np
import polars as pl

from freshrec.data import DATASETS
from freshrec.keeping import Track, TrackSettings
from measured import Measured

ROWS = 1_000_000
COLD = """
import sys, time
start = time.perf_counter()
import torch
imported = time.perf_counter()
import freshrec
scorer = freshrec.load(sys.argv[1])
scorer.score({"user": ["1"], "item": ["1"]})
print(imported - start, time.perf_counter() - imported)
"""


def measure(period: str = "1w", method: str = "rsg") -> list[Measured]:
    """One store, once."""
    dataset = DATASETS["complete-journey"]
    log, settings = dataset.read(), dataset.settings.model_copy(update={"periods": None, "period": period})
    times = pl.Series(log["timestamp"]).sort()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        begin = times[0] + (times[-1] - times[0]) // 3
        first, later = log.filter(pl.col("timestamp") < begin), log.filter(pl.col("timestamp") >= begin)
        track = Track.create(store, first, settings, TrackSettings(method=method))
        track.advance(later)
        entries = [entry for entry in track.commit.entries if entry.seconds]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        scorer = track.scorer()
        rows = {name: later[name].head(ROWS).to_list() for name in scorer.columns if name in later.columns}
        start = time.perf_counter()
        scores = scorer.score(rows)
        scoring = time.perf_counter() - start
        if not np.isfinite(scores).all():
            raise ArithmeticError("some scores are not finite")
        cold = subprocess.run([sys.executable, "-c", COLD, str(store)], capture_output=True, text=True, check=True)
        torch_seconds, seconds = map(float, cold.stdout.split())
        version = sum(path.stat().st_size for path in (store / "serving").rglob("*") if path.is_file())
        size = version / len(track.versions())
    parts = dict.fromkeys(part for entry in entries for part in entry.seconds)
    return [
        Measured("samples of an update", fmean(entry.size for entry in entries), "samples"),
        *(Measured(f"update: {part}", fmean(entry.seconds.get(part, 0) for entry in entries), "s") for part in parts),
        Measured("memory at most", memory, "MiB"),
        Measured("size of a version", size / 2**20, "MiB"),
        Measured("import torch in a fresh process", torch_seconds, "s"),
        Measured("then load the served version and score a row", seconds, "s"),
        Measured("raw rows scored", len(scores) / scoring, "rows/s"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--period", default="1w")
    parser.add_argument("--method", default="rsg")
    chosen = parser.parse_args()
    for each in measure(chosen.period, chosen.method):
        print(each)


if __name__ == "__main__":
    main()
