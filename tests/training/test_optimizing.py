"""Which tables are fitted row by row."""

import pytest
from torch import nn

from freshrec.errors import ModelError
from freshrec.training import optimizers_of, optimizing


class Tables(nn.Module):
    """Tables of 5, 50 and 60 rows, the last of them frozen, and one of 50 that two modules share."""

    def __init__(self) -> None:
        super().__init__()
        self.small = nn.Embedding(5, 2)
        self.large = nn.EmbeddingBag(50, 2)
        self.frozen = nn.Embedding(60, 2)
        self.frozen.weight.requires_grad_(False)
        self.past, self.candidate = nn.Embedding(50, 2), nn.Embedding(50, 2)
        self.candidate.weight = self.past.weight
        self.wide = nn.Linear(100, 100)


@pytest.fixture(autouse=True)
def _large_is_more_than_49_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizing, "LARGE", 49)


def test_auto_defers_the_large_ones_where_that_is_compiled() -> None:
    assert optimizers_of(Tables(), "auto") == {"large.weight": "deferred", "past.weight": "deferred"}
    assert optimizers_of(Tables().double(), "auto") == {}
    assert optimizers_of(Tables().to("meta"), "auto") == {}


def test_just_so_many_rows_are_not_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizing, "LARGE", 50)
    assert optimizers_of(Tables(), "auto") == {}


@pytest.mark.parametrize("optimizer", ["deferred", "lazy", "rowwise"])
def test_what_is_asked_for_is_for_all_that_is_trained(optimizer: optimizing.Optimizer) -> None:
    assert optimizers_of(Tables().double(), optimizer) == dict.fromkeys(
        ["small.weight", "large.weight", "past.weight"], optimizer
    )


def test_adam_fits_everything_whole() -> None:
    assert optimizers_of(Tables(), "adam") == {}


def test_a_table_that_shortens_its_rows_is_refused() -> None:
    with pytest.raises(ModelError, match="max_norm"):
        optimizers_of(nn.Sequential(nn.Embedding(5, 2, max_norm=1.0)), "lazy")
