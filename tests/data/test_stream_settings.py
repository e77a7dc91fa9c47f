import pytest
from pydantic import BaseModel

from freshrec.data import StreamSettings
from freshrec.data.settings import settle
from freshrec.errors import ConfigError


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"historyy": 3}, "there is no setting 'historyy'. Did you mean 'history'?"),
        ({"zzz": 3}, "there is no setting 'zzz'. Known settings: name, user_column"),
        ({"history": -1}, "setting 'history' is -1: Input should be greater than or equal to 0"),
        ({"periods": 0}, "setting 'periods' is 0"),
        ({"period": "1 day"}, "setting 'period' is '1 day'"),
        ({"period": "0d"}, "setting 'period' is '0d'"),
        ({"negatives": "all"}, "Input should be 'causal' or 'paper'"),
        ({"item_fields": "category"}, "setting 'item_fields' is 'category': Input should be a valid tuple"),
        ({"separator": ""}, "setting 'separator' is ''"),
        (
            {"min_item_count": 20},
            "min_item_count is 20, but counting an item's interactions reads the whole log",
        ),
        ({"user_column": "item"}, "column 'item' is named by two settings"),
        ({"user_fields": ("city",), "item_fields": ("city",)}, "column 'city' is named by two settings"),
        (
            {"item_column": "id", "item_fields": ("item",)},
            "a field is called 'item', which is the name of the table",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_explained(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        StreamSettings.model_validate(settings)
    assert said in str(raised.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigError, match=r"'periods' is 'y'.* 'history' is 'x'"):
        StreamSettings.model_validate({"periods": "y", "history": "x"})


def test_paper_may_count_items() -> None:
    assert StreamSettings(negatives="paper", min_item_count=20).min_item_count == 20


def test_settings_may_be_part_of_others() -> None:
    class Config(BaseModel):
        data: StreamSettings = StreamSettings()

    assert Config.model_validate({"data": {"history": 5}}).data.history == 5
    with pytest.raises(ConfigError, match="there is no setting 'histori'"):
        Config.model_validate({"data": {"histori": 5}})


def test_changes_are_checked_as_a_whole() -> None:
    base = StreamSettings(history=7)
    assert settle(base, {"periods": 3}) == StreamSettings(history=7, periods=3)
    assert settle(None, {}) == StreamSettings()
    with pytest.raises(ConfigError, match="min_item_count"):
        settle(StreamSettings(negatives="paper", min_item_count=2), {"negatives": "causal"})


def test_every_setting_is_described() -> None:
    assert all(field.description for field in StreamSettings.model_fields.values())
