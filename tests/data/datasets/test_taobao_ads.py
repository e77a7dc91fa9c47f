from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

TAOBAO = DATASETS["taobao-ads"]
FILES = {
    "raw_sample.csv": "user,time_stamp,adgroup_id,pid,nonclk,clk\n"
    "581738,1494137644,1,430548_1007,1,0\n449818,1494638778,3,430548_1007,0,1\n7,1494650879,4,430539_1007,1,0\n",
    "ad_feature.csv": "adgroup_id,cate_id,campaign_id,customer,brand,price\n1,6406,83237,1,95471,170.0\n"
    "3,6406,83237,1,NULL,170.0\n",
    # The published header ends in a space, and a level that is not known is empty.
    "user_profile.csv": "userid,cms_segid,cms_group_id,final_gender_code,age_level,pvalue_level,shopping_level,"
    "occupation,new_user_class_level \n581738,0,5,2,5,,3,0,3\n449818,5,2,2,2,,3,1,\n",
}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_ads_shown_are_read_with_fields_of_ad_and_user(published: Path) -> None:
    log = TAOBAO.read(published)
    named = log.select("user", "timestamp", "item", "label", "cate_id", "customer", "brand", "final_gender_code")
    assert named.rows() == [
        (581738, 1494137644, 1, 0, "6406", "1", "95471", "2"),
        (449818, 1494638778, 3, 1, "6406", "1", None, "2"),
        (7, 1494650879, 4, 0, None, None, None, None),
    ]
    stream = Stream.from_frame(log, TAOBAO.settings, periods=3)
    assert stream.manifest["labels"] == "explicit"
    assert stream.manifest["periods"][0]["first"] == "2017-05-07T06:14:04+00:00"
    assert stream.schema.user_fields == ("final_gender_code", "age_level", "shopping_level")
    assert stream.vocabulary.values["brand"] == ("95471", None)


def test_a_missing_column_is_named(published: Path) -> None:
    (published / "raw_sample.csv").write_text("user,time_stamp,adgroup_id,pid,nonclk\n1,2,3,4,5\n")
    with pytest.raises(DataError, match=r"raw_sample.csv has no column 'clk'"):
        TAOBAO.read(published)
