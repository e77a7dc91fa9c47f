"""What a comparison writes of a scored period besides its results: measurements for intervals, and scores."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from freshrec.data import Period, Stream
from freshrec.evaluation.loop import Round
from freshrec.evaluation.measurement_files import write_measurements
from freshrec.evaluation.scores import write_scores
from freshrec.evaluation.settings import CompareSettings
from freshrec.evaluation.splits import Splits
from freshrec.evaluation.summary import SHOWN
from freshrec.metrics import Metric
from freshrec.statistics import ALL, Activity, interactions, measure_slices, slices_of

__all__ = ["Recorder"]


@dataclass
class Recorder:
    """Writes what belongs to each scored period of a comparison.

    Attributes:
        stream: the periods.
        settings: of the comparison.
        splits: how the periods are used.
        out: the comparison's folder.
    """

    stream: Stream
    settings: CompareSettings
    splits: Splits
    out: Path
    _newest: tuple[Activity, Activity] = field(default=(Activity(), Activity()), init=False)
    _of_test: dict[int, tuple[Activity, Activity]] = field(
        default_factory=lambda: {1: (Activity(), Activity())}, init=False
    )

    def record(self, run: int, scored: Round) -> None:
        """Write the measurements of a test period, and the scores of any period if the settings want them.

        Files that a stopped comparison has left are replaced by the same bytes, and methods are added to those there.

        Raises:
            OutputError: a file cannot be written.
            CorruptError: a file is there, but is not what was written.
        """
        if not scored.results:
            return
        number = scored.results[0].scored_period
        if self.splits.split(number - 1) == "test":
            self._measure(run, self.stream.periods[number - 1], scored)
        if self.settings.scores:
            samples = self.stream.periods[number - 1].samples()
            write_scores(self.out, run, number, samples, self.stream.vocabulary, scored.logits)

    def _measure(self, run: int, period: Period, scored: Round) -> None:
        samples, settings = period.samples(), self.settings
        slices = slices_of(samples, *self._before(period.number))
        metrics: dict[str, Sequence[Metric]] = dict.fromkeys(slices, settings.measured[:SHOWN])
        metrics[ALL] = settings.measured
        found = {
            each.method: measure_slices(
                metrics, each.scores, samples, scored.logits[each.method], slices, settings.seed, settings.replicates
            )
            for each in scored.results
        }
        write_measurements(self.out, run, period.number, found)

    def _before(self, number: int) -> tuple[Activity, Activity]:
        """The activity of users and of items in the periods before a test period; every run needs it."""
        users, items = self._newest
        for period in self.stream.periods[users.periods : number - 1]:
            samples = period.samples()
            logged = interactions(samples)
            # Of a stream without users or items, these are numbers that mean nothing, and no slice is made of them.
            users = users.after(samples.user[logged] if "user" in samples.schema.rows else samples.user[:0])
            items = items.after(samples.item[logged] if "item" in samples.schema.rows else samples.item[:0])
            if self.splits.split(period.number) == "test":
                self._of_test[period.number + 1] = users, items
            self._newest = users, items
        return self._of_test[number]
