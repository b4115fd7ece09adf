"""How many lines of Python only one protocol needs: `python -m benchmarks.lines stash`.

Counted are the files whose path names the protocol; elsewhere the definitions, branches and lines that name it; and
what nothing else uses: modules that only such lines import, definitions whose name only they say. Tests are not.
"""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
_QUIET: Final = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
_DEFINITIONS: Final = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its syntax and tokens; which lines hold code (no blank ones, comments or docstrings), and how many there
    are at all; what is defined where, the names that are used with their lines, and the imports with theirs."""

    tree: ast.Module
    tokens: tuple[tokenize.TokenInfo, ...]
    code: frozenset[int]
    lines: int
    defined: tuple[tuple[str, frozenset[int]], ...]
    used: tuple[tuple[int, str], ...]
    imports: tuple[tuple[int, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class Count:
    """Lines of one file that only the protocol needs: with code, and at all."""

    code: int
    lines: int


def counted(word: str, root: Path = ROOT) -> Mapping[str, Count]:
    """The lines that only the protocol of that name needs, by file."""
    sources = {name: _source(root / name) for name in _files(root)}
    own = {name: _under(word, source, word in name) for name, source in sources.items()}
    while _spread(sources, own):
        pass
    found = {name: own[name] | _naming(word, source) for name, source in sources.items()}
    return {name: Count(len(lines & sources[name].code), len(lines)) for name, lines in found.items() if lines}


def _files(root: Path) -> Iterator[str]:
    listed = subprocess.run(["git", "ls-files", "-z", "*.py"], cwd=root, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if not name.startswith(("tests/", "benchmarks/")) and (root / name).is_file():
            yield name


def _source(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    said: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            said |= _span(node)
    tokens = tuple(tokenize.generate_tokens(io.StringIO(text).readline))
    code = {line for one in tokens if one.type not in _QUIET for line in _lines(one)}
    used = (
        (one.start[0], one.string)
        for before, one in pairwise(tokens)
        if one.type == tokenize.NAME and before.string not in ("def", "class")
    )
    theirs = set(_foreign(tree))
    defined = ((node.name, frozenset(_span(node))) for node in ast.walk(tree) if isinstance(node, _DEFINITIONS))
    code -= said
    return Source(
        tree,
        tokens,
        frozenset(code),
        text.count("\n"),
        tuple(defined),
        tuple(one for one in used if one not in theirs),
        tuple(_imports(tree)),
    )


def _foreign(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The methods, with their lines, of what is made by a class from elsewhere: they may be called as ours are."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module)
    elsewhere = {one.name for node in found if not str(node.module).startswith("lockedroom") for one in node.names}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Call(func=ast.Name(id=name)), attr=method) if name in elsewhere:
                yield node.end_lineno or 0, method


def _span(node: ast.stmt | ast.match_case) -> set[int]:
    """The lines of a statement, or of a case of a match."""
    if isinstance(node, ast.match_case):
        return set(range(node.pattern.lineno, (node.body[-1].end_lineno or 0) + 1))
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
    return set(range(first, (node.end_lineno or 0) + 1))


def _naming(word: str, source: Source) -> set[int]:
    """The lines of code that name a protocol. They may serve others too."""
    return {line for one in source.tokens if word in one.string.lower() for line in _lines(one)} & source.code


def _lines(token: tokenize.TokenInfo) -> range:
    return range(token.start[0], token.end[0] + 1)


def _under(word: str, source: Source, whole: bool) -> set[int]:
    """What stands under a name or a test that names a protocol, or is imported from it; a file may be its whole."""
    if whole:
        return set(range(1, source.lines + 1))
    found: set[int] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, _DEFINITIONS) and word in node.name.lower():
            found |= _span(node)
        elif isinstance(node, ast.If) and _about(word, node.test):
            found |= set(range(node.lineno, (node.body[-1].end_lineno or 0) + 1))
        elif isinstance(node, ast.match_case | ast.ImportFrom) and word in _said(node):
            found |= _span(node)
    return found


def _said(node: ast.match_case | ast.ImportFrom) -> str:
    """What a case is about, or from where something is imported."""
    return (node.module or "") if isinstance(node, ast.ImportFrom) else ast.unparse(node.pattern).lower()


def _about(word: str, test: ast.expr) -> bool:
    """Whether a test is passed by that protocol alone."""
    if isinstance(test, ast.BoolOp):
        return isinstance(test.op, ast.And) and any(_about(word, one) for one in test.values)
    said = word in ast.unparse(test).lower()
    return said and not (isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotEq | ast.NotIn))


def _spread(sources: Mapping[str, Source], own: dict[str, set[int]]) -> bool:
    """Count what only counted lines use; whether there was any."""
    rest, mine = Counter[str](), Counter[str]()
    for name, source in sources.items():
        for line, used in source.used:
            (mine if line in own[name] else rest)[used] += 1
    users: dict[str, list[bool]] = {}
    for name, source in sources.items():
        for line, modules in source.imports:
            for module in modules:
                users.setdefault(module, []).append(line in own[name])
    grown = False
    for name, source in sources.items():
        importing = users.get("lockedroom." + name.removesuffix(".py").replace("/", "."), [])
        if importing and all(importing) and len(own[name]) < source.lines:
            own[name], grown = set(range(1, source.lines + 1)), True
        for said, span in source.defined:
            if mine[said] and not rest[said] and not span <= own[name]:
                own[name] |= span
                grown = True
    return grown


def _imports(tree: ast.Module) -> Iterator[tuple[int, frozenset[str]]]:
    """The line of each import, and the modules that it may mean."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield node.lineno, frozenset(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, frozenset({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})


def main() -> None:
    """Print the files, the most lines first, and the sums; those of the proofs apart."""
    found = counted(sys.argv[1] if sys.argv[1:] else "stash")
    for name, one in sorted(found.items(), key=lambda item: -item[1].code):
        print(f"{one.code:6,} {one.lines:6,}  {name}")
    for title, proofs in (("without the proofs", False), ("the proofs", True)):
        those = [one for name, one in found.items() if ("proofs" in name) is proofs]
        print(f"{sum(one.code for one in those):6,} {sum(one.lines for one in those):6,}  {title}")
    print(f"{sum(one.code for one in found.values()):6,} {sum(one.lines for one in found.values()):6,}  in all")


if __name__ == "__main__":
    main()
