"""Open-file-description locks on byte ranges: the three system calls, and nothing that waits (SEG-LOCK-2).

Such a lock belongs to the open file description: it excludes every other description, whatever the
process, but not other users of the same one (threads, forked children). The kernel releases it when the
last reference to the description goes, however its holder dies. (Linux, 64 bits.)
"""

from __future__ import annotations

import errno
import fcntl
import struct
from typing import Final

# Not every build of Python names these; their values are the same on every Linux.
_GET: Final = 36
_SET: Final = 37

SHARED: Final[int] = fcntl.F_RDLCK
EXCLUSIVE: Final[int] = fcntl.F_WRLCK

# struct flock: l_type, l_whence, l_start, l_len, l_pid (which must be 0), padding.
_FLOCK: Final = struct.Struct("hhqqi4x")


def try_lock(descriptor: int, byte: int, kind: int, count: int = 1) -> bool:
    """Take the locks of `count` bytes, SHARED or EXCLUSIVE, all of them or none, or say at once that they are not to be
    had. A lock that this description has on one of the bytes is changed to `kind`."""
    try:
        fcntl.fcntl(descriptor, _SET, _FLOCK.pack(kind, 0, byte, count, 0))
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def unlock(descriptor: int, byte: int, count: int = 1) -> None:
    """Let go of this description's locks on `count` bytes; none there is no error."""
    fcntl.fcntl(descriptor, _SET, _FLOCK.pack(fcntl.F_UNLCK, 0, byte, count, 0))


def held_elsewhere(descriptor: int, byte: int, count: int = 1) -> bool:
    """Whether another description holds any lock, shared or exclusive, on any of `count` bytes."""
    asked = _FLOCK.pack(EXCLUSIVE, 0, byte, count, 0)
    answer = _FLOCK.unpack(fcntl.fcntl(descriptor, _GET, asked))
    return int(answer[0]) != fcntl.F_UNLCK
