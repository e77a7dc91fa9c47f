"""A track: one updater on one stream, durable.

    STORE/store.json         the configuration, with its SHA-256
    STORE/stream/            the prepared stream, which grows
    STORE/pretrained/        the first model
    STORE/state/             the newest state and the entries of all periods: replacing its record is the commit
    STORE/serving/           published versions, CURRENT, which names the one that is served, and refused versions

A period is scored by the model before it, then learned, then published, then committed; last, the pointer moves. So a
crash leaves the store at a period or at the one before it, and what it left half done is made again, byte for byte.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from torch import nn

from freshrec.data import Period, Samples, Schema, Source, Stream, StreamSettings, prepare
from freshrec.errors import ConfigError, CorruptError, OutputError
from freshrec.evaluation import Lane, first_model
from freshrec.files import disk, locked, make_folder, sha256, write_bytes
from freshrec.keeping.commit import Commit, Entry
from freshrec.keeping.settings import TrackSettings
from freshrec.metrics import measure
from freshrec.progress import Progress, Silent
from freshrec.seeds import derive
from freshrec.serving import (
    Context,
    ModelDescription,
    Pointer,
    Scorer,
    Version,
    read_version,
    serve,
    served,
    version_folder,
    write_version,
)
from freshrec.store import Checkpoint, read_checkpoint, unpack, write_checkpoint
from freshrec.training import Growth, Run, Shared, predict
from freshrec.updaters import Updater, extended_model

__all__ = ["Track"]

FORMAT = "freshrec-store-1"
RECORD = "store.json"
REFUSED = "-refused"
"""What the folder of a version that the gate refused has after its number."""
OWNED = ("stream", "pretrained", "state", "serving")
"""Folders that only the holder of the store's lock writes to."""
CANARIES = 4096
"""Samples of a period, the last ones, that a new version is compared with the served one on."""

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Memory:
    """All that a track goes on from, beside its commit.

    Attributes:
        state: the updater's.
        context: what a score needs beside model and vocabulary.
    """

    state: Any
    context: Context


class Track:
    """One updater that keeps one model fresh, period by period, in a folder.

    `create` makes a new one, and `open` opens one that is there.

    Attributes:
        folder: of the store.
        settings: which updater, on which base model.
    """

    def __init__(self, folder: Path, settings: TrackSettings, progress: Progress | None = None) -> None:
        self.folder, self.settings = folder, settings
        self._progress = progress or Silent()
        self._seed = derive(settings.seed, "run", 0)
        self._updater: Updater[Any] = settings.updater
        self._newest: Checkpoint | None = None

    @classmethod
    def create(
        cls,
        folder: Path | str,
        source: Source,
        stream: StreamSettings | None = None,
        settings: TrackSettings | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """A new store: prepare the first data, pre-train, and publish the first version.

        Where periods are left after the pre-training ones, they are scored and learned, one after another.

        Args:
            folder: to make.
            source: the first data, as `prepare` takes it.
            stream: how it becomes periods.
            settings: which updater, on which base model.
            progress: is told of long work.

        Raises:
            DataError: the log cannot be used as it is.
            OutputError: the folder holds something else, or cannot be written.
            SettingsError: settings cannot be used.
        """
        path, settings = Path(folder), settings or TrackSettings()
        make_folder(path)
        with locked(path, OWNED):
            _check_goes_on(stream or StreamSettings())
            if not (path / "stream").exists():
                if others := sorted(each.name for each in path.iterdir() if not each.name.startswith(".")):
                    raise OutputError(f"{path} holds {others[0]} and is no store. Choose a new folder.")
                prepare(source, path / "stream", stream, progress)
            opened = Stream.open(path / "stream")
            pretrain = settings.pretrain or len(opened.periods)
            if pretrain > len(opened.periods):
                raise ConfigError(
                    f"pretrain is {pretrain}, and the first data has {len(opened.periods)} periods. "
                    "Give more data, or a smaller number."
                )
            write_record(path, settings.model_copy(update={"pretrain": pretrain}))
        track = cls.open(path, progress)
        track.catch_up()
        return track

    @classmethod
    def open(cls, folder: Path | str, progress: Progress | None = None) -> Self:
        """The track of a store.

        Raises:
            CorruptError: the folder is no store, or its record was changed.
        """
        return cls(Path(folder), read_record(Path(folder)), progress)

    @property
    def stream(self) -> Stream:
        """All periods that the store has been given."""
        return Stream.open(self.folder / "stream")

    @property
    def commit(self) -> Commit:
        """What is finished.

        Raises:
            CorruptError: the state was damaged.
        """
        found = read_checkpoint(self.folder / "state")
        return Commit((), 0, 0, 0) if found is None else Commit.of(found.content)

    @property
    def serving(self) -> Pointer | None:
        """Which version is served; None before the first."""
        return served(self.folder / "serving")

    def scorer(self, version: int | None = None) -> Scorer:
        """A published version, ready to score; the served one where no number is given.

        Raises:
            CorruptError: nothing was published, or a file was changed.
            ConfigError: there is no such version on the disk.
        """
        pointer = self.serving
        if pointer is None:
            raise CorruptError(f"nothing is published in {self.folder}. Run `freshrec update` on it.")
        folder = version_folder(self.folder / "serving", pointer.version if version is None else version)
        if not folder.exists():
            raise ConfigError(f"there is no version {version} in {self.folder}; it has {self.versions()}.")
        return Scorer(read_version(folder))

    def versions(self) -> list[int]:
        """The published versions that are on the disk, oldest first."""
        folder = self.folder / "serving"
        return sorted(int(each.name) for each in folder.iterdir() if each.name.isdigit()) if folder.exists() else []

    def advance(self, rows: Source | None = None, *, finished: bool = True, gated: bool = True) -> list[Entry]:
        """Take new rows, and score, learn and publish every period that they finish.

        Args:
            rows: the rows of a new day, as `prepare` takes them; None for the periods that the stream has already.
            finished: whether no more rows are to come for the last period; otherwise they wait for the next call.
            gated: False to publish whatever was trained.

        Returns:
            An entry for each period that was finished now, none where nothing was new.

        Raises:
            DataError: the rows cannot be used.
            DivergedError: a loss or parameter became NaN or infinite; nothing was committed of that period.
            OutputError: another process holds the store, or it cannot be written.
        """
        if rows is not None:
            with locked(self.folder, OWNED):
                prepare(rows, self.folder / "stream", progress=self._progress, append=True, finished=finished)
        return self.catch_up(gated=gated)

    def catch_up(self, *, gated: bool = True) -> list[Entry]:
        """Score, learn and publish the periods of the stream that are not finished yet."""
        with locked(self.folder, OWNED):
            stream = self.stream
            commit, memory = self._recover(stream) or self._begin(stream)
            before = len(commit.entries)
            for period in stream.periods[commit.period :]:
                self._progress.overall(f"period {period.number}", period.number - 1, len(stream.periods))
                commit, memory = self._finish(stream, period, commit, memory, gated)
            self._progress.overall("finished", len(stream.periods), len(stream.periods))
            self._collect(commit)
        return list(commit.entries[before:])

    def rollback(self, version: int, *, pinned: bool = False) -> Pointer:
        """Serve an older version; until the next one is published, or for good if it is pinned.

        Raises:
            ConfigError: there is no such version on the disk.
        """
        with locked(self.folder, OWNED):
            if version not in self.versions():
                raise ConfigError(f"there is no version {version} in {self.folder}; it has {self.versions()}.")
            read_version(version_folder(self.folder / "serving", version))
            pointer = Pointer(self.folder / "serving", version, self.commit.period, pinned)
            serve(pointer)
        return pointer

    def unpin(self) -> Pointer:
        """Serve the newest published version again, now and after every update."""
        return self.rollback(self.commit.version)

    def verify(self) -> int:
        """Check every file of the store against what was written, and return how many periods and versions there are.

        Raises:
            CorruptError: a file is missing or was changed.
        """
        stream = self.stream
        for period in stream.periods:
            period.samples()
        self._check_learned(stream, self.commit)
        for version in self.versions():
            read_version(version_folder(self.folder / "serving", version))
        return len(stream.periods) + len(self.versions())

    def _recover(self, stream: Stream) -> tuple[Commit, _Memory] | None:
        """Undo what a crash left, and give the newest commit with its state; None where there is none yet."""
        found = self._newest or read_checkpoint(self.folder / "state")
        if found is None:
            return None
        commit, self._newest = Commit.of(found.content), found
        for left in (each for each in self.versions() if each > commit.version):
            disk().remove_folder(version_folder(self.folder / "serving", left))
        self._point(commit)
        self._check_learned(stream, commit)
        return commit, self._memory(found)

    def _check_learned(self, stream: Stream, commit: Commit) -> None:
        """See that the finished periods are those of the stream.

        Raises:
            CorruptError: one is another, or is not there.
        """
        for entry in commit.entries:
            if entry.period > len(stream.periods) or entry.digest != digest_of(stream, entry.period):
                raise CorruptError(
                    f"period {entry.period} of {self.folder / 'stream'} is not the one that the state has learned; ids "
                    "may stand for other users and items. Restore the stream, or start a new store."
                )

    def _finish(
        self, stream: Stream, period: Period, commit: Commit, memory: _Memory, gated: bool
    ) -> tuple[Commit, _Memory]:
        """Score a period, learn, publish and commit it; returns the commit and what is remembered after it."""
        watch, updater = _Watch(), self._updater
        with watch("read"):
            samples = period.samples()
        past = stream.periods[: period.number]
        before = self._run(stream, commit.learned)
        run = self._run(stream, period.number)
        state = Growth.between(before[0].model, run[0].model, (before[1], run[1])).state(memory.state)
        with watch("score"), run[0].threading():
            logits = predict(run[0].model, updater.serving(state, run[0]), samples)
            scores = measure(self.settings.measured, samples.label, logits, samples.user)
        context = memory.context.after(samples, period.known)
        sizes = [entry.size for entry in commit.entries]
        reason = self.settings.gate.problem_of_size(len(samples), sizes) if gated else None
        learned = state
        if reason is None:
            with watch("learn"), run[0].threading():
                learned = updater.update(state, past, run[0])
            with watch("publish"):
                folder = self._publish(stream, period.number, learned, context, scores)
            if gated:
                with watch("check"):
                    reason = self._problem(folder, samples)
            if reason is not None:
                self._remove(refused := folder.with_name(f"{folder.name}{REFUSED}"))
                disk().rename(folder, refused)
        entry = Entry(
            period.number,
            digest_of(stream, period.number),
            len(samples),
            commit.version,
            scores,
            "published" if reason is None else "refused",
            reason or "",
            dict(watch.seconds),
        )
        following = replace(commit, entries=(*commit.entries, entry))
        if reason is None:
            following = replace(following, learned=period.number)
        memory = _Memory(learned if reason is None else memory.state, context)
        return self._write(following, memory)

    def _begin(self, stream: Stream) -> tuple[Commit, _Memory]:
        """Pre-train the first model, publish and commit it."""
        pretrain = self.settings.pretrain or len(stream.periods)
        periods, (run, _) = stream.periods[:pretrain], self._run(stream, pretrain)
        lane = Lane(self._updater, run)
        identity = sha256((self.folder / RECORD).read_bytes())
        folder = self.folder / "pretrained"
        found = first_model(folder, identity, self.settings.pretraining, periods, lane.base_run, self.settings.measured)
        state, context = lane.begin(found.model), Context()
        for period in periods:
            context = context.after(period.samples(), period.known)
        entries = tuple(
            Entry(each.number, digest_of(stream, each.number), each.size, None, {}, "published") for each in periods
        )
        self._publish(stream, pretrain, state, context, {})
        return self._write(Commit(entries, pretrain, pretrain, found.epochs), _Memory(state, context))

    def _write(self, commit: Commit, memory: _Memory) -> tuple[Commit, _Memory]:
        """Commit, move the pointer, and go on from what is on the disk."""
        parts = {"state": memory.state, "context": memory.context}
        name = f"period{commit.period}"
        self._newest = write_checkpoint(self.folder / "state", name, commit.content(), parts, self._newest)
        self._point(commit)
        return commit, self._memory(self._newest)

    def _memory(self, found: Checkpoint) -> _Memory:
        """What a checkpoint holds; what is large is mapped from the disk."""
        state: Any = unpack(self._updater.state_type, found.structure["state"], found.tensors)
        return _Memory(state, unpack(Context, found.structure["context"], found.tensors))

    def _publish(
        self, stream: Stream, number: int, state: Any, context: Context, scores: Mapping[str, float | None]
    ) -> Path:
        """Write the version of a period, whose tables have one more row for unknown ids; returns its folder."""
        (run, schema), (longer, more) = self._run(stream, number), self._run(stream, number, unknown=1)
        grown = Growth.between(run.model, longer.model, (schema, more)).state(state)
        with longer.threading():
            weights = self._updater.serving(grown, longer)
        folder = version_folder(self.folder / "serving", number)
        self._remove(folder)
        settings = stream.manifest["settings"]
        version = Version(
            number,
            ModelDescription.of(
                self.settings.base_model, self.settings.dim, derive(self._seed, "model"), self._updater
            ),
            schema,
            weights,
            stream.vocabulary.first(schema.rows),
            context,
            {table: settings[f"{table}_column"] for table in ("user", "item") if table in schema.rows},
            stream.manifest["periods"][number - 1].get("scales", {}),
            {"period": number, "scores_of_the_model_before": dict(scores), "method": self.settings.name},
        )
        write_version(folder, version)
        return folder

    def _problem(self, folder: Path, samples: Samples) -> str | None:
        """Why a version is not fit to be served, beside the one that is; None if it is."""
        pointer = self.serving
        if pointer is None:
            return None
        canaries = samples.take(slice(max(len(samples) - CANARIES, 0), len(samples)))
        new, old = (Scorer(read_version(place)).logits_of(canaries) for place in (folder, pointer.folder))
        return self.settings.gate.problem_of_scores(new, old)

    def _remove(self, folder: Path) -> None:
        """Remove a version, if it is there."""
        if folder.exists():
            disk().remove_folder(folder)

    def _point(self, commit: Commit) -> None:
        """Serve the newest published version, unless another one was chosen since, or is pinned."""
        now = self.serving
        if now is not None and (now.pinned or now.period >= commit.period):
            return
        serve(Pointer(self.folder / "serving", commit.version, commit.period))

    def _collect(self, commit: Commit) -> None:
        """Remove old versions, but for the newest few and the one that is served."""
        pointer = self.serving
        served_version = pointer.version if pointer else commit.version
        for version in self.versions()[: -self.settings.keep]:
            if version != served_version:
                self._remove(version_folder(self.folder / "serving", version))

    def _run(self, stream: Stream, number: int, unknown: int = 0) -> tuple[Run, Schema]:
        """The run after some periods, with rows for the ids known by then, and the schema of its model."""
        pretrain = self.settings.pretrain or 0
        known = stream.periods[number - 1].known
        # The order of tables decides the order of a model's parameters.
        rows = {table: known[table] + unknown for table in stream.schema.rows}
        schema = replace(stream.schema, rows=rows, known=stream.periods[pretrain - 1].known)
        base: nn.Module = self.settings.base_model(schema, dim=self.settings.dim, seed=derive(self._seed, "model"))
        model = extended_model(self._updater, base, schema, derive(self._seed, "model"))
        return Run(model, self._seed, self._progress, Shared()), schema


class _Watch:
    """Wall time of parts of the work, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[part] = time.perf_counter() - start


def _check_goes_on(settings: StreamSettings) -> None:
    """Refuse settings under which no rows can follow the first ones."""
    if settings.periods is not None:
        raise ConfigError(
            f"periods is {settings.periods}: equal shares are those of a finished log, and a store goes on. Give the "
            "length of a period, such as period = '1d' (--period 1d), or its number of rows (period_rows)."
        )
    if settings.negatives == "paper":
        raise ConfigError("negatives is 'paper': they are drawn from items of the future. Leave it at 'causal'.")


def digest_of(stream: Stream, number: int) -> str:
    """What tells a period of a prepared stream from others."""
    return str(stream.manifest["periods"][number - 1]["digest"])


def write_record(folder: Path, settings: TrackSettings) -> None:
    """Write what decides a store; the same again where it is there.

    Raises:
        OutputError: the folder holds a store of other settings.
    """
    text = json.dumps({"format": FORMAT, "settings": settings.model_dump(mode="json")}, sort_keys=True)
    if (folder / RECORD).exists():
        if read_record(folder) != settings:
            raise OutputError(f"{folder} is a store of other settings. Choose a new folder, or give the same settings.")
        return
    write_bytes(folder / RECORD, json.dumps({"sha256": sha256(text.encode()), "store": json.loads(text)}).encode())


def read_record(folder: Path) -> TrackSettings:
    """What decides a store.

    Raises:
        CorruptError: the folder is no store, or the record was changed.
    """
    path = folder / RECORD
    try:
        sealed = json.loads(path.read_bytes())
        if sha256(json.dumps(sealed["store"], sort_keys=True).encode()) != sealed["sha256"]:
            raise CorruptError(f"{path} was changed by hand or damaged. Restore it.")
        if sealed["store"]["format"] != FORMAT:
            raise CorruptError(f"{path} has the format {sealed['store']['format']!r}; {FORMAT!r} was expected.")
        return TrackSettings.model_validate(sealed["store"]["settings"])
    except FileNotFoundError as error:
        raise CorruptError(f"{folder} is no store: it has no {RECORD}. Make one with `freshrec init`.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptError(f"{path} is damaged ({error!r}). Restore it.") from error
