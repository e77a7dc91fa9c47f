"""Data sets by name. To add one: a file beside this one that makes a `Dataset`, and a line below."""

from freshrec.data.datasets.complete_journey import COMPLETE_JOURNEY
from freshrec.data.datasets.dataset import Dataset

__all__ = ["DATASETS", "Dataset"]

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in (COMPLETE_JOURNEY,)}
