"""The two sheets of online_retail_II.xlsx, or of its export to one CSV file, as text."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import polars as pl

from freshrec.data.datasets.reading import reading, require, scan_csv
from freshrec.errors import DataError

__all__ = ["COLUMNS", "read_sheets", "split"]

COLUMNS = ("Invoice", "StockCode", "Quantity", "InvoiceDate", "Customer ID")
_ALL = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")


def read_sheets(path: Path) -> list[pl.DataFrame]:
    """The sheets in the order of time, with `COLUMNS` as text; a date is ISO 8601.

    Raises:
        DataError: the file cannot be read or lacks a column; or it is a spreadsheet and fastexcel is not installed.
    """
    if path.name.lower().endswith((".xlsx", ".xls")):
        return _spreadsheet(path)
    log = scan_csv(path, dict.fromkeys(_ALL, pl.String))
    with reading(path):
        return split(log.select(COLUMNS).collect())


def split(lines: pl.DataFrame) -> list[pl.DataFrame]:
    """The sheets of an export that has them one below the other: the second begins where the time falls back by days.

    >>> dates = ["2010-12-08 09:00:00", "2010-12-09 20:01:00", "2010-12-01 08:26:00", "2010-12-01 08:26:00"]
    >>> [sheet.height for sheet in split(pl.DataFrame({"InvoiceDate": dates}))]
    [2, 2]
    """
    day = pl.col("InvoiceDate").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    fallen = lines.select(day.forward_fill().diff().dt.total_days() < -1).to_series().arg_true()
    borders = [0, *fallen.to_list(), lines.height]
    return [lines[begin:end] for begin, end in pairwise(borders)]


def _spreadsheet(path: Path) -> list[pl.DataFrame]:
    if importlib.util.find_spec("fastexcel") is None:
        raise DataError(
            f"{path} is a spreadsheet, which the package fastexcel reads: pip install fastexcel. Or save its two "
            "sheets, one below the other under one header, as online_retail_II.csv and give that."
        )
    # Codes such as 85048 and 79323P share a column: read as numbers, the second kind would be lost.
    texts = dict.fromkeys(("Invoice", "StockCode"), pl.String)
    try:
        sheets = pl.read_excel(path, sheet_id=0, engine="calamine", schema_overrides=texts)
    except Exception as error:  # the engine has errors of its own
        raise DataError(f"cannot read {path}: {error}. Check that the spreadsheet is whole.") from error
    for sheet in sheets.values():
        require(path, sheet.columns, dict.fromkeys(_ALL))
    taken = [sheet.select(_text(sheet, name) for name in COLUMNS) for sheet in sheets.values() if sheet.height]
    return sorted(taken, key=lambda sheet: str(sheet["InvoiceDate"].min()))


def _text(sheet: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    return column.dt.to_string("%Y-%m-%d %H:%M:%S") if sheet[name].dtype.is_temporal() else column.cast(pl.String)
