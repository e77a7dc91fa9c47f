"""What a prepared data set holds, beside what was published of it."""

from collections.abc import Mapping
from typing import Any

from freshrec.data.datasets.dataset import Dataset

__all__ = ["against_published"]

_TABLE = {"users": "user", "items": "item"}


def against_published(dataset: Dataset, manifest: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """What differs between a stream's counts and the published ones: name to (found, published).

    Interactions are counted as published ones are, with those that are repeated at the same time; a stream holds
    these once. A field that the stream was prepared without is not compared, and nothing is where rare items were
    left out by a setting that is not the data set's own.

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
        name: (found[name], published)
        for name, published in dataset.counts.items()
        if name in found and found[name] != published
    }
