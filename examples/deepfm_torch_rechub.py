"""Keep torch-rechub's DeepFM fresh: factorisation machine and perceptron on the same vectors, histories averaged.

    python examples/deepfm_torch_rechub.py

DeepFM (IJCAI 2017) as torch-rechub has it, without a change. A history is a feature that is averaged over the ids that
are not padding, looked up in the candidates' tables. Its output is probabilities.
"""

from typing import Any

import torch
from torch_rechub.basic.features import SequenceFeature, SparseFeature
from torch_rechub.models.ranking import DeepFM

from freshrec import Batch
from freshrec.data import Schema
from freshrec.models import Adapted, padded
from methods import HISTORY, mean_auc, small_stream

DIM = 8


def deepfm(schema: Schema) -> Adapted:
    """A DeepFM of all fields, which have one value each, and of the history's items and their fields."""
    rows = schema.rows
    # One row more than there are ids is padding.
    ids = [SparseFeature(name, rows[name] + 1, DIM, padding_idx=rows[name]) for name in rows]
    past = [
        SequenceFeature(f"past_{one.name}", one.vocab_size, DIM, "mean", one.name, padding_idx=one.padding_idx)
        for one in ids
        if one.name in ("item", *schema.item_fields)
    ]

    def collate(batch: Batch) -> dict[str, Any]:
        histories = {f"past_{name}": padded(bags, HISTORY, rows[name]).ids for name, bags in batch.history.items()}
        return {**batch.user, **batch.item, **histories}

    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        model = DeepFM(ids + past, ids + past, {"dims": [32, 16], "dropout": 0.1})
    return Adapted(model, collate, output="probabilities")


if __name__ == "__main__":
    stream = small_stream()
    mean_auc(deepfm(stream.schema), stream)
