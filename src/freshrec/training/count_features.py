"""What the finished periods say of the ids of a batch, as numeric inputs of a model."""

from collections.abc import Mapping
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from freshrec.data import Bags, Batch, Samples, Schema
from freshrec.errors import ConfigError, ModelError
from freshrec.params import Params
from freshrec.training.lookup_counts import LookupCounts
from freshrec.training.row_statistics import ROW_FEATURES, RowStatistics

__all__ = ["CountFeatures", "count_ids", "count_parts", "history_match_problem", "with_counts"]

HISTORY_FEATURES = 4
"""How many features tell of the candidate in the user's history."""

COUNTING_BATCH = 65_536


class CountFeatures(nn.Module):
    """Features [B, F] of user, candidate and all fields: counts of the finished periods, held in buffers.

    Each table has the `ROW_FEATURES` features that `RowStatistics` has of a row; of a field with several values, their
    mean. All are zero until an updater such as `IUCounts` writes the buffers, so that pre-training does not see them:
    while the features are zero, a linear layer that reads them has no gradient.

    Args:
        schema: the stream's tables and fields.
        history_match: also tell whether the candidate is among the user's last T positives: 1 if it is, half the log1p
            of how often, 1 / place of the newest (1 for the newest positive), and half the log1p of the history's
            length.

    Raises:
        ConfigError: `history_match` on a stream without histories, or whose drawn negatives exclude what the user has
            had, or may do so.
    """

    def __init__(self, schema: Schema, history_match: bool = False):
        super().__init__()
        exclude = schema.exclude or ("had" if schema.labels == "implicit" else None)
        if history_match and (problem := history_match_problem(schema.history, exclude)):
            raise ConfigError(f"history_match is true: {problem}.")
        self.history_match = history_match
        self.buffer_of: Mapping[str, str] = {name: f"{name.replace('.', '_')}_counts" for name in schema.rows}
        for table, buffer in self.buffer_of.items():
            self.register_buffer(buffer, torch.zeros(schema.rows[table], ROW_FEATURES))
        self.counted: Tensor
        self.register_buffer("counted", torch.zeros(()))
        self.rows = dict(schema.rows)
        self.width = ROW_FEATURES * len(schema.rows) + HISTORY_FEATURES * history_match

    def forward(self, batch: Batch) -> Tensor:
        """Features [B, F] of the batch's samples, as of the end of the newest period that was written."""
        features = [self._look_up(name, feature) for name, feature in batch.fields.items()]
        if self.history_match:
            features.append(self.counted * _matches(batch))
        return torch.cat(features, 1)

    def _look_up(self, table: str, feature: Tensor | Bags) -> Tensor:
        rows = self.get_buffer(self.buffer_of[table])
        if isinstance(feature, Tensor):
            return F.embedding(feature, rows)
        return F.embedding_bag(feature.ids, rows, feature.offsets, mode="mean", include_last_offset=True)


def history_match_problem(history: int | None, exclude: str | None) -> str | None:
    """Why the candidate's place in the history cannot be a feature; None where it can, or where that is not known.

    Args:
        history: T, how many past positives a sample holds at most.
        exclude: what drawn negatives may not be; None where none are drawn.
    """
    if history == 0:
        return "the stream has no histories (history = 0). Prepare it with some, or set history_match to false"
    if exclude == "had":
        return (
            "negatives of this stream are never items that the user has had (exclude = 'had'), so an item in the "
            "history is a positive for certain and the feature gives the label away. Prepare the stream with "
            "exclude = 'now', or set history_match to false"
        )
    return None


@torch.no_grad()
def _matches(batch: Batch) -> Tensor:
    """How the candidates stand in the histories, [B, 4]; the oldest item of a history comes first."""
    item, history = batch.item["item"], batch.history["item"]
    if not isinstance(item, Tensor):
        raise ModelError("the batch has several candidates a sample; history_match needs one, an int64 [B].")
    length = history.offsets.diff()
    owner = torch.arange(len(length), device=item.device).repeat_interleave(length, output_size=len(history.ids))
    equal = (history.ids == item[owner]).float()
    place = history.offsets[1:][owner] - torch.arange(len(owner), device=item.device)
    count = length.new_zeros(len(length), dtype=torch.float32).index_add(0, owner, equal)
    newest = torch.zeros_like(count).scatter_reduce(0, owner, equal / place, "amax")
    return torch.stack([(count > 0).float(), 0.5 * count.log1p(), newest, 0.5 * length.float().log1p()], 1)


def count_ids(statistics: RowStatistics, samples: Samples) -> dict[str, LookupCounts]:
    """Counts the ids of a period's samples by data table, without histories: user, item and each field.

    Several values of a field count one by one, each with the sample's label.

    Args:
        statistics: of the same tables, to say how many rows they have and where they are.
        samples: the period.
    """
    rows = {table: len(values) for table, values in statistics.tables.items()}
    counts = {table: torch.zeros(2, number) for table, number in rows.items()}
    for batch in replace(samples, end=samples.start).batches(COUNTING_BATCH):
        for table, feature in batch.fields.items():
            if isinstance(feature, Bags):
                ids, label = feature.ids, batch.label.repeat_interleave(feature.offsets.diff())
            else:
                ids, label = feature, batch.label
            counts[table][0] += torch.bincount(ids, minlength=rows[table])
            counts[table][1] += torch.bincount(ids, label, minlength=rows[table])
    return {table: LookupCounts(*counts[table].to(values.device)) for table, values in statistics.tables.items()}


def count_parts(model: nn.Module) -> dict[str, CountFeatures]:
    """The parts of a model that read counts, by what their buffers' names begin with."""
    parts = {path: module for path, module in model.named_modules() if isinstance(module, CountFeatures)}
    return {f"{path}." if path else "": module for path, module in parts.items()}


def with_counts(model: nn.Module, params: Params, statistics: RowStatistics) -> dict[str, Tensor]:
    """Parameters in which the buffers of every `CountFeatures` of a model hold the features of some statistics."""
    written = dict(params)
    for prefix, module in count_parts(model).items():
        for table, buffer in module.buffer_of.items():
            name = f"{prefix}{buffer}"
            written[name] = nn.Buffer(statistics.features(table).to(params[name]))
        written[f"{prefix}counted"] = nn.Buffer(torch.ones_like(params[f"{prefix}counted"]))
    return written
