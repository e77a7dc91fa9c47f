"""What a stream is, in words and digests; a chain of hashes stands for all of it, period by period."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from freshrec.data.accounting import Accounts
from freshrec.data.samples import Samples
from freshrec.data.schema import Labels, Schema
from freshrec.data.settings import StreamSettings
from freshrec.data.turnover import mean_turnover
from freshrec.data.vocabulary import Vocabulary
from freshrec.files import sha256

__all__ = [
    "FORMAT",
    "begin_chain",
    "build_manifest",
    "chained",
    "describe_period",
    "describe_schema",
    "load_schema",
    "seal",
    "stream_hash",
]

FORMAT = "freshrec-stream-5"


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


def describe_schema(schema: Schema) -> dict[str, Any]:
    """The tables and columns of a stream."""
    return {
        "rows": dict(schema.rows),
        "user_fields": list(schema.user_fields),
        "item_fields": list(schema.item_fields),
        "fields": list(schema.fields),
        "numbers": list(schema.numbers),
        "several": sorted(schema.several),
        "history": schema.history,
    }


def begin_chain(settings: StreamSettings, labels: Labels, several: frozenset[str]) -> str:
    """What tells a stream without periods from others: SHA-256 of all that is decided before its first period."""
    return _sha256({"format": FORMAT, "settings": _settings(settings), "labels": labels, "several": sorted(several)})


def chained(chain: str, entry: Mapping[str, Any]) -> str:
    """What tells a stream from others once it has one more period.

    It is the SHA-256 of that of the stream before and of what the manifest says of the period, so that of p periods
    stands for all of them and depends on nothing later.
    """
    return _sha256({"before": chain, "period": entry})


def build_manifest(
    settings: StreamSettings,
    schema: Schema,
    steps: Sequence[Mapping[str, Any]],
    periods: Sequence[Mapping[str, Any]],
    chain: str,
) -> dict[str, Any]:
    """The manifest of a stream.

    Args:
        settings: how it was prepared.
        schema: its tables and columns.
        steps: the accounts of the rows of each step.
        periods: what is said of each period, with its `turnover`.
        chain: that of the last period.
    """
    total = Accounts.total(steps)
    wanted = sum(period["positives"] for period in periods) * settings.negatives_per_positive
    drawn = sum(period["negatives"] for period in periods)
    return {
        "format": FORMAT,
        "name": settings.name,
        "settings": _settings(settings),
        "labels": schema.labels,
        "rows": dict(total.rows),
        "quarantined": dict(total.quarantined),
        "inferred": dict(total.inferred),
        "samples": sum(period["size"] for period in periods),
        "negatives_lacking": wanted - drawn if schema.labels == "implicit" else 0,
        "periods": list(periods),
        "steps": list(steps),
        "turnover": mean_turnover([period["turnover"] for period in periods]),
        "schema": describe_schema(schema),
        "hash": chain,
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
    """The manifest with its `seal`, the SHA-256 of all the rest."""
    content = {name: value for name, value in manifest.items() if name != "seal"}
    return {**content, "seal": _sha256(content)}


def stream_hash(schema: Schema, vocabulary: Vocabulary, periods: Sequence[Mapping[str, Any]]) -> str:
    """What tells a stream without a manifest from others, given what `describe_period` says of each period."""
    known = {table: len(values) for table, values in vocabulary.values.items()}
    content = {"schema": describe_schema(schema), "values": vocabulary.digests({}, known), "periods": list(periods)}
    return _sha256(content)


def _settings(settings: StreamSettings) -> dict[str, Any]:
    return {**settings.model_dump(mode="json"), "exclude": settings.exclusion}


def _sha256(content: Mapping[str, Any]) -> str:
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
