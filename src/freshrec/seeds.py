"""Derived randomness: every stream of random numbers has a seed made from the root seed and its purpose."""

import hashlib

import numpy as np
import torch

__all__ = ["derive", "numpy_rng", "torch_rng"]


def derive(root: int, *purpose: str | int) -> int:
    """A seed in [0, 2**63) that depends on the root seed and the purpose, and on nothing else.

    The order in which seeds are derived cannot change a result, so work may be reordered, shared or resumed.

    >>> derive(0, "shuffle", 12, 0) == derive(0, "shuffle", 12, 0)
    True
    >>> derive(0, "shuffle", 12, 0) == derive(0, "shuffle", 12, 1)
    False
    """
    text = repr((root, *purpose)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def numpy_rng(root: int, *purpose: str | int) -> np.random.Generator:
    """A numpy generator seeded by `derive`."""
    return np.random.default_rng(derive(root, *purpose))


def torch_rng(root: int, *purpose: str | int) -> torch.Generator:
    """A CPU torch generator seeded by `derive`; global random state is neither read nor changed."""
    return torch.Generator().manual_seed(derive(root, *purpose))
