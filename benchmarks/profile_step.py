"""Where the time of a generator step goes, before and after: python benchmarks/profile_step.py [--threads 1].

The step of `generator_step` at the size of Tmall, with only the rows looked up in plain torch, and as freshrec takes
it, under torch's profiler. What runs forward is told by ranges; what runs backward belongs to the part whose forward
operation autograd gave the same number. Watching costs time of its own, more where operations are many and small, so
the parts add up to more than a step that is not watched; that one's median is the last line.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from functools import wraps
from typing import Any
from unittest.mock import patch

import torch
from torch.autograd.profiler_util import EventList, FunctionEvent
from torch.profiler import ProfilerActivity, profile, record_function

import generator_step
from freshrec.generators import PlainGRU, Window
from freshrec.kernels import Seen, one_torch_thread
from generator_step import LAZY, OURS, stepper
from tmall import Tmall
from turns import median_seconds

__all__ = ["PARTS", "profiled", "ranges"]

RECURRENCE, GATHERING, DISTINCT, MODEL = (
    "recurrence, forward",
    "gathering rows",
    "finding distinct rows",
    "model, forward",
)
BACK_RECURRENCE, BACK_MODEL, ADAM, REST = "recurrence, backward", "model, backward", "Adam", "rest"
PARTS = (RECURRENCE, BACK_RECURRENCE, GATHERING, DISTINCT, MODEL, BACK_MODEL, ADAM, REST)
STEPS = 10


@contextmanager
def ranges(cell: type) -> Iterator[None]:
    """While it is entered, the forward parts of a step with such a cell are ranges that the profiler sees."""
    with ExitStack() as stack:
        for owner, function, part in (
            (cell, "outputs", RECURRENCE),
            (Window, "coordinates", GATHERING),
            (Window, "state", GATHERING),
            (Seen, "positions", DISTINCT),
            (generator_step, "log_loss", MODEL),
        ):
            stack.enter_context(patch.object(owner, function, _ranged(part, getattr(owner, function))))
        yield


def profiled(step: Callable[[], object], steps: int = STEPS) -> dict[str, float]:
    """Milliseconds of one of some steps, by part."""
    with profile(activities=[ProfilerActivity.CPU]) as watched:
        for _ in range(steps):
            with record_function(REST):
                step()
    events: EventList = watched.events()
    numbered = _by_number(events)
    milliseconds = dict.fromkeys(PARTS, 0.0)
    for event in events:
        milliseconds[_part(event, numbered)] += event.self_cpu_time_total / 1000 / steps
    return milliseconds


def _ranged(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def ranged(*args: Any, **kwargs: Any) -> Any:
        with record_function(part):
            return function(*args, **kwargs)

    return ranged


def _lineage(event: FunctionEvent | None) -> Iterator[FunctionEvent]:
    """The event, then the ones that it is within."""
    while event is not None:
        yield event
        event = event.cpu_parent


def _by_number(events: EventList) -> Mapping[int, str]:
    """The part of each operation that autograd will go back through, by the number it was given.

    Operations that are not taped have the number of the next one that is, so the last of a number counts.
    """
    forward = sorted((event for event in events if event.sequence_nr >= 0), key=lambda event: event.time_range.start)
    return {event.sequence_nr: _part(event, {}) for event in forward if not any(map(_is_backward, _lineage(event)))}


def _is_backward(event: FunctionEvent) -> bool:
    return bool(event.name.startswith("autograd::engine::evaluate_function"))


def _part(event: FunctionEvent, numbered: Mapping[int, str]) -> str:
    for each in _lineage(event):
        if _is_backward(each):
            return BACK_RECURRENCE if numbered.get(each.sequence_nr) == RECURRENCE else BACK_MODEL
        if each.name.startswith("Optimizer."):
            return ADAM
        if each.name in PARTS:
            return str(each.name)
    return REST


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--scale", type=int, default=1, help="multiplies users and items")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    tmall = Tmall(options.scale)
    columns: dict[str, dict[str, float]] = {}
    for name, cell in {LAZY: PlainGRU(tmall.cell.hidden), OURS: tmall.cell}.items():
        take, batches = stepper(tmall, tmall.window, cell, lazy=True), tmall.batches()
        with one_torch_thread() if name == OURS else nullcontext():
            unwatched = median_seconds({name: lambda: take(batches)}, STEPS)[name]  # noqa: B023
            with ranges(type(cell)):
                columns[name] = profiled(lambda: take(batches))  # noqa: B023
        columns[name] |= {"all of it": sum(columns[name].values()), "a step that is not watched": 1000 * unwatched}
    print(f"| part | {' | '.join(columns)} |\n|{' --- |' * (1 + len(columns))}")
    for part in next(iter(columns.values())):
        print(f"| {part} | {' | '.join(_cell(column, part) for column in columns.values())} |")


def _cell(column: Mapping[str, float], part: str) -> str:
    share = f" ({column[part] / column['all of it']:.0%})" if part in PARTS else ""
    return f"{column[part]:.1f} ms{share}"


if __name__ == "__main__":
    main()
