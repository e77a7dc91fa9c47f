"""Tuning: the base first, then every method on it, each trial scored on validation periods alone."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freshrec.data import Stream
from freshrec.errors import ConfigError, DataError, OutputError
from freshrec.evaluation import CompareSettings, Splits, claimed, configuration
from freshrec.progress import Progress, Silent
from freshrec.seeds import derive
from freshrec.tuning.bench import Bench
from freshrec.tuning.choice import Choice, comparison
from freshrec.tuning.grids import plain
from freshrec.tuning.journal import open_journal
from freshrec.tuning.settings import BASE, TuneSettings
from freshrec.tuning.stage import Stages
from freshrec.tuning.toml import to_toml
from freshrec.tuning.workers import started
from freshrec.tuning.written import write_trials, write_tuned
from freshrec.updaters import IU

__all__ = ["Tuned", "tune"]

WRITTEN = ("journal.jsonl", "pretrained", "trials.csv", "tuned.toml")


@dataclass(frozen=True)
class Tuned:
    """A finished tuning.

    Attributes:
        choices: one a method, the base first whether it was named or not.
        settings: the comparison with the chosen settings.
        file: where they are written for `compare`.
    """

    choices: tuple[Choice, ...]
    settings: CompareSettings
    file: Path


def tune(
    stream: Stream,
    settings: TuneSettings,
    out: Path,
    *,
    jobs: int = 1,
    data: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Choose the settings of every method on the validation periods, and write `tuned.toml` and `trials.csv` to `out`.

    First the incremental model is tuned; its choice is the base of all other methods, which are tuned next. What is
    tried depends on the settings alone, and what comes of a trial on nothing but the periods until the one that the
    last validation model is scored on: the stream that trials see ends there. Each trial is kept when it ends, so that
    the same call continues where an interrupted one stopped, to the same choice.

    Args:
        stream: the periods, those of the test among them.
        settings: what is tuned, and the values to try.
        out: a new folder, or one that a tuning of the same stream and settings has begun to fill.
        jobs: processes that run trials, each on one thread; the choice is the same for any number.
        data: how the log was prepared, for the file's table `data`.
        progress: is told of the work.

    Raises:
        ConfigError: `jobs` is less than 1, settings cannot be used on this stream, or it cannot be handed to other
            processes.
        DataError: there is nothing to score in the validation periods.
        OutputError: `out` cannot be written, belongs to another configuration, or is being tuned in.
        CorruptError: what was kept is no longer as it was written.
        DivergedError: pre-training diverged, or every trial of a method did.
        WorkerError: a process ended before its trials did.
    """
    if jobs < 1:
        raise ConfigError(f"jobs is {jobs}, expected 1 or more. Give the number of processes that run trials.")
    tables = {"data": dict(data)} if data else {}
    to_toml(tables)  # what TOML has no word for is better found before the work than after it
    splits = settings.splits(stream)
    seen = _before_the_tests(stream, splits)
    seeds = tuple(derive(settings.seed, "tune", "run", number) for number in range(settings.runs))
    bench = Bench(seen, splits, settings.dim, settings.device, settings.measured, seeds, out / "pretrained")
    config = _configuration(seen, settings, splits)
    with claimed(out, config, "tuning", WRITTEN), ExitStack() as stack:
        journal = stack.enter_context(open_journal(out / "journal.jsonl"))
        workers = stack.enter_context(started(bench, jobs, progress or Silent()))
        stages = Stages(settings, bench, journal, workers, progress or Silent())
        stack.enter_context(_trials_written(out / "trials.csv", settings, stages))
        (first,) = stages.run((BASE,), settings.base)
        base = IU.model_validate({**settings.base.model_dump(), **first.settings})
        choices = (first, *stages.run(settings.tuned[1:], base))
        content = comparison(settings, splits, base, choices)
        write_tuned(out / "tuned.toml", stream.name, splits, settings.ranking, choices, {**content, **tables})
    return Tuned(choices, CompareSettings.model_validate(content), out / "tuned.toml")


@contextmanager
def _trials_written(path: Path, settings: TuneSettings, stages: Stages) -> Iterator[None]:
    """Write the trials that are finished when the block ends, however it ends."""
    try:
        yield
    except BaseException:
        with suppress(OutputError):  # The first error is the one to tell.
            write_trials(path, settings.measured, stages.finished())
        raise
    write_trials(path, settings.measured, stages.finished())


def _before_the_tests(stream: Stream, splits: Splits) -> Stream:
    """The stream until the period that the last validation model is scored on; none of its models is tested."""
    last = splits.periods - splits.test
    seen = stream.until(last)
    if not any(period.size for period in seen.periods[-splits.validation :]):
        raise DataError(
            f"periods {last - splits.validation + 1} to {last}, which validation models are scored on, hold nothing: "
            "nothing can be chosen on them. Cut the log into longer periods."
        )
    return seen


def _configuration(seen: Stream, settings: TuneSettings, splits: Splits) -> dict[str, Any]:
    """All that decides the choice; with the grids as they are, however much of them was given."""
    config = configuration(seen, settings, splits)
    config["settings"]["grids"] = {name: plain(settings.grid(name)) for name in settings.tuned}
    return config
