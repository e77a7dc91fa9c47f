"""64-bit hashes of many texts at once, on all threads."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from freshrec.kernels.compiling import compiled
from freshrec.kernels.threads import over_blocks

__all__ = ["hash_texts"]

Bytes: TypeAlias = npt.NDArray[np.uint8]
Offsets: TypeAlias = npt.NDArray[np.int64]
Hashes: TypeAlias = npt.NDArray[np.uint64]

_BLOCK = 4_096
"""Texts that are worth a thread."""


def hash_texts(data: Bytes, offsets: Offsets, seed: int) -> Hashes:
    """The hash of each of N texts.

    A text is its length in bytes and its bytes as little-endian words of eight, the last one filled up with zeros. Its
    hash is `hashing.hash_columns(seed, length, word, ..)`, so it is SplitMix64 chained over the words.

    Args:
        data: uint8, the bytes of all texts, one after another.
        offsets: int64 [N + 1], where each text begins among them; the last entry is where the last one ends.
        seed: from 0 to 2^64 - 1; texts with different seeds have independent hashes.
    """
    hashes = np.empty(len(offsets) - 1, np.uint64)
    blocks = -(-len(hashes) // _BLOCK)
    over_blocks(_hash_blocks, blocks, data, offsets, np.uint64(seed), hashes, least=8)
    return hashes


@compiled()
def _mix(state: np.uint64) -> np.uint64:
    mixed = state + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@compiled()
def _hash_blocks(first: int, last: int, data: Bytes, offsets: Offsets, seed: np.uint64, hashes: Hashes) -> None:
    start = _mix(seed)
    for i in range(first * _BLOCK, min(last * _BLOCK, len(hashes))):
        begin, end = offsets[i], offsets[i + 1]
        state = _mix(start + np.uint64(end - begin))
        for word_begin in range(begin, end, 8):
            word = np.uint64(0)
            for byte in range(min(8, end - word_begin)):
                word |= np.uint64(data[word_begin + byte]) << np.uint64(8 * byte)
            state = _mix(state + word)
        hashes[i] = state
