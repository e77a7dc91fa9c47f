"""What updaters report of their states reaches results, files and the report, and nothing else changes by it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from freshrec.errors import ModelError
from freshrec.evaluation import Result, Splits, prequential, read_results
from freshrec.evaluation.diagnostics import diagnostics_table
from freshrec.evaluation.results import write_results
from freshrec.testing import tiny_model, tiny_stream
from freshrec.updaters import IU, IUState

Maker = Callable[..., list[Result]]
SPLITS = Splits(periods=7, pretrain=2, validation=1, test=2)


class Reporting(IU):
    """IU that reports of its state."""

    def diagnostics(self, state: IUState) -> Mapping[str, float]:
        """The number of trained parameters, as an integer, and a number that is not finite."""
        return {"moments": len(state.model.moments.mean), "odds": float("inf")}


class Wrong(IU):
    def diagnostics(self, state: IUState) -> Mapping[str, str]:
        return {"mood": "good"}


def test_they_are_of_the_state_that_is_scored() -> None:
    stream = tiny_stream()
    plain, reporting = (
        list(prequential(updater, tiny_model(stream), stream, splits=SPLITS))
        for updater in (IU(batch_size=2), Reporting(batch_size=2))
    )
    expected = float(len(dict(tiny_model(stream).named_parameters())))
    assert [each.diagnostics["moments"] for each in reporting] == [expected] * 5
    assert [each.scores for each in reporting] == [each.scores for each in plain]
    assert "moments" not in plain[0].diagnostics
    assert ["steps" in each.diagnostics for each in reporting] == [False, True, True, True, True]


def test_they_are_columns_of_their_own_in_the_file(tmp_path: Path, scored: Maker) -> None:
    results = [
        *scored("iu", [0.5, 0.6]),
        *(replace(each, diagnostics={"z": 1.5, "odds": float("inf")}) for each in scored("rsg", [0.7, 0.8])),
    ]
    write_results(tmp_path / "results.csv", results)
    assert read_results(tmp_path / "results.csv") == results


def test_a_diagnostic_that_is_no_number_is_the_updaters_fault() -> None:
    stream = tiny_stream()
    with pytest.raises(ModelError, match=r"the diagnostic 'mood' of Wrong is 'good'.*Let it be a number"):
        list(prequential(Wrong(), tiny_model(stream), stream, splits=SPLITS))


def test_the_table_has_their_range_over_the_test_periods(scored: Maker) -> None:
    def serving(run: int, *values: float) -> list[Result]:
        return [
            replace(each, diagnostics={"guard_serves": value})
            for each, value in zip(scored("rsg", [0.5] * len(values), run=run), values, strict=True)
        ]

    early = [replace(each, diagnostics={"guard_serves": 9.0}) for each in scored("rsg", [0.5], split="warmup", first=3)]
    table = diagnostics_table([*scored("iu", [0.6, 0.7]), *early, *serving(0, 1.0, 0.0), *serving(1, 1.0, 1.0)])
    assert table is not None
    assert [[str(cell) for cell in row] for row in table.rows] == [["rsg", "guard serves", "0.75", "0", "1"]]
    assert diagnostics_table(scored("iu", [0.6])) is None
