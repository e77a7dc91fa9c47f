"""What an experiment measured, and what an exhibit makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from freshrec.evaluation import NO_MEASUREMENTS, Measurements, Panel, Result, Summary, Table, summarise, with_intervals
from freshrec.experiments.published import PAPER_METRICS
from freshrec.experiments.timing import Timing

__all__ = ["BASELINE", "Measured", "Shown"]

BASELINE = "iu"


@dataclass(frozen=True)
class Measured:
    """All that exhibits are made from.

    Attributes:
        dataset: the stream's name.
        results: every scored period of the comparison; empty where none was asked for.
        timing: of the generator's training; None where it was not asked for.
        measurements: of the comparison; intervals are made of them.
    """

    dataset: str
    results: tuple[Result, ...] = ()
    timing: Timing | None = None
    measurements: Measurements = NO_MEASUREMENTS

    def timed(self) -> Timing:
        """The timing; a ValueError where an exhibit of it was not asked for."""
        if self.timing is None:
            raise ValueError("no timing was made for an exhibit of one")
        return self.timing

    def of(self, methods: Sequence[str]) -> list[Result]:
        """The results of some methods on the test periods, in the order of the methods."""
        return [each for name in methods for each in self.results if each.method == name and each.split == "test"]

    def summaries(self, methods: Sequence[str]) -> list[Summary]:
        """A summary of each, with its improvement over IU and its interval where IU is among them."""
        summaries = summarise(self.of(methods), PAPER_METRICS, BASELINE)
        return with_intervals(summaries, self.measurements, PAPER_METRICS, BASELINE)


@dataclass(frozen=True)
class Shown:
    """What an exhibit shows.

    Attributes:
        sentences: what can be read from it, the most important first.
        tables: in the paper's layout.
        panels: of the figure; none where it is a table.
        note: what the values are.
        csv: all values with all their digits, a line each.
        paper: the paper's own values on its own data sets.
    """

    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    note: str
    csv: bytes
    panels: tuple[Panel, ...] = ()
    paper: tuple[Table, ...] = ()
