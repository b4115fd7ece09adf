"""Formulas as one writes them, read: `known(M) & ~(m = M) -> exists C. holds(C, M)`.

Names that begin with a capital letter are variables; their sorts follow from where they stand, and those that no
quantifier binds are bound by a universal one around the whole. Everything else is declared in a `Vocabulary`.
From loosest to tightest: `forall X. …` and `exists X. …`, `<->`, `->`, `|`, `&`, `~`; `=` and `~=` join terms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lockedroom.model.proofs.formula import (
    FALSE,
    TRUE,
    And,
    Apply,
    Atom,
    Equal,
    Formula,
    Iff,
    Implies,
    Not,
    Or,
    Quantified,
    Term,
    Var,
    free,
    mapped,
    rewritten,
)

_TOKEN: Final = re.compile(r"\s*(<->|->|~=|[()=&|~.,:]|[A-Za-z_][A-Za-z0-9_]*)")
_WORDS: Final = ("forall", "exists", "true", "false")


class FormulaError(ValueError):
    """What is written is no formula of the vocabulary."""


@dataclass(frozen=True, slots=True)
class Macro:
    """A formula with a name and parameters, which stands for itself wherever it is used."""

    parameters: tuple[Var, ...]
    body: Formula


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What formulas may speak of: sorts, relations (their arguments' sorts), functions (their arguments' sorts and
    their value's; a constant has none) and macros."""

    sorts: tuple[str, ...]
    relations: Mapping[str, tuple[str, ...]]
    functions: Mapping[str, tuple[tuple[str, ...], str]]
    macros: Mapping[str, Macro] = field(default_factory=dict)

    def with_constants(self, constants: Mapping[str, str]) -> Vocabulary:
        """The vocabulary with further constants: an action's parameters."""
        functions = {**self.functions, **{name: ((), sort) for name, sort in constants.items()}}
        return Vocabulary(self.sorts, self.relations, functions, self.macros)


def formula(source: str, vocabulary: Vocabulary, given: Mapping[str, str] | None = None) -> Formula:
    """The formula that is written. Variables that nothing binds are bound by a universal quantifier around it, but
    those `given` with their sorts, which stay free. Raises FormulaError."""
    parser = _Parser(source, vocabulary)
    body = parser.whole()
    sorts = parser.sorts(given or {})
    named = {Var(name, ""): Var(name, sort) for name, sort in sorts.items()}
    body = _sorted(body, named)
    loose = sorted(free(body) - {Var(name, sort) for name, sort in (given or {}).items()}, key=lambda var: var.name)
    return Quantified(True, tuple(loose), body) if loose else body


def macro(parameters: Mapping[str, str], source: str, vocabulary: Vocabulary) -> Macro:
    """A macro of these parameters and their sorts."""
    body = formula(source, vocabulary, parameters)
    return Macro(tuple(Var(name, sort) for name, sort in parameters.items()), body)


def _sorted(body: Formula, named: Mapping[Var, Var]) -> Formula:
    """The formula with the sorts of its variables, which the parser left open. In one formula a name has one sort."""

    def term(of: Term) -> Term:
        if isinstance(of, Var):
            return named.get(of, of)
        return Apply(of.function, tuple(term(argument) for argument in of.arguments), of.sort)

    return rewritten(body, term)


class _Parser:
    """One formula's text, read from left to right."""

    def __init__(self, source: str, vocabulary: Vocabulary) -> None:
        self.source = source
        self.vocabulary = vocabulary
        self.tokens = self._tokens()
        self.at = 0
        self.known: dict[str, str] = {}
        self.same: list[tuple[Term, Term]] = []

    def _tokens(self) -> list[str]:
        found, at, source = [], 0, self.source.strip()
        while at < len(source):
            match = _TOKEN.match(source, at)
            if match is None:
                raise FormulaError(f"{source[at:]!r} in {source!r} begins with nothing that a formula is made of")
            found.append(match[1])
            at = match.end()
        return found

    def sorts(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """The sort of each variable, from where it stands and what it equals."""
        known = {**self.known, **given}
        for _ in self.same:
            for left, right in self.same:
                for this, other in ((left, right), (right, left)):
                    sort = known.get(other.name) if isinstance(other, Var) else other.sort
                    if isinstance(this, Var) and sort:
                        self._agree(known, this.name, sort)
        for left, right in self.same:
            found = [known.get(side.name, "") if isinstance(side, Var) else side.sort for side in (left, right)]
            if found[0] != found[1] or not found[0]:
                raise FormulaError(f"an equation in {self.source!r} is between {found[0] or '?'} and {found[1] or '?'}")
        return known

    def _agree(self, known: dict[str, str], name: str, sort: str) -> None:
        if known.setdefault(name, sort) != sort:
            raise FormulaError(f"{name} in {self.source!r} is a {known[name]} and a {sort}")

    # ---- formulas, loosest first

    def whole(self) -> Formula:
        found = self._iff()
        if self._peek():
            raise FormulaError(f"{self._peek()!r} is out of place in {self.source!r}")
        return found

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise FormulaError(f"{token!r} is missing in {self.source!r}")

    def _iff(self) -> Formula:
        left = self._implies()
        if self._peek() == "<->":
            self._next()
            return Iff(left, self._implies())
        return left

    def _implies(self) -> Formula:
        left = self._or()
        if self._peek() == "->":
            self._next()
            return Implies(left, self._implies())
        return left

    def _or(self) -> Formula:
        parts = [self._and()]
        while self._peek() == "|":
            self._next()
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Formula:
        parts = [self._not()]
        while self._peek() == "&":
            self._next()
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Formula:
        if self._peek() == "~":
            self._next()
            return Not(self._not())
        if self._peek() in ("forall", "exists"):
            return self._quantified(self._next() == "forall")
        if self._peek() == "(":
            self._next()
            inside = self._iff()
            self._expect(")")
            return inside
        return self._atom()

    def _quantified(self, universal: bool) -> Formula:
        variables = []
        while True:
            name = self._next()
            if self._peek() == ":":
                self._next()
                self._agree(self.known, name, self._next())
            variables.append(Var(name, ""))
            if self._peek() != ",":
                break
            self._next()
        self._expect(".")
        return Quantified(universal, tuple(variables), self._iff())

    def _atom(self) -> Formula:
        name = self._peek()
        if name in ("true", "false"):
            self._next()
            return TRUE if name == "true" else FALSE
        if name in self.vocabulary.macros:
            self._next()
            found = self.vocabulary.macros[name]
            arguments = self._arguments(name, tuple(var.sort for var in found.parameters))
            return mapped(found.body, dict(zip(found.parameters, arguments, strict=True)))
        if name in self.vocabulary.relations:
            self._next()
            return Atom(name, self._arguments(name, self.vocabulary.relations[name]))
        left = self._term()
        sign = self._next()
        if sign not in ("=", "~="):
            raise FormulaError(f"{name!r} in {self.source!r} is no relation, and no equation follows it")
        right = self._term()
        self.same.append((left, right))
        return Equal(left, right) if sign == "=" else Not(Equal(left, right))

    def _term(self) -> Term:
        name = self._next()
        if name[:1].isupper():
            return Var(name, "")
        if name in _WORDS or name not in self.vocabulary.functions:
            raise FormulaError(f"{name!r} in {self.source!r} is declared nowhere")
        sorts, sort = self.vocabulary.functions[name]
        return Apply(name, self._arguments(name, sorts), sort)

    def _arguments(self, name: str, sorts: tuple[str, ...]) -> tuple[Term, ...]:
        found: list[Term] = []
        if self._peek() == "(" and sorts:
            self._next()
            found.append(self._term())
            while self._peek() == ",":
                self._next()
                found.append(self._term())
            self._expect(")")
        if len(found) != len(sorts):
            raise FormulaError(f"{name} in {self.source!r} takes {len(sorts)} arguments, not {len(found)}")
        for term, sort in zip(found, sorts, strict=True):
            if isinstance(term, Var):
                self._agree(self.known, term.name, sort)
            elif term.sort != sort:
                raise FormulaError(f"{name} in {self.source!r} takes a {sort}, not a {term.sort}")
        return tuple(found)
