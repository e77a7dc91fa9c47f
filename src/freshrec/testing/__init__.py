"""Contract suites that ship with the package, for any updater and any metric."""

from freshrec.testing.metric_contract import MetricContract, metric_samples
from freshrec.testing.tiny import (
    tiny_categories,
    tiny_model,
    tiny_period,
    tiny_stream,
    with_item_fields,
    with_later_ids,
)
from freshrec.testing.updater_contract import UpdaterContract, state_bytes

__all__ = [
    "MetricContract",
    "UpdaterContract",
    "metric_samples",
    "state_bytes",
    "tiny_categories",
    "tiny_model",
    "tiny_period",
    "tiny_stream",
    "with_item_fields",
    "with_later_ids",
]
