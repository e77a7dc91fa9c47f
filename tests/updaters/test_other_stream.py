"""A state that meets a stream in which ids stand for other values is refused."""

from dataclasses import replace

import polars as pl
import pytest

from freshrec.data import Stream, StreamSettings
from freshrec.errors import DataError
from freshrec.models import EmbeddingMLP
from freshrec.params import params_of
from freshrec.training import Fitted, Run
from freshrec.updaters import BU, EMA, IU, SPMF, IncCTR

SETTINGS = StreamSettings(period="1d")
DAY = 86_400


def log(days: int) -> pl.DataFrame:
    rows = range(days * 24)
    return pl.DataFrame(
        {
            "user": [f"u{row * 7 % 11}" for row in rows],
            "item": [f"i{row * 5 % 13}" for row in rows],
            "timestamp": [1_704_067_200 + 3600 * row for row in rows],
        }
    )


@pytest.mark.parametrize("updater", [IU(), BU(), EMA(), IncCTR(), SPMF()], ids=lambda each: type(each).__name__)
def test_a_late_row_that_moves_ids_is_noticed(updater: IU) -> None:
    late = log(1)[:1].with_columns(user=pl.lit("late"), timestamp=pl.col("timestamp") + 1)
    before, after = Stream.from_frame(log(3), SETTINGS), Stream.from_frame(log(4), SETTINGS)
    moved = Stream.from_frame(pl.concat([log(4), late]), SETTINGS)
    assert moved.vocabulary.ids("user", ["u7"]) != before.vocabulary.ids("user", ["u7"])
    rows = {table: count + 9 for table, count in moved.schema.rows.items()}
    model = EmbeddingMLP(replace(moved.schema, rows=rows))
    run = Run(model)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    for period in before.periods:
        state = updater.update(state, before.periods[: period.number], run)
    updater.update(state, after.periods, run)
    with pytest.raises(DataError, match="these samples are of another one"):
        updater.update(state, moved.periods, run)
