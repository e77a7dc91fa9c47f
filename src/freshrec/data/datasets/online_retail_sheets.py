"""The two sheets of online_retail_II.xlsx, or of its export to one CSV file, as text."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import polars as pl

from freshrec.data.datasets.reading import reading, require, scan_csv
from freshrec.errors import DataError, first_line

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
            f"{path} is a spreadsheet, which the package fastexcel reads: pip install 'freshrec[spreadsheet]'. Or save "
            "its two sheets, one below the other under one header, as online_retail_II.csv and give that."
        )
    import fastexcel

    try:
        book = fastexcel.read_excel(path)
        # As text: a column's own type would be that of its first thousand cells, and 79323P below 85048 would be lost.
        sheets = [book.load_sheet(name, dtypes="string") for name in book.sheet_names]
    except fastexcel.FastExcelError as error:
        raise DataError(f"cannot read {path}: {first_line(error)}. Check that the spreadsheet is whole.") from error
    filled = [sheet.to_polars() for sheet in sheets if sheet.height]
    if not filled:
        raise DataError(f"{path} has no sheet with a row in it. Give the file as it was published.")
    for sheet in filled:
        require(path, sheet.columns, dict.fromkeys(_ALL))
    return sorted((sheet.select(COLUMNS) for sheet in filled), key=lambda sheet: str(sheet["InvoiceDate"].min()))
