"""docs/production.md, followed from an empty folder: every command works, and says what the page says."""

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from freshrec.keeping import Track

PAGE = Path(__file__).parents[2] / "docs" / "production.md"
Run = Callable[..., tuple[str, str]]


def test_the_page_from_an_empty_folder(tmp_path: Path, run_command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text()
    python = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    config = re.search(r"```toml\n# fresh.toml\n(.*?)```", text, re.DOTALL)
    commands = re.findall(r"^    freshrec (.+)$", text, re.MULTILINE)
    assert config is not None
    (tmp_path / "fresh.toml").write_text("dim = 4\npretraining = {epochs = 2}\n" + config[1])
    run_python(python[0])
    assert len(list(tmp_path.glob("first-days/*.parquet"))) == 10
    printed = {command: run_command(*command.split())[0] for command in commands}
    assert "pre-trained on 10 periods" in printed["init store --data first-days/ --config fresh.toml"]
    assert re.search(r"period 11: .* scored by version 10 .* published version 11", printed[commands[1]])
    scored = pl.read_parquet(tmp_path / "scores.parquet")
    assert scored["version"].unique().to_list() == [11]
    assert scored["probability"].is_between(0, 1).all()
    assert "version 10 is served and pinned" in printed["rollback store 10 --pin"]
    assert "version 11 is served" in printed["unpin store"]
    names = run_python(python[1])
    assert names["scorer"].version.number == 11  # type: ignore[attr-defined]
    assert "nothing new" in run_command(*commands[1].split())[0]
    run_command("update", "store", "--data", "day-12.parquet")
    assert Track.open("store").commit.learned == 12


def run_python(block: str) -> dict[str, object]:
    """The names that a block of the page defines."""
    names: dict[str, object] = {}
    exec(compile(block, str(PAGE), "exec"), names)
    return names
