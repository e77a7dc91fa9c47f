"""Counting all subsets at once gives what counting pairs of each subset gives."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshrec.kernels import subset_auc


def pair_counting(
    labels: npt.NDArray[np.int64], scores: npt.NDArray[np.float64], inside: npt.NDArray[np.bool_]
) -> float:
    positive, negative = scores[inside & (labels == 1)], scores[inside & (labels == 0)]
    if not len(positive) or not len(negative):
        return float("nan")
    above = (positive[:, None] > negative).sum() + 0.5 * (positive[:, None] == negative).sum()
    return float(above) / (len(positive) * len(negative))


@given(
    st.integers(0, 2**32),
    st.integers(0, 40),
    st.integers(1, 6),
    st.sampled_from([1, 4, 130]),
    st.sampled_from([2, 5, 1000]),
)
def test_it_is_the_share_of_ordered_pairs(seed: int, samples: int, groups: int, subsets: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    labels, group = rng.integers(0, 2, samples), rng.integers(0, groups, samples)
    scores = rng.integers(0, levels, samples).astype(np.float64)
    members = rng.integers(0, 2, (groups, subsets)).astype(np.uint8)
    areas = subset_auc(labels, scores, group, members)
    for k in range(subsets):
        expected = pair_counting(labels, scores, members[group, k] == 1)
        assert areas[k] == pytest.approx(expected, abs=1e-15, nan_ok=True)


@pytest.mark.parametrize("levels", [1, 3, 200_000])
def test_sums_beyond_an_int32_are_exact(levels: int) -> None:
    """120,000 samples make 3.6e9 pairs: in one level, in a few, and with all scores different."""
    rng = np.random.default_rng(levels)
    labels, scores = rng.integers(0, 2, 120_000), rng.integers(0, levels, 120_000)
    positive = np.bincount(scores[labels == 1], minlength=levels).tolist()
    negative = np.bincount(scores[labels == 0], minlength=levels).tolist()
    twice, below = 0, 0
    for p, n in zip(positive, negative, strict=True):
        twice += p * (2 * below + n)
        below += n
    area = subset_auc(labels, scores, np.zeros(120_000, np.int64), np.ones((1, 2), np.uint8))
    assert area.tolist() == [twice / (2 * sum(positive) * sum(negative))] * 2


def test_a_group_without_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="groups are 0 to 2; expected 0 to 1"):
        subset_auc(np.array([0, 1]), np.array([0.0, 1.0]), np.array([0, 2]), np.ones((2, 1), np.uint8))
