"""A step of the generator's training on another device, where nothing can be read back and nothing else may be used.

The device is "meta", whose tensors have shapes and no values: what would make the host wait for a GPU raises there, and
so does an operation on tensors of several devices, which is watched for here.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from freshrec.data import Batch
from freshrec.generators import GRU, LSTM, RNN, Cell, Generation, Planes, Window, generate, hand_over
from freshrec.kernels import recurrence
from freshrec.models import EmbeddingMLP
from freshrec.testing import tiny_stream
from freshrec.training import bpr_loss, log_loss

META = torch.device("meta")
H, K = 4, 3


class OneDevice(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is entered, an operation that reads or makes a tensor elsewhere than on "meta" raises."""

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        elsewhere = {str(leaf.device) for leaf in tree_leaves((args, kwargs, made)) if isinstance(leaf, Tensor)} - {
            "meta"
        }
        if elsewhere:
            raise AssertionError(f"{func} on {elsewhere}")
        return made


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The path of a GPU, with kernels that do nothing; gives the numbers of programs that were run."""
    triton_recurrence = pytest.importorskip("freshrec.kernels.triton_recurrence", reason="Triton is not installed")
    programs: list[int] = []

    class Kernel:
        def __getitem__(self, grid: tuple[int]) -> Callable[..., None]:
            programs.extend(grid)
            return lambda *arguments, **options: None

    monkeypatch.setattr(recurrence, "_on_gpu", lambda tensor: True)
    monkeypatch.setattr(recurrence, "_has_triton", lambda device: True)
    monkeypatch.setattr(triton_recurrence, "_forward", Kernel())
    monkeypatch.setattr(triton_recurrence, "_backward", Kernel())
    return programs


def problem(cell: Cell, held: torch.dtype = torch.float32) -> tuple[EmbeddingMLP, dict[str, Tensor], Window, Batch]:
    stream = tiny_stream()
    model = EmbeddingMLP(stream.schema, dim=3)
    planes = Planes.of(model)
    weights = {
        name: value.to(META).requires_grad_() for name, value in cell.initial_weights(planes.groups(), 0).items()
    }
    snapshot = {name: value.detach().to(META) for name, value in model.named_parameters()}
    hidden = {
        plane: torch.empty(*values.shape, cell.state_size, device=META, dtype=held)
        for plane, values in planes.join(snapshot).items()
    }
    samples = stream.periods[0].samples()
    return model, weights, Window.of(planes, [snapshot] * K, hidden), samples.batch(slice(0, 4)).to(META)


def step(model: EmbeddingMLP, cell: Cell, weights: dict[str, Tensor], view: Window, batch: Batch) -> None:
    generation = Generation(cell, weights, view, last=K)
    loss = torch.stack([log_loss(model, generation.at(number), batch) for number in range(1, K + 1)]).sum()
    loss.backward()  # type: ignore[no-untyped-call]
    assert all(weight.grad is not None and weight.grad.device == META for weight in weights.values())


@pytest.mark.parametrize("small", [0, 2048])
@pytest.mark.parametrize("held", [torch.float32, torch.float16])
def test_the_compiled_step(held: torch.dtype, small: int, compiled: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freshrec.generators.generation.SMALL", small)
    model, weights, view, batch = problem(GRU(H), held)
    with OneDevice():  # type: ignore[no-untyped-call]
        step(model, GRU(H), weights, view, batch)
    assert compiled


@pytest.mark.parametrize("cell", [GRU(H), LSTM(H), RNN(H)])
def test_the_plain_step(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freshrec.generators.generation.SMALL", 0)
    model, weights, view, batch = problem(cell)
    with OneDevice():  # type: ignore[no-untyped-call]
        step(model, cell, weights, view, batch)


def test_an_empty_batch_has_its_loss_on_the_device() -> None:
    model, _, view, _ = problem(GRU(H))
    batch = tiny_stream().periods[0].samples().batch(slice(0, 0)).to(META)
    for loss in (log_loss, bpr_loss):
        assert loss(model, view.snapshots[0], batch).device == META


def test_serving_and_handing_over(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = GRU(H)
    # It reads all values, once a period.
    monkeypatch.setattr(Window, "see_that_finite", lambda _: None)
    _, weights, view, _ = problem(cell)
    with OneDevice():  # type: ignore[no-untyped-call]
        served, handed = generate(cell, weights, view), hand_over(cell, weights, view, torch.bfloat16)
    assert {value.device for value in served.values()} == {META}
    assert {(value.device, value.dtype) for value in handed.values()} == {(META, torch.bfloat16)}
