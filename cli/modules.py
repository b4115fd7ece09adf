"""A user's own machine: `PATH.py:ATTRIBUTE`, loaded and put together with what must hold of it.

The attribute is a Model, a Machine, a Subject, or a function that makes one from whole numbers (`machine(members=3)`).
Beside a Machine the module may say what must hold: `invariants`, `goals` (sequences), `judge` (a StepJudge) with
`steps` (the names of what it judges), and `sometimes` (what some step must show, by name), in capitals or not;
sequences may be functions of some of the same numbers. Loading runs the module, as Python does.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, cast

from lockedroom.cli.exits import Problem, unknown_mistake, usage

if TYPE_CHECKING:
    from lockedroom.model.report import Goal, Invariant, StepJudge
    from lockedroom.model.validator import StepTest, Subject

_PRIVATE: Final = "lockedroom_user_"


def is_target(text: str) -> bool:
    """Whether a text names an attribute of a module by its path."""
    path, colon, attribute = text.rpartition(":")
    return bool(colon) and path.endswith(".py") and attribute.isidentifier()


STASH: Final = "stash"
"""The protocol of ours that is explored as any machine is."""


def user_subject(
    target: str, arguments: Mapping[str, int], profile: str | None = None, mutant: str | None = None
) -> Subject:
    """The machine that a target names, made with these arguments, and its rules; of the stash in that profile, or with
    a known mistake. Raises Problem when there is none, ModelError when it is wrong in itself."""
    from lockedroom.model.model import Model, proper
    from lockedroom.model.validator import Subject
    from lockedroom.reference.machine import Machine

    if target == STASH:
        return ours(target, arguments, profile, mutant)
    if not is_target(target):
        raise usage(f"{target} names no machine", "write it as path/to/module.py:ATTRIBUTE")
    path, _, attribute = target.rpartition(":")
    module = _module(Path(path))
    if not hasattr(module, attribute):
        raise usage(f"{path} has no {attribute}", "name the machine that it makes")
    found = getattr(module, attribute)
    if callable(found) and not isinstance(found, Machine | Subject | Model):
        found = _called(target, found, arguments)
    elif arguments:
        raise usage(f"{target} takes no arguments", "leave them out, or name a function")
    if not isinstance(found, Machine | Subject | Model):
        raise usage(
            f"{target} is {type(found).__name__}, no Machine", "name a Machine, a Model, or a function that makes one"
        )
    machine = found if isinstance(found, Machine) else found.machine
    if not isinstance(machine, Machine):
        raise usage(f"{target} is about {type(machine).__name__}, no Machine", "give it a Machine")
    names = [str(slot) for slot in machine.initial]
    twice = {name for name in names if names.count(name) > 1 or name == "#meta"}
    if twice:
        raise usage(
            f"{target}: no trace can tell slots called {min(twice)!r} apart", "give each slot a name of its own"
        )
    proper(machine)
    if isinstance(found, Model):
        return found.subject()
    if isinstance(found, Subject):
        return found
    judge = _rule(module, "judge")
    return Subject(
        found,
        cast("StepJudge | None", judge),
        cast("tuple[Invariant, ...]", _rules(target, module, "invariants", arguments)),
        cast("tuple[Goal, ...]", _rules(target, module, "goals", arguments)),
        steps=tuple(map(str, _rules(target, module, "steps", arguments))),
        sometimes=dict(cast("Mapping[str, StepTest]", _rule(module, "sometimes") or {})),
    )


def ours(protocol: str, arguments: Mapping[str, int], profile: str | None, mutant: str | None) -> Subject:
    """The machine of a protocol of ours. Raises Problem."""
    from lockedroom.model.loader import NotApplicable
    from lockedroom.model.protocols import PROTOCOLS

    known = PROTOCOLS[protocol]
    if mutant is not None and mutant not in known.mutants:
        raise unknown_mistake(mutant, known.mutants)
    try:
        return known.subject(arguments, profile, mutant)
    except NotApplicable as error:
        raise usage(str(error), "it has to be written anew") from None
    except ValueError as error:
        raise usage(str(error), "choose others") from None


def _module(path: Path) -> ModuleType:
    """The module in a file. What it imports is found beside it and where the command was started."""
    if not path.is_file():
        raise usage(f"there is no file {path}", "check the path")
    name = _PRIVATE + "".join(letter if letter.isalnum() else "_" for letter in path.stem)
    spec = spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None, "a file that ends in .py has a loader"
    module = module_from_spec(spec)
    before = list(sys.path)
    sys.path[:0] = [str(Path.cwd()), str(path.resolve().parent)]
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever a user's module raises)
        raise _fault(str(path), error) from None
    finally:
        sys.path[:] = before
    return module


def _called(target: str, make: Callable[..., object], arguments: Mapping[str, int]) -> object:
    try:
        inspect.signature(make).bind(**arguments)
    except TypeError as error:
        raise usage(f"{target}: {error}", f"it is {target.rpartition(':')[2]}{inspect.signature(make)}") from None
    try:
        return make(**arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever a user's function raises)
        raise _fault(target, error) from None


def _rule(module: ModuleType, name: str) -> object:
    return getattr(module, name.upper(), getattr(module, name, None))


def _rules(target: str, module: ModuleType, name: str, arguments: Mapping[str, int]) -> tuple[object, ...]:
    found = _rule(module, name)
    if callable(found):
        taken = inspect.signature(found).parameters
        path = target.rpartition(":")[0]
        found = _called(f"{path}:{name}", found, {one: value for one, value in arguments.items() if one in taken})
    return () if found is None else tuple(cast("Iterable[object]", found))


def _fault(where: str, error: BaseException) -> Problem:
    """What a user's module raised, with the last line of it that did."""
    # What Python cannot read says itself where that is.
    frames = [] if isinstance(error, SyntaxError) else traceback.extract_tb(error.__traceback__)
    last = f" (line {frames[-1].lineno} of {Path(frames[-1].filename).name})" if frames else ""
    return usage(f"{where} raised {type(error).__name__}: {error}{last}", "this is a fault of the module")
