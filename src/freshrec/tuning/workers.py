"""Who runs trials: this process, or several others that do nothing else."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread
from typing import Protocol

from freshrec.errors import ConfigError, WorkerError
from freshrec.progress import Progress
from freshrec.tuning.bench import Bench
from freshrec.tuning.trial import Outcome, Task, evaluate

__all__ = ["Workers", "started"]

HEARING = 0.5
"""Seconds until Ctrl-C is heard: polars has waiting system calls begin again after a signal, so waiting must end."""


class Workers(Protocol):
    """Runs tasks.

    Attributes:
        jobs: how many at once.
    """

    jobs: int

    def run(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, dict[int, Outcome]]]:
        """Every task with its outcomes, as they come; a task is taken when there is someone to run it."""


@contextmanager
def started(bench: Bench, jobs: int, progress: Progress) -> Iterator[Workers]:
    """Workers until the block ends, however it ends; none of them outlives it, nor this process.

    Args:
        bench: what trials are run on.
        jobs: how many processes; with 1 this one runs them itself.
        progress: is told of the steps of a trial that is run in this process.
    """
    if jobs == 1:
        yield _Here(bench, progress)
        return
    context = get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(jobs, context, _begin, (bench, reader))
    try:
        yield _Others(executor, jobs)
    except BaseException:
        writer.close()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        writer.close()
        reader.close()


class _Here:
    """This process."""

    def __init__(self, bench: Bench, progress: Progress):
        self.jobs = 1
        self._bench = bench
        self._progress = progress

    def run(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, dict[int, Outcome]]]:
        for task in tasks:
            yield task, evaluate(self._bench, task, self._progress)


class _Others:
    """As many processes as there are jobs, begun with the first tasks."""

    def __init__(self, executor: ProcessPoolExecutor, jobs: int):
        self.jobs = jobs
        self._executor = executor

    def run(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, dict[int, Outcome]]]:
        running: dict[Future[dict[int, Outcome]], Task] = {}
        while True:
            while len(running) < self.jobs and (task := next(tasks, None)) is not None:
                running[self._submit(task)] = task
            if not running:
                return
            for future in wait(running, HEARING, FIRST_COMPLETED).done:
                try:
                    outcomes = future.result()
                except BrokenProcessPool as error:
                    raise WorkerError(
                        "a process that ran trials ended before they did, as when memory runs out, or when a script "
                        "that tunes is without `if __name__ == '__main__':`. What is finished is kept: start again "
                        "with fewer jobs."
                    ) from error
                yield running.pop(future), outcomes

    def _submit(self, task: Task) -> Future[dict[int, Outcome]]:
        # A process is begun here, perhaps, and inherits the mask: Ctrl-C and SIGTERM are for the one that began it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            return self._executor.submit(_evaluate, task)
        except BrokenProcessPool:
            raise
        except Exception as error:  # what cannot be sent to a process fails with whatever its type makes of it
            raise ConfigError(
                f"the stream cannot be handed to other processes: {error}. Prepare the log into a folder and open "
                "it, or run one job."
            ) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


_bench: Bench


def _begin(bench: Bench, leash: Connection) -> None:
    """Make this process a worker, which ends with the one that began it."""
    global _bench
    _bench = bench
    Thread(target=_end_with, args=(leash,), daemon=True).start()


def _end_with(leash: Connection) -> None:
    """End in the midst of a trial when the other end of the leash is let go, by intent or with its process."""
    leash.poll(None)
    os._exit(0)


def _evaluate(task: Task) -> dict[int, Outcome]:
    return evaluate(_bench, task)
