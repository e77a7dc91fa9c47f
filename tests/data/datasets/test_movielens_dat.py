from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream
from freshrec.data.datasets.movielens_100k import GENRES
from freshrec.errors import DataError

ONE_M, HUNDRED_K = DATASETS["movielens-1m"], DATASETS["movielens-100k"]


def one_m(folder: Path, ratings: str, movies: str) -> Path:
    (folder / "ratings.dat").write_bytes(ratings.encode("latin-1"))
    (folder / "movies.dat").write_bytes(movies.encode("latin-1"))
    return folder


def item(number: int, title: str, *genres: str) -> str:
    flags = "|".join("1" if genre in genres else "0" for genre in GENRES)
    return f"{number}|{title}|01-Jan-1995||http://us.imdb.com/M/title-exact?x|{flags}"


def hundred_k(folder: Path, ratings: str, *movies: str) -> Path:
    (folder / "u.data").write_bytes(ratings.encode())
    (folder / "u.item").write_bytes(("\n".join(movies) + "\n").encode("latin-1"))
    return folder


def test_1m_is_read_with_its_double_colons_in_latin_1(tmp_path: Path) -> None:
    ratings = "1::1193::5::978300760\n1::661::3::978302109\n2::1193::4::978298413\n"
    # A colon in a title, a quote that never ends, an accent, and the control character that some take for a line end.
    movies = (
        "1193::Star Wars: Episode \" IV (1977)::Action|Sci-Fi\n661::Misérables, Les\x85 (1995)::Children's|Musical\n"
    )
    log = ONE_M.read(one_m(tmp_path, ratings, movies))
    assert log.rows() == [
        ("1", "1193", "978300760", 1, "Action|Sci-Fi"),
        ("1", "661", "978302109", 0, "Children's|Musical"),
        ("2", "1193", "978298413", 1, "Action|Sci-Fi"),
    ]
    assert log.equals(ONE_M.read(one_m(tmp_path, ratings.replace("\n", "\r\n"), movies.replace("\n", "\r\n"))))
    stream = Stream.from_frame(log, ONE_M.settings, periods=2)
    assert stream.schema.rows == {"user": 2, "item": 2, "genres": 4}
    assert stream.manifest["quarantined"] == {}


def test_100k_is_read_with_its_flags(tmp_path: Path) -> None:
    movies = [
        item(1, "Toy Story (1995)", "Animation", "Children's", "Comedy"),
        item(2, 'Misérables "Les" (1995)', "Western"),
        item(267, "unknown", "unknown"),
        item(3, "Nothing (1990)"),
    ]
    ratings = "196\t1\t3\t881250949\n186\t2\t4\t891717742\n186\t267\t5\t891717743\n196\t3\t1\t891717744\n"
    log = HUNDRED_K.read(hundred_k(tmp_path, ratings, *movies))
    assert log.rows() == [
        ("196", "1", "881250949", 0, "Animation|Children's|Comedy"),
        ("186", "2", "891717742", 1, "Western"),
        ("186", "267", "891717743", 1, "unknown"),
        ("196", "3", "891717744", 0, "(no genres listed)"),
    ]


def test_the_flags_are_in_the_order_of_the_archive() -> None:
    assert len(GENRES) == 19
    assert (GENRES[0], GENRES[1], GENRES[5], GENRES[8], GENRES[14], GENRES[18]) == (
        "unknown", "Action", "Comedy", "Drama", "Romance", "Western",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ratings", "movies", "expected"),
    [
        ("1::2::3\n", "2::a::Drama\n", r"ratings.dat: line 1 holds '1::2::3', where 4 values with '::' between"),
        ("1::2::3::4\n", "2::a::Drama\n3;b;War\n", r"movies.dat: line 2 holds '3;b;War', where 3 values"),
        ("", "2::a::Drama\n", r"ratings.dat: it is empty, where 4 values"),
    ],
)
def test_a_line_of_another_format_is_named(tmp_path: Path, ratings: str, movies: str, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        ONE_M.read(one_m(tmp_path, ratings, movies))


def test_a_folder_without_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "u.data").write_text("1\t1\t3\t881250949\n")
    with pytest.raises(DataError, match=r"has no u.item, which movielens-100k is read from; it holds u.data. Give the"):
        HUNDRED_K.read(tmp_path)
