"""Comparing methods on one stream: seeded runs, results on disk after every period, resumable and extendable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freshrec.data import Stream
from freshrec.evaluation.cautions import cautions
from freshrec.evaluation.claim import claimed
from freshrec.evaluation.identity import comparison_configuration, growth_differences
from freshrec.evaluation.intervals import with_intervals
from freshrec.evaluation.measurement_files import Measurements
from freshrec.evaluation.report import render
from freshrec.evaluation.results import Result, write_results
from freshrec.evaluation.scores import check_columns
from freshrec.evaluation.settings import CompareSettings
from freshrec.evaluation.slice_scores import SliceScore, slice_scores, write_slices
from freshrec.evaluation.summary import SHOWN, Summary, summarise, write_summary
from freshrec.evaluation.work import Work
from freshrec.files import write_bytes
from freshrec.progress import Progress, Silent

__all__ = ["Comparison", "compare"]

WRITTEN = (
    *("results.csv", "summary.csv", "slices.csv", "report.html"),
    *("checkpoint", "pretrained", "measurements", "scores"),
)


@dataclass(frozen=True)
class Comparison:
    """A finished comparison.

    Attributes:
        results: every scored period of every method and run.
        summaries: one row a method, as Table 1, with intervals of the improvements.
        slices: the scores by slice.
        measurements: of the test periods; intervals are made of them.
        cautions: sentences on methods that are worse than guessing, runs that did not learn, and trouble in training.
        report: the page that shows them.
    """

    results: tuple[Result, ...]
    summaries: tuple[Summary, ...]
    slices: tuple[SliceScore, ...]
    measurements: Measurements
    cautions: tuple[str, ...]
    report: Path


def compare(stream: Stream, settings: CompareSettings, out: Path, progress: Progress | None = None) -> Comparison:
    """Run every method on the stream and write results, summaries, slices, settings and a report to `out`.

    A base model is pre-trained once a run, for all methods on it. After every period all states are committed, so that
    the same call continues where an interrupted one stopped, with the same results as an uninterrupted one. What is
    large in them is from then on in memory only as far as it is touched.

    A call with more methods or more runs computes only what is missing: an added method goes through the stream for
    every run, from the run's seed and first model, and has the results that it would have had from the beginning.

    Args:
        stream: the periods.
        settings: what is compared.
        out: a new folder, or one that a comparison of the same stream and settings has begun to fill, perhaps with
            fewer methods or runs.
        progress: is told of the work.

    Raises:
        ConfigError: settings cannot be used on this stream; all of them are told, before anything is written.
        OutputError: `out` cannot be written, belongs to another configuration, or another process writes to it.
        CorruptError: what was kept in `out` is no longer as it was written, or is another comparison's.
        DivergedError: a loss or parameter became NaN or infinite.
    """
    splits = settings.splits(stream)
    if settings.scores:
        check_columns(settings.compared)
    config = comparison_configuration(stream, settings, splits)
    with claimed(out, config, "comparison", WRITTEN, growth_differences) as before:
        work = Work(stream, settings, splits, config, before, out, progress or Silent())
        return _conclude(work.results(), work.config, stream, settings, out)


def _conclude(
    results: Sequence[Result], config: Mapping[str, Any], stream: Stream, settings: CompareSettings, out: Path
) -> Comparison:
    metrics, baseline = settings.measured, settings.compared_to
    models = {name: settings.model_of(name) for name in settings.compared}
    measured = Measurements.read(out)
    measured.check(results)
    plain = summarise(results, metrics, baseline, settings.trivial, settings.trained_to_rank, settings.extending)
    summaries = with_intervals(plain, measured, metrics, baseline)
    slices = slice_scores(measured, settings.compared, metrics[:SHOWN], baseline)
    write_results(out / "results.csv", results)
    write_summary(out / "summary.csv", summaries)
    write_slices(out / "slices.csv", slices)
    report = out / "report.html"
    page = render(results, summaries, metrics, baseline, config, stream.manifest, models, slices)
    write_bytes(report, page.encode())
    found = tuple(cautions(results, summaries, metrics))
    return Comparison(tuple(results), tuple(summaries), tuple(slices), measured, found, report)
