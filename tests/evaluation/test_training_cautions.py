"""Trouble in training: what gives rise to a caution, and that each is said once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from freshrec.errors import FreshrecWarning
from freshrec.evaluation import CompareSettings, Result, compare, prequential
from freshrec.evaluation.training_cautions import training_cautions
from freshrec.progress import Silent
from freshrec.testing import tiny_model, tiny_stream
from freshrec.updaters import IU

Maker = Callable[..., list[Result]]


def with_steps(results: Sequence[Result], steps: Sequence[int]) -> list[Result]:
    return [replace(each, diagnostics={"steps": float(count)}) for each, count in zip(results, steps, strict=True)]


def test_updates_of_few_steps_are_named_with_their_fewest_steps(scored: Maker) -> None:
    iu = with_steps(scored("iu", [0.7, 0.7, 0.7]), [20, 15, 15])
    asmg = with_steps(scored("asmg", [0.7, 0.7, 0.7]), [16, 2, 1])
    enough = with_steps(scored("bu-3", [0.7, 0.7, 0.7]), [16, 17, 900])
    ema = [replace(each, method="ema") for each in iu]
    cautions = training_cautions([*iu, *asmg, *ema, *enough, *scored("constant", [0.5])])
    assert set(cautions) == {"steps"}
    assert cautions["steps"].startswith(
        "iu, ema trained in 15 steps on period 24; asmg trained in 1 step on period 25. With fewer than 16 steps"
    )
    assert training_cautions(enough) == {}


@pytest.mark.parametrize("runs", [1, 2])
def test_a_comparison_has_it_once_whenever_it_is_shown(tmp_path: Path, runs: int) -> None:
    overrides = {"asmg-gru-multi": {"window": 1}}
    settings = CompareSettings(methods=("iu", "asmg-gru-multi"), runs=runs, dim=3, overrides=overrides)
    for _ in range(2):
        comparison = compare(tiny_stream(), settings, tmp_path)
        (found,) = [each for each in comparison.cautions if "hardly learns" in each]
        assert found.startswith("iu, asmg-gru-multi trained in 1 step on period 4")
        assert comparison.report.read_text().count("hardly learns") == 1
    steps = {each.diagnostics.get("steps") for each in comparison.results if each.method == "iu"}
    assert steps == {None, 2.0, 1.0}


def test_a_resumed_comparison_knows_the_steps_of_the_update_before(tmp_path: Path) -> None:
    settings = CompareSettings(methods=("iu",), dim=3)

    class Stop(Silent):
        def overall(self, text: str, done: int, total: int) -> None:
            if done == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(tiny_stream(), settings, tmp_path / "a", Stop())
    resumed, whole = (compare(tiny_stream(), settings, tmp_path / name).results for name in ("a", "b"))
    assert [each.diagnostics for each in resumed] == [each.diagnostics for each in whole]


def test_enough_steps_give_none(tmp_path: Path) -> None:
    settings = CompareSettings(methods=("iu",), dim=3, base=IU(batch_size=1))
    assert not any("steps" in each for each in compare(tiny_stream(), settings, tmp_path).cautions)


def test_the_loop_of_the_library_warns_as_python_does() -> None:
    stream = tiny_stream()
    with pytest.warns(FreshrecWarning, match="IU trained in 1 step on period 3") as caught:
        list(prequential(IU(batch_size=1024), tiny_model(stream), stream))
    assert len(caught) == 1
