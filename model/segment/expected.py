"""What a root cause is, and the root causes that a reader of the description expects: each is looked for by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lockedroom.model.segment.findings import Finding

Cause = tuple[str, ...]
"""A root cause: what removes it, each by itself, in the order of the chapter: defences; where none does alone, several
together, joined by ` + `."""


AND: Final = " + "


def defences_in(cause: Cause) -> tuple[str, ...]:
    """Every defence that has a part in removing it."""
    return tuple(dict.fromkeys(name for each in sets_in(cause) for name in each))


def sets_in(cause: Cause) -> tuple[tuple[str, ...], ...]:
    """What removes it, each by itself: a defence, or several together."""
    return tuple(tuple(each.split(AND)) for each in cause)


@dataclass(frozen=True, slots=True)
class Expected:
    """A root cause that a reader of the description expects: what it is, the defences that show that a finding is it,
    and, where there is no such finding, which rule of the literal reading prevents it."""

    name: str
    marks: frozenset[str]
    prevented: str = ""

    def found(self, findings: Sequence[Finding]) -> Finding | None:
        """The first finding that it is: one that these defences alone remove, if there is one."""
        return next(iter(self.all_found(findings)), None)

    def all_found(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Every finding that it is: those that these defences alone remove; where there are none, those in whose
        removal one of these has a part."""
        whole = tuple(one for one in findings if one.cause and self.marks >= set(one.cause))
        return whole or tuple(one for one in findings if self.marks & set(defences_in(one.cause)))


EXPECTED: Final[tuple[Expected, ...]] = (
    Expected("a record of another segment, replayed through a reused pid", frozenset({"unique-segment-id"})),
    Expected("a message that was consumed, replayed in its segment", frozenset({"increasing-sequence"})),
    Expected(
        "an encapsulation signed anew or redirected, so that two honest members disagree with whom they share a key",
        frozenset(
            {"exchange-binds-names", "exchange-binds-ephemeral-key", "key-encryption-key-bound", "session-keys-bound"}
        ),
    ),
    Expected("an old state of the list, put back", frozenset({"acl-rollback-refusal"})),
    Expected(
        "agreement on a key, lost when exchanges or rotations cross", frozenset({"tie-break", "acknowledged-rotation"})
    ),
)
"""The root causes that are looked for by name."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of a root cause that was looked for by name: the findings that it is, by name, or what prevents it;
    neither, where nothing says why it is not there."""

    name: str
    findings: tuple[str, ...]
    prevented: str

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {"name": self.name, "findings": list(self.findings), "prevented": self.prevented}
