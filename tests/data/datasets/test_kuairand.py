from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

KUAIRAND = DATASETS["kuairand"]
HEADER = (
    "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,"
    "play_time_ms,duration_ms,profile_stay_time,comment_stay_time,is_profile_enter,is_rand,tab"
)
FILES = {
    "log_standard_4_08_to_4_21_pure.csv": [
        HEADER,
        "0,10,20220411,1900,1649675512388,1,0,0,0,0,0,0,1385,209900,0,0,0,0,1",
        "0,20,20220416,2000,1650111976017,0,0,0,0,0,0,0,0,65400,0,0,0,0,0",
    ],
    "log_standard_4_22_to_5_08_pure.csv": [
        HEADER,
        "1,20,20220422,1100,1650596400000,1,0,0,0,0,0,0,0,255160,0,0,0,0,8",
        "1,30,20220422,1100,1650596400001,0,0,0,0,0,0,0,1970,79733,0,0,0,0,1",
    ],
    "log_random_4_22_to_5_08_pure.csv": [HEADER, "1,10,20220422,1100,1650596400002,1,0,0,0,0,0,0,0,1,0,0,0,0,1,1"],
    "video_features_basic_pure.csv": [
        "video_id,author_id,video_type,upload_dt,upload_type,visible_status,video_duration,server_width,server_height,"
        "music_id,music_type,tag",
        '10,7,NORMAL,2022-04-01,ShortImport,1.0,20000.0,720,1280,5,9.0,"12,34"',
        "20,8,NORMAL,2022-04-02,Web,1.0,20000.0,720,1280,6,9.0,12",
    ],
}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for name, lines in FILES.items():
        (tmp_path / "data" / name).write_text("\n".join((*lines, "")))
    return tmp_path


def test_videos_of_the_standard_policy_are_read_with_their_tags(published: Path) -> None:
    log = KUAIRAND.read(published)
    assert log.select("user", "item", "timestamp", "label").rows() == [
        (0, 10, 1649675512388, 1),
        (0, 20, 1650111976017, 0),
        (1, 20, 1650596400000, 1),
        (1, 30, 1650596400001, 0),
    ]
    assert log.equals(KUAIRAND.read(published / "data"))
    stream = Stream.from_frame(log, KUAIRAND.settings, periods=2)
    assert stream.manifest["labels"] == "explicit"
    assert stream.manifest["periods"][0]["first"] == "2022-04-11T11:11:52+00:00"
    # Tags of one video stand one by one; a video without features has the missing value.
    assert stream.vocabulary.values["tag"] == ("12", "34", None)
    assert stream.vocabulary.values["upload_type"] == ("ShortImport", "Web", None)


def test_a_missing_file_is_named(published: Path) -> None:
    (published / "data" / "video_features_basic_pure.csv").unlink()
    with pytest.raises(DataError, match=r"has no video_features_basic_\*.csv or data/video_features_basic_\*.csv"):
        KUAIRAND.read(published)
