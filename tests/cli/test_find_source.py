import hashlib
from pathlib import Path

import pytest

from freshrec.cli.source import RawLog, find_source
from freshrec.data import DATASETS, Stream, StreamSettings, prepare
from freshrec.errors import ConfigError, DataError


def raw(dataset: str | None, data: Path | None, **chosen: object) -> RawLog:
    found = find_source(dataset, data, chosen)
    assert isinstance(found, RawLog)
    return found


def test_a_known_data_set_brings_its_settings_and_chosen_ones_win() -> None:
    found = raw("complete-journey", None, periods=12)
    known = DATASETS["complete-journey"]
    assert found.settings == known.settings.model_copy(update={"periods": 12})
    assert found.dataset is known
    assert found.identify() == {"dataset": "complete-journey"}


def test_a_file_is_called_by_its_name_and_known_by_its_content(tmp_path: Path, shop_log: Path) -> None:
    found = raw(None, shop_log, periods=4)
    assert found.settings == StreamSettings(name="shop", periods=4)
    assert found.read() == shop_log
    assert found.identify() == {
        "file": "shop.csv",
        "sha256": hashlib.sha256(shop_log.read_bytes()).hexdigest(),
    }
    assert raw(None, shop_log, name="other").settings.name == "other"


def test_a_prepared_folder_is_opened_where_no_setting_contradicts_it(tmp_path: Path, shop_log: Path) -> None:
    made = prepare(shop_log, tmp_path / "made", StreamSettings(periods=4))
    found = find_source(None, tmp_path / "made", {"periods": 4})
    assert isinstance(found, Stream)
    assert found.hash == made.hash
    with pytest.raises(ConfigError, match=r"periods is 5, but .*made was prepared with 4. Leave it out"):
        find_source(None, tmp_path / "made", {"periods": 5})


@pytest.mark.parametrize(
    ("dataset", "data", "came"),
    [(None, None, "neither DATASET nor --data came"), ("a", Path("b"), "both DATASET and --data came")],
)
def test_exactly_one_of_both_is_needed(dataset: str | None, data: Path | None, came: str) -> None:
    with pytest.raises(ConfigError, match=f"{came}, expected one of them. Give"):
        find_source(dataset, data, {})


def test_an_unknown_data_set_is_refused_with_the_nearest_or_all() -> None:
    with pytest.raises(ConfigError, match=r"no data set 'complete-jurney'. Did you mean 'complete-journey'\?"):
        find_source("complete-jurney", None, {})
    with pytest.raises(ConfigError, match=r"Known are: complete-journey.*write --data log.csv"):
        find_source("log.csv", None, {})


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*none.csv: No such file or directory. Give the path"):
        raw(None, tmp_path / "none.csv").identify()
