"""Measurements on disk: one file for each run and period, to which methods may be added."""

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from freshrec.errors import CorruptError
from freshrec.evaluation.measurement_files import Measurements, write_measurements
from freshrec.files import write_checked
from freshrec.statistics import Measurement


def one(value: float | None, metric: str = "auc") -> Measurement:
    return Measurement("all", metric, 7, value, np.array([0.1, np.nan, 1 / 3]))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_measurements(tmp_path, 0, 25, {"iu": [one(0.5), one(None, "gauc")], "a/b": [one(0.6)]})
    write_measurements(tmp_path, 1, 25, {"iu": [one(0.7)]})
    found = Measurements.read(tmp_path)
    assert {place: each.value for place, each in found.of("iu", "all", "auc").items()} == {(0, 25): 0.5, (1, 25): 0.7}
    assert found.of("iu", "all", "gauc")[0, 25].value is None
    assert found.of("a/b", "all", "auc")[0, 25].replicates.tolist() == pytest.approx([0.1, np.nan, 1 / 3], nan_ok=True)
    assert found.of("sml", "all", "auc") == {}
    assert Measurements.read(tmp_path / "nothing").values == {}


def test_methods_are_added_and_written_anew(tmp_path: Path) -> None:
    write_measurements(tmp_path, 0, 25, {"iu": [one(0.5)], "bu": [one(0.4)]})
    write_measurements(tmp_path, 0, 25, {"sml": [one(0.6)], "bu": [one(0.45)]})
    found = Measurements.read(tmp_path)
    values = {method: found.of(method, "all", "auc")[0, 25].value for method in ("iu", "bu", "sml")}
    assert values == {"iu": 0.5, "bu": 0.45, "sml": 0.6}


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    write_measurements(tmp_path, 0, 25, {"iu": [one(0.5)]})
    (path,) = (tmp_path / "measurements").glob("*.parquet")
    for damaged in (b"", path.read_bytes()[:-1] + b"x"):
        path.write_bytes(damaged)
        with pytest.raises(CorruptError, match="is not as it was written"):
            Measurements.read(tmp_path)
        with pytest.raises(CorruptError, match="is not as it was written"):
            write_measurements(tmp_path, 0, 25, {"sml": [one(0.5)]})


def test_another_file_is_refused_though_it_is_whole(tmp_path: Path) -> None:
    other = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(other)
    for content, told in ((other.getvalue(), "does not hold measurements"), (b"PAR1", "cannot read")):
        write_checked(tmp_path / "measurements" / "run_0_period_00025.parquet", content)
        with pytest.raises(CorruptError, match=told):
            Measurements.read(tmp_path)
