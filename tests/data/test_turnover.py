import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given

from freshrec.data import Stream, prepare
from freshrec.data.turnover import TOP_ITEMS, mean_turnover

from .data_logs import Row, frame, repeats, rows, steady


def counted(log: list[Row], periods: list[list[Row]]) -> list[dict[str, Any]]:
    """The turnover of periods of a log of positives, counted one row at a time."""
    figures: list[dict[str, Any]] = []
    earlier: list[list[Row]] = []
    for period in periods:
        seen = {item for past in earlier for _, item, _ in past}
        old = {item for past in earlier[:-2] for _, item, _ in past} if len(earlier) > 2 else set()
        users = {user for past in earlier for user, _, _ in past}
        new_item, recent = [item not in seen for _, item, _ in period], [item not in old for _, item, _ in period]
        tops = [set(Counter(item for _, item, _ in each)) for each in (earlier[-1] if earlier else [], period)]
        figures.append(
            {
                "new_users": len({user for user, _, _ in period} - users),
                "new_items": len({item for _, item, _ in period} - seen),
                "new_item_share": sum(new_item) / len(period) if period else None,
                "recent_item_share": sum(recent) / len(period) if period else None,
                "top_item_overlap": len(tops[0] & tops[1]) / max(map(len, tops)) if all(tops) else None,
                "busiest_user_share": max(Counter(user for user, _, _ in period).values()) / len(period)
                if period
                else None,
            }
        )
        earlier.append(period)
    return figures


@given(rows, repeats)
def test_the_figures_are_those_of_rows_counted_one_by_one(log: list[Row], again: str) -> None:
    # An item that each user of the first instant is shown and does not take makes labels explicit, so that samples are
    # the rows and nothing else; periods of the calendar may be empty.
    seconds = [(user, item, 20 * time) for user, item, time in log]
    used = seconds if again == "all" else list(set(seconds))
    labels = frame(seconds).with_columns(label=pl.lit(1))
    shown = pl.DataFrame({"user": [99], "item": [99], "timestamp": [0], "label": [0]})
    source = pl.concat([labels, shown], how="vertical_relaxed")
    stream = Stream.from_frame(source, period="3m", repeats=again)
    periods = [[row for row in used if row[2] // 180 == minute] for minute in range(len(stream.periods))]
    found = [period["turnover"] for period in stream.manifest["periods"]]
    expected = counted(used, periods)
    # The row that was not taken is a user, an item and a sample of period 1.
    first, size = expected[0], len(periods[0])
    first["new_users"] += 1
    first["new_items"] += 1
    busiest = max([1, *Counter(user for user, _, _ in periods[0]).values()])
    first["busiest_user_share"] = busiest / (size + 1)
    assert found == [pytest.approx(each) for each in expected]


def test_drawn_negatives_change_no_figure() -> None:
    log = steady()
    one = Stream.from_frame(log, periods=4).manifest["periods"]
    three = Stream.from_frame(log, periods=4, negatives_per_positive=3, seed=5).manifest["periods"]
    assert [period["turnover"] for period in one] == [period["turnover"] for period in three]


@given(rows)
def test_later_rows_change_no_earlier_figure(log: list[Row]) -> None:
    now = [(user, item, 60 * time) for user, item, time in log]
    later = [(7 + user, 9 + item, time + 60 * 41) for user, item, time in now]
    alone, full = (Stream.from_frame(frame(each), period="1m").manifest["periods"] for each in (now, now + later))
    assert [each["turnover"] for each in full[: len(alone)]] == [each["turnover"] for each in alone]


def test_the_top_items_are_those_with_the_most_positives_and_of_equal_ones_the_oldest() -> None:
    # Period 1: items 0 to 119, of which 0 to 9 twice. Period 2: the items 20 to 139, each once.
    first = [(user, item, 0) for item in range(120) for user in range(2 if item < 10 else 1)]
    second = [(9, item, 60) for item in range(20, 140)]
    log = frame(first + second).with_columns(pl.col("item").cast(pl.String).str.zfill(3))
    figures = [period["turnover"] for period in Stream.from_frame(log, period="1m").manifest["periods"]]
    assert figures[0]["top_item_overlap"] is None
    # The top 100 of period 1 are the items 0 to 99, of period 2 the items 20 to 119: 80 are in both.
    assert TOP_ITEMS == 100
    assert figures[1]["top_item_overlap"] == 0.8
    assert figures[1]["new_item_share"] == 20 / 120
    assert figures[1]["busiest_user_share"] == 1.0


def test_means_are_over_the_second_half_and_skip_what_is_not_defined() -> None:
    periods: list[dict[str, Any]] = [
        {"a": 9, "b": None},
        {"a": 9, "b": None},
        {"a": 1, "b": 0.5},
        {"a": 2, "b": None},
        {"a": 6, "b": None},
    ]
    assert mean_turnover(periods) == {"first": 3, "a": 3.0, "b": 0.5}
    assert mean_turnover(periods[:1]) == {"first": 1, "a": 9.0, "b": None}


def test_the_manifest_has_them_in_memory_and_on_disk(tmp_path: Path) -> None:
    stream = prepare(steady(), tmp_path / "made")
    assert stream.manifest["turnover"]["first"] == 16
    assert stream.manifest["turnover"] == Stream.from_frame(steady()).manifest["turnover"]
    written = json.loads((tmp_path / "made" / "manifest.json").read_text())
    assert written["turnover"] == stream.manifest["turnover"]
    assert [each["turnover"] for each in written["periods"]] == [
        each["turnover"] for each in Stream.from_frame(steady()).manifest["periods"]
    ]
