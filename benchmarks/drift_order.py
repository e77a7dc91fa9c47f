"""The order that theory predicts: without drift batch update wins over incremental update, with drift it loses.

    python benchmarks/drift_order.py [--seeds 5] [--full]

On a small edition of the synthetic data sets BU-5 passes once over the newest five periods and IU five times over the
newest: both take as many gradient steps of as many samples, and differ in the data alone. Five periods hold more of it,
which helps while the world stands still; one is fresher, which helps while it moves. With --full, on the data sets as
they are, BU-7 and IU pass once, as in the paper.

Each method's learning rate is the one with the best mean AUC on the validation periods; printed are the mean AUC on the
test periods, and how far the method that should win is ahead.
"""

import argparse
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freshrec import IU, CompareSettings, Pretraining, Result, Stream, compare
from freshrec.data import DATASETS, DRIFTS, synthetic_log

__all__ = ["FULL", "LEADERS", "SMALL", "Contest", "Outcome", "outcome"]

RATES = (0.03, 0.01, 0.003)


@dataclass(frozen=True)
class Contest:
    """What is compared on which edition of a data set.

    Attributes:
        batch: the batch update's name.
        epochs: of the incremental update.
        size: samples a step.
        edition: how the data set's world is changed.
    """

    batch: str
    epochs: int
    size: int
    edition: Mapping[str, int]

    def variants(self) -> dict[str, dict[str, Any]]:
        """Both methods at every rate, by names of their own."""
        own: dict[str, dict[str, Any]] = {"iu": {"epochs": self.epochs}, self.batch: {}}
        return {
            f"{method} at {rate}": {"method": method, "learning_rate": rate, **settings}
            for method, settings in own.items()
            for rate in RATES
        }


SMALL = Contest("bu-5", 5, 256, {"users": 150, "items": 100, "periods": 16, "interactions": 16_000})
FULL = Contest("bu-7", 1, 1024, {})
LEADERS: Mapping[str, bool] = {"synthetic-still": False, "synthetic-drift": True}
"""Data set to whether incremental update should win on it."""


@dataclass(frozen=True)
class Outcome:
    """What one seed gave on one data set.

    Attributes:
        rates: each method's learning rate.
        auc: each method's mean AUC on the test periods, with that rate.
        lead: how far the method that should win is ahead; negative where it is behind.
    """

    rates: Mapping[str, float]
    auc: Mapping[str, float]
    lead: float


def outcome(dataset: str, seed: int, contest: Contest = SMALL) -> Outcome:
    """The outcome of a contest on a synthetic data set; the seed is that of the world and of the training."""
    drift = DRIFTS[dataset].model_copy(update={**contest.edition, "seed": seed})
    # Among so few items a negative is too often one that the user likes, unless it must be new to the user.
    stream = Stream.from_frame(synthetic_log(drift), DATASETS[dataset].settings, seed=seed, exclude="had")
    variants = contest.variants()
    settings = CompareSettings(
        methods=tuple(variants),
        overrides=variants,
        seed=seed,
        base=IU(batch_size=contest.size),
        pretraining=Pretraining(batch_size=contest.size),
    )
    with tempfile.TemporaryDirectory() as folder:
        results = compare(stream, settings, Path(folder)).results
    rates = {
        method: max(RATES, key=lambda rate: _mean(results, f"{method} at {rate}", "validation"))
        for method in ("iu", contest.batch)
    }
    auc = {method: _mean(results, f"{method} at {rate}", "test") for method, rate in rates.items()}
    ahead = auc["iu"] - auc[contest.batch]
    return Outcome(rates, auc, ahead if LEADERS[dataset] else -ahead)


def _mean(results: Sequence[Result], method: str, split: str) -> float:
    values = [each.scores["auc"] for each in results if each.method == method and each.split == split]
    return statistics.fmean(value for value in values if value is not None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="worlds of each kind")
    parser.add_argument("--full", action="store_true", help="the data sets as they are, one pass each")
    options = parser.parse_args()
    contest = FULL if options.full else SMALL
    for dataset, incremental in LEADERS.items():
        leads = []
        leader = "iu" if incremental else contest.batch
        for seed in range(options.seeds):
            made = outcome(dataset, seed, contest)
            leads.append(made.lead)
            told = ", ".join(f"{name} {auc:.4f} (rate {made.rates[name]})" for name, auc in made.auc.items())
            print(f"{dataset}, seed {seed}: {told}; {leader} leads by {made.lead:+.4f}", flush=True)
        print(f"{dataset}: {leader} leads by {statistics.fmean(leads):+.4f} in the mean, {min(leads):+.4f} at least")


if __name__ == "__main__":
    main()
