"""What no file may use, where ruff's list of banned names cannot see it. Layers: import-linter."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tree import ROOT, files

FOLDERS = ("backend", "cli", "conformance", "model", "package", "reference", "spec", "tests")
SOURCES = [file.relative_to(ROOT) for file in files(".py")]


def names(tree: ast.AST) -> Iterator[str]:
    """Every name that the code uses: identifiers, attributes, imports, strings for getattr."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield from name.split(".")
            case ast.Constant(value=str(text)):
                yield text


def banned(file: Path, source: str) -> list[str]:
    """The banned names that `source`, standing at `file`, uses."""
    bans = {"F_OFD_SETLK" + "W"}
    if file.parts[0] == "backend":
        bans |= {"pack_into"}
    return sorted(bans.intersection(names(ast.parse(source))))


def test_every_folder_is_read() -> None:
    assert {file.parts[0] for file in SOURCES} >= set(FOLDERS)


def test_no_banned_name() -> None:
    found = {str(file): banned(file, (ROOT / file).read_text()) for file in SOURCES}
    assert {file: bans for file, bans in found.items() if bans} == {}


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("backend/x.py", "struct.Struct('<Q').pack_into(view, 0, 1)"),
        ("backend/x.py", "from struct import pack_into as store"),
        ("model/x.py", "from fcntl import F_OFD_SETLK{}"),
        ("backend/x.py", "fcntl.F_OFD_SETLK{}"),
        ("backend/x.py", "getattr(fcntl, 'F_OFD_SETLK{}')"),
    ],
)
def test_a_banned_name_is_seen(file: str, source: str) -> None:
    assert banned(Path(file), source.format("W"))
