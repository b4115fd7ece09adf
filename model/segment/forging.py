"""The records that the intruder makes itself: from what it knows by the closure, and what honest members make for it in
another segment, which it asks as an oracle.

It signs with the best key that it has: an insider's, or else an outsider's, which the list does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lockedroom.model.segment.engine import SUITE, signing
from lockedroom.model.segment.facts import fresh_of
from lockedroom.model.segment.knowledge import ELSEWHERE, INTRUDER, Learnt, elsewhere
from lockedroom.reference.crypto.symbolic import SymbolicEntropy
from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Name
from lockedroom.reference.segment import sessions
from lockedroom.reference.segment.profile import Profile
from lockedroom.reference.segment.records import (
    MESSAGE,
    ROTATE,
    Announcement,
    Entry,
    Epoch,
    Exchange,
    Message,
    Post,
    announcement_transcript,
    entry_transcript,
    exchange_transcript,
    root_transcript,
)
from lockedroom.reference.segment.state import Session


class Forger:
    """Makes records for one room: the profile that it speaks, and the member whose keys the intruder has, if any."""

    def __init__(self, profile: Profile, insider: Name) -> None:
        self.profile = profile
        self.insider = insider
        self.elsewhere = elsewhere(profile)
        self.key = signing(insider or INTRUDER)
        self.learnt = Learnt(insider)

    # ---- announcements ------------------------------------------------------------------------------

    def announcement(self, name: Name, segment: Bits, entries: tuple[Entry, ...]) -> Announcement:
        """An announcement of the intruder's own key, in anybody's name."""
        return self._announced(name, INTRUDER, self.key, segment, self.head(segment, entries), len(entries))

    def announcement_elsewhere(self, name: Name, entries: tuple[Entry, ...]) -> Announcement:
        """The announcement of an honest member in the other segment, whose list grants what this one grants."""
        head = self.head_elsewhere(entries)
        return self._announced(name, name, signing(name), self.elsewhere, head, len(entries))

    def _announced(self, name: Name, maker: Name, key: Bits, segment: Bits, head: Bits, serial: int) -> Announcement:
        fresh = SymbolicEntropy(maker, ELSEWHERE)
        ephemeral = SUITE.kem_keypair(fresh.draw("ephemeral")).public
        return self._signed(Announcement(name, fresh.draw("incarnation"), ephemeral, serial, head, b""), key, segment)

    def as_own(self, record: Announcement, segment: Bits, entries: tuple[Entry, ...]) -> Announcement:
        """Another's ephemeral key, announced as the insider's own."""
        record = replace(record, name=self.insider, serial=len(entries), head=self.head(segment, entries))
        return self._signed(record, self.key, segment)

    def _signed(self, record: Announcement, key: Bits, segment: Bits) -> Announcement:
        return replace(record, signature=SUITE.sign(key, announcement_transcript(segment, record, self.profile)))

    # ---- exchanges ----------------------------------------------------------------------------------

    def exchange(
        self, sender: Name, made: Bits, here: Announcement, segment: Bits, entries: tuple[Entry, ...], master: Bits
    ) -> Exchange:
        """An exchange of the intruder's making in `sender`'s name, with a master key that it knows."""
        fresh = SymbolicEntropy(INTRUDER, ELSEWHERE)
        drawn = fresh.draw("encapsulate")
        record = self._encapsulated(sender, made, here, segment, drawn, master)
        record = replace(record, serial=len(entries), head=self.head(segment, entries))
        return self.resigned(record, here, segment, self.key)

    def exchange_elsewhere(self, sender: Name, here: Announcement, entries: tuple[Entry, ...]) -> Exchange:
        """The exchange that an honest member makes in the other segment for who has announced itself like this."""
        fresh = SymbolicEntropy(sender, ELSEWHERE)
        drawn, master = (fresh.draw(purpose, here.name, here.incarnation) for purpose in ("encapsulate", "master"))
        record = self._encapsulated(sender, fresh.draw("incarnation"), here, self.elsewhere, drawn, master)
        record = replace(record, serial=len(entries), head=self.head_elsewhere(entries))
        return self.resigned(record, here, self.elsewhere, signing(sender))

    def own_master(self) -> Term:
        """The master key that the intruder has drawn."""
        return SymbolicEntropy(INTRUDER, ELSEWHERE).draw("master")

    def reencapsulated(self, seen: Iterable[object], made: Bits, here: Announcement) -> Iterator[Exchange]:
        """The encapsulations of others for the key of `here`, each made the insider's own but for the signature."""
        for record in seen:
            if isinstance(record, Exchange) and record.sender != self.insider and _opens(record, here):
                owned = replace(record, sender=self.insider, sender_incarnation=made)
                yield replace(owned, recipient=here.name, recipient_incarnation=here.incarnation)

    def resigned(self, record: Exchange, here: Announcement, segment: Bits, key: Bits) -> Exchange:
        """The exchange with a signature by that key."""
        transcript = exchange_transcript(segment, record, here.ephemeral, self.profile)
        return replace(record, signature=SUITE.sign(key, transcript))

    def _encapsulated(
        self, sender: Name, made: Bits, here: Announcement, segment: Bits, drawn: Term, master: Bits
    ) -> Exchange:
        encapsulated = SUITE.encapsulate(here.ephemeral, drawn)
        secret: Bits = encapsulated.secret if encapsulated else drawn
        ciphertext: Bits = encapsulated.ciphertext if encapsulated else drawn
        context = sessions.kek_context(segment, sender, here.name, made, here.incarnation, here.ephemeral, self.profile)
        wrapped = SUITE.wrap(SUITE.derive(secret, "kek", context), master)
        return Exchange(sender, here.name, made, here.incarnation, ciphertext, wrapped, 0, b"", b"")

    # ---- what is sealed -----------------------------------------------------------------------------

    def sealed(
        self, seen: frozenset[object], here: Announcement, mine: Bits, segment: Bits
    ) -> Iterator[tuple[Message, Message, Post]]:
        """What the insider seals for the member announced by `here`, in each session that this one has begun with it: a
        message, a rotation to the intruder's master key, and a post."""
        for master, record in self.learnt.masters(seen):
            if (record.sender, record.recipient, record.sender_incarnation, record.recipient_incarnation) != (
                here.name,
                self.insider,
                here.incarnation,
                mine,
            ):
                continue
            peer, theirs, epoch = here.name, here.incarnation, Epoch(0, here.name)
            made = (SUITE, self.profile, segment, self.insider, mine, peer, theirs, epoch, master)
            keys, board = sessions.epoch_keys(*made), sessions.board_key(*made)
            session = Session(peer, theirs, False, True, epoch, (keys,), (board,))
            body = Term("body", self.insider, peer, 1, 16)
            to = (SUITE, self.profile, segment, self.insider, mine, session)
            _, message = sessions.seal(*to, body, MESSAGE)
            wrapped = SUITE.wrap(keys.rotation, self.own_master())
            _, rotation = sessions.seal(*to, wrapped, ROTATE, 1)
            yield message, rotation, sessions.publish(*to, 1, body)

    # ---- the list -----------------------------------------------------------------------------------

    def entry(self, head: Bits, entries: tuple[Entry, ...], name: Name, key: Bits, rights: int) -> Entry:
        """The entry that would come next in a list with that head; unsigned."""
        return Entry(len(entries) + 1, head, name, key, rights, b"")

    def signed(self, entry: Entry, segment: Bits, key: Bits) -> Entry:
        """The entry with a signature by that key, for that segment."""
        return replace(entry, signature=SUITE.sign(key, entry_transcript(segment, entry, self.profile)))

    def head(self, segment: Bits, entries: tuple[Entry, ...]) -> Bits:
        """The head of a list."""
        if not entries:
            return SUITE.digest(root_transcript(segment))
        return SUITE.digest(entry_transcript(segment, entries[-1], self.profile))

    def head_elsewhere(self, entries: tuple[Entry, ...]) -> Bits:
        """The head of the list in the other segment, which grants what this one grants."""
        head: Bits = SUITE.digest(root_transcript(self.elsewhere))
        for entry in entries:
            there = replace(entry, previous=head)
            head = SUITE.digest(entry_transcript(self.elsewhere, there, self.profile))
        return head


def mixed(record: Announcement) -> Announcement:
    """Another's announcement with an incarnation that the intruder drew."""
    return replace(record, incarnation=SymbolicEntropy(INTRUDER, ELSEWHERE).draw("incarnation"))


def relabelled(record: Message) -> Message:
    """A control record as if it were a message."""
    return replace(record, flags=MESSAGE, rotation=0)


def _opens(record: Exchange, here: Announcement) -> bool:
    """Whether the key that `here` announces opens an encapsulation."""
    sent = record.ciphertext
    return isinstance(sent, Term) and sent.op == "kem" and sent.args[0] == here.ephemeral


def summary(record: object) -> str:
    """A record in a few words, for people."""
    match record:
        case Exchange(sender, recipient, made):
            return f"exchange {sender}>{recipient} of {_stay(made)}"
        case Message(sender, recipient, made, _, epoch, sequence):
            return f"record {sequence} {sender}>{recipient} of {_stay(made)}, epoch {epoch.number} of {epoch.proposer}"
        case Post(sender, recipient, made, _, _, number):
            return f"post {number} {sender}>{recipient} of {_stay(made)}"
        case Announcement(name, incarnation):
            return f"announcement of {name}: {_stay(incarnation)}"
    return str(record)


def _stay(incarnation: Bits) -> str:
    drawn = fresh_of(incarnation)
    if drawn is None:
        return repr(incarnation)
    return f"{drawn[0]}'s stay {drawn[1]}" if drawn[1] else f"{drawn[0]}'s stay elsewhere"
