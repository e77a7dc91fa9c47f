"""What a prepared data set holds, beside what was published of it."""

from collections.abc import Mapping
from typing import Any

from freshrec.data.datasets.dataset import Dataset

__all__ = ["describe_published", "published_counts"]

_TABLE = {"users": "user", "items": "item"}


def published_counts(dataset: Dataset, manifest: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """A stream's counts beside the published ones: name to what was `found` and what was `published`.

    Interactions are counted as published ones are, with those that are repeated at the same time, whether the stream
    holds these once or each. A field that the stream was prepared without is not compared, and nothing is where rare
    items were left out by a setting that is not the data set's own.

    Args:
        dataset: what the stream was prepared from.
        manifest: the stream's.
    """
    if manifest["settings"]["min_item_count"] != dataset.settings.min_item_count:
        return {}
    rows, sizes = manifest["rows"], manifest["schema"]["rows"]
    found = {"interactions": rows["used"] + rows["duplicates"]}
    found |= {name: sizes[_TABLE.get(name, name)] for name in dataset.counts if _TABLE.get(name, name) in sizes}
    return {
        name: {"found": found[name], "published": published}
        for name, published in dataset.counts.items()
        if name in found
    }


def describe_published(dataset: Dataset, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a manifest keeps of the data set that its stream was prepared from: where it is from, and the counts."""
    return {
        "dataset": dataset.name,
        "source": dataset.source,
        "licence": dataset.licence,
        "counts": published_counts(dataset, manifest),
    }
