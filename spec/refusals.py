"""Which clauses can refuse each operation, in the order of the checks: read off the engine's source.

The order is that of the source, calls of helpers written out where they stand. Nothing is run.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Final

from lockedroom.reference.machine import Transition
from lockedroom.reference.segment.table import TABLE, Who
from lockedroom.spec.tables import table

_ENGINE: Final = "lockedroom.reference.segment"
_FIRST: Final = {Who.ANYBODY: (), Who.CREATOR: ("SEG-WHO-1",), Who.OUT: ("SEG-WHO-2",), Who.JOINED: ("SEG-WHO-3",)}


def refusals(row: Transition) -> tuple[str, ...]:
    """The clauses that can refuse the operation, in the order of the checks; `-` behind one means that the record
    is removed."""
    return tuple(dict.fromkeys((*_FIRST[Who(row.who)], *_codes(row.run))))


def refusal_table() -> str:
    """One line for each operation."""
    rows = ((row.operation, ", ".join(code.removeprefix("SEG-") for code in refusals(row)) or "–") for row in TABLE)
    return table(("operation", "refused by, in this order"), rows)


def _codes(function: Callable[..., object]) -> Iterator[str]:
    assert isinstance(function, FunctionType)
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(tree, ast.FunctionDef)
    for node in _in_order(tree):
        name = ast.unparse(node.func)
        match node.args[:1]:
            case [ast.Constant(value=str(code))] if name in ("Rejected", "removed"):
                yield f"{code}-" if name == "removed" else code
        called = function.__globals__.get(name)
        if isinstance(called, FunctionType) and called.__module__.startswith(_ENGINE):
            yield from _codes(called)


def _in_order(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls in a function in the order of the source, those in generator expressions left out: what these are
    refused is no refusal of the operation."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.GeneratorExp):
            continue
        yield from _in_order(child)
        if isinstance(child, ast.Call):
            yield child
