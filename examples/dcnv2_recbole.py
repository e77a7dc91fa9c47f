"""Keep recbole's DCNV2 fresh: a cross network of low-rank experts, and one table for all fields.

    python examples/dcnv2_recbole.py

Deep & Cross Network V2 (WWW 2021) as recbole has it, without a change. A recbole model is built from a configuration
and from what a data set says of its fields; both are given here by hand, so that none of recbole's files are needed.
Its input is a mapping, its output probabilities. The weights of an expert, [experts, D, rank], share one generator.
"""

from collections.abc import Sequence
from typing import Any

import torch
from recbole.model.context_aware_recommender.dcnv2 import DCNV2
from recbole.utils import FeatureType
from torch import Tensor

from freshrec import Batch
from freshrec.data import Schema
from freshrec.generators import Grouping
from freshrec.models import Adapted, padded
from methods import HISTORY, mean_auc, small_stream

GROUPING = Grouping(rules=(("*.cross_layer_[uvc].*", "row"),))
CONFIG = {
    "LABEL_FIELD": "label",
    "device": "cpu",
    "double_tower": False,
    "numerical_features": [],
    "embedding_size": 8,
    "mlp_hidden_size": [32, 16],
    "dropout_prob": 0.1,
    "structure": "parallel",
    "cross_layer_num": 2,
    "mixed": True,
    "expert_num": 2,
    "low_rank": 8,
    "reg_weight": 0.0,
}


class Fields:
    """What recbole asks a data set: which fields there are, of which type, and how many ids each has."""

    def __init__(self, schema: Schema):
        # Among the ids of a sequence recbole takes 0 as padding; so those of the history are one higher.
        self.counts = {**schema.rows, "past_item": schema.rows["item"] + 1}
        self.field2type = dict.fromkeys(schema.rows, FeatureType.TOKEN) | {"past_item": FeatureType.TOKEN_SEQ}

    def fields(self, source: Sequence[Any] | None = None) -> list[str]:
        """Their names."""
        return list(self.counts)

    def num(self, field: str) -> int:
        """Rows of the field's table."""
        return self.counts[field]


def collate(batch: Batch) -> dict[str, Any]:
    """The mapping from field to ids that recbole's models take."""
    past: Tensor = padded(batch.history["item"], HISTORY, padding=-1).ids + 1
    return {**batch.user, **batch.item, "past_item": past}


def dcnv2(schema: Schema) -> Adapted:
    """A DCNV2 of all fields, which have one value each, and of the history's items."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        return Adapted(DCNV2(CONFIG, Fields(schema)), collate, output="probabilities")


if __name__ == "__main__":
    stream = small_stream()
    mean_auc(dcnv2(stream.schema), stream, GROUPING)
