"""The work of a comparison: which methods of which runs are finished, and taking the others through the stream."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from freshrec.data import Stream
from freshrec.errors import CorruptError
from freshrec.evaluation.claim import write_configuration
from freshrec.evaluation.identity import EPOCHS, class_path, digest
from freshrec.evaluation.loop import Lane, rounds
from freshrec.evaluation.pretrained import first_model, model_folder
from freshrec.evaluation.recording import Recorder
from freshrec.evaluation.results import Result, write_results
from freshrec.evaluation.settings import CompareSettings
from freshrec.evaluation.splits import Splits
from freshrec.params import params_of
from freshrec.progress import Progress
from freshrec.seeds import derive
from freshrec.store import Checkpoint, read_checkpoint, unpack, write_checkpoint
from freshrec.training import Fitted, Run

__all__ = ["Work"]


@dataclass(frozen=True)
class _Part:
    """Methods of one run that go through the stream together and share their incremental model.

    Attributes:
        run: which run.
        methods: their names.
    """

    run: int
    methods: tuple[str, ...]


@dataclass(frozen=True)
class _Record:
    """What is committed with the states of a part.

    Attributes:
        part: whose states they are.
        period: how many periods the states have seen; the part is finished where it is all.
        seconds: how long each method's last update took.
        steps: the gradient steps of the shortest training in it.
        finished: the parts that were finished before.
        results: all results so far, those of the finished parts among them.
    """

    part: _Part
    period: int
    seconds: Mapping[str, float]
    steps: Mapping[str, int]
    finished: tuple[_Part, ...]
    results: tuple[Result, ...]

    @property
    def methods(self) -> set[str]:
        """All methods that there are states or results of."""
        return {name for part in (*self.finished, self.part) for name in part.methods}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "_Record":
        """The record of a checkpoint's content."""
        part, *finished = (
            _Part(each["run"], tuple(each["methods"])) for each in (content["part"], *content["finished"])
        )
        results = tuple(Result(**each) for each in content["results"])
        return cls(part, content["period"], content["seconds"], content["steps"], tuple(finished), results)


class Work:
    """Computes what is missing of a comparison's results.

    Attributes:
        config: the configuration of the comparison, with the numbers of epochs that pre-training chose so far.
    """

    def __init__(
        self,
        stream: Stream,
        settings: CompareSettings,
        splits: Splits,
        config: Mapping[str, Any],
        before: Mapping[str, Any],
        out: Path,
        progress: Progress,
    ) -> None:
        self.config = {**config, EPOCHS: dict(before.get(EPOCHS, {}))}
        self._stream, self._settings, self._splits = stream, settings, splits
        self._out, self._progress = out, progress
        self._recorder = Recorder(stream, settings, splits, out)
        # What is mapped keeps its place on the disk, also once its file is removed: nothing else holds a checkpoint.
        self._newest: Checkpoint | None = None
        if self.config != before:
            write_configuration(out, self.config)

    def results(self) -> list[Result]:
        """All results, run by run and period by period, the methods in the order of the settings."""
        results, finished, record = list[Result](), list[_Part](), self._committed()
        if record is not None:
            results, finished = list(record.results), list(record.finished)
            if record.period < self._splits.periods:
                results = self._complete(record.part, finished, results, record)
            finished.append(record.part)
        for part in self._missing(finished):
            self._newest = None
            results = self._complete(part, finished, results)
            finished.append(part)
        return self._ordered(results)

    def _missing(self, finished: Sequence[_Part]) -> Iterator[_Part]:
        """What is left to do of each run."""
        done = {(part.run, name) for part in finished for name in part.methods}
        for run in range(self._settings.runs):
            methods = tuple(name for name in self._settings.compared if (run, name) not in done)
            if methods:
                yield _Part(run, methods)

    def _committed(self) -> _Record | None:
        """The record of the newest checkpoint, which is then at hand; None before the first.

        Raises:
            CorruptError: it is damaged, or is not of this comparison.
        """
        folder = self._out / "checkpoint"
        found = read_checkpoint(folder)
        if found is None:
            return None
        try:
            record = _Record.of(found.content)
            if found.content["identity"] != digest(self.config, record.methods):
                raise CorruptError(
                    f"{folder} is not of the comparison that {self._out / 'config.json'} describes. Restore the "
                    "folder's own checkpoint, or compare in another folder."
                )
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptError(f"{folder} is damaged ({error!r}). Start again in another folder.") from error
        self._newest = found
        return record

    def _complete(
        self, part: _Part, finished: Sequence[_Part], results: Sequence[Result], record: _Record | None = None
    ) -> list[Result]:
        """The results with those of a part, continued from its record where there is one."""
        lanes, results = self._lanes(part), list(results)
        if record is None:
            self._tell(part, self._splits.pretrain, "pre-training")
            period, states = self._splits.pretrain, self._started(part, lanes)
            effort: tuple[Mapping[str, float], Mapping[str, int]] = {}, {}
        else:
            period, states, effort = record.period, self._unpacked(lanes), (record.seconds, record.steps)
        identity = digest(self.config, {name for each in (*finished, part) for name in each.methods})

        def commit_next_period() -> tuple[Mapping[str, float], Mapping[str, int]]:
            """Score and learn one more period; what it was computed from is let go of when this returns."""
            turn = next(rounds(lanes, states, self._stream, period, self._settings.measured, *effort))
            self._recorder.record(part.run, turn)
            results.extend(
                replace(result, dataset=self._stream.name, run=part.run, split=self._splits.split(result.period))
                for result in turn.results
            )
            committed = _Record(part, period + 1, turn.seconds, turn.steps, tuple(finished), tuple(results))
            content = {"identity": identity, **asdict(committed)}
            name = f"part{len(finished)}-period{period + 1}"
            self._newest = write_checkpoint(self._out / "checkpoint", name, content, turn.states, self._newest)
            return turn.seconds, turn.steps

        self._tell(part, period)
        while period < self._splits.periods:
            effort = commit_next_period()
            period, states = period + 1, self._unpacked(lanes)
            write_results(self._out / "results.csv", self._ordered(results))
            self._tell(part, period)
        return results

    def _unpacked(self, lanes: Mapping[str, Lane]) -> dict[str, Any]:
        """Every method's state as it was committed last: what is large is read from the disk where it is touched."""
        found = self._newest
        if found is None:
            return {}
        return {
            name: unpack(lane.updater.state_type, found.structure[name], found.tensors) for name, lane in lanes.items()
        }

    def _started(self, part: _Part, lanes: Mapping[str, Lane]) -> dict[str, Any]:
        """Every method's state after pre-training; trivial baselines are updated on the periods instead."""
        periods, identity = self._stream.periods[: self._splits.pretrain], digest(self.config, ())
        starts, states = dict[Run, Fitted](), dict[str, Any]()
        for name, lane in lanes.items():
            run, trivial = lane.base_run, name in self._settings.trivial
            if run not in starts and trivial:
                starts[run] = Fitted.untrained(params_of(run.model))
            elif run not in starts:
                kind, metrics = type(run.model), self._settings.measured
                folder = self._out / "pretrained" / model_folder(kind, part.run)
                found = first_model(folder, identity, self._settings.pretraining, periods, run, metrics)
                starts[run] = found.model
                self._note_epochs(kind, part.run, found.epochs)
            states[name] = lane.begin(starts[run])
            for number in range(1, len(periods) + 1) if trivial else ():
                states[name] = lane.updater.update(states[name], periods[:number], lane.run)
        return states

    def _lanes(self, part: _Part) -> dict[str, Lane]:
        """The part's methods, each with the run of its base model, which it shares with the others on that model."""
        seed, updaters = derive(self._settings.seed, "run", part.run), self._settings.updaters()
        schema, runs, lanes = self._stream.schema_after(self._splits.pretrain), dict[type, Run](), dict[str, Lane]()
        for name in part.methods:
            kind = self._settings.model_of(name)
            if kind not in runs:
                model = kind(schema, dim=self._settings.dim, seed=derive(seed, "model"))
                runs[kind] = Run(model.to(self._settings.device), seed, self._progress)
            lanes[name] = Lane.of(updaters[name], runs[kind], schema)
        return lanes

    def _note_epochs(self, kind: type, run: int, epochs: int) -> None:
        """Write into the configuration how many epochs pre-training chose."""
        chosen = self.config[EPOCHS].setdefault(class_path(kind), {})
        if chosen.get(str(run)) != epochs:
            chosen[str(run)] = epochs
            write_configuration(self._out, self.config)

    def _ordered(self, results: Sequence[Result]) -> list[Result]:
        place = {name: number for number, name in enumerate(self._settings.compared)}
        return sorted(results, key=lambda each: (each.run, each.period, place[each.method]))

    def _tell(self, part: _Part, period: int, text: str | None = None) -> None:
        """What is under way after the first periods of a part's run."""
        text = text or (f"period {period + 1}" if period < self._splits.periods else "finished")
        each, runs = self._splits.periods - self._splits.pretrain, self._settings.runs
        done = part.run * each + period - self._splits.pretrain
        self._progress.overall(f"run {part.run + 1}/{runs}: {text}", done, runs * each)
