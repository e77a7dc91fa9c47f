import platform
from pathlib import Path

import pytest
import torch

from freshrec.experiments.machine import Machine
from freshrec.testing import tiny_model, tiny_stream
from freshrec.training import Run


def test_it_says_what_is_used_and_leaves_torch_as_it_was() -> None:
    threads = torch.get_num_threads()
    machine = Machine.of(Run(tiny_model(tiny_stream())))
    assert (machine.torch_threads, machine.compiled_threads) == (1, threads)
    assert torch.get_num_threads() == threads
    assert machine.cores >= 1
    assert machine.processor


def test_the_processor_is_named_where_the_system_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", unreadable)
    assert Machine.of(Run(tiny_model(tiny_stream()))).processor == (platform.processor() or platform.machine())


def test_in_words() -> None:
    assert str(Machine("a processor", 1, 2, 2)) == "a processor, 1 core; torch on 2 threads, compiled paths on 2"
