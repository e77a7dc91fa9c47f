"""Damages every kind of file that freshrec reads again, and checks that no score is ever made of what was damaged.

    python faults/damage.py

Each file is damaged in each of 29 ways, one at a time, and the work goes on. It must end with a typed error, or with
what an undamaged folder ends with, where the damage changes nothing that is read, such as a line end after JSON.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import polars as pl

from freshrec import CompareSettings, Stream, StreamSettings, TuneSettings, compare, prepare, tune
from freshrec.errors import FreshrecError
from freshrec.seeds import derive
from freshrec.store import checkpoint
from freshrec.testing import tiny_stream
from freshrec.updaters import IU

__all__ = ["DAMAGE", "Damaged", "Scene", "damage_all", "scenes"]

BLOCK = 64


def _middle(data: bytes) -> int:
    return len(data) // 2


def _block(data: bytes, random: Random) -> tuple[int, int]:
    begin = random.randrange(max(1, len(data) - BLOCK))
    return begin, min(len(data), begin + BLOCK)


def _flip(data: bytes, place: int, bit: int = 1) -> bytes:
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def _digit(data: bytes, random: Random) -> bytes:
    """Another digit in the place of one, as an edit by hand makes."""
    places = [place for place, byte in enumerate(data) if chr(byte).isdigit()]
    place = random.choice(places or [_middle(data)])
    return data[:place] + str((data[place] - 47) % 10).encode() + data[place + 1 :]


def _swapped(data: bytes, random: Random) -> bytes:
    one, other = sorted((_block(data, random), _block(data, random)))
    if other[0] < one[1]:
        return data[_middle(data) :] + data[: _middle(data)]
    return (
        data[: one[0]] + data[other[0] : other[1]] + data[one[1] : other[0]] + data[one[0] : one[1]] + data[other[1] :]
    )


def _without(data: bytes, begin: int, end: int) -> bytes:
    return data[:begin] + data[end:]


DAMAGE: Mapping[str, Callable[[bytes, Random], bytes]] = {
    "emptied": lambda data, random: b"",
    "first half": lambda data, random: data[: _middle(data)],
    "last half": lambda data, random: data[_middle(data) :],
    "last byte cut": lambda data, random: data[:-1],
    "first byte cut": lambda data, random: data[1:],
    "cut anywhere": lambda data, random: data[: random.randrange(len(data))],
    "line end added": lambda data, random: data + b"\n",
    "bytes added": lambda data, random: data + random.randbytes(BLOCK),
    "bytes before": lambda data, random: random.randbytes(8) + data,
    "twice": lambda data, random: data + data,
    "first bit": lambda data, random: _flip(data, 0),
    "middle bit": lambda data, random: _flip(data, _middle(data)),
    "last bit": lambda data, random: _flip(data, len(data) - 1),
    "any bit": lambda data, random: _flip(data, random.randrange(len(data)), 1 << random.randrange(8)),
    "another bit": lambda data, random: _flip(data, random.randrange(len(data)), 1 << random.randrange(8)),
    "any byte": lambda data, random: _flip(data, random.randrange(len(data)), random.randrange(1, 256)),
    "digit": _digit,
    "another digit": _digit,
    "zeros": lambda data, random: bytes(len(data)),
    "zeroed block": lambda data, random: data[: (b := _block(data, random))[0]] + bytes(b[1] - b[0]) + data[b[1] :],
    "random": lambda data, random: random.randbytes(len(data)),
    "random block": lambda data, random: (
        data[: (b := _block(data, random))[0]] + random.randbytes(b[1] - b[0]) + data[b[1] :]
    ),
    "block lost": lambda data, random: _without(data, *_block(data, random)),
    "block twice": lambda data, random: data[: (b := _block(data, random))[1]] + data[b[0] :],
    "blocks swapped": _swapped,
    "line ends": lambda data, random: data.replace(b"\n", b"\r\n") if b"\n" in data else data + b"\r\n",
    "other encoding": lambda data, random: data.decode("latin-1").encode("utf-16"),
}
"""Ways to damage the bytes of a file, by name; beside these a file is removed, and swapped with another of its kind."""


@dataclass(frozen=True)
class Scene:
    """Work that goes on from files.

    Attributes:
        name: what is going on.
        begin: makes the files in a new folder.
        go_on: works on from the folder, and gives what the work ends with.
        files: patterns of the files that are read again, by what they are called.
    """

    name: str
    begin: Callable[[Path], None]
    go_on: Callable[[Path], Any]
    files: Mapping[str, str]


@dataclass
class Damaged:
    """What came of damage.

    Attributes:
        detected: how often a typed error told of it, by kind of file.
        harmless: how often the work ended as without it, by kind of file.
        faults: what should not have happened.
    """

    detected: Counter[str] = field(default_factory=Counter)
    harmless: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def damage_all(scene: Scene, ways: Iterable[str] | None = None, seed: int = 0) -> Damaged:
    """Damage each of a scene's files in each way; the same for the same seed."""
    found, chosen = Damaged(), tuple(ways or (*DAMAGE, "removed", "a folder instead"))
    with tempfile.TemporaryDirectory(prefix="freshrec-damage-") as name:
        folder = Path(name)
        scene.begin(folder / "before")
        shutil.copytree(folder / "before", folder / "whole")
        expected = scene.go_on(folder / "whole")
        for kind, pattern in scene.files.items():
            paths = sorted((folder / "before").glob(pattern))
            if not paths:
                raise FileNotFoundError(f"{scene.name} has no {pattern}")
            for way in chosen:
                random = Random(derive(seed, "damage", scene.name, kind, way))
                shutil.rmtree(folder / "damaged", ignore_errors=True)
                shutil.copytree(folder / "before", folder / "damaged")
                path = folder / "damaged" / random.choice(paths).relative_to(folder / "before")
                _apply(way, path, random)
                try:
                    ended = scene.go_on(folder / "damaged")
                except FreshrecError:
                    found.detected[kind] += 1
                except (Exception, pl.exceptions.PanicException) as error:  # Whatever it is, it is a fault.
                    found.faults.append(f"{kind}, {way}: {error!r}")
                else:
                    if ended == expected:
                        found.harmless[kind] += 1
                    else:
                        found.faults.append(f"{kind}, {way}: it went unseen, and changed what came of it")
    return found


def _apply(way: str, path: Path, random: Random) -> None:
    data = path.read_bytes()
    if way in DAMAGE:
        path.write_bytes(DAMAGE[way](data, random))
        return
    path.unlink()
    if way == "a folder instead":
        path.mkdir()


class _Stop:
    """Progress that interrupts the work, as Ctrl-C would, at some text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def overall(self, text: str, done: int, total: int) -> None:
        if self.text in text:
            raise KeyboardInterrupt

    def step(self, text: str, done: int, total: int) -> None:
        self.overall(text, done, total)


def scenes() -> Iterator[Scene]:
    """Everything that is read again after a stop."""
    yield Scene(
        "a prepared folder",
        _prepare,
        _content,
        {
            "manifest.json": "manifest.json",
            "vocabulary": "values_*.arrow",
            "index": "index_*.safetensors",
            "samples": "period_*_samples.parquet",
            "positives": "period_*_positives.safetensors",
        },
    )
    yield Scene(
        "a prepared folder that rows are added to",
        lambda folder: _day(folder, 0),
        lambda folder: _day(folder, 1),
        {
            "manifest.json before an append": "manifest.json",
            "who had what": "had_*.safetensors",
            "newest values": "newest_*.safetensors",
            "rows that wait": "step_*_waiting.parquet",
        },
    )
    stream = tiny_stream()
    asmg = {"window": 2, "batch_size": 8}
    settings = CompareSettings(
        methods=("iu", "asmg-gru-multi"),
        dim=3,
        base=IU(batch_size=16),
        replicates=20,
        overrides={"asmg-gru-multi": asmg},
    )
    more = settings.model_copy(update={"methods": (*settings.methods, "ema")})
    yield Scene(
        "a comparison that was stopped",
        lambda folder: _stopped(lambda: compare(stream, settings, folder, _Stop("period 6"))),
        lambda folder: _compared(stream, settings, folder),
        {
            "config.json": "config.json",
            "checkpoint.json": "checkpoint/checkpoint.json",
            "small tensors": "checkpoint/part0-period5.safetensors",
            "large tensors": "checkpoint/part0-period5.*.safetensors",
        },
    )
    yield Scene(
        "pre-training that was stopped",
        lambda folder: _stopped(lambda: compare(stream, settings, folder, _Stop("epoch 3"))),
        lambda folder: _compared(stream, settings, folder),
        {
            "pre-training's checkpoint.json": "pretrained/*/checkpoint.json",
            "pre-training's tensors": "pretrained/*/*.safetensors",
        },
    )
    yield Scene(
        "a finished comparison that a method joins",
        lambda folder: _compared(stream, settings, folder),
        lambda folder: _compared(stream, more, folder),
        {
            "measurements": "measurements/*.parquet",
            "checksums": "measurements/checksums.json",
            "first models": "pretrained/*/*",
        },
    )
    long = tiny_stream((30,) * 13)
    tuned = TuneSettings(methods=("iu",), dim=3, grids={"*": {"learning_rate": (0.1, 0.01, 0.001), "epochs": (1,)}})
    yield Scene(
        "a tuning that was stopped",
        lambda folder: _stopped(lambda: tune(long, tuned, folder, progress=_Stop("2 of"))),
        lambda folder: [(each.settings, each.outcome.scores) for each in tune(long, tuned, folder).choices],
        {"journal": "journal.jsonl", "config.json of a tuning": "config.json"},
    )


def _prepare(folder: Path) -> None:
    random, rows = Random(7), 240
    users = [random.randrange(9) for _ in range(rows)]
    log = pl.DataFrame(
        {
            "user": users,
            "item": [2 * random.randrange(8) + user % 2 for user in users],
            "timestamp": [1_600_000_000 + 600 * number for number in range(rows - 1)] + [None],
            "colour": [random.choice(("red", "green")) for _ in range(rows)],
        }
    )
    prepare(log, folder, StreamSettings(periods=4, item_fields=("colour",), name="shop"))


def _day(folder: Path, number: int) -> Any:
    """Rows that go on, prepared into a new folder or added to it."""
    first = number * 200
    log = pl.DataFrame(
        {
            "user": [row % 9 for row in range(first, first + 200)],
            "item": [row * 7 % 31 for row in range(first, first + 200)],
            "timestamp": [1_600_000_000 + 600 * row for row in range(first, first + 200)],
            "colour": [("red", "green")[row * 7 % 31 % 2] for row in range(first, first + 200)],
        }
    )
    settings = StreamSettings(period="1d", exclude="had", item_fields=("colour",), name="shop")
    prepare(log, folder, settings, append=number > 0, finished=False)
    return _content(folder)


def _content(folder: Path) -> Any:
    """All that a stream gives to those who compare on it."""
    stream = Stream.open(folder)
    arrays = [{name: each.tobytes() for name, each in period.samples().arrays().items()} for period in stream.periods]
    return stream.hash, arrays, dict(stream.vocabulary.values)


def _stopped(work: Callable[[], object]) -> None:
    try:
        with patch.object(checkpoint, "LARGE", 400):
            work()
    except KeyboardInterrupt:
        return
    raise ValueError("the work ended before it was stopped")


def _compared(stream: Stream, settings: CompareSettings, folder: Path) -> Any:
    """All that a comparison ends with but times."""
    with patch.object(checkpoint, "LARGE", 400):
        done = compare(stream, settings, folder)
    scores = [(each.method, each.period, dict(each.scores), dict(each.diagnostics)) for each in done.results]
    config = json.loads((folder / "config.json").read_bytes())
    return scores, [repr(each) for each in done.slices], done.cautions, config.get("pretraining_epochs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    given, faults = parser.parse_args(), 0
    for scene in scenes():
        found = damage_all(scene, seed=given.seed)
        for kind in scene.files:
            detected, harmless = found.detected[kind], found.harmless[kind]
            print(f"{kind} of {scene.name}: {detected} detected, {harmless} without effect")
        for fault in found.faults:
            print(f"  {fault}")
        faults += len(found.faults)
    print(f"{faults} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
