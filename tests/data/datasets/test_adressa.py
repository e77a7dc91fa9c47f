import json
from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

ADRESSA = DATASETS["adressa"]
DAYS = {
    "20170101": [
        {
            "profile": [{"item": "free", "groups": [{"count": 1, "group": "adressa-access", "weight": 1.0}]}],
            "category1": "nyheter|trondheim",
            "canonicalUrl": "http://www.adressa.no/nyheter/trondheim/2016/12/31/Det-blir-fyrverkeri-14000281.ece",
            "userId": "cx:kfubh0ub7g8z3g5mgndoaljqd:1w4rvohza6x7d",
            "sessionStop": True,
            "publishtime": "2016-12-31T15:48:48.000Z",
            "sessionStart": True,
            "keywords": "utenriks,innenriks",
            "id": "2607fc7d7b4c0ede839a5ff6d499fa428237443e",
            "eventId": 906331936,
            "title": "- Det blir fyrverkeri",
            "author": ["norunn bergesen"],
            "activeTime": 31,
            "time": 1483225203,
            "os": "iPhone OS",
        },
        {"eventId": 906331937, "userId": "cx:1", "url": "http://adressa.no", "time": 1483225204, "sessionStart": False},
    ],
    "20170102": [
        {"eventId": 1, "userId": "cx:1", "id": "b", "category1": "sport", "time": 1483311600, "activeTime": 12},
        {"eventId": 2, "userId": "cx:2", "id": "b", "category1": "sport", "time": 1483311601},
        {"eventId": 3, "userId": "cx:2", "id": "c", "time": 1483311602},
    ],
}


def publish(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for day, events in DAYS.items():
        (folder / day).write_text("".join(json.dumps(event) + "\n" for event in events))
    return folder


@pytest.mark.parametrize("folder", [".", "one_week"])
def test_views_of_articles_are_read_and_those_of_the_front_page_left_out(tmp_path: Path, folder: str) -> None:
    publish(tmp_path / folder)
    log = ADRESSA.read(tmp_path)
    assert log.select("user", "timestamp").rows() == [
        ("cx:kfubh0ub7g8z3g5mgndoaljqd:1w4rvohza6x7d", 1483225203),
        ("cx:1", 1483311600),
        ("cx:2", 1483311601),
        ("cx:2", 1483311602),
    ]
    assert log["item"].to_list() == ["2607fc7d7b4c0ede839a5ff6d499fa428237443e", "b", "b", "c"]
    stream = Stream.from_frame(log, ADRESSA.settings, period="1d")
    # Days are cut in UTC; the newspaper's begin an hour before.
    assert [period["positives"] for period in stream.manifest["periods"]] == [1, 3]
    # The first article has two categories, the last one none, which is a value of its own.
    assert stream.vocabulary.values["category"] == ("nyheter", "trondheim", "sport", None)
    assert stream.schema.several == {"category"}


def test_a_file_of_no_articles_or_no_json_is_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    (tmp_path / "20170103").write_text(json.dumps(DAYS["20170101"][1]) + "\n")
    with pytest.raises(DataError, match=r"20170103 has no event with an article's 'id'"):
        ADRESSA.read(tmp_path)
    (tmp_path / "20170103").write_text("user,item\n1,2\n")
    with pytest.raises(DataError, match=r"20170103"):
        ADRESSA.read(tmp_path)
