"""Metrics: one object each, that says how well logits fit labels, what it is called and which values are better."""

from freshrec.metrics.auc import AUC
from freshrec.metrics.calibration_error import CalibrationError
from freshrec.metrics.calibration_ratio import CalibrationRatio
from freshrec.metrics.delong import AUCDifference, auc_difference
from freshrec.metrics.gauc import GAUC
from freshrec.metrics.logloss import LogLoss
from freshrec.metrics.measurement import measure
from freshrec.metrics.metric import Array, Better, Metric
from freshrec.metrics.normalised_entropy import NormalisedEntropy
from freshrec.metrics.ranking import rank_value
from freshrec.metrics.registry import DEFAULT_METRICS, METRICS, as_metric, find_metric, find_metrics
from freshrec.metrics.relaimpr import relaimpr

__all__ = [
    "AUC",
    "DEFAULT_METRICS",
    "GAUC",
    "METRICS",
    "AUCDifference",
    "Array",
    "Better",
    "CalibrationError",
    "CalibrationRatio",
    "LogLoss",
    "Metric",
    "NormalisedEntropy",
    "as_metric",
    "auc_difference",
    "find_metric",
    "find_metrics",
    "measure",
    "rank_value",
    "relaimpr",
]
