"""The benchmark of corrections runs all its updates; no time is asserted."""

from correction import measure
from freshrec.testing import tiny_stream


def test_updates_are_measured_in_turn() -> None:
    rows = measure(tiny_stream(), rounds=1)
    assert [row.what for row in rows] == [
        "IU's update",
        "rsg-unguarded's update",
        "rsg's update",
        "correcting all rows",
    ]
    assert all(row.value > 0 for row in rows)
    assert [row.against for row in rows] == [None, "IU's", "IU's", None]
