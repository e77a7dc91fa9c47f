"""One training step of the GRU meta generator, made three ways in one process, in turn.

    python benchmarks/generator_step.py [--scale 1] [--threads 2] [--steps 15]

- whole: every table generated whole for every batch, in plain torch, as the authors' experiments do
- lazy: only the rows that the batches look up, in plain torch
- freshrec: the same rows through the compiled recurrence, torch's own operations on one thread, as the library does it

Printed are medians and ratios; the three give the same losses, which is checked at every step.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext

import torch

from freshrec.data import Batch
from freshrec.generators import Cell, Generation, PlainGRU
from freshrec.kernels import one_torch_thread
from freshrec.training import log_loss
from tmall import Tmall

FACTORS = (1 / 6, 2 / 6, 3 / 6)


def stepper(tmall: Tmall, cell: Cell, lazy: bool) -> Callable[[tuple[Batch, ...]], float]:
    """A function that takes one Adam step and returns the loss before it."""
    weights = {name: value.clone().requires_grad_() for name, value in tmall.weights.items()}
    adam = torch.optim.Adam(list(weights.values()), lr=0.01, fused=True)

    def step(batches: tuple[Batch, ...]) -> float:
        generation = Generation(cell, weights, tmall.window, last=len(FACTORS), lazy=lazy)
        losses = [
            factor * log_loss(tmall.model, generation.at(number), batch)
            for number, (factor, batch) in enumerate(zip(FACTORS, batches, strict=True), start=1)
        ]
        loss = torch.stack(losses).sum()
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        return float(loss.detach())

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=int, default=1, help="multiplies users and items")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=15, help="timed steps of each way")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    tmall = Tmall(options.scale)
    plain = PlainGRU(tmall.cell.hidden)
    ways = {
        "whole": stepper(tmall, plain, lazy=False),
        "lazy": stepper(tmall, plain, lazy=True),
        "freshrec": stepper(tmall, tmall.cell, lazy=True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(options.steps + 2):
        batches, losses = tmall.batches(), []
        for name, step in ways.items():
            start = time.perf_counter()
            with one_torch_thread() if name == "freshrec" else nullcontext():
                losses.append(step(batches))
            if number >= 2:
                seconds[name].append(time.perf_counter() - start)
        if max(losses) - min(losses) > 1e-4:
            raise SystemExit(f"the ways differ at step {number}: losses {losses}")
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"scale {options.scale}, {options.threads} threads, median of {options.steps} steps")
    for name, median in medians.items():
        print(f"{name:>9} {1000 * median:9.1f} ms  {medians['whole'] / median:6.1f} times as fast as whole")


if __name__ == "__main__":
    main()
