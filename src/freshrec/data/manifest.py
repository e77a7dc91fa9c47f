"""What a stream is, in words and digests; one hash stands for all of it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from freshrec.data.samples import Samples
from freshrec.data.schema import Schema
from freshrec.data.vocabulary import Vocabulary
from freshrec.files import sha256

__all__ = ["FORMAT", "describe_period", "describe_tables", "load_schema", "seal", "stream_hash"]

FORMAT = "freshrec-stream-4"


def describe_period(number: int, samples: Samples, known: Mapping[str, int]) -> dict[str, Any]:
    """A period's counts, its first and last time, and the digest of all its arrays."""
    positives = int(samples.label.sum())
    return {
        "number": number,
        "size": len(samples),
        "positives": positives,
        "negatives": len(samples) - positives,
        "first": _iso(samples.timestamp[:1]),
        "last": _iso(samples.timestamp[-1:]),
        "known": dict(known),
        "digest": _digest(*samples.arrays().values()),
    }


def describe_tables(schema: Schema, vocabulary: Vocabulary) -> dict[str, Any]:
    """The schema, and digests of vocabularies."""
    digests = {}
    for table, raw in vocabulary.values.items():
        digests[f"table:{table}"] = sha256(json.dumps(list(raw)).encode())
    return {
        "schema": {
            "rows": dict(schema.rows),
            "user_fields": list(schema.user_fields),
            "item_fields": list(schema.item_fields),
            "fields": list(schema.fields),
            "numbers": list(schema.numbers),
            "several": sorted(schema.several),
            "history": schema.history,
        },
        "digests": digests,
    }


def load_schema(manifest: Mapping[str, Any]) -> Schema:
    """The schema of the stream that a manifest describes."""
    described = manifest["schema"]
    return Schema(
        rows=described["rows"],
        user_fields=tuple(described["user_fields"]),
        item_fields=tuple(described["item_fields"]),
        fields=tuple(described["fields"]),
        numbers=tuple(described["numbers"]),
        several=frozenset(described["several"]),
        history=described["history"],
        labels=manifest["labels"],
        exclude=manifest["settings"]["exclude"] if manifest["labels"] == "implicit" else None,
    )


def seal(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with its `hash`, over what the stream is and not how it is stored."""
    return {**manifest, "hash": stream_hash(manifest)}


def stream_hash(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest; it depends on no clock, host, path or file format.

    `hash`, `files`, `published` and `inferred` are left out.
    """
    left_out = ("hash", "files", "published", "inferred")
    content = {key: value for key, value in manifest.items() if key not in left_out}
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())


def _digest(*arrays: np.ndarray[Any, np.dtype[Any]]) -> str:
    total = hashlib.sha256()
    for array in arrays:
        little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
        total.update(f"{little.dtype.str}{little.shape};".encode())
        total.update(little.data)
    return total.hexdigest()


def _iso(times: Sequence[np.int64] | np.ndarray[Any, np.dtype[np.int64]]) -> str | None:
    return datetime.fromtimestamp(int(times[0]) // 10**6, UTC).isoformat() if len(times) else None
