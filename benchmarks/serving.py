"""Making the serving model and handing states over: all rows of a table, against a copy of as many bytes.

    python benchmarks/serving.py [--rows 10000000] [--threads 2]

The table has 8 dimensions, and the GRU reads K = 3 snapshots with H = 4: 224 bytes a row, 2.2 GB for 10 million.

- generate: reads snapshots and states, writes the serving model
- hand over: reads one snapshot and the states, writes the states after it
- copy: torch copies the states, which reads and writes as many bytes as generating does
- plain torch: the same by `PlainGRU`, in turn with the compiled way on fewer rows, both on one thread
- transfer: SML's anchored one makes the serving model, of which every row was updated, or one in a hundred

Memory is what the process held at its peak beside inputs and result, as `getrusage` and as /proc have it.
"""

import argparse
import resource
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from freshrec.generators import (
    GRU,
    Cell,
    Pair,
    PlainGRU,
    Planes,
    Transfer,
    Window,
    generate,
    hand_over,
    transferred_whole,
)
from freshrec.kernels import one_torch_thread
from freshrec.params import Params
from measured import Measured
from turns import median_seconds

ROWS, FEWER = 10_000_000, 500_000
DIM, K, H = 8, 3, 4
TABLE = "table.weight"
CELLS: dict[str, Cell] = {"compiled": GRU(H), "plain torch": PlainGRU(H)}
COPY = "a copy of as many bytes, 1 thread"


class Problem:
    """Planes of one table, a window on it that is as random as it is large, and a generator's weights."""

    def __init__(self, rows: int) -> None:
        rng, model = torch.Generator().manual_seed(0), nn.Module()
        with torch.device("meta"):
            model.table = nn.Embedding(rows, DIM)
        self.planes = Planes.of(model)
        snapshots = tuple({TABLE: torch.empty(rows, DIM).uniform_(-0.1, 0.1, generator=rng)} for _ in range(K))
        hidden = torch.empty(rows, DIM, H).uniform_(-0.5, 0.5, generator=rng)
        self.window = Window(self.planes, snapshots, {TABLE: hidden})
        self.weights: Params = GRU(H).initial_weights(self.planes.groups(), seed=0)

    def generate(self, cell: Cell, threads: int) -> Tensor:
        """The serving table."""
        return on(threads, lambda: generate(cell, self.weights, self.window))[TABLE]

    def hand_over(self, cell: Cell, threads: int) -> Tensor:
        """The states after the first snapshot."""
        return on(threads, lambda: hand_over(cell, self.weights, self.window))[TABLE]

    def copy(self) -> Tensor:
        """The states, copied by one thread."""
        hidden = self.window.hidden[TABLE]
        return on(1, lambda: {TABLE: torch.empty_like(hidden).copy_(hidden)})[TABLE]


def on(threads: int, work: Callable[[], Params]) -> Params:
    """What the work makes on so many threads, as the loop has it done: torch's own operations on one of them."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with one_torch_thread():
            return work()
    finally:
        torch.set_num_threads(before)


def peaks() -> dict[str, float]:
    """The most that this process held so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    held = {"getrusage": float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)}
    if (status := Path("/proc/self/status")).exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        held["/proc"] = float(line.split()[1]) * 1024
    return held


def memory(problem: Problem) -> list[Measured]:
    """The peaks of making and of handing over; to be called before anything else is held beside the problem."""
    before, made = peaks(), list[Measured]()
    for what, work in {"generate": problem.generate, "hand over": problem.hand_over}.items():
        size = work(CELLS["compiled"], torch.get_num_threads()).nbytes
        for source, peak in peaks().items():
            beside = (peak - before[source] - size) / 1e6
            made.append(Measured(f"{what}: memory beside inputs and result, by {source}", beside, "MB"))
    return made


def against_a_copy(problem: Problem, rounds: int) -> list[Measured]:
    """Seconds and GB/s of making and of handing over, on one thread and on all."""
    numbers = sorted({1, torch.get_num_threads()})
    compiled, rows = CELLS["compiled"], len(problem.window.snapshots[0][TABLE])
    ways: dict[str, Callable[[], object]] = {"copy": problem.copy}
    traffic = {"generate": 4 * DIM * (K + H + 1) * rows, "hand over": 4 * DIM * (1 + 2 * H) * rows}
    for threads in numbers:
        ways[f"generate, {threads}"] = partial(problem.generate, compiled, threads)
        ways[f"hand over, {threads}"] = partial(problem.hand_over, compiled, threads)
    seconds = median_seconds(ways, rounds)
    pace = 4 * DIM * 2 * H * rows / seconds["copy"]
    made = [Measured("copy, 1 thread", pace / 1e9, "GB/s")]
    for what, size in traffic.items():
        for threads in numbers:
            taken, name = seconds[f"{what}, {threads}"], f"{what}, {rows:,} rows, compiled on {threads}"
            made.append(Measured(name, taken, "s", size / taken / pace, COPY))
            made.append(Measured(f"{name}: pace", size / taken / 1e9, "GB/s"))
    return made


def against_plain(problem: Problem, rounds: int) -> list[Measured]:
    """How many times as fast as plain torch, both on one thread."""
    rows, made = len(problem.window.snapshots[0][TABLE]), list[Measured]()
    for what, work in {"generate": problem.generate, "hand over": problem.hand_over}.items():
        right, compiled = (work(CELLS[name], 1) for name in ("plain torch", "compiled"))
        if (error := (right - compiled).abs().max().item()) > 1e-5:
            raise ValueError(f"compiled, {what} differs from plain torch by {error}")
        seconds = median_seconds({name: partial(work, cell, 1) for name, cell in CELLS.items()}, rounds)
        name, plain = f"{what}, {rows:,} rows", seconds["plain torch"]
        made.append(Measured(f"{name}, plain torch", plain, "s"))
        made.append(
            Measured(f"{name}, compiled on 1", seconds["compiled"], "s", plain / seconds["compiled"], "plain torch")
        )
    return made


def transfer(problem: Problem, rounds: int) -> list[Measured]:
    """Seconds of the anchored transfer where all rows were updated, and where one in a hundred was."""
    cell, previous = Transfer((10, 5), 20, anchored=True), problem.window.snapshots[0][TABLE]
    weights = cell.initial_weights(problem.planes, seed=0)
    weights[f"{TABLE}.outer"].uniform_(-1, 1, generator=torch.Generator().manual_seed(0))
    all_rows = previous + 0.01
    few_rows = previous.clone()
    few_rows[::100] += 0.01
    pairs = {
        name: Pair(problem.planes, {TABLE: previous}, {TABLE: updated})
        for name, updated in {"all": all_rows, "one in 100": few_rows}.items()
    }
    ways = {name: partial(on, 1, partial(transferred_whole, cell, weights, pair)) for name, pair in pairs.items()}
    seconds, what = median_seconds(ways, rounds), f"transfer, {len(previous):,} rows, 1 thread"
    everything, few = (seconds[name] for name in pairs)
    return [
        Measured(f"{what}, all updated", everything, "s"),
        Measured(f"{what}, one in 100 updated", few, "s", everything / few, "all updated"),
    ]


def measure(rows: int = ROWS) -> list[Measured]:
    """The figures on one thread, and on as many as torch is set to use."""
    compiling = Problem(1000)
    for work in (compiling.generate, compiling.hand_over):
        work(CELLS["compiled"], 1)
    problem = Problem(rows)
    held, large = memory(problem), against_a_copy(problem, rounds=3)
    return large + held + transfer(problem, rounds=1) + against_plain(Problem(min(FEWER, rows)), rounds=3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for each in measure(options.rows):
        ratio = "" if each.ratio is None else f"  {each.ratio:6.2f} times as fast as {each.against}"
        print(f"{each.what:75} {each.value:9.2f} {each.unit:5}{ratio}")


if __name__ == "__main__":
    main()
