"""Which rule should guard the row-statistics generator, measured on many small and large cuts of logs.

    python benchmarks/guard.py measure --out evidence.jsonl [--retail interactions.parquet] [--seeds 0,1,2]
    python benchmarks/guard.py rules evidence.jsonl

`measure` runs `iu` and `rsg-unguarded` side by side on subsamples of users of several logs, cut to 2 to 16 thousand
samples a period, and keeps what each period says: its size, both AUCs, and DeLong's variance of their difference. That
is all a guard can know, so `rules` replays any rule on these files in a moment: a rule decides on a period by the
periods before it.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import inf
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import polars as pl
import torch

from freshrec.data import DATASETS, Stream
from freshrec.evaluation import Pretraining, Splits
from freshrec.hashing import hash_columns
from freshrec.metrics import auc_difference
from freshrec.models import MODELS
from freshrec.params import params_of
from freshrec.seeds import derive
from freshrec.training import Fitted, Run, Shared, predict
from freshrec.updaters import IU, build
from freshrec.updaters.guard import LARGE_PERIOD, z_of

__all__ = ["Cut", "Evidence", "cut_stream", "measure"]

SIZES = (2_000, 4_000, 8_000, 16_000)
RETAIL = "online-retail-ii"
LABELLED = {
    "complete-journey": False,
    "movielens-100k-recbole": True,
    "synthetic-still": False,
    "synthetic-drift": False,
    "synthetic-news": False,
    RETAIL: False,
}
"""The logs, and whether they have labels of their own."""


@dataclass(frozen=True)
class Cut:
    """A log, cut to periods of about a size by leaving users out.

    Attributes:
        dataset: its name.
        negatives: how they are drawn; None for a log with labels.
        size: samples a period.
        periods: how many.
        model: the base model's name.
        seed: of the users that stay, the negatives, the initial values and the order of samples.
    """

    dataset: str
    negatives: str | None
    size: int
    periods: int
    model: str
    seed: int


@dataclass(frozen=True)
class Evidence:
    """What a scored period says of the two models that were made before it.

    Attributes:
        size: samples.
        split: warmup, validation or test.
        base: AUC of the fine-tuned model.
        difference: AUC of the corrected model minus it.
        variance: of the difference.
    """

    size: int
    split: str
    base: float
    difference: float
    variance: float


def measure(cut: Cut, log: pl.DataFrame) -> list[Evidence]:
    """Run both updaters over a cut of a log."""
    stream = cut_stream(cut, log)
    splits = Splits.of(len(stream.periods))
    seed = derive(cut.seed, "run", 0)
    run = Run(MODELS[cut.model](stream.schema_after(splits.pretrain), dim=8, seed=derive(seed, "model")), seed)
    updaters = {name: build(name, IU(), {}) for name in ("iu", "rsg-unguarded")}
    evidence = []
    with run.threading():
        start = Pretraining().fit(Fitted.untrained(params_of(run.model)), stream.periods[: splits.pretrain], run)
        states = {name: updater.init(start, run) for name, updater in updaters.items()}
        for period in stream.periods[splits.pretrain :]:
            samples, split = period.samples(), splits.split(period.number - 1)
            base, corrected = (
                predict(run.model, updater.serving(states[name], run), samples) for name, updater in updaters.items()
            )
            difference = auc_difference(samples.label, base, corrected)
            if difference is not None:
                chance = auc_difference(samples.label, np.zeros(len(base)), base)
                area = 0.5 + (chance.value if chance else 0.0)
                evidence.append(Evidence(len(samples), split, area, difference.value, difference.variance))
            past, shared = stream.periods[: period.number], Shared()
            for name, updater in updaters.items():
                states[name] = updater.update(states[name], past, replace(run, shared=shared))
    return evidence


def cut_stream(cut: Cut, log: pl.DataFrame) -> Stream:
    """The periods of a cut; users are left out by a hash, with all their rows."""
    settings = DATASETS[cut.dataset].settings
    user = str(settings.user_column)
    doubled = 2 if cut.negatives else 1
    share = min(1.0, cut.size * cut.periods / (doubled * len(log)))
    users = log[user].unique().sort()
    drawn = hash_columns(cut.seed, np.arange(len(users)))
    # Users in a random order until their rows are enough, for a few users can have most rows of a log.
    rows = log.group_by(user).len().join(pl.DataFrame({user: users, "drawn": drawn}), on=user).sort("drawn")
    chosen = rows.filter((pl.col("len").cum_sum() - pl.col("len")) < share * len(log))[user]
    frame = log.filter(pl.col(user).is_in(chosen.implode()))
    changes: dict[str, Any] = {"periods": cut.periods, "period": None, "seed": cut.seed}
    if cut.negatives:
        changes["negatives"] = cut.negatives
    return Stream.from_frame(frame, settings.model_copy(update=changes))


def cuts(names: Mapping[str, bool], seeds: list[int]) -> Iterator[Cut]:
    """All cuts of the logs by name, and whether they have labels."""
    for seed in seeds:
        for size in SIZES:
            for name, labelled in names.items():
                periods = 31 if not labelled else min(31, 100_000 // size)
                if periods < 12:
                    continue
                for model in ("embedding-mlp", "matrix-factorisation"):
                    yield Cut(name, None if labelled else "causal", size, periods, model, seed)
                if not labelled and size in (4_000, 16_000):
                    yield Cut(name, "paper", size, periods, "embedding-mlp", seed)


@dataclass(frozen=True)
class Rule:
    """When the corrected model serves, by z of the finished periods' evidence.

    Attributes:
        name: in the table.
        on: z from which it begins to serve.
        off: z below which it stops.
    """

    name: str
    on: float
    off: float

    def served(self, evidence: Sequence[Evidence]) -> list[float]:
        """The AUC gained over the fine-tuned model in each period, in periods that are not large."""
        serves, gains = False, []
        for number, each in enumerate(evidence):
            known = [before for before in evidence[:number] if before.variance > 0]
            z = z_of([before.difference for before in known], [before.variance for before in known])
            serves = z >= (self.off if serves else self.on)
            gains.append(each.difference if serves else 0.0)
        return gains


ALWAYS, NEVER = Rule("always", -inf, -inf), Rule("never", inf, inf)
LARGE = Rule("large periods", 0.0, -2.0)
SMALL = (
    ALWAYS,
    NEVER,
    *(Rule(f"on at {on:g}, off below {off:g}", on, off) for on, off in ((2, 0), (2.5, 1), (3, 1), (4, 2))),
)


def replay(runs: Sequence[tuple[Cut, Sequence[Evidence]]]) -> str:
    """A table of the rules for small periods; large ones begin to serve at once, and stop below z = -2."""
    lines = ["| small periods | splits below -0.0005 | worst split | test gain, small | test gain, large |"]
    lines.append("| --- |" + " ---: |" * 4)
    for rule in SMALL:
        splits, small, large = list[float](), list[float](), list[float]()
        for cut, evidence in runs:
            is_large = cut.size >= LARGE_PERIOD
            gains = (LARGE if is_large else rule).served(evidence)
            named = zip(gains, (each.split for each in evidence), strict=True)
            by_split: dict[str, list[float]] = {}
            for gain, split in named:
                by_split.setdefault(split, []).append(gain)
            means = {split: fmean(values) for split, values in by_split.items()}
            splits += means.values()
            (large if is_large else small).append(means["test"])
        below = sum(value < -0.0005 for value in splits)
        figures = f"{below} of {len(splits)} | {min(splits):+.4f} | {fmean(small):+.4f} | {fmean(large):+.4f}"
        lines.append(f"| {rule.name} | {figures} |")
    return "\n".join(lines)


def _read(path: Path) -> Iterator[tuple[Cut, list[Evidence]]]:
    for line in path.read_text().splitlines() if path.exists() else ():
        entry = json.loads(line)
        yield Cut(**entry["cut"]), [Evidence(**each) for each in entry["evidence"]]


def main() -> None:
    """Measure evidence, or replay rules on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("measure")
    measuring.add_argument("--out", type=Path, required=True)
    measuring.add_argument("--retail", type=Path)
    measuring.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    replaying = commands.add_parser("rules")
    replaying.add_argument("evidence", type=Path)
    options = parser.parse_args()
    if options.command == "rules":
        print(replay(list(_read(options.evidence))))
        return
    torch.set_num_threads(1)
    logs = {name: DATASETS[name].read() for name in LABELLED if name != RETAIL}
    if options.retail:
        logs[RETAIL] = DATASETS[RETAIL].read(options.retail)
    finished = {cut for cut, _ in _read(options.out)}
    for cut in cuts({name: LABELLED[name] for name in logs}, options.seeds):
        if cut not in finished:
            entry = {"cut": asdict(cut), "evidence": [asdict(each) for each in measure(cut, logs[cut.dataset])]}
            with options.out.open("a") as file:
                file.write(json.dumps(entry) + "\n")
            print(cut, flush=True)


if __name__ == "__main__":
    main()
