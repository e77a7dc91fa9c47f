"""Complete Journey, prepared once into a folder that goes away."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from freshrec.data import DATASETS, Stream, prepare

__all__ = ["complete_journey"]


@contextmanager
def complete_journey() -> Iterator[Stream]:
    """The stream, whose periods are read from files as they are in use."""
    dataset = DATASETS["complete-journey"]
    with tempfile.TemporaryDirectory() as folder:
        yield prepare(dataset.read(), Path(folder) / "stream", dataset.settings)
