import csv
import importlib.util
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from freshrec.data import DATASETS, Stream
from freshrec.errors import DataError

RETAIL = DATASETS["online-retail-ii"]
HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
COLUMNS = HEADER.split(",")
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
fastexcel = pytest.mark.skipif(
    importlib.util.find_spec("fastexcel") is None, reason="the extra spreadsheet is not installed"
)
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
    stream = Stream.from_frame(log.vstack(log.with_columns(user=pl.lit("9"))), RETAIL.settings, periods=1)
    nonzero = {name: count for name, count in stream.manifest["rows"].items() if count}
    assert nonzero == {"in": 8, "used": 4, "duplicates": 4}


Cells = list[list[Any]]


def cells(rows: list[str]) -> Cells:
    """The rows as the published spreadsheet has them: numbers, dates and text cell by cell, an empty cell as None."""
    return [[_cell(name, text) for name, text in zip(COLUMNS, row, strict=True)] for row in csv.reader(rows)]


def _cell(column: str, text: str) -> Any:
    if not text:
        return None
    if column == "InvoiceDate":
        return datetime.fromisoformat(text)
    try:
        return float(text)
    except ValueError:
        return text


def spreadsheet(folder: Path, **sheets: Cells | None) -> Path:
    """online_retail_II.xlsx with these sheets in this order, each below the published header; None for an empty one."""
    path = folder / "online_retail_II.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "m/d/yy h:mm"}) as book:
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for at, row in enumerate([] if rows is None else [COLUMNS, *rows]):
                page.write_row(at, 0, row)
    return folder


@fastexcel
def test_the_spreadsheet_is_read_as_its_export_is(tmp_path: Path) -> None:
    # The later sheet first, and an empty one, as a spreadsheet may have at its end.
    log = RETAIL.read(spreadsheet(tmp_path, later=cells(SECOND), earlier=cells(FIRST), empty=None))
    assert log.rows() == EXPECTED


@fastexcel
def test_what_differs_in_kind_below_a_thousand_rows_is_not_lost(tmp_path: Path) -> None:
    plain = cells(["489434,85048,BALL,12,2009-12-01 07:45:00,6.95,,United Kingdom"]) * 1_500
    # Only now a customer, an invoice and a code that are no numbers, and half a thing.
    rare = [
        "489435,79323P,BALL,1,2009-12-01 07:46:00,6.95,13085,United Kingdom",
        "C489436,85048,BALL,1,2009-12-01 07:47:00,6.95,13085,United Kingdom",
        "489437,gift_1,BALL,1,2009-12-01 07:48:00,6.95,13085,United Kingdom",
        "489438,85048,BALL,0.5,2009-12-01 07:49:00,6.95,13086,United Kingdom",
    ]
    log = RETAIL.read(spreadsheet(tmp_path, one=plain + cells(rare)))
    assert log.rows() == [
        ("13085", "79323P", "2009-12-01 07:46:00"),
        ("13085", "85048", "2009-12-01 07:47:00"),
        ("13086", "85048", "2009-12-01 07:49:00"),
    ]


@fastexcel
def test_every_minute_of_a_day_is_read_to_the_second(tmp_path: Path) -> None:
    # A spreadsheet holds times as fractions of a day: 07:45 must not become 07:44:59.
    times = [datetime(2011, 2, 28) + timedelta(minutes=minute) for minute in range(2_880)]
    rows = [[489434 + at, 85048, "BALL", 1, time, 6.95, 13085, "France"] for at, time in enumerate(times)]
    assert RETAIL.read(spreadsheet(tmp_path, one=rows))["timestamp"].to_list() == [str(time) for time in times]


@fastexcel
def test_a_spreadsheet_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"online_retail_II.xlsx has no sheet with a row in it. Give the file as it was"
    ):
        RETAIL.read(spreadsheet(tmp_path, one=[], two=None))
    with xlsxwriter.Workbook(tmp_path / "online_retail_II.xlsx") as book:
        page = book.add_worksheet()
        page.write_row(0, 0, [*COLUMNS[:6], "CustomerID", "Country"])
        page.write_row(1, 0, cells(FIRST)[0])
    with pytest.raises(DataError, match=r"online_retail_II.xlsx has no column 'Customer ID'; expected are Invoice, "):
        RETAIL.read(tmp_path)


@fastexcel
@pytest.mark.parametrize("content", [b"", b"PK", b"Invoice,StockCode"])
def test_what_is_no_spreadsheet_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "online_retail_II.xlsx").write_bytes(content)
    with pytest.raises(DataError, match=r"cannot read .*II.xlsx: .* Check that the spreadsheet is whole.$") as raised:
        RETAIL.read(tmp_path)
    assert "\n" not in str(raised.value)


def test_without_the_engine_the_pip_line_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "online_retail_II.xlsx").write_bytes(b"PK")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DataError, match=r"is a spreadsheet, .*: pip install 'freshrec\[spreadsheet\]'. Or save"):
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
