"""How often ASMG's generator dies, and what the check of generators does about it.

    python benchmarks/dead_generators.py [--seeds 0 1 2] [--periods 3]
    python benchmarks/dead_generators.py --retail FOLDER [--pretraining-epochs 3]

MovieLens-100K, or users of Online Retail II with 2,000 samples a period: `asmg-gru-multi` from one pre-trained model a
seed, side by side as published (`restarts` of 0) and checked (of 3). The periods after the first training of the
generator are scored. A line a seed: how often the checked generator was started again; in how many of the scored
periods it served; whether both served the same bytes in all of them; and the mean AUC of iu, of ASMG as published, and
of ASMG checked.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch

from freshrec.data import DATASETS, Stream
from freshrec.evaluation import Pretraining, Splits
from freshrec.metrics import METRICS
from freshrec.models import EmbeddingMLP
from freshrec.params import Params, params_of
from freshrec.training import Fitted, Run, Shared, predict
from freshrec.updaters import IU, build
from guard import RETAIL, Cut, cut_stream

__all__ = ["HEAD", "Outcome", "measure"]

MOVIES = "movielens-100k-recbole"
CUT = Cut(RETAIL, "causal", 2_000, 31, "embedding-mlp", 0)
HEAD = """| seed | restarts | served | same bytes | AUC: `iu` | as published | checked |
| ---: | ---: | ---: | --- | ---: | ---: | ---: |"""


@dataclass(frozen=True)
class Outcome:
    """What one seed led to.

    Attributes:
        restarts: how often the checked generator died and was started again.
        served: in how many of the scored periods it was fit to serve.
        same: whether both served the same bytes in all of them.
        auc: the AUC of each, by updater.
    """

    restarts: int
    served: int
    same: bool
    auc: Mapping[str, list[float]]

    def line(self, seed: int) -> str:
        """A line of the table."""
        scored = len(self.auc["iu"])
        areas = " | ".join(f"{fmean(values):.4f}" for values in self.auc.values())
        return f"| {seed} | {self.restarts} | {self.served} of {scored} | {'yes' if self.same else 'no'} | {areas} |"


def measure(
    stream: Stream,
    seed: int,
    periods: int,
    base: IU | None = None,
    pretraining: Pretraining | None = None,
    **settings: Any,
) -> Outcome:
    """Train and score one seed until the generator has been trained for as many periods.

    Args:
        stream: the log.
        seed: of initial values, order and draws.
        periods: how many are scored.
        base: how the incremental models are trained.
        pretraining: how the first model is.
        **settings: of ASMG, beside `restarts`.
    """
    base, first = base or IU(), Splits.of(len(stream.periods)).pretrain
    run = Run(EmbeddingMLP(stream.schema_after(first), seed=seed), seed)
    checked = build("asmg-gru-multi", base, settings)
    published = build("asmg-gru-multi", base, {**settings, "restarts": 0})
    updaters: dict[str, Any] = {"iu": base, "published": published, "checked": checked}
    auc: dict[str, list[float]] = {name: [] for name in updaters}
    served, same = 0, True
    with run.threading():
        start = (pretraining or Pretraining()).fit(Fitted.untrained(params_of(run.model)), stream.periods[:first], run)
        states = {name: updater.init(start, run) for name, updater in updaters.items()}
        number = first
        while len(auc["iu"]) < periods:
            number += 1
            past, together = stream.periods[:number], replace(run, shared=Shared())
            states = {name: updater.update(states[name], past, together) for name, updater in updaters.items()}
            if not states["checked"].trained:
                continue
            models = {name: updater.serving(states[name], run) for name, updater in updaters.items()}
            for name, params in models.items():
                auc[name].append(_auc(run, params, stream, number))
            served += int(updaters["checked"].diagnostics(states["checked"])["generated"])
            same &= all(torch.equal(value, models["published"][name]) for name, value in models["checked"].items())
    return Outcome(states["checked"].restarts, served, same, auc)


def _auc(run: Run, params: Params, stream: Stream, number: int) -> float:
    """The AUC on the period after the given one; 0.5 where all labels are equal."""
    samples = stream.periods[number].samples()
    area = METRICS["auc"].of(samples.label, predict(run.model, params, samples), np.zeros(0))
    return 0.5 if area is None else area


def main() -> None:
    """Print the table, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(13)))
    parser.add_argument("--periods", type=int, default=3)
    parser.add_argument("--retail", type=Path)
    parser.add_argument("--pretraining-epochs", type=int, help="chosen on a held-out period by default")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.retail:
        stream = cut_stream(CUT, DATASETS[RETAIL].read(options.retail))
    else:
        stream = Stream.from_frame(DATASETS[MOVIES].read(), DATASETS[MOVIES].settings)
    epochs = options.pretraining_epochs
    pretraining = Pretraining(epochs=epochs) if epochs else Pretraining()
    print(HEAD, flush=True)
    for seed in options.seeds:
        print(measure(stream, seed, options.periods, pretraining=pretraining).line(seed), flush=True)


if __name__ == "__main__":
    main()
