"""Which coordinates share a generator: defaults by kind and size, and rules by name."""

import pytest
from torch import nn

from freshrec.errors import ConfigError
from freshrec.generators import Grouping, Planes
from freshrec.settings import SettingsError


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.user = nn.Embedding(9, 3)
        self.item = nn.Embedding(7, 3)
        self.tower = nn.Sequential(nn.Linear(6, 5), nn.Linear(5, 1))


def sharing(grouping: Grouping) -> dict[str, str]:
    return {name: plane.sharing for name, plane in Planes.of(Model(), grouping).parameters.items()}


def test_the_defaults_are_the_papers() -> None:
    assert sharing(Grouping()) == {
        "user.weight": "column",
        "item.weight": "column",
        "tower.0.weight": "coordinate",
        "tower.0.bias": "coordinate",
        "tower.1.weight": "coordinate",
        "tower.1.bias": "coordinate",
    }


def test_only_parameters_of_more_weights_than_the_limit_are_large() -> None:
    assert sharing(Grouping(limit=30))["tower.0.weight"] == "coordinate"
    found = sharing(Grouping(limit=29))
    assert (found["tower.0.weight"], found["tower.0.bias"], found["user.weight"]) == ("row", "coordinate", "column")


def test_the_first_rule_that_matches_counts() -> None:
    rules = (("item.*", "tensor"), ("*.weight", "column"), ("tower.?.bias", "row"))
    assert list(sharing(Grouping(rules=rules)).values()) == ["column", "tensor", "column", "row", "column", "row"]


def test_a_pattern_that_matches_nothing_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"pattern 'usr\.weight' matches none of the model's 6 parameters, such as user"
    ):
        Planes.of(Model(), Grouping(rules=(("usr.weight", "tensor"),)))


def test_it_is_a_value_that_json_can_hold() -> None:
    grouping = Grouping(rules=(("a*", "row"),), limit=5)
    assert Grouping.model_validate_json(grouping.model_dump_json()) == grouping
    assert hash(Grouping(rules=(("a*", "row"),), limit=5)) == hash(grouping)
    with pytest.raises(SettingsError):
        Grouping.model_validate({"rules": [["a*", "diagonal"]]})
