"""What an explorer takes for granted, done step by step: a record that an honest member has made in another segment of
the same id, because there it was asked to.

The explorer's intruder asks another segment as an oracle: it just has the record. In a trace there is no oracle: there
is a second room, which the same creator makes with the same process, where the same members are granted what they are
here, and the one who is asked joins and does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from lockedroom.conformance.observation import rights_named
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.trace import INTRUDER
from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.records import Announcement, Entry, Exchange, Record

ROOM: Final = "elsewhere"
"""The name of the second room."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who does what, in the words of a trace; in which room, where it is not the run's own."""

    actor: Name
    operation: str
    arguments: Mapping[str, Json]
    room: Name = ""


@dataclass(slots=True)
class Elsewhere:
    """The second room, as far as it has been needed: who has joined there and in which step, and how much of the list
    is there."""

    stated: int = 0
    joined: dict[Name, int] = field(default_factory=dict)

    def asked(self, record: Record, entries: Sequence[Entry], here: Json, step: int) -> tuple[list[Act], int]:
        """The acts that make an honest member leave that record there, `step` being the number of those before; and the
        number of the step that leaves it. `entries` is the list here, `here` the words for the announcement that an
        exchange is for."""
        acts: list[Act] = []
        creator = entries[0].subject

        def act(actor: Name, operation: str, **arguments: Json) -> int:
            acts.append(Act(actor, operation, arguments, ROOM))
            return step + len(acts)

        def state(entry: Entry) -> int:
            if not entry.rights:
                return act(creator, "revoke", subject=entry.subject)
            key, rights = owner(entry.key), rights_named(entry.rights)
            return act(creator, "grant", subject=entry.subject, key=key, rights=rights)

        if not self.stated:
            act(creator, "create")
            self.stated = 1
        for entry in entries[self.stated :]:
            state(entry)
        self.stated = max(self.stated, len(entries))
        if isinstance(record, Entry):
            return acts, state(record)
        name = (
            record.name if isinstance(record, Announcement) else record.sender if isinstance(record, Exchange) else ""
        )
        if name not in self.joined:
            self.joined[name] = act(name, "join")
        if not isinstance(record, Exchange):
            return acts, self.joined[name]
        act(INTRUDER, "announce", record=here, name=record.recipient)
        return acts, act(name, "exchange", peer=record.recipient)


def signer(record: Record) -> Name:
    """Who has signed a record in an explorer's run; empty where nobody has."""
    signature = getattr(record, "signature", None)
    return owner(signature) if isinstance(signature, Term) and signature.op == "sign" else ""


def owner(key: Bits) -> Name:
    """Whose static key a term is, or is made with; empty where it is nobody's."""
    found: object = key
    while isinstance(found, Term) and found.args:
        found = found.args[0]
    return found if isinstance(found, str) else ""
