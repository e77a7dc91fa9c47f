from pathlib import Path

import pytest

from freshrec.cli.source import RawLog, find_source
from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

MIND = DATASETS["mind"]
NEWS = {
    "MINDsmall_train": [
        'N1\tsports\tsoccer\tA "quoted title\tAn abstract\thttps://assets.msn.com/labs/mind/AAGH0ET.html\t[]\t[]',
        "N2\tnews\tnewsus\tCr\u00eape\t\thttps://assets.msn.com/labs/mind/AAB19MK.html\t[]\t[]",
    ],
    "MINDsmall_dev": ["N3\thealth\tweightloss\t50\t\thttps://x\t[]\t[]", "N1\tsports\tsoccer\tA\tB\thttps://x\t[]\t[]"],
}
BEHAVIORS = {
    "MINDsmall_train": [
        "1\tU13740\t11/11/2019 9:05:58 AM\tN55189 N42782\tN1-1 N2-0",
        "2\tU91836\t11/12/2019 6:11:30 PM\t\tN2-0 N3-1 N1-0",
    ],
    "MINDsmall_dev": ["1\tU13740\t11/15/2019 12:00:00 AM\tN1\tN3-0"],
}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    for name, rows in NEWS.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "news.tsv").write_text("\n".join((*rows, "")))
        (tmp_path / name / "behaviors.tsv").write_text("\n".join((*BEHAVIORS[name], "")))
    return tmp_path


def test_each_news_of_an_impression_is_a_row_with_its_label(published: Path) -> None:
    log = MIND.read(published)
    assert log.columns == ["user", "timestamp", "item", "label", "category", "subcategory"]
    assert sorted(log.select("user", "item", "label", "category").rows()) == [
        ("U13740", "N1", "1", "sports"),
        ("U13740", "N2", "0", "news"),
        ("U13740", "N3", "0", "health"),
        ("U91836", "N1", "0", "sports"),
        ("U91836", "N2", "0", "news"),
        ("U91836", "N3", "1", "health"),
    ]
    stream = Stream.from_frame(log, MIND.settings, period="1d")
    assert stream.manifest["labels"] == "explicit"
    assert [period.size for period in stream.periods] == [2, 3, 0, 0, 1]
    assert stream.manifest["periods"][1]["first"] == "2019-11-12T18:11:30+00:00"
    # The click of the first day is the history of the last one.
    last = stream.periods[4].samples()
    assert last.positives[last.start[0] : last.end[0]].tolist() == stream.vocabulary.ids("item", ["N1"]).tolist()


def test_the_folder_of_one_part_is_enough_and_each_file_is_identified(published: Path) -> None:
    assert MIND.read(published / "MINDsmall_dev").height == 1
    source = find_source(["mind"], None, {}, published)
    assert isinstance(source, RawLog)
    assert set(source.identify()) == {
        "dataset",
        *(f"{part}/{name}.tsv" for part in NEWS for name in ("behaviors", "news")),
    }


def test_the_test_set_without_labels_adds_nothing_and_alone_is_refused(published: Path) -> None:
    test = published / "MINDlarge_test"
    test.mkdir()
    (test / "news.tsv").write_text(NEWS["MINDsmall_dev"][0] + "\n")
    (test / "behaviors.tsv").write_text("1\tU13740\t11/16/2019 9:00:00 AM\tN1\tN2 N3\n")
    assert MIND.read(published).height == 6
    with pytest.raises(DataError, match=r"has no impression with labels, such as 'N55689-1 N35729-0'"):
        MIND.read(test)


def test_a_file_of_another_layout_is_refused(published: Path) -> None:
    (published / "MINDsmall_dev" / "behaviors.tsv").write_text("1,U13740,11/15/2019 12:00:00 AM,N1,N3-0\n")
    with pytest.raises(
        DataError, match=r"has 1 columns with tabs between them, where 5 are expected: impression, user"
    ):
        MIND.read(published)
