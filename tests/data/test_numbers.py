"""Running statistics of numbers are those of plain numpy over the finished periods."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.data.numbers import LIMIT, QUANTILE_SAMPLE, RunningMoments, RunningQuantiles, binned, bins_of, scales_of

number = st.floats(-1e6, 1e6) | st.just(math.nan)
periods = st.lists(st.lists(number, max_size=12), min_size=1, max_size=6)


def bounds_of(parts: list[list[float]]) -> np.ndarray:
    return np.cumsum([0, *map(len, parts)])


@given(periods)
def test_numbers_are_standardised_by_all_finished_periods(parts: list[list[float]]) -> None:
    numbers = np.array([value for part in parts for value in part], np.float64)
    scales = scales_of(numbers, bounds_of(parts))
    assert len(scales) == len(parts) + 1
    for place, (scale, part) in enumerate(zip(scales[:-1], parts, strict=True)):
        before = np.array([value for past in parts[:place] for value in past if not math.isnan(value)])
        made = scale.standardised(np.array(part))
        assert made.dtype == np.float32
        assert scale.count == len(before)
        if len(before) < 2 or before.std() < 1e-3:
            continue
        expected = np.clip((np.array(part) - before.mean()) / before.std(), -LIMIT, LIMIT)
        assert made == pytest.approx(np.where(np.isnan(expected), 0, expected), rel=1e-3, abs=1e-3)


def test_without_a_scale_all_numbers_are_the_mean() -> None:
    numbers = np.array([3.0, math.nan, 7.0])
    assert RunningMoments().standardised(numbers).tolist() == [0, 0, 0]
    assert RunningMoments().after(np.array([5.0, 5.0])).standardised(numbers).tolist() == [0, 0, 0]
    assert RunningMoments().after(np.array([math.nan])) == RunningMoments()


def test_a_number_far_out_is_cut_off_and_a_missing_one_is_the_mean() -> None:
    scale = RunningMoments().after(np.array([0.0, 2.0]))
    assert scale.standardised(np.array([1e30, -1e30, math.nan, 1.0, 3.0])).tolist() == [LIMIT, -LIMIT, 0, 0, 2]


@given(periods, st.integers(2, 5))
def test_bins_lie_between_quantiles_of_all_finished_periods(parts: list[list[float]], count: int) -> None:
    numbers = np.array([value for part in parts for value in part], np.float64)
    made, _, borders = bins_of(numbers, bounds_of(parts), count, RunningQuantiles(seed=3))
    expected: list[int] = []
    for place, part in enumerate(parts):
        before = sorted(value for past in parts[:place] for value in past if not math.isnan(value))
        for value in part:
            if math.isnan(value) or not before:
                expected.append(0)
                continue
            # The quantile k / count is the least number that at least that share of all reaches.
            edges = [before[max(math.ceil(k * len(before) / count), 1) - 1] for k in range(1, count)]
            expected.append(1 + sum(value > edge for edge in edges))
    assert made.tolist() == expected
    # What is told after each period makes the bins of the next one.
    for place, part in enumerate(parts[1:]):
        wanted = expected[bounds_of(parts)[place + 1] : bounds_of(parts)[place + 2]]
        assert binned(np.array(part), borders[place]).tolist() == wanted


def test_the_sample_of_quantiles_is_bounded_and_uniform() -> None:
    quantiles = RunningQuantiles(seed=1)
    for start in range(0, 100_000, 20_000):
        quantiles = quantiles.after(np.arange(start, start + 20_000, dtype=np.float64))
    assert len(quantiles.numbers) == QUANTILE_SAMPLE
    assert quantiles.seen == 100_000
    # The standard error of a median of 8,192 uniform numbers up to 100,000 is 550.
    assert np.median(quantiles.numbers) == pytest.approx(50_000, abs=2_500)
    shares = np.bincount(quantiles.numbers.astype(int) // 20_000, minlength=5) / QUANTILE_SAMPLE
    assert shares == pytest.approx(np.full(5, 0.2), abs=0.03)


@given(st.lists(number, min_size=2, max_size=30), st.data())
def test_how_rows_come_changes_no_sample(values: list[float], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(values)))
    whole = RunningQuantiles(seed=5).after(np.array(values))
    parts = RunningQuantiles(seed=5).after(np.array(values[:cut])).after(np.array(values[cut:]))
    assert whole.numbers.tolist() == parts.numbers.tolist()
    assert whole.hashes.tolist() == parts.hashes.tolist()
