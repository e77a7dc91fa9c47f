"""What tests of several files share: results without a model, and the command line in this process."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import settings
from typer.testing import CliRunner

from freshrec.cli import app
from freshrec.evaluation import Result, Split

# No test times anything, and every run of the gate draws the same examples.
settings.register_profile("freshrec", deadline=None, derandomize=True)
settings.load_profile("freshrec")


@pytest.fixture(scope="session")
def scored() -> Callable[..., list[Result]]:
    """Makes one run of one method: its AUC and log loss on consecutive scored periods."""

    def make(
        method: str,
        auc: Sequence[float | None],
        logloss: Sequence[float] | None = None,
        *,
        run: int = 0,
        first: int = 24,
        split: Split = "test",
        seconds: float = 2.0,
    ) -> list[Result]:
        return [
            Result(
                dataset="shop",
                method=method,
                run=run,
                period=first + index - 1,
                scored_period=first + index,
                split=split,
                samples=1000 + index,
                scores={"auc": area, "logloss": loss},
                update_seconds=seconds,
                serve_seconds=seconds / 4,
            )
            for index, (area, loss) in enumerate(zip(auc, logloss or [0.5] * len(auc), strict=True))
        ]

    return make


@pytest.fixture
def shop_log(tmp_path: Path) -> Path:
    """A log of 480 rows whose users like items of their own parity, as shop.csv."""
    random, rows = np.random.default_rng(7), 480
    user = random.integers(0, 12, rows)
    item = 2 * random.integers(0, 10, rows) + user % 2
    time = 1_600_000_000 + 60 * np.arange(rows)
    path = tmp_path / "shop.csv"
    pl.DataFrame({"user": user, "item": item, "timestamp": time, "colour": item % 3}).write_csv(path)
    return path


@pytest.fixture(scope="session")
def run_command() -> Callable[..., tuple[str, str]]:
    """Runs a command in this process; gives its stdout and stderr, once it ended with the expected code."""

    def run(*arguments: object, code: int = 0) -> tuple[str, str]:
        result = CliRunner().invoke(app, [str(each) for each in arguments], prog_name="freshrec")
        if result.exit_code != code:
            raise AssertionError(f"exit code {result.exit_code}: {result.output}") from result.exception
        return result.stdout, result.stderr

    return run
