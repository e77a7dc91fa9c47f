"""A track gives what a comparison gives, period by period, with rows that come when ids are seen."""

from pathlib import Path
from typing import Any

import pytest

from freshrec.data import Stream
from freshrec.evaluation import CompareSettings, Pretraining, compare
from freshrec.updaters import METHODS

from .logs import DATA, PRETRAIN, growing_log, small_track


@pytest.mark.parametrize("method", [name for name, each in METHODS.items() if not each.trivial])
def test_replaying_a_log_gives_the_scores_of_a_comparison(method: str, tmp_path: Path) -> None:
    """Digit for digit, though the comparison has rows for all ids from the start, and shares its work."""
    own: dict[str, Any] = {"window": 2} if method.startswith("asmg") else {}
    comparison = compare(
        Stream.from_frame(growing_log(), DATA),
        CompareSettings(
            methods=(method,),
            dim=3,
            pretrain=PRETRAIN,
            pretraining=Pretraining(epochs=2),
            baselines=False,
            metrics=("auc", "logloss"),
            replicates=0,
            overrides={method: own},
        ),
        tmp_path / "compared",
    )
    track = small_track(
        tmp_path / "store",
        method=method,
        settings=own,
        pretraining=Pretraining(epochs=2),
        metrics=("auc", "logloss"),
    )
    expected = {result.scored_period: result.scores for result in comparison.results}
    found = {entry.period: entry.scores for entry in track.commit.entries if entry.period > PRETRAIN}
    assert found == expected
    assert all(entry.decision == "published" for entry in track.commit.entries)
