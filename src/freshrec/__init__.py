"""freshrec keeps recommender (click-through-rate) models fresh.

Interactions arrive period by period. After each period an updater makes the model that serves the next one anew.

What is named here is loaded when it is first used, so that `import freshrec` and the command line start at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from freshrec.data import DATASETS, Batch, Period, Stream, StreamSettings, prepare
    from freshrec.evaluation import CompareSettings, Pretraining, Result, Splits, auc, compare, logloss, prequential
    from freshrec.models import EmbeddingMLP, MatrixFactorisation
    from freshrec.training import Fitted, Run
    from freshrec.updaters import ASMG, BU, IU, METHODS, SML, SPMF, IncCTR, Updater

_ROOMS = {
    "data": ("DATASETS", "Batch", "Period", "Stream", "StreamSettings", "prepare"),
    "evaluation": (
        "CompareSettings",
        "Pretraining",
        "Result",
        "Splits",
        "auc",
        "compare",
        "logloss",
        "prequential",
    ),
    "models": ("EmbeddingMLP", "MatrixFactorisation"),
    "training": ("Fitted", "Run"),
    "updaters": ("ASMG", "BU", "IU", "METHODS", "SML", "SPMF", "IncCTR", "Updater"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "ASMG",
    "BU",
    "DATASETS",
    "IU",
    "METHODS",
    "SML",
    "SPMF",
    "Batch",
    "CompareSettings",
    "EmbeddingMLP",
    "Fitted",
    "IncCTR",
    "MatrixFactorisation",
    "Period",
    "Pretraining",
    "Result",
    "Run",
    "Splits",
    "Stream",
    "StreamSettings",
    "Updater",
    "auc",
    "compare",
    "logloss",
    "prepare",
    "prequential",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'freshrec' has no attribute {name!r}")
    return getattr(import_module(f"freshrec.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
