"""Which rooms there are on this machine, whether anybody is in one, and removing the names of one.

Works on whatever has a room's name, also when it is no segment: nothing is mapped or believed. Who removes a name holds
the header's lock of the object that it leads to (SEG-LIFE-8), so that nobody removes the name of another one.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import Final

from lockedroom.backend import errors, ofd, regions, shm, wakeup
from lockedroom.backend.shm import Store

_OBJECT: Final = re.compile(r"lockedroom\.(?P<room>[a-z0-9][a-z0-9._-]{0,30})")
_LOCKS: Final = regions.LIFE + regions.LIMITS["members"][1]
"""All lock bytes that there can be, from 0: the slots' and the lives'."""
_TRIES: Final = 100
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
        return ofd.held_elsewhere(descriptor, 0, _LOCKS)
    finally:
        os.close(descriptor)


def collect(room: str) -> bool:
    """Remove the room's names if nobody, this process included, holds a lock in it; False, and nothing is done, if
    somebody does (SEG-LIFE-6). All locks are held meanwhile: who attached before can take none, and finds afterwards
    that the name is gone (SEG-LIFE-7).

    Raises BadName, NotPermitted, MalformedObject (no regular file), LockTimeout.
    """
    for _ in range(_TRIES):
        try:
            descriptor = _held(room)
        except errors.Taken:
            continue
        if descriptor is None:
            return False
        try:
            # Somebody else may have removed it before the locks were there, and made another.
            if shm.leads_to(room, descriptor):
                remove(room)
                return True
        finally:
            os.close(descriptor)
    return False


def _held(room: str) -> int | None:
    """A descriptor of what has the room's name that holds all locks; None when somebody holds one. Where only
    semaphores are left, a new empty object keeps the name from others until they are gone. Raises Taken, and as
    `collect`."""
    try:
        descriptor = shm.open_object(room)
    except errors.Absent:
        return shm.claim(room)
    if ofd.try_lock(descriptor, 0, ofd.EXCLUSIVE, _LOCKS):
        return descriptor
    os.close(descriptor)
    return None


def withdraw(store: Store) -> bool:
    """Remove the names of the room that this store is of, whose header's lock it holds; False, and nothing is done,
    when they are another object's already (SEG-LIFE-8). Raises NotPermitted."""
    if not store.named:
        return False
    remove(store.room)
    return True


def remove(room: str) -> None:
    """Remove the room's semaphores and then its object (SEG-WAKE-4), whoever is in it and whatever it is; what is not
    there is no error. Raises NotPermitted."""
    wakeup.unlink_semaphores(room)
    with suppress(errors.Absent):
        shm.unlink(room)
