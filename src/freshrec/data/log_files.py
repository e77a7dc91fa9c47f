"""Which files a log consists of: files by their path, all of a folder, or those that a pattern matches."""

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from freshrec.data.file_format import LOG_FILES, FileFormat, format_of, format_of_name
from freshrec.errors import DataError

__all__ = ["LogFile", "LogFiles", "find_log_files"]

_REMOTE = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):/")
_PREPARED = re.compile(r"^period_\d{5}_samples\.parquet$")
_PARTITION = re.compile(r"^([^=]+)=(.*)$")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_TABLE_FORMATS = {"_delta_log": "Delta Lake", ".hoodie": "Hudi", "metadata": "Iceberg"}


@dataclass(frozen=True)
class LogFile:
    """One file of a log.

    Attributes:
        path: the file.
        name: its path from the folder that all files of the log have in common.
        format: how it is read.
        partitions: the columns that its folders give, as in `day=2024-01-31/part-0.parquet`: name to value.
    """

    path: Path
    name: str
    format: FileFormat
    partitions: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class LogFiles:
    """The files of a log, all of one format.

    Attributes:
        files: at least one, in the order of their paths.
        ignored: paths of other files in the same folders, hidden ones left out.
    """

    files: tuple[LogFile, ...]
    ignored: tuple[Path, ...] = ()


def find_log_files(paths: Sequence[Path | str]) -> LogFiles:
    """Find the files of a log.

    Args:
        paths: files, folders of them, or patterns such as `log/*.parquet`. In folders, hidden files and those that
            begin with `_` are left out.

    Raises:
        DataError: a path leads to nothing that is a log, is a remote address, or is given twice.
    """
    found: dict[Path, FileFormat] = {}
    ignored: list[Path] = []
    for given in paths:
        here = _find(str(given))
        if repeated := [path for path in here.files if path in found]:
            raise DataError(f"{repeated[0]} is given twice. Give every file of the log once.")
        found.update(here.files)
        ignored += here.ignored
    if not found:
        raise DataError(f"no path was given. Give {LOG_FILES}.")
    _check_formats(found)
    common = Path(os.path.commonpath([path.absolute().parent for path in found]))
    files = (
        LogFile(path, path.absolute().relative_to(common).as_posix(), found[path], _partitions(path))
        for path in sorted(found)
    )
    return LogFiles(tuple(files), tuple(ignored))


@dataclass
class _Found:
    files: dict[Path, FileFormat] = field(default_factory=dict)
    ignored: list[Path] = field(default_factory=list)

    def add(self, path: Path) -> None:
        """Take a file of a folder or a pattern: as part of the log if it has a known format."""
        file_format = format_of_name(path.name) or (format_of(path) if "." not in path.name else None)
        if file_format is None:
            self.ignored.append(path)
        else:
            self.files[path] = file_format


def _find(given: str) -> _Found:
    if remote := _REMOTE.match(given):
        raise DataError(
            f"{given} is a remote address ({remote[1]}), and freshrec reads only files of this machine: copy the log "
            "here first, or pass a polars LazyFrame of it."
        )
    path, found = Path(given), _Found()
    if _is("file", path):
        file_format = format_of(path)
        if file_format is None:
            raise DataError(f"{path} is of no known kind. Give {LOG_FILES}.")
        found.files[path] = file_format
    elif _is("folder", path):
        _add_folder(path, found)
        if not found.files:
            names = ", ".join(each.name for each in found.ignored[:3]) or "nothing"
            raise DataError(f"the folder {path} holds no data files, but {names}. Give {LOG_FILES}.")
    elif glob.has_magic(given):
        _add_matches(given, found)
        if not found.files:
            raise DataError(f"no data file matches {given}. Give {LOG_FILES}.")
    elif _is("anything", path):
        raise DataError(f"{path} is neither a file nor a folder. Give {LOG_FILES}.")
    else:
        raise DataError(f"{path} does not exist. Give {LOG_FILES}.")
    return found


def _add_matches(pattern: str, found: _Found) -> None:
    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207, a Path has no absolute patterns
        path = Path(match)
        if path.name.startswith(("_", ".")):
            continue
        if _is("folder", path):
            if not pattern.endswith("**"):
                _add_folder(path, found)
        else:
            found.add(path)


def _add_folder(folder: Path, found: _Found) -> None:
    for path in _walk(folder):
        found.add(path)


def _walk(folder: Path) -> Iterator[Path]:
    """The files of a folder and of the folders in it, without hidden ones; links to folders are followed once."""
    seen: set[Path] = set()
    for place, folders, files in os.walk(folder, onerror=_unreadable, followlinks=True):
        here = Path(place)
        _check_folder(here, folders, files)
        real = here.resolve()
        folders[:] = [] if real in seen else sorted(each for each in folders if not each.startswith(("_", ".")))
        if real not in seen:
            yield from (here / name for name in sorted(files) if not name.startswith(("_", ".")))
        seen.add(real)


def _check_folder(folder: Path, folders: list[str], files: list[str]) -> None:
    if "manifest.json" in files and any(map(_PREPARED.match, files)):
        raise DataError(
            f"{folder} is a prepared stream, not a log. Open it with Stream.open, or give it to a command other than "
            "`prepare`."
        )
    if any(map(_PREPARED.match, files)):
        raise DataError(
            f"{folder} holds files of a prepared stream, but no manifest.json. Restore it, or prepare the log anew."
        )
    for name, table in _TABLE_FORMATS.items():
        if name in folders and (name != "metadata" or list((folder / name).glob("*.metadata.json"))):
            raise DataError(
                f"{folder} is a table of {table}, whose folder also holds files of older versions. Export its current "
                "version to Parquet, or pass a LazyFrame of it, as pl.scan_delta or pl.scan_iceberg gives."
            )


def _check_formats(found: dict[Path, FileFormat]) -> None:
    by_kind = {file_format.kind: path for path, file_format in found.items()}
    if len(by_kind) > 1:
        one, other, *_ = by_kind.values()
        raise DataError(
            f"the files of a log have one format, but {one} and {other} have two. Give those of one format, for "
            f"example with the pattern {other.parent / ('*' + other.suffix)}."
        )


def _partitions(path: Path) -> dict[str, str | None]:
    matches = [match for match in map(_PARTITION.match, path.parts[:-1]) if match]
    return {match[1]: None if match[2] == _NO_VALUE else _unquoted(match[2]) for match in matches}


def _unquoted(value: str) -> str:
    """Text in which `%3A` stands for a colon, as folders of Hive are named."""
    plain = re.sub(rb"%([0-9A-Fa-f]{2})", lambda code: bytes([int(code[1], 16)]), value.encode(errors="replace"))
    return plain.decode(errors="replace")


def _is(kind: str, path: Path) -> bool:
    """Whether a path is a file, a folder or anything at all.

    Raises:
        DataError: the system cannot say, as for a name that is too long or a folder that may not be entered.
    """
    try:
        return path.is_file() if kind == "file" else path.is_dir() if kind == "folder" else path.exists()
    except (OSError, ValueError) as error:
        shown = str(path) if len(str(path)) < 200 else f"{str(path)[:80]}..."
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read {shown}: {reason}. Give {LOG_FILES}, which you can read.") from error


def _unreadable(error: OSError) -> None:
    raise DataError(
        f"cannot read {error.filename}: {error.strerror}. Give a folder whose files you can read."
    ) from error
