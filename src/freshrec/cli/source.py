"""Where the data comes from: a data set known by name, a raw log, or a prepared folder."""

import glob
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshrec.errors import ConfigError, DataError

if TYPE_CHECKING:
    from freshrec.data import Dataset, Labels, Stream, StreamSettings

__all__ = ["RawLog", "find_source"]


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
    names: Sequence[str] | None,
    data: Sequence[Path | str] | None,
    chosen: Mapping[str, Any],
    path: Path | None = None,
) -> "RawLog | Stream":
    """What DATASET or --data names, with the chosen settings over its own.

    Args:
        names: the name of a data set; or further paths of the log, as a shell puts them after `--data log/*.parquet`.
        data: the paths of a log, or a prepared folder.
        chosen: settings that were given.
        path: where the data set's files are.

    Raises:
        ConfigError: neither or both are given, the data set is unknown, or settings cannot be used.
        DataError: the log cannot be found, a prepared folder cannot be opened, or the data set's files are not there.
    """
    if not data:
        return _known(_only(names), chosen, path)
    if unknown := [name for name in names or () if not _is_there(Path(name))]:
        raise ConfigError(
            f"both DATASET ({unknown[0]}) and --data ({data[0]}) are given, and no file is called {unknown[0]}. Give "
            "the name of a data set, or --data with the paths of a log."
        )
    if path is not None:
        raise ConfigError(
            f"--path {path} came with --data; it says where the files of a data set known by name are. Leave it out, "
            "or give the name of the data set in place of --data."
        )
    paths = [*data, *(names or ())]
    if len(paths) == 1 and _is_there(Path(paths[0]) / "manifest.json"):
        return _prepared(Path(paths[0]), chosen)
    return _log(paths, chosen)


def _only(names: Sequence[str] | None) -> str:
    if not names:
        from freshrec.data import LOG_FILES

        raise ConfigError(
            "neither DATASET nor --data is given. Give the name of a data set, such as complete-journey, or --data "
            f"with the path of a log: {LOG_FILES}; or of a folder that `freshrec prepare` made."
        )
    if len(names) > 1:
        raise ConfigError(
            f"{len(names)} names are given as DATASET: {', '.join(names[:3])}. Give one; for files, write --data "
            "before them."
        )
    return names[0]


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


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


def _log(paths: Sequence[Path | str], chosen: Mapping[str, Any]) -> RawLog:
    from freshrec.data import StreamSettings, find_log_files, peek_flags, peek_labels

    files = find_log_files(paths).files
    settings = StreamSettings.model_validate({"name": _name(paths), **chosen})
    return RawLog(
        settings,
        read=lambda: list(paths),
        identify=lambda: {file.name: _digest(file.path) for file in files},
        labels=lambda: peek_labels(paths, settings),
        flags=lambda: peek_flags(paths, settings),
    )


def _name(paths: Sequence[Path | str]) -> str:
    """What a log is called: the name of its file without an ending, or of the folder that its files have in common."""
    given = [Path(path).absolute() for path in paths]
    if len(given) > 1:
        common = Path(os.path.commonpath([path.parent for path in given]))
        return common.name or "log"
    parts = [part for part in given[0].parts if not glob.has_magic(part)]
    return Path(*parts).name.split(".")[0] or "log"


def _digests(*paths: Path) -> dict[str, str]:
    """File name to the SHA-256 of what it holds; with its folder's name where several have the same."""
    names = Counter(path.name for path in paths)
    named = {path.name if names[path.name] == 1 else f"{path.parent.name}/{path.name}": path for path in paths}
    return {name: _digest(path) for name, path in named.items()}


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}. Give a file that you can read.") from error


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
