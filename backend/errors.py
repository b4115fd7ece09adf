"""What can go wrong below the protocol, and whose fault it is.

An error here is for a caller of the API; what a transition refuses is a rejection (a value), and what
hostile memory holds is a `Malformed` (a value too). Nothing here prints or exits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What a command that ends with this error returns."""

    REFUSED = 1
    USAGE = 2
    MALFORMED = 3
    INCOMPLETE = 4


@dataclass(frozen=True, slots=True)
class Malformed:
    """What was read from shared memory and no honest writer can have left there: a value, for a rejection."""

    clause: str
    detail: str


class BackendError(Exception):
    """Abstract base of all errors here; nobody raises it itself.

    `clause` is the promise it belongs to, `problem` what is the case, `remedy` what to do about it.
    """

    exit_code: ClassVar[ExitCode]

    def __init__(self, clause: str, problem: str, remedy: str) -> None:
        if type(self) is BackendError:
            raise TypeError("BackendError is abstract: raise one that says whose fault it is")
        super().__init__(clause, problem, remedy)
        self.clause = clause
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}: {self.remedy} [{self.clause}]"


class BadName(BackendError):
    """A name that no room can have."""

    exit_code = ExitCode.USAGE


class BadCapacity(BackendError):
    """A capacity outside the layout's limits was asked for."""

    exit_code = ExitCode.USAGE


class Absent(BackendError):
    """There is no such object."""

    exit_code = ExitCode.USAGE


class Taken(BackendError):
    """There is an object of that name already."""

    exit_code = ExitCode.USAGE


class NotPermitted(BackendError):
    """The kernel does not let this user do it."""

    exit_code = ExitCode.REFUSED


class NoSpace(BackendError):
    """The memory for shared objects cannot hold this one."""

    exit_code = ExitCode.REFUSED


class Occupied(BackendError):
    """Another process holds this member's life lock."""

    exit_code = ExitCode.REFUSED


class Removed(BackendError):
    """The room that is attached here has no name any more: it was collected or destroyed."""

    exit_code = ExitCode.REFUSED


class NoSemaphore(BackendError):
    """A member's semaphore is missing or cannot be opened."""

    exit_code = ExitCode.REFUSED


class NoProcessFacts(BackendError):
    """/proc is not there, or is another pid namespace's: liveness cannot be told."""

    exit_code = ExitCode.REFUSED


class MalformedObject(BackendError):
    """An object of that name that is no segment of this layout."""

    exit_code = ExitCode.MALFORMED


class Unfinished(BackendError):
    """The object's creator is still laying it out, or died doing so."""

    exit_code = ExitCode.INCOMPLETE


class LockTimeout(BackendError):
    """A lock was not to be had before the deadline."""

    exit_code = ExitCode.INCOMPLETE


class Closed(BackendError):
    """The handle was closed."""

    exit_code = ExitCode.USAGE


class Forked(BackendError):
    """The handle belongs to this process's parent."""

    exit_code = ExitCode.USAGE
