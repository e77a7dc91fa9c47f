"""The names of the files of a prepared folder."""

import re

__all__ = [
    "LATE",
    "MANIFEST",
    "NEWEST",
    "POSITIVES",
    "QUARANTINE",
    "RUN",
    "SAMPLES",
    "SPILL",
    "VALUES",
    "WAITING",
    "is_ours",
]

MANIFEST = "manifest.json"
"""What the folder holds; written last."""

SAMPLES = "period_{number:05d}_samples.parquet"
POSITIVES = "period_{number:05d}_positives.safetensors"

VALUES = "values_{span}.arrow"
"""The raw values that some periods brought, of all tables."""

RUN = "{kind}_{span}.safetensors"
"""Sorted keys that some periods brought: `index` of the raw values, `had` of who had what."""

NEWEST = "newest_{number:05d}.safetensors"
"""What a number of periods leave for the next: the newest period of each user, and the newest values of each item."""

QUARANTINE = "step_{number:05d}_quarantine.parquet"
LATE = "step_{number:05d}_late.parquet"
WAITING = "step_{number:05d}_waiting.parquet"
"""The malformed rows of a step, those of finished periods, and those of unfinished ones."""

SPILL = ".rows-"
"""What the name of a folder begins with that holds the rows of a large log while they are taken."""

_OURS = re.compile(r"^\.?(period|step|newest)_\d{5}.*|^\.?(values|index|had)_\d{5}_\d{5}\..*")


def is_ours(name: str) -> bool:
    """Whether a file in a prepared folder is one that preparing writes, whole or staged; not the manifest."""
    return bool(_OURS.match(name))
