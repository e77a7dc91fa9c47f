"""Online Retail II: purchases in a UK gift-ware web shop, December 2009 to December 2011 (UCI)."""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.online_retail_sheets import read_sheets
from freshrec.data.datasets.reading import reading, require
from freshrec.data.settings import StreamSettings
from freshrec.errors import DataError

__all__ = ["ONLINE_RETAIL_II", "purchases"]

PREPARED = ("user", "item", "timestamp")
REAL_CODE = r"^[0-9]{5}[A-Z]{0,2}$"


def load(files: Files) -> pl.DataFrame:
    """Purchases as `user`, `item`, `timestamp`: from the spreadsheet, its export to CSV, or a prepared Parquet file.

    Raises:
        DataError: the file cannot be read, lacks a column, or holds no purchase; or it is a spreadsheet and the
            package that reads it is not installed.
    """
    (path,) = files["log"]
    if path.name.lower().endswith(".parquet"):
        with reading(path):
            scanned = pl.scan_parquet(path)
            require(path, scanned.collect_schema().names(), dict.fromkeys(PREPARED))
            return scanned.select(PREPARED).collect()
    log = purchases(read_sheets(path))
    if log.is_empty():
        raise DataError(
            f"{path} holds no line with a Customer ID, a positive Quantity and a StockCode of five digits. Give the "
            "file as it was published."
        )
    return log


def purchases(sheets: list[pl.DataFrame]) -> pl.DataFrame:
    """The lines of known customers, with positive quantities, of real goods.

    Args:
        sheets: in the order of time, their columns as text: `Invoice`, `StockCode`, `Quantity`, `InvoiceDate`,
            `Customer ID`. What a sheet begins with may be the end of the one before it, as 1 to 9 December 2010 is
            in both published ones; an invoice counts in the later sheet only.
    """
    parts = []
    for number, sheet in enumerate(sheets, 1):
        later = pl.concat([each.select("Invoice") for each in sheets[number:]] or [sheet.select("Invoice").clear()])
        parts.append(sheet.join(later.unique(), on="Invoice", how="anti", maintain_order="left"))
    whole = pl.col("Customer ID", "StockCode").str.strip_chars().str.replace(r"\.0$", "")
    lines = pl.concat(parts).with_columns(whole)
    return lines.filter(
        pl.col("Customer ID").str.len_chars() > 0,
        pl.col("Quantity").cast(pl.Float64, strict=False) > 0,
        pl.col("StockCode").str.to_uppercase().str.contains(REAL_CODE),
    ).select(user="Customer ID", item=pl.col("StockCode").str.to_uppercase(), timestamp="InvoiceDate")


ONLINE_RETAIL_II = Dataset(
    name="online-retail-ii",
    title="Online Retail II: purchases in a UK web shop, 2009 to 2011",
    source="https://archive.ics.uci.edu/dataset/502/online+retail+ii",
    licence="CC BY 4.0 (Chen, Sain, Guo 2012)",
    counts={"interactions": 788_247, "users": 5_853, "items": 4_619},
    settings=StreamSettings(name="online-retail-ii"),
    load=load,
    files={"log": ("online_retail_II.xlsx", "online_retail_II.csv", "online_retail_II.csv.gz", "interactions.parquet")},
)
