"""Which abstract actions a step of the explorer is: by its operation, by what its caller sees, by what it leaves.

A step is read here as what it claims to be; whether it is, the guards decide. What the engine reads from an inbox the
abstract intruder, who owns the store, has just put there. A list that has grown is verified first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias, cast

from lockedroom.model.proofs.partial import Element, NoStep, Taken
from lockedroom.model.proofs.segment import terms
from lockedroom.model.proofs.segment.slots import record_facts
from lockedroom.model.proofs.segment.terms import Process, entry, master, sealed, signed, states
from lockedroom.model.proofs.system import System
from lockedroom.model.segment.engine import static_key
from lockedroom.model.segment.facts import Facts as StepFacts
from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Name
from lockedroom.reference.segment import events
from lockedroom.reference.segment.effects import HEADER
from lockedroom.reference.segment.records import Announcement, Entry, Exchange, Header, Message, Post
from lockedroom.reference.segment.state import Member, Presence

Steps: TypeAlias = "list[Taken]"


class Matcher:
    """Reads steps of members as actions of a system."""

    def __init__(self, system: System) -> None:
        self._actions = {action.name: action for action in system.actions}

    def take(self, name: str, **values: Element) -> Taken:
        """An action with values for its parameters."""
        return Taken(self._actions[name], values)

    def steps(self, step: StepFacts) -> Steps:
        """The actions that a step of a member is; none: it changes nothing that the abstract state has. Raises NoStep
        where it has no reading."""
        found: Steps = []
        if step.operation not in ("crash", "create", "leave"):
            found += self.verified(step)
        if step.operation == "crash":
            found += self.left(step)
        for event in step.events:
            found += self.of(event, step)
        return found

    def verified(self, step: StepFacts) -> Steps:
        """What the actor has newly verified of the list."""
        old, new = step.old.roster, step.new.roster
        if new == old:
            return []
        if new is None:
            raise NoStep(f"{step.actor} forgets what it has verified of the list")
        if step.old.presence is None:
            return [self.take("verify", p=Process(step.actor), h=new.head)]
        i = step.old.presence.incarnation
        if step.operation != "review":
            return [self.take("advance", i=i, h=new.head)]
        return [*self.placed(step, i), self.take("review", i=i, h=new.head, c=self.choice(step))]

    def placed(self, step: StepFacts, j: Bits) -> Iterator[Taken]:
        """What lies in the inbox of the actor, put there."""
        for slot, was, _ in step.lanes():
            for record in was if slot.owner == step.actor else ():
                yield from self.place(record, j)

    def place(self, record: object, j: Bits) -> Iterator[Taken]:
        """One record, put into the inbox of a stay."""
        for relation, values in record_facts(record):
            if relation == "known_exchange":
                yield self.take("place_exchange", j=j, x=values[1])
            elif relation == "known_message":
                yield self.take("place_message", j=j, g=values[0])

    def choice(self, step: StepFacts) -> Element:
        """The sessions that a review closes: those that it says, and of the same peers those that are past."""
        old, new = present(step.old), present(step.new)
        known = {(one.peer, one.incarnation) for one in old.closed}
        closes = {(one.peer, one.incarnation) for one in new.closed} - known
        names = {name for event in step.events if isinstance(event, events.Reviewed) for name in event.closed}
        return frozenset(closes | {(peer, theirs) for peer, theirs in old.past if peer in names})

    def of(self, event: object, step: StepFacts) -> Steps:
        """The actions that an event tells of."""
        match event:
            case events.Created():
                header = step.after[HEADER]
                if not isinstance(header, Header):
                    raise NoStep("nothing is created")
                first = self.appended(step, header.segment)
                return [self.take("create", k=static_key(step.actor), s=header.segment, h=first)]
            case events.Granted():
                authority = step.old.authority
                if authority is None:
                    raise NoStep(f"{step.actor} states what it has no authority for")
                n = self.stated(step, authority.segment)
                k, s, h = static_key(step.actor), authority.segment, authority.last.head
                return [self.take("state", k=k, s=s, h=h, n=n)]
            case events.Joined():
                return [self.joined(step)]
            case events.Left():
                return self.left(step)
            case events.Reviewed():
                return []
            case events.Reaped(peer):
                return [self.take("reap", i=present(step.old).incarnation, n=peer)]
            case events.Exchanged(peer):
                return [self.exchanged(step, peer)]
            case events.Accepted(peer):
                return self.accepted(step, peer)
            case events.Sent(peer):
                return [self.sends("send", step, peer)]
            case events.RotationProposed(peer):
                return [self.sends("rotate", step, peer)]
            case events.RotationAcknowledged(peer):
                return [self.sends("acknowledge", step, peer)]
            case events.Published():
                return [self.published(step, record) for record in step.left() if isinstance(record, Post)]
            case events.Delivered(peer, _, body):
                return self.receives("receive", step, peer, body)
            case events.RotationRead(peer, _, won):
                return self.receives("read_proposal" if won else "read_control", step, peer)
            case events.Rotated(peer):
                return self.receives("read_control", step, peer)
            case events.Read(peer, number, body):
                return [self.read(step, peer, number, body)]
            case events.Unreadable() | events.SegmentDestroyed():
                return []
        raise NoStep(f"nothing is known of the event {event}")

    # ---- the list, and stays ------------------------------------------------------------------------

    def stated(self, step: StepFacts, segment: Bits) -> Element:
        """The state of the list after a grant or a revocation, which says what its caller asked for."""
        n = self.appended(step, segment)
        covered = entry(n)
        assert covered is not None, "what is appended is an entry"
        asked = (step.arguments["subject"], step.arguments.get("key", covered[5]), step.arguments.get("rights", 0))
        if (covered[4], covered[5], covered[6]) != asked:
            raise NoStep(f"{step.actor} signs another entry than it is asked for")
        return n

    def appended(self, step: StepFacts, segment: Bits) -> Element:
        """The state of the list after the entry that a step appends."""
        found = [record for record in step.left() if isinstance(record, Entry)]
        proof = signed(found[0].signature, terms.ENTRY) if len(found) == 1 else None
        if proof is None:
            raise NoStep(f"{step.actor} states something, and no signed entry says it")
        head = Term("digest", proof[1])
        if [covered[2] for state in states(head) if (covered := entry(state))] != list(
            range(cast(int, proof[1][2]), 0, -1)
        ):
            raise NoStep(f"{step.actor} signs an entry under a number that is not its place in the list")
        return head

    def joined(self, step: StepFacts) -> Taken:
        """A stay begins."""
        i = present(step.new).incarnation
        announced = [record for record in step.left() if isinstance(record, Announcement)]
        proof = signed(announced[0].signature, terms.ANNOUNCE) if len(announced) == 1 else None
        if proof is None:
            raise NoStep(f"{step.actor} joins, and announces nothing that is signed")
        return self.take("join", i=i, e=self.current(step, step.actor), a=proof[1])

    def left(self, step: StepFacts) -> Steps:
        """A stay ends."""
        return [self.take("leave", i=step.old.presence.incarnation)] if step.old.presence else []

    def current(self, step: StepFacts, name: Name) -> Element:
        """The entry on a name that counts for the actor."""
        roster = step.new.roster or step.old.roster
        for head in states(roster.head) if roster else ():
            covered = entry(head)
            if covered is not None and covered[4] == name:
                return head
        raise NoStep(f"{step.actor} has verified no entry on {name}")

    # ---- keys ---------------------------------------------------------------------------------------

    def exchanged(self, step: StepFacts, peer: Name) -> Taken:
        """A master is made for a peer."""
        stands = step.cell(peer).announcement
        announced = signed(stands.signature, terms.ANNOUNCE) if stands else None
        made = [record for record in step.left() if isinstance(record, Exchange)]
        proof = signed(made[0].signature, terms.EXCHANGED) if len(made) == 1 else None
        if announced is None or proof is None:
            raise NoStep(f"{step.actor} makes a key for {peer}, and no signed announcement or exchange shows it")
        x = proof[1]
        capsule = terms.Capsule(cast(Bits, x[7]), cast(Bits, x[8]))
        opened = capsule.opened()
        return self.take(
            "exchange",
            i=present(step.old).incarnation,
            e=self.current(step, step.actor),
            f=self.current(step, peer),
            a=announced[1],
            m=opened[1] if opened else terms.Other("master"),
            c=capsule,
            x=x,
        )

    def accepted(self, step: StepFacts, peer: Name) -> Steps:
        """A peer's master is shared."""
        taken = step.taken()
        proof = signed(taken[1].signature, terms.EXCHANGED) if taken and isinstance(taken[1], Exchange) else None
        if taken is None or proof is None:
            raise NoStep(f"{step.actor} accepts what is no signed exchange")
        j = present(step.old).incarnation
        return [
            *self.place(taken[1], j),
            self.take("accept", j=j, n=peer, f=self.current(step, peer), x=proof[1]),
        ]

    # ---- records ------------------------------------------------------------------------------------

    def sends(self, name: str, step: StepFacts, peer: Name) -> Taken:
        """A record is sealed."""
        made = [record for record in step.left() if isinstance(record, Message) and record.recipient == peer]
        if len(made) != 1 or sealed(made[0].sealed, terms.SEALED) is None:
            raise NoStep(f"{step.actor} seals for {peer}, and leaves no one record that is sealed")
        record, session = made[0], present(step.old).session(peer, made[0].recipient_incarnation)
        keys = session.keys(record.epoch) if session else None
        if keys is None:
            raise NoStep(f"{step.actor} seals for {peer} under an epoch that it does not have")
        return self.take(
            name,
            i=present(step.old).incarnation,
            n=peer,
            j=record.recipient_incarnation,
            q=record.epoch.number,
            o=record.epoch.proposer,
            m=master(keys.sending),
            e=self.current(step, step.actor),
            g=record.sealed,
        )

    def published(self, step: StepFacts, record: Post) -> Taken:
        """A replica is put on the board."""
        session = present(step.old).session(record.recipient, record.recipient_incarnation)
        key = session.board(record.epoch) if session else None
        if key is None or sealed(record.sealed, terms.POSTED) is None:
            raise NoStep(f"{step.actor} publishes for {record.recipient} under a key that it does not have")
        return self.take(
            "publish",
            i=present(step.old).incarnation,
            n=record.recipient,
            j=record.recipient_incarnation,
            o=record.epoch.proposer,
            m=master(key),
            e=self.current(step, step.actor),
            p=record.sealed,
        )

    def receives(self, name: str, step: StepFacts, peer: Name, body: Bits | None = None) -> Steps:
        """A record is consumed."""
        taken = step.taken()
        record = taken[1] if taken else None
        if not isinstance(record, Message) or sealed(record.sealed, terms.SEALED) is None:
            raise NoStep(f"{step.actor} reads what is no sealed record")
        if body is not None and body != cast(Term, record.sealed).args[3]:
            raise NoStep(f"{step.actor} delivers another body than the one that was sealed")
        old = present(step.old)
        session = old.session(peer, record.sender_incarnation)
        keys = session.keys(record.epoch) if session else None
        j = old.incarnation
        return [
            *self.place(record, j),
            self.take(
                name,
                j=j,
                n=peer,
                m=master(keys.receiving) if keys else terms.Other("master"),
                e=self.current(step, peer),
                g=record.sealed,
            ),
        ]

    def read(self, step: StepFacts, peer: Name, number: int, body: Bits) -> Taken:
        """A post is read."""
        old = present(step.old)
        for record in step.cell(peer).posts:
            covered = sealed(record.sealed, terms.POSTED)
            if covered is None or (record.number, cast(Term, record.sealed).args[3]) != (number, body):
                continue
            session = old.session(peer, record.sender_incarnation)
            key = session.board(record.epoch) if session else None
            if key is not None and cast(Term, record.sealed).args[0] == key:
                e = self.current(step, peer)
                return self.take("read", j=old.incarnation, n=peer, m=master(key), e=e, p=record.sealed)
        raise NoStep(f"{step.actor} reads post {number} of {peer}, and no key that it has opens one")


def present(me: Member) -> Presence:
    """What a joined member holds. Raises NoStep for one that is not."""
    if me.presence is None:
        raise NoStep(f"{me.name} acts, and is not joined")
    return me.presence
