"""Where the data comes from: a data set known by name, a raw log, or a prepared folder."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshrec.errors import ConfigError, DataError

if TYPE_CHECKING:
    from freshrec.data import Dataset, Labels, Stream, StreamSettings

__all__ = ["RawLog", "find_source"]

USABLE = "a .parquet, .csv or .csv.gz file, or of a folder that `freshrec prepare` made"


@dataclass(frozen=True)
class RawLog:
    """A log that is still to be prepared.

    Attributes:
        settings: how.
        read: gives what `prepare` takes.
        identify: says which log it is, so that a folder prepared from it can be told from others.
        labels: says who tells what was not liked, where that is known before all of it is read.
        dataset: the data set known by name that it is, if it is one.
        flags: names the columns of a file that hold 0 and 1 and are not used, which may be labels.
    """

    settings: "StreamSettings"
    read: Callable[[], Any]
    identify: Callable[[], dict[str, str]]
    labels: "Callable[[], Labels | None]"
    dataset: "Dataset | None" = None
    flags: Callable[[], tuple[str, ...]] = tuple


def find_source(
    dataset: str | None, data: Path | None, chosen: Mapping[str, Any], path: Path | None = None
) -> "RawLog | Stream":
    """What DATASET or --data names, with the chosen settings over its own.

    Args:
        dataset: the name of a data set.
        data: in its place, a log or a prepared folder.
        chosen: settings that were given.
        path: where the data set's files are.

    Raises:
        ConfigError: neither or both are given, the data set is unknown, or settings cannot be used.
        DataError: a prepared folder cannot be opened, or the data set's files are not there.
    """
    if (dataset is None) == (data is None):
        came = "both DATASET and --data" if data else "neither DATASET nor --data"
        raise ConfigError(
            f"{came} came, expected one of them. Give the name of a data set, such as complete-journey, or "
            f"--data with the path of {USABLE}."
        )
    if dataset is not None:
        return _known(dataset, chosen, path)
    if path is not None:
        raise ConfigError(
            f"--path {path} came with --data; it says where the files of a data set known by name are. Leave it out, "
            "or give the name of the data set in place of --data."
        )
    log = Path(str(data))
    return _prepared(log, chosen) if log.is_dir() else _file(log, chosen)


def _known(name: str, chosen: Mapping[str, Any], path: Path | None) -> RawLog:
    from freshrec.data import find_dataset, settle

    known = find_dataset(name)
    settings = settle(known.settings, chosen)
    files = known.find(path)
    # A data set that names a column of labels has both kinds of them; of others, reading the log tells.
    labelled = "label_column" in known.settings.model_fields_set
    return RawLog(
        settings,
        read=lambda: known.load(files),
        identify=lambda: {"dataset": name, **_digests(*chain.from_iterable(files.values()))},
        labels=lambda: "explicit" if labelled and settings.label_column == known.settings.label_column else None,
        dataset=known,
    )


def _file(path: Path, chosen: Mapping[str, Any]) -> RawLog:
    from freshrec.data import StreamSettings, peek_flags, peek_labels

    settings = StreamSettings.model_validate({"name": path.name.split(".")[0] or "log", **chosen})
    return RawLog(
        settings,
        read=lambda: path,
        identify=lambda: {"file": path.name, "sha256": _digests(path)[path.name]},
        labels=lambda: peek_labels(path, settings),
        flags=lambda: peek_flags(path, settings),
    )


def _digests(*paths: Path) -> dict[str, str]:
    """File name to the SHA-256 of what it holds; with its folder's name where several have the same."""
    names = Counter(path.name for path in paths)
    digests = {}
    for path in paths:
        try:
            with path.open("rb") as file:
                name = path.name if names[path.name] == 1 else f"{path.parent.name}/{path.name}"
                digests[name] = file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror}. Give the path of {USABLE}.") from error
    return digests


def _prepared(folder: Path, chosen: Mapping[str, Any]) -> "Stream":
    from freshrec.data import Stream, StreamSettings, settle

    stream = Stream.open(folder)
    held = stream.manifest["settings"]
    wanted = settle(StreamSettings.model_validate(held), chosen).model_dump(mode="json")
    for name, value in wanted.items():
        if value != held.get(name):
            raise ConfigError(
                f"{name} is {value!r}, but {folder} was prepared with {held.get(name)!r}. Leave it out to "
                "take the folder as it is, or give the raw log to prepare it otherwise."
            )
    return stream
