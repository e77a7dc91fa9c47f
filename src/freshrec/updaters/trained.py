"""The settings that all trained things share: the loss, and how gradient steps are taken on it."""

from collections.abc import Iterator, Mapping

from pydantic import Field, ValidationInfo, field_validator
from torch import nn

from freshrec.settings import Settings
from freshrec.training import OBJECTIVES, ByRow, Loss, Objective, Optimizer, optimizers_of
from freshrec.updaters.facts import Facts

__all__ = ["Trained"]


class Trained(Settings):
    """How something is fitted to samples."""

    loss: Loss = Field("log", description="log, or bpr: pairwise, of positives and the negatives drawn for them")
    learning_rate: float = Field(1e-2, gt=0, description="learning rate of Adam")
    epochs: int = Field(1, ge=1, description="passes over the data of each update")
    batch_size: int = Field(1024, ge=1, description="samples a step, at most")
    optimizer: Optimizer = Field(
        "auto", description="of embedding tables: adam, deferred, lazy, rowwise, or auto: adam, or deferred if large"
    )
    mixed: bool = Field(False, description="the model's products in bfloat16 while it is fitted, by torch's autocast")

    @field_validator("batch_size")
    @classmethod
    def _holds_a_unit(cls, size: int, info: ValidationInfo) -> int:
        width = OBJECTIVES[info.data.get("loss", "log")].width
        if size < width:
            raise ValueError(f"a pair is {width} samples; with loss = 'bpr' give at least {width}")
        return size

    @property
    def objective(self) -> Objective:
        """What the loss stands for."""
        return OBJECTIVES[self.loss].mixed() if self.mixed else OBJECTIVES[self.loss]

    def by_row(self, model: nn.Module) -> Mapping[str, ByRow]:
        """The tables of a model that are fitted row by row, with their optimizers."""
        return optimizers_of(model, self.optimizer)

    def misfits(self, facts: Facts) -> Iterator[tuple[str, str]]:
        """The settings that cannot be used on a stream.

        Args:
            facts: what is known of it; what is not known is no fault.

        Yields:
            The setting, with dots where it is part of others and empty for the updater as it is; and what is wrong with
            it, what was expected and what to do.
        """
        if self.loss == "bpr" and facts.labels == "explicit":
            yield (
                "loss",
                "it takes pairs of a positive and a negative drawn for it, and the labels of this stream are explicit: "
                "the log says itself what was not liked. Set it to 'log', or take the positives alone",
            )
