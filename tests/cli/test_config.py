from pathlib import Path

import pytest

from freshrec.cli.config import merged, read_config
from freshrec.errors import ConfigError


def test_data_and_comparison_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("runs = 5\n[data]\nperiods = 7\n[base]\nepochs = 2\n[overrides.asmg-gru-multi]\nwindow = 3\n")
    data, comparison = read_config(path)
    assert data == {"periods": 7}
    assert comparison == {"runs": 5, "base": {"epochs": 2}, "overrides": {"asmg-gru-multi": {"window": 3}}}


def test_without_a_file_nothing_is_set() -> None:
    assert read_config(None) == ({}, {})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"runs = ", r"cannot read .*settings.toml: Invalid value \(at end of document\).*\[data\]"),
        (b"\xff", "utf-8"),
        (b"data = 3", r"data is 3, expected a table. Write \[data\]"),
    ],
)
def test_a_file_that_will_not_do_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=expected):
        read_config(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_config(tmp_path / "none.toml")


def test_the_higher_settings_win_table_by_table_and_leave_the_lower_unchanged() -> None:
    low = {"runs": 1, "base": {"epochs": 1, "batch_size": 8}}
    assert merged(low, {"base": {"epochs": 2}, "seed": 3}) == {
        "runs": 1,
        "base": {"epochs": 2, "batch_size": 8},
        "seed": 3,
    }
    assert low == {"runs": 1, "base": {"epochs": 1, "batch_size": 8}}
