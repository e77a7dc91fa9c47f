"""How a log file is read, by its name or its first bytes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from freshrec.data.text_file import Compression, read_bytes
from freshrec.errors import DataError

__all__ = ["DELIMITERS", "LOG_FILES", "FileFormat", "format_of", "format_of_name"]

Kind = Literal["Parquet", "CSV", "JSON lines"]

LOG_FILES = (
    "a Parquet, CSV, TSV or JSON lines file (.parquet, .csv, .tsv, .jsonl; text also as .gz or .zst), or a folder of "
    "such files"
)
DELIMITERS = (",", ";", "\t", "|")
"""What may stand between the cells of a line without being named."""

_KINDS: dict[str, Kind] = {
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".parq": "Parquet",
    ".csv": "CSV",
    ".tsv": "CSV",
    ".tab": "CSV",
    ".jsonl": "JSON lines",
    ".ndjson": "JSON lines",
    ".json": "JSON lines",
}
_COMPRESSIONS: dict[str, Compression] = {".gz": "gz", ".gzip": "gz", ".zst": "zst", ".zstd": "zst"}
_HEAD = 65_536


@dataclass(frozen=True)
class FileFormat:
    """How a file is read.

    Attributes:
        kind: of the data.
        compression: of the whole file; None for none, and for Parquet, which compresses its parts.
    """

    kind: Kind
    compression: Compression | None = None


def format_of_name(name: str) -> FileFormat | None:
    """The format that a file's name says; None where it says none.

    >>> format_of_name("part-0.CSV.gz")
    FileFormat(kind='CSV', compression='gz')
    """
    path = Path(name.lower())
    compression = _COMPRESSIONS.get(path.suffix)
    kind = _KINDS.get(Path(path.stem).suffix if compression else path.suffix)
    if kind is None or (kind == "Parquet" and compression):
        return None
    return FileFormat(kind, compression)


def format_of(path: Path) -> FileFormat | None:
    """The format of a file, by its first bytes where its name says none; None where neither does.

    Raises:
        DataError: the file cannot be read.
    """
    named = format_of_name(path.name)
    if named is not None:
        return named
    compression = _COMPRESSIONS.get(path.suffix.lower())
    head = read_bytes(path, compression, _HEAD)
    if head.startswith(b"PAR1") and compression is None:
        return FileFormat("Parquet")
    try:
        text = head.decode("utf-8-sig", "ignore")
    except UnicodeError as error:
        raise DataError(f"cannot read {path}: {error}.") from error
    if "\0" in text:
        return None
    if text.lstrip().startswith("{"):
        return FileFormat("JSON lines", compression)
    line = (text.splitlines() or [""])[0]
    return FileFormat("CSV", compression) if any(delimiter in line for delimiter in DELIMITERS) else None
