"""The prepared folder: a stream on disk, read back a period at a time, every file checked."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl

from freshrec.data.field_values import FieldValues
from freshrec.data.manifest import FORMAT, load_schema, stream_hash
from freshrec.data.samples import ROW_ARRAYS, Samples
from freshrec.data.schema import Schema
from freshrec.data.vocabulary import Vocabulary
from freshrec.errors import CorruptError, DataError
from freshrec.files import read_verified

__all__ = ["FIELD", "MANIFEST", "NUMBER", "POSITIVES", "QUARANTINE", "SAMPLES", "VOCABULARY", "PreparedFolder"]

FIELD, NUMBER = "field:", "number:"
"""What the names of fields and numbers begin with among the columns of a period's files."""

MANIFEST = "manifest.json"
VOCABULARY = "vocabulary.parquet"
QUARANTINE = "quarantine.parquet"
SAMPLES = "period_{number:05d}_samples.parquet"
POSITIVES = "period_{number:05d}_positives.parquet"


@dataclass(frozen=True)
class PreparedFolder:
    """A folder that `prepare` wrote.

    Attributes:
        path: the folder.
        manifest: what it holds.
        schema: table sizes, columns and history length.
        vocabulary: raw values of the ids.
    """

    path: Path
    manifest: Mapping[str, Any]
    schema: Schema
    vocabulary: Vocabulary

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read all but the periods.

        Raises:
            DataError: the folder is not a prepared one, or of another format.
            CorruptError: a file is not as it was written.
        """
        manifest = _read_manifest(path)
        values = _read(path, manifest, VOCABULARY).group_by("table", maintain_order=True)
        return cls(
            path,
            manifest,
            load_schema(manifest),
            Vocabulary(
                {str(table): tuple(part["value"].to_list()) for (table,), part in values},
                tuple(manifest["settings"]["null_values"]),
            ),
        )

    def samples(self, number: int) -> Samples:
        """The samples of period `number`, counted from 1.

        Raises:
            CorruptError: the period's files are not as they were written.
        """
        columns = _read(self.path, self.manifest, SAMPLES.format(number=number))
        positives = _read(self.path, self.manifest, POSITIVES.format(number=number))
        arrays = {name: columns[name].to_numpy(writable=True) for name in ROW_ARRAYS}
        return Samples(
            self.schema,
            **arrays,
            positives=positives["item"].to_numpy(writable=True),
            fields=_fields(columns),
            past_fields=_fields(positives),
            numbers={
                name.removeprefix(NUMBER): columns[name].to_numpy(writable=True)
                for name in columns.columns
                if name.startswith(NUMBER)
            },
        )


def _read_manifest(path: Path) -> dict[str, Any]:
    file = path / MANIFEST
    try:
        if not file.is_file():
            what = "has no manifest.json" if path.is_dir() else "is not a folder" if path.exists() else "does not exist"
            raise DataError(f"{path} {what}. Give a folder that `freshrec prepare` wrote, or prepare the log first.")
        manifest = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptError(f"cannot read {file}: {error}. Restore it, or prepare the log anew.") from error
    if not isinstance(manifest, dict) or not str(manifest.get("format")).startswith("freshrec-stream-"):
        raise DataError(
            f"{file} is not the manifest of a prepared stream. Give a folder that `freshrec prepare` wrote."
        )
    if manifest["format"] != FORMAT:
        raise DataError(
            f"{path} has format {manifest['format']!r}; this freshrec reads {FORMAT!r}. "
            "Prepare the log anew, or use the freshrec that prepared it."
        )
    if manifest.get("hash") != stream_hash(manifest) or "files" not in manifest:
        raise CorruptError(
            f"{file} is not as it was written: its hash does not match. Restore it, or prepare the log anew."
        )
    return manifest


def _read(path: Path, manifest: Mapping[str, Any], name: str) -> pl.DataFrame:
    if name not in manifest["files"]:
        raise CorruptError(f"{path / MANIFEST} does not list {name}. Restore it, or prepare the log anew.")
    return pl.read_parquet(io.BytesIO(read_verified(path / name, manifest["files"][name])))


def _fields(frame: pl.DataFrame) -> dict[str, FieldValues]:
    return {name.removeprefix(FIELD): _field(frame[name]) for name in frame.columns if name.startswith(FIELD)}


def _field(column: pl.Series) -> FieldValues:
    if column.dtype != pl.List:
        return FieldValues(column.to_numpy(writable=True))
    offsets = np.zeros(len(column) + 1, np.int64)
    np.cumsum(column.list.len().to_numpy(), out=offsets[1:])
    return FieldValues(column.explode().to_numpy(writable=True), offsets)
