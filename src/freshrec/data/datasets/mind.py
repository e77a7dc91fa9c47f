"""MIND: impressions of Microsoft News with clicks, 9 to 15 November 2019.

The format is that of https://learn.microsoft.com/azure/open-datasets/dataset-microsoft-news: tab-separated files
without header or quoting. A line of behaviors.tsv is an impression, whose last cell lists the news shown and whether
each was clicked: "N55689-1 N35729-0".
"""

from pathlib import Path

import polars as pl

from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.finding import Files
from freshrec.data.datasets.reading import reading
from freshrec.data.settings import StreamSettings
from freshrec.errors import DataError

__all__ = ["MIND"]

BEHAVIORS = ("impression", "user", "time", "history", "shown")
NEWS = ("item", "category", "subcategory", "title", "abstract", "url", "title_entities", "abstract_entities")
TIME = "%m/%d/%Y %I:%M:%S %p"


def load(files: Files) -> pl.DataFrame:
    """A row for each news shown: `user`, `item`, `timestamp`, `label`, and the news' `category` and `subcategory`.

    News without a label, as in the published test set, are left out, and so is the column of earlier clicks, which
    have no times.

    Raises:
        DataError: a file cannot be read, has other columns, or no news shown has a label.
    """
    shown = pl.concat([_behaviors(path) for path in files["behaviors"]])
    if shown.is_empty():
        raise DataError(
            f"{files['behaviors'][0]} has no impression with labels, such as 'N55689-1 N35729-0'. Give the training "
            "and the validation set; the test set is published without labels."
        )
    news = pl.concat([_table(path, NEWS, ("item", "category", "subcategory")) for path in files["news"]])
    return shown.join(news.unique("item", keep="first", maintain_order=True), on="item", how="left")


def _behaviors(path: Path) -> pl.DataFrame:
    lines = _table(path, BEHAVIORS, ("user", "time", "shown"))
    rows = lines.with_columns(timestamp=pl.col("time").str.strptime(pl.Datetime("us"), TIME, strict=False))
    each = rows.select("user", "timestamp", pl.col("shown").str.split(" ")).explode("shown")
    parts = pl.col("shown").str.extract_groups(r"^(?<item>.+)-(?<label>[01])$")
    return each.with_columns(parts.alias("parts")).unnest("parts").drop_nulls("item").drop("shown")


def _table(path: Path, columns: tuple[str, ...], wanted: tuple[str, ...]) -> pl.DataFrame:
    with reading(path):
        found = pl.scan_csv(path, separator="\t", has_header=False, quote_char=None, infer_schema=False)
        width = len(found.collect_schema())
        if width != len(columns):
            raise DataError(
                f"{path} has {width} columns with tabs between them, where {len(columns)} are expected: "
                f"{', '.join(columns)}. Give the file as it was published."
            )
        return found.rename(dict(zip(found.collect_schema(), columns, strict=True))).select(wanted).collect()


MIND = Dataset(
    name="mind",
    title="MIND: impressions of Microsoft News, November 2019 (small or large)",
    source="https://msnews.github.io/",
    licence="Microsoft Research License Terms: for research, not for commercial use",
    counts={},
    settings=StreamSettings(name="mind", label_column="label", item_fields=("category", "subcategory")),
    load=load,
    files={
        "behaviors": ("behaviors.tsv", "*/behaviors.tsv"),
        "news": ("news.tsv", "*/news.tsv"),
    },
    multipart=frozenset({"behaviors", "news"}),
)
