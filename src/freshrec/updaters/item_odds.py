"""A trivial baseline: the log odds of the item in the newest finished period, without user and without training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field

from freshrec.data import Period
from freshrec.errors import ModelError
from freshrec.models import ItemLogit
from freshrec.params import Params
from freshrec.settings import Settings
from freshrec.training import Fitted, Run
from freshrec.updaters.constant import smoothed_log_odds

__all__ = ["ItemOdds", "ItemOddsState"]


@dataclass(frozen=True)
class ItemOddsState:
    """The items' log odds, as the parameters of an `ItemLogit`."""

    params: Params


class ItemOdds(Settings):
    """Predicts the share of positives among the item's samples in the newest finished period.

    With p_i positives among the n_i samples of item i, and r the period's share of positives as `Constant` has it, the
    logit is log((p_i + a r) / (n_i - p_i + a (1 - r))): the item's counts with `smoothing` a as many samples at the
    share r added. For an item without samples in the period that is the logit of r. An empty period changes nothing.
    """

    state_type: ClassVar[type] = ItemOddsState

    smoothing: float = Field(2.0, gt=0, description="a, samples at the period's share of positives added to each item")

    def init(self, start: Fitted, run: Run) -> ItemOddsState:
        """Start with the logits of the given model.

        Raises:
            ModelError: the base model is not an `ItemLogit`.
        """
        if not isinstance(run.model, ItemLogit):
            raise ModelError(
                f"ItemOdds has the base model ItemLogit, not {type(run.model).__name__}. Apply it to an ItemLogit."
            )
        return ItemOddsState(start.params)

    def update(self, state: ItemOddsState, past: Sequence[Period], run: Run) -> ItemOddsState:
        """Write the newest period's log odds into bias and table."""
        samples, table, bias = past[-1].samples(), state.params["item_table.weight"], state.params["bias"]
        if not len(samples):
            return state
        base = smoothed_log_odds(int(samples.label.sum()), len(samples))
        rate = 1 / (1 + np.exp(-base))
        count = np.bincount(samples.item, minlength=len(table))
        positive = np.bincount(samples.item, samples.label, minlength=len(table))
        odds = (positive + self.smoothing * rate) / (count - positive + self.smoothing * (1 - rate))
        offset = np.where(count > 0, np.log(odds) - base, 0.0)
        return ItemOddsState(
            {
                "item_table.weight": torch.from_numpy(offset[:, None]).to(table),
                "bias": bias.new_full((1,), base),
            }
        )

    def serving(self, state: ItemOddsState, run: Run) -> Params:
        """Bias and table."""
        return state.params
