"""A generator step's inputs at the size of Tmall, made from one seed.

49,986 users, 43,571 items and 634 categories; K = 3 snapshots, hidden size 4; three batches of 1,024 samples, one a
step of the window, with up to 30 history items each. Ids follow a cubed-uniform law: few are looked up often.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from freshrec.data import Bags, Batch, Schema
from freshrec.generators import GRU, Planes, Window
from freshrec.models import EmbeddingMLP
from freshrec.seeds import numpy_rng, torch_rng

SNAPSHOTS, HIDDEN, BATCH, HISTORY = 3, 4, 1024, 30
ROWS: Mapping[str, int] = {"user": 49_986, "item": 43_571, "category": 634}


class Tmall:
    """Model, window, generator weights and batches.

    Args:
        scale: multiplies the rows of users and items.
    """

    def __init__(self, scale: int = 1) -> None:
        self.rows = {name: rows * scale if rows > 1000 else rows for name, rows in ROWS.items()}
        self.model = EmbeddingMLP(Schema(self.rows, item_fields=("category",), history=HISTORY))
        self.cell, planes, rng = GRU(HIDDEN), Planes.of(self.model), torch_rng(0, "tmall")
        shapes = {name: parameter.shape for name, parameter in self.model.named_parameters()}
        snapshots = [
            {name: 0.1 * torch.randn(shape, generator=rng) for name, shape in shapes.items()} for _ in range(SNAPSHOTS)
        ]
        hidden = {
            plane: 0.1 * torch.randn(*values.shape, HIDDEN, generator=rng)
            for plane, values in planes.join(snapshots[0]).items()
        }
        self.window = Window.of(planes, snapshots, hidden)
        self.weights = self.cell.initial_weights(planes.groups(), 0)
        self._rng = numpy_rng(0, "batches")
        self._category = torch.from_numpy(self._rng.integers(0, ROWS["category"], self.rows["item"]))

    def batches(self) -> tuple[Batch, ...]:
        """One batch for each step of the window; other ones at every call."""
        return tuple(self._batch() for _ in range(SNAPSHOTS))

    def _batch(self) -> Batch:
        lengths = torch.from_numpy(self._rng.integers(0, HISTORY + 1, BATCH))
        offsets = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
        item, past = self._ids("item", BATCH), self._ids("item", int(offsets[-1]))
        return Batch(
            user={"user": self._ids("user", BATCH)},
            item={"item": item, "category": self._category[item]},
            history={"item": Bags(past, offsets), "category": Bags(self._category[past], offsets)},
            label=torch.from_numpy(self._rng.integers(0, 2, BATCH).astype(np.float32)),
        )

    def _ids(self, table: str, count: int) -> Tensor:
        return torch.from_numpy(cubed_uniform(self._rng, self.rows[table], count).astype(np.int64))


def cubed_uniform(rng: np.random.Generator, rows: int, count: int) -> npt.NDArray[np.int32]:
    """Ids [count] of a table of so many rows; the low ones stand often."""
    return np.minimum(rows * rng.random(count) ** 3, rows - 1).astype(np.int32)
