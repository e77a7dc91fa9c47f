"""Fitting parameters and applying them; everything that takes a gradient goes through `fit`."""

from freshrec.training.feed import Parallel, Shuffled
from freshrec.training.fitting import Fitted, Moments, fit
from freshrec.training.forward import frozen, log_loss, logits, predict
from freshrec.training.run import Run, Shared

__all__ = [
    "Fitted",
    "Moments",
    "Parallel",
    "Run",
    "Shared",
    "Shuffled",
    "fit",
    "frozen",
    "log_loss",
    "logits",
    "predict",
]
