"""Samples for tests of metrics: lists of (label, logit, user) as arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

Array = npt.NDArray[Any]

TIED = st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3), st.integers(0, 4)), min_size=2, max_size=60)
SPREAD = st.lists(st.tuples(st.integers(0, 1), st.floats(-9, 9, width=32), st.integers(0, 4)), min_size=2, max_size=60)


def columns(rows: Sequence[tuple[int, float, int]]) -> tuple[Array, Array, Array]:
    """Labels, logits and users."""
    label, logit, user = zip(*rows, strict=True)
    return np.array(label, np.int8), np.array(logit, np.float64), np.array(user, np.int32)
