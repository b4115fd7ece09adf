"""Changes of the engine that look like mistakes and that no property sees, each with its reason. They are no mutants.

Most are second lines: another check refuses what this one would have refused, so that it takes two mistakes. A few are
matters of taste, or of what the model does not have (which its reason says). Each was explored within its bounds; the
tests do it again, so that a property that comes to see one turns it into a mutant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.engine import Logic
from lockedroom.model.segment.loader import Patch, mutated


@dataclass(frozen=True, slots=True)
class Unseen:
    """A change that no property sees: its name, the clause that it touches, what stands where and what is put in its
    place, the bounds that were explored with it, and why nothing sees it."""

    name: str
    touches: str
    patches: tuple[Patch, ...]
    bounds: Bounds
    why: str

    def logic(self) -> Logic:
        """The segment's logic with the change. Raises NotApplicable when it does not match the source any more."""
        return mutated(self.name, self.patches)


_INTRUDED: Final = Bounds(2, 1, 1, intruder=1)
_REVOKED: Final = Bounds(2, 1, 1, revocations=1)
_ROTATING: Final = Bounds(2, 1, 1, rotations=1)

UNSEEN: Final[tuple[Unseen, ...]] = (
    Unseen(
        "the header's signature is not verified",
        "SEG-HEADER-3",
        (("acl", " or not suite.verify(me.creator, header_transcript(header), header.signature)", ""),),
        _INTRUDED,
        "a second line: whatever the header says, the list's entries must be signed by the creator for the segment id "
        "that it names",
    ),
    Unseen(
        "an empty list is taken",
        "SEG-ACL-4",
        (("acl", "    if not entries:\n", "    if False:\n"),),
        _INTRUDED,
        "a second line: whom no list names has no right to anything, and who has seen an entry refuses a shorter list",
    ),
    Unseen(
        "the name in an announcement is not compared",
        "SEG-EXCHANGE-4",
        (("transitions", "if announced.name != peer or not suite", "if not suite"),),
        _INTRUDED,
        "a second line: the announcement's signature covers the name",
    ),
    Unseen(
        "a key is made after the peer's was accepted",
        "SEG-EXCHANGE-6",
        (
            (
                "transitions",
                "(session.offered or (session.accepted and at.profile.has(switch.ONE_EXCHANGE)))",
                "session.offered",
            ),
        ),
        Bounds(2, 2, 1),
        "it is a crossing that comes late, and crossings are agreed upon; the clause saves work",
    ),
    Unseen(
        "an exchange of others is looked at",
        "SEG-ACCEPT-2",
        (
            (
                "transitions",
                "if (record.sender, record.recipient) != (peer, me.name) and profile.has(switch.IN_PLACE):\n"
                '        return removed("SEG-ACCEPT-2"',
                'if False:\n        return removed("SEG-ACCEPT-2"',
            ),
        ),
        _INTRUDED,
        "a second line: its signature covers both names",
    ),
    Unseen(
        "an exchange for another stay is looked at",
        "SEG-ACCEPT-2",
        (
            (
                "transitions",
                "if record.recipient_incarnation != presence.incarnation and profile.has(switch.IN_PLACE):",
                "if False:",
            ),
        ),
        Bounds(2, 0, 2, intruder=1),
        "a second line: its signature covers both incarnations and the ephemeral key",
    ),
    Unseen(
        "a state of the list that the store lacks is taken",
        "SEG-ACL-7",
        (
            (
                "transitions",
                "if profile.has(switch.NAMED_STATE) and not verified.knows(record.serial, record.head):",
                "if False:",
            ),
        ),
        _INTRUDED,
        "it tells two members that they were shown different lists, when the creator has signed two; no property "
        "speaks of a creator that does",
    ),
    Unseen(
        "a record of others is looked at",
        "SEG-RECEIVE-2",
        (
            (
                "transitions",
                "if (record.sender, record.recipient) != (peer, me.name) and profile.has(switch.IN_PLACE):\n"
                '        return removed("SEG-RECEIVE-2"',
                'if False:\n        return removed("SEG-RECEIVE-2"',
            ),
        ),
        _INTRUDED,
        "a second line: the seal covers both names, and each pair has keys of its own",
    ),
    Unseen(
        "a record for another stay is looked at",
        "SEG-RECEIVE-3",
        (("transitions", "if session is None or elsewhere:", "if session is None:"),),
        Bounds(2, 1, 2),
        "a second line: the seal covers both incarnations, and each pair of them has keys of its own",
    ),
    Unseen(
        "who has no right to send is received from",
        "SEG-RECEIVE-10",
        (
            (
                "transitions",
                "if closing is None and profile.has(switch.PEER_RIGHTS) and not may_send(me, peer):",
                "if False:",
            ),
        ),
        _REVOKED,
        "a second line while rights are all or none: a review closes the session before the roster says so",
    ),
    Unseen(
        "posts of who has no right to send are read",
        "SEG-READ-2",
        (("transitions", "if at.profile.has(switch.PEER_RIGHTS) and not may_send(at.me, peer):", "if False:"),),
        _REVOKED,
        "a second line while rights are all or none: a review closes the session before the roster says so",
    ),
    Unseen(
        "joining does not ask who lives",
        "SEG-JOIN-3",
        (("transitions", "if at.alive(me.name) and at.profile.has(switch.LIFE_LOCKS):", "if False:"),),
        Bounds(2, 1, 2, crashes=1),
        "the model has one process for each name, and one that has joined is refused by SEG-WHO-2; real processes are "
        "tested for it",
    ),
    Unseen(
        "the session with the dead goes on",
        "SEG-REAP-4",
        (("transitions", "replace(s, ended=True) if s.peer == peer else s for s", "s for s"),),
        Bounds(2, 1, 2, crashes=1),
        "a second line: the announcement of the dead is gone, and nothing is sent to who is not announced",
    ),
    Unseen(
        "reaping where nothing is left",
        "SEG-REAP-2",
        (("transitions", "if not at.board.holds(peer):", "if False:"),),
        Bounds(2, 1, 2, crashes=1),
        "it takes nothing from anybody: the clause tells the caller that it was too late",
    ),
    Unseen(
        "posts are published under the first key",
        "SEG-PUBLISH-2",
        (("sessions", "if board.epoch.outranks(best.epoch):", "if False:"),),
        Bounds(2, 2, 1),
        "any key that both share would do; the clause picks one so that implementations agree",
    ),
    Unseen(
        "posts are sealed under the key of messages",
        "SEG-KEYS-2",
        (("sessions", 'suite.derive(master, "board", context)', 'suite.derive(master, "forth", context)'),),
        Bounds(2, 2, 1),
        "a second line: the nonces of posts and of messages begin with different numbers",
    ),
    Unseen(
        "one entropy for the encapsulations to all peers",
        "SEG-KEYS-5",
        (("transitions", 'at.fresh.draw("encapsulate", peer, theirs)', 'at.fresh.draw("encapsulate")'),),
        _INTRUDED,
        "in the model what is encapsulated depends on the public key too; what a real KEM does then, its authors do "
        "not promise",
    ),
    Unseen(
        "a gap ends the session",
        "SEG-RECEIVE-12",
        (
            (
                "transitions",
                "if record.sequence <= session.received and",
                "if record.sequence != session.received + 1 and",
            ),
        ),
        _INTRUDED,
        "an honest store leaves no gap, and that a hostile one lets anything through is not promised",
    ),
    Unseen(
        "an exchange is acknowledged",
        "SEG-RECEIVE-7",
        (("sessions", "record.epoch == session.pending", "record.epoch.proposer != session.peer"),),
        _ROTATING,
        "only a peer that breaks the rules with keys of its own makes such a record, and of what it says of its own "
        "session nothing is promised; the clause keeps events true",
    ),
    Unseen(
        "a rotation takes the number of an exchange",
        "SEG-EPOCH-4",
        (("sessions", "not 1 <= record.rotation <= newest(session) + 1", "record.rotation > newest(session) + 1"),),
        _ROTATING,
        "only a peer that breaks the rules with keys of its own makes such a record, and of what it says of its own "
        "session nothing is promised; the clause keeps the board's keys those of exchanges",
    ),
    Unseen(
        "who waits for an acknowledgement may rotate again",
        "SEG-ROTATE-1",
        (
            (
                "transitions",
                "if session.pending is not None or session.owed is not None:",
                "if session.owed is not None:",
            ),
        ),
        Bounds(2, 0, 1, rotations=2),
        "the later proposal takes precedence over the earlier; the clause bounds the epochs that are kept",
    ),
    Unseen(
        "the lesser of two rotations wins",
        "SEG-ROTATE-5",
        (
            (
                "sessions",
                "(tied and rival.outranks(proposal))",
                "(rival.number == proposal.number and proposal.outranks(rival))",
            ),
        ),
        _ROTATING,
        "any rule would do that both sides apply alike; the clause picks one so that implementations agree",
    ),
    Unseen(
        "the loser of two rotations keeps its keys",
        "SEG-ROTATE-5",
        (
            (
                "sessions",
                "session = replace(drop_epoch(session, session.pending), pending=None)",
                "session = replace(session, pending=None)",
            ),
        ),
        _ROTATING,
        "nobody else ever has them: they open nothing, and the first record of a later epoch drops them",
    ),
    Unseen(
        "old epochs stay open",
        "SEG-EPOCH-3",
        (
            (
                "sessions",
                "keys for keys in session.epochs if keys.epoch == record.epoch or keys.epoch.outranks(record.epoch)",
                "keys for keys in session.epochs",
            ),
        ),
        _ROTATING,
        "a second line: what was sealed under a closed epoch has a sequence number that was passed; the clause drops "
        "keys that are of no use",
    ),
    Unseen(
        "what is past is kept",
        "SEG-RECEIVE-9",
        (("guards", "    if not over:\n        return presence\n", "    if True:\n        return presence\n"),),
        Bounds(2, 1, 2),
        "what two stays of a peer left, a hostile store may exchange anyway; the clause bounds what is kept",
    ),
)
"""Every change that no property sees."""
