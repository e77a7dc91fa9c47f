"""A folder holds one configuration, as it was written."""

import json
from pathlib import Path

import pytest

from freshrec.errors import CorruptError, OutputError
from freshrec.evaluation.claim import claimed

CONFIG = {"settings": {"runs": 1}, "pretraining_epochs": {"model": {"0": 3}}}


def test_a_configuration_comes_back_as_it_was_written(tmp_path: Path) -> None:
    for _ in range(2):
        with claimed(tmp_path / "out", CONFIG, "comparison", ()) as found:
            assert found == CONFIG


@pytest.mark.parametrize(("before", "after"), [('"0": 3', '"0": 4'), ('"sha256": "', '"sha256": "0')])
def test_a_changed_configuration_is_refused(tmp_path: Path, before: str, after: str) -> None:
    """Also in what may differ between calls, such as the epochs that pre-training chose."""
    with claimed(tmp_path, CONFIG, "comparison", ()):
        pass
    path = tmp_path / "config.json"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    refused = pytest.raises(CorruptError, match=r"config\.json is not as it was written\. Restore it")
    with refused, claimed(tmp_path, CONFIG, "comparison", (), lambda theirs, ours: ()):
        pass


def test_another_configuration_is_told_by_what_differs(tmp_path: Path) -> None:
    with claimed(tmp_path, CONFIG, "comparison", ()):
        pass
    other = json.loads(json.dumps(CONFIG)) | {"settings": {"runs": 2}}
    told = pytest.raises(OutputError, match=r"holds a comparison that differs in settings\.runs")
    with told, claimed(tmp_path, other, "comparison", ()):
        pass
