"""Files that an installed package ships, found without importing it."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from freshrec.errors import DataError, first_line

__all__ = ["packaged"]


@contextmanager
def packaged(module: str, dataset: str, install: str) -> Iterator[Path]:
    """The folder of an installed package, for the block to read files in.

    The package is found, not imported: what it imports itself is often heavy, and nothing here needs it.

    Args:
        module: the package's name in Python.
        dataset: what is read from it, for messages.
        install: the command that installs it, for messages.

    Raises:
        DataError: the package is not installed, or the block cannot read what it should hold.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f"{dataset} is read from the package {module}, which is not installed: {install}")
    folder = Path(spec.submodule_search_locations[0])
    try:
        yield folder
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"cannot read {dataset} in {folder}: {first_line(error)}. Remove the package and install it again: "
            f"{install}"
        ) from error
