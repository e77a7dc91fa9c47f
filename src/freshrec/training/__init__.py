"""Fitting parameters and applying them; everything that takes a gradient goes through `fit`."""

from freshrec.training.feed import Parallel, Shuffled
from freshrec.training.fitting import Fitted, Moments, fit
from freshrec.training.forward import evaluating, frozen, logits, predict
from freshrec.training.lazy_table import LazyTable
from freshrec.training.objective import LOG, OBJECTIVES, Loss, Objective, bpr_loss, log_loss
from freshrec.training.run import Run, Shared

__all__ = [
    "LOG",
    "OBJECTIVES",
    "Fitted",
    "LazyTable",
    "Loss",
    "Moments",
    "Objective",
    "Parallel",
    "Run",
    "Shared",
    "Shuffled",
    "bpr_loss",
    "evaluating",
    "fit",
    "frozen",
    "log_loss",
    "logits",
    "predict",
]
