from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshrec.errors import CorruptError, OutputError
from freshrec.evaluation.results import Result, read_results, write_results

HEADER = "dataset,method,run,period,scored_period,split,samples,auc,logloss,update_seconds,serve_seconds\n"
LINE = "shop,iu,0,23,24,test,100,0.75,0.6931471805599453,1.5,0.25\n"

seconds = st.floats(0, 1e6)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
results = st.builds(
    Result,
    dataset=names,
    method=names,
    run=st.integers(0, 9),
    period=st.integers(1, 99),
    scored_period=st.integers(2, 100),
    split=st.sampled_from(["warmup", "validation", "test"]),
    samples=st.integers(0, 2**40),
    scores=st.fixed_dictionaries({"auc": st.none() | st.floats(0, 1), "logloss": st.floats(0, allow_nan=False)}),
    update_seconds=seconds,
    serve_seconds=seconds,
    diagnostics=st.dictionaries(st.sampled_from(["steps", "z", "guard.on"]), st.floats(allow_nan=False)),
)


@settings(max_examples=30)
@given(st.lists(results, max_size=5))
def test_reads_exactly_what_was_written(written: list[Result]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "results.csv"
        write_results(path, written)
        assert read_results(path) == written


def test_the_file_is_one_plain_line_a_period(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    defined = Result("shop", "iu", 0, 23, 24, "test", 100, {"auc": 0.75, "logloss": float(np.log(2))}, 1.5, 0.25)
    undefined = Result("shop", "iu", 0, 24, 25, "test", 3, {"auc": None, "logloss": 0.5}, 1.5, 0.25)
    write_results(path, [defined, undefined])
    assert path.read_text() == HEADER + LINE + "shop,iu,0,24,25,test,3,,0.5,1.5,0.25\n"


def test_a_diagnostic_is_a_column_that_is_empty_where_a_result_has_it_not(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    with_steps = Result("shop", "iu", 0, 23, 24, "test", 100, {"auc": 0.75}, 1.5, 0.25, {"steps": 13.0})
    without = Result("shop", "constant", 0, 23, 24, "test", 100, {"auc": 0.5}, 1.5, 0.25)
    write_results(path, [without, with_steps])
    header, first, second = path.read_text().splitlines()
    assert header.endswith("serve_seconds,diagnostic.steps")
    assert first.endswith("0.25,")
    assert second.endswith("0.25,13.0")


def test_numpy_floats_keep_their_digits(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    value = np.float64(0.1) + np.float64(0.2)
    write_results(path, [Result("shop", "iu", 0, 1, 2, "test", 1, {"auc": value}, value, value)])
    assert read_results(path)[0].scores == {"auc": 0.1 + 0.2}


@pytest.mark.parametrize("name", ["=1+1", "+iu", "-2", "@SUM(A1)", "'quoted", "'=x"])
def test_a_name_is_no_formula_to_a_spreadsheet_and_reads_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / "results.csv"
    written = [Result(name, name, 0, 1, 2, "test", 1, {"auc": 0.5}, 1.0, 1.0)]
    write_results(path, written)
    assert path.read_text().splitlines()[1].startswith(f"'{name},'{name},0,")
    assert read_results(path) == written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 0: the columns are none, expected dataset, method"),
        ("method,auc\n", "line 1: the columns are method, auc, expected"),
        (HEADER.replace("logloss", "auc"), "line 1: the columns are .*, expected .* one a metric"),
        (HEADER + LINE + LINE[:20] + "\n", r"line 3: .*shorter"),
        (HEADER + LINE.replace("test", "exam"), "line 2: split is 'exam', expected one of warmup"),
        (HEADER + LINE.replace("0.75", "good"), "line 2: could not convert string to float: 'good'"),
        (HEADER + LINE.replace(",100,", ",1e2,"), "line 2: invalid literal for int"),
        (HEADER + '"shop', "unexpected end of data"),
    ],
)
def test_a_damaged_file_is_refused_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "results.csv"
    path.write_text(text)
    with pytest.raises(CorruptError, match=expected):
        read_results(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptError, match="run the comparison again"):
        read_results(tmp_path / "results.csv")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_bytes(HEADER.encode() + b"\xff\xfe")
    with pytest.raises(CorruptError, match="utf-8"):
        read_results(path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        write_results(tmp_path / "missing" / "results.csv", [])
