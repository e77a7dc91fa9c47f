"""States on disk: what was finished stays finished."""

from freshrec.store.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from freshrec.store.packing import pack, unpack

__all__ = ["Checkpoint", "pack", "read_checkpoint", "unpack", "write_checkpoint"]
