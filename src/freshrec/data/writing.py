"""Preparing a log: its stream on disk, which appears whole or not at all."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from freshrec.data.datasets import Dataset, describe_published
from freshrec.data.field_values import FieldValues
from freshrec.data.folder import FIELD, MANIFEST, NUMBER, POSITIVES, QUARANTINE, SAMPLES, VOCABULARY
from freshrec.data.manifest import describe_period
from freshrec.data.preparation import Preparation
from freshrec.data.samples import ROW_ARRAYS, Samples
from freshrec.data.settings import StreamSettings
from freshrec.data.source import Source
from freshrec.data.stream import Stream
from freshrec.data.turnover import TurnoverCounter
from freshrec.files import staged_folder, write_bytes
from freshrec.progress import Progress, Silent

__all__ = ["prepare"]


def prepare(
    source: Source,
    out: Path | str,
    settings: StreamSettings | None = None,
    progress: Progress | None = None,
    *,
    dataset: Dataset | None = None,
) -> Stream:
    """Write a log's stream into a new folder, a period at a time, and open it.

    Args:
        source: a path or several, of files (Parquet, CSV, TSV, JSON lines), folders of them or patterns such as
            `log/*.parquet`; or a polars, pandas, pyarrow or duckdb frame, also a lazy one.
        out: the folder to make.
        settings: how; the defaults where left out.
        progress: hears of each period.
        dataset: the data set known by name that the log is, if it is one; the manifest then keeps, as `published`,
            where it is from and its published counts beside those found. The stream and its hash are the same.

    Raises:
        DataError: the log cannot be used as it is; the message says what to do.
        OutputError: `out` exists already, or cannot be written.
    """
    progress = progress or Silent()
    with staged_folder(Path(out)) as folder:
        progress.overall("read the log", 0, 1)
        preparation = Preparation.of(source, settings or StreamSettings())
        files: dict[str, str] = {}
        entries, turnover = [], TurnoverCounter()
        for number in preparation.numbers:
            progress.overall(f"period {number}", number - 1, len(preparation.numbers))
            samples = preparation.samples(number)
            known = preparation.known(number)
            entries.append(describe_period(number, samples, known) | {"turnover": turnover.add(samples, known)})
            _write(folder, SAMPLES.format(number=number), _rows(samples), files)
            _write(folder, POSITIVES.format(number=number), _positives(samples), files)
        _write(folder, VOCABULARY, _vocabulary(preparation), files)
        _write(folder, QUARANTINE, preparation.log.quarantine, files)
        manifest = {**preparation.manifest(entries), "files": files}
        if dataset is not None:
            manifest["published"] = describe_published(dataset, manifest)
        write_bytes(folder / MANIFEST, (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode())
    progress.overall("prepared", len(preparation.numbers), len(preparation.numbers))
    return Stream.open(out)


def _write(folder: Path, name: str, frame: pl.DataFrame, files: dict[str, str]) -> None:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
    files[name] = write_bytes(folder / name, buffer.getvalue())


def _vocabulary(preparation: Preparation) -> pl.DataFrame:
    schema = {"table": pl.String, "value": pl.String}
    values = preparation.encoded.vocabulary.values.items()
    return pl.concat(pl.DataFrame({"table": [table] * len(raw), "value": raw}, schema) for table, raw in values)


def _rows(samples: Samples) -> pl.DataFrame:
    arrays = {name: getattr(samples, name) for name in ROW_ARRAYS}
    numbers = {f"{NUMBER}{name}": column for name, column in samples.numbers.items()}
    return pl.DataFrame(arrays | numbers).hstack(_columns(samples.fields))


def _positives(samples: Samples) -> pl.DataFrame:
    return pl.DataFrame({"item": samples.positives}).hstack(_columns(samples.past_fields))


def _columns(fields: Mapping[str, FieldValues]) -> list[pl.Series]:
    return [_column(f"{FIELD}{name}", column) for name, column in fields.items()]


def _column(name: str, column: FieldValues) -> pl.Series:
    """Value ids, as lists where a row may have several; each row of a prepared stream has one at least."""
    values = pl.Series(name, column.values)
    if column.offsets is None:
        return values
    row = pl.Series("row", np.repeat(np.arange(len(column)), column.counts)).set_sorted()
    return pl.DataFrame([row, values]).group_by("row", maintain_order=True).agg(name)[name]
