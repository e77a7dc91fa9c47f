"""Processes that run trials end with the work, with Ctrl-C and with a fault, and pass on what went wrong."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from freshrec.data import Stream
from freshrec.errors import ConfigError, CorruptError, WorkerError
from freshrec.evaluation import Pretraining
from freshrec.models import EmbeddingMLP
from freshrec.progress import Silent
from freshrec.tuning.bench import Bench
from freshrec.tuning.trial import Task
from freshrec.tuning.workers import started
from freshrec.updaters import IU


@pytest.fixture(scope="module")
def portable(bench: Bench) -> Bench:
    """Of a stream that can be sent to another process, without pre-trained models."""
    number = np.arange(130)
    log = pl.DataFrame({"user": number % 7, "item": number % 5, "timestamp": 60 * number})
    stream = Stream.from_frame(log, periods=13, time_unit="s").until(10)
    return replace(bench, stream=stream, folder=Path("nowhere"))


def tasks(count: int, epochs: int = 1) -> Iterator[Task]:
    for number in range(count):
        yield Task("iu", EmbeddingMLP, {number: IU(batch_size=2, epochs=epochs)})


def test_one_job_is_this_process(bench: Bench) -> None:
    with started(bench, 1, Silent()) as workers:
        found = [number for _, outcomes in workers.run(tasks(3)) for number in outcomes]
        assert active_children() == []
    assert found == [0, 1, 2]


def test_a_fault_in_another_process_is_told_as_in_this_one(portable: Bench) -> None:
    for jobs in (1, 2):
        with (
            pytest.raises(CorruptError, match="lacks a pre-trained model"),
            started(portable, jobs, Silent()) as these,
        ):
            list(these.run(tasks(1)))
        assert active_children() == []


def test_interrupted_it_leaves_no_process_behind(portable: Bench, tmp_path: Path) -> None:
    """Its trials would take hours."""
    bench = replace(portable, folder=tmp_path)
    bench.pretrain(EmbeddingMLP, 5, Pretraining(epochs=1), Silent())
    taken = []

    def watched() -> Iterator[Task]:
        for task in tasks(2, epochs=10**6):
            taken.append(task)
            yield task
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), started(bench, 3, Silent()) as workers:
        list(workers.run(watched()))
    assert len(taken) == 2
    assert active_children() == []


def test_a_process_that_is_killed_is_told(portable: Bench, tmp_path: Path) -> None:
    bench = replace(portable, folder=tmp_path)
    bench.pretrain(EmbeddingMLP, 5, Pretraining(epochs=1), Silent())

    def killing() -> Iterator[Task]:
        yield from tasks(1, epochs=10**6)
        (child,) = active_children()
        os.kill(child.pid or 0, signal.SIGKILL)

    with (
        pytest.raises(
            WorkerError, match=r"ended before they did, as when memory runs out.* start again with fewer jobs"
        ),
        started(bench, 2, Silent()) as workers,
    ):
        list(workers.run(killing()))
    assert active_children() == []


def test_a_stream_that_stays_here_is_told(bench: Bench) -> None:
    with (
        pytest.raises(ConfigError, match=r"cannot be handed to other processes: .*local object.* run one job"),
        started(bench, 2, Silent()) as workers,
    ):
        list(workers.run(tasks(1)))
