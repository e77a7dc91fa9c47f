"""One training step of the GRU meta generator, made three ways in one process, in turn.

    python benchmarks/generator_step.py [--scale 1] [--threads 2] [--steps 15] [--device cpu] [--state float32] [--amp]

- whole: every table generated whole for every batch, in plain torch, as the authors' experiments do
- rows looked up: only the rows that the batches look up, in plain torch
- freshrec: the same rows through the compiled recurrence, torch's own operations on one thread, as the library does it

Printed are medians and ratios; the three give the same losses, which is checked at every step. On a GPU, an operation
of the last way that would make the host wait for it raises. The last way's first loss and gradients are also
compared with the lazy way's in float64 on the CPU: that is the error of `--state` and `--amp`, which it alone heeds.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TypeAlias

import torch
from torch import Tensor

from freshrec.data import Batch
from freshrec.generators import GRU, Cell, Generation, PlainGRU, Window
from freshrec.kernels import one_torch_thread
from freshrec.training import log_loss
from measured import Measured
from tmall import Tmall

Step: TypeAlias = Callable[[tuple[Batch, ...]], Tensor]

WHOLE, LAZY, OURS = "whole tables, plain torch", "rows looked up, plain torch", "freshrec"
CPU, WARM = torch.device("cpu"), 2
FACTORS = (1 / 6, 2 / 6, 3 / 6)
PRECISIONS = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def window_as(window: Window, device: torch.device, snapshots: torch.dtype, hidden: torch.dtype) -> Window:
    """The window on a device, held in the given types."""
    moved = tuple({name: value.to(device, snapshots) for name, value in params.items()} for params in window.snapshots)
    return replace(
        window, snapshots=moved, hidden={name: value.to(device, hidden) for name, value in window.hidden.items()}
    )


def batch_as(batch: Batch, device: torch.device, dtype: torch.dtype = torch.float32) -> Batch:
    """The batch on a device, with labels of the given type."""
    return replace(batch.to(device), label=batch.label.to(device, dtype))


def loss_of(
    tmall: Tmall, window: Window, weights: Mapping[str, Tensor], batches: tuple[Batch, ...], cell: Cell, lazy: bool
) -> Tensor:
    """The loss [] of one step: equation 7 with three periods."""
    generation = Generation(cell, weights, window, last=len(FACTORS), lazy=lazy)
    numbered = list(enumerate(zip(FACTORS, batches, strict=True), start=1))
    if isinstance(cell, GRU):
        # The library begins with the last step, so that those before share its rows; the plain way makes them anew.
        numbered.reverse()
    losses = [factor * log_loss(tmall.model, generation.at(number), batch) for number, (factor, batch) in numbered]
    return torch.stack(losses).sum()


def stepper(tmall: Tmall, window: Window, cell: Cell, lazy: bool, amp: bool = False) -> Step:
    """A function that takes one Adam step and returns the loss [] before it."""
    device = next(iter(window.snapshots[0].values())).device
    weights = {name: value.to(device, copy=True).requires_grad_() for name, value in tmall.weights.items()}
    adam = torch.optim.Adam(list(weights.values()), lr=0.01, fused=True)

    def step(batches: tuple[Batch, ...]) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=amp):
            loss = loss_of(tmall, window, weights, batches, cell, lazy)
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        return loss.detach()

    return step


def errors(tmall: Tmall, window: Window, amp: bool) -> tuple[float, float]:
    """The relative errors of the last way's loss and, at their largest, of its gradients."""
    outcomes: list[tuple[float, dict[str, Tensor]]] = []
    device, exact = next(iter(window.snapshots[0].values())).device, torch.device("cpu")
    double = window_as(tmall.window, exact, torch.float64, torch.float64)
    batches = tmall.batches()
    for cell, read, place, dtype in (
        (PlainGRU(tmall.cell.hidden), double, exact, torch.float64),
        (tmall.cell, window, device, torch.float32),
    ):
        weights = {name: value.to(place, dtype, copy=True).requires_grad_() for name, value in tmall.weights.items()}
        fed = tuple(batch_as(batch, place, dtype) for batch in batches)
        with torch.autocast(place.type, torch.bfloat16, enabled=amp and read is window):
            loss = loss_of(tmall, read, weights, fed, cell, lazy=True)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = {name: weight.grad.to(exact) for name, weight in weights.items() if weight.grad is not None}
        outcomes.append((loss.item(), gradients))
    (expected, right), (made, gradients) = outcomes
    largest = max(
        ((gradients[name] - gradient).abs().max() / gradient.abs().max()).item() for name, gradient in right.items()
    )
    return abs(made - expected) / expected, largest


def seconds_of(step: Step, batches: tuple[Batch, ...], device: torch.device, may_wait: bool) -> tuple[float, Tensor]:
    """How long a step takes, and its loss."""
    if device.type != "cuda":
        start = time.perf_counter()
        loss = step(batches)
        return time.perf_counter() - start, loss
    torch.cuda.synchronize(device)
    start = time.perf_counter()
    torch.cuda.set_sync_debug_mode("default" if may_wait else "error")
    try:
        loss = step(batches)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    torch.cuda.synchronize(device)
    return time.perf_counter() - start, loss


def measure(
    scale: int = 1,
    steps: int = 15,
    device: torch.device = CPU,
    state: torch.dtype = torch.float32,
    amp: bool = False,
) -> list[Measured]:
    """The three ways in turn.

    Args:
        scale: multiplies the rows of users and items.
        steps: how many are timed of each way.
        device: where they run.
        state: what the last way's hidden state is held in.
        amp: whether the last way's model computes its products in bfloat16.

    Raises:
        ValueError: the ways' losses differ.
    """
    tmall = Tmall(scale)
    held, seconds = window_as(tmall.window, device, torch.float32, state), timed(tmall, steps, device, state, amp)
    loss, gradients = errors(tmall, held, amp)
    medians = {name: 1000 * statistics.median(times) for name, times in seconds.items()}
    return [
        Measured(WHOLE, medians[WHOLE], "ms"),
        *(
            Measured(way, medians[way], "ms", medians[other] / medians[way], other)
            for way, other in ((LAZY, WHOLE), (OURS, WHOLE), (OURS, LAZY))
        ),
        Measured("error of freshrec's first loss", loss, "relative"),
        Measured("largest error of its gradients", gradients, "relative"),
    ]


def timed(
    tmall: Tmall, steps: int, device: torch.device, state: torch.dtype, amp: bool
) -> Mapping[str, Sequence[float]]:
    """Seconds of every timed step, by way.

    Raises:
        ValueError: the ways' losses differ.
    """
    plain, whole = PlainGRU(tmall.cell.hidden), window_as(tmall.window, device, torch.float32, torch.float32)
    held = window_as(tmall.window, device, torch.float32, state)
    ways = {
        WHOLE: stepper(tmall, whole, plain, lazy=False),
        LAZY: stepper(tmall, whole, plain, lazy=True),
        OURS: stepper(tmall, held, tmall.cell, lazy=True, amp=amp),
    }
    tolerance = 1e-2 if amp or state != torch.float32 else 1e-4
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(steps + WARM):
        batches, losses = tuple(batch_as(batch, device) for batch in tmall.batches()), []
        for name, step in ways.items():
            threading: AbstractContextManager[None] = one_torch_thread() if name == OURS else nullcontext()
            with threading:
                # The first steps compile and reserve memory, for which the host may wait.
                taken, loss = seconds_of(step, batches, device, may_wait=name != OURS or number < WARM)
            losses.append(loss.item())
            if number >= WARM:
                seconds[name].append(taken)
        if max(losses) - min(losses) > tolerance:
            raise ValueError(f"the ways differ at step {number}: losses {losses}")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=int, default=1, help="multiplies users and items")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=15, help="timed steps of each way")
    parser.add_argument("--device", type=torch.device, default="cpu", help="cpu or cuda")
    parser.add_argument("--state", choices=PRECISIONS, default="float32", help="what the hidden state is held in")
    parser.add_argument("--amp", action="store_true", help="the model's products in bfloat16, by torch's autocast")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device: torch.device = options.device
    if device.type == "cuda" and not torch.cuda.is_available():
        parser.error("there is no GPU that torch can use; see that torch is a build for CUDA, or take --device cpu")
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{options.threads} threads"
    print(f"scale {options.scale}, {where}, median of {options.steps} steps")
    for each in measure(options.scale, options.steps, device, PRECISIONS[options.state], options.amp):
        print(each)


if __name__ == "__main__":
    main()
