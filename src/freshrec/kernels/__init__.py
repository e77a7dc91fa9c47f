"""Compiled paths, for the CPU in float32 and for GPUs, each equal to a plain torch one that it stands in for."""

from freshrec.kernels.adam_idle import IdleSteps
from freshrec.kernels.adam_rows import adam_row_steps
from freshrec.kernels.bags import FastBags, embedding_bag
from freshrec.kernels.corrected_rows import CorrectionWeights, can_correct, correct_backward, correct_forward
from freshrec.kernels.gathering import gather
from freshrec.kernels.marking import Seen, borrow, distinct, give_back
from freshrec.kernels.recurrence import GRUWeights, can_fuse, gru_backward, gru_forward
from freshrec.kernels.slices import copy_slices
from freshrec.kernels.text_hashing import hash_texts
from freshrec.kernels.threads import one_torch_thread
from freshrec.kernels.user_subsets import subset_auc
from freshrec.kernels.whole_plane import can_fill, gru_last, gru_next

__all__ = [
    "CorrectionWeights",
    "FastBags",
    "GRUWeights",
    "IdleSteps",
    "Seen",
    "adam_row_steps",
    "borrow",
    "can_correct",
    "can_fill",
    "can_fuse",
    "copy_slices",
    "correct_backward",
    "correct_forward",
    "distinct",
    "embedding_bag",
    "gather",
    "give_back",
    "gru_backward",
    "gru_forward",
    "gru_last",
    "gru_next",
    "hash_texts",
    "one_torch_thread",
    "subset_auc",
]
