"""Keeping a model: a track updates one model period by period, on disk, and publishes what serves."""

from freshrec.keeping.commit import Commit, Entry
from freshrec.keeping.gate import Gate
from freshrec.keeping.settings import TrackSettings
from freshrec.keeping.track import Track

__all__ = ["Commit", "Entry", "Gate", "Track", "TrackSettings"]
