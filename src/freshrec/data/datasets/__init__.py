"""Data sets by name. To add one: a file beside this one that makes a `Dataset`, and a line below.

Those of other packages are found by `find_dataset`.
"""

from freshrec.data.datasets.adressa import ADRESSA
from freshrec.data.datasets.avazu import AVAZU
from freshrec.data.datasets.checking import describe_published, published_counts
from freshrec.data.datasets.complete_journey import COMPLETE_JOURNEY
from freshrec.data.datasets.criteo_attribution import CRITEO_ATTRIBUTION
from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.drift import Drift
from freshrec.data.datasets.globo import GLOBO
from freshrec.data.datasets.impressions import IMPRESSIONS
from freshrec.data.datasets.kuairand import KUAIRAND
from freshrec.data.datasets.mind import MIND
from freshrec.data.datasets.movielens_1m import MOVIELENS_1M
from freshrec.data.datasets.movielens_100k import MOVIELENS_100K
from freshrec.data.datasets.movielens_csv import MOVIELENS_25M, MOVIELENS_LATEST, MOVIELENS_LATEST_SMALL
from freshrec.data.datasets.movielens_recbole import MOVIELENS_100K_RECBOLE
from freshrec.data.datasets.online_retail import ONLINE_RETAIL_II
from freshrec.data.datasets.sobazaar import SOBAZAAR
from freshrec.data.datasets.synthetic import (
    DRIFTS,
    SYNTHETIC,
    SYNTHETIC_DRIFT,
    SYNTHETIC_NEWS,
    SYNTHETIC_STILL,
    synthetic_log,
)
from freshrec.data.datasets.taobao_ads import TAOBAO_ADS
from freshrec.data.datasets.tmall import TMALL
from freshrec.data.datasets.world import World
from freshrec.errors import ConfigError
from freshrec.extensions import load, names
from freshrec.settings import nearest

__all__ = [
    "DATASETS",
    "DRIFTS",
    "Dataset",
    "Drift",
    "World",
    "describe_published",
    "find_dataset",
    "published_counts",
    "synthetic_log",
]

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        COMPLETE_JOURNEY,
        TMALL,
        SOBAZAAR,
        MOVIELENS_25M,
        MOVIELENS_LATEST,
        MOVIELENS_LATEST_SMALL,
        MOVIELENS_1M,
        MOVIELENS_100K,
        MOVIELENS_100K_RECBOLE,
        ONLINE_RETAIL_II,
        GLOBO,
        MIND,
        ADRESSA,
        KUAIRAND,
        TAOBAO_ADS,
        AVAZU,
        CRITEO_ATTRIBUTION,
        IMPRESSIONS,
        SYNTHETIC,
        SYNTHETIC_STILL,
        SYNTHETIC_DRIFT,
        SYNTHETIC_NEWS,
    )
}


def find_dataset(name: str) -> Dataset:
    """The data set of a name: one of `DATASETS`, an entry point of `freshrec.datasets`, or `package.module:Name`.

    Raises:
        ConfigError: there is no such data set, or it is no `Dataset`.
    """
    if name in DATASETS:
        return DATASETS[name]
    known = names("datasets")
    if ":" not in name and name not in known:
        hint = nearest(name, [*DATASETS, *known])
        raise ConfigError(f"there is no data set {name!r}. {hint} For a file or folder, write --data {name}.")
    found = load("datasets", name)
    if not isinstance(found, Dataset):
        raise ConfigError(f"{name!r} is no freshrec.data.Dataset. Name one; docs/extending.md shows how to make it.")
    return found
