"""A store from the command line: made, looked at, scored with, rolled back."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from freshrec.keeping import Track

Run = Callable[..., tuple[str, str]]
CONFIG = """
dim = 3
pretrain = 3
gate = {spread = 1e9, shift = 1e9, correlation = -1}

[data]
period_rows = 80
history = 4
item_fields = ["colour"]
"""


@pytest.fixture
def files(tmp_path: Path, shop_log: Path) -> Path:
    assert shop_log == tmp_path / "shop.csv"
    (tmp_path / "fresh.toml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def store(files: Path, run_command: Run) -> Path:
    out, _ = run_command("init", files / "store", "--data", files / "shop.csv", "--config", files / "fresh.toml")
    assert "pre-trained on 3 periods" in out
    assert "3 periods learned since, version 6 is served" in out
    return files / "store"


def test_a_store_says_what_it_serves_and_has_learned(store: Path, run_command: Run) -> None:
    out, _ = run_command("status", store)
    assert "serves     version 6" in out
    assert "finished   period 6 of 6" in out
    assert "versions   3, 4, 5, 6" in out
    out, _ = run_command("log", store)
    lines = out.splitlines()
    assert len(lines) == 7
    assert lines[0].split() == ["period", "samples", "scored", "by", "auc", "logloss", "then"]
    assert lines[1].endswith("pre-trained on")
    entry = Track.open(store).commit.entries[-1]
    assert lines[6].split() == [
        "6", f"{entry.size:,}", "5", *(f"{entry.scores[name]:.4f}" for name in ("auc", "logloss")), "published",
    ]  # fmt: skip


def test_scoring_a_file(store: Path, files: Path, run_command: Run) -> None:
    rows = pl.DataFrame({"user": ["1", "new"], "item": [1, 2], "note": ["a", "b"]})
    rows.write_parquet(files / "rows.parquet")
    rows.write_csv(files / "rows.csv")
    expected = Track.open(store).scorer().score({"user": [1, "new"], "item": [1, 2]})
    for name in ("rows.parquet", "rows.csv"):
        out, _ = run_command("score", store, "--data", files / name, "--out", files / "scores.parquet")
        assert "2 rows scored by version 6; 1 of unknown users, 0 of unknown items" in out
        assert "Columns not read: note" in out
        found = pl.read_parquet(files / "scores.parquet")
        assert found.columns == ["user", "item", "note", "probability", "version"]
        np.testing.assert_array_equal(found["probability"].to_numpy(), expected)
        assert found["version"].to_list() == [6, 6]
    run_command("score", store, "--data", files / "rows.csv", "--out", files / "older.parquet", "--version", 4)
    assert pl.read_parquet(files / "older.parquet")["version"].to_list() == [4, 4]


def test_going_back_and_forward(store: Path, run_command: Run) -> None:
    out, _ = run_command("rollback", store, 4, "--pin")
    assert "version 4 is served and pinned" in out
    out, _ = run_command("status", store)
    assert "serves     version 4, pinned" in out
    out, _ = run_command("unpin", store)
    assert "version 6 is served" in out
    out, _ = run_command("verify", store)
    assert "10 periods and versions checked" in out


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("status", "nowhere"), "is no store"),
        (("rollback", "store", "99"), "no version 99"),
        (("score", "store", "--data", "nothing.parquet", "--out", "x.parquet"), "cannot read"),
        (("score", "store", "--data", "shop.csv", "--out", "shop.csv"), "is the file of the rows"),
        (("init", "other", "--data", "store/stream"), "is prepared already"),
        (("init", "other", "--data", "shop.csv", "--method", "rgs"), "unknown method"),
    ],
)
def test_what_is_refused(
    store: Path, files: Path, run_command: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], words: str
) -> None:
    assert store.exists()
    monkeypatch.chdir(files)
    _, err = run_command(*command, code=2)
    assert words in err
