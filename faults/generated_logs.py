"""Generated logs with damage: files as they come from exports, disks and hands, with what must be counted of them.

A log begins as rows that are whole. Damage to rows adds malformed ones or repeats some; damage to the form changes how
the same rows are written; damage to the file leaves no promise but that nothing crashes and nothing is miscounted.
"""

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal, TypeAlias

import polars as pl

from freshrec.seeds import derive

__all__ = ["FILE_DAMAGE", "FORMATS", "FORM_DAMAGE", "KINDS", "ROW_DAMAGE", "GeneratedLog", "generate"]

Format: TypeAlias = Literal["csv", "parquet", "jsonl"]
Row: TypeAlias = dict[str, str | None]

FORMATS: tuple[Format, ...] = ("csv", "parquet", "jsonl")
BAD_BYTES = "BAD-BYTES"
"""Stands in a row for bytes that are no UTF-8, until it is written."""

ROW_DAMAGE: Mapping[str, Row] = {
    "no user": {"user": None},
    "no item": {"item": None},
    "no time": {"timestamp": None},
    "blank user": {"user": "  "},
    "null spelled out": {"item": "NULL"},
    "time that is a word": {"timestamp": "soon"},
    "time before 1970": {"timestamp": "-86400"},
    "time after 9999": {"timestamp": "999999999999"},
    "time that is no number": {"timestamp": "nan"},
    "impossible date": {"timestamp": "2024-13-45"},
    "id of 2,000 letters": {"user": "x" * 2_000},
    "id of bytes that are no text": {"item": BAD_BYTES},
    "label of 2": {"label": "2"},
    "label that is a word": {"label": "perhaps"},
}
"""What is wrong with a row that is added: it must be set aside, and change nothing else."""

FORM_DAMAGE = (
    *("repeated rows", "shuffled rows", "shuffled columns", "unused columns", "ids of any script"),
    *("numbers as floats", "line ends", "delimiter", "byte order mark", "blank lines", "compressed"),
)
"""Ways to write the same interactions: the stream must be the same."""

FILE_DAMAGE = (
    *("cut short", "flipped bits", "zeroed bytes", "random bytes", "nothing", "header only", "column missing"),
    *(
        "column twice",
        "wrong ending",
        "cells too many",
        "deeply nested",
        "one user",
        "two units of time",
        "lists as ids",
    ),
)
"""Anything may be said of such a file, but not by a traceback."""

KINDS = (*ROW_DAMAGE, *FORM_DAMAGE, *FILE_DAMAGE)


@dataclass
class GeneratedLog:
    """A log on disk, and what must come of it.

    Attributes:
        path: the file.
        damage: the kinds of damage that it has.
        options: of `freshrec prepare`.
        clean: the rows that must be used, as text; None where nothing is known.
        malformed: how many rows must be set aside.
        duplicates: how many rows are repeats.
    """

    path: Path
    damage: tuple[str, ...]
    options: list[str] = field(default_factory=list)
    clean: pl.DataFrame | None = None
    malformed: int = 0
    duplicates: int = 0

    @property
    def rows(self) -> int:
        """How many rows came."""
        return 0 if self.clean is None else self.clean.height + self.malformed + self.duplicates


def generate(number: int, folder: Path, seed: int = 0) -> GeneratedLog:
    """Write a log to a folder that is there; the same number and seed give the same bytes."""
    random = Random(derive(seed, "generated log", number))
    format_ = FORMATS[number % len(FORMATS)]
    clean = _clean_rows(random)
    if random.random() < 0.25:
        kind = FILE_DAMAGE[number // 4 % len(FILE_DAMAGE)]
        path = folder / f"log.{format_}"
        rows = [{**row, "user": "same"} for row in clean] if kind == "one user" else clean
        path.write_bytes(_written(rows, format_, list(rows[0]), ",", "\n"))
        return _with_file_damage(kind, path, format_, rows, random)
    return _with_rows_and_form(number, clean, format_, folder, random)


def _clean_rows(random: Random) -> list[Row]:
    """Rows of distinct user, item and time, with labels in half of the logs."""
    count, users, items = random.randint(40, 240), random.randint(2, 12), random.randint(3, 30)
    labelled, prefix = random.random() < 0.5, random.choice(("", "", "u-"))
    rows, start = [], 1_600_000_000 + random.randint(0, 10**7)
    for number in range(count):
        # The first two rows see to it that there are two users, items and labels.
        user, item = (number, number) if number < 2 else (random.randrange(users), random.randrange(items))
        row: Row = {"user": f"{prefix}{user}", "item": str(100 + item), "timestamp": str(start + 600 * number)}
        if labelled:
            row["label"] = str(number % 2 if number < 2 else int(random.random() < 0.4))
        rows.append({**row, "colour": random.choice(("red", "green", ""))})
    return rows


def _with_rows_and_form(number: int, clean: list[Row], format_: Format, folder: Path, random: Random) -> GeneratedLog:
    forms = random.sample(FORM_DAMAGE, random.randint(0, 3))
    if "ids of any script" in forms:
        scripts = ("кино", "映画", "فيلم", "é", "é", "🎬", "a b", 'say "hi"', "a,b;c|d\te", "=1+1")
        clean = [{**row, "item": f"{random.choice(scripts)}-{row['item']}"} for row in clean]
    if "numbers as floats" in forms and all(str(row["user"]).isdigit() for row in clean):
        clean = [{**row, "user": f"{row['user']}.0"} for row in clean]
    rows, malformed, duplicates = list(clean), 0, 0
    possible = [kind for kind in ROW_DAMAGE if kind[:5] != "label" or "label" in clean[0]]
    if format_ == "parquet":
        possible.remove("id of bytes that are no text")
    kinds = random.sample(possible, random.randint(0, 2))
    if kinds and random.random() < 0.5:
        kinds[0] = possible[number // 3 % len(possible)]
    for kind in dict.fromkeys(kinds):
        few = random.random() < 0.8
        for _ in range(1 if few else random.randint(1, max(1, len(clean) // 10))):
            rows.insert(random.randint(0, len(rows)), {**random.choice(clean), **ROW_DAMAGE[kind]})
            malformed += 1
    if "repeated rows" in forms:
        for _ in range(random.randint(1, 20)):
            rows.insert(random.randint(0, len(rows)), random.choice(clean))
            duplicates += 1
    if "shuffled rows" in forms:
        random.shuffle(rows)
    if "unused columns" in forms:
        rows = [{**row, "note": random.choice(("", "x", "y,z", "1", '"', "line\nbreak")), "0": "0"} for row in rows]
    columns = list(rows[0])
    if "shuffled columns" in forms:
        random.shuffle(columns)
    delimiter = random.choice(";\t|") if "delimiter" in forms else ","
    ends = random.choice(("\r\n", "\r")) if "line ends" in forms else "\n"
    if any("\n" in str(row.get("note")) for row in rows):
        ends = "\n"
    data, name = _written(rows, format_, columns, delimiter, ends), f"log.{format_}"
    if format_ != "parquet":
        if "blank lines" in forms:
            data = data + ends.encode() * random.randint(1, 3)
        if "byte order mark" in forms:
            data = b"\xef\xbb\xbf" + data
        if "compressed" in forms:
            data, name = gzip.compress(data, mtime=0), f"{name}.gz"
    path = folder / name
    path.write_bytes(data)
    options = ["--periods", str(random.randint(2, 9))]
    if random.random() < 0.3:
        options += ["--item-field", "colour"]
    return GeneratedLog(path, (*dict.fromkeys(kinds), *forms), options, pl.DataFrame(clean), malformed, duplicates)


def _written(rows: list[Row], format_: Format, columns: list[str], delimiter: str, ends: str) -> bytes:
    """Rows as a file; cells are text."""
    if format_ == "parquet":
        buffer = io.BytesIO()
        pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String)).write_parquet(buffer)
        return buffer.getvalue()
    if format_ == "jsonl":
        text = "".join(json.dumps({name: row[name] for name in columns}, ensure_ascii=False) + "\n" for row in rows)
    else:
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=delimiter, lineterminator=ends)
        writer.writerow(columns)
        writer.writerows([row[name] for name in columns] for row in rows)
        text = file.getvalue()
    return text.encode().replace(BAD_BYTES.encode(), b"\xff\xfe\xc3")


def _with_file_damage(kind: str, path: Path, format_: Format, rows: list[Row], random: Random) -> GeneratedLog:
    data = path.read_bytes()
    changed: dict[str, Callable[[], bytes]] = {
        "cut short": lambda: data[: random.randint(0, len(data))],
        "flipped bits": lambda: _flipped(data, random),
        "zeroed bytes": lambda: _zeroed(data, random),
        "random bytes": lambda: random.randbytes(random.randint(1, 5_000)),
        "nothing": lambda: b"",
        "header only": lambda: _written([], format_, list(rows[0]), ",", "\n"),
        "column missing": lambda: _written(rows, format_, list(rows[0])[random.randint(1, 2) :], ",", "\n"),
        "cells too many": lambda: data + b",".join([b"x"] * 1_000) + b"\n",
        "deeply nested": lambda: data + b"[" * 100_000 + b"\n" + b'{"user":' * 50_000 + b"\n",
        "column twice": lambda: data.replace(b"colour", b"item", 1 if format_ == "csv" else -1),
        "two units of time": lambda: _written(
            [{**row, "timestamp": f"{row['timestamp']}000"} if random.random() < 0.5 else row for row in rows],
            *(format_, list(rows[0]), ",", "\n"),
        ),
        "lists as ids": lambda: _with_lists(rows, format_),
    }
    path.write_bytes(changed[kind]() if kind in changed else data)
    if kind == "wrong ending":
        path = path.rename(path.with_suffix(random.choice((".parquet", ".csv", ".jsonl", ".json.gz", ".zst", ".xyz"))))
    return GeneratedLog(path, (kind,), ["--periods", "3"])


def _flipped(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 20)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _zeroed(data: bytes, random: Random) -> bytes:
    begin = random.randrange(len(data))
    end = min(len(data), begin + random.randint(1, 600))
    return data[:begin] + bytes(end - begin) + data[end:]


def _with_lists(rows: list[Row], format_: Format) -> bytes:
    listed: list[dict[str, Any]] = [{**row, "user": [row["user"]]} for row in rows]
    if format_ == "parquet":
        buffer = io.BytesIO()
        pl.DataFrame(listed).write_parquet(buffer)
        return buffer.getvalue()
    return "".join(json.dumps(row) + "\n" for row in listed).encode()
