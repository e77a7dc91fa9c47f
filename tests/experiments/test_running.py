"""From a stream to files: one comparison for all exhibits, continued where it stopped."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from freshrec.data import Period, Stream
from freshrec.errors import ConfigError, OutputError
from freshrec.evaluation import read_results, summarise
from freshrec.experiments import Experiment, ExperimentPlan, experiment
from freshrec.experiments.published import PAPER_METRICS
from freshrec.testing import tiny_stream
from freshrec.training import Run
from freshrec.updaters import ASMG, ASMGState

SETTINGS: dict[str, Any] = {"runs": 2, "dim": 3, "base": {"batch_size": 16}}


def plan(*names: str, **settings: Any) -> ExperimentPlan:
    return ExperimentPlan.of(names, {**SETTINGS, **settings})


@pytest.fixture(scope="module")
def stream() -> Stream:
    return tiny_stream([24] * 12)


@pytest.fixture(scope="module")
def done(stream: Stream, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    out = tmp_path_factory.mktemp("done") / "out"
    return experiment(stream, plan("table2", "table3"), out, command="freshrec experiment table2,table3 tiny")


class StopAfter:
    """Progress that interrupts, as Ctrl-C would, when some periods are done."""

    def __init__(self, periods: int) -> None:
        self.periods = periods

    def overall(self, text: str, done: int, total: int) -> None:
        if done == self.periods:
            raise KeyboardInterrupt

    def step(self, text: str, done: int, total: int) -> None: ...


def test_every_exhibit_is_written_as_markdown_csv_and_on_one_page(done: Experiment) -> None:
    out = done.report.parent
    assert {path.name for path in out.iterdir()} == {
        *(".lock", "comparison", "timing", "experiment.json", "report.html"),
        *("table2.md", "table2.csv", "table3.md", "table3.csv"),
    }
    assert [each.exhibit.name for each in done.made] == ["table2", "table3"]
    assert (out / "table2.md").read_text().startswith("# Table 2: ASMG-GRUmulti and its variants\n")
    html = done.report.read_text()
    for text in ("Tables 2 and 3 on tiny", "5 methods, 2 seeded runs each", "freshrec experiment table2,table3 tiny"):
        assert text in html


def test_the_table_is_that_of_the_comparison(done: Experiment) -> None:
    out = done.report.parent
    with (out / "table2.csv").open() as file:
        table = {(row["method"], row["metric"]): float(row["mean"]) for row in csv.DictReader(file)}
    for summary in summarise(read_results(out / "comparison" / "results.csv"), PAPER_METRICS, None):
        for name, score in summary.scores.items():
            assert score.mean == table[summary.method, name]
    assert len(table) == 10


def test_the_page_links_only_to_what_is_there(done: Experiment) -> None:
    links = re.findall(r'href="([^"]+)"', done.report.read_text())
    assert {"table2.csv", "comparison/report.html", "#table3"} <= set(links)
    for link in links:
        assert link.startswith("#") or (done.report.parent / link).exists()


def test_interrupted_it_goes_on_to_the_same_table(stream: Stream, done: Experiment, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for periods in (3, 11):
        with pytest.raises(KeyboardInterrupt):
            experiment(stream, plan("table2", "table3"), out, StopAfter(periods))
        assert not (out / "report.html").exists()
    experiment(stream, plan("table2", "table3"), out)
    assert (out / "table2.csv").read_bytes() == (done.report.parent / "table2.csv").read_bytes()


def test_what_was_compared_before_is_not_run_again(
    stream: Stream, done: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (done.report.parent / "table2.md").read_bytes()

    def forbidden(self: ASMG, state: ASMGState, past: Sequence[Period], run: Run) -> ASMGState:
        raise AssertionError("a model was trained")

    monkeypatch.setattr(ASMG, "update", forbidden)
    again = experiment(stream, plan("table2"), done.report.parent)
    assert [each.exhibit.name for each in again.made] == ["table2"]
    assert (done.report.parent / "table2.md").read_bytes() == before
    assert "Table 2 on tiny" in again.report.read_text()


def test_other_settings_are_refused(stream: Stream, done: Experiment) -> None:
    out = done.report.parent
    with pytest.raises(OutputError, match=r"differs in settings\.seed"):
        experiment(stream, plan("table2", seed=1), out)


def test_nothing_is_written_where_settings_do_not_fit_the_stream(stream: Stream, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"overrides\.asmg-k6-h4\.window is 6"):
        experiment(stream, plan("figure4"), tmp_path / "out")
    assert not (tmp_path / "out").exists()
