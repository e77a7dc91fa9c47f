"""Random halves of the users, the same ones for every method and run."""

import numpy as np
import numpy.typing as npt

from freshrec.seeds import derive

__all__ = ["half_samples"]

WORD = 64


def half_samples(seed: int, users: npt.NDArray[np.integer], first: int, last: int) -> npt.NDArray[np.uint8]:
    """Which users are in each of the half-samples first..last - 1, as uint8 [U, last - first].

    A user is in a half-sample with probability 1/2, by a hash of seed, user and the number of the half-sample alone. So
    whichever method, run or period is measured, and whenever, the same users are in it.

    A metric on a half-sample weights every user by 0 or 2, each with probability 1/2: the double-or-nothing bootstrap
    (Owen and Eckles, Bootstrapping data arrays of arbitrary order, Annals of Applied Statistics 2012). The weights have
    mean 1 and variance 1, as those of the plain bootstrap have for many users, so the variance between half-samples
    estimates the sampling variance of the metric.

    Args:
        seed: the root seed.
        users: ids of different users [U].
        first: number of the first half-sample, at least 0.
        last: number after the last one.

    >>> half_samples(0, np.array([3, 8]), 0, 6)
    array([[1, 1, 0, 0, 0, 1],
           [1, 0, 0, 0, 1, 1]], dtype=uint8)
    """
    words = np.arange(first // WORD, -(-last // WORD), dtype=np.uint64)
    with np.errstate(over="ignore"):
        key = _mix(_mix(users.astype(np.uint64) + np.uint64(derive(seed, "half-samples")))[:, None] + words)
    bits = np.unpackbits(key.astype("<u8").view(np.uint8), axis=1, bitorder="little")
    skipped = first - first // WORD * WORD
    return bits[:, skipped : skipped + last - first]


def _mix(key: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The next output of SplitMix64 (Steele et al., OOPSLA 2014), whose every bit depends on every bit of the key."""
    key = key + np.uint64(0x9E3779B97F4A7C15)
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))
