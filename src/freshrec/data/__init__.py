"""From an interaction log to periods, samples and batches."""

from freshrec.data.batch import SCORING_BATCH, Bags, Batch
from freshrec.data.datasets import (
    DATASETS,
    DRIFTS,
    Dataset,
    Drift,
    World,
    find_dataset,
    published_counts,
    synthetic_log,
)
from freshrec.data.field_values import FieldValues
from freshrec.data.file_format import LOG_FILES
from freshrec.data.joining import join
from freshrec.data.log_files import LogFiles, find_log_files
from freshrec.data.negatives import Exclude
from freshrec.data.numbers import binned, standardised
from freshrec.data.peeking import peek_flags, peek_labels
from freshrec.data.period import Period
from freshrec.data.preparer import Preparer
from freshrec.data.samples import Samples
from freshrec.data.schema import Labels, Schema
from freshrec.data.settings import StreamSettings, replacing, settle
from freshrec.data.source import Source
from freshrec.data.stream import Stream
from freshrec.data.turnover_table import (
    TURNOVER_COLUMNS,
    TURNOVER_NOTE,
    lacking_ids,
    minute,
    time_range,
    turnover_rows,
    turnover_sentence,
)
from freshrec.data.vocabulary import Vocabulary
from freshrec.data.windows import take_windows
from freshrec.data.writing import prepare

__all__ = [
    "DATASETS",
    "DRIFTS",
    "LOG_FILES",
    "SCORING_BATCH",
    "TURNOVER_COLUMNS",
    "TURNOVER_NOTE",
    "Bags",
    "Batch",
    "Dataset",
    "Drift",
    "Exclude",
    "FieldValues",
    "Labels",
    "LogFiles",
    "Period",
    "Preparer",
    "Samples",
    "Schema",
    "Source",
    "Stream",
    "StreamSettings",
    "Vocabulary",
    "World",
    "binned",
    "find_dataset",
    "find_log_files",
    "join",
    "lacking_ids",
    "minute",
    "peek_flags",
    "peek_labels",
    "prepare",
    "published_counts",
    "replacing",
    "settle",
    "standardised",
    "synthetic_log",
    "take_windows",
    "time_range",
    "turnover_rows",
    "turnover_sentence",
]
