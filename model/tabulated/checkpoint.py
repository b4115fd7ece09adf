"""An exploration put into a file and taken out of it again: all that was found, nothing of what runs it.

The file is Python's pickle of numbers, arrays and the values of slots. It is read with an unpickler that makes nothing
but these; and it names the machine and the code that it belongs to, so that it is not continued by other code.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import FunctionType
from typing import IO, Any, Final

from lockedroom.reference.machine import Machine

_FORMAT: Final = "lockedroom exploration 1"
_BUILTINS: Final = frozenset({"frozenset", "set", "bytearray", "complex", "slice", "range", "object"})
_PLAIN: Final = (int, str, bytes, frozenset)
_MODULES: Final = ("lockedroom.", "numpy.", "numpy._core.")


class CheckpointError(ValueError):
    """A file that is no checkpoint, or one of another machine or of other code. Says which."""


def identity(machine: Machine) -> str:
    """What a checkpoint belongs to: the machine by its title, bounds, slots, first values and actions (with the plain
    values that their functions hold), the files that these functions stand in, and the code of the package."""
    digest = hashlib.sha256(f"{machine.title} {machine.bounds}\n".encode())
    files: set[Path] = set()
    for slot, value in machine.initial.items():
        digest.update(f"{slot} {value!r}\n".encode())
    for action in machine.actions:
        digest.update(f"{action} {list(map(str, action.reads))} {list(map(str, action.writes))}\n".encode())
        for function in functions_of(action.run):
            held = [value for value in _held(function) if isinstance(value, _PLAIN)]
            digest.update(f"{function.__qualname__} {held!r}\n".encode())
            files.add(Path(function.__code__.co_filename))
    package = Path(__file__).parents[2]
    files.update(file for folder in ("model", "reference") for file in (package / folder).rglob("*.py"))
    for file in sorted(files):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


def functions_of(run: object) -> Iterator[FunctionType]:
    """The Python functions that an action's function is made of: itself, and those that it holds, each once."""
    waiting, seen = [run], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, FunctionType) and one not in seen:
            seen.add(one)
            yield one
            waiting.extend(_held(one))


def _held(function: FunctionType) -> list[object]:
    """The values in a function's closure and defaults."""
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    return [*cells, *(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]


def save(file: Path, owner: str, state: Mapping[str, Any]) -> None:
    """Put a state into a file, whole or not at all. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            pickle.dump((_FORMAT, owner, dict(state)), stream, pickle.HIGHEST_PROTOCOL)
        Path(name).replace(file)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def load(file: Path, owner: str, trusted: Collection[str] = ()) -> dict[str, Any]:
    """The state in a file. `trusted`: further modules whose classes values may have.

    Raises CheckpointError, OSError."""
    with file.open("rb") as stream:
        try:
            found = _Reader(stream, trusted).load()
        except CheckpointError:
            raise
        except Exception as fault:
            raise CheckpointError(f"{file} is damaged or no checkpoint") from fault
    match found:
        case (str(kind), str(whose), dict(state)) if kind == _FORMAT:
            if whose != owner:
                raise CheckpointError(f"{file} belongs to another machine, to other bounds or to other code")
            return state
    raise CheckpointError(f"{file} is no checkpoint")


class _Reader(pickle.Unpickler):
    """Makes values of slots, arrays and plain containers, and nothing else."""

    def __init__(self, stream: IO[bytes], trusted: Collection[str]) -> None:
        super().__init__(stream)
        self._trusted = frozenset(trusted)

    def find_class(self, module: str, name: str) -> object:
        """The classes that a checkpoint may name."""
        known = module.startswith(_MODULES) or module == "numpy" or module in self._trusted
        if known or (module == "builtins" and name in _BUILTINS):
            found: object = super().find_class(module, name)
            return found
        raise CheckpointError(f"a checkpoint holds no {module}.{name}")
