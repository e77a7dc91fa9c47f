"""Preparing a log: its stream on disk, which appears whole or not at all."""

import io
import json
from pathlib import Path

import numpy as np
import polars as pl

from freshrec.data.catalog import FieldValues
from freshrec.data.datasets import Dataset, describe_published
from freshrec.data.folder import FIELDS, MANIFEST, POSITIVES, QUARANTINE, SAMPLES, VOCABULARY
from freshrec.data.manifest import describe_period
from freshrec.data.preparation import Preparation
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
            columns = {name: getattr(samples, name) for name in ("user", "item", "timestamp", "label", "start", "end")}
            _write(folder, SAMPLES.format(number=number), pl.DataFrame(columns), files)
            _write(folder, POSITIVES.format(number=number), pl.DataFrame({"item": samples.positives}), files)
        catalog = preparation.encoded.catalog
        for table, fields in (("user", catalog.user_fields), ("item", catalog.item_fields)):
            if fields:
                frame = pl.DataFrame([_column(name, values) for name, values in fields.items()])
                _write(folder, FIELDS.format(table=table), frame, files)
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


def _column(name: str, values: FieldValues) -> pl.Series:
    column = pl.Series(name, values.values)
    if values.offsets is None:
        return column
    owner = np.repeat(np.arange(len(values.offsets) - 1), np.diff(values.offsets))
    return pl.DataFrame({"owner": owner, name: column}).group_by("owner", maintain_order=True).agg(name)[name]
