import gzip
from pathlib import Path

import pytest

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

SOBAZAAR = DATASETS["sobazaar"]
HEADER = "Action,Timestamp,ItemID,UserID"


def write(folder: Path, *rows: str, header: str = HEADER, start: str = "") -> Path:
    path = folder / "Sobazaar-hashID.csv.gz"
    path.write_bytes(gzip.compress((start + "\r\n".join((header, *rows, ""))).encode()))
    return folder


def test_every_action_counts_and_fractions_of_a_second_are_kept(tmp_path: Path) -> None:
    rows = [
        "product_detail_clicked,2014-09-01T00:00:01.1234567Z,-8123,101",
        "product_wanted,2014-09-01T00:00:01.2Z,-8123,101",
        "purchase:buy_clicked,2014-09-01T00:00:02Z,77,-5",
        "purchase:buy_clicked,2014-09-01T00:00:02Z,77,-5",
    ]
    log = SOBAZAAR.read(write(tmp_path, *rows, start="\ufeff"))
    assert log.columns == ["user", "item", "timestamp"]
    assert log["user"].to_list() == ["101", "101", "-5", "-5"]
    assert log["item"].to_list() == ["-8123", "-8123", "77", "77"]
    stream = Stream.from_frame(log, SOBAZAAR.settings, periods=3)
    # Three instants and so three periods, of one negative an event; the repeated row is an event of its own.
    assert [period.size for period in stream.periods] == [2, 2, 4]
    assert {name: count for name, count in stream.manifest["rows"].items() if count} == {"in": 4, "used": 4}
    assert stream.periods[0].samples().timestamp[0] == 1_409_529_601_123_456
    # The second event sees the first, of the same second.
    second = stream.periods[1].samples()
    assert (second.end - second.start).tolist() == [1, 1]


def test_columns_are_required_by_name_in_any_order(tmp_path: Path) -> None:
    write(tmp_path, "7,a,2014-09-01T00:00:01Z,u", header="ItemID,Action,Timestamp,UserID")
    assert SOBAZAAR.read(tmp_path).row(0) == ("u", "7", "2014-09-01T00:00:01Z")
    write(tmp_path, "a,7,u", header="Action,itemid,UserID")
    with pytest.raises(DataError, match=r"hashID.csv.gz has no column 'Timestamp', 'ItemID'; expected are Action, "):
        SOBAZAAR.read(tmp_path)


def test_a_damaged_archive_is_told_with_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, "a,2014-09-01T00:00:01Z,7,u") / "Sobazaar-hashID.csv.gz"
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(DataError, match=r"cannot read .*Sobazaar-hashID.csv.gz: .* Check that the file is whole"):
        SOBAZAAR.read(tmp_path)
    path.write_bytes(b"Action,Timestamp")
    with pytest.raises(DataError, match=r"cannot read .*Sobazaar-hashID.csv.gz: Not a gzipped file"):
        SOBAZAAR.read(tmp_path)
