"""A model that begins as another one."""

from torch import nn

from freshrec.params import params_of
from freshrec.training.fitted import Fitted, Moments

__all__ = ["Extended"]


class Extended(nn.Module):
    """A model around a base model, which has further parameters and at first gives what the base model gives.

    It is not pre-trained: it takes over the pre-trained base model, so that both begin alike.

    Args:
        base: the base model; its parameters are known here with `base.` before their names.
    """

    def __init__(self, base: nn.Module):
        super().__init__()
        self.base = base

    def begin(self, start: Fitted) -> Fitted:
        """The parameters before the first update.

        Args:
            start: the base model's, with the moments of its optimizer; those of this model's own parameters are zero.
        """
        taken = {f"base.{name}": value for name, value in start.params.items()}
        own = Fitted.untrained({**params_of(self), **taken})
        parts = []
        for before, inner in (
            (own.moments.steps, start.moments.steps),
            (own.moments.mean, start.moments.mean),
            (own.moments.square, start.moments.square),
        ):
            parts.append({**before, **{f"base.{name}": value for name, value in inner.items()}})
        return Fitted(own.params, Moments(*parts), start.stream)
