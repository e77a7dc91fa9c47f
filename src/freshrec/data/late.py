"""Rows of periods that are finished already: repeated ones, and late ones."""

import numpy as np
import polars as pl

from freshrec.data.log import Log
from freshrec.data.samples import Samples
from freshrec.data.state import State

__all__ = ["split_late"]

_KEY = ("user", "item", "time")


def split_late(log: Log, before: State) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Part the well-formed rows of a log by whether their period is finished.

    A row of a finished period is repeated where the period has it already: a row of the same user, item and time, and
    of a label that is not higher. With `repeats="all"` there are no repeated rows.

    Returns:
        The rows on time; the late ones, by time, user and item; and how many rows are repeated.
    """
    if before.end is None:
        return log.cells, log.cells.clear(), 0
    is_early = log.cells["time"] < before.end
    early = log.cells.filter(is_early)
    if early.is_empty():
        return log.cells, early, 0
    repeated = _repeated(early, before) if before.settings.repeats == "once" else np.zeros(early.height, np.bool_)
    ids = [pl.col(name).cast(pl.String) for name in ("user", "item") if name in early.columns]
    late = early.filter(~pl.Series(repeated)).sort("time", *ids)
    return log.cells.filter(~is_early), late, int(repeated.sum())


def _repeated(early: pl.DataFrame, before: State) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    ids = early.select(
        *(pl.Series(name, before.vocabulary.find(name, early[name].cast(pl.String))) for name in ("user", "item")),
        "time",
        "label",
    )
    time = ids["time"].to_numpy()
    number = 1 + np.searchsorted(np.array(before.ends), time, side="right")
    found = np.zeros(early.height, np.bool_)
    for each in np.unique(number):
        rows = np.flatnonzero(number == each)
        held = _interactions(before.samples[int(each)]).group_by(_KEY).agg(pl.col("label").max().alias("held"))
        matched = ids[rows].join(held, on=_KEY, how="left", maintain_order="left")
        found[rows] = (matched["label"] <= matched["held"]).fill_null(False).to_numpy()
    return found


def _interactions(samples: Samples) -> pl.DataFrame:
    """The samples that are rows of the log: all, or those that are not drawn negatives."""
    rows = pl.DataFrame(
        {
            "user": samples.user.astype(np.int64),
            "item": samples.item.astype(np.int64),
            "time": samples.timestamp,
            "label": samples.label,
        }
    )
    return rows if samples.schema.labels == "explicit" else rows.filter(pl.col("label") == 1)
