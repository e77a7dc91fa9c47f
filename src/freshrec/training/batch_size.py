"""How large a batch is, where nobody chose it."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

__all__ = ["ENOUGH_STEPS", "FEW_STEPS", "BatchSize", "automatic_batch_size"]

BatchSize: TypeAlias = Annotated[int, Field(ge=1)] | Literal["auto"]
"""Samples a step at most, or `automatic_batch_size`."""

SIZES = (1024, 512, 256, 128, 64, 32)
ENOUGH_STEPS = 64
"""Gradient steps in one training that an automatic batch size gives, if a batch of the smallest size does."""

FEW_STEPS = 16
"""A training with fewer gradient steps has hardly moved; docs/comparing.md shows what it serves."""


def automatic_batch_size(units: int, width: int = 1, epochs: int = 1) -> int:
    """The largest of 1,024, 512, ... 32 samples with which a training takes at least 64 steps; else 32.

    >>> [automatic_batch_size(units) for units in (388, 4_000, 20_000, 1_000_000)]
    [32, 32, 256, 1024]

    Args:
        units: how many units there are to train on, of `width` samples each.
        width: samples of a unit.
        epochs: passes over the units.
    """
    return next((size for size in SIZES if epochs * -(-units // (size // width)) >= ENOUGH_STEPS), SIZES[-1])
