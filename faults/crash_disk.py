"""A disk that records what is done to it, and builds what may be left of it after a loss of power.

The rules are those of POSIX, not of one file system. What was written to a file is certain only once the file was
synced after it, and a name in a folder only once the folder was synced after it. Of what is not certain, any part may
be lost, in any order; a write may also be torn, or leave zeros. A rename is one step. What a program flushed too late
was never written: the record has what left the program, not what it meant to write.
"""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import BinaryIO, TypeAlias, cast

from freshrec.files import Disk

__all__ = ["CrashDisk", "CrashState"]

ROOT = 0


@dataclass(frozen=True)
class _Names:
    """A change of names in a folder: to a node, or to none."""

    folder: int
    names: dict[str, int | None]


@dataclass(frozen=True)
class _Write:
    """Bytes that left the program for a file."""

    node: int
    offset: int
    data: bytes


@dataclass(frozen=True)
class _Sync:
    """All that was done to a file or folder is on the disk."""

    node: int


@dataclass(frozen=True)
class _Acknowledged:
    """The program was told that something is done."""

    what: object


_Operation: TypeAlias = _Names | _Write | _Sync | _Acknowledged


@dataclass(frozen=True)
class CrashState:
    """What is on the disk after a crash.

    Attributes:
        after: how many operations had been given to the system.
        acknowledged: what the program had been told was done, in order.
        names: of each folder: name to node.
        contents: of each file.
    """

    after: int
    acknowledged: tuple[object, ...]
    names: dict[int, dict[str, int]]
    contents: dict[int, bytes]

    def write_to(self, folder: Path, node: int = ROOT) -> None:
        """Build the state in a folder that is there and empty."""
        for name, child in self.names.get(node, {}).items():
            if child in self.contents:
                (folder / name).write_bytes(self.contents[child])
            else:
                (folder / name).mkdir()
                self.write_to(folder / name, child)


@dataclass
class CrashDisk(Disk):
    """A disk that records the operations below a folder while it carries them out.

    Attributes:
        root: the folder.
    """

    root: Path
    _operations: list[_Operation] = field(default_factory=list)
    _nodes: dict[Path, int] = field(default_factory=dict)
    _files: set[int] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self._nodes[self.root] = ROOT

    def acknowledge(self, what: object) -> None:
        """Note that from here on something must never be lost."""
        self._operations.append(_Acknowledged(what))

    def create(self, path: Path) -> BinaryIO:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        node = self._added(path)
        self._files.add(node)
        return cast(BinaryIO, io.BufferedWriter(_RecordedFile(descriptor, node, self._operations)))

    def sync_file(self, file: BinaryIO) -> None:
        super().sync_file(file)
        self._operations.append(_Sync(cast(_RecordedFile, cast(io.BufferedWriter, file).raw).node))

    def sync(self, path: Path) -> None:
        super().sync(path)
        if path in self._nodes:
            self._operations.append(_Sync(self._nodes[path]))

    def make_folder(self, path: Path) -> None:
        super().make_folder(path)
        self._added(path)

    def rename(self, path: Path, to: Path) -> None:
        if path.parent != to.parent:
            raise NotImplementedError("a rename from one folder into another is not one step for two folders")
        super().rename(path, to)
        node = self._nodes[path]
        self._forget(to)
        for below in [each for each in self._nodes if each == path or path in each.parents]:
            self._nodes[to / below.relative_to(path)] = self._nodes.pop(below)
        self._operations.append(_Names(self._nodes[to.parent], {path.name: None, to.name: node}))

    def remove(self, path: Path) -> None:
        super().remove(path)
        self._removed(path)

    def remove_folder(self, path: Path) -> None:
        super().remove_folder(path)
        for below in sorted((each for each in self._nodes if path in each.parents), reverse=True):
            self._removed(below)
        self._removed(path)

    def states(self, number: int, seed: int = 0) -> Iterator[CrashState]:
        """States that a loss of power may leave, drawn at random; the same for the same seed.

        Each is of a random instant. Of what is not certain then, it has nothing, all, all but one, or any part.
        """
        random = Random(seed)
        for _ in range(number):
            left = random.choice(("none", "all", "all but one", "any"))
            yield self._state(random.randint(0, len(self._operations)), left, random)

    def _state(self, after: int, left: str, random: Random) -> CrashState:
        done = self._operations[:after]
        synced = {each.node: place for place, each in enumerate(done) if isinstance(each, _Sync)}
        uncertain = [
            place
            for place, each in enumerate(done)
            if isinstance(each, _Names | _Write)
            and place > synced.get(each.folder if isinstance(each, _Names) else each.node, -1)
        ]
        lost = set[int]()
        if left == "none":
            lost = set(uncertain)
        elif left == "all but one" and uncertain:
            lost = {random.choice(uncertain)}
        elif left == "any":
            lost = {place for place in uncertain if random.random() < 0.5}
        names: dict[int, dict[str, int]] = {}
        contents = {node: bytearray() for node in self._files}
        for place, each in enumerate(done):
            if isinstance(each, _Names) and place not in lost:
                found = names.setdefault(each.folder, {})
                for name, node in each.names.items():
                    if node is None:
                        found.pop(name, None)
                    else:
                        found[name] = node
            elif isinstance(each, _Write):
                data = each.data
                if place in lost:
                    data = random.choice((b"", data[: random.randint(0, len(data))], bytes(len(data))))
                content = contents[each.node]
                content.extend(bytes(max(0, each.offset - len(content)) if data else 0))
                content[each.offset : each.offset + len(data)] = data
        acknowledged = tuple(each.what for each in done if isinstance(each, _Acknowledged))
        return CrashState(after, acknowledged, names, {node: bytes(data) for node, data in contents.items()})

    def _added(self, path: Path) -> int:
        node = next(self._numbers)
        self._nodes[path] = node
        self._operations.append(_Names(self._nodes[path.parent], {path.name: node}))
        return node

    def _removed(self, path: Path) -> None:
        folder = self._nodes[path.parent]
        self._forget(path)
        self._operations.append(_Names(folder, {path.name: None}))

    def _forget(self, path: Path) -> None:
        self._nodes.pop(path, None)


class _RecordedFile(io.FileIO):
    """A file whose writes are recorded when they leave the program."""

    def __init__(self, descriptor: int, node: int, operations: list[_Operation]) -> None:
        super().__init__(descriptor, "wb")
        self.node = node
        self._record = operations

    def write(self, data: object) -> int:
        view, offset = memoryview(data), self.tell()  # type: ignore[arg-type]
        written = super().write(view)
        self._record.append(_Write(self.node, offset, bytes(view.cast("B")[:written])))
        return written
