from pathlib import Path

import polars as pl
import pytest

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

IMPRESSIONS = DATASETS["impressions"]
LOG = pl.DataFrame(
    {
        "user": ["a", "a", "b", "b"],
        "item": [1, 2, 1, 3],
        "timestamp": ["2020-12-01T10:00:00", "2020-12-01T10:00:01", "2020-12-02 09:00:00", "2020-12-04 09:00:00"],
        "click": [1, 0, 0, 1],
        "item_category": ["x", "y", "x", "y"],
        "user_segment": ["new", "new", None, "old"],
        "page": [7, 7, 7, 7],
    }
)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_clicked_and_unclicked_records_become_samples_by_day(tmp_path: Path, kind: str) -> None:
    if kind == "csv":
        LOG.write_csv(tmp_path / "december.csv")
    else:
        LOG.write_parquet(tmp_path / "december.parquet")
    stream = Stream.from_frame(IMPRESSIONS.read(tmp_path), IMPRESSIONS.settings)
    assert stream.manifest["labels"] == "explicit"
    assert [period.size for period in stream.periods] == [2, 1, 0, 1]  # nothing on the third
    assert [period.samples().label.tolist() for period in stream.periods] == [[1, 0], [0], [], [1]]
    # A missing segment is a value of its own: user b's in the record of the second day.
    assert stream.schema.rows == {"user": 2, "item": 3, "item_category": 2, "user_segment": 3}
    assert [period.samples().fields["user_segment"].values.tolist() for period in stream.periods] == [
        [0, 0],
        [1],
        [],
        [2],
    ]
    assert stream.schema.user_fields == ("user_segment",)


def test_a_log_of_clicks_alone_is_refused(tmp_path: Path) -> None:
    LOG.filter(pl.col("click") == 1).write_csv(tmp_path / "december.csv")
    with pytest.raises(DataError, match=r"column 'click' says of no record that it was not clicked .* Add the uncl"):
        IMPRESSIONS.read(tmp_path)


def test_a_missing_column_and_two_files_are_told(tmp_path: Path) -> None:
    LOG.drop("user_segment").write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a.parquet has no column 'user_segment'; expected are user, item, "):
        IMPRESSIONS.read(tmp_path)
    LOG.write_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"holds 2 files that fit \*.parquet, such as a.parquet and b.parquet; "):
        IMPRESSIONS.read(tmp_path)
    assert IMPRESSIONS.read(tmp_path / "b.parquet").height == 4
