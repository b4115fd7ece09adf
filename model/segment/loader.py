"""Private copies of the engine's logic with one mistake in them. The modules that hold data (records, state, effects,
events, views, store) stay shared, so that values mean the same everywhere; the reference itself is never touched."""

from __future__ import annotations

import ast
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
            tree = ast.fix_missing_locations(_Led(private, frozenset(made)).visit(ast.parse(source)))
            copy = ModuleType(f"{private}_{part}")
            copy.__file__ = str(file)
            sys.modules[copy.__name__] = made[part] = copy
            exec(compile(tree, f"{file} ({name})", "exec"), vars(copy))
    finally:
        for copy in made.values():
            del sys.modules[copy.__name__]
    table = made["table"]
    return Logic(table.BY_OPERATION, table.perform)


class _Led(ast.NodeTransformer):
    """Leads imports of modules of logic to their private copies, those that are made already."""

    def __init__(self, private: str, made: frozenset[str]) -> None:
        self._private = private
        self._made = made

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        """One import, or what takes its place."""
        where, _, last = (node.module or "").rpartition(".")
        if where == _PACKAGE and last in self._made:
            return [ast.copy_location(ast.ImportFrom(f"{self._private}_{last}", node.names, 0), node)]
        if node.module != _PACKAGE:
            return [node]
        mine = [alias for alias in node.names if alias.name in self._made]
        rest = [alias for alias in node.names if alias not in mine]
        led = [ast.alias(f"{self._private}_{alias.name}", alias.asname or alias.name) for alias in mine]
        found: list[ast.stmt] = [ast.Import([alias]) for alias in led]
        if rest:
            found.append(ast.ImportFrom(node.module, rest, 0))
        return [ast.copy_location(one, node) for one in found]
