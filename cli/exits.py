"""Exit codes, and the one place where an error becomes a message and a code. Nothing is printed here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """What a command of `lockedroom` ends with."""

    HOLDS = 0
    REFUSED = 1
    USAGE = 2
    MALFORMED = 3
    INCOMPLETE = 4
    INTERRUPTED = 130


MEANING: Final = """\b
Exit codes:
  0    it holds, or was done
  1    it is violated, or was refused
  2    wrong usage or set-up
  3    malformed input
  4    no answer: a limit was reached, random walks found no
       violation, nobody reads the output, or lockedroom itself is at
       fault
  130  interrupted"""


class Problem(Exception):
    """What a command found wrong: the clause or usage rule, what is the case, what to do about it, the code."""

    def __init__(self, clause: str, problem: str, remedy: str, code: Exit) -> None:
        super().__init__(clause, problem, remedy, code)
        self.clause = clause
        self.problem = problem
        self.remedy = remedy
        self.code = code


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of an error."""

    code: Exit
    message: str
    clause: str = ""


def usage(problem: str, remedy: str) -> Problem:
    """A usage error that no clause speaks of."""
    return Problem("usage", problem, remedy, Exit.USAGE)


def unknown_mistake(name: str, known: Iterable[str]) -> Problem:
    """No mistake of the engine has that name: those that come near it, or all of them."""
    names = list(known)
    near = get_close_matches(name, names, 5)
    there_are = f"near it there are: {'; '.join(near)}" if near else f"there are: {'; '.join(names)}"
    return usage(f"no mistake {name!r} is known", there_are)


def explain(error: BaseException) -> Report:
    """The code and the message of any error that reached the top."""
    if isinstance(error, Problem):
        return Report(error.code, f"{error.problem}: {error.remedy} [{error.clause}]", error.clause)
    return (
        _of_backend(error)
        or _of_trace(error)
        or _of_model(error)
        or _of_system(error)
        or Report(
            Exit.INCOMPLETE,
            f"this is a fault of lockedroom, not yours: {type(error).__name__}: {error}; "
            "set LOCKEDROOM_DEBUG=1 and run it again to see where, and report it",
        )
    )


def _of_backend(error: BaseException) -> Report | None:
    from lockedroom.backend.errors import BackendError

    if isinstance(error, BackendError):
        return Report(Exit(int(error.exit_code)), str(error), error.clause)
    return None


def _of_trace(error: BaseException) -> Report | None:
    from lockedroom.conformance.trace import MalformedTrace

    if isinstance(error, MalformedTrace):
        return Report(Exit.MALFORMED, f"{error}: this is no trace that can be replayed [TRACE]")
    return None


def _of_model(error: BaseException) -> Report | None:
    from lockedroom.model.model import ModelError
    from lockedroom.model.validator import Unconfirmed

    if isinstance(error, Unconfirmed):
        return Report(
            Exit.INCOMPLETE,
            f"{error}; either an action of the machine is no pure function of what it reads, or this is a fault of "
            "lockedroom: report it",
        )
    if isinstance(error, ModelError):
        return Report(Exit.MALFORMED, f"{error} [MACHINE]", "MACHINE")
    return None


def _of_system(error: BaseException) -> Report | None:
    match error:
        case FileNotFoundError():
            return Report(Exit.USAGE, f"there is no file {error.filename}: check the path [usage]")
        case FileExistsError():
            return Report(Exit.USAGE, f"{error.filename} exists already, and nothing is overwritten [usage]")
        case IsADirectoryError() | NotADirectoryError():
            return Report(Exit.USAGE, f"{error.filename}: {error.strerror}: check the path [usage]")
        case PermissionError():
            return Report(Exit.REFUSED, f"the system does not let you use {error.filename}: check its owner and mode")
        case OSError() if error.strerror:
            where = f" ({error.filename})" if error.filename else ""
            return Report(Exit.INCOMPLETE, f"the system says: {error.strerror}{where}")
        case MemoryError():
            return Report(Exit.INCOMPLETE, "memory has run out: choose smaller bounds")
        case _:
            return None
