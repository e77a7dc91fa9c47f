"""A trivial baseline: every sample gets the share of positives in the newest finished period."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from freshrec.data import Period
from freshrec.errors import ModelError
from freshrec.models import ConstantLogit
from freshrec.params import Params
from freshrec.settings import Settings
from freshrec.training import Fitted, Run

__all__ = ["Constant", "ConstantState", "smoothed_log_odds"]


@dataclass(frozen=True)
class ConstantState:
    """The constant logit, as the parameters of a `ConstantLogit`."""

    params: Params


class Constant(Settings):
    """Predicts for every sample the share of positives among the samples of the newest finished period.

    The logit is log((p + 1/2) / (n - p + 1/2)) for p positives among n samples (the empirical logit: Cox, "Analysis of
    Binary Data", 1970), which is finite for a period of one class. An empty period changes nothing.
    """

    state_type: ClassVar[type] = ConstantState

    def init(self, start: Fitted, run: Run) -> ConstantState:
        """Start with the logit of the given model.

        Raises:
            ModelError: the base model is not a `ConstantLogit`.
        """
        if not isinstance(run.model, ConstantLogit):
            raise ModelError(
                f"Constant has the base model ConstantLogit, not {type(run.model).__name__}. Apply it to a "
                "ConstantLogit."
            )
        return ConstantState(start.params)

    def update(self, state: ConstantState, past: Sequence[Period], run: Run) -> ConstantState:
        """Write the newest period's log odds into the bias."""
        label, bias = past[-1].samples().label, state.params["bias"]
        if not len(label):
            return state
        return ConstantState({"bias": bias.new_full((1,), smoothed_log_odds(int(label.sum()), len(label)))})

    def serving(self, state: ConstantState, run: Run) -> Params:
        """The bias."""
        return state.params


def smoothed_log_odds(positives: int, samples: int) -> float:
    """The empirical logit of a share: log odds with half a positive and half a negative added.

    >>> smoothed_log_odds(5, 10)
    0.0
    """
    return math.log((positives + 0.5) / (samples - positives + 0.5))
