"""Chunks cover a table once, in order, and their size follows the device."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from freshrec.generators import chunks


@given(st.integers(0, 50), st.integers(1, 9))
def test_chunks_cover_every_row_once(rows: int, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CPU_ROWS", size)
        slices = list(chunks.row_chunks(torch.zeros(rows, 3)))
    assert [row for each in slices for row in range(rows)[each]] == list(range(rows))
    assert all(each.stop - each.start <= size for each in slices)


def test_a_chunk_of_another_device_holds_a_number_of_coordinates() -> None:
    narrow, wide = (torch.empty(10, columns, device="meta") for columns in (1, 16))
    assert chunks.rows_per_chunk(narrow) == 16 * chunks.rows_per_chunk(wide) == chunks.GPU_COORDINATES
