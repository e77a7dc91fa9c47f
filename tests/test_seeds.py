"""Derived seeds depend on the root and the purpose, and on nothing else."""

import os
import subprocess
import sys

import torch
from hypothesis import given
from hypothesis import strategies as st

from freshrec.seeds import derive, numpy_rng, torch_rng

purposes = st.lists(st.one_of(st.integers(), st.text(max_size=5)), max_size=3).map(tuple)


@given(st.tuples(st.integers(0), purposes), st.tuples(st.integers(0), purposes))
def test_different_purposes_have_different_seeds(
    one: tuple[int, tuple[int | str, ...]], other: tuple[int, tuple[int | str, ...]]
) -> None:
    same = derive(one[0], *one[1]) == derive(other[0], *other[1])
    assert same == (one == other)
    assert 0 <= derive(one[0], *one[1]) < 2**63


def test_the_seed_is_the_same_in_every_process() -> None:
    code = "from freshrec.seeds import derive; print(derive(7, 'x', 3))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": h}, capture_output=True, check=True
        ).stdout
        for h in ("0", "1")
    }
    assert outputs == {f"{derive(7, 'x', 3)}\n".encode()}


def test_global_random_state_is_neither_read_nor_changed() -> None:
    before = torch.get_rng_state()
    values = torch.rand(2, generator=torch_rng(1, "a")).tolist(), numpy_rng(1, "a").random(2).tolist()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    after = torch.rand(2, generator=torch_rng(1, "a")).tolist(), numpy_rng(1, "a").random(2).tolist()
    torch.set_rng_state(before)
    assert values == after
