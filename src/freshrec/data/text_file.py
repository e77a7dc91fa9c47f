"""Reading text files of logs: decompressed, and in UTF-8 without a byte order mark."""

import codecs
import gzip
import zlib
from pathlib import Path
from typing import Literal

import polars as pl

from freshrec.errors import DataError, first_line

__all__ = ["Compression", "read_bytes", "read_text"]

Compression = Literal["gz", "zst"]

_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NOT_TEXT = (
    (b"PAR1", "is a Parquet file: name it .parquet"),
    (b"\x1f\x8b", "is compressed with gzip: add .gz to its name"),
    (_ZSTANDARD, "is compressed with Zstandard: add .zst to its name"),
    (b"PK\x03\x04", "is a spreadsheet or a zip archive: save it as CSV, or unpack it"),
)
_CHECKED = 65_536


def read_text(path: Path, compression: Compression | None, head: int | None = None) -> bytes:
    """The text of a file in UTF-8; bytes that are no text in its encoding are kept, or replaced where it is another.

    Args:
        path: the file, in UTF-8 with or without a byte order mark, or in UTF-16 or UTF-32 with one.
        compression: of the file.
        head: how many bytes to read at most; all where left out.

    Raises:
        DataError: the file cannot be read, or is no text.
    """
    data = read_bytes(path, compression, head)
    for start, advice in _NOT_TEXT:
        if data.startswith(start):
            raise DataError(f"{path} {advice}.")
    for mark, encoding in _ENCODINGS:
        if data.startswith(mark):
            data = data[len(mark) :]
            return data if encoding == "utf-8" else data.decode(encoding, "replace").encode()
    if b"\0" in data[:_CHECKED]:
        raise DataError(
            f"{path} holds binary data, or text in UTF-16 without a byte order mark. Save it as UTF-8 text."
        )
    return data


def read_bytes(path: Path, compression: Compression | None, head: int | None = None) -> bytes:
    """The bytes of a file, decompressed.

    Args:
        path: the file.
        compression: of the file.
        head: how many bytes to read at most; all where left out.

    Raises:
        DataError: the file cannot be read, or its compression is damaged.
    """
    try:
        if compression == "zst":
            return _read_zstandard(path, head)
        with gzip.open(path) if compression == "gz" else path.open("rb") as file:
            return file.read() if head is None else file.read(head)
    except (OSError, EOFError, zlib.error, pl.exceptions.PolarsError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise DataError(f"cannot read {path}: {reason}. Check that the file is whole.") from error


def _read_zstandard(path: Path, head: int | None) -> bytes:
    """The bytes of a Zstandard file of text.

    Of the libraries at hand polars can decompress it, and gives each line as a row: its separator of columns is a byte
    that no text holds.
    """
    with path.open("rb") as file:
        if file.read(4) != _ZSTANDARD:
            raise DataError(f"{path} is not compressed with Zstandard, as its name says. Give it its right name.")
    try:
        lines = pl.read_csv(
            path,
            has_header=False,
            separator="\0",
            quote_char=None,
            infer_schema=False,
            encoding="utf8-lossy",
            n_rows=None if head is None else max(head // 100, 100),
        )
    except pl.exceptions.NoDataError:
        return b""
    if lines.width > 1:
        raise DataError(f"{path} holds binary data, or text in UTF-16, compressed. Save it as UTF-8 text.")
    return "\n".join(lines.to_series().fill_null("").to_list()).encode()
