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


def test_a_log_is_cut_one_way() -> None:
    with pytest.raises(ConfigError, match=r"periods is 12 and period is '1d': a log is cut"):
        StreamSettings(periods=12, period="1d")
    assert (StreamSettings().periods, StreamSettings().period) == (31, None)
    assert (StreamSettings(period="1d").periods, StreamSettings(period="1d").period) == (None, "1d")
    for settings in (StreamSettings(), StreamSettings(periods=4), StreamSettings(period="1w")):
        assert StreamSettings.model_validate(settings.model_dump()) == settings


def test_a_new_way_to_cut_takes_the_place_of_the_old() -> None:
    by_day = StreamSettings(period="1d", history=3)
    assert settle(by_day, {"periods": 4}) == StreamSettings(periods=4, history=3)
    assert settle(StreamSettings(periods=4), {"period": "1h"}) == StreamSettings(period="1h")
    assert settle(by_day, {"history": 5}) == StreamSettings(period="1d", history=5)
    with pytest.raises(ConfigError, match="cut in one way"):
        settle(by_day, {"periods": 4, "period": "1d"})


def test_false_is_no_column_of_labels() -> None:
    assert StreamSettings.model_validate({"label_column": False}).label_column is None


def test_changes_are_checked_as_a_whole() -> None:
    base = StreamSettings(history=7)
    assert settle(base, {"periods": 3}) == StreamSettings(history=7, periods=3)
    assert settle(None, {}) == StreamSettings()
    with pytest.raises(ConfigError, match="min_item_count"):
        settle(StreamSettings(negatives="paper", min_item_count=2), {"negatives": "causal"})


def test_every_setting_is_described() -> None:
    assert all(field.description for field in StreamSettings.model_fields.values())
