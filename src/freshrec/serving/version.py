"""A published version on disk.

    VERSION/version.json              what it is, with the SHA-256 of every other file
    VERSION/weights.safetensors       parameters and buffers by name; the last row of a table is that of unknown ids
    VERSION/vocabulary.safetensors    the raw values of each table's ids: TABLE.text (UTF-8), TABLE.offsets [R + 1] and,
                                      where one of them is the missing value, TABLE.missing, its id
    VERSION/context.safetensors       the newest histories of users and values of fields
    VERSION/READY                     the SHA-256 of version.json

The folder appears whole. Files are safetensors and JSON, and nothing is unpickled.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from freshrec.data import Schema, Vocabulary
from freshrec.errors import CorruptError
from freshrec.files import read_verified, sha256, staged_folder, write_bytes
from freshrec.params import Params
from freshrec.serving.context import Context
from freshrec.serving.description import ModelDescription
from freshrec.store import map_verified, write_tensors

__all__ = ["READY", "Version", "read_version", "write_version"]

FORMAT = "freshrec-version-1"
RECORD, READY = "version.json", "READY"
WEIGHTS, VOCABULARY, CONTEXT = "weights.safetensors", "vocabulary.safetensors", "context.safetensors"


@dataclass(frozen=True)
class Version:
    """A model as it serves, with all that a score needs.

    Attributes:
        number: of the version, which is that of the last period that the model has learned from.
        model: how the model is built.
        schema: of the stream after that period; tables of the model have one more row, for unknown ids.
        weights: parameters and buffers by name.
        vocabulary: the raw values of the ids.
        context: histories and field values.
        columns: what a request calls `user` and `item`, where the stream has them.
        scales: name of a column of numbers to how they become inputs: `mean` and `deviation`, or the `edges` of bins.
        facts: what is known of the version, such as the scores of the period before it was made.
    """

    number: int
    model: ModelDescription
    schema: Schema
    weights: Params
    vocabulary: Vocabulary
    context: Context
    columns: Mapping[str, str]
    scales: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


def write_version(folder: Path, version: Version) -> str:
    """Publish a version in a new folder, and return the SHA-256 of its record.

    Raises:
        OutputError: the folder exists or cannot be written.
    """
    with staged_folder(folder) as staged:
        context = version.context
        named = {"positives": context.positives, "offsets": context.offsets}
        named |= {f"field.{name}": values for name, values in context.fields.items()}
        named |= {f"bounds.{name}": bounds for name, bounds in context.bounds.items()}
        files = {
            name: write_tensors(staged / name, tensors)
            for name, tensors in (
                (WEIGHTS, version.weights),
                (VOCABULARY, _packed(version.vocabulary)),
                (CONTEXT, named),
            )
        }
        record = {
            "format": FORMAT,
            "version": version.number,
            "model": version.model.to_json(),
            "schema": {**asdict(version.schema), "several": sorted(version.schema.several)},
            "tables": list(version.schema.rows),
            "columns": dict(version.columns),
            "scales": dict(version.scales),
            "null_values": list(version.vocabulary.null_values),
            "facts": dict(version.facts),
            "files": files,
        }
        data = (json.dumps(record, indent=1, sort_keys=True) + "\n").encode()
        write_bytes(staged / RECORD, data)
        write_bytes(staged / READY, f"{sha256(data)}\n".encode())
    return sha256(data)


def read_version(folder: Path) -> Version:
    """Open a published version; weights are mapped from the disk.

    Raises:
        CorruptError: the folder is no version, or a file is not the one that was written.
    """
    try:
        ready = (folder / READY).read_text().strip()
        record = json.loads(read_verified(folder / RECORD, ready))
        if record["format"] != FORMAT:
            raise CorruptError(f"{folder} has the format {record['format']!r}; {FORMAT!r} was expected. Publish anew.")
        weights, vocabulary, context = (
            map_verified(folder / name, record["files"][name]) for name in (WEIGHTS, VOCABULARY, CONTEXT)
        )
        described: dict[str, Any] = {
            name: tuple(part) if isinstance(part, list) else part for name, part in record["schema"].items()
        }
        # The order of tables decides the order of a model's parameters.
        rows = {table: described["rows"][table] for table in record["tables"]}
        schema = Schema(**{**described, "rows": rows, "several": frozenset(described["several"])})
        return Version(
            record["version"],
            ModelDescription(**record["model"]),
            schema,
            weights,
            _unpacked(vocabulary, tuple(record["null_values"])),
            Context(context["offsets"], context["positives"], _named(context, "field."), _named(context, "bounds.")),
            {table: record["columns"][table] for table in ("user", "item") if table in record["columns"]},
            record["scales"],
            record["facts"],
        )
    except OSError as error:
        raise CorruptError(
            f"{folder} is no published version: cannot read {error.filename}: {error.strerror}. "
            "Name a folder of serving/, or serving/ itself."
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptError(f"{folder} is damaged ({error!r}). Restore it, or serve another version.") from error


def _packed(vocabulary: Vocabulary) -> dict[str, Tensor]:
    """The values of each table as UTF-8, one after another."""
    packed = {}
    for table, values in vocabulary.values.items():
        column = pl.Series(values, dtype=pl.String)
        missing, texts = column.is_null().arg_true(), column.fill_null("")
        offsets = np.concatenate([[0], np.cumsum(texts.str.len_bytes().to_numpy(), dtype=np.int64)])
        joined = (texts.str.join("").item() or "").encode()
        packed[f"{table}.text"] = torch.from_numpy(np.frombuffer(joined, np.uint8).copy())
        packed[f"{table}.offsets"] = torch.from_numpy(offsets)
        if len(missing):
            packed[f"{table}.missing"] = torch.from_numpy(missing.to_numpy().astype(np.int64))
    return packed


def _unpacked(tensors: Mapping[str, Tensor], null_values: tuple[str, ...]) -> Vocabulary:
    tables: dict[str, list[str | None]] = {}
    for table, offsets in _named(tensors, "", ".offsets").items():
        text, bounds = tensors[f"{table}.text"].numpy().tobytes(), offsets.tolist()
        values: list[str | None] = [text[a:b].decode() for a, b in pairwise(bounds)]
        for number in tensors[f"{table}.missing"].tolist() if f"{table}.missing" in tensors else ():
            values[number] = None
        tables[table] = values
    return Vocabulary(tables, null_values)


def _named(tensors: Mapping[str, Tensor], prefix: str, suffix: str = "") -> dict[str, Tensor]:
    """The tensors whose names begin and end so, by what stands between."""
    return {
        name.removeprefix(prefix).removesuffix(suffix): value
        for name, value in tensors.items()
        if name.startswith(prefix) and name.endswith(suffix)
    }
