"""Boolean circuits as clauses: literals are integers as in DIMACS, equal gates are one, constants are folded away.

What a formula over bounded sorts becomes (`ground`), and all that a solver of propositional logic is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

YES: Final = 1
NO: Final = -1


class Circuit:
    """Variables from 1 to `count` (the first is true), and the clauses that tie them."""

    def __init__(self) -> None:
        self.count = 1
        self.clauses: list[tuple[int, ...]] = [(YES,)]
        self._gates: dict[tuple[int, ...], int] = {}

    def fresh(self) -> int:
        """A new variable."""
        self.count += 1
        return self.count

    def add(self, *literals: int) -> None:
        """Demand that one of these holds."""
        if YES not in literals:
            self.clauses.append(tuple(literal for literal in literals if literal != NO))

    def both(self, *literals: int) -> int:
        """A literal that holds exactly when all of these do."""
        kept = set(literals)
        kept.discard(YES)
        if NO in kept or any(-literal in kept for literal in kept):
            return NO
        if len(kept) < 2:
            return kept.pop() if kept else YES
        key = tuple(sorted(kept))
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = self.fresh()
            self.clauses.extend((-gate, literal) for literal in key)
            self.clauses.append((gate, *(-literal for literal in key)))
        return gate

    def either(self, literals: Iterable[int]) -> int:
        """A literal that holds exactly when one of these does."""
        return -self.both(*(-literal for literal in literals))

    def same(self, one: int, other: int) -> int:
        """A literal that holds exactly when both or neither does."""
        return self.either((self.both(one, other), self.both(-one, -other)))

    def choice(self, size: int) -> tuple[int, ...]:
        """Literals of which exactly one holds."""
        if size == 1:
            return (YES,)
        found = tuple(self.fresh() for _ in range(size))
        self.one_of(found)
        return found

    def one_of(self, literals: Sequence[int]) -> None:
        """Demand that exactly one of these holds."""
        self.add(*literals)
        for index, one in enumerate(literals):
            for other in literals[index + 1 :]:
                self.add(-one, -other)

    def dimacs(self, begin: int) -> str:
        """The clauses from that one on."""
        lines = [f"p cnf {self.count} {len(self.clauses) - begin}"]
        lines += [" ".join(map(str, (*clause, 0))) for clause in self.clauses[begin:]]
        return "\n".join(lines) + "\n"
