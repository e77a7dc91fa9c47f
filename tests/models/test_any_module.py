"""What no model of ours has: batch statistics, dropout, padding, frozen and tied parameters, recurrent layers.

Every updater keeps its contract on such a model, and training it is training it with plain torch.
"""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from freshrec.data import Batch, Schema, Stream
from freshrec.models import Adapted, padded
from freshrec.params import Params, params_of
from freshrec.testing import UpdaterContract, tiny_stream
from freshrec.training import Fitted, Run, Shuffled, predict
from freshrec.updaters import ASMG, BU, IU, RSG, SML, SPMF, IncCTR, Updater


class Everything(nn.Module):
    """Reads a history with a GRU, its items in a table with a padding row that also scores candidates."""

    def __init__(self, schema: Schema, dropout: float = 0.2) -> None:
        super().__init__()
        rows = schema.rows
        self.user = nn.Embedding(rows["user"], 4)
        self.coarse = nn.Embedding(rows["user"], 4, sparse=True)
        self.coarse.weight.requires_grad_(False)
        self.past = nn.Embedding(rows["item"] + 1, 4, padding_idx=rows["item"])
        self.candidate = nn.Embedding(rows["item"] + 1, 4, padding_idx=rows["item"])
        self.candidate.weight = self.past.weight
        self.category = nn.EmbeddingBag(rows["category"], 4, mode="sum")
        self.reader = nn.GRU(4, 4, batch_first=True)
        self.tower = nn.Sequential(
            nn.Linear(16, 6, bias=False), nn.BatchNorm1d(6), nn.PReLU(), nn.Dropout(dropout), nn.Linear(6, 1)
        )

    def forward(self, user: Tensor, item: Tensor, category: Tensor, past: Tensor) -> Tensor:
        read: Tensor = self.reader(self.past(past))[0][:, -1]
        vectors = [self.user(user) + self.coarse(user), self.candidate(item), self.category(category[:, None]), read]
        logit: Tensor = self.tower(torch.cat(vectors, 1))
        return logit


def everything(stream: Stream, dropout: float = 0.2) -> Adapted:
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        model = Everything(stream.schema, dropout)

    def collate(batch: Batch) -> tuple[Any, ...]:
        past = padded(batch.history["item"], 5, stream.schema.rows["item"], side="left").ids
        return batch.user["user"], batch.item["item"], batch.item["category"], past

    return Adapted(model, collate)


class OnEverything(UpdaterContract):
    grows = False  # The padding row of its items is the last one, and moves with every new item.

    def model(self, stream: Stream) -> nn.Module:
        return everything(stream)


SMALL = IU(batch_size=16)


class TestIU(OnEverything):
    updater = SMALL


class TestBU(OnEverything):
    updater = BU(window=2, batch_size=16)


class TestSPMF(OnEverything):
    updater = SPMF(batch_size=16, reservoir=0.5, replay=0.5)


class TestIncCTR(OnEverything):
    updater = IncCTR(batch_size=16)


class TestASMG(OnEverything):
    updater = ASMG(base=SMALL, window=2, batch_size=16)


class TestASMGLinear(OnEverything):
    updater = ASMG(base=SMALL, window=2, cell="linear", concurrent=False, batch_size=16)


class TestSML(OnEverything):
    updater = SML(base=SMALL, batch_size=16)


class TestRSG(OnEverything):
    updater = RSG(base=SMALL, batch_size=16, learning_rate=1e-2, guard=False)


def learned(updater: Updater[Any], model: nn.Module, stream: Stream, periods: int) -> tuple[Any, Params]:
    run = Run(model)
    state = updater.init(Fitted.untrained(params_of(model)), run)
    for number in range(1, periods + 1):
        state = updater.update(state, stream.periods[:number], run)
    return state, updater.serving(state, run)


def test_training_it_is_training_the_module_itself_with_plain_torch() -> None:
    """Weights, batch statistics and predictions, bit for bit, the frozen, tied and padding ones too."""
    stream = tiny_stream()
    adapted, plain = everything(stream, dropout=0.0), everything(stream, dropout=0.0)
    _, params = learned(SMALL, adapted, stream, 3)
    plain.model.coarse.sparse = False  # type: ignore[union-attr]
    adam = torch.optim.Adam([value for value in plain.parameters() if value.requires_grad], lr=1e-2, fused=True)
    for period in stream.periods[:3]:
        seed = Run(plain).seed_for("iu", period.number)
        for batch in Shuffled(period.samples(), 16, 1, seed):
            loss = F.binary_cross_entropy_with_logits(plain(batch).squeeze(1), batch.label)
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
    expected = params_of(plain)
    assert params.keys() == expected.keys()
    for name, value in params.items():
        assert torch.equal(value, expected[name]), name
    assert params["model.tower.1.num_batches_tracked"].item() == 3 + 2 + 4
    samples = stream.periods[3].samples()
    plain.eval()
    with torch.no_grad():
        scores = plain(samples.batch(slice(None))).squeeze(1)
    assert torch.equal(torch.from_numpy(predict(adapted, params, samples)), scores)


@pytest.mark.parametrize(
    "updater",
    [SMALL, ASMG(base=SMALL, window=2, batch_size=16), SML(base=SMALL, batch_size=16)],
    ids=["iu", "asmg", "sml"],
)
def test_frozen_parameters_padding_rows_and_the_structure_stay_and_statistics_follow(updater: Updater[Any]) -> None:
    stream = tiny_stream()
    model = everything(stream)
    own = {name: value.clone() for name, value in model.state_dict().items()}
    start = params_of(model)
    state, params = learned(updater, model, stream, 5)
    assert all(torch.equal(value, own[name]) for name, value in model.state_dict().items())
    assert torch.equal(params["model.coarse.weight"], start["model.coarse.weight"])
    padding = stream.schema.rows["item"]
    assert not params["model.past.weight"][padding].any()
    assert params["model.past.weight"][:padding].any(1).all()
    newest = (
        state.model.params
        if isinstance(updater, IU)
        else (state.base.model.params if isinstance(updater, ASMG) else state.base.params)
    )
    assert newest["model.tower.1.num_batches_tracked"].item() > 0
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        assert torch.equal(params[f"model.tower.1.{name}"], newest[f"model.tower.1.{name}"])


def test_a_frozen_table_is_in_a_state_once() -> None:
    stream = tiny_stream()
    state, _ = learned(ASMG(base=SMALL, window=2, batch_size=16), everything(stream), stream, 4)
    tables = {id(snapshot["model.coarse.weight"]) for snapshot in state.snapshots}
    assert tables == {id(state.base.model.params["model.coarse.weight"])}
