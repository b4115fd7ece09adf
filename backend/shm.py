"""One segment's shared-memory object: create, attach, load, store, close.

Nothing else in the backend touches the mapping. Words are stored through one aligned view of u64 (a
store of 8 bytes that no reader can see half of: SEG-STORE-13); bytes are only ever stored where no reader
looks yet. Loads and copies out give plain values, to be checked and used as they were copied (SEG-STORE-14):
no view of the mapping leaves this module, since one that a caller kept would keep the mapping, and with it the
locks, alive after a fork or a close.
"""

from __future__ import annotations

import errno
import mmap
import os
import re
import stat
import struct
import time
import warnings
from pathlib import Path
from typing import Final, Self

import posix_ipc

from lockedroom.backend import clauses, crashpoints, errors, forks, ofd, regions
from lockedroom.backend.crashpoints import Hook, Moment
from lockedroom.backend.errors import Malformed
from lockedroom.backend.layout import LENGTH, Cell, Layout, excess
from lockedroom.reference.segment.records import LAYOUT_VERSION, MAGIC, Capacity

SHARED_MEMORY: Final = Path("/dev/shm")
"""Where Linux shows shared-memory objects, and semaphores with `sem.` before their name."""

_ROOM: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,30}")
_COLLECTED: Final = 5.0
"""How long a creator waits for a collector that was quicker to lock what it has just created, in seconds."""
_PAUSE: Final = 50e-6
_GEOMETRY: Final = struct.Struct("<8s7Q")
_MAGIC_WORD: Final = int.from_bytes(MAGIC, "little")


def object_name(room: str) -> str:
    """The POSIX name of the room's object. Raises BadName (SEG-STORE-1)."""
    if not _ROOM.fullmatch(room):
        raise errors.BadName(
            clauses.ROOM_NAME,
            f"{room!r} is no name for a room",
            "use 1 to 31 of a-z, 0-9, '.', '_' and '-', the first a letter or digit",
        )
    return f"/lockedroom.{room}"


class Mapped:
    """A mapping of an object while it is used; every store into it is a crash point. Offsets are in bytes; those of
    words are multiples of 8. After `close` everything raises Closed."""

    __slots__ = ("_hook", "_map", "_view", "_words")

    def __init__(self, descriptor: int, total: int, hook: Hook | None = None) -> None:
        """Map so many bytes of the object behind `descriptor`, which stays the caller's."""
        self._hook = hook
        self._map = mmap.mmap(descriptor, total)
        self._view = memoryview(self._map)
        self._words = self._view.cast("Q")

    @property
    def usable(self) -> bool:
        """Whether this is not closed."""
        return not self._map.closed

    def load(self, offset: int) -> int:
        """The word at `offset`: never a mix of two stores (SEG-STORE-13)."""
        try:
            return int(self._words[offset >> 3])
        except ValueError:
            raise self._gone() from None

    def store(self, offset: int, value: int) -> None:
        """Set the word at `offset`, in one aligned store of 8 bytes. One crash point."""
        hook = self._hook
        if hook is not None:
            hook(Moment.BEFORE)
        try:
            self._words[offset >> 3] = value
        except ValueError as error:
            if self.usable:
                raise
            raise self._gone() from error
        if hook is not None:
            hook(Moment.AFTER)

    def read(self, offset: int, length: int) -> bytes:
        """A copy of bytes (SEG-STORE-14); one that is being written at the moment may be a mix."""
        try:
            return self._map[offset : offset + length]
        except ValueError:
            raise self._gone() from None

    def write(self, offset: int, data: bytes) -> None:
        """Set bytes where no reader looks yet. Not atomic. One crash point."""
        hook = self._hook
        try:
            if hook is not None:
                half = len(data) // 2
                hook(Moment.BEFORE)
                self._map[offset : offset + half] = data[:half]
                hook(Moment.DURING)
            self._map[offset : offset + len(data)] = data
        except ValueError as error:
            if self.usable:
                raise
            raise self._gone() from error
        if hook is not None:
            hook(Moment.AFTER)

    def close(self) -> None:
        """Unmap."""
        self._words.release()
        self._view.release()
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _gone(self) -> errors.BackendError:
        return errors.Closed(clauses.HANDLE, "this object was closed", "open it again")


class Store(Mapped):
    """One mapping of a room's object, over a descriptor of its own: its locks are nobody else's (SEG-STORE-12).

    Made by `create` or `attach`. After `close` everything raises Closed, in a forked child Forked. Usable from several
    threads.
    """

    __slots__ = ("__weakref__", "_descriptor", "_forked", "layout", "room")

    def __init__(self, room: str, layout: Layout, descriptor: int, hook: Hook | None) -> None:
        """Map the object behind `descriptor`, which is the store's from now on. Use `create` or `attach`."""
        self.room: Final = room
        self.layout: Final = layout
        self._descriptor = descriptor
        self._forked = False
        super().__init__(descriptor, layout.total, hook)
        forks.register(self)

    @property
    def descriptor(self) -> int:
        """The descriptor, for locks. Raises Closed or Forked."""
        if self._descriptor < 0:
            raise self._gone()
        return self._descriptor

    @property
    def usable(self) -> bool:
        """Whether this is neither closed nor a forked child's copy."""
        return self._descriptor >= 0

    @property
    def named(self) -> bool:
        """Whether the room's name still leads to this object (SEG-LIFE-7). Raises Closed or Forked."""
        return leads_to(self.room, self.descriptor)

    def read_cell(self, cell: Cell) -> bytes | Malformed:
        """What the cell holds, or Malformed (SEG-STORE-9) when its length exceeds the cell."""
        length = int.from_bytes(self.read(cell.offset, LENGTH), "little")
        if length > cell.room:
            return Malformed(clauses.CELL, f"a length of {length} in a cell for {cell.room} bytes")
        return self.read(cell.offset + LENGTH, length)

    def write_cell(self, cell: Cell, content: bytes) -> None:
        """Fill a cell that no reader looks at yet. One crash point. ValueError if it does not fit (the
        caller's fault: whoever made the content knew the capacity)."""
        if len(content) > cell.room:
            raise ValueError(f"{len(content)} bytes do not fit a cell for {cell.room}")
        self.write(cell.offset, len(content).to_bytes(LENGTH, "little") + content)

    def __del__(self) -> None:
        if getattr(self, "_descriptor", -1) >= 0:
            warnings.warn(f"the room {self.room} was not closed", ResourceWarning, stacklevel=1)
            self.close()

    def close(self) -> None:
        """Unmap and close: the kernel lets go of every lock taken through this store. May be repeated."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        super().close()
        os.close(descriptor)

    def disown(self) -> None:
        """What `forks` calls in a child: close, unlocking nothing, and refuse from now on.

        The mapping and the hidden duplicate of the descriptor in it must go too: while any reference to the open
        file description is left, the kernel keeps the parent's locks after the parent's death.
        """
        self._forked = True
        self.close()

    def _gone(self) -> errors.BackendError:
        if self._forked:
            return errors.Forked(
                clauses.FORK,
                f"the room {self.room} was attached before this process was forked",
                "attach in the child, or start processes by subprocess or spawn",
            )
        return errors.Closed(clauses.HANDLE, f"the room {self.room} was closed", "attach again")


def create(room: str, capacity: Capacity, *, mode: int = 0o600, hook: Hook | None = None, hold: bool = False) -> Store:
    """Create the room's object exclusively, allocate all of it, and lay out its geometry (SEG-STORE-3, 6 and 7).

    The state word is left 0 (absent). `mode` is set exactly, whatever the umask. `hook` is for tests; without it
    the environment decides (`crashpoints`). Until the magic is stored, last, `attach` refuses the object as unfinished.
    `hold`: the header's lock is the caller's afterwards, and was held all the time, so that nobody collects the room
    before there is a segment in it. Raises BadName, BadCapacity, Taken, NotPermitted, NoSpace, LockTimeout; then
    nothing is left behind.
    """
    name = object_name(room)
    wrong = excess(capacity)
    if wrong is not None:
        raise errors.BadCapacity(clauses.CAPACITY, wrong, "choose another capacity")
    layout = Layout(capacity)
    hook = hook or crashpoints.from_environment()
    descriptor = claim(room)
    store: Store | None = None
    try:
        os.fchmod(descriptor, mode)
        allocate(descriptor, layout.total)
        store = Store(room, layout, descriptor, hook)
        for offset, value in layout.geometry():
            store.store(offset, value)
        store.store(0, _MAGIC_WORD)
        if not hold:
            ofd.unlock(descriptor, regions.HEADER)
    except BaseException:
        # Before the lock goes with the descriptor: until then the name is nobody else's.
        posix_ipc.unlink_shared_memory(name)
        if store is None:
            os.close(descriptor)
        else:
            store.close()
        raise
    return store


def claim(room: str) -> int:
    """A descriptor of a new, empty object that has the room's name, with its header's lock held: what tells an object
    that is being made from an abandoned one (SEG-STORE-7). Raises BadName, Taken, NotPermitted, LockTimeout."""
    name = object_name(room)
    end = time.monotonic() + _COLLECTED
    while True:
        descriptor = _open(room, name, posix_ipc.O_CREX)
        # Between the creation and its lock it looks abandoned, and a collector may take it for that.
        while not (locked := ofd.try_lock(descriptor, regions.HEADER, ofd.EXCLUSIVE)) and time.monotonic() < end:
            time.sleep(_PAUSE)
        if locked and leads_to(room, descriptor):
            return descriptor
        os.close(descriptor)
        if time.monotonic() >= end:
            problem = f"the new room {room} was locked by somebody else, or collected, again and again"
            raise errors.LockTimeout(clauses.LOCK, problem, "choose another name")


def leads_to(room: str, descriptor: int) -> bool:
    """Whether the room's name leads to the object behind the descriptor: the same device and inode. Raises BadName."""
    return names(object_name(room)[1:], descriptor)


def names(name: str, descriptor: int) -> bool:
    """Whether the object of that name is the one behind the descriptor."""
    try:
        return os.path.samestat((SHARED_MEMORY / name).lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def attach(room: str, *, hook: Hook | None = None) -> Store:
    """Attach to the room's object through a descriptor of its own, after checking, before any use, that it is
    one of this layout: a regular file, magic, version, a capacity within the limits, and its size.

    Raises BadName, Absent, NotPermitted, Unfinished (its creator is not done), MalformedObject.
    """
    name = object_name(room)
    hook = hook or crashpoints.from_environment()
    descriptor = _open(room, name, 0)
    try:
        return Store(room, _check(room, descriptor), descriptor, hook)
    except BaseException:
        os.close(descriptor)
        raise


def unlink(room: str) -> None:
    """Remove the object's name; who is attached stays so. Raises BadName, Absent, NotPermitted."""
    name = object_name(room)
    try:
        posix_ipc.unlink_shared_memory(name)
    except posix_ipc.ExistentialError:
        raise _absent(room) from None
    except posix_ipc.PermissionsError:
        raise _not_permitted(room, "remove") from None
    except OSError as error:
        if error.errno == errno.EPERM:  # the sticky bit of the directory
            raise _not_permitted(room, "remove") from None
        raise


def open_object(room: str) -> int:
    """A descriptor of whatever has the room's name, unchecked and unmapped. Raises as `attach`."""
    return _open(room, object_name(room), 0)


def _open(room: str, name: str, flags: int) -> int:
    try:
        return posix_ipc.SharedMemory(name, flags, mode=0o600).fd
    except posix_ipc.ExistentialError:
        if flags:
            raise errors.Taken(clauses.TAKEN, f"there is a room {room} already", "choose another name") from None
        raise _absent(room) from None
    except posix_ipc.PermissionsError:
        raise _not_permitted(room, "open") from None
    except ValueError:  # a directory, says posix_ipc
        raise _not_a_segment(room, "it is no regular file") from None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR, errno.ENODEV):
            raise _not_a_segment(room, "it is no regular file") from None
        raise


def allocate(
    descriptor: int,
    total: int,
    clause: str = clauses.SPACE,
    remedy: str = "choose a smaller capacity, or free some of /dev/shm",
) -> None:
    """Give the object all of its bytes. Raises NoSpace."""
    try:
        # A hole in the object would kill whoever touches it (SIGBUS) when memory has run out by then.
        os.posix_fallocate(descriptor, 0, total)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.ENOMEM, errno.EFBIG):
            raise
        raise errors.NoSpace(clause, f"there are no {total} bytes of shared memory left", remedy) from None


def _check(room: str, descriptor: int) -> Layout:
    # The header is read by pread, not through a mapping: too short an object then gives an answer, not SIGBUS.
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise _not_a_segment(room, "it is no regular file")
    head = os.pread(descriptor, _GEOMETRY.size, 0)
    if not head or (len(head) == _GEOMETRY.size and not any(head[: len(MAGIC)])):
        raise errors.Unfinished(
            clauses.UNFINISHED,
            f"the room {room} is not laid out yet, or its creator died doing so",
            "try again in a moment, or remove it with `lockedroom segment gc`",
        )
    if len(head) < _GEOMETRY.size:
        raise _not_a_segment(room, f"it has {len(head)} bytes")
    magic, version, members, quota, posts, entries, record, total = _GEOMETRY.unpack(head)
    if magic != MAGIC:
        raise _not_a_segment(room, "its magic is another")
    if version != LAYOUT_VERSION:
        raise _not_a_segment(room, f"its layout has version {version}, not {LAYOUT_VERSION}")
    capacity = Capacity(members, quota, posts, entries, record)
    wrong = excess(capacity)
    if wrong is not None:
        raise _not_a_segment(room, wrong)
    layout = Layout(capacity)
    if total != layout.total or status.st_size != layout.total:
        raise _not_a_segment(room, f"it has {status.st_size} bytes and claims {total}, not {layout.total}")
    return layout


def _absent(room: str) -> errors.Absent:
    return errors.Absent(clauses.ABSENT, f"there is no room {room}", "create it first")


def _not_permitted(room: str, what: str) -> errors.NotPermitted:
    return errors.NotPermitted(
        clauses.PERMISSION,
        f"the kernel does not let you {what} the room {room}",
        "ask its owner for access (owner and mode of the object)",
    )


def _not_a_segment(room: str, problem: str) -> errors.MalformedObject:
    return errors.MalformedObject(
        clauses.OBJECT,
        f"what is called {room} is no segment that this version can use: {problem}",
        "use another room; its owner can remove this one",
    )
