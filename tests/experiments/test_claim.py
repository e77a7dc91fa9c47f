import json
from pathlib import Path

import pytest

from freshrec.errors import OutputError
from freshrec.experiments.claim import claim_methods


def test_a_new_folder_is_made_and_keeps_its_methods(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    assert claim_methods(out, ("iu", "sml")) == ("iu", "sml")
    assert claim_methods(out, ("iu", "sml")) == ("iu", "sml")


def test_fewer_methods_are_there_already_and_none_needs_none(tmp_path: Path) -> None:
    claim_methods(tmp_path, ("iu", "sml"))
    assert claim_methods(tmp_path, ("sml",)) == ("iu", "sml")
    assert claim_methods(tmp_path, ()) == ()


def test_more_methods_are_refused(tmp_path: Path) -> None:
    claim_methods(tmp_path, ("iu",))
    with pytest.raises(OutputError, match=r"compares iu, and sml came in addition; .* name all exhibits .* at once"):
        claim_methods(tmp_path, ("iu", "sml"))


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


@pytest.mark.parametrize("note", ["{", "[]", "{}", json.dumps({"methods": 3})])
def test_a_damaged_note_is_refused(tmp_path: Path, note: str) -> None:
    (tmp_path / "experiment.json").write_text(note)
    with pytest.raises(OutputError, match=r"cannot read .*experiment\.json"):
        claim_methods(tmp_path, ("iu",))


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make"):
        claim_methods(tmp_path / "file" / "out", ("iu",))
