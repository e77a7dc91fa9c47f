from dataclasses import fields
from typing import Any, get_args

import pytest
from typer.main import get_command

from freshrec.cli.app import app
from freshrec.cli.options import TIME_UNITS, DataOptions
from freshrec.data import StreamSettings
from freshrec.data.settings import TimeUnit
from freshrec.errors import ConfigError
from freshrec.evaluation import CompareSettings

WITHOUT_OPTION = {"name", "seed"}


def parameters(command: str) -> dict[str, Any]:
    root: Any = get_command(app)
    return {each.name: each for each in root.commands[command].params}


def test_every_setting_of_a_stream_has_an_option() -> None:
    names = [field.name for field in fields(DataOptions) if not field.name.startswith("no_")]
    given: dict[str, Any] = dict.fromkeys(names, "given")
    every = DataOptions(**given)
    assert set(every.given()) == set(StreamSettings.model_fields) - WITHOUT_OPTION


def test_every_time_unit_is_in_the_help() -> None:
    named = TIME_UNITS.replace(" or", ",").split(", ")
    assert ["auto", *named] == list(get_args(TimeUnit))


def test_only_what_was_given_is_set() -> None:
    assert DataOptions(history=7, item_field=["colour"]).given() == {"history": 7, "item_fields": ["colour"]}
    assert DataOptions().given() == {}


def test_a_way_to_cut_takes_the_place_of_the_other_and_both_are_passed_on() -> None:
    assert DataOptions(periods=7).given() == {"periods": 7, "period": None, "period_rows": None}
    assert DataOptions(period="1d").given() == {"periods": None, "period": "1d", "period_rows": None}
    assert DataOptions(periods=7, period="1d").given() == {"periods": 7, "period": "1d", "period_rows": None}


def test_no_labels_is_no_column_of_them() -> None:
    assert DataOptions(no_labels=True).given() == {"label_column": None}
    with pytest.raises(ConfigError, match=r"both --no-labels and --label-column click were given"):
        DataOptions(no_labels=True, label_column="click").given()


@pytest.mark.parametrize("command", ["compare", "prepare"])
def test_both_commands_take_all_data_options(command: str) -> None:
    taken = parameters(command)
    assert {field.name for field in fields(DataOptions)} <= set(taken)
    assert "data_options" not in taken
    assert taken["user_field"].multiple
    assert taken["min_item_count"].opts == ["--min-item-count"]


@pytest.mark.parametrize(
    "name",
    [
        "user_column",
        "item_column",
        "time_column",
        "periods",
        "history",
        "negatives",
        "negatives_per_positive",
        "repeats",
        "min_item_count",
    ],
)
def test_defaults_in_the_help_are_those_of_the_stream(name: str) -> None:
    assert parameters("prepare")[name].show_default == str(getattr(StreamSettings(), name))


def test_defaults_in_the_help_are_those_of_the_comparison() -> None:
    shown, settings = parameters("compare"), CompareSettings()
    assert shown["methods"].show_default == ",".join(settings.methods)
    assert shown["runs"].show_default == str(settings.runs)
    assert shown["seed"].show_default == str(settings.seed)
    for name in ("loss", "learning_rate", "epochs", "batch_size"):
        assert shown[name].show_default == str(getattr(settings.base, name))


def test_a_log_without_users_or_items() -> None:
    assert DataOptions(no_user=True, no_item=True).given() == {"user_column": None, "item_column": None}
    with pytest.raises(ConfigError, match=r"both --no-user and --user-column who were given"):
        DataOptions(no_user=True, user_column="who").given()
