"""What shows that two members hold one key who do not share it with each other: a record that one of them seals is put
before the other one, as from whom that one shares the key with, and is received.

No property falls by it, since whoever they both talk to knows the key. So the explorer's intruder has no such step, and
a trace for implementations goes on with it, where a model trace ends (spec/traces.md, `turned`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lockedroom.conformance.derive import Act, Underivable, acts_along, derive, derive_path
from lockedroom.conformance.recipes import left_by_step
from lockedroom.conformance.trace import INTRUDER, Settings, Trace
from lockedroom.model.validator import Done, State
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.records import Message
from lockedroom.reference.segment.state import EpochKeys, Member, Presence, Session


def derive_turned(settings: Settings, steps: Sequence[Done]) -> Trace:
    """The trace of these steps, the last of which sends, gone on with so. Raises Underivable where nobody else holds
    the key, or does not receive it."""
    path = [(step.action, step.outcome) for step in steps]
    derive_path(settings, path)
    acts, _, recipes = acts_along(path)
    last = steps[-1]
    sent = left_by_step(last.action, last.outcome, last.after)
    for record in (one for one in sent if isinstance(one, Message)):
        for me, presence, session, keys in _others(last.after, record):
            turned = replace(
                record,
                sender=session.peer,
                recipient=me,
                sender_incarnation=session.theirs,
                recipient_incarnation=presence.incarnation,
                epoch=keys.epoch,
            )
            inject = {"record": recipes.recipe(turned), "inbox": me, "sender": session.peer}
            trace = derive(
                settings, [*acts, Act(INTRUDER, "inject", inject), Act(me, "receive", {"peer": session.peer})]
            )
            if trace.steps[-1].seen.clause is None:
                return trace
    raise Underivable("nobody else receives what was sent")


def _others(state: State, record: Message) -> Iterator[tuple[Name, Presence, Session, EpochKeys]]:
    """Who else holds the key that a record is sealed with, in which session and epoch of it."""
    members = {value.name: value for value in state.values() if isinstance(value, Member)}
    key = next(
        (keys.sending for me, _, one, keys in _held(members[record.sender]) if one.peer == record.recipient), None
    )
    for name, member in members.items():
        for _, presence, session, keys in _held(member):
            if name not in (record.sender, record.recipient) and key == keys.receiving:
                yield name, presence, session, keys


def _held(member: Member) -> Iterator[tuple[Name, Presence, Session, EpochKeys]]:
    """The keys that a member holds."""
    if member.presence is not None:
        for session in member.presence.sessions:
            for keys in session.epochs:
                yield member.name, member.presence, session, keys
