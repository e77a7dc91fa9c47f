"""Preparing a log that is bigger than memory, and adding a day to it: python benchmarks/large_log.py [--rows N]."""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from freshrec.data import StreamSettings, prepare
from measured import Measured

DAYS = 31
DAY = 86_400
START = 1_704_067_200


def write_log(folder: Path, rows: int, seed: int = 0) -> list[Path]:
    """Write a Parquet file a day, each with as many rows, of which a fiftieth of the users do half."""
    folder.mkdir()
    rng, paths, each = np.random.default_rng(seed), [], rows // DAYS
    users, items = max(rows // 50, 100), max(rows // 250, 100)
    for day in range(DAYS):
        heavy = rng.random(each) < 0.5
        frame = pl.DataFrame(
            {
                "user": np.where(heavy, rng.integers(0, users // 50 + 1, each), rng.integers(0, users, each)),
                "item": (items * rng.random(each) ** 2).astype(np.int64),
                "timestamp": START + DAY * day + rng.integers(0, DAY, each),
            }
        )
        paths.append(folder / f"day-{day:02d}.parquet")
        frame.write_parquet(paths[-1])
    return paths


def measure(rows: int = 5_000_000) -> list[Measured]:
    """Thirty days of a log at once, and one more day."""
    with tempfile.TemporaryDirectory() as name:
        paths, out = write_log(Path(name) / "log", rows), Path(name) / "stream"
        begin = time.perf_counter()
        prepare(paths[:-1], out, StreamSettings(period="1d"))
        prepared = time.perf_counter()
        prepare(paths[-1:], out, append=True)
        added = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Measured(f"prepare {DAYS - 1} days of {rows // DAYS:,} rows", prepared - begin, "s"),
        Measured("rows prepared", rows / DAYS * (DAYS - 1) / (prepared - begin), "rows/s"),
        Measured(
            "add one more day",
            added - prepared,
            "s",
            (prepared - begin) / (added - prepared),
            f"preparing {DAYS - 1} days",
        ),
        Measured("largest memory", peak, "MiB"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000, help="of the log (default: %(default)s)")
    for each in measure(parser.parse_args().rows):
        print(each)


if __name__ == "__main__":
    main()
