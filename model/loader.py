"""Private copies of an engine's logic with one mistake in them. Its classes, and the modules that hold data, stay
shared, so that values mean the same everywhere; the reference itself is never touched."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

Patch: TypeAlias = tuple[str, str, str]
"""A substitution: the module, what stands there exactly once, what is put in its place."""


class NotApplicable(ValueError):
    """A substitution that does not match its module exactly once, or changes a class: it has to be written anew."""


def copies(package: str, logic: Sequence[str], name: str, patches: Sequence[Patch]) -> Mapping[str, ModuleType]:
    """The modules of logic of a package, each after those that it imports, with these substitutions. Raises
    NotApplicable."""
    wrong = next((module for module, _, _ in patches if module not in logic), None)
    if wrong is not None:
        raise NotApplicable(f"{name}: {wrong} is no module of logic: {', '.join(logic)}")
    private = f"{__name__}_{re.sub('[^a-z0-9]+', '_', name.lower())}"
    made: dict[str, ModuleType] = {}
    try:
        for part in logic:
            original = importlib.import_module(f"{package}.{part}")
            file = Path(str(original.__file__))
            source = plain = file.read_text(encoding="utf-8")
            for module, old, new in patches:
                if module != part:
                    continue
                if source.count(old) != 1:
                    raise NotApplicable(f"{name}: {old!r} stands {source.count(old)} times in {part}, not once")
                source = source.replace(old, new)
            tree = ast.parse(source)
            if _classes(tree) != _classes(ast.parse(plain)):
                raise NotApplicable(f"{name}: it changes a class of {part}, which is data")
            tree = ast.fix_missing_locations(_Led(package, part, private, frozenset(made)).visit(tree))
            copy = ModuleType(f"{private}_{part}")
            copy.__file__ = str(file)
            sys.modules[copy.__name__] = made[part] = copy
            exec(compile(tree, f"{file} ({name})", "exec"), vars(copy))
    finally:
        for copy in made.values():
            del sys.modules[copy.__name__]
    return made


def _classes(tree: ast.Module) -> list[str]:
    return [ast.dump(node) for node in tree.body if isinstance(node, ast.ClassDef)]


class _Led(ast.NodeTransformer):
    """Leads imports of modules of logic to their private copies, those that are made already, and classes to the
    originals."""

    def __init__(self, package: str, part: str, private: str, made: frozenset[str]) -> None:
        self._package = package
        self._part = part
        self._private = private
        self._made = made

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        """An import of the original class."""
        return ast.copy_location(ast.ImportFrom(f"{self._package}.{self._part}", [ast.alias(node.name)], 0), node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        """One import, or what takes its place."""
        where, _, last = (node.module or "").rpartition(".")
        if where == self._package and last in self._made:
            return [ast.copy_location(ast.ImportFrom(f"{self._private}_{last}", node.names, 0), node)]
        if node.module != self._package:
            return [node]
        mine = [alias for alias in node.names if alias.name in self._made]
        rest = [alias for alias in node.names if alias not in mine]
        led = [ast.alias(f"{self._private}_{alias.name}", alias.asname or alias.name) for alias in mine]
        found: list[ast.stmt] = [ast.Import([alias]) for alias in led]
        if rest:
            found.append(ast.ImportFrom(node.module, rest, 0))
        return [ast.copy_location(one, node) for one in found]
