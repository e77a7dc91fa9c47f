"""Checks the library on a GPU against the CPU, and measures what matters there; one JSON line for each part.

    make gpu-check                         # or: python benchmarks/gpu_check.py [--only PART ...] [--device cpu]

Parts that compare exit with 1 where they find a difference: the recurrence against float64, every method against the
CPU (scores, the same bits twice, a resumed run). The others measure: steps and how often the host waits in them,
generating whole tables against a copy of the same bytes, whole updates. Without a GPU all parts run on the CPU with
small sizes, which checks the script and not the GPU.
"""

import argparse
import json
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from freshrec.data import Batch, FieldValues, Period, Samples, Schema
from freshrec.evaluation import Lane
from freshrec.generators import GRU, PlainGRU, Planes, Window, generate
from freshrec.params import params_of
from freshrec.seeds import numpy_rng, torch_rng
from freshrec.store import pack, unpack
from freshrec.testing import tiny_stream, with_item_fields
from freshrec.training import Fitted, Run, fit, log_loss, predict
from freshrec.updaters import IU, METHODS, build
from generator_step import batch_as, stepper, window_as
from tmall import HISTORY, ROWS, Tmall, cubed_uniform

PROBABILITY_ERROR = 1e-5
"""Largest difference accepted between a probability scored on the device and on the CPU, both in float32."""
RECURRENCE_ERROR = 2e-5
"""Largest error accepted of the float32 recurrence, relative to the largest value of the float64 result."""
STEPS = 20
UPDATES = 3

Report = dict[str, Any]


@dataclass(frozen=True)
class Machine:
    """Where the checks run.

    Attributes:
        device: the device under test.
        small: whether to use sizes that a CPU finishes in seconds.
    """

    device: torch.device

    @property
    def small(self) -> bool:
        """Whether to use sizes that a CPU finishes in seconds."""
        return self.device.type == "cpu"

    def wait(self) -> None:
        """Wait until the device has finished."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def seconds(self, work: Callable[[], object], repeats: int = 5) -> float:
        """Mean wall time of a call, after two calls that are not counted."""
        for _ in range(2):
            work()
        self.wait()
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        self.wait()
        return (time.perf_counter() - start) / repeats

    def host_waits(self, work: Callable[[], object]) -> dict[str, int]:
        """How often the host waits for the device during the work, by file and line."""
        if self.device.type != "cuda":
            return {}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                work()
            finally:
                torch.cuda.set_sync_debug_mode("default")
        waits = (each for each in caught if "synchron" in str(each.message))
        return dict(Counter(f"{Path(each.filename).name}:{each.lineno}" for each in waits))


def versions(machine: Machine) -> Report:
    """The device and the libraries."""
    report: Report = {"torch": torch.__version__, "numpy": np.__version__}
    if machine.device.type == "cuda":
        import triton

        report |= {"gpu": torch.cuda.get_device_name(), "triton": triton.__version__}
    return report


def recurrence_equals_float64(machine: Machine) -> Report:
    """The fused recurrence and its gradients against plain torch in float64, over every tiling and storage type."""
    worst = 0.0
    shapes = [(1, 1, 4, 1, 1), (1, 3000, 4, 3, 3), (32, 3, 3, 3, 1), (33, 8, 4, 3, 2), (129, 8, 2, 5, 5)]
    shapes += [(700, 5, 5, 3, 2), (700, 5, 16, 3, 2), (300, 2, 17, 3, 3), (50, 2, 32, 3, 3)]
    shapes += [] if machine.small else [(70_000, 8, 4, 3, 3)]
    for rows, generators, hidden, steps, last in shapes:
        for storage in (torch.float32, torch.float16, torch.bfloat16):
            rng = torch_rng(0, "gpu check", rows, generators, hidden)
            x = torch.randn(steps, rows, generators, generator=rng).to(machine.device, storage)
            state = torch.randn(rows, generators, hidden, generator=rng).to(machine.device, storage)
            weights = GRU(hidden).initial_weights({"p": [generators]}, 0)
            ours = _outputs_and_gradients(
                GRU(hidden), x, state, {name: value.to(machine.device) for name, value in weights.items()}, last
            )
            exact = _outputs_and_gradients(
                PlainGRU(hidden),
                x.cpu().double(),
                state.cpu().double(),
                {name: value.double() for name, value in weights.items()},
                last,
            )
            for one, other in zip(ours, exact, strict=True):
                error = (one.cpu().double() - other).abs().max() / other.abs().max().clamp(min=1e-30)
                worst = max(worst, float(error))
    return {"largest relative error": worst, "failed": worst > RECURRENCE_ERROR}


def _outputs_and_gradients(
    cell: PlainGRU, x: Tensor, state: Tensor, weights: Mapping[str, Tensor], last: int
) -> list[Tensor]:
    leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
    y = cell.outputs(leaves, "p", x, state, last)
    return [y.detach(), *torch.autograd.grad(y.square().sum(), list(leaves.values()))]


def methods_equal_the_cpu(machine: Machine) -> Report:
    """Every method through a small stream: scores as on the CPU, the same bits twice, and after being stored."""
    differences: dict[str, float] = {}
    failed: list[str] = []
    for name in METHODS:
        here, again = (_scores(name, machine.device) for _ in range(2))
        resumed = _scores(name, machine.device, stored_after=4)
        differences[name] = float(np.abs(here - _scores(name, torch.device("cpu"))).max())
        if not (here.tobytes() == again.tobytes() == resumed.tobytes()) or differences[name] > PROBABILITY_ERROR:
            failed.append(name)
    return {"largest difference of a probability": max(differences.values()), "failed": failed}


def _scores(method: str, device: torch.device, stored_after: int = 0) -> npt.NDArray[np.float64]:
    """Probabilities of all samples of a small stream, each period scored before it is learned."""
    stream = tiny_stream()
    base = METHODS[method].model(stream.schema, dim=3).to(device)
    updater = build(method, IU(batch_size=16), {})
    lane = Lane.of(updater, Run(base), stream.schema)
    state, scores = lane.begin(Fitted.untrained(params_of(base))), []
    run, model = lane.run, lane.run.model
    for number, period in enumerate(stream.periods, start=1):
        logits = predict(model, updater.serving(state, run), period.samples())
        scores.append(1 / (1 + np.exp(-logits.astype(np.float64))))
        state = updater.update(state, stream.periods[:number], run)
        if number == stored_after:
            structure, tensors = pack(state)
            copies = {name: value.clone() for name, value in tensors.items()}
            state = unpack(updater.state_type, structure, copies)
    return np.concatenate(scores)


def steps(machine: Machine) -> Report:
    """Twenty training steps at Tmall's size: milliseconds a step, host waits, and whether the bits repeat."""
    tmall = Tmall()
    window = window_as(tmall.window, machine.device, torch.float32, torch.float32)
    on_device = [tuple(batch_as(batch, machine.device) for batch in tmall.batches()) for _ in range(STEPS)]
    fed = [batch for batches in (tmall.batches() for _ in range(STEPS)) for batch in batches[:1]]
    model = tmall.model.to(machine.device)
    start = Fitted.untrained(params_of(model))
    tables = [name for name in start.params if name.endswith("table.weight")]

    def generator() -> list[Tensor]:
        step = stepper(tmall, window, tmall.cell, True)
        return [step(batches) for batches in on_device]

    def incremental(optimizer: str | None) -> Callable[[], list[Tensor]]:
        by_row: Any = dict.fromkeys(tables, optimizer) if optimizer else {}

        def loss(params: Mapping[str, Tensor], batch: Batch) -> Tensor:
            return log_loss(model, params, batch)

        return lambda: list(fit(start, fed, loss, 1e-3, by_row=by_row).params.values())

    parts: dict[str, Callable[[], list[Tensor]]] = {"generator": generator}
    parts |= {f"iu, {name or 'adam'}": incremental(name) for name in (None, "deferred", "rowwise")}
    report: Report = {"failed": []}
    for name, work in parts.items():
        same = all(torch.equal(one, other) for one, other in zip(work(), work(), strict=True))
        report[name] = {
            "ms a step": round(machine.seconds(work, 2) / STEPS * 1e3, 2),
            "host waits in 20 steps": machine.host_waits(work),
            "same bits": same,
        }
        if not same:
            report["failed"].append(name)
    return report


def serving(machine: Machine) -> Report:
    """Generating whole tables (K = 3, H = 4), in GB/s of what must be read and written, beside a copy's."""
    report: Report = {}
    size = 2**20 if machine.small else 2**28
    source = torch.zeros(size, device=machine.device)
    target = torch.empty_like(source)
    report["copy GB/s"] = round(2 * source.nbytes / machine.seconds(partial(target.copy_, source)) / 1e9, 1)
    for rows, dim in ((10_000, 8),) if machine.small else ((93_000, 8), (10_000_000, 16)):
        model = nn.Module()
        model.table = nn.Embedding(rows, dim, device=machine.device)
        planes, cell = Planes.of(model), GRU(4)
        values = model.table.weight.detach()
        weights = {n: w.to(machine.device) for n, w in cell.initial_weights(planes.groups(), 0).items()}
        hidden = {"table.weight": torch.zeros(rows, dim, 4, device=machine.device)}
        window = Window.of(planes, [{"table.weight": values}] * 3, hidden)
        moved = values.nbytes * 4 + hidden["table.weight"].nbytes
        whole = machine.seconds(partial(generate, cell, weights, window))
        x, state = torch.stack([values] * 3), hidden["table.weight"]
        recurrence = partial(cell.outputs, weights, "table.weight", x, state, 1)
        with torch.no_grad():
            alone = machine.seconds(recurrence)
        report[f"{rows:,} rows of {dim}"] = {
            "ms": round(whole * 1e3, 2),
            "GB/s": round(moved / whole / 1e9, 1),
            "recurrence alone GB/s": round(moved / alone / 1e9, 1),
        }
    return report


def updates(machine: Machine) -> Report:
    """Whole updates on periods of Tmall's size, with their feeding: seconds of the third one, after two others."""
    size = 4_096 if machine.small else 131_072
    schema = Schema(ROWS, item_fields=("category",), history=HISTORY, labels="explicit")
    rng = numpy_rng(0, "gpu check", "updates")
    category = FieldValues(rng.integers(0, ROWS["category"], ROWS["item"]).astype(np.int32))
    periods = [_period(schema, category, number, size) for number in range(1, UPDATES + 1)]
    report: Report = {"samples": size}
    for method in ("iu", "rsg", "asmg-gru-multi"):
        model = METHODS[method].model(schema).to(machine.device)
        updater, run = build(method, IU(), {"window": 2} if method.startswith("asmg") else {}), Run(model)
        state = updater.init(Fitted.untrained(params_of(model)), run)
        for number in range(1, UPDATES + 1):
            machine.wait()
            start = time.perf_counter()
            state = updater.update(state, periods[:number], run)
            machine.wait()
            report[method] = round(time.perf_counter() - start, 3)
    return report


def _period(schema: Schema, category: FieldValues, number: int, size: int) -> Period:
    rng, rows = numpy_rng(0, "gpu check", "period", number), schema.rows
    start = rng.integers(0, size - HISTORY, size).astype(np.int32)
    samples = Samples(
        schema,
        user=cubed_uniform(rng, rows["user"], size),
        item=cubed_uniform(rng, rows["item"], size),
        timestamp=np.arange(size, dtype=np.int64),
        label=rng.integers(0, 2, size).astype(np.int8),
        start=start,
        end=start + rng.integers(0, HISTORY + 1, size).astype(np.int32),
        positives=cubed_uniform(rng, rows["item"], size),
    )
    described = with_item_fields(samples, {"category": category})
    return Period(number, size, lambda: described)


PARTS = (versions, recurrence_equals_float64, methods_equal_the_cpu, steps, serving, updates)


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the parts, print a line for each, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=[part.__name__ for part in PARTS], help="parts to run")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if torch.cuda.is_available() else "cpu")
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    machine, code = Machine(torch.device(chosen.device)), 0
    for part in PARTS:
        if chosen.only and part.__name__ not in chosen.only:
            continue
        start = time.perf_counter()
        report = part(machine)
        seconds = round(time.perf_counter() - start, 1)
        code = code or int(bool(report.get("failed")))
        print(json.dumps({"part": part.__name__, "seconds": seconds} | report), flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
