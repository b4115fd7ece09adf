"""Code and chapters name the same clauses: every code that is raised is a clause, every citation finds one."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lockedroom.reference.segment.table import TABLE
from lockedroom.spec.registry import CHAPTERS, ID, Clause, Level, chapter, clauses, exemptions, expanded
from tests.tree import ROOT, files

PACKAGES = ("reference", "model", "backend", "conformance", "cli", "spec")
CHAPTER_FILES = sorted(file for file in files(".md", under="spec"))


@cache
def registered() -> dict[str, Clause]:
    return dict(clauses())


def prefixes() -> frozenset[str]:
    return frozenset(clause.partition("-")[0] for clause in registered())


def cited(text: str) -> Iterator[str]:
    """Every id that a text cites, ranges written out."""
    for prefix in prefixes():
        pattern = rf"\b(?<!LR-)({prefix}-[A-Z]+-[0-9]+(?: to [0-9]+\b)?)"
        for citation in re.findall(pattern, text):
            yield from expanded(citation)


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from files(".py", under=package)


def rejected(tree: ast.AST) -> Iterator[str]:
    """The codes that a module rejects with: the first argument of Rejected(…), removed(…), refused(…)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            named = node.func.id in ("Rejected", "removed")
            if named and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_every_code_that_an_engine_rejects_with_is_a_clause() -> None:
    codes = {code: str(file.relative_to(ROOT)) for file in sources() for code in rejected(ast.parse(file.read_text()))}
    assert len(codes) > 60, "the scan finds too little: has the way to reject changed?"
    assert {code: file for code, file in codes.items() if code not in registered()} == {}


def test_every_code_that_the_backend_raises_is_a_clause() -> None:
    tree = ast.parse((ROOT / "backend" / "clauses.py").read_text())
    codes = {
        node.value.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant)
    }
    assert len(codes) >= 16
    assert codes - registered().keys() == set()


@pytest.mark.parametrize("file", list(sources()), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_cites_only_clauses_that_there_are(file: Path) -> None:
    assert set(cited(file.read_text())) - registered().keys() == set()


@pytest.mark.parametrize("file", CHAPTER_FILES, ids=lambda file: file.name)
def test_a_chapter_cites_only_clauses_that_there_are(file: Path) -> None:
    assert set(cited(file.read_text())) - registered().keys() == set()


def test_the_table_names_areas_that_there_are() -> None:
    areas = {clause.area for clause in registered().values()}
    assert {area for row in TABLE for area in row.clauses} - areas == set()


def test_the_numbers_of_an_area_have_no_hole() -> None:
    for area in {clause.area for clause in registered().values()}:
        numbers = [int(clause.id.rpartition("-")[2]) for clause in registered().values() if clause.area == area]
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), area


def test_no_clause_is_empty_and_every_bold_id_begins_one() -> None:
    assert all(len(clause.text) > 20 for clause in registered().values())
    bold = [
        identifier for name in CHAPTERS for identifier in re.findall(rf"\*\*({ID.pattern})\*\*", chapter(name) or "")
    ]
    assert sorted(bold) == sorted(registered())


def test_what_engines_reject_with_binds() -> None:
    for file in sources():
        for code in rejected(ast.parse(file.read_text())):
            assert registered()[code].level is Level.MUST, code


def test_exceptions_name_clauses_and_give_reasons() -> None:
    """LR-CLAUSE-4."""
    for exemption in exemptions():
        assert exemption.clause in registered()
        assert len(exemption.what) > 10
        assert len(exemption.reason) > 20


def test_the_backend_cites_every_clause_that_it_implements() -> None:
    ours = {"SEG-STORE", "SEG-LOCK", "SEG-LIFE", "SEG-JOURNAL", "SEG-WAKE"}
    found = {clause for file in files(".py", under="backend") for clause in cited(file.read_text())}
    assert sorted(clause.id for clause in registered().values() if clause.area in ours and clause.id not in found) == []
