import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream
from freshrec.data.settings import settle

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def movies(tmp_path: Path) -> Path:
    """A folder with 120 ratings by 6 users of 5 movies, 20 of them before 2014, in the form of MovieLens 25M."""
    folder = tmp_path / "ml-25m"
    folder.mkdir()
    ratings = [
        f"{number % 6},{number * 7 % 5},{1 + number * 5 % 9 / 2},{1_388_534_400 + 86_400 * (number - 20)}"
        for number in range(120)
    ]
    genres = ("Drama", "Drama|War", "(no genres listed)", "Comedy", "War")
    (folder / "ratings.csv").write_text("\n".join(("userId,movieId,rating,timestamp", *ratings, "")))
    (folder / "movies.csv").write_text(
        "\n".join(("movieId,title,genres", *(f'{item},"A, {item}",{each}' for item, each in enumerate(genres)), ""))
    )
    return folder


def test_every_data_set_is_listed_with_all_that_is_known(run_command: Run) -> None:
    shown, stderr = run_command("datasets")
    assert stderr == "`freshrec datasets NAME` measures how fast one of them changes.\n"
    blocks = {block[0].split(":")[0]: block for block in blocks_of(shown)}
    assert list(blocks) == list(DATASETS)
    for name, dataset in DATASETS.items():
        assert blocks[name][:2] == [f"{name}: {dataset.title}", f"  source   {dataset.source}"]
        assert blocks[name][2] == f"  licence  {dataset.licence}"
    assert blocks["movielens-25m"][3:] == [
        "  files    ratings.csv or ratings.csv.gz, movies.csv or movies.csv.gz (--path)",
        "  counts   6,840,091 interactions, 43,181 users, 51,142 items, 20 values of genres",
    ]
    assert blocks["complete-journey"][3] == "  files    none needed"
    assert blocks["impressions"][4] == "  counts   not fixed"


def test_the_turnover_of_a_data_set_is_shown_period_by_period(
    tmp_path: Path, movies: Path, monkeypatch: pytest.MonkeyPatch, run_command: Run
) -> None:
    settings = settle(DATASETS["movielens-25m"].settings, {"periods": 4})
    monkeypatch.setitem(DATASETS, "movielens-25m", replace(DATASETS["movielens-25m"], settings=settings))
    shown = run_command("datasets", "movielens-25m", "--path", movies)[0].splitlines()
    assert shown[0] == "movielens-25m: MovieLens 25M: ratings of 2014 to 2018"
    stream = Stream.from_frame(DATASETS["movielens-25m"].read(movies), settings)
    lines = [line.split() for line in shown if re.match(r" +[1-4] ", line)]
    periods = stream.manifest["periods"]
    assert [line[0] for line in lines] == ["1", "2", "3", "4"]
    assert [line[1] for line in lines] == [period["first"][:10] for period in periods]
    assert [line[3] for line in lines] == [period["last"][:10] for period in periods]
    assert [line[7:9] for line in lines] == [["6", "5"], ["0", "0"], ["0", "0"], ["0", "0"]]
    assert lines[0][9:] == ["100.0%", "100.0%", "–", f"{periods[0]['turnover']['busiest_user_share']:.1%}"]
    assert lines[3][9:11] == ["0.0%", "0.0%"]
    assert shown[-1] == (
        "Time: 2014-01-01 00:00 to 2014-04-10 00:00 UTC. Turnover, means of periods 3 to 4: 0.0% of positives on items "
        "first seen in the period, 50.0% on items of the last 3; 100.0% of the top 100 items stay from one period "
        "to the next; 0.0 new users and 0.0 new items; busiest user "
        f"{stream.manifest['turnover']['busiest_user_share']:.1%}."
    )


def test_the_turnover_of_a_prepared_folder_is_read(tmp_path: Path, shop_log: Path, run_command: Run) -> None:
    made = run_command("prepare", "--data", shop_log, "--out", tmp_path / "made", "--periods", 3)[0]
    shown = run_command("datasets", "--data", tmp_path / "made")[0]
    assert shown.splitlines()[-1] == made.splitlines()[-1]
    assert len(re.findall(r"(?m)^ +[1-3] ", shown)) == 3


def test_a_data_set_without_its_files_is_refused(run_command: Run) -> None:
    assert "no path came. Get ratings.csv" in run_command("datasets", "movielens-25m", code=2)[1]


def blocks_of(shown: str) -> list[list[str]]:
    lines = shown.splitlines()
    starts = [at for at, line in enumerate(lines) if line[0] != " "]
    return [lines[begin:end] for begin, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


def test_counts_that_differ_are_told_and_kept_and_no_error(tmp_path: Path, movies: Path, run_command: Run) -> None:
    out = tmp_path / "made"
    stdout, stderr = run_command("prepare", "movielens-25m", "--path", movies, "--out", out, "--periods", 4)
    assert "100 interactions. Of 100 rows" in " ".join(stdout.split())
    assert (
        "Warning: movielens-25m is not what was published: 100 interactions, published 6,840,091; 6 users, published "
        "43,181; 5 items, published 51,142; 4 values of genres, published 20. It is used as it is; "
        f"{out}/manifest.json keeps these counts, and docs/datasets.md says how"
    ) in stderr
    manifest = Stream.open(out).manifest
    assert manifest["labels"] == "explicit"
    assert manifest["published"]["source"] == "https://grouplens.org/datasets/movielens/25m/"
    assert manifest["published"]["counts"]["genres"] == {"found": 4, "published": 20}


def test_the_report_shows_them_beside_each_other(tmp_path: Path, movies: Path, run_command: Run) -> None:
    run_command("prepare", "movielens-25m", "--path", movies, "--out", tmp_path / "made", "--periods", 4)
    run_command("compare", "--data", tmp_path / "made", "--out", tmp_path / "out", "--methods", "iu")
    page = (tmp_path / "out" / "report.html").read_text()
    shown = dict(re.findall(r"<dt>(.*?)</dt> <dd>(.*?)</dd>", page))
    assert shown["Data set"] == "movielens-25m"
    assert shown["Source"] == "https://grouplens.org/datasets/movielens/25m/"
    # The number of users is among the sizes as well; the later entry is that of the published counts.
    assert shown["Users"] == "6 found, 43,181 published"


def test_counts_that_agree_are_kept_in_silence(
    tmp_path: Path, movies: Path, monkeypatch: pytest.MonkeyPatch, run_command: Run
) -> None:
    counts = {"interactions": 100, "users": 6, "items": 5, "genres": 4}
    monkeypatch.setitem(DATASETS, "movielens-25m", replace(DATASETS["movielens-25m"], counts=counts))
    stderr = run_command("prepare", "movielens-25m", "--path", movies, "--out", tmp_path / "a", "--periods", 4)[1]
    assert "Warning" not in stderr
    kept = Stream.open(tmp_path / "a").manifest["published"]["counts"]
    assert kept == {name: {"found": count, "published": count} for name, count in counts.items()}


def test_it_is_compared_and_continued_from_its_files(tmp_path: Path, movies: Path, run_command: Run) -> None:
    out = ("--out", tmp_path / "out")
    command = ("compare", "movielens-25m", "--path", movies, *out, "--methods", "iu", "--periods", 4)
    first = run_command(*command)
    assert "Warning: movielens-25m is not what was published" in first[1]
    assert Stream.open(tmp_path / "out" / "prepared").manifest["published"]["dataset"] == "movielens-25m"
    again = run_command(*command)
    assert again[0] == first[0]
    assert "Warning: movielens-25m is not what was published" in again[1]
    with (movies / "ratings.csv").open("a") as file:
        file.write("1,1,5,1500000000\n")
    assert "holds data that differs in its source" in run_command(*command, code=2)[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("tmall",), "no path came. Get user_log_format1.csv or user_log_format1.csv.gz from https://tianchi"),
        (("complete-journey", "--path", "x"), "complete-journey needs no files, but the path x came. Leave it out"),
        (("sobazaar", "--path", "nowhere"), "nowhere does not exist. Give the folder with the files of sobazaar: Soba"),
        (("--data", "log.csv", "--path", "x"), "--path x came with --data; it says where the files of a data set"),
    ],
)
def test_a_path_that_is_lacking_or_too_much_is_told(
    tmp_path: Path, arguments: tuple[str, ...], expected: str, run_command: Run
) -> None:
    assert expected in run_command("prepare", *arguments, "--out", tmp_path / "made", code=2)[1]
    assert not (tmp_path / "made").exists()


def test_a_data_set_that_cannot_be_read_leaves_nothing(tmp_path: Path, movies: Path, run_command: Run) -> None:
    (movies / "movies.csv").write_text("movieId,title\n")
    stderr = run_command("prepare", "movielens-25m", "--path", movies, "--out", tmp_path / "made", code=2)[1]
    assert "movies.csv has no column 'genres'" in stderr
    assert not (tmp_path / "made").exists()
