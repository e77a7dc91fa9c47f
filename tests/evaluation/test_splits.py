"""The published protocol, its proportions for other streams, and what cannot be."""

import pytest

from freshrec.errors import ConfigError
from freshrec.evaluation import Splits
from freshrec.settings import SettingsError


def test_the_published_protocol() -> None:
    splits = Splits.of(31)
    assert [splits.split(t) for t in range(10, 31)] == ["warmup"] * 11 + ["validation"] * 3 + ["test"] * 7
    assert splits.pretrain == 10


@pytest.mark.parametrize("periods", range(3, 120))
def test_any_number_of_periods_has_all_parts(periods: int) -> None:
    splits = Splits.of(periods)
    kinds = [splits.split(t) for t in range(splits.pretrain, periods)]
    assert kinds.count("test") == splits.test >= 1
    assert kinds.count("validation") == splits.validation >= 1
    assert kinds == sorted(kinds, key=["warmup", "validation", "test"].index)


def test_what_cannot_be() -> None:
    with pytest.raises(ConfigError, match="has 2 periods; at least 3 are needed"):
        Splits.of(2)
    with pytest.raises(ConfigError, match="Pre-train on at most 21"):
        Splits.of(31, pretrain=25)
    with pytest.raises(SettingsError, match="more than the 5 periods"):
        Splits(periods=5, pretrain=3, validation=1, test=2)
