"""Mistakes that an engine could have, each with the property that it violates and bounds that suffice to see it.

They show that the properties mean something: each is found, by the shortest path, and the engine without it passes
within the same bounds. A mistake is a substitution in the source of one module of logic; one that no longer matches
its module is an error, not a pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.engine import Logic
from lockedroom.model.segment.loader import mutated
from lockedroom.model.segment.progress import PROGRESS


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake: its name, the module that it is in, what stands there and what is put in its place, the property that
    it violates, and bounds that suffice."""

    name: str
    module: str
    patches: tuple[tuple[str, str], ...]
    violates: str
    bounds: Bounds

    def logic(self) -> Logic:
        """The segment's logic with the mistake. Raises NotApplicable when it does not match the source any more."""
        return mutated(self.name, self.module, self.patches)


_ROOM: Final = Bounds(2, 1, 1)
_INTRUDED: Final = Bounds(2, 1, 1, intruder=1)
_REVOKED: Final = Bounds(2, 1, 1, revocations=1)
_CRASHED: Final = Bounds(2, 1, 1, crashes=1)

_BINDING: Final = "segment binding"
_AUTHENTIC: Final = "authentication and injective agreement"
_SECRET: Final = "secrecy of keys and plaintexts"
_ACCESS: Final = "access control, authentic and not escalated"
_ONCE: Final = "at most once and in order"
_NONCES: Final = "no nonce twice under a key"
_ADDRESSEE: Final = "only the addressee consumes"
_LOST: Final = "nothing committed is lost"
_STANDING: Final = "non-consumables live as long as their sender"
_MULTICAST: Final = "multicast all or nothing"
_AGREED: Final = "agreement after concurrent exchange or rotation"

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "any header of the creator will do",
        "acl",
        (("if header.segment != known:", "if False:"),),
        _BINDING,
        _INTRUDED,
    ),
    Mutant(
        "accept does not verify the signature",
        "transitions",
        (("if not suite.verify(subject.key, transcript, record.signature):", "if False:"),),
        _AUTHENTIC,
        _INTRUDED,
    ),
    Mutant(
        "accept takes an exchange a second time",
        "transitions",
        (("if (peer, theirs) in presence.past or (session is not None and session.accepted):", "if False:"),),
        _AUTHENTIC,
        _INTRUDED,
    ),
    Mutant(
        "one master key for all peers",
        "transitions",
        (('master = at.fresh.draw("master", peer, theirs)', 'master = at.fresh.draw("master")'),),
        _AUTHENTIC,
        _ROOM,
    ),
    Mutant(
        "the key-encryption key comes from the ciphertext",
        "transitions",
        (("suite.derive(encapsulated.secret,", "suite.derive(encapsulated.ciphertext,"),),
        _SECRET,
        _ROOM,
    ),
    Mutant(
        "entries need no signature",
        "acl",
        (("if not suite.verify(me.creator, transcript, entry.signature):", "if False:"),),
        _ACCESS,
        _INTRUDED,
    ),
    Mutant(
        "what was seen of the list is not remembered",
        "acl",
        (("seen = Pin(me.roster.serial, me.roster.head) if me.roster else None", "seen = None"),),
        _ACCESS,
        _INTRUDED,
    ),
    Mutant(
        "the revoked may join",
        "transitions",
        (
            (
                'if subject is None or not subject.rights & records.JOIN:\n        return Rejected("SEG-JOIN-1"',
                'if subject is None:\n        return Rejected("SEG-JOIN-1"',
            ),
        ),
        _ACCESS,
        _REVOKED,
    ),
    Mutant(
        "what the revoked send later is read",
        "transitions",
        (("if closing is not None and record.sealed not in closing.lying:", "if False:"),),
        _ACCESS,
        _REVOKED,
    ),
    Mutant(
        "a sequence number may come again",
        "transitions",
        (("if record.sequence <= session.received:", "if record.sequence < session.received:"),),
        _ONCE,
        _INTRUDED,
    ),
    Mutant(
        "the sequence goes by what was received",
        "sessions",
        (("sequence = session.sent + 1", "sequence = session.received + 1"),),
        _NONCES,
        Bounds(2, 2, 1),
    ),
    Mutant(
        "both sides publish under the same nonces",
        "sessions",
        (("nonce = (1 if board.epoch.proposer == me else 2, number)", "nonce = (1, number)"),),
        _NONCES,
        _ROOM,
    ),
    Mutant(
        "reaping empties the inbox of the living",
        "transitions",
        (
            ("if at.alive(peer):", "if False:"),
            ("(effects.Withdraw(BOARD, peer), effects.Purge(inbox(peer)))", "(effects.Purge(inbox(peer)),)"),
        ),
        _ADDRESSEE,
        _CRASHED,
    ),
    Mutant(
        "a review forgets what lies there",
        "guards",
        (("set()).add(record.sealed)", "set())"),),
        _LOST,
        _REVOKED,
    ),
    Mutant(
        "a right that came and went between two reviews was none",
        "guards",
        (("held |= entry.rights if entry.subject == peer else 0", "held |= 0"),),
        _LOST,
        _REVOKED,
    ),
    Mutant(
        "an acknowledgement goes out under the old epoch",
        "sessions",
        (("moved = replace(session, sending=owed, owed=None)", "moved = replace(session, owed=None)"),),
        _LOST,
        Bounds(2, 1, 1, rotations=1),
    ),
    Mutant(
        "the living are reaped",
        "transitions",
        (("if at.alive(peer):", "if False:"),),
        _STANDING,
        _CRASHED,
    ),
    Mutant(
        "leaving withdraws nothing",
        "transitions",
        (("done = (effects.Withdraw(BOARD, name), effects.Purge", "done = (effects.Purge"),),
        _STANDING,
        _ROOM,
    ),
    Mutant(
        "a multicast stops after its first replica",
        "transitions",
        (("    for session in pairs:\n", "    for session in pairs[:1]:\n"),),
        _MULTICAST,
        Bounds(3, 1, 1),
    ),
    Mutant(
        "the last exchange wins",
        "sessions",
        (("sending=epoch if epoch.outranks(session.sending) else session.sending,", "sending=epoch,"),),
        _AGREED,
        _ROOM,
    ),
    Mutant(
        "the loser of two rotations sticks to its own",
        "sessions",
        (
            (
                "session = replace(drop_epoch(session, session.pending), pending=None)",
                "session = replace(session, pending=None, sending=session.pending)",
            ),
        ),
        _AGREED,
        Bounds(2, 1, 1, rotations=1),
    ),
    Mutant(
        "an exchange that crosses one's own is put off",
        "transitions",
        (
            (
                "    if (peer, theirs) in presence.past or (session is not None and session.accepted):\n",
                "    if session is not None and session.offered:\n"
                '        return Rejected("SEG-ACCEPT-5", "mine first")\n'
                "    if (peer, theirs) in presence.past or (session is not None and session.accepted):\n",
            ),
        ),
        PROGRESS,
        _ROOM,
    ),
    Mutant(
        "no epoch is numbered above three",
        "sessions",
        (("record.rotation > newest(session) + 1:", "record.rotation > 3:"),),
        _LOST,
        Bounds(2, 0, 1, rotations=2),
    ),
)
"""Every mutant; at least one for each property that is exercised."""

BY_NAME: Final[Mapping[str, Mutant]] = {mutant.name: mutant for mutant in MUTANTS}
