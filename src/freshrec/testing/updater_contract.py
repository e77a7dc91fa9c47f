"""What every updater must keep to, as a test class that any package can run on its own updaters.

class TestMine(UpdaterContract):
    updater = Mine()
"""

import copy
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from freshrec.data import Bags, FieldValues, Labels, Period, Samples, Schema, Stream
from freshrec.errors import FreshrecWarning
from freshrec.evaluation import Lane, prequential, rounds
from freshrec.metrics import DEFAULT_METRICS
from freshrec.params import params_of
from freshrec.store import pack, unpack
from freshrec.testing.tiny import (
    tiny_categories,
    tiny_model,
    tiny_period,
    tiny_stream,
    with_item_fields,
    with_later_ids,
)
from freshrec.training import Fitted, Growth, Run, predict
from freshrec.updaters import IU, Updater, diagnostics_of, extended_model

__all__ = ["UpdaterContract", "state_bytes"]


def state_bytes(state: Any) -> bytes:
    """Every byte of a state: its structure and its tensors."""
    structure, tensors = pack(state)
    return repr(structure).encode() + safetensors.torch.save({name: t.contiguous() for name, t in tensors.items()})


def _change_labels(samples: Samples) -> None:
    """What was liked no longer is, and the other way round; drawn negatives still follow their positives."""
    if samples.schema.labels == "explicit":
        samples.label[:] = 1 - samples.label
    else:
        positive, negative = samples.pairs().T
        samples.item[positive], samples.item[negative] = samples.item[negative], samples.item[positive]


def _period(number: int, samples: Samples) -> Period:
    return Period(number, len(samples), lambda: samples)


def _moved(model: nn.Module) -> nn.Module:
    """A copy whose parameters have other values."""
    other = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(0.1)
    return other


def _start_alike(longer: nn.Module, model: nn.Module) -> None:
    """Give a model with longer tables the initial values of another one, in the rows that both have."""
    with torch.no_grad():
        for name, value in longer.named_parameters():
            before = model.get_parameter(name)
            value[: len(before)].copy_(before)


def _first_rows_of(longer: nn.Module, model: nn.Module) -> nn.Module:
    """The model with the initial values of one with longer tables, in the rows that both have."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            value.copy_(longer.get_parameter(name)[: len(value)])
    return model


class UpdaterContract:
    """Inherit from it with `updater` set; pytest runs what it promises.

    Attributes:
        updater: what is under test.
        labels: of the stream that it is tested on; implicit for an updater that needs drawn negatives.
        columns: whether that stream has fields of the row, fields with several values and numbers.
        grows: False where it matters when ids come: the updater moves rows of ids that no period has had, or the model
            has its padding row last.
    """

    updater: Updater[Any]
    labels: Labels = "explicit"
    columns: bool = False
    grows: bool = True

    def model(self, stream: Stream) -> nn.Module:
        """The base model the contract is checked on; override it for an updater that needs another."""
        return tiny_model(stream)

    def _begin(self, seed: int = 0) -> tuple[Stream, Run, Any]:
        stream = tiny_stream(labels=self.labels, columns=self.columns)
        model = self._model(stream)
        run = Run(model, seed)
        return stream, run, self.updater.init(Fitted.untrained(params_of(model)), run)

    def _model(self, stream: Stream) -> nn.Module:
        """The model that the updater is applied to."""
        return extended_model(self.updater, self.model(stream), stream.schema, 0)

    def _through(self, periods: Sequence[Period], state: Any, run: Run, first: int = 1) -> Any:
        for number in range(first, len(periods) + 1):
            state = self.updater.update(state, periods[:number], run)
        return state

    def test_the_state_is_of_the_declared_type(self) -> None:
        """`state_type` says what `init` and `update` return."""
        stream, run, state = self._begin()
        assert type(state) is self.updater.state_type
        assert type(self.updater.update(state, stream.periods[:1], run)) is self.updater.state_type

    def test_an_update_leaves_the_state_before_it_as_it_was(self) -> None:
        """State is a value: not a byte of it changes once it exists."""
        stream, run, state = self._begin()
        for number in range(1, len(stream.periods) + 1):
            before = state_bytes(state)
            following = self.updater.update(state, stream.periods[:number], run)
            assert state_bytes(state) == before
            state = following

    def test_an_update_learns_something(self) -> None:
        """The serving model after a period is another one than before it."""
        stream, run, state = self._begin()
        before = self.updater.serving(state, run)
        after = self.updater.serving(self.updater.update(state, stream.periods[:1], run), run)
        assert any(not torch.equal(before[name], after[name]) for name in before)

    def test_serving_and_scoring_change_nothing(self) -> None:
        """Scoring is read-only: state, the structure's own parameters and global random state stay as they were."""
        stream, run, state = self._begin()
        state = self._through(stream.periods[:5], state, run)
        own = {name: value.clone() for name, value in run.model.state_dict().items()}
        before, random = state_bytes(state), torch.get_rng_state()
        first = predict(run.model, self.updater.serving(state, run), stream.periods[5].samples())
        second = predict(run.model, self.updater.serving(state, run), stream.periods[5].samples())
        assert state_bytes(state) == before
        assert torch.equal(torch.get_rng_state(), random)
        assert all(torch.equal(own[name], value) for name, value in run.model.state_dict().items())
        assert first.tobytes() == second.tobytes()

    def test_diagnostics_are_numbers_and_reading_them_changes_nothing(self) -> None:
        """An updater may report numbers on a state; the same state has the same ones, before and after a save."""
        stream, run, state = self._begin()
        for number in range(1, len(stream.periods) + 1):
            before, found = state_bytes(state), diagnostics_of(self.updater, state)
            structure, tensors = pack(state)
            assert found == diagnostics_of(self.updater, unpack(self.updater.state_type, structure, tensors))
            assert state_bytes(state) == before
            state = self.updater.update(state, stream.periods[:number], run)

    def test_serving_gives_every_parameter(self) -> None:
        """The serving parameters and buffers have the names, shapes and types of the model's own."""
        stream, run, state = self._begin()
        params = self.updater.serving(self._through(stream.periods[:5], state, run), run)
        expected = {**dict(run.model.named_parameters()), **dict(run.model.named_buffers())}
        assert {n: (v.shape, v.dtype) for n, v in params.items()} == {
            n: (v.shape, v.dtype) for n, v in expected.items()
        }
        assert not any(value.requires_grad for value in params.values())

    def test_a_resumed_run_is_identical_to_an_uninterrupted_one(self) -> None:
        """Saved, restored into a fresh run and continued, every byte of the state is the same."""
        stream, run, state = self._begin()
        whole = self._through(stream.periods, state, run)
        for stop in range(len(stream.periods)):
            _, fresh, state = self._begin()
            structure, tensors = pack(self._through(stream.periods[:stop], state, fresh))
            copies = {name: value.clone() for name, value in tensors.items()}
            restored: Any = unpack(self.updater.state_type, structure, copies)
            _, later, _ = self._begin()
            assert state_bytes(self._through(stream.periods, restored, later, stop + 1)) == state_bytes(whole)

    def test_the_seed_decides(self) -> None:
        """The same seed gives the same bytes, another seed others."""
        outcomes = []
        for seed in (1, 1, 2):
            stream, run, state = self._begin(seed)
            outcomes.append(state_bytes(self._through(stream.periods, state, run)))
        assert outcomes[0] == outcomes[1] != outcomes[2]

    def test_company_changes_nothing(self) -> None:
        """Beside other updaters of its run, which may share its work, every byte of its state is as it is alone."""
        stream = tiny_stream(labels=self.labels, columns=self.columns)
        run = Run(self._model(stream), seed=3)
        starts = [Fitted.untrained(params_of(run.model)), Fitted.untrained(params_of(_moved(run.model)))]
        base = getattr(self.updater, "base", IU())
        # Those that start elsewhere come first: what they did must not be taken for the updater's own work.
        company = {
            f"{number} from {which}": (updater, starts[which])
            for which in (1, 0)
            for number, updater in enumerate((base, IU(), self.updater))
        }
        alone, beside = (
            self._last_states({**others, "updater": (self.updater, starts[0])}, run, stream) for others in ({}, company)
        )
        assert state_bytes(alone["updater"]) == state_bytes(beside["updater"])
        assert state_bytes(alone["updater"]) == state_bytes(beside["2 from 0"])

    def _last_states(
        self, updaters: Mapping[str, tuple[Updater[Any], Fitted]], run: Run, stream: Stream
    ) -> Mapping[str, Any]:
        lanes = {name: Lane(updater, run) for name, (updater, _) in updaters.items()}
        states = {name: updater.init(start, run) for name, (updater, start) in updaters.items()}
        *_, last = rounds(lanes, states, stream, finished=0, metrics=DEFAULT_METRICS)
        return last.states

    def test_an_empty_period_is_survived(self) -> None:
        """A period without samples is no error, and the run goes on after it."""
        stream, run, state = self._begin()
        sizes = (40, 30, 50, 30, 0, 30, 40)
        periods = [tiny_period(stream.schema, number, size) for number, size in enumerate(sizes, start=1)]
        params = self.updater.serving(self._through(periods, state, run), run)
        assert all(torch.isfinite(value).all() for value in params.values())

    def test_a_period_of_one_class_is_survived(self) -> None:
        """Samples that are all liked, or none of them where the log says so itself, are no error."""
        stream, run, state = self._begin()
        periods = list(stream.periods)
        for number in (3, 5, 6) if self.labels == "explicit" else (3, 6):
            samples = periods[number - 1].samples()
            periods[number - 1] = _period(number, replace(samples, label=np.full_like(samples.label, number != 5)))
        state = self._through(periods, state, run)
        assert all(torch.isfinite(value).all() for value in self.updater.serving(state, run).values())

    def test_ids_that_no_period_had_before_are_scored_and_learned(self) -> None:
        """A period of new users and items is scored by the model before it, and the run goes on after it."""
        stream, run, state = self._begin()
        users, items = stream.schema.rows["user"] // 2, stream.schema.rows["item"] // 2
        periods = []
        for number, period in enumerate(stream.periods, start=1):
            samples, new = period.samples(), number > 4
            samples = replace(
                samples,
                user=samples.user % users + new * users,
                item=samples.item % items + new * items,
                positives=samples.positives % items + new * items,
            )
            samples = with_item_fields(samples, {"category": FieldValues(tiny_categories())})
            periods.append(_period(number, samples))
        state = self._through(periods[:4], state, run)
        before = predict(run.model, self.updater.serving(state, run), periods[4].samples())
        state = self._through(periods, state, run, first=5)
        after = predict(run.model, self.updater.serving(state, run), periods[4].samples())
        assert np.isfinite(before).all()
        assert np.isfinite(after).all()
        assert (before != after).any()

    def test_later_labels_and_later_ids_change_no_earlier_score(self) -> None:
        """Past only: labels, users and items from a period on, and how many there are, change no score until then."""
        honest, changed = (
            tiny_stream(labels=self.labels, columns=self.columns),
            with_later_ids(tiny_stream(labels=self.labels, columns=self.columns), first=6),
        )
        _change_labels(changed.periods[5].samples())
        model, longer = self.model(honest), self.model(changed)
        _start_alike(longer, model)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FreshrecWarning)  # A tiny stream has few steps.
            scores = [
                [r.scores for r in prequential(self.updater, each, stream) if r.scored_period < 6]
                for each, stream in ((model, honest), (longer, changed))
            ]
        assert scores[0] == scores[1] != []

    def test_a_run_that_grows_equals_one_with_all_rows_from_the_start(self) -> None:
        """Rows of ids that are first seen in a period may come with it: no score changes, and no byte of the state."""
        if not self.grows:
            pytest.skip("it matters when ids come")
        stream = with_later_ids(tiny_stream(labels=self.labels, columns=self.columns), first=5, items=200)
        schemas = [_known_after(stream, number) for number in range(len(stream.periods) + 1)]
        whole = self._grown_model(stream, schemas[-1])
        growing = _first_rows_of(whole, self._grown_model(stream, schemas[0]))
        run, grown_run = Run(whole, seed=1), Run(growing, seed=1)
        state, grown = (self.updater.init(Fitted.untrained(params_of(each.model)), each) for each in (run, grown_run))
        for period in stream.periods:
            longer = _first_rows_of(whole, self._grown_model(stream, schemas[period.number]))
            growth = Growth.between(grown_run.model, longer, (schemas[period.number - 1], schemas[period.number]))
            grown, grown_run = growth.state(grown), Run(longer, seed=1)
            scores = [
                predict(each.model, self.updater.serving(then, each), period.samples()).tobytes()
                for each, then in ((run, state), (grown_run, grown))
            ]
            assert scores[0] == scores[1]
            past = stream.periods[: period.number]
            state, grown = self.updater.update(state, past, run), self.updater.update(grown, past, grown_run)
        assert state_bytes(state) == state_bytes(grown)

    def _grown_model(self, stream: Stream, schema: Schema) -> nn.Module:
        """The model that the updater is applied to, with the rows of a schema."""
        known = replace(stream, schema=schema)
        return extended_model(self.updater, self.model(known), schema, 0)


def _known_after(stream: Stream, number: int) -> Schema:
    """The schema of a stream with the rows of the ids in its first periods, scaled alike at any time."""
    first = dict.fromkeys(stream.schema.rows, 10)
    rows = dict.fromkeys(stream.schema.rows, 1)
    for period in stream.periods[:number]:
        batch = period.samples().batch(slice(None))
        for part in (batch.fields, batch.history):
            for table, feature in part.items():
                ids = feature.ids if isinstance(feature, Bags) else feature
                rows[table] = max([rows[table], *(ids + 1).tolist()])
    return replace(stream.schema, rows=rows, known=first)
