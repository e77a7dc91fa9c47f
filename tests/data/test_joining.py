import numpy as np
import pytest

from freshrec.data import Stream, join

from .data_logs import steady


def test_joined_samples_keep_their_order_and_histories() -> None:
    stream = Stream.from_frame(steady(), periods=4, item_fields=("kind",))
    parts = [stream.periods[number].samples() for number in (1, 2, 3)]
    joined = join(parts)
    assert len(joined) == sum(map(len, parts))
    row = 0
    for part in parts:
        for at in range(len(part)):
            assert joined.positives[joined.start[row] : joined.end[row]].tolist() == (
                part.positives[part.start[at] : part.end[at]].tolist()
            )
            assert (joined.user[row], joined.item[row], joined.label[row], joined.timestamp[row]) == (
                part.user[at], part.item[at], part.label[at], part.timestamp[at],
            )  # fmt: skip
            row += 1
    assert joined.start.dtype == joined.end.dtype == np.int32


def test_nothing_cannot_be_joined() -> None:
    with pytest.raises(ValueError, match="give at least one period's samples"):
        join([])
