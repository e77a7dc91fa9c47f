"""Written scores: the logits of every scored sample, one Parquet file for each run and period."""

import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from freshrec.data import Samples, Vocabulary
from freshrec.errors import ConfigError, CorruptError
from freshrec.files import exists, make_folder, write_bytes

__all__ = ["check_columns", "write_scores"]

FOLDER = "scores"
SCHEMA: Mapping[str, pl.DataType] = {
    "run": pl.Int32(),
    "period": pl.Int32(),
    "user": pl.String(),
    "item": pl.String(),
    "time": pl.Datetime("us", "UTC"),
    "label": pl.Int8(),
}
"""The columns before those of the methods."""


def check_columns(methods: Iterable[str]) -> None:
    """Check that methods can be columns of the written scores.

    Raises:
        ConfigError: a method has the name of another column.
    """
    taken = [name for name in methods if name in SCHEMA]
    if taken:
        raise ConfigError(
            f"a method is called {taken[0]!r}, but written scores have a column of that name. Rename the variant, or "
            "leave out the scores."
        )


def write_scores(
    out: Path,
    run: int,
    period: int,
    samples: Samples,
    vocabulary: Vocabulary,
    logits: Mapping[str, npt.NDArray[np.float32]],
) -> Path:
    """Write the logits of one scored period to `out/scores`, next to those of other methods if there are any.

    The file has the rows of the period in their order and appears whole or not at all. It has the columns `run`,
    `period`, `user` and `item` (raw ids as text; null where the stream has none), `time` (UTC, microseconds), `label`,
    and one Float32 column of logits for each method.

    Args:
        out: the comparison's folder.
        run: number of the seeded run, counted from 0.
        period: number of the scored period.
        samples: of the period.
        vocabulary: raw values of the ids; a table without raw values is written with its ids as text.
        logits: the logits of each method [N].

    Raises:
        OutputError: the file cannot be written; what was there before is unchanged.
        CorruptError: the file is there, but cannot be read or is not of these samples.
    """
    path = out / FOLDER / f"run_{run}_period_{period:05d}.parquet"
    frame = pl.DataFrame(
        {
            "run": np.full(len(samples), run),
            "period": np.full(len(samples), period),
            "user": _raw(vocabulary, "user", samples),
            "item": _raw(vocabulary, "item", samples),
            "time": samples.timestamp,
            "label": samples.label,
        },
        schema=SCHEMA,
    )
    if exists(path):
        frame = _earlier(path, frame)
    frame = frame.with_columns(pl.Series(name, values, pl.Float32) for name, values in logits.items())
    data = io.BytesIO()
    frame.write_parquet(data)
    make_folder(path.parent)
    write_bytes(path, data.getvalue())
    return path


def _raw(vocabulary: Vocabulary, table: str, samples: Samples) -> pl.Series:
    ids: npt.NDArray[np.int32] = getattr(samples, table)
    if table not in samples.schema.rows:
        return pl.repeat(None, len(ids), dtype=pl.String, eager=True)
    return vocabulary.raw(table, ids) if table in vocabulary.values else pl.Series(ids).cast(pl.String)


def _earlier(path: Path, frame: pl.DataFrame) -> pl.DataFrame:
    """The file's frame, if its samples are those of `frame`."""
    try:
        earlier = pl.read_parquet(path)
        same = earlier.select(frame.columns).equals(frame)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise CorruptError(f"cannot read {path}: {error}. Restore it, or compare in another folder.") from error
    if not same:
        raise CorruptError(
            f"{path} does not hold the samples of its period of this stream. Restore it, or compare in another folder."
        )
    return earlier
