"""A generator step on tables of 10 million rows beside one on 100 thousand, snapshots and hidden state read from disk.

    python benchmarks/scale.py [--threads 2] [--steps 20] [--folder /tmp]

8 dimensions, K = 3 snapshots, hidden size 4; three batches of 1,024 samples with up to 30 history items. The states are
written and read back as a comparison does it: what is large is mapped. Times are taken in turn in one process, on

- the same rows: ids of the smaller tables, spread evenly over the larger ones, so that size alone differs;
- the same law: the cubed-uniform law over all rows. In larger tables more ids of a batch are distinct, so that more is
  generated: how many, is told.

Memory is taken in a process for each size, on the same law. It needs 5 GB of disk for a while.
"""

import argparse
import math
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean, median
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from freshrec.data import Bags, Batch, Schema
from freshrec.generators import GRU, Generation, Planes, Window
from freshrec.kernels import one_torch_thread
from freshrec.models import EmbeddingMLP
from freshrec.params import Params
from freshrec.seeds import numpy_rng
from freshrec.store import read_checkpoint, unpack, write_checkpoint
from freshrec.training import log_loss
from measured import Measured
from tmall import BATCH, HIDDEN, HISTORY, SNAPSHOTS, cubed_uniform

__all__ = ["measure"]

SMALL, LARGE, CATEGORIES, DIM = 100_000, 10_000_000, 634, 8
FACTORS = (1 / 6, 2 / 6, 3 / 6)
WARM, CHUNK, PAGE = 10, 2**22, 4096
SAME_ROWS, SAME_LAW = "10 M rows, the same rows looked up", "10 M rows, ids of the same law"
T = TypeVar("T")
Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Held:
    """What a generator reads: the snapshots' parameters, and the hidden state by plane."""

    snapshots: tuple[Params, ...]
    hidden: Params


def model_of(rows: int) -> EmbeddingMLP:
    """The structure of a model with so many rows in all; its own parameters take no memory."""
    tables = {"user": rows // 2, "item": rows - rows // 2 - CATEGORIES, "category": CATEGORIES}
    return EmbeddingMLP(Schema(tables, item_fields=("category",), history=HISTORY), dim=DIM).to("meta")


def write(folder: Path, rows: int) -> None:
    """Write a state of random numbers, never more of it in memory than a chunk of each tensor."""
    raw, rng, count = folder / "raw", numpy_rng(0, "scale", rows), 0
    raw.mkdir(parents=True)

    def drawn(shape: torch.Size | tuple[int, ...]) -> Tensor:
        nonlocal count
        count += 1
        size = math.prod(shape)
        with (raw / str(count)).open("wb") as file:
            for first in range(0, size, CHUNK):
                file.write((0.1 * rng.standard_normal(min(CHUNK, size - first), dtype=np.float32)).data)
        return torch.from_file(str(raw / str(count)), size=size, dtype=torch.float32).reshape(shape)

    model = model_of(rows)
    shapes = {name: parameter.shape for name, parameter in model.named_parameters()}
    snapshots = tuple({name: drawn(shape) for name, shape in shapes.items()} for _ in range(SNAPSHOTS))
    planes = Planes.of(model).join(snapshots[0])
    hidden = {name: drawn((*plane.shape, HIDDEN)) for name, plane in planes.items()}
    write_checkpoint(folder / "state", "state", {}, Held(snapshots, hidden))
    shutil.rmtree(raw)


class Scaled:
    """A state as it is read from disk, and steps of its generator.

    Args:
        folder: where `write` has put it.
        rows: how many there are in all.
    """

    def __init__(self, folder: Path, rows: int) -> None:
        found = read_checkpoint(folder / "state")
        if found is None:
            raise FileNotFoundError(f"{folder} holds no state; write it first")
        held = unpack(Held, found.structure, found.tensors)
        self.model, self.cell = model_of(rows), GRU(HIDDEN)
        planes = Planes.of(self.model)
        self.window, self.demand = Window.of(planes, held.snapshots, held.hidden), dict[str, int]()
        self.weights = self.cell.initial_weights(planes.groups(), 0)
        for weight in self.weights.values():
            weight.requires_grad_()
        self.adam = torch.optim.Adam(list(self.weights.values()), lr=0.01, fused=True)

    def seconds_of(self, batches: tuple[Batch, ...]) -> float:
        """Take a step of equation 7; how long it took."""
        start = time.perf_counter()
        with one_torch_thread():
            generation = Generation(self.cell, self.weights, self.window, len(FACTORS), demand=self.demand)
            losses = [
                factor * log_loss(self.model, generation.at(number), batch)
                for number, (factor, batch) in reversed(list(enumerate(zip(FACTORS, batches, strict=True), start=1)))
            ]
            self.adam.zero_grad()
            torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
            self.adam.step()
        return time.perf_counter() - start


def batches(rng: np.random.Generator, rows: int, spread: int = 1) -> tuple[Batch, ...]:
    """A batch for each step of the window: ids of so many rows, `spread` rows apart."""

    def ids(count: int) -> Tensor:
        return torch.from_numpy(cubed_uniform(rng, rows // 2 - CATEGORIES, count).astype(np.int64))

    def one() -> Batch:
        lengths = torch.from_numpy(rng.integers(0, HISTORY + 1, BATCH))
        offsets = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
        user, item, past = ids(BATCH), ids(BATCH), ids(int(offsets[-1]))
        return Batch(
            user={"user": user * spread},
            item={"item": item * spread, "category": item % CATEGORIES},
            history={"item": Bags(past * spread, offsets), "category": Bags(past % CATEGORIES, offsets)},
            label=torch.from_numpy(rng.integers(0, 2, BATCH).astype(np.float32)),
        )

    return tuple(one() for _ in range(SNAPSHOTS))


def looked_up(given: tuple[Batch, ...]) -> dict[tuple[int, str], Ints]:
    """The distinct ids of users and items, by step of the window and table; each step generates its own."""
    found = {}
    for step, batch in enumerate(given):
        user, item, past = batch.user["user"], batch.item["item"], batch.history["item"]
        if isinstance(user, Tensor) and isinstance(item, Tensor):
            found[step, "user"], found[step, "item"] = np.unique(user), np.unique(torch.cat([item, past.ids]))
    return found


def times(folder: Path, steps: int, threads: int) -> dict[str, tuple[float, float, float]]:
    """By way, in milliseconds: the median of the first steps and of those after; and distinct rows a step."""
    torch.set_num_threads(threads)
    small, large = Scaled(folder / str(SMALL), SMALL), Scaled(folder / str(LARGE), LARGE)
    ways: dict[str, tuple[Scaled, int, int]] = {
        "100 k rows": (small, SMALL, 1),
        SAME_ROWS: (large, SMALL, LARGE // SMALL),
        SAME_LAW: (large, LARGE, 1),
    }
    rngs = {name: numpy_rng(0, "ids", rows) for name, (_, rows, _) in ways.items()}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    rows_of: dict[str, list[int]] = {name: [] for name in ways}
    compile_all(folder)
    for _ in range(WARM + steps):
        for name, (scaled, rows, spread) in ways.items():
            given = batches(rngs[name], rows, spread)
            taken[name].append(1000 * scaled.seconds_of(given))
            rows_of[name].append(sum(map(len, looked_up(given).values())))
    return {name: (median(each[:WARM]), median(each[WARM:]), fmean(rows_of[name])) for name, each in taken.items()}


def compile_all(folder: Path) -> None:
    """Take steps on a state of the smaller size, apart, for all that is done once in a process."""
    apart, rng = Scaled(folder / str(SMALL), SMALL), numpy_rng(0, "compile")
    for _ in range(3):
        apart.seconds_of(batches(rng, SMALL))


@dataclass(frozen=True)
class Memory:
    """Of one process, in MiB, and the median time of its steps in ms.

    Attributes:
        before: RssAnon and RssFile when the state was mapped and nothing of it was touched.
        after: the same after the steps.
        peak: ru_maxrss.
        rows: bytes of the distinct rows that were looked up.
        pages: bytes of the pages that these rows lie in.
        state: bytes of the state.
        first: of the first step.
        others: of those after it.
    """

    before: Mapping[str, float]
    after: Mapping[str, float]
    peak: float
    rows: float
    pages: float
    state: float
    first: float
    others: float


def memory(folder: Path, rows: int, steps: int, threads: int, cold: bool) -> Memory:
    """Steps on the law over all rows, in a process that does nothing else."""
    torch.set_num_threads(threads)
    compile_all(folder)
    scaled, rng = Scaled(folder / str(rows), rows), numpy_rng(0, "ids", rows)
    if cold:
        forget(folder / str(rows) / "state")
    before = resident()
    seconds = [1000 * scaled.seconds_of(batches(rng, rows)) for _ in range(steps)]
    after, peak = resident(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    touched = touched_in(rows, steps)
    in_rows = sum(len(ids) * width for ids, width in touched)
    in_pages = sum(len(np.unique(ids * width // PAGE)) * PAGE for ids, width in touched)
    state = rows * 4 * DIM * (SNAPSHOTS + HIDDEN)
    return Memory(
        before, after, peak, in_rows / 2**20, in_pages / 2**20, state / 2**20, seconds[0], median(seconds[1:])
    )


def touched_in(rows: int, steps: int) -> list[tuple[Ints, int]]:
    """Of every table of a state: the distinct rows that steps on the same law read, and the bytes of a row.

    The batch of step j of the window reads the first j snapshots.
    """
    rng, found = numpy_rng(0, "ids", rows), dict[tuple[int, str], list[Ints]]()
    for _ in range(steps):
        for place, ids in looked_up(batches(rng, rows)).items():
            found.setdefault(place, []).append(ids)
    distinct = {place: np.unique(np.concatenate(each)) for place, each in found.items()}
    touched = []
    for table in ("user", "item"):
        later = np.zeros(0, np.int64)
        for step in reversed(range(SNAPSHOTS)):
            later = np.union1d(later, distinct[step, table])
            touched.append((later, 4 * DIM))
        touched.append((later, 4 * DIM * HIDDEN))
    return touched


def forget(folder: Path) -> None:
    """Ask the system to drop a state's files from its cache."""
    for path in folder.glob("*.safetensors"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def resident() -> dict[str, float]:
    """RssAnon and RssFile of this process in MiB: what is its own, and what is mapped from files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) / 2**10 for name in ("RssAnon", "RssFile")}


def apart(work: Callable[..., T], *arguments: object) -> T:
    """What work gives in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def measure(steps: int = 20, parent: Path | None = None) -> list[Measured]:
    """Times and memory, on as many threads as torch is set to use.

    Args:
        steps: how many are taken of each way, after ten to begin with.
        parent: where the states are written for as long as it takes; by default where temporary files are.

    Raises:
        OSError: there is too little space.
    """
    parent, threads = parent or Path(tempfile.gettempdir()), torch.get_num_threads()
    needed = 2.2 * LARGE * 4 * DIM * (SNAPSHOTS + HIDDEN)
    if shutil.disk_usage(parent).free < needed:
        raise OSError(f"{parent} has less than {needed / 1e9:.0f} GB of space left; choose another folder")
    with tempfile.TemporaryDirectory(dir=parent) as name:
        folder = Path(name)
        for rows in (SMALL, LARGE):
            apart(write, folder / str(rows), rows)
        return [*_of_times(apart(times, folder, steps, threads)), *_of_memory(folder, steps, threads)]


def _of_times(found: Mapping[str, tuple[float, float, float]]) -> Iterator[Measured]:
    base = found["100 k rows"]
    for name, (begin, later, distinct) in found.items():
        against = None if name == "100 k rows" else "100 k rows"
        yield Measured(f"step, {name}", later, "ms", base[1] / later if against else None, against)
        yield Measured(f"first {WARM} steps, {name}", begin, "ms", base[0] / begin if against else None, against)
        yield Measured(f"distinct rows a step, {name}", distinct, "rows")


def _of_memory(folder: Path, steps: int, threads: int) -> Iterator[Measured]:
    for rows, cold, name in (
        (SMALL, False, "100 k rows"),
        (LARGE, False, "10 M rows"),
        (LARGE, True, "10 M rows, nothing in the system's cache"),
    ):
        found = apart(memory, folder, rows, steps, threads, cold)
        yield Measured(f"the state, {name}", found.state, "MiB")
        yield Measured(f"rows looked up in {steps} steps, {name}", found.rows, "MiB")
        yield Measured(f"pages of these rows, {name}", found.pages, "MiB")
        for kind in found.before:
            yield Measured(f"{kind} before, {name}", found.before[kind], "MiB")
            yield Measured(f"{kind} after, {name}", found.after[kind], "MiB")
        yield Measured(f"ru_maxrss, {name}", found.peak, "MiB")
        yield Measured(f"first step of a process, {name}", found.first, "ms")
        yield Measured(f"later steps of a process, {name}", found.others, "ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20, help="timed steps of each way")
    parser.add_argument("--folder", type=Path, help="where 5 GB are written for a while")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for each in measure(options.steps, options.folder):
        print(each)


if __name__ == "__main__":
    main()
