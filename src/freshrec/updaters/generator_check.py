"""Whether what a generator makes can be served: dead and immature generators give noise."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from freshrec.data import Batch, Samples
from freshrec.seeds import numpy_rng
from freshrec.training import Objective, Run, frozen, logits

__all__ = ["GeneratorCheck"]

ALIVE_SPREAD = 0.2
"""A generator is dead if the logits of its model spread less than this times those of the newest snapshot."""
FIT_SKILL = 0.5
"""A generator is fit to serve from this skill on, relative to that of the newest snapshot."""
NOISE = 0.05
"""Differences in loss that say nothing, as a fraction of the loss of a constant."""
UNITS = 4096
"""Units of a period that are looked at, at most."""


@dataclass(frozen=True)
class GeneratorCheck:
    """What a generator makes of samples that it was just trained on, compared with the newest snapshot.

    Attributes:
        spread: standard deviation of the generated model's logits, relative to that of the snapshot's.
        skill: how far the generated model's loss l* is below the loss c of the best constant, relative to the
            snapshot's loss l: (c - l*) / (c - l). Where the snapshot has no skill to speak of, 0 if l* is clearly above
            l, and else 1.
    """

    spread: float
    skill: float

    @property
    def dead(self) -> bool:
        """Whether all samples get nearly the same logit, which more training seldom changes."""
        return self.spread < ALIVE_SPREAD

    @property
    def fit(self) -> bool:
        """Whether the generated model may serve; one that is neither fit nor dead needs more training."""
        return not self.dead and self.skill >= FIT_SKILL

    @classmethod
    def of(
        cls,
        generated: Mapping[str, Tensor],
        snapshot: Mapping[str, Tensor],
        samples: Samples,
        objective: Objective,
        run: Run,
        seed: int,
    ) -> "GeneratorCheck | None":
        """Compare a generated model with the snapshot that it was generated from last.

        Args:
            generated: the model after the newest snapshot of the window; its tables may be lazy.
            snapshot: the newest snapshot of the window.
            samples: the newest finished period, which the snapshot has not seen.
            objective: the loss, and its units.
            run: the structure of both models.
            seed: chooses the units that are looked at.

        Returns:
            None where the samples cannot tell: there are none, or all labels are equal.
        """
        units = objective.units(samples)
        if len(units) > UNITS:
            units = units[numpy_rng(seed, "units").choice(len(units), UNITS, replace=False)]
        batch = samples.batch(units.T.ravel()).to(next(iter(snapshot.values())).device)
        constant = _constant_loss(batch, objective)
        if not constant:
            return None
        with frozen(run.model):
            spread, loss = _spread_and_loss(generated, batch, objective, run)
            usual_spread, usual_loss = _spread_and_loss(snapshot, batch, objective, run)
        if constant - usual_loss > NOISE * constant:
            skill = (constant - loss) / (constant - usual_loss)
        else:
            skill = float(loss <= usual_loss + NOISE * constant)
        return cls(spread / usual_spread if usual_spread else 1.0, skill)


def _spread_and_loss(params: Mapping[str, Tensor], batch: Batch, objective: Objective, run: Run) -> tuple[float, float]:
    """The standard deviation of the logits, and the loss."""
    spread = logits(run.model, params, batch).float().std(correction=0)
    return float(spread), float(objective.loss(run.model, params, batch))


def _constant_loss(batch: Batch, objective: Objective) -> float:
    """The loss in nats of the constant that fits the labels best; 0 for an empty batch."""
    if not len(batch):
        return 0.0
    if objective.width > 1:
        return math.log(2)
    rate = batch.label.double().mean()
    return float(-(torch.special.xlogy(rate, rate) + torch.special.xlogy(1 - rate, 1 - rate)))
