"""From an interaction log to periods, samples and batches."""

from freshrec.data.batch import Bags, Batch
from freshrec.data.catalog import Catalog, FieldValues, Schema
from freshrec.data.datasets import DATASETS, Dataset
from freshrec.data.joining import join
from freshrec.data.period import Period
from freshrec.data.samples import Samples
from freshrec.data.settings import StreamSettings
from freshrec.data.stream import Stream
from freshrec.data.vocabulary import Vocabulary
from freshrec.data.writing import prepare

__all__ = [
    "DATASETS",
    "Bags",
    "Batch",
    "Catalog",
    "Dataset",
    "FieldValues",
    "Period",
    "Samples",
    "Schema",
    "Stream",
    "StreamSettings",
    "Vocabulary",
    "join",
    "prepare",
]
