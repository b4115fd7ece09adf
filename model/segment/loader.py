"""Private copies of the engine's logic with one mistake in them. The modules that hold data (records, state, effects,
events, views, store) stay shared, so that values mean the same everywhere; the reference itself is never touched."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Final, TypeAlias

from lockedroom.model.segment.engine import Logic

LOGIC: Final = ("acl", "sessions", "guards", "creator", "transitions", "table")
"""The modules of logic, each after those that it imports."""

_PACKAGE: Final = "lockedroom.reference.segment"


Patch: TypeAlias = tuple[str, str, str]
"""A substitution: the module, what stands there exactly once, what is put in its place."""


class NotApplicable(ValueError):
    """A substitution that does not match its module exactly once: it has to be written anew."""


def mutated(name: str, patches: tuple[Patch, ...]) -> Logic:
    """The segment's logic with these substitutions. Raises NotApplicable."""
    wrong = next((module for module, _, _ in patches if module not in LOGIC), None)
    if wrong is not None:
        raise NotApplicable(f"{name}: {wrong} is no module of logic: {', '.join(LOGIC)}")
    private = f"{__name__}_{re.sub('[^a-z0-9]+', '_', name.lower())}"
    made: dict[str, ModuleType] = {}
    try:
        for part in LOGIC:
            original = importlib.import_module(f"{_PACKAGE}.{part}")
            file = Path(str(original.__file__))
            source = file.read_text(encoding="utf-8")
            for module, old, new in patches:
                if module != part:
                    continue
                if source.count(old) != 1:
                    raise NotApplicable(f"{name}: {old!r} stands {source.count(old)} times in {part}, not once")
                source = source.replace(old, new)
            for other in made:
                source = _importing(source, other, private)
            copy = ModuleType(f"{private}_{part}")
            copy.__file__ = str(file)
            sys.modules[copy.__name__] = made[part] = copy
            exec(compile(source, f"{file} ({name})", "exec"), vars(copy))
    finally:
        for copy in made.values():
            del sys.modules[copy.__name__]
    table = made["table"]
    return Logic(table.BY_OPERATION, table.perform)


def _importing(source: str, other: str, private: str) -> str:
    """The source with imports of a module of logic led to the private copy."""
    source = source.replace(f"from {_PACKAGE}.{other} import", f"from {private}_{other} import")
    found = re.search(rf"^from {re.escape(_PACKAGE)} import (.+)$", source, re.MULTILINE)
    if found is None:
        return source
    names = [name.strip() for name in found[1].split(",")]
    mine = [name for name in names if name.split(" ")[0] == other]
    if not mine:
        return source
    rest = [name for name in names if name not in mine]
    alias = mine[0].partition(" as ")[2] or other
    lines = [f"import {private}_{other} as {alias}"]
    if rest:
        lines.insert(0, f"from {_PACKAGE} import {', '.join(rest)}")
    return source[: found.start()] + "; ".join(lines) + source[found.end() :]
