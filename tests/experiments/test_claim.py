import json
from pathlib import Path

import pytest

from freshrec.errors import OutputError
from freshrec.experiments.claim import claimed_methods
from freshrec.files import locked


def compared(out: Path, *methods: str) -> None:
    """Leave what a comparison of some methods leaves."""
    (out / "comparison").mkdir()
    (out / "comparison" / "config.json").write_text(json.dumps({"settings": {"methods": methods}}))


def claim_methods(out: Path, methods: tuple[str, ...]) -> tuple[str, ...]:
    with claimed_methods(out, methods) as found:
        return found


def test_a_new_folder_is_made(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    assert claim_methods(out, ("iu", "sml")) == ("iu", "sml")
    assert claim_methods(out, ("sml",)) == ("sml",)


def test_methods_join_those_that_are_compared_there_and_none_needs_none(tmp_path: Path) -> None:
    claim_methods(tmp_path, ("iu", "sml"))
    compared(tmp_path, "iu", "sml")
    assert claim_methods(tmp_path, ("sml",)) == ("iu", "sml")
    assert claim_methods(tmp_path, ("bu-3", "iu")) == ("iu", "sml", "bu-3")
    assert claim_methods(tmp_path, ()) == ()


def test_a_comparison_may_follow_a_timing(tmp_path: Path) -> None:
    assert claim_methods(tmp_path, ()) == ()
    (tmp_path / "timing").mkdir()
    assert claim_methods(tmp_path, ("iu",)) == ("iu",)
    assert claim_methods(tmp_path, ("iu",)) == ("iu",)


@pytest.mark.parametrize("name", ["report.html", "table1.csv", "figure4.png", "comparison"])
def test_files_of_someone_elses_are_not_written_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    (tmp_path / "other.txt").write_text("mine")
    with pytest.raises(OutputError, match=rf"holds {name}, but no experiment\.json"):
        claim_methods(tmp_path, ("iu",))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "other.txt"])


@pytest.mark.parametrize("config", ["{", "[]", "{}", json.dumps({"settings": {"methods": 3}})])
def test_a_damaged_configuration_is_refused(tmp_path: Path, config: str) -> None:
    claim_methods(tmp_path, ("iu",))
    compared(tmp_path)
    (tmp_path / "comparison" / "config.json").write_text(config)
    with pytest.raises(OutputError, match=r"cannot read .*config\.json"):
        claim_methods(tmp_path, ("iu",))


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make"):
        claim_methods(tmp_path / "file" / "out", ("iu",))


def test_the_folder_is_held_as_long_as_the_experiment_takes(tmp_path: Path) -> None:
    with claimed_methods(tmp_path, ("iu",)), pytest.raises(OutputError, match="another process"), locked(tmp_path):
        pass
