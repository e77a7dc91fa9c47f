"""The folder of an experiment, and the methods that are compared in it."""

import json
from pathlib import Path

from freshrec.errors import OutputError
from freshrec.evaluation import begin_folder
from freshrec.experiments.exhibits import EXHIBITS
from freshrec.files import write_bytes

__all__ = ["COMPARISON", "REPORT", "TIMING", "claim_methods"]

NOTE, COMPARISON, TIMING, REPORT = "experiment.json", "comparison", "timing", "report.html"
WRITTEN = (REPORT, COMPARISON, TIMING, *(f"{name}.{kind}" for name in EXHIBITS for kind in ("md", "csv", "svg", "png")))


def claim_methods(out: Path, methods: tuple[str, ...]) -> tuple[str, ...]:
    """Make `out` the folder of an experiment that compares some methods, or see that it compares them already.

    Returns:
        The methods that are compared in it: the given ones, or more where more were compared before. None of them
        where none is asked for.

    Raises:
        OutputError: `out` cannot be written, holds something else, or a comparison without one of the methods.
    """
    path = out / NOTE
    held: tuple[str, ...] = ()
    if path.exists():
        held = _held(path)
    else:
        begin_folder(out, NOTE, "an experiment", WRITTEN)
    missing = [name for name in methods if name not in held]
    if held and missing:
        raise OutputError(
            f"{out} compares {', '.join(held)}, and {', '.join(missing)} came in addition; methods cannot join a "
            "comparison that has begun. Choose another folder, and name all exhibits that you want there at once."
        )
    if not held:
        write_bytes(path, json.dumps({"methods": methods}, indent=1).encode() + b"\n")
        return methods
    return held if methods else ()


def _held(path: Path) -> tuple[str, ...]:
    try:
        return tuple(str(name) for name in json.loads(path.read_bytes())["methods"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(
            f"cannot read {path} ({error}), which says what is compared in its folder. Choose another folder."
        ) from error
