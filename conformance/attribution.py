"""Which clauses a failed step has broken, told from what was expected and what was seen; nothing knows of any mistake.

A step that should be refused and is not, or is and should not be, has broken the clause of that refusal. Whether a
clause refuses depends on what other clauses say of the state that it looks at: it names them, and each may be
what is broken instead. A step that must be taken has also broken, for all that anybody can see, what it exercises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Divergence
from lockedroom.spec.registry import CITATION, ID, clauses, expanded

UNREADABLE: Final = "SEG-READ-3"
"""The clause of the event that says a post does not open, which is a refusal of that post."""

FIELDS: Final[Mapping[str, str]] = {
    "closed": "SEG-REVIEW-2",
    "crossed": "SEG-ACCEPT-7",
    "gap": "SEG-RECEIVE-12",
    "peers": "SEG-PUBLISH-2",
    "rights": "SEG-ACL-1",
    "sequence": "SEG-SEND-8",
    "serial": "SEG-ACL-3",
    "won": "SEG-ROTATE-5",
}
"""The clause that says what a field of an event is, in "What the caller sees"; of the others the step's own say it."""


def broken_by(parted: Divergence, steps: Sequence[frozenset[str]]) -> frozenset[str]:
    """The clauses that are broken where a trace was left whose steps exercise those."""
    if parted.index == 0:
        return frozenset({"ADAPTER-COMMAND-5"})
    exercised = steps[parted.index - 1]
    if parted.what == "events":
        said = _said(parted.expected, parted.seen)
        return exercised.union(said, *(named_by(one) for one in said & {UNREADABLE}))
    if parted.what not in ("outcome", "clause"):
        return exercised
    expected, seen = _refusal(parted.expected), _refusal(parted.seen)
    refused = (expected | seen).union(*(named_by(one) for one in expected | seen))
    return refused if expected else refused | exercised


def named_by(clause: str) -> frozenset[str]:
    """The clauses that the text of a clause names."""
    return _named().get(clause, frozenset())


@cache
def _named() -> Mapping[str, frozenset[str]]:
    """For every clause those that its text names."""
    known = clauses()
    return {
        one.id: frozenset(name for cited in CITATION.findall(one.text) for name in expanded(cited)) & known.keys()
        for one in known.values()
    }


def _refusal(said: Json) -> frozenset[str]:
    """The clause in what is said of an outcome, if it is a refusal by one that there is."""
    found = ID.search(str(said))
    return frozenset({found[0]} if found else ()) & _named().keys()


def _said(expected: Json, seen: Json) -> frozenset[str]:
    """The clauses of what differs in two lists of events: of the fields, in those of one kind that stand in one place,
    and of a post's refusal, where only one side has it."""
    found: set[str] = set()
    for one, other in zip(_events(expected), _events(seen), strict=False):
        if one.get("event") == other.get("event"):
            found |= {clause for name, clause in FIELDS.items() if one.get(name) != other.get(name)}
        elif "Unreadable" in (one.get("event"), other.get("event")):
            found.add(UNREADABLE)
    return frozenset(found)


def _events(said: Json) -> list[Mapping[str, Json]]:
    return [one for one in said if isinstance(one, Mapping)] if isinstance(said, list) else []
