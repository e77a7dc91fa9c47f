"""freshrec keeps recommender (click-through-rate) models fresh.

Interactions arrive period by period. After each period an updater makes the model that serves the next one anew.

What is named here is loaded when it is first used, so that `import freshrec` and the command line start at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from freshrec.data import DATASETS, Bags, Batch, Period, Preparer, Stream, StreamSettings, prepare
    from freshrec.evaluation import CompareSettings, Pretraining, Result, Splits, compare, prequential
    from freshrec.experiments import EXHIBITS, ExperimentPlan, experiment
    from freshrec.generators import Grouping
    from freshrec.keeping import Track, TrackSettings
    from freshrec.metrics import METRICS, Metric, measure
    from freshrec.models import Adapted, Call, EmbeddingMLP, MatrixFactorisation, padded
    from freshrec.params import params_of
    from freshrec.serving import Scorer, load
    from freshrec.training import Fitted, Run, predict
    from freshrec.tuning import TuneSettings, tune
    from freshrec.updaters import ASMG, BU, IU, METHODS, RSG, SML, SPMF, IncCTR, Updater

_ROOMS = {
    "data": ("DATASETS", "Bags", "Batch", "Period", "Preparer", "Stream", "StreamSettings", "prepare"),
    "evaluation": (
        "CompareSettings",
        "Pretraining",
        "Result",
        "Splits",
        "compare",
        "prequential",
    ),
    "experiments": ("EXHIBITS", "ExperimentPlan", "experiment"),
    "generators": ("Grouping",),
    "keeping": ("Track", "TrackSettings"),
    "metrics": ("METRICS", "Metric", "measure"),
    "models": ("Adapted", "Call", "EmbeddingMLP", "MatrixFactorisation", "padded"),
    "params": ("params_of",),
    "serving": ("Scorer", "load"),
    "training": ("Fitted", "Run", "predict"),
    "tuning": ("TuneSettings", "tune"),
    "updaters": ("ASMG", "BU", "IU", "METHODS", "RSG", "SML", "SPMF", "IncCTR", "Updater"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "ASMG",
    "BU",
    "DATASETS",
    "EXHIBITS",
    "IU",
    "METHODS",
    "METRICS",
    "RSG",
    "SML",
    "SPMF",
    "Adapted",
    "Bags",
    "Batch",
    "Call",
    "CompareSettings",
    "EmbeddingMLP",
    "ExperimentPlan",
    "Fitted",
    "Grouping",
    "IncCTR",
    "MatrixFactorisation",
    "Metric",
    "Period",
    "Preparer",
    "Pretraining",
    "Result",
    "Run",
    "Scorer",
    "Splits",
    "Stream",
    "StreamSettings",
    "Track",
    "TrackSettings",
    "TuneSettings",
    "Updater",
    "compare",
    "experiment",
    "load",
    "measure",
    "padded",
    "params_of",
    "predict",
    "prepare",
    "prequential",
    "tune",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'freshrec' has no attribute {name!r}")
    return getattr(import_module(f"freshrec.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
