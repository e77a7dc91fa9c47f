"""Fitting parameters and applying them; everything that takes a gradient goes through `fit`."""

from freshrec.training.batch_size import FEW_STEPS, BatchSize, automatic_batch_size
from freshrec.training.born import UNBORN, Births, born_rows, reach
from freshrec.training.count_features import (
    CountFeatures,
    count_ids,
    count_parts,
    history_match_problem,
    with_counts,
)
from freshrec.training.extended import Extended
from freshrec.training.feed import Parallel, Shuffled
from freshrec.training.fitted import Fitted, Moments
from freshrec.training.fitting import fit
from freshrec.training.forward import evaluating, frozen, logits, predict
from freshrec.training.growth import Growth
from freshrec.training.lazy_table import LazyTable, rows_in
from freshrec.training.lookup_counts import LookupCounts, count_lookups
from freshrec.training.objective import LOG, OBJECTIVES, Loss, Objective, bpr_loss, log_loss
from freshrec.training.optimizing import Optimizer, optimizers_of
from freshrec.training.row_statistics import ROW_FEATURES, RowStatistics
from freshrec.training.row_table import ByRow
from freshrec.training.run import Run
from freshrec.training.shared import Shared, Training

__all__ = [
    "FEW_STEPS",
    "LOG",
    "OBJECTIVES",
    "ROW_FEATURES",
    "UNBORN",
    "BatchSize",
    "Births",
    "ByRow",
    "CountFeatures",
    "Extended",
    "Fitted",
    "Growth",
    "LazyTable",
    "LookupCounts",
    "Loss",
    "Moments",
    "Objective",
    "Optimizer",
    "Parallel",
    "RowStatistics",
    "Run",
    "Shared",
    "Shuffled",
    "Training",
    "automatic_batch_size",
    "born_rows",
    "bpr_loss",
    "count_ids",
    "count_lookups",
    "count_parts",
    "evaluating",
    "fit",
    "frozen",
    "history_match_problem",
    "log_loss",
    "logits",
    "optimizers_of",
    "predict",
    "reach",
    "rows_in",
    "with_counts",
]
