"""A stream: periods in order, cut from one interaction log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from freshrec.data.folder import PreparedFolder
from freshrec.data.manifest import build_manifest, describe_period, stream_hash
from freshrec.data.period import Period
from freshrec.data.prefix import prefix_of
from freshrec.data.samples import Samples
from freshrec.data.schema import Schema
from freshrec.data.settings import StreamSettings, settle
from freshrec.data.source import Source
from freshrec.data.state import State
from freshrec.data.step import Step, read_rows
from freshrec.data.vocabulary import Vocabulary
from freshrec.errors import ConfigError

__all__ = ["Stream"]


@dataclass(frozen=True)
class Stream:
    """Periods in the order of time, cut from one interaction log.

    Attributes:
        name: what the data is called in results.
        schema: table sizes, columns and history length.
        periods: the periods, period t at index t - 1.
        manifest: how the stream was prepared: settings, counts, rows set aside with reasons, hashes.
        vocabulary: the raw values of the ids.
    """

    name: str
    schema: Schema
    periods: tuple[Period, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict, repr=False)
    vocabulary: Vocabulary = field(default_factory=Vocabulary, repr=False)

    def schema_after(self, pretrain: int) -> Schema:
        """The schema for a model that is pre-trained on the first periods: it says which ids are known by then.

        A model built from it starts with the same values whatever comes after those periods, and however many ids
        will come. A model built from `schema` itself has its tables scaled by all ids of the stream.

        Args:
            pretrain: how many periods train the first model; 0 for none, where no id is known.

        Raises:
            ConfigError: there are fewer periods.
        """
        if not 0 <= pretrain <= len(self.periods):
            raise ConfigError(
                f"the stream has {len(self.periods)} periods, so that a model cannot be pre-trained on {pretrain} of "
                f"them. Give a number from 0 to {len(self.periods)}."
            )
        known = self.periods[pretrain - 1].known if pretrain else dict.fromkeys(self.schema.rows, 0)
        return replace(self.schema, known=known)

    @property
    def hash(self) -> str:
        """What tells this stream from others: one log and one choice of settings give one hash anywhere."""
        if "hash" in self.manifest:
            return str(self.manifest["hash"])
        periods = [describe_period(period.number, period.samples(), period.known) for period in self.periods]
        return stream_hash(self.schema, self.vocabulary, periods)

    @classmethod
    def from_frame(cls, frame: Source, settings: StreamSettings | None = None, **changes: Any) -> Self:
        """Prepare a stream in memory.

        Args:
            frame: a polars, pandas, pyarrow or duckdb frame, or a path or several, as for `prepare`.
            settings: how; the defaults where left out.
            changes: settings to set otherwise, by name.

        Raises:
            ConfigError: a setting is unknown or out of range.
            DataError: the log cannot be used as it is; the message says what to do.

        >>> import polars as pl
        >>> log = pl.DataFrame({"user": list("aabb"), "item": [1, 2, 2, 3], "timestamp": [10, 20, 20, 30]})
        >>> stream = Stream.from_frame(log, periods=2)
        >>> [period.size for period in stream.periods]
        [5, 2]
        """
        chosen = settle(settings, changes)
        step = Step(read_rows(frame, State(chosen)), State(chosen), finished=True)
        prepared = list(step)
        periods = (
            Period(each.number, len(each.samples), partial(_held, each.samples), each.entry["known"])
            for each in prepared
        )
        entries = [each.entry for each in prepared]
        manifest = build_manifest(chosen, step.schema, [step.accounts.entry()], entries, entries[-1]["chain"])
        return cls(chosen.name, step.schema, tuple(periods), manifest, step.vocabulary)

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Open a folder that `prepare` wrote; periods are read, and checked, when asked for.

        Raises:
            DataError: the folder is not a prepared one.
            CorruptError: a file is not as it was written.
        """
        opened = PreparedFolder.open(Path(folder))
        periods = (
            Period(entry["number"], entry["size"], partial(opened.samples, entry["number"]), entry["known"])
            for entry in opened.manifest["periods"]
        )
        return cls(opened.manifest["name"], opened.schema, tuple(periods), opened.manifest, opened.vocabulary)

    def until(self, period: int) -> Self:
        """The stream of the first periods, up to and including one, as if nothing had come after it.

        Tables are cut to the ids that occur until then, and the manifest, which describes the whole log, is left out:
        what later periods hold changes neither a byte of what is returned nor its hash.

        Args:
            period: the number of the last period to keep, counted from 1; it and those before it are read once.

        Raises:
            ConfigError: there is no such period.

        >>> import polars as pl
        >>> log = pl.DataFrame({"user": list("aabb"), "item": [1, 2, 2, 3], "timestamp": [10, 20, 20, 30]})
        >>> stream = Stream.from_frame(log, periods=2)
        >>> dict(stream.schema.rows), dict(stream.until(1).schema.rows)
        ({'user': 2, 'item': 3}, {'user': 2, 'item': 2})
        """
        if not 1 <= period <= len(self.periods):
            raise ConfigError(
                f"there is no period {period} to keep; this stream has periods 1 to {len(self.periods)}. Name one of "
                "them."
            )
        first = self.periods[:period]
        schema, vocabulary = prefix_of(self.schema, self.vocabulary, (each.samples() for each in first))
        kept = tuple(replace(each, load=partial(_with_schema, each.load, schema)) for each in first)
        return replace(self, schema=schema, periods=kept, manifest={}, vocabulary=vocabulary)


def _held(samples: Samples) -> Samples:
    return samples


def _with_schema(load: Callable[[], Samples], schema: Schema) -> Samples:
    return replace(load(), schema=schema)
