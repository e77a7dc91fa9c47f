"""States on disk: what was finished stays finished."""

from freshrec.store.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from freshrec.store.packing import pack, unpack
from freshrec.store.tensor_file import map_verified, write_tensors

__all__ = ["Checkpoint", "map_verified", "pack", "read_checkpoint", "unpack", "write_checkpoint", "write_tensors"]
