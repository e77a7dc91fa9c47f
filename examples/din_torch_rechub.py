"""Keep torch-rechub's DIN fresh: attention over the history, batch norms, tables with a padding row.

    python examples/din_torch_rechub.py

Deep Interest Network (KDD 2018) as torch-rechub has it, without a change. `collate` makes its input, a mapping, of a
batch; histories are looked up in the candidates' tables. Its output is probabilities.
"""

from typing import Any

import torch
from torch_rechub.basic.features import SequenceFeature, SparseFeature
from torch_rechub.models.ranking import DIN

from freshrec import Batch
from freshrec.data import Schema
from freshrec.models import Adapted, padded
from methods import HISTORY, mean_auc, small_stream

DIM = 8


def din(schema: Schema) -> Adapted:
    """A DIN that attends to the history's items and each of their fields, which have one value each."""
    rows = schema.rows
    user = [SparseFeature(name, rows[name], DIM) for name in ("user", *schema.user_fields)]
    # One row more than there are ids is padding; torch-rechub keeps it at zero and attends to it without effect.
    item = [SparseFeature(name, rows[name] + 1, DIM, padding_idx=rows[name]) for name in ("item", *schema.item_fields)]
    past = [
        SequenceFeature(f"past_{one.name}", one.vocab_size, DIM, "concat", one.name, padding_idx=one.padding_idx)
        for one in item
    ]

    def collate(batch: Batch) -> dict[str, Any]:
        histories = {f"past_{name}": padded(bags, HISTORY, rows[name]).ids for name, bags in batch.history.items()}
        return {**batch.user, **batch.item, **histories}

    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        model = DIN(user, past, item, {"dims": [32, 16], "dropout": 0.1}, {"dims": [16]})
    return Adapted(model, collate, output="probabilities")


if __name__ == "__main__":
    stream = small_stream()
    mean_auc(din(stream.schema), stream)
