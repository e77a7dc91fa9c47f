"""A published model: its folder, and the scorer that loads it; no training code is imported."""

from freshrec.serving.context import Context
from freshrec.serving.description import ModelDescription
from freshrec.serving.pointer import Pointer, serve, served, version_folder
from freshrec.serving.scorer import Scorer, load
from freshrec.serving.version import Version, read_version, write_version

__all__ = [
    "Context",
    "ModelDescription",
    "Pointer",
    "Scorer",
    "Version",
    "load",
    "read_version",
    "serve",
    "served",
    "version_folder",
    "write_version",
]
