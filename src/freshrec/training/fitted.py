"""What fitting starts from and ends with: values, and the optimizer's memory of their gradients."""

from dataclasses import dataclass

import torch
from torch import nn

from freshrec.errors import DataError, ModelError
from freshrec.params import Params, Slots

__all__ = ["Fitted", "Moments"]


@dataclass(frozen=True)
class Moments:
    """Adam's memory, by the name of each parameter that is trained.

    Attributes:
        steps: how many steps each parameter has taken, float32 [].
        mean: running mean of the gradients, in the parameter's shape.
        square: running mean of the squared gradients, in the parameter's shape; of a table [R, D] that the row-wise
            optimizer has fitted [R, 1], the mean over each row.
    """

    steps: Slots
    mean: Slots
    square: Slots


@dataclass(frozen=True)
class Fitted:
    """A model's values together with the moments of the optimizer that fitted them.

    Attributes:
        params: all that the model computes with, by name: what is trained, and beside it buffers, which the model
            changes itself while it is trained, and frozen parameters, which stay.
        moments: of what is trained.
        stream: what tells the stream that they were fitted to from others, up to its newest period, as the last of
            `Samples.lineage`; empty where that is not known.
    """

    params: Params
    moments: Moments
    stream: str = ""

    def follow(self, lineage: tuple[str, ...]) -> str:
        """What `stream` is once the values are fitted to further samples.

        Args:
            lineage: of the samples.

        Raises:
            DataError: the samples are of another stream, in which the values' ids may stand for something else.
        """
        if not lineage:
            return self.stream
        if self.stream and self.stream not in lineage:
            raise DataError(
                f"the model was fitted to a stream that is {self.stream[:12]}... up to its newest period, and these "
                "samples are of another one, in which ids may stand for other values. Add late or new rows to the "
                "prepared folder (prepare with append), or train from the beginning."
            )
        return lineage[-1]

    @classmethod
    def untrained(cls, params: Params) -> "Fitted":
        """Values that no step has touched yet: all moments are zero. All are trained that are no `nn.Buffer`.

        Raises:
            ModelError: there is nothing to train, or it is NaN or infinite somewhere.
        """
        trained = {name: value for name, value in params.items() if not isinstance(value, nn.Buffer)}
        if not trained:
            raise ModelError("no parameter can be trained; one at least was expected. Set requires_grad=True on some.")
        for name, value in trained.items():
            if not torch.isfinite(value).all():
                raise ModelError(
                    f"the parameter {name!r} is NaN or infinite somewhere before it was trained; finite values were "
                    "expected. Look at how it is initialised, or leave it out of training (requires_grad=False)."
                )
        zeros = {name: torch.zeros_like(value) for name, value in trained.items()}
        steps = {name: value.new_zeros((), dtype=torch.float32) for name, value in trained.items()}
        return cls(params, Moments(steps, zeros, dict(zeros)))
