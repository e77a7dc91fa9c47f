"""Data sets by name. To add one: a file beside this one that makes a `Dataset`, and a line below."""

from freshrec.data.datasets.checking import describe_published, published_counts
from freshrec.data.datasets.complete_journey import COMPLETE_JOURNEY
from freshrec.data.datasets.dataset import Dataset
from freshrec.data.datasets.drift import Drift
from freshrec.data.datasets.impressions import IMPRESSIONS
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
from freshrec.data.datasets.tmall import TMALL
from freshrec.data.datasets.world import World

__all__ = ["DATASETS", "DRIFTS", "Dataset", "Drift", "World", "describe_published", "published_counts", "synthetic_log"]

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
        IMPRESSIONS,
        SYNTHETIC,
        SYNTHETIC_STILL,
        SYNTHETIC_DRIFT,
        SYNTHETIC_NEWS,
    )
}
