"""One log in every kind of file, alone and in parts, is one stream; what cannot be read is a DataError."""

import codecs
import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshrec.data import Stream, StreamSettings
from freshrec.data.log import read_log
from freshrec.data.source import read_source
from freshrec.errors import ConfigError, DataError, FreshrecError

from .data_logs import assert_same, steady, values_of_periods

SETTINGS = StreamSettings(periods=5, item_fields=("kind",))


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def csv(log: pl.DataFrame, delimiter: str = ",", end: str = "\n") -> bytes:
    return log.write_csv(separator=delimiter, line_terminator=end).encode()


def jsonl(log: pl.DataFrame) -> bytes:
    return log.write_ndjson().encode()


FILES: dict[str, Callable[[pl.DataFrame], bytes]] = {
    "log.csv": csv,
    "semicolon.csv": lambda log: csv(log, ";"),
    "bar.csv": lambda log: csv(log, "|"),
    "tab.csv": lambda log: csv(log, "\t"),
    "log.tsv": lambda log: csv(log, "\t"),
    "log.inter": lambda log: csv(log, "\t"),
    "log.txt": lambda log: csv(log, ";"),
    "log": csv,
    "named.csv": lambda log: b"sep=;\r\n" + csv(log, ";", "\r\n"),
    "lf.csv": lambda log: csv(log).rstrip(b"\n"),
    "crlf.csv": lambda log: csv(log, end="\r\n"),
    "crcrlf.csv": lambda log: csv(log, end="\r\r\n"),
    "cr.csv": lambda log: csv(log, end="\r"),
    "blank-lines-first.csv": lambda log: b"\n\r\n" + csv(log),
    "bom.csv": lambda log: codecs.BOM_UTF8 + csv(log),
    "utf16.csv": lambda log: csv(log).decode().encode("utf-16"),
    "utf16be.csv": lambda log: codecs.BOM_UTF16_BE + csv(log).decode().encode("utf-16-be"),
    "utf32.csv": lambda log: csv(log).decode().encode("utf-32"),
    "log.csv.gz": lambda log: gzip.compress(csv(log)),
    "members.csv.gz": lambda log: gzip.compress(csv(log)[:99]) + gzip.compress(csv(log)[99:]),
    "cr.tsv.gz": lambda log: gzip.compress(csv(log, "\t", "\r")),
    "log.csv.zst": lambda log: zstd(csv(log)),
    "frames.csv.zst": lambda log: zstd(csv(log)[:99]) + zstd(csv(log)[99:]),
    "crlf.tsv.zst": lambda log: zstd(csv(log, "\t", "\r\n")),
    "cr.csv.zst": lambda log: zstd(csv(log, end="\r")),
    "log.jsonl": jsonl,
    "log.json": jsonl,
    "log.ndjson.gz": lambda log: gzip.compress(jsonl(log)),
    "log.jsonl.zst": lambda log: zstd(jsonl(log)),
    "crlf.jsonl": lambda log: codecs.BOM_UTF8 + jsonl(log).replace(b"\n", b"\r\n\r\n"),
}


@pytest.mark.parametrize("name", FILES)
def test_one_log_in_every_file_is_one_stream(tmp_path: Path, name: str) -> None:
    log = steady().with_columns(user=pl.concat_str(pl.lit('é, "u'), "user"))
    (tmp_path / name).write_bytes(FILES[name](log))
    assert_same(Stream.from_frame(tmp_path / name, SETTINGS), Stream.from_frame(log, SETTINGS))


def parts_of(log: pl.DataFrame, folder: Path, name: str) -> Path:
    """The log in three parts and an empty one, in a folder of its own."""
    ending = name.partition(".")[2]
    for number, part in enumerate((log[:50], log[50:150], log[150:], log[:0])):
        path = folder / f"part-{number}.{ending}"
        folder.mkdir(parents=True, exist_ok=True)
        if ending == "parquet":
            part.write_parquet(path)
        elif part.height:
            path.write_bytes(FILES[name](part))
        else:
            path.write_bytes({"gz": gzip.compress(b""), "zst": zstd(b"")}.get(ending.rpartition(".")[2], b""))
    (folder / "_SUCCESS").touch()
    (folder / ".part-0.crc").write_bytes(b"\0")
    return folder


@pytest.mark.parametrize("name", ["log.parquet", "log.csv", "log.csv.gz", "crlf.tsv.zst", "log.jsonl", "log.ndjson.gz"])
def test_one_log_in_parts_is_one_stream(tmp_path: Path, name: str) -> None:
    log, whole = steady(), Stream.from_frame(steady(), SETTINGS)
    folder = parts_of(log, tmp_path / "log", name)
    parts = sorted(path for path in folder.iterdir() if path.name.startswith("part"))
    for source in (folder, str(folder / "part-*"), parts, tuple(map(str, parts)), [folder / "part-0*", *parts[1:]]):
        assert_same(Stream.from_frame(source, SETTINGS), whole)


def test_a_lazy_frame_is_read() -> None:
    lazy = pl.concat([steady()[:50].lazy(), steady()[50:].lazy()]).filter(pl.col("user") >= 0)
    assert_same(Stream.from_frame(lazy, SETTINGS), Stream.from_frame(steady(), SETTINGS))


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_folders_of_partitions_are_columns(tmp_path: Path, ending: str) -> None:
    log = steady()
    for (kind,), part in log.group_by("kind"):
        path = tmp_path / "log" / f"kind={kind}" / f"part-0.{ending}"
        path.parent.mkdir(parents=True)
        part = part.drop("kind")
        part.write_parquet(path) if ending == "parquet" else part.write_csv(path)
    whole = Stream.from_frame(log, SETTINGS)
    assert_same(Stream.from_frame(tmp_path / "log", SETTINGS), whole)
    assert_same(Stream.from_frame(tmp_path / "log" / "kind=*", SETTINGS), whole)
    with pytest.raises(DataError, match="no column 'day'; it has 'user', 'item', 'timestamp', 'kind'"):
        Stream.from_frame(tmp_path / "log", SETTINGS, time_column="day")


def test_a_column_of_the_file_goes_before_one_of_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "kind=9" / "log.parquet"
    path.parent.mkdir()
    steady().write_parquet(path)
    assert_same(Stream.from_frame(path, SETTINGS), Stream.from_frame(steady(), SETTINGS))


def test_a_day_as_the_folder_is_a_time(tmp_path: Path) -> None:
    for day in range(1, 6):
        path = tmp_path / f"day=2024-01-0{day}" / "log.parquet"
        path.parent.mkdir()
        steady(20).drop("timestamp").write_parquet(path)
    stream = Stream.from_frame(tmp_path, period="1d", time_column="day")
    days = [period.samples().timestamp[0] for period in stream.periods]
    assert days == [int(datetime(2024, 1, day, tzinfo=UTC).timestamp()) * 10**6 for day in range(1, 6)]


TYPES: list[tuple[str, Any, Any]] = [
    ("user", pl.Int32, pl.Int64),
    ("user", pl.UInt8, pl.Float64),
    ("user", pl.Int64, pl.String),
    ("item", pl.Categorical, pl.String),
    ("item", pl.Decimal(10, 2), pl.Float32),
    ("kind", pl.Int8, pl.String),
    ("timestamp", pl.Int64, pl.Float64),
    ("timestamp", pl.Int64, pl.String),
    ("timestamp", pl.Datetime("ns"), pl.Datetime("ms", "Asia/Tokyo")),
    ("label", pl.Boolean, pl.Int64),
    ("label", pl.Boolean, pl.String),
    ("label", pl.Float32, pl.UInt8),
]


@pytest.mark.parametrize(("column", "one", "other"), TYPES)
def test_parts_of_alike_types_are_read(tmp_path: Path, column: str, one: Any, other: Any) -> None:
    log = steady().with_columns(label=pl.int_range(pl.len()) % 2)

    def of_type(part: pl.DataFrame, dtype: Any) -> pl.DataFrame:
        cell = pl.col(column)
        if isinstance(dtype, pl.Datetime):
            cell = pl.from_epoch(cell, "s").dt.cast_time_unit(dtype.time_unit)
            cell = cell.dt.replace_time_zone("UTC").dt.convert_time_zone(dtype.time_zone) if dtype.time_zone else cell
        elif dtype == pl.Categorical:
            cell = cell.cast(pl.String)
        return part.with_columns(cell if isinstance(dtype, pl.Datetime) else cell.cast(dtype))

    of_type(log[:90], one).write_parquet(tmp_path / "a.parquet")
    of_type(log[90:], other).write_parquet(tmp_path / "b.parquet")
    log[:0].with_columns(pl.lit(None).alias(column)).write_parquet(tmp_path / "c.parquet")
    assert_same(Stream.from_frame(tmp_path, SETTINGS), Stream.from_frame(log, SETTINGS))


@pytest.mark.parametrize(
    ("column", "other", "said"),
    [
        (
            "user",
            None,
            r"b.parquet has no column 'user', but .*a.parquet has; it has 'item', 'timestamp', 'kind', 'label'",
        ),
        ("label", None, r"b.parquet has no column 'label', but .*a.parquet has; it has"),
        (
            "kind",
            [[1]] * 10,
            r"column 'kind' holds Int64 in .*a.parquet, but List\(Int64\) in .*b.parquet\. Convert it",
        ),
        ("timestamp", [datetime(2024, 1, 1)] * 10, r"column 'timestamp' holds Int64 in .*a.parquet, but Datetime"),
        ("user", [2.0**53 + 2] * 10, None),
    ],
)
def test_parts_that_differ_are_named_with_their_column(
    tmp_path: Path, column: str, other: list[Any] | None, said: str | None
) -> None:
    log = steady().with_columns(label=1)
    log.write_parquet(tmp_path / "a.parquet")
    part = log[:10].drop(column) if other is None else log[:10].with_columns(pl.Series(column, other))
    part.write_parquet(tmp_path / "b.parquet")
    if said is None:
        assert Stream.from_frame(tmp_path, SETTINGS).manifest["quarantined"] == {"user is not a whole number": 10}
        return
    with pytest.raises(DataError, match=said):
        Stream.from_frame(tmp_path, SETTINGS)


def test_large_ids_keep_their_digits_beside_a_part_of_floats(tmp_path: Path) -> None:
    large = steady().with_columns(user=2**60 + pl.col("user"))
    large.write_parquet(tmp_path / "a.parquet")
    steady()[:50].with_columns(pl.col("user").cast(pl.Float64)).write_parquet(tmp_path / "b.parquet")
    users = Stream.from_frame(tmp_path, SETTINGS).vocabulary.values["user"]
    assert set(users) == {str(2**60 + user) for user in range(10)} | {str(user) for user in range(10)}


def test_labels_in_a_later_part_alone_are_refused(tmp_path: Path) -> None:
    steady().write_parquet(tmp_path / "a.parquet")
    steady().with_columns(label=1).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(
        DataError, match=r"a.parquet has no column 'label', but .*b.parquet has\. Give files .*--no-labels"
    ):
        Stream.from_frame(tmp_path, SETTINGS)
    assert len(Stream.from_frame(tmp_path, SETTINGS, label_column=None).periods) == 5


def test_a_malformed_row_is_found_by_its_file(tmp_path: Path) -> None:
    lines = csv(steady()).splitlines(keepends=True)
    (tmp_path / "a.csv").write_bytes(b"".join(lines))
    (tmp_path / "b.csv").write_bytes(b"".join([*lines[:3], b"1,2,1500000000,0,surplus\n", *lines[3:9]]))
    quarantine = read_log(tmp_path, SETTINGS).quarantine
    assert quarantine.rows() == [(3, "", "row has more cells than the header", "surplus", "b.csv")]
    (tmp_path / "b.csv").write_bytes(lines[0] + lines[1] * 3 + b"\n" * 20 + lines[1])
    with pytest.raises(
        DataError, match=r"20 of 224 rows are malformed, .* user is missing \(20, first in row 4 of b.csv"
    ):
        read_log(tmp_path, SETTINGS)


def test_a_line_that_is_no_object_is_set_aside(tmp_path: Path) -> None:
    lines = jsonl(steady()).splitlines(keepends=True)
    (tmp_path / "log.jsonl").write_bytes(b"".join([*lines[:2], b'{"user": 1, "it\n', *lines[2:], b"[1]\n", b"\n"]))
    log = read_log(tmp_path / "log.jsonl", SETTINGS)
    assert log.quarantine.rows() == [
        (3, "", "row is not a JSON object", '{"user": 1, "it', "log.jsonl"),
        (202, "", "row is not a JSON object", "[1]", "log.jsonl"),
    ]
    assert_same_interactions = log.cells.sort("time", "user").equals(
        read_log(steady().with_columns(pl.col("user", "item").cast(pl.String)), SETTINGS).cells.sort("time", "user")
    )
    assert assert_same_interactions


@pytest.mark.parametrize("broken", [False, True])
def test_values_of_json_lines_are_as_in_frames(tmp_path: Path, broken: bool) -> None:
    rows: list[dict[str, Any]] = steady().to_dicts()
    for number, row in enumerate(rows):
        row |= {"tags": [str(row["kind"]), number % 2], "price": [1.5, 2, None, "x", True][number % 5]}
        row["user"] = [row["user"], float(row["user"]), str(row["user"])][number % 3]
    text = "".join(json.dumps(row) + "\n" for row in rows) + ("oops\n" if broken else "")
    (tmp_path / "log.jsonl").write_text(text)
    frame = steady().with_columns(
        tags=pl.Series([[str(row["tags"][0]), str(row["tags"][1])] for row in rows]),
        price=pl.Series(["1.5", "2", None, "x", "true"] * 40),
    )
    chosen = SETTINGS.model_copy(update={"item_fields": ("tags", "price")})
    stream, plain = Stream.from_frame(tmp_path / "log.jsonl", chosen), Stream.from_frame(frame, chosen)
    assert values_of_periods(stream) == values_of_periods(plain)
    assert stream.manifest["rows"]["quarantined"] == int(broken)


def test_a_delimiter_that_is_named_is_used(tmp_path: Path) -> None:
    log = steady().with_columns(user=pl.concat_str("user", pl.lit(",;|"), "user"))
    plain = values_of_periods(Stream.from_frame(log, SETTINGS))
    for delimiter in ("\t", "|", ";", ",", " ", "^", "\x01", "~"):
        (tmp_path / "log.csv").write_bytes(csv(log, delimiter))
        name = "tab" if delimiter == "\t" else delimiter
        stream = Stream.from_frame(tmp_path / "log.csv", SETTINGS, delimiter=name)
        assert values_of_periods(stream) == plain
        assert stream.manifest["inferred"]["delimiters"] == [delimiter]


@pytest.mark.parametrize("delimiter", ["", ";;", "a", "7", '"', "\n", "é", 5])
def test_a_delimiter_that_cannot_be_is_refused(delimiter: object) -> None:
    with pytest.raises(ConfigError, match="setting 'delimiter' is"):
        StreamSettings.model_validate({"delimiter": delimiter})


def test_a_delimiter_without_csv_is_refused(tmp_path: Path) -> None:
    steady().write_parquet(tmp_path / "log.parquet")
    for source in (steady(), tmp_path / "log.parquet"):
        with pytest.raises(
            ConfigError, match=r"delimiter is ';', but the log is .* Leave it out: only CSV has a delimiter"
        ):
            Stream.from_frame(source, SETTINGS, delimiter=";")


def test_what_was_found_is_told(tmp_path: Path) -> None:
    for number, delimiter in enumerate(";\t"):
        (tmp_path / f"{number}.csv").write_bytes(csv(steady(), delimiter))
    (tmp_path / "README").touch()
    inferred = Stream.from_frame(tmp_path, SETTINGS).manifest["inferred"]
    assert inferred | {"time": None} == {
        "format": "CSV",
        "parts": 2,
        "ignored": ["README"],
        "delimiters": ["\t", ";"],
        "time": None,
    }
    assert inferred["time"]["form"] == "s"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (
            "log.csv",
            b"user;item;time\n1;2;3\n",
            "no column 'timestamp'; it has 'user', 'item', 'time'. Did you mean 'time'?",
        ),
        ("log.csv", b"u^i^t\n1^2^3\n", "it has 'u^i^t'. Name the character between columns with the setting delimiter"),
        ("log.csv", b"196\t242\t3\t881250949\n", "Its first line seems to hold data. Add a line with the names"),
        ("log.csv", b"x" * 2_000_000, "is longer than 1 MiB. Give a file whose first line names the columns."),
        ("log.csv", b"user,item," + b"x" * 200_000 + b"\n", "cannot read the first line of"),
        ("log.csv", b'user,"item,timestamp\n1,2,3\n', "has no column 'item'"),
        ("log.csv", b"PAR1\0\0", "log.csv is a Parquet file: name it .parquet."),
        ("log.csv", gzip.compress(b"a,b", mtime=0), "log.csv is compressed with gzip: add .gz to its name."),
        ("log.csv", zstd(b"a,b"), "log.csv is compressed with Zstandard: add .zst to its name."),
        ("log.csv", b"PK\x03\x04rest", "log.csv is a spreadsheet or a zip archive: save it as CSV"),
        ("log.csv", bytes(range(256)), "holds binary data, or text in UTF-16 without a byte order mark"),
        ("log.csv", "user,item\n".encode("utf-16-le"), "holds binary data, or text in UTF-16"),
        ("log.csv.zst", b"user,item\n", "log.csv.zst is not compressed with Zstandard, as its name says"),
        ("log.csv.zst", zstd(b"user,item,timestamp\n1,2,3\n" * 99)[:30], "log.csv.zst: incomplete frame. Check that"),
        ("log.csv.zst", zstd(b"a\0b,c\n"), "log.csv.zst holds binary data"),
        ("log.csv.zst", zstd(b""), "log.csv.zst is empty"),
        ("log.jsonl", b"[1, 2]\n", "log.jsonl is not in JSON lines: it begins with '[1, 2]'. Write one object a line"),
        ("log.jsonl", b'{"user": 1}\n', "log.jsonl has no column 'item'; it has 'user'."),
        ("log.jsonl", b"", "log.jsonl has no column 'user'; it has none."),
        ("log.bin", b"\0\1\2", "log.bin is of no known kind"),
        ("log.gz", b"user,item\n", "cannot read "),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError) as raised:
        Stream.from_frame(tmp_path / name)
    assert said in str(raised.value)
    assert len(str(raised.value)) < 1000


def test_a_huge_cell_is_set_aside(tmp_path: Path) -> None:
    huge = steady(1).with_columns(user=pl.lit("x" * 3_000_000))
    log = steady().with_columns(pl.col("user").cast(pl.String))
    (tmp_path / "log.csv").write_bytes(csv(pl.concat([log, huge])))
    assert Stream.from_frame(tmp_path / "log.csv").manifest["quarantined"] == {"user is longer than 1024 bytes": 1}


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log.csv").write_bytes(csv(steady()))

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(DataError, match=r"cannot read .*log.csv: Permission denied"):
        Stream.from_frame(tmp_path / "log.csv")


bits = st.sampled_from(
    [b",", b";", b"\t", b"\n", b"\r", b'"', b"user", b"item", b"timestamp", b"1", b"{", b"}", b":", b"\0"]
)
junk = st.lists(bits | st.binary(min_size=1, max_size=3), max_size=30).map(b"".join)
heads = st.sampled_from(
    [b"", b"user,item,timestamp\n", b"user\titem\ttimestamp\r", codecs.BOM_UTF16_LE, b"\x1f\x8b", b"PAR1"]
)


@settings(max_examples=150)
@given(heads, junk, st.sampled_from(["csv", "tsv", "csv.gz", "csv.zst", "jsonl", "parquet", "dat"]), st.booleans())
def test_no_bytes_are_a_traceback(tmp_path_factory: Any, head: bytes, data: bytes, ending: str, packed: bool) -> None:
    path = tmp_path_factory.getbasetemp() / f"junk.{ending}"
    wrap = {"csv.gz": gzip.compress, "csv.zst": zstd}.get(ending, bytes) if packed else bytes
    path.write_bytes(wrap(head + data))
    with suppress(FreshrecError):
        assert set(read_source(path, StreamSettings()).columns) == {"user", "item", "time"}
