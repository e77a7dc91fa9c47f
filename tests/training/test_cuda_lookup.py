"""Making a row as often as it is looked up, as on a GPU, gives what making it once gives."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from freshrec.training import LazyTable, lazy_table

R, D = 40, 3
WHOLE = torch.arange(R * D, dtype=torch.float64).reshape(R, D).sin()


def looked_up(ids: Tensor, offsets: Tensor | None, padding: int | None) -> tuple[Tensor, Tensor]:
    """What is looked up in a table that a factor [D] makes, and the factor's gradient."""
    factor = torch.ones(D, dtype=torch.float64, requires_grad=True)

    def rows_of(rows: Tensor | None) -> Tensor:
        return factor * (WHOLE if rows is None else WHOLE.index_select(0, rows))

    table = LazyTable("table", (R, D), rows_of, like=WHOLE)
    if offsets is None:
        found = F.embedding(ids, table, padding_idx=padding)
    else:
        found = F.embedding_bag(ids, table, offsets=offsets, include_last_offset=True, padding_idx=padding)
    found.square().sum().backward()  # type: ignore[no-untyped-call]
    assert factor.grad is not None
    return found.detach(), factor.grad


@given(
    st.lists(st.integers(0, 9), min_size=4, max_size=20),
    st.sampled_from([None, 0, 3, -1, R - 1]),
    st.booleans(),
)
def test_it_gives_the_same_values_and_gradients(drawn: list[int], padding: int | None, bags: bool) -> None:
    ids = torch.tensor([*drawn, R - 1])
    offsets = torch.tensor([0, 1, 1, len(ids)]) if bags else None
    expected = looked_up(ids, offsets, padding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lazy_table, "_compact", as_on_a_gpu)
        made = looked_up(ids, offsets, padding)
    for one, other in zip(made, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-13, atol=1e-14)


def as_on_a_gpu(
    ids: Tensor, table: LazyTable, padding_idx: int | None, once: bool
) -> tuple[Tensor, Tensor, int | None]:
    return lazy_table._as_they_stand(ids, table, None if padding_idx is None else padding_idx % len(table))
