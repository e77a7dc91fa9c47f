"""The prepared folder: a stream on disk, read back a period at a time, every file checked."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl

from freshrec.data.catalog import Catalog, FieldValues
from freshrec.data.manifest import FORMAT, load_schema, stream_hash
from freshrec.data.samples import Samples
from freshrec.data.vocabulary import Vocabulary
from freshrec.errors import CorruptError, DataError
from freshrec.files import read_verified

__all__ = ["FIELDS", "MANIFEST", "POSITIVES", "QUARANTINE", "SAMPLES", "VOCABULARY", "PreparedFolder"]

MANIFEST = "manifest.json"
VOCABULARY = "vocabulary.parquet"
QUARANTINE = "quarantine.parquet"
FIELDS = "{table}_fields.parquet"
SAMPLES = "period_{number:05d}_samples.parquet"
POSITIVES = "period_{number:05d}_positives.parquet"


@dataclass(frozen=True)
class PreparedFolder:
    """A folder that `prepare` wrote.

    Attributes:
        path: the folder.
        manifest: what it holds.
        catalog: tables and field values.
        vocabulary: raw values of the ids.
    """

    path: Path
    manifest: Mapping[str, Any]
    catalog: Catalog
    vocabulary: Vocabulary

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read all but the periods.

        Raises:
            DataError: the folder is not a prepared one, or of another format.
            CorruptError: a file is not as it was written.
        """
        manifest = _read_manifest(path)
        schema = load_schema(manifest)
        values = _read(path, manifest, VOCABULARY).group_by("table", maintain_order=True)
        fields = {"user": schema.user_fields, "item": schema.item_fields}
        frames = {table: _read(path, manifest, FIELDS.format(table=table)) for table, names in fields.items() if names}
        coded = {table: {name: _field(frame[name]) for name in frame.columns} for table, frame in frames.items()}
        return cls(
            path,
            manifest,
            Catalog(schema, coded.get("user", {}), coded.get("item", {})),
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
        arrays = {column.name: column.to_numpy(writable=True) for column in columns}
        return Samples(self.catalog, positives=positives["item"].to_numpy(writable=True), **arrays)


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


def _field(column: pl.Series) -> FieldValues:
    if column.dtype != pl.List:
        return FieldValues(column.to_numpy(writable=True))
    offsets = np.zeros(len(column) + 1, np.int64)
    np.cumsum(column.list.len().to_numpy(), out=offsets[1:])
    return FieldValues(column.explode().to_numpy(writable=True), offsets)
