"""A stream that is long enough to tune on, with periods that a test can do without."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from freshrec.data import Samples, Stream
from freshrec.evaluation import Pretraining, Splits
from freshrec.metrics import DEFAULT_METRICS
from freshrec.progress import Silent
from freshrec.testing import tiny_stream
from freshrec.tuning import TuneSettings
from freshrec.tuning.bench import Bench
from freshrec.updaters import METHODS

PERIODS = 13
SPLITS = Splits.of(PERIODS)
LAST = SPLITS.periods - SPLITS.test


@pytest.fixture(scope="session")
def stream() -> Stream:
    """13 periods: 4 pre-train, the models of period 9 are validated on 10, those of 10 to 12 tested on 11 to 13."""
    return tiny_stream((30,) * PERIODS)


@pytest.fixture(scope="session")
def without_tests(stream: Stream) -> Stream:
    """The stream whose test periods cannot be read, and are said to be of other sizes."""

    def unreadable() -> Samples:
        raise AssertionError("a test period was read")

    periods = tuple(
        period if period.number <= LAST else replace(period, size=1, load=unreadable) for period in stream.periods
    )
    return replace(stream, periods=periods)


@pytest.fixture(scope="session")
def bench(stream: Stream, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """What trials of one run are run on, pre-trained."""
    made = Bench(stream.until(LAST), SPLITS, 3, "cpu", DEFAULT_METRICS, (5,), tmp_path_factory.mktemp("bench"))
    for model in {method.model for method in METHODS.values()}:
        made.pretrain(model, 5, Pretraining(epochs=2), Silent())
    return made


@pytest.fixture(scope="session")
def tuning() -> Callable[..., TuneSettings]:
    """Makes settings of a small tuning of 2, 4 and 5 trials, with changes; grids of methods left out are as well."""

    def make(**changes: Any) -> TuneSettings:
        methods = changes.get("methods", ("iu", "spmf", "asmg-gru-multi"))
        own = {"spmf": {"reservoir": (0.1, 0.5)}, "asmg-gru-multi": {"window": (1, 2), "hidden": (4,)}}
        return TuneSettings.model_validate(
            {
                "methods": methods,
                "dim": 3,
                "base": {"batch_size": 32},
                "pretraining": {"epochs": 1},
                "grids": {
                    "*": {"learning_rate": (0.01, 0.1), "epochs": (1,)},
                    **{name: grid for name, grid in own.items() if name in methods},
                },
                **changes,
            }
        )

    return make


class StopAfter:
    """Progress that interrupts, as Ctrl-C would, when some trials are done."""

    def __init__(self, trials: int) -> None:
        self.left = trials

    def overall(self, text: str, done: int, total: int) -> None:
        if "trials" in text:
            self.left -= 1
        if not self.left:
            raise KeyboardInterrupt

    def step(self, text: str, done: int, total: int) -> None: ...


@pytest.fixture
def stop_after() -> type[StopAfter]:
    return StopAfter


@pytest.fixture
def kept() -> Callable[[Path], tuple[bytes, list[list[str]]]]:
    """What a tuning wrote that must not depend on how it went: the settings, and the trials without their seconds."""

    def read(out: Path) -> tuple[bytes, list[list[str]]]:
        with (out / "trials.csv").open(newline="") as file:
            rows = [[cell for name, cell in row.items() if name != "seconds"] for row in csv.DictReader(file)]
        return (out / "tuned.toml").read_bytes(), rows

    return read
