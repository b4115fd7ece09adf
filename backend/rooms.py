"""Which rooms there are on this machine, whether anybody is in one, and removing one: for `segment gc`.

Works on whatever has a room's name, also when it is no segment: nothing is mapped or believed.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import Final

from lockedroom.backend import errors, ofd, regions, shm, wakeup

_OBJECT: Final = re.compile(r"lockedroom\.(?P<room>[a-z0-9][a-z0-9._-]{0,30})")
_SEMAPHORE: Final = re.compile(r"sem\.lockedroom\.(?P<room>[a-z0-9][a-z0-9._-]{0,30})\.[0-9]{1,2}")


def rooms() -> tuple[str, ...]:
    """The names of all rooms of which an object or a semaphore is there, sorted."""
    found = (_OBJECT.fullmatch(name) or _SEMAPHORE.fullmatch(name) for name in wakeup.listed())
    return tuple(sorted({match["room"] for match in found if match}))


def in_use(room: str) -> bool:
    """Whether anybody, this process included, holds a lock in the room: a member's life lock, a slot's, or the
    creator's while it lays the object out. Raises NotPermitted, MalformedObject (no regular file)."""
    try:
        descriptor = shm.open_object(room)
    except errors.Absent:
        return False
    try:
        count = regions.LIFE + regions.LIMITS["members"][1]
        return ofd.held_elsewhere(descriptor, 0, count)
    finally:
        os.close(descriptor)


def remove(room: str) -> None:
    """Remove the room's semaphores and then its object, whoever is in it; what is not there is no error.
    Raises NotPermitted."""
    wakeup.unlink_semaphores(room)
    with suppress(errors.Absent):
        shm.unlink(room)
