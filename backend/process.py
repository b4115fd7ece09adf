"""What a process knows of itself and of another, from /proc. Nothing here knows of segments."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from lockedroom.backend import clauses
from lockedroom.backend.errors import NoProcessFacts

PID_LIMIT: Final = 1 << 22
"""Linux gives out no pid from here on (PID_MAX_LIMIT)."""

_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4


@dataclass(frozen=True, slots=True)
class Process:
    """What tells one process from every other of this boot: pid, start time in clock ticks since boot, and
    the inode of the pid namespace in which the pid means it; and the boot's id."""

    pid: int
    start_time: int
    namespace: int
    boot: str

    @property
    def origin(self) -> Origin:
        """What the id of a segment says of the process that creates it."""
        return self.pid, self.start_time, self.boot


Origin: TypeAlias = tuple[int, int, str]
"""Who creates a segment, as its id says it (SEG-CREATE-3): pid, start time, boot id."""


@dataclass(frozen=True, slots=True)
class Status:
    """What /proc says of a pid: its start time in clock ticks, and whether it has ended already (a
    zombie: dead, but not yet waited for)."""

    start_time: int
    ended: bool


def this_process() -> Process:
    """The facts of the calling process. Raises NoProcessFacts (SEG-LIFE-2) where /proc does not tell."""
    pid = os.getpid()
    try:
        # A /proc of another pid namespace would silently tell us of somebody else's processes.
        ours = os.readlink("/proc/self") == str(pid)
        namespace = os.stat("/proc/self/ns/pid").st_ino
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError as error:
        raise _no_facts(f"/proc does not tell ({error})") from error
    status = status_of(pid) if ours else None
    if status is None:
        raise _no_facts("/proc is that of another pid namespace")
    return Process(pid, status.start_time, namespace, boot)


def status_of(pid: int) -> Status | None:
    """What /proc says of `pid`; None when it shows no such process (which may only be hidden: `exists`)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    except OSError as error:
        raise _no_facts(f"/proc does not tell ({error})") from error
    # The second field is the command's name in parentheses and may hold anything, parentheses included.
    fields = text[text.rindex(b")") + 1 :].split()
    return Status(start_time=int(fields[19]), ended=fields[0] in (b"Z", b"X", b"x"))


def exists(pid: int) -> bool:
    """Whether the kernel knows a process with this pid, also one that /proc hides from us."""
    if not 0 < pid < PID_LIMIT:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def conceal() -> bool:
    """Clear the process's dumpable flag: no core dumps, and no other process of the same user may read its
    memory. True when it is clear afterwards; a kernel that refuses is reported so, not raised."""
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return int(library.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)) == 0


def _no_facts(problem: str) -> NoProcessFacts:
    return NoProcessFacts(clauses.PROCESS, problem, "mount this namespace's own /proc")
