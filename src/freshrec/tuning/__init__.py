"""Choosing settings on validation periods, before any test period is looked at."""

from freshrec.tuning.choice import Choice
from freshrec.tuning.search import Tuned, tune
from freshrec.tuning.settings import TuneSettings

__all__ = ["Choice", "TuneSettings", "Tuned", "tune"]
