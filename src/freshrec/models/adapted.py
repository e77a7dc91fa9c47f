"""Any model as a model of batches: what it is called with, and which logits its output stands for."""

from collections.abc import Callable
from typing import Any, Literal

from torch import Tensor, nn

from freshrec.data import Batch
from freshrec.errors import ModelError
from freshrec.models.probabilities import LastSigmoid

__all__ = ["Adapted", "Call"]


class Call:
    """What a model is called with, where a tuple does not say it: positional arguments and keywords."""

    def __init__(self, *args: Any, **kwargs: Any):
        self.args = args
        self.kwargs = kwargs


class Adapted(nn.Module):
    """A model of another library, or of any signature, as one from a batch to logits [B]; it is used as it is.

    Its parameters are known by their own names with `model.` before them.

    Args:
        model: any module whose parameters are to be kept fresh.
        collate: makes what the model is called with from a batch: a tuple is its positional arguments, a `Call` these
            and keywords, and anything else its one argument, be it a tensor, a mapping, a dataclass or a named tuple.
        output: what the model gives. Probabilities that a sigmoid made as the last step are taken as what went into
            it, exactly and with its gradient; any others are turned into logits, for which those nearer to 0 or 1
            than the smallest difference from 1 in their type (1.2e-7 in float32, a logit of 16) count as that near,
            with no gradient beyond.
        select: takes the logits or probabilities [B] or [B, 1] out of what the model returns; None if it is these.
    """

    def __init__(
        self,
        model: nn.Module,
        collate: Callable[[Batch], Any],
        *,
        output: Literal["logits", "probabilities"] = "logits",
        select: Callable[[Any], Tensor] | None = None,
    ):
        super().__init__()
        self.model = model
        self.collate = collate
        self.output = output
        self.select = select

    def forward(self, batch: Batch) -> Tensor:
        """Logits [B] or [B, 1] of the batch's candidates being positive.

        Raises:
            ModelError: the model's output is no tensor, or is said to be probabilities and leaves [0, 1].
        """
        made = self.collate(batch)
        call = made if isinstance(made, Call) else Call(*made) if type(made) is tuple else Call(made)
        if self.output == "logits":
            return self._selected(self.model(*call.args, **call.kwargs))
        last = LastSigmoid()
        with last:
            probabilities = self._selected(self.model(*call.args, **call.kwargs))
        return last.logits_of(probabilities)

    def _selected(self, output: Any) -> Tensor:
        value = output if self.select is None else self.select(output)
        if not isinstance(value, Tensor):
            raise ModelError(
                f"{type(self.model).__name__} gave {_described(value)} where a tensor of {self.output} was expected. "
                "Give Adapted a `select` that takes the tensor out of it."
            )
        return value


def _described(value: Any) -> str:
    return f"a dict of {', '.join(map(repr, value))}" if isinstance(value, dict) else f"a {type(value).__name__}"
