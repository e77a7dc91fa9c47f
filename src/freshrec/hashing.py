"""Counter-based random numbers: each is a hash of its place, so that it does not depend on any other."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Hashes", "hash_columns", "hash_further", "uniform"]

Hashes = npt.NDArray[np.uint64]
Column = int | npt.NDArray[np.integer[Any]]

GAMMA, FIRST, SECOND = (np.uint64(value) for value in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def hash_columns(*columns: Column) -> Hashes:
    """Hashes of the rows of some columns, which are broadcast against each other.

    The hash of (c1, .., cn) is h_n, with h_0 = 0 and h_i = mix(h_{i-1} + c_i), where `mix` is one step of SplitMix64
    (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014). All arithmetic is modulo 2^64,
    and a negative number stands for itself plus 2^64.

    >>> [hex(value) for value in hash_columns(np.array([0, 1]), 7)]
    ['0x120dec2b42f2827e', '0x33180454ba17a00c']
    """
    hashes = np.zeros((), np.uint64)
    for column in columns:
        hashes = hash_further(hashes, column)
    return hashes


def hash_further(hashes: Hashes, column: Column) -> Hashes:
    """The hashes of rows with one more column: `hash_columns(a, b)` is `hash_further(hash_columns(a), b)`."""
    with np.errstate(over="ignore"):
        mixed: Hashes = hashes + np.asarray(column).astype(np.uint64) + GAMMA
        mixed = (mixed ^ (mixed >> np.uint64(30))) * FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * SECOND
        return mixed ^ (mixed >> np.uint64(31))


def uniform(hashes: Hashes) -> npt.NDArray[np.float64]:
    """Numbers in [0, 1), multiples of 2^-53, from the upper bits of hashes."""
    numbers: npt.NDArray[np.float64] = np.multiply(hashes >> np.uint64(11), 2.0**-53, dtype=np.float64)
    return numbers
