"""Honest comparison: the prequential loop, metrics, statistics and the report."""

from freshrec.evaluation.comparison import Comparison, compare
from freshrec.evaluation.loop import prequential
from freshrec.evaluation.metrics import auc, logloss
from freshrec.evaluation.pretrain import Pretraining
from freshrec.evaluation.results import Result, Split, read_results, write_results
from freshrec.evaluation.settings import CompareSettings
from freshrec.evaluation.splits import Splits
from freshrec.evaluation.summary import Summary, summarise

__all__ = [
    "CompareSettings",
    "Comparison",
    "Pretraining",
    "Result",
    "Split",
    "Splits",
    "Summary",
    "auc",
    "compare",
    "logloss",
    "prequential",
    "read_results",
    "summarise",
    "write_results",
]
