"""The durable writer and the lock of a folder: a file or a folder appears whole under its name, or not at all."""

from freshrec.files.checked import CHECKSUMS, read_checked, write_checked
from freshrec.files.locking import LOCK, locked
from freshrec.files.operations import Disk, disk, using
from freshrec.files.reading import exists, read_verified, sha256, verify
from freshrec.files.staging import make_folder, staged_file, staged_folder, write_bytes

__all__ = [
    "CHECKSUMS",
    "LOCK",
    "Disk",
    "disk",
    "exists",
    "locked",
    "make_folder",
    "read_checked",
    "read_verified",
    "sha256",
    "staged_file",
    "staged_folder",
    "using",
    "verify",
    "write_bytes",
    "write_checked",
]
