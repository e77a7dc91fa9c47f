"""The parts of a step are told apart, forward and backward."""

import torch

from freshrec.generators import PlainGRU, Window
from generator_step import stepper
from profile_step import PARTS, profiled, ranges
from tmall import Tmall


def test_every_part_of_a_step_is_seen_and_nothing_stays_watched() -> None:
    before = PlainGRU.outputs, Window.coordinates, Window.state
    tmall = Tmall()
    step, batches = stepper(tmall, tmall.window, PlainGRU(tmall.cell.hidden), lazy=True), tmall.batches()
    with ranges(PlainGRU):
        parts = profiled(lambda: step(batches), steps=1)
    assert tuple(parts) == PARTS
    assert all(milliseconds > 0 for milliseconds in parts.values()), parts
    assert (PlainGRU.outputs, Window.coordinates, Window.state) == before


def test_backward_of_a_recurrence_alone_is_no_backward_of_the_model() -> None:
    tmall = Tmall()
    weights = {name: value.clone().requires_grad_() for name, value in tmall.weights.items()}

    def step() -> None:
        x, state = (
            tmall.window.coordinates("item_table.weight", 2, slice(None)),
            tmall.window.hidden["item_table.weight"],
        )
        made = PlainGRU(tmall.cell.hidden).outputs(weights, "item_table.weight", x, state, 1)
        torch.autograd.backward(made, made.detach())

    with ranges(PlainGRU):
        parts = profiled(step, steps=1)
    assert parts["recurrence, backward"] > 0
    assert parts["model, forward"] == parts["finding distinct rows"] == parts["Adam"] == 0
