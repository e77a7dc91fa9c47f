"""The folder of an experiment, and the methods that are compared in it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from freshrec.errors import OutputError
from freshrec.evaluation import begin_folder
from freshrec.experiments.exhibits import EXHIBITS
from freshrec.files import exists, locked, write_bytes

__all__ = ["COMPARISON", "REPORT", "TIMING", "claimed_methods"]

NOTE, COMPARISON, TIMING, REPORT = "experiment.json", "comparison", "timing", "report.html"
WRITTEN = (REPORT, COMPARISON, TIMING, *(f"{name}.{kind}" for name in EXHIBITS for kind in ("md", "csv", "svg", "png")))


@contextmanager
def claimed_methods(out: Path, methods: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Hold `out` as the folder of an experiment that compares some methods, in addition to those compared there before.

    Yields:
        The methods to compare in it: those from before, then the added ones. None of them where none is asked for.

    Raises:
        OutputError: `out` cannot be written, holds something else, or another process holds it.
    """
    if not exists(out / NOTE):
        begin_folder(out, NOTE, "an experiment", WRITTEN)
    with locked(out):
        if not exists(out / NOTE):
            begin_folder(out, NOTE, "an experiment", WRITTEN)
            write_bytes(out / NOTE, b'{"kind": "experiment"}\n')
        yield tuple(dict.fromkeys((*_compared(out / COMPARISON / "config.json"), *methods))) if methods else ()


def _compared(path: Path) -> tuple[str, ...]:
    """The methods of the comparison that a configuration describes; none without the file."""
    if not exists(path):
        return ()
    try:
        return tuple(str(name) for name in json.loads(path.read_bytes())["settings"]["methods"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(
            f"cannot read {path} ({error}), which says what is compared in its folder. Choose another folder."
        ) from error
