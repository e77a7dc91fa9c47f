"""The paper's grids: section 4.1.2."""

from math import prod

import pytest

from freshrec.tuning.grids import OWN, combinations, paper_grid, plain
from freshrec.updaters import IU, METHODS, TRIVIAL, build


@pytest.mark.parametrize(
    ("method", "count"),
    [
        *((method, 24) for method in ("iu", "bu-3", "bu-5", "bu-7")),
        *((method, 5 * 24) for method in ("spmf", "incctr")),
        *((method, 16 * 4 * 24) for method in ("sml", "sml-mf")),
        ("asmg-linear", 6 * 24),
        *((f"asmg-gru-{kind}", 6 * 4 * 24) for kind in ("single", "multi", "zero", "unif")),
        ("asmg-gru-full", 4 * 24),
    ],
)
def test_a_grid_has_all_that_the_paper_tunes_and_two_batch_sizes(method: str, count: int) -> None:
    grid = paper_grid(method)
    assert prod(map(len, grid.values())) == count
    assert len({str(chosen) for chosen in combinations(grid)}) == count


def test_every_method_has_one_that_it_takes_and_that_holds_its_defaults() -> None:
    assert set(OWN) <= set(METHODS)
    for method in METHODS.keys() - set(TRIVIAL):
        grid = paper_grid(method)
        for chosen in combinations(grid):
            updater = build(method, IU(), chosen)
            assert {name: getattr(updater, name) for name in chosen} == chosen
        shipped = build(method, IU(), {})
        assert all(getattr(shipped, name) in values for name, values in grid.items())


def test_what_was_chosen_as_json_has_it() -> None:
    assert plain({"filters": (10, 5), "rate": 0.1}) == {"filters": [10, 5], "rate": 0.1}
