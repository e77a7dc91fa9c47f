"""Keep torch-rechub's Wide&Deep fresh on all columns of a stream: ids, fields of the row, and numbers.

    python examples/widedeep_torch_rechub.py

Wide&Deep (DLRS 2016) as torch-rechub has it, without a change: a linear model and a perceptron, both of which read the
vectors of all categories with one value, and the numbers. A log without users or items will do.
"""

import torch
from torch_rechub.basic.features import DenseFeature, SparseFeature
from torch_rechub.models.ranking import WideDeep

from freshrec import Batch
from freshrec.data import Schema
from freshrec.models import Adapted
from methods import mean_auc, small_stream


class WideDeepOfColumns(Adapted):
    """Wide&Deep of the user, the item, all fields with one value, and all numbers; as a base model, by its name.

    Args:
        schema: the stream's tables and columns.
        dim: D, the dimension of every table.
        seed: of the initial values.
    """

    def __init__(self, schema: Schema, dim: int = 8, seed: int = 0):
        names = [name for name in schema.rows if name not in schema.several]
        columns = [SparseFeature(name, schema.rows[name], dim) for name in names]
        columns += [DenseFeature(name) for name in schema.numbers]
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            model = WideDeep(columns, columns, {"dims": [32, 16], "dropout": 0.1})
        super().__init__(model, _collate, output="probabilities")


def _collate(batch: Batch) -> dict[str, object]:
    return {**batch.fields, **batch.numbers}


if __name__ == "__main__":
    stream = small_stream()
    mean_auc(WideDeepOfColumns(stream.schema), stream)
