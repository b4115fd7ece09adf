"""The clauses that the substrate's errors name, in one place, so that the chapter can renumber them."""

from __future__ import annotations

from typing import Final

ROOM_NAME: Final = "SEG-STORE-1"
"""A room's name is 1 to 31 of a-z, 0-9, dot, underscore and hyphen, the first a letter or digit."""

ABSENT: Final = "SEG-STORE-2"
"""There is no object of that name."""

TAKEN: Final = "SEG-STORE-3"
"""An object is created exclusively: a name in use is refused."""

PERMISSION: Final = "SEG-STORE-4"
"""The kernel's permissions (owner and mode) come before every check of the protocol."""

CAPACITY: Final = "SEG-STORE-5"
"""A capacity lies within the layout's limits, and so does the object's size."""

SPACE: Final = "SEG-STORE-6"
"""The whole object is allocated at its creation."""

UNFINISHED: Final = "SEG-STORE-7"
"""An object without its magic is not laid out yet, and nobody uses it."""

OBJECT: Final = "SEG-STORE-8"
"""Magic, layout version, capacity and size are checked before any use."""

CELL: Final = "SEG-STORE-9"
"""A cell's length lies within the cell."""

HANDLE: Final = "SEG-STORE-10"
"""A closed handle is refused."""

FORK: Final = "SEG-STORE-11"
"""A handle used after a fork is refused in the child."""

LOCK: Final = "SEG-LOCK-1"
"""A wait for a lock ends at its deadline."""

JOURNAL: Final = "SEG-JOURNAL-1"
"""A journal that no writer of this layout can have written is discarded."""

LIFE: Final = "SEG-LIFE-1"
"""One process at a time holds a member's life lock."""

NAMELESS: Final = "SEG-LIFE-7"
"""A life lock counts only in the object to which the room's name leads."""

PROCESS: Final = "SEG-LIFE-2"
"""A process knows its pid, start time, pid namespace and boot id from /proc."""

SEMAPHORE: Final = "SEG-WAKE-1"
"""Each member index has a named semaphore, made with the object."""
