from pathlib import Path

import polars as pl
import pytest

from freshrec.data import DATASETS, Stream
from freshrec.data.datasets.tmall import select
from freshrec.errors import DataError

TMALL = DATASETS["tmall"]
HEADER = "user_id,item_id,cat_id,seller_id,brand_id,time_stamp,action_type"


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    (folder / "user_log_format1.csv").write_bytes("\n".join((header, *rows, "")).encode())
    return folder


def clicks(day: str, users: range, item: int = 5, category: int = 12) -> list[str]:
    return [f"{user},{item},{category},7,2661.0,{day},0" for user in users]


def test_clicks_of_october_are_taken_and_dated_in_2014(tmp_path: Path) -> None:
    rows = [
        *clicks("1001", range(10)),
        *clicks("1031", range(10, 20)),
        "90,5,12,7,,1015,0",  # a brand may be missing
        "91,5,12,7,2661.0,0930,0",  # with or without the leading zero, September
        "91,5,12,7,2661.0,930,0",
        "91,5,12,7,2661.0,1101,0",
        "91,5,12,7,2661.0,1015,2",  # a purchase
        "91,6,12,7,2661.0,1015,0",  # an item with a single click
    ]
    log = TMALL.read(write(tmp_path, *rows))
    assert log.columns == ["user", "item", "timestamp", "category"]
    assert log.height == 21
    assert sorted(log["user"]) == [*range(20), 90]
    assert log["timestamp"].dtype == pl.Date
    assert log["timestamp"].unique().sort().cast(pl.String).to_list() == ["2014-10-01", "2014-10-15", "2014-10-31"]
    assert log["category"].unique().to_list() == [12]


def test_users_are_taken_first_and_items_counted_among_their_clicks() -> None:
    # Item 8 has 3 clicks, but two of them are by users who do not make the first three: it goes, and user 3 with it.
    pairs = [(1, 7), (1, 7), (1, 7), (2, 7), (2, 7), (3, 8), (3, 9), (4, 8), (5, 8)]
    log = pl.DataFrame(pairs, schema=["user", "item"], orient="row")
    kept = select(log, users=3, least=3)
    assert kept.rows() == [(1, 7)] * 3 + [(2, 7)] * 2
    # The other way round, with items first, item 8 would have stayed.
    assert log.filter(pl.len().over("item") >= 3)["item"].unique().sort().to_list() == [7, 8]


def test_of_users_tied_at_the_border_those_with_the_smallest_ids_are_taken() -> None:
    log = pl.DataFrame({"user": [30, 4, 200], "item": [1, 1, 1]})
    assert sorted(select(log, users=2, least=1)["user"]) == [4, 30]
    assert sorted(select(log.reverse(), users=2, least=1)["user"]) == [4, 30]


def test_days_are_periods_and_events_of_one_day_do_not_see_each_other(tmp_path: Path) -> None:
    days = [row for day in range(1001, 1032) for item in (5, 6) for row in clicks(str(day), range(1, 4), item, item)]
    stream = Stream.from_frame(TMALL.read(write(tmp_path, *days)), TMALL.settings)
    assert len(stream.periods) == 31
    assert stream.schema.rows == {"user": 3, "item": 2, "category": 2}
    lengths = [set((period.samples().end - period.samples().start).tolist()) for period in stream.periods]
    # Two items a day: nothing on the first day, those of all days before later on, and 30 at most.
    assert lengths == [{min(2 * day, 30)} for day in range(31)]


def test_repeated_clicks_of_a_day_are_samples_each(tmp_path: Path) -> None:
    days = [row for day in (1001, 1002) for item in (5, 6) for row in clicks(str(day), range(1, 11), item)]
    twice = ["3,5,12,7,2661.0,1001,0"] * 2
    stream = Stream.from_frame(TMALL.read(write(tmp_path, *days, *twice)), TMALL.settings)
    assert stream.manifest["rows"]["used"] == len(days) + 2
    first, second = (period.samples() for period in stream.periods)
    user = stream.vocabulary.ids("user", [3])[0]
    item = stream.vocabulary.ids("item", [5, 6])
    liked = first.item[(first.user == user) & (first.label == 1)]
    assert sorted(liked.tolist()) == sorted([*item[[0, 0, 0]], item[1]])
    row = int(((second.user == user) & (second.label == 1)).argmax())
    assert sorted(second.positives[second.start[row] : second.end[row]].tolist()) == sorted([*item[[0, 0, 0]], item[1]])


def test_the_file_itself_may_be_given_and_a_missing_column_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, *clicks("1001", range(20)))
    assert TMALL.read(folder / "user_log_format1.csv").equals(TMALL.read(folder))
    write(tmp_path, "1,2,3,4,5,1001", header=HEADER.removesuffix(",action_type"))
    with pytest.raises(DataError, match=r"user_log_format1.csv has no column 'action_type'; expected are user_id, "):
        TMALL.read(tmp_path)


def test_a_file_without_such_clicks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no item has 20 clicks .* in October .* Give the whole user_log_format1.csv"):
        TMALL.read(write(tmp_path, *clicks("1101", range(30))))
