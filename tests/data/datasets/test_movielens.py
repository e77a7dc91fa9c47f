from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

RATINGS = [
    "userId,movieId,rating,timestamp",
    "1,1,4.0,1388534399",  # the last second of 2013
    "1,1,3.5,1388534400",  # the first of 2014
    "1,2,4.0,1400000000",
    "2,11,5.0,1400000001",
    "2,3,0.5,1546300799",  # the last second of 2018
    "2,1,5.0,1546300800",  # the first of 2019
]
MOVIES = [
    "movieId,title,genres",
    "1,Toy Story (1995),Adventure|Animation|Comedy",
    '2,"American President, The (1995)",Comedy|Romance',
    '3,"""Great Performances"" Cats (1998)",(no genres listed)',
    "11,Misérables| Les (1995),Drama|War",
]


def write(folder: Path, ratings: list[str], movies: list[str], end: str = "\r\n") -> Path:
    (folder / "ratings.csv").write_bytes("".join(row + end for row in ratings).encode())
    (folder / "movies.csv").write_bytes("".join(row + end for row in movies).encode())
    return folder


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_25m_is_cut_to_2014_to_2018_with_labels_and_genres(tmp_path: Path, end: str) -> None:
    log = DATASETS["movielens-25m"].read(write(tmp_path, RATINGS, MOVIES, end))
    assert log.rows() == [
        (1, 1, 1388534400, 0, "Adventure|Animation|Comedy"),
        (1, 2, 1400000000, 1, "Comedy|Romance"),
        (2, 11, 1400000001, 1, "Drama|War"),
        (2, 3, 1546300799, 0, "(no genres listed)"),
    ]
    assert log.columns == ["user", "item", "timestamp", "label", "genres"]


def test_it_is_prepared_with_several_genres_and_histories_of_positives(tmp_path: Path) -> None:
    dataset = DATASETS["movielens-25m"]
    stream = Stream.from_frame(dataset.read(write(tmp_path, RATINGS, MOVIES)), dataset.settings, periods=2)
    assert stream.manifest["labels"] == "explicit"
    assert stream.schema.several == {"genres"}
    # Adventure, Animation, Comedy, Romance, Drama, War, and none listed.
    assert stream.schema.rows == {"user": 2, "item": 4, "genres": 7}
    assert "(no genres listed)" in stream.vocabulary.values["genres"]
    samples = [period.samples() for period in stream.periods]
    assert [each.label.tolist() for each in samples] == [[0, 1], [1, 0]]
    # The rating of 3.5 is in no history; the rating of 5 is in that of the same user's next one.
    lengths = [(each.end - each.start).tolist() for each in samples]
    assert lengths == [[0, 0], [0, 1]]


def test_latest_takes_all_years(tmp_path: Path) -> None:
    folder = write(tmp_path, RATINGS, MOVIES)
    assert DATASETS["movielens-latest"].read(folder).height == 6
    assert DATASETS["movielens-latest-small"].read(folder).height == 6


def test_a_damaged_rating_or_time_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    good = [f"{number % 7},{number % 3 + 1},4,{1400000000 + number}" for number in range(60)]
    bad = ["3,2,four,1400000000", "3,2,4,soon"]
    dataset = DATASETS["movielens-25m"]
    stream = Stream.from_frame(dataset.read(write(tmp_path, [RATINGS[0], *good, *bad], MOVIES)), dataset.settings)
    assert stream.manifest["quarantined"] == {"label is missing": 1, "time is missing": 1}


def test_a_movie_that_is_not_listed_has_no_genre(tmp_path: Path) -> None:
    log = DATASETS["movielens-latest"].read(write(tmp_path, RATINGS, MOVIES[:2]))
    assert log["genres"].null_count() == 3


def test_missing_files_and_columns_are_named(tmp_path: Path) -> None:
    dataset = DATASETS["movielens-25m"]
    write(tmp_path, RATINGS, ["movieId,title", "1,Toy Story (1995)"])
    with pytest.raises(DataError, match=r"movies.csv has no column 'genres'; expected are movieId, title, genres, and"):
        dataset.read(tmp_path)
    (tmp_path / "movies.csv").unlink()
    with pytest.raises(
        DataError, match=r"has no movies.csv or movies.csv.gz, .* it holds ratings.csv. Give the folder"
    ):
        dataset.read(tmp_path)
    with pytest.raises(DataError, match=r"ratings.csv is one file, but movielens-25m has several: .* Give the folder"):
        dataset.read(tmp_path / "ratings.csv")
