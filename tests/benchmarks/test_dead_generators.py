"""The benchmark of dead generators counts restarts, and compares bytes with those of a run without the check."""

from math import inf

import pytest

from dead_generators import HEAD, Outcome, measure
from freshrec.evaluation import Pretraining
from freshrec.testing import tiny_stream
from freshrec.updaters import IU, generator_check


def outcome() -> Outcome:
    """Of a stream on which generators die."""
    pretraining = Pretraining(epochs=3, batch_size=16)
    return measure(tiny_stream((200,) * 6), 1, 2, IU(batch_size=32), pretraining, window=1, batch_size=16)


def test_a_dead_generator_is_started_again_and_does_not_serve() -> None:
    found = outcome()
    assert (found.restarts, found.served, found.same) == (3, 0, False)
    assert found.auc["checked"] == found.auc["iu"] != found.auc["published"]


def test_where_none_is_dead_both_serve_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator_check, "ALIVE_SPREAD", 0.0)
    monkeypatch.setattr(generator_check, "FIT_SKILL", -inf)
    found = outcome()
    assert (found.restarts, found.served, found.same) == (0, 2, True)
    assert found.auc["checked"] == found.auc["published"] != found.auc["iu"]
    line = found.line(1)
    assert line.startswith("| 1 | 0 | 2 of 2 | yes | ")
    assert line.count("|") == HEAD.splitlines()[0].count("|")
