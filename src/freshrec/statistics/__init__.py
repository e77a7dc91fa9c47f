"""How far results can be trusted: half-samples of users, intervals, slices of the samples."""

from freshrec.statistics.half_samples import half_samples
from freshrec.statistics.interval import Interval
from freshrec.statistics.measurements import Measurement, measure_slices
from freshrec.statistics.slices import ALL, KNOWN_ITEMS, Activity, interactions, slices_of
from freshrec.statistics.student import student_t

__all__ = [
    "ALL",
    "KNOWN_ITEMS",
    "Activity",
    "Interval",
    "Measurement",
    "half_samples",
    "interactions",
    "measure_slices",
    "slices_of",
    "student_t",
]
