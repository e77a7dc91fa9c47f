"""Compiled paths, for the CPU in float32 and for GPUs, each equal to a plain torch one that it stands in for."""

from freshrec.kernels.bags import FastBags, embedding_bag
from freshrec.kernels.marking import distinct
from freshrec.kernels.recurrence import GRUWeights, can_fuse, gru_backward, gru_forward
from freshrec.kernels.threads import one_torch_thread

__all__ = [
    "FastBags",
    "GRUWeights",
    "can_fuse",
    "distinct",
    "embedding_bag",
    "gru_backward",
    "gru_forward",
    "one_torch_thread",
]
