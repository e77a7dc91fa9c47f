from dataclasses import replace

import pytest

from freshrec.cli.table import print_summaries, print_table
from freshrec.evaluation import Cell, Column, Score, Summary, Table
from freshrec.metrics import METRICS

SCORED = METRICS["auc"], METRICS["logloss"]
IU = Summary("iu", 5, 7, {"auc": Score(0.8180, 0.0007), "logloss": Score(0.5382, 0.0011)}, 1.0, 1.0)
ASMG_SCORES = {
    "auc": Score(0.8289, 0.0010, 1.3325, 0.1, 1.1, 1.5),
    "logloss": Score(0.5079, 0.0018, 5.6299, 0.2, 5.2, 6.0),
}
ASMG = Summary("asmg-gru-multi", 5, 7, ASMG_SCORES, 2.0, 1.0)


def printed(capsys: pytest.CaptureFixture[str], *summaries: Summary) -> list[str]:
    print_summaries(summaries, SCORED, "iu")
    return lines(capsys)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_it_is_laid_out_as_table_1(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, IU, ASMG)
    assert shown[0] == "Method AUC ↑ imp% Log loss ↓ imp%"
    assert shown[2:] == [
        "iu 0.8180 ± 0.0007 – 0.5382 ± 0.0011 –",
        "asmg-gru-multi 0.8289 ± 0.0010 +1.33% [+1.10%, +1.50%] 0.5079 ± 0.0018 +5.63% [+5.20%, +6.00%]",
        "Means over 7 test periods; 5 runs, ± their standard deviation.",
    ]


def test_methods_that_change_the_base_model_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, IU, replace(ASMG, extends_model=True))
    assert shown[-1].startswith("asmg-gru-multi changes the base model: ")


def test_one_run_and_undefined_aucs(capsys: pytest.CaptureFixture[str]) -> None:
    alone = replace(IU, runs=1, scores={"auc": Score(None, undefined_periods=7), "logloss": Score(0.5382)})
    assert printed(capsys, alone)[2:] == [
        "iu – 0.5382",
        "Means over 7 test periods; AUC is undefined in 7 of them; 1 run.",
    ]


def test_long_names_and_narrow_output_lose_no_digits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    text = "\n".join(printed(capsys, IU, replace(ASMG, method="a-method-with-a-name-of-some-length")))
    assert "0.8289 ± 0.0010 +1.33% [+1.10%, +1.50%] 0.5079 ± 0.0018 +5.63% [+5.20%, +6.00%]" in text


def test_any_table_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(Table("", (Column("Length"), Column("[b]"), Column("Paper", aside=True)), ((Cell("1"),) * 3,)))
    assert lines(capsys)[0] == "Length [b] Paper"
