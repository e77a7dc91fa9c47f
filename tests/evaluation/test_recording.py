"""What a comparison leaves of each scored period: measurements that agree with its results, and scores."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from freshrec.data import Stream
from freshrec.errors import ConfigError, CorruptError
from freshrec.evaluation import CompareSettings, Comparison, Measurements, compare
from freshrec.files import write_checked
from freshrec.metrics import METRICS
from freshrec.statistics import ALL, Activity, interactions, slices_of
from freshrec.testing import tiny_stream
from freshrec.updaters import IU

PAGE = Path(__file__).parents[2] / "docs" / "comparing.md"
SETTINGS = CompareSettings(
    methods=("iu", "bu-3"), runs=2, dim=3, base=IU(batch_size=16), scores=True, replicates=70, seed=4
)


class StopAfter:
    """Progress that interrupts when some periods are done."""

    def __init__(self, periods: int) -> None:
        self.periods = periods

    def overall(self, text: str, done: int, total: int) -> None:
        if done == self.periods:
            raise KeyboardInterrupt

    def step(self, text: str, done: int, total: int) -> None: ...


@pytest.fixture(scope="module")
def stream() -> Stream:
    return tiny_stream()


@pytest.fixture(scope="module")
def whole(stream: Stream, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(stream, SETTINGS, tmp_path_factory.mktemp("whole"))


def written(out: Path) -> Mapping[str, bytes]:
    paths = [*(out / "scores").iterdir(), *(out / "measurements").iterdir(), out / "slices.csv"]
    return {path.name: path.read_bytes() for path in paths}


def test_scores_give_every_metric_of_every_result(stream: Stream, whole: Comparison) -> None:
    folder = whole.report.parent / "scores"
    assert len(list(folder.iterdir())) == 2 * 5
    for result in whole.results:
        frame = pl.read_parquet(folder / f"run_{result.run}_period_{result.scored_period:05d}.parquet")
        assert frame.height == result.samples
        labels, logits = frame["label"].to_numpy(), frame[result.method].to_numpy()
        users = frame["user"].cast(pl.Int32).to_numpy()
        assert {name: metric.of(labels, logits, users) for name, metric in METRICS.items()} == result.scores


def test_the_page_says_how_to_have_gauc_from_scores(whole: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    block = next(each for each in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if "gauc" in each)
    exec(compile(block.replace("runs/first", str(whole.report.parent)), str(PAGE), "exec"), {})
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    expected = [
        [str(each.run), str(each.scored_period), str(each.scores["gauc"])]
        for each in whole.results
        if each.method == "iu"
    ]
    assert printed == expected


def test_measurements_are_of_the_slices_of_the_test_periods(stream: Stream, whole: Comparison) -> None:
    """By hand for one run, method and period."""
    assert whole.measurements.of("iu", ALL, "auc").keys() == {(run, period) for run in (0, 1) for period in (6, 7)}
    users, items = Activity(), Activity()
    for period in stream.periods[:5]:
        samples = period.samples()
        logged = interactions(samples)
        users, items = users.after(samples.user[logged]), items.after(samples.item[logged])
    samples = stream.periods[5].samples()
    frame = pl.read_parquet(whole.report.parent / "scores" / "run_1_period_00006.parquet")
    for name, rows in slices_of(samples, users, items).items():
        found = whole.measurements.of("bu-3", name, "logloss")[1, 6]
        logits = frame["bu-3"].to_numpy()[rows]
        expected = METRICS["logloss"].of(samples.label[rows], logits, samples.user[rows])
        assert found.samples == rows.sum()
        assert found.value == (None if expected is None else pytest.approx(expected, rel=1e-12))
        assert found.replicates.shape == (70,)


def test_other_metrics_are_measured_on_all_samples_alone(whole: Comparison) -> None:
    assert whole.measurements.of("iu", ALL, "gauc")
    assert not whole.measurements.of("iu", "new users", "gauc")


@pytest.mark.parametrize("periods", [4, 9])
def test_stopped_and_started_again_it_leaves_the_same_bytes(
    stream: Stream, whole: Comparison, tmp_path: Path, periods: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        compare(stream, SETTINGS, tmp_path, StopAfter(periods))
    again = compare(stream, SETTINGS, tmp_path)
    assert written(tmp_path) == written(whole.report.parent)
    assert [each.scores for each in again.summaries] == [each.scores for each in whole.summaries]


def test_a_method_has_the_same_measurements_in_any_company(stream: Stream, whole: Comparison, tmp_path: Path) -> None:
    alone = compare(stream, SETTINGS.model_copy(update={"methods": ("iu",)}), tmp_path)
    for (method, name, metric), places in alone.measurements.values.items():
        for place, each in places.items():
            other = whole.measurements.of(method, name, metric)[place]
            assert each.value == other.value
            assert np.array_equal(each.replicates, other.replicates, equal_nan=True)


def test_later_periods_change_no_measurement(stream: Stream, whole: Comparison, tmp_path: Path) -> None:
    """A stream whose last period is another one: the measurements of the period before it are the same."""
    last = tiny_stream(seed=9).periods[-1]
    changed = Stream(stream.name, stream.schema, (*stream.periods[:-1], last), {"hash": "other"})
    other = compare(changed, SETTINGS.model_copy(update={"runs": 1, "scores": False}), tmp_path)
    for key, places in other.measurements.values.items():
        assert places[0, 6].value == whole.measurements.values[key][0, 6].value


def test_summaries_have_intervals_and_slices_differences(whole: Comparison) -> None:
    iu, bu, *_ = whole.summaries
    score = bu.scores["auc"]
    assert (iu.scores["auc"].low, iu.scores["auc"].high) == (None, None)
    assert score.low is not None
    assert score.high is not None
    assert score.improvement == pytest.approx((score.low + score.high) / 2)
    of_all = [each for each in whole.slices if (each.slice, each.metric) == (ALL, "auc")]
    assert [each.method for each in of_all] == ["iu", "bu-3", "constant", "item-odds"]
    assert of_all[1].difference == pytest.approx((bu.scores["auc"].mean or 0) - (iu.scores["auc"].mean or 0))
    assert (of_all[0].difference, of_all[0].samples, of_all[0].periods) == (None, 70, 2)


def test_measurements_of_other_scores_are_refused(stream: Stream, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"runs": 1, "scores": False})
    compare(stream, settings, tmp_path)
    path = tmp_path / "measurements" / "run_0_period_00006.parquet"
    other = io.BytesIO()
    pl.read_parquet(path).with_columns(value=pl.col("value") + 1e-9).write_parquet(other)
    write_checked(path, other.getvalue())
    with pytest.raises(CorruptError, match=r"have another auc of iu in run 0, period 6"):
        compare(stream, settings, tmp_path)
    path.unlink()
    with pytest.raises(CorruptError, match=r"lack auc of iu in run 0, period 6"):
        compare(stream, settings, tmp_path)


def test_without_scores_none_are_written_and_without_replicates_intervals_are_over_periods(
    stream: Stream, tmp_path: Path
) -> None:
    settings = SETTINGS.model_copy(update={"scores": False, "replicates": 0, "runs": 1})
    comparison = compare(stream, settings, tmp_path)
    assert not (tmp_path / "scores").exists()
    assert comparison.summaries[1].scores["auc"].low is not None
    assert Measurements.read(tmp_path).of("iu", ALL, "auc")[0, 6].replicates.shape == (0,)


def test_a_variant_with_the_name_of_a_column_is_refused_before_anything_is_written(
    stream: Stream, tmp_path: Path
) -> None:
    settings = CompareSettings(methods=("user",), overrides={"user": {"method": "iu"}}, scores=True)
    with pytest.raises(ConfigError, match="a method is called 'user'"):
        compare(stream, settings, tmp_path / "out")
    assert not (tmp_path / "out").exists()
