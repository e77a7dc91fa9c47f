"""What the examples have in common: a small stream that drifts, and three methods that keep a model fresh on it."""

from typing import Any

from torch import nn

from freshrec import ASMG, IU, SML, Stream, Updater, prequential
from freshrec.data import Drift, synthetic_log
from freshrec.generators import Grouping

__all__ = ["HISTORY", "mean_auc", "small_stream"]

HISTORY = 10


def small_stream() -> Stream:
    """20 days of a synthetic log; half of the samples are negatives drawn for the others."""
    log = synthetic_log(Drift(users=100, items=60, periods=20, interactions=16_000))
    return Stream.from_frame(log, item_fields=["category"], period="1d", history=HISTORY)


def mean_auc(model: nn.Module, stream: Stream, grouping: Grouping | None = None) -> dict[str, float]:
    """The mean AUC of IU, ASMG-GRUmulti and SML over the test split; every period is scored before it is learned.

    Args:
        model: from a batch to logits; it is left as it was.
        stream: the periods.
        grouping: which coordinates share a generator, where the defaults do not suit.
    """
    base, grouping = IU(batch_size=128), grouping or Grouping()
    updaters: dict[str, Updater[Any]] = {
        "IU": base,
        "ASMG-GRUmulti": ASMG(base=base, grouping=grouping, epochs=2, batch_size=128),
        "SML": SML(base=base, grouping=grouping, batch_size=128),
    }
    means = {}
    for name, updater in updaters.items():
        results = prequential(updater, model, stream)
        values = [result.scores["auc"] for result in results if result.split == "test"]
        areas = [value for value in values if value is not None]
        means[name] = sum(areas) / len(areas)
        print(f"{name:14} AUC {means[name]:.4f}")
    return means
