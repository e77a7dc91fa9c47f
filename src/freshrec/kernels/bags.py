"""Looking up bags of ids, with a backward pass that adds up gradients without sorting the ids."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.overrides import TorchFunctionMode

from freshrec.kernels.compiling import compiled
from freshrec.kernels.repeated_bags import distinct_bags

__all__ = ["FastBags", "embedding_bag"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def embedding_bag(input: Tensor, weight: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """`F.embedding_bag`, with the compiled backward pass where it applies.

    It applies on the CPU in float32 to one-dimensional ids with the last offset included, averaged or summed with
    weights that need no gradient. There the backward pass goes through the ids once, where torch's own sorts them,
    which takes some ten times as long for bags of thirty ids. Where at least half of the bags repeat the one before
    them, which consecutive samples of a user do, each is looked up once.

    Args:
        input: int64 ids [N].
        weight: table [R, D].
        *args: as `F.embedding_bag` takes them.
        **kwargs: as `F.embedding_bag` takes them.

    Returns:
        [B, D]; zero for an empty bag.
    """
    if args or input.dtype != torch.int64 or input.dim() != 1 or input.device.type != "cpu" or not _supported(**kwargs):
        return F.embedding_bag(input, weight, *args, **kwargs)
    offsets, weights = kwargs["offsets"], kwargs.get("per_sample_weights")
    if bags := distinct_bags(input, offsets, weights):
        kwargs = {**kwargs, "offsets": bags.offsets, "per_sample_weights": bags.weights}
        return F.embedding(bags.places, embedding_bag(bags.ids, weight, **kwargs))
    if type(weight) in (Tensor, nn.Parameter) and weight.requires_grad and weight.dtype == torch.float32:
        vectors: Tensor = _Bags.apply(input, weight, offsets, weights)  # type: ignore[no-untyped-call]
        return vectors
    return F.embedding_bag(input, weight, **kwargs)


def _supported(
    offsets: Tensor | None = None,
    mode: str = "mean",
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
    padding_idx: int | None = None,
) -> bool:
    if offsets is None or not include_last_offset or scale_grad_by_freq or sparse:
        return False
    if max_norm is not None or padding_idx is not None:
        return False
    if per_sample_weights is None:
        return mode == "mean"
    return mode == "sum" and not per_sample_weights.requires_grad


class FastBags(TorchFunctionMode):
    """While it is entered, any model's `F.embedding_bag` is this module's `embedding_bag`."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Answer look-ups of bags; let everything else through."""
        if func is F.embedding_bag:
            return embedding_bag(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


class _Bags(torch.autograd.Function):
    """The gradient flows to the table; ids, offsets and weights are data."""

    @staticmethod
    def forward(ctx: Any, ids: Tensor, weight: Tensor, offsets: Tensor, weights: Tensor | None) -> Tensor:
        ctx.save_for_backward(ids, offsets, weights)
        ctx.rows = len(weight)
        mode = "mean" if weights is None else "sum"
        return F.embedding_bag(ids, weight, offsets, mode=mode, per_sample_weights=weights, include_last_offset=True)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor, None, None]:
        ids, offsets, weights = ctx.saved_tensors
        total = torch.zeros(ctx.rows, gradient.shape[1])
        factors = np.zeros(0, np.float32) if weights is None else weights.numpy()
        _scatter(total.numpy(), ids.numpy(), offsets.numpy(), factors, gradient.contiguous().numpy())
        return None, total, None, None


@compiled(error_model="numpy")
def _scatter(total: Floats, ids: Ints, offsets: Ints, factors: Floats, gradient: Floats) -> None:
    """Add each bag's gradient [B, D] to the rows of its ids in `total` [R, D], in the order of the ids."""
    size = gradient.shape[1]
    share = np.empty(size, np.float32)
    for bag in range(len(offsets) - 1):
        begin, end = offsets[bag], offsets[bag + 1]
        factor = np.float32(1.0 if len(factors) else 1.0 / (end - begin))
        for d in range(size):
            share[d] = factor * gradient[bag, d]
        for at in range(begin, end):
            # Unsigned, it is not asked whether it counts from the end.
            row = np.uint64(ids[at])
            if len(factors):
                for d in range(size):
                    total[row, d] += factors[at] * share[d]
            else:
                for d in range(size):
                    total[row, d] += share[d]
