import gzip
from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream
from freshrec.data.datasets.avazu import FIELDS
from freshrec.errors import DataError

AVAZU = DATASETS["avazu"]
TEXT = (
    "id,click,hour,C1,banner_pos,site_id,site_domain,site_category,app_id,app_domain,app_category,device_id,device_ip,"
    "device_model,device_type,device_conn_type,C14,C15,C16,C17,C18,C19,C20,C21\n"
    "1000009418151094273,0,14102100,1005,0,1fbe01fe,f3845767,28905ebd,ecad2386,7801e8d9,07d7df22,a99f214a,ddd2926e,"
    "44956a24,1,2,15706,320,50,1722,0,35,-1,79\n"
    "10000169349117863715,1,14102100,1005,0,1fbe01fe,f3845767,28905ebd,ecad2386,7801e8d9,07d7df22,a99f214a,96809ac8,"
    "711ee120,1,0,15704,320,50,1722,0,35,100084,79\n"
    "10000169349117863716,0,14102100,1005,0,1fbe01fe,f3845767,28905ebd,ecad2386,7801e8d9,07d7df22,a99f214a,96809ac8,"
    "711ee120,1,0,15704,320,50,1722,0,35,100084,79\n"
    "9999999,1,14103023,1005,0,1fbe01fe,f3845767,28905ebd,ecad2386,7801e8d9,07d7df22,c357dbff,96809ac8,"
    "711ee120,1,0,22254,320,50,2545,0,431,100084,221\n"
)


@pytest.mark.parametrize("name", ["train.csv", "train.gz", "train"])
def test_an_unknown_device_is_told_by_address_and_model(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(TEXT.encode()) if name.endswith(".gz") else TEXT.encode())
    log = AVAZU.read(tmp_path)
    assert log.select("user", "item", "label", "C17", "C21").rows() == [
        ("ddd2926e-44956a24", "15706", 0, "1722", "79"),
        ("96809ac8-711ee120", "15704", 1, "1722", "79"),
        ("96809ac8-711ee120", "15704", 0, "1722", "79"),
        ("c357dbff", "22254", 1, "2545", "221"),
    ]
    stream = Stream.from_frame(log, AVAZU.settings)
    assert stream.schema.fields == (*FIELDS, "hour", "weekday")
    assert [stream.vocabulary.values[name][0] for name in ("banner_pos", "site_category", "hour", "weekday")] == [
        "0",
        "28905ebd",
        "0",
        "Tuesday",
    ]
    # Ten days of 24 hours, eight to a period; impressions of one hour are samples each.
    assert len(stream.periods) == 30
    assert [stream.periods[place].size for place in (0, 29)] == [3, 1]
    assert stream.manifest["periods"][29]["first"] == "2014-10-30T23:00:00+00:00"
    assert stream.manifest["labels"] == "explicit"


def test_an_hour_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    rows = TEXT.splitlines()
    many = [rows[1]] * 30 + [rows[4]] * 30 + [rows[1].replace("14102100", "141021")]
    (tmp_path / "train.csv").write_text("\n".join((rows[0], *many, "")))
    stream = Stream.from_frame(AVAZU.read(tmp_path), AVAZU.settings)
    nonzero = {name: count for name, count in stream.manifest["rows"].items() if count}
    assert nonzero == {"in": 61, "used": 60, "quarantined": 1}


def test_the_test_file_without_clicks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(TEXT.replace("id,click,hour", "id,clicks,hour"))
    with pytest.raises(DataError, match=r"train.csv has no column 'click'"):
        AVAZU.read(tmp_path)
