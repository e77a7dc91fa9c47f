from collections.abc import Callable

from freshrec.evaluation import Cell, Column, Table
from freshrec.experiments import EXHIBITS, Measured, Shown
from freshrec.experiments.markdown import markdown

TABLE = Table("AUC", (Column("Method"), Column("a|b")), ((Cell("sml_mf"), Cell("0.5", "± 0.1", best=True)),))


def test_a_table_with_its_sentences_and_what_was_run() -> None:
    shown = Shown(("One *is* best.", "Second."), (TABLE,), "A note.", b"")
    assert markdown("Table 1: x", shown, "What was run.") == (
        "# Table 1: x\n\n- One \\*is\\* best.\n- Second.\n\n**AUC**\n\n| Method | a\\|b |\n| --- | ---: |\n"
        "| sml\\_mf | **0.5 ± 0.1** |\n\nA note.\n\nWhat was run.\n"
    )


def test_a_figure_is_shown_with_words_for_it(measured: Callable[..., Measured]) -> None:
    text = markdown("Figure 4", EXHIBITS["figure4"].shown(measured()), "Run.", "figure4.svg")
    assert "![AUC of asmg-gru-multi by sequence length, beside that of iu; AUC of" in text
    assert "](figure4.svg)" in text
    assert "| 4 | **0.7550 ± 0.0071** | +4.14% ± 0.04 |" in text
