"""What a model may not do with the parameters it is given, and finding which one was in question when it did."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from freshrec.errors import ModelError

__all__ = ["Watching", "changed_in_place", "checked_rows", "no_such_row", "written_to"]

_IN_PLACE = {"__set__", "__setitem__", "__iadd__", "__isub__", "__imul__", "__itruediv__", "__ipow__"}


def changed_in_place(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The argument that a torch function writes to, as its name tells (`add_`, and not `__add__`); None for none."""
    name = getattr(func, "__name__", "")
    if name in _IN_PLACE or (name.endswith("_") and not name.endswith("__")):
        return next(iter((*args, *kwargs.values())), None)
    return kwargs.get("out")


def written_to(parameter: str) -> ModelError:
    """The error for a model that changes a parameter while it computes."""
    return ModelError(
        f"the model writes to the parameter {parameter!r} while it computes; parameters are only read there, and "
        "changed by gradient steps. Compute with a changed copy, or register what the model changes itself as a buffer."
    )


def no_such_row(parameter: str, ids: Tensor, rows: int) -> ModelError | None:
    """The error for ids of which some are not in [0, rows); None where all are."""
    wrong = ids[(ids < 0) | (ids >= rows)]
    if not len(wrong):
        return None
    hint = " A vocabulary gives -1 for a value that it does not know: leave such samples out." if wrong[0] == -1 else ""
    return ModelError(
        f"id {int(wrong[0])} was looked up in the embedding table {parameter!r}, which has {rows} rows; ids must be in "
        f"[0, {rows}). Build the model with a row for every id, or mend the ids that it is given.{hint}"
    )


@contextmanager
def checked_rows(parameter: str, ids: Tensor, rows: int) -> Iterator[None]:
    """Name the table, and an id that is not in [0, rows), if the look-up inside fails.

    Raises:
        ModelError: such an id was looked up.
    """
    try:
        yield
    except (IndexError, RuntimeError) as error:
        raise no_such_row(parameter, ids, rows) or error from error


class Watching(TorchFunctionMode):
    """While it is entered, a look-up or a write that torch would refuse is refused with the parameter's name.

    Everything is compared before it is done, which takes time: enter it to explain an error that has happened.

    Args:
        params: what is known by name.
    """

    def __init__(self, params: Mapping[str, Tensor]):
        super().__init__()
        self.names = {id(value): name for name, value in params.items()}

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Check, then let through.

        Raises:
            ModelError: an id is not a row of the table that it is looked up in, or a parameter is written to.
        """
        kwargs = kwargs or {}
        if func is F.embedding or func is F.embedding_bag:
            ids, table = (*args, *(kwargs[name] for name in ("input", "weight") if name in kwargs))[:2]
            if error := no_such_row(self.names.get(id(table), "(not a parameter)"), ids, len(table)):
                raise error
        written = changed_in_place(func, args, kwargs)
        if id(written) in self.names and written.requires_grad:
            raise written_to(self.names[id(written)])
        return func(*args, **kwargs)
