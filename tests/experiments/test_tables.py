import csv
import io
from collections.abc import Callable

import pytest

from freshrec.evaluation import Table
from freshrec.experiments import EXHIBITS, Measured, Shown

Make = Callable[..., Measured]


def rows(table: Table) -> list[list[str]]:
    return [[column.title for column in table.columns], *([str(cell) for cell in row] for row in table.rows)]


def records(shown: Shown) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(shown.csv.decode())))


def test_table_1_has_two_halves_in_the_papers_layout(measured: Make) -> None:
    shown = EXHIBITS["table1"].shown(measured())
    auc, logloss = map(rows, shown.tables)
    assert auc[0] == ["Method", "AUC ↑", "imp%"]
    assert [row[0] for row in auc[1:]] == list(EXHIBITS["table1"].methods)
    assert auc[1] == ["iu", "0.7250 ± 0.0071", "–"]
    assert auc[2] == ["bu-3", "0.7150 ± 0.0071", "−1.38% ± 0.01"]
    assert logloss[0] == ["Method", "Log loss ↓", "imp%"]
    assert logloss[-1] == ["asmg-gru-multi", "0.4540 ± 0.0071", "+4.42% ± 0.07"]
    assert [row[0].text for table in shown.tables for row in table.rows if row[1].best] == ["asmg-gru-multi"] * 2
    assert "Means over 3 test periods, ± the sample standard deviation between 2 runs" in shown.note
    assert shown.note.endswith(
        "sml-mf has another base model than iu: what sets it apart from iu is not the updater alone."
    )


def test_the_papers_values_stand_beside_where_the_data_set_is_the_papers(measured: Make) -> None:
    auc, logloss = map(rows, EXHIBITS["table1"].shown(measured("tmall")).tables)
    assert auc[0][3:] == ["Paper: AUC ↑", "Paper: imp%"]
    assert auc[2][3:] == ["0.8107 ± 0.0009", "−0.89%"]
    assert logloss[1][3:] == ["0.5382 ± 0.0011", "–"]
    assert rows(EXHIBITS["table2"].shown(measured("movielens-25m")).tables[0])[1][3:] == ["0.7565", "0.5811"]
    assert [row[-1] for row in rows(EXHIBITS["table3"].shown(measured("sobazaar")).tables[0])] == [
        "Paper: time",
        "23.1 min",
        "3.4 min",
        "6.79 ×",
    ]


@pytest.mark.parametrize("name", ["table1", "table2", "table3"])
def test_elsewhere_the_papers_values_are_apart(measured: Make, name: str) -> None:
    shown = EXHIBITS[name].shown(measured())
    assert not any(column.aside or "aper" in column.title for table in shown.tables for column in table.columns)
    assert all(table.title.startswith("The paper's Table") for table in shown.paper)
    titles = [column.title for column in shown.paper[0].columns if column.title != "imp%"]
    assert titles[1:] == ["Tmall", "Sobazaar", "MovieLens", "Lazada"]


def test_the_papers_own_tables_mark_its_best(measured: Make) -> None:
    auc, _ = EXHIBITS["table1"].shown(measured()).paper
    assert rows(auc)[11][-2:] == ["0.6452 ± 0.0005", "+1.11%"]
    assert [cell.best for cell in auc.rows[10]] == [False, *(True, False) * 4]
    assert rows(EXHIBITS["table3"].shown(measured()).paper[0])[3] == ["ratio", "6.78 ×", "6.79 ×", "6.82 ×", "6.87 ×"]


def test_table_2_has_both_metrics_side_by_side(measured: Make) -> None:
    shown = EXHIBITS["table2"].shown(measured())
    (table,) = shown.tables
    assert rows(table)[0] == ["Variant", "AUC ↑", "Log loss ↓"]
    assert rows(table)[2] == ["asmg-gru-zero", "0.7250 ± 0.0071", "0.4750 ± 0.0071"]
    assert len(table.rows) == 5


def test_table_3_is_of_times_and_their_ratio(measured: Make) -> None:
    shown = EXHIBITS["table3"].shown(measured())
    assert rows(shown.tables[0]) == [
        ["Method", "Snapshots", "Time"],
        ["asmg-gru-full", "20", "63.0 s ± 4.24 s"],
        ["asmg-gru-multi", "3", "10.5 s ± 0.707 s"],
        ["ratio", "6.67 ×", "6.00 ×"],
    ]
    machine = "a processor, 8 cores; torch on 1 thread, compiled paths on 4"
    for part in ("towards period 31", "mean of 2 repeats", machine):
        assert part in shown.note


def test_table_3_without_a_timing_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no timing was made"):
        EXHIBITS["table3"].shown(Measured("shop"))


def test_files_hold_all_digits(measured: Make) -> None:
    lines = records(EXHIBITS["table1"].shown(measured("tmall")))
    assert len(lines) == 2 * 11
    first = lines[0]
    assert (first["method"], first["metric"], first["runs"], first["improvement"]) == ("iu", "auc", "2", "")
    assert float(first["mean"]) == pytest.approx(0.725, rel=1e-14)
    assert float(first["std"]) == pytest.approx(0.01 / 2**0.5, rel=1e-12)
    assert (first["paper_mean"], first["paper_std"], first["paper_improvement"]) == ("0.818", "0.0007", "")
    assert records(EXHIBITS["table1"].shown(measured()))[0]["paper_mean"] == ""
    times = records(EXHIBITS["table3"].shown(measured()))
    assert [(each["method"], each["repeat"], each["seconds"]) for each in times] == [
        ("asmg-gru-full", "0", "60.0"),
        ("asmg-gru-multi", "0", "10.0"),
        ("asmg-gru-full", "1", "66.0"),
        ("asmg-gru-multi", "1", "11.0"),
    ]
