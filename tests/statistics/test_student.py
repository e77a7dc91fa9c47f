import math

import pytest
from scipy import stats

from freshrec.statistics import student_t


@pytest.mark.parametrize("freedom", [1, 1.5, 2, 3, 6, 29, 400, 10_000])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_it_is_scipys(freedom: float, level: float) -> None:
    assert student_t(freedom, level) == pytest.approx(stats.t.ppf(0.5 + level / 2, freedom), rel=1e-9)


def test_infinitely_many_degrees_are_the_normal_distribution() -> None:
    assert student_t(math.inf) == pytest.approx(1.959963984540054, rel=1e-12)


def test_less_than_one_degree_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there are 0 degrees of freedom; at least 1"):
        student_t(0)
