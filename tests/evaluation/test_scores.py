"""Written scores hold the samples with their raw ids, and the logits bit for bit."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from freshrec.data import Stream, Vocabulary
from freshrec.errors import ConfigError, CorruptError, OutputError
from freshrec.evaluation.scores import check_columns, write_scores
from freshrec.testing import tiny_stream


@pytest.fixture
def stream() -> Stream:
    log = pl.DataFrame(
        {
            "user": ["ann", "bob", "cat", "ann"],
            "item": [7, 8, 8, 9],
            "timestamp": [10, 20, 30, 40],
            "label": [1, 0, 1, 0],
        }
    )
    return Stream.from_frame(log, periods=1)


def test_rows_are_the_samples(stream: Stream, tmp_path: Path) -> None:
    (period,) = stream.periods
    logits = np.array([0.1, -2, 3e-8, 20], np.float32)
    path = write_scores(tmp_path, 1, 5, period.samples(), stream.vocabulary, {"iu": logits})
    assert path == tmp_path / "scores" / "run_1_period_00005.parquet"
    found = pl.read_parquet(path)
    assert found.drop("iu", "time").to_dicts() == [
        {"run": 1, "period": 5, "user": "ann", "item": "7", "label": 1},
        {"run": 1, "period": 5, "user": "bob", "item": "8", "label": 0},
        {"run": 1, "period": 5, "user": "cat", "item": "8", "label": 1},
        {"run": 1, "period": 5, "user": "ann", "item": "9", "label": 0},
    ]
    assert found["time"].dt.epoch("s").to_list() == [10, 20, 30, 40]
    assert found["iu"].to_numpy().tobytes() == logits.tobytes()


def test_methods_that_come_later_are_further_columns(stream: Stream, tmp_path: Path) -> None:
    samples, ones = stream.periods[0].samples(), np.ones(4, np.float32)
    write_scores(tmp_path, 0, 1, samples, stream.vocabulary, {"iu": ones})
    first = write_scores(tmp_path, 0, 1, samples, stream.vocabulary, {"bu": 2 * ones, "iu": ones}).read_bytes()
    again = write_scores(tmp_path, 0, 1, samples, stream.vocabulary, {"bu": 2 * ones}).read_bytes()
    assert first == again
    found = pl.read_parquet(tmp_path / "scores" / "*.parquet")
    assert found.columns == ["run", "period", "user", "item", "time", "label", "iu", "bu"]
    assert (found["iu"].sum(), found["bu"].sum()) == (4, 8)


def test_without_a_vocabulary_ids_are_written(tmp_path: Path) -> None:
    samples = tiny_stream().periods[0].samples()
    path = write_scores(tmp_path, 0, 1, samples, Vocabulary(), {"iu": np.zeros(len(samples), np.float32)})
    assert pl.read_parquet(path)["user"].to_list() == [str(one) for one in samples.user]


def test_a_file_of_other_samples_is_not_added_to(stream: Stream, tmp_path: Path) -> None:
    samples = tiny_stream().periods[0].samples()
    path = write_scores(tmp_path, 0, 1, samples, Vocabulary(), {"iu": np.zeros(len(samples), np.float32)})
    before = path.read_bytes()
    with pytest.raises(CorruptError, match="does not hold the samples of its period"):
        write_scores(tmp_path, 0, 1, stream.periods[0].samples(), stream.vocabulary, {"bu": np.zeros(4, np.float32)})
    assert path.read_bytes() == before
    path.write_bytes(b"PAR1")
    with pytest.raises(CorruptError, match=r"cannot read .*period_00001\.parquet"):
        write_scores(tmp_path, 0, 1, samples, Vocabulary(), {"bu": np.zeros(len(samples), np.float32)})


def test_a_folder_that_cannot_be_made(stream: Stream, tmp_path: Path) -> None:
    (tmp_path / "scores").write_text("")
    with pytest.raises(OutputError, match="cannot make"):
        write_scores(tmp_path, 0, 1, stream.periods[0].samples(), stream.vocabulary, {"iu": np.zeros(4, np.float32)})


def test_a_method_cannot_be_called_like_another_column() -> None:
    check_columns(["iu", "asmg"])
    with pytest.raises(ConfigError, match="a method is called 'label'"):
        check_columns(["iu", "label"])
