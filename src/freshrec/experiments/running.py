"""Making exhibits: one comparison and one timing for all of them, then tables, figures and a page."""

from dataclasses import asdict, dataclass
from pathlib import Path

from freshrec.data import Stream
from freshrec.evaluation import NO_MEASUREMENTS, CompareSettings, Splits, compare, configuration, plate
from freshrec.experiments.claim import COMPARISON, REPORT, TIMING, claimed_methods
from freshrec.experiments.markdown import markdown
from freshrec.experiments.measured import Measured
from freshrec.experiments.plan import ExperimentPlan
from freshrec.experiments.report import Made, render
from freshrec.experiments.timing import time_generators
from freshrec.files import write_bytes
from freshrec.progress import Progress

__all__ = ["Experiment", "experiment"]


@dataclass(frozen=True)
class Experiment:
    """A finished experiment.

    Attributes:
        made: the exhibits, in the order of the paper.
        report: the page that shows them.
    """

    made: tuple[Made, ...]
    report: Path


def experiment(
    stream: Stream, plan: ExperimentPlan, out: Path, progress: Progress | None = None, command: str | None = None
) -> Experiment:
    """Make exhibits of the paper on a stream: NAME.md and NAME.csv, of figures NAME.svg and NAME.png, and report.html.

    Exhibits share one comparison of all their methods, in `out`/comparison; Table 3's timing is in `out`/timing. Both
    go on where they stopped. Exhibits of methods that were compared in `out` before are made without running anything.

    Args:
        stream: the periods.
        plan: the exhibits and the settings.
        out: a new folder, or one that an experiment on the same stream with the same settings has begun to fill.
        progress: is told of the work.
        command: what makes it again, to be shown on the page.

    Raises:
        SettingsError: settings cannot be used.
        ConfigError: settings cannot be used on the stream; nothing is written then, either.
        OutputError: `out` cannot be written, belongs to something else, or another process writes to it.
        CorruptError: what was kept cannot be read.
        DivergedError: a loss or parameter became NaN or infinite.
    """
    wanted = plan.settings()
    splits, *_ = [each.splits(stream) for each in wanted]
    with claimed_methods(out, plan.compared) as methods:
        settings = CompareSettings.model_validate(plan.comparison(methods)) if methods else wanted[0]
        comparison = compare(stream, settings, out / COMPARISON, progress) if methods else None
        measured = Measured(
            stream.name,
            comparison.results if comparison else (),
            time_generators(stream, wanted[-1], out / TIMING, progress) if plan.timed else None,
            comparison.measurements if comparison else NO_MEASUREMENTS,
        )
        setting = _told(stream, splits, len(plan.compared), settings.runs)
        made = []
        for exhibit in plan.exhibits:
            shown = exhibit.shown(measured)
            made.append(Made(exhibit, shown, plate(shown.panels) if shown.panels else None))
            _write(made[-1], setting, out)
        config = configuration(stream, settings, splits)
        if measured.timing:
            config["machine"] = asdict(measured.timing.machine)
        link = f"{COMPARISON}/{REPORT}" if methods else None
        write_bytes(out / REPORT, render(stream.name, made, setting, config, link, command).encode())
        return Experiment(tuple(made), out / REPORT)


def _write(made: Made, setting: str, out: Path) -> None:
    """The files of one exhibit."""
    name, figure = made.exhibit.name, None
    if made.plate:
        figure = f"{name}.svg"
        write_bytes(out / figure, made.plate.svg)
        write_bytes(out / f"{name}.png", made.plate.png)
    write_bytes(out / f"{name}.csv", made.shown.csv)
    write_bytes(out / f"{name}.md", markdown(made.exhibit.title, made.shown, setting, figure).encode())


def _told(stream: Stream, splits: Splits, methods: int, runs: int) -> str:
    """What was run, in a few sentences."""
    rows, samples = stream.schema.rows, sum(period.size for period in stream.periods)
    told = (
        f"The stream {stream.name} has {samples:,} samples of {rows['user']:,} users and {rows['item']:,} items in "
        f"{splits.periods} periods; {_span(1, splits.pretrain)} train the first model."
    )
    if not methods:
        return told
    tested = _span(splits.periods - splits.test, splits.periods - 1)
    return (
        f"{told} {methods} methods, {runs} seeded run{'s' if runs > 1 else ''} each: the models of test {tested} are "
        "scored on the period after each, before they learn from it."
    )


def _span(first: int, last: int) -> str:
    if last < first:
        return "no periods"
    return f"periods {first} to {last}" if first < last else f"period {first}"
