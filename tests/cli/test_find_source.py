import hashlib
from pathlib import Path

import pytest

from freshrec.cli.source import RawLog, _name, find_source
from freshrec.data import DATASETS, Stream, StreamSettings, prepare
from freshrec.errors import ConfigError, DataError


def raw(dataset: str | None, data: Path | None, **chosen: object) -> RawLog:
    found = find_source([dataset] if dataset else None, [data] if data else None, chosen)
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
    assert found.read() == [shop_log]
    assert found.identify() == {"shop.csv": hashlib.sha256(shop_log.read_bytes()).hexdigest()}
    assert raw(None, shop_log, name="other").settings.name == "other"


def test_a_prepared_folder_is_opened_where_no_setting_contradicts_it(tmp_path: Path, shop_log: Path) -> None:
    made = prepare(shop_log, tmp_path / "made", StreamSettings(periods=4))
    found = find_source(None, [tmp_path / "made"], {"periods": 4})
    assert isinstance(found, Stream)
    assert found.hash == made.hash
    with pytest.raises(ConfigError, match=r"periods is 5, but .*made was prepared with 4. Leave it out"):
        find_source(None, [tmp_path / "made"], {"periods": 5})


@pytest.mark.parametrize(
    ("dataset", "data", "came"),
    [
        (None, None, r"neither DATASET nor --data is given\. Give the name of a data set"),
        ("a", Path("b"), r"both DATASET \(a\) and --data \(b\) are given, and no file is called a\. Give the name"),
    ],
)
def test_exactly_one_of_both_is_needed(dataset: str | None, data: Path | None, came: str) -> None:
    with pytest.raises(ConfigError, match=came):
        find_source([dataset] if dataset else None, [data] if data else None, {})


def test_an_unknown_data_set_is_refused_with_the_nearest_or_all() -> None:
    with pytest.raises(ConfigError, match=r"no data set 'complete-jurney'. Did you mean 'complete-journey'\?"):
        find_source(["complete-jurney"], None, {})
    with pytest.raises(ConfigError, match=r"Known are: complete-journey.*write --data log.csv"):
        find_source(["log.csv"], None, {})


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.csv does not exist. Give a Parquet, CSV"):
        raw(None, tmp_path / "none.csv")


def test_several_names_are_no_data_set() -> None:
    with pytest.raises(ConfigError, match=r"2 names are given as DATASET: a, b\. Give one; for files, write --data"):
        find_source(["a", "b"], None, {})


def test_a_log_of_parts_is_known_by_all_their_contents(tmp_path: Path, shop_log: Path) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "shop.csv"
    other.write_text(shop_log.read_text())
    for data, names in (([shop_log], [str(other)]), ([shop_log, other], None), ([tmp_path], None)):
        found = find_source(names, data, {})
        assert isinstance(found, RawLog)
        assert found.identify() == {
            name: hashlib.sha256(shop_log.read_bytes()).hexdigest() for name in ("other/shop.csv", "shop.csv")
        }


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (["shop.csv"], "shop"),
        (["/x/parts"], "parts"),
        (["parts/*.csv"], "parts"),
        (["/*.csv.gz"], "log"),
        (["parts/a.csv", "parts/b.csv"], "parts"),
        (["parts/1/a.csv", "parts/2/a.csv"], "parts"),
    ],
)
def test_a_log_has_the_name_of_its_file_or_folder(data: list[str], name: str) -> None:
    assert _name(data) == name
