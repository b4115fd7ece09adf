"""What an exploration shows beside violations, as typed findings, and the verdicts that end one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["holds", "violated", "incomplete"]
EXITS: Final[Mapping[Verdict, int]] = {"holds": 0, "violated": 1, "incomplete": 4}

Kind = Literal["vacuous property", "never happened", "never enabled", "always refused", "guard never false"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that an exploration shows of a machine or of its properties, beside violations. `guard never false`: a
    clause that was expected to refuse an operation, and never does."""

    kind: Kind
    name: str
    says: str

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {"kind": self.kind, "name": self.name, "says": self.says}


def shown(
    vacuous: Iterable[str],
    witnesses: Mapping[str, int],
    operations: Mapping[str, int],
    kinds: Iterable[tuple[str, str | None, tuple[str, ...]]],
    expected: Mapping[str, Iterable[str]],
) -> Iterator[Finding]:
    """What a whole exploration shows: properties that nothing could have violated, `witnesses` that never happened,
    operations that were never taken, and of the clauses `expected` to refuse an operation those that never did. `kinds`
    are the operations that occurred, each with the clause that refused it, if one did."""
    for name in vacuous:
        yield Finding("vacuous property", name, "no reachable step or state could have violated it")
    for name, times in witnesses.items():
        if not times:
            yield Finding("never happened", name, "it was to happen somewhere, and did not")
    refused: dict[str, set[str]] = {}
    for operation, clause, _ in kinds:
        if clause is not None:
            refused.setdefault(operation, set()).add(clause)
    for operation, count in operations.items():
        if count:
            continue
        clauses = refused.get(operation)
        if clauses:
            says = f"wherever it is tried it is refused: {', '.join(sorted(clauses))}"
            yield Finding("always refused", operation, says)
        else:
            yield Finding("never enabled", operation, "in no reachable state can it be taken")
    for operation, guards in expected.items():
        for clause in guards:
            if clause not in refused.get(operation, ()):
                yield Finding("guard never false", f"{operation}, {clause}", "it never refuses there")
