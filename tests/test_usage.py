"""What is a write and what is not, by torch's own names; ids that are no rows."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from freshrec.errors import ModelError
from freshrec.usage import Watching, changed_in_place, no_such_row

X, Y = torch.ones(2, 2), torch.ones(2, 2)


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "changed"),
    [
        (Tensor.add_, (X, Y), {}, X),
        (torch.nn.init.zeros_, (), {"tensor": X}, X),
        (Tensor.__setitem__, (X, 0, Y), {}, X),
        (Tensor.__imul__, (X, Y), {}, X),
        (torch.mul, (Y, Y), {"out": X}, X),
        (Tensor.copy_, (Y, X), {}, Y),
        (Tensor.add, (X, Y), {}, None),
        (Tensor.__add__, (X, Y), {}, None),
        (Tensor.__int__, (X,), {}, None),
        (F.embedding, (X, Y), {}, None),
    ],
)
def test_what_a_function_changes(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], changed: Tensor | None
) -> None:
    assert changed_in_place(func, args, kwargs) is changed


def test_ids_that_are_no_rows() -> None:
    assert no_such_row("t", torch.tensor([[0, 4], [2, 3]]), 5) is None
    assert no_such_row("t", torch.zeros(0, dtype=torch.int64), 5) is None
    assert "id 5 was looked up in the embedding table 't'" in str(no_such_row("t", torch.tensor([[0, 5], [9, 3]]), 5))


def test_an_unknown_value_of_a_vocabulary_is_explained() -> None:
    assert "A vocabulary gives -1 for a value that it does not know" in str(no_such_row("t", torch.tensor([0, -1]), 5))
    assert "vocabulary" not in str(no_such_row("t", torch.tensor([0, -2]), 5))


def test_only_what_is_known_and_trained_is_watched() -> None:
    known, buffer, other = torch.zeros(3, requires_grad=True), torch.zeros(3), torch.zeros(3)
    with Watching({"known": known, "buffer": buffer}):
        buffer.add_(1)
        other.add_(1)
        with pytest.raises(ModelError, match="writes to the parameter 'known'"):
            known.add_(1)
        with pytest.raises(ModelError, match=r"table '\(not a parameter\)', which has 2 rows"):
            F.embedding(torch.tensor([2]), weight=X)
