import importlib.util
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

RETAIL = DATASETS["online-retail-ii"]
HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
FIRST = [
    '489434,85048,"15CM CHRISTMAS GLASS BALL, 20 LIGHTS",12,2009-12-01 07:45:00,6.95,13085.0,United Kingdom',
    '489434,79323p,"PINK ""CHERRY"" LIGHTS",12,2009-12-01 07:45:00,6.75,13085.0,United Kingdom',
    "489434,79323P,PINK CHERRY LIGHTS,12,2009-12-01 07:45:00,6.75,13085.0,United Kingdom",
    "C489449,22087,PAPER BUNTING,-12,2009-12-01 10:33:00,2.95,16321.0,Australia",  # a cancellation
    "489450,22087,PAPER BUNTING,3,2009-12-01 10:34:00,2.95,,Australia",  # an unknown customer
    "489526,POST,POSTAGE,1,2009-12-01 11:50:00,18,12533.0,Germany",  # no good
    "489527,gift_0001_20,VOUCHER,1,2009-12-01 11:51:00,18,12533.0,Germany",
    "538171,22271,FELTCRAFT DOLL,2,2010-12-09 20:01:00,2.95,17530.0,United Kingdom",
]
SECOND = [
    "538171,22271,FELTCRAFT DOLL,2,2010-12-09 20:01:00,2.95,17530.0,United Kingdom",
    "581587,15056BL,EDWARDIAN PARASOL £,4,2011-12-09 12:50:00,4.15,12680.0,France",
]
EXPECTED = [
    ("13085", "85048", "2009-12-01 07:45:00"),
    ("13085", "79323P", "2009-12-01 07:45:00"),
    ("13085", "79323P", "2009-12-01 07:45:00"),
    ("17530", "22271", "2010-12-09 20:01:00"),
    ("12680", "15056BL", "2011-12-09 12:50:00"),
]
AGAIN = "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def test_the_export_of_both_sheets_counts_their_overlap_once(tmp_path: Path) -> None:
    # The second sheet begins again on 1 December 2010, before the end of the first.
    rows = [HEADER, *FIRST[:-1], AGAIN, FIRST[-1], AGAIN, *SECOND]
    (tmp_path / "online_retail_II.csv").write_bytes("\r\n".join(rows).encode("latin-1"))
    log = RETAIL.read(tmp_path)
    assert log.columns == ["user", "item", "timestamp"]
    assert log.rows() == [*EXPECTED[:3], ("17850", "85123A", "2010-12-01 08:26:00"), *EXPECTED[3:]]


def test_lines_that_are_repeated_within_a_sheet_count_each(tmp_path: Path) -> None:
    (tmp_path / "online_retail_II.csv").write_text("\n".join((HEADER, *FIRST[:3], FIRST[1])))
    log = RETAIL.read(tmp_path)
    assert log["item"].to_list() == ["85048", "79323P", "79323P", "79323P"]
    assert Stream.from_frame(log.vstack(log.with_columns(user=pl.lit("9"))), RETAIL.settings, periods=1).manifest[
        "rows"
    ] == {"in": 8, "used": 4, "duplicates": 4, "filtered": 0, "quarantined": 0}


def sheet(rows: list[str]) -> pl.DataFrame:
    """A sheet as the engine gives it: numbers, times, and codes as text."""
    read = pl.read_csv("\n".join((HEADER, *rows)).encode(), schema_overrides={"Invoice": pl.String})
    return read.with_columns(pl.col("InvoiceDate").str.to_datetime(), pl.col("StockCode").cast(pl.String))


def test_the_spreadsheet_is_read_as_its_export_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_excel(path: Path, **options: Any) -> dict[str, pl.DataFrame]:
        assert (path.name, options["sheet_id"], options["engine"]) == ("online_retail_II.xlsx", 0, "calamine")
        return {"Year 2010-2011": sheet(SECOND), "Year 2009-2010": sheet(FIRST)}

    (tmp_path / "online_retail_II.xlsx").write_bytes(b"PK")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(pl, "read_excel", read_excel)
    first = sheet(FIRST)["InvoiceDate"]
    assert first[0] == datetime(2009, 12, 1, 7, 45)
    assert RETAIL.read(tmp_path).rows() == EXPECTED


def test_without_the_engine_the_pip_line_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "online_retail_II.xlsx").write_bytes(b"PK")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DataError, match=r"online_retail_II.xlsx is a spreadsheet, .* pip install fastexcel. Or save"):
        RETAIL.read(tmp_path)


def test_what_the_engine_cannot_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("invalid Zip archive")

    (tmp_path / "online_retail_II.xlsx").write_bytes(b"PK")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(pl, "read_excel", broken)
    with pytest.raises(DataError, match=r"cannot read .*II.xlsx: invalid Zip archive. Check that the spreadsheet is"):
        RETAIL.read(tmp_path)


def test_a_prepared_parquet_file_is_taken_as_it_is(tmp_path: Path) -> None:
    prepared = pl.DataFrame({"user": [1, 2], "item": [3, 4], "timestamp": [1259653500, 1259653560], "label": [1, 1]})
    prepared.write_parquet(tmp_path / "interactions.parquet")
    assert RETAIL.read(tmp_path).equals(prepared.drop("label"))
    prepared.drop("item").write_parquet(tmp_path / "interactions.parquet")
    with pytest.raises(DataError, match=r"interactions.parquet has no column 'item'; expected are user, item, "):
        RETAIL.read(tmp_path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "online_retail_II.csv"
    path.write_text("InvoiceNo,StockCode\n1,2\n")
    with pytest.raises(
        DataError, match=r"has no column 'Invoice', 'Description', 'Quantity'.*its first line holds Inv"
    ):
        RETAIL.read(path)
    path.write_text("\n".join((HEADER, *FIRST[3:7])))
    with pytest.raises(
        DataError, match=r"holds no line with a Customer ID, a positive Quantity and a StockCode of five"
    ):
        RETAIL.read(path)
