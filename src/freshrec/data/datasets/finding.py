"""Finding a data set's files where the user says they are."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeAlias

from freshrec.errors import DataError

__all__ = ["Files", "find_files"]

Files: TypeAlias = Mapping[str, tuple[Path, ...]]
"""Role to the paths of its files: one, or several where it is published in parts."""

_SHOWN = 12
"""Names of a folder's files that a message lists at most."""


def find_files(
    path: Path, files: Mapping[str, tuple[str, ...]], dataset: str, multipart: Collection[str] = ()
) -> dict[str, tuple[Path, ...]]:
    """The paths of each file by its role.

    Args:
        path: a folder, or the file itself where the data set has one file only.
        files: role to the names that the file may have, the preferred one first; a name with `*` stands for any.
        dataset: whose files they are, for messages.
        multipart: roles of which all files that fit are taken, in the order of their paths.

    Raises:
        DataError: the path or a file does not exist or cannot be looked at, or several files fit a name with `*` of a
            role that has one.
    """
    try:
        return _find_files(path, files, dataset, multipart)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}. Give a folder whose files you can read.") from error


def _find_files(
    path: Path, files: Mapping[str, tuple[str, ...]], dataset: str, multipart: Collection[str]
) -> dict[str, tuple[Path, ...]]:
    expected = ", ".join(" or ".join(names) for names in files.values())
    if path.is_file():
        if len(files) > 1:
            raise DataError(f"{path} is one file, but {dataset} has several: {expected}. Give the folder they are in.")
        return dict.fromkeys(files, (path,))
    if not path.is_dir():
        raise DataError(f"{path} does not exist. Give the folder with the files of {dataset}: {expected}.")
    return {role: _find(path, names, dataset, role in multipart) for role, names in files.items()}


def _find(folder: Path, names: tuple[str, ...], dataset: str, multipart: bool) -> tuple[Path, ...]:
    for name in names:
        found = sorted(each for each in folder.glob(name) if each.is_file())
        if len(found) > 1 and not multipart:
            raise DataError(
                f"{folder} holds {len(found)} files that fit {name}, such as {found[0].name} and {found[1].name}; "
                f"{dataset} is read from one. Give the path of that file."
            )
        if found:
            return tuple(found)
    present = sorted(each.name for each in folder.iterdir())
    shown = ", ".join(present[:_SHOWN]) + (", ..." if len(present) > _SHOWN else "")
    raise DataError(
        f"{folder} has no {' or '.join(names)}, which {dataset} is read from; it holds {shown or 'nothing'}. "
        "Give the folder that the published archive unpacks to, with the files under their published names."
    )
