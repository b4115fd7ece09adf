"""An attack told in plain words: what each does, what it believes from then on, and what the intruder knows.

Everything is read off the steps and off the terms: a fresh term is named by who drew it, in which stay, for what and
for whom, so it can be seen whose a key or a body truly is, whatever its holder believes. An intruder that is an insider
goes by its member's name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from lockedroom.cli.chart import INTRUDER
from lockedroom.cli.words import rights_named

if TYPE_CHECKING:
    from lockedroom.conformance.trace import TraceStep
    from lockedroom.model.segment.knowledge import Record
    from lockedroom.model.validator import Done, Run, State
    from lockedroom.reference.crypto.terms import Field
    from lockedroom.reference.machine import Event
    from lockedroom.reference.segment.state import Member, Session

_KEYS: Final = {"master": "the key that {who} drew for {whom}", "rotation": "the key that {who} proposed to {whom}"}


def story(run: Run) -> list[str]:
    """A sentence for each step, with what its actor believes afterwards that it did not before."""
    told: list[str] = []
    before, foe = run.start, insider_of(run)
    for number, done in enumerate(run.steps, start=1):
        new = [f"{done.action.actor} {said}" for said in _believed_anew(done.action.actor, before, done.after)]
        told.append(" ".join([f"{number}. {_sentence(done, foe)}.", *(f"Now {one}." for one in new)]))
        before = done.after
    return told


def turning(steps: Sequence[TraceStep], before: int, foe: str) -> list[str]:
    """A sentence for each of the steps that `conformance.turning` adds, after those `before`."""
    told = []
    for number, step in enumerate(steps, start=before + 1):
        given, gets = step.arguments, ""
        if step.actor == INTRUDER:
            who = f"The intruder, which is {foe}," if foe else "The intruder"
            done = f"{who} leaves that for {given['inbox']} as {given['sender']}'s, sealed as it is"
        else:
            done = f"{step.actor} receives what {given['peer']} left"
            gets = "".join(
                f", and gets “{str(event['body']).rstrip('.')}” as message {event['sequence']} of {event['peer']}"
                for event in step.seen.events
                if isinstance(event, Mapping) and "body" in event
            )
        told.append(f"{number}. {done}{gets}.")
    return told


def beliefs(run: Run) -> list[str]:
    """What each member that is in at the end believes of its peers, and what is true."""
    end = run.steps[-1].after if run.steps else run.start
    told: list[str] = []
    for me in _members(end):
        said = [*_sessions_of(me), *_taken_for(run, me.name)]
        if me.presence is not None and said:
            told.append(f"{me.name} believes that {', and that '.join(said)}.")
    return told


def knowledge(run: Run) -> list[str]:
    """What the intruder, which has read everything that ever lay in the store, knows: as an insider what is its own by
    right, and in any case what it should not."""
    from lockedroom.model.segment.knowledge import meant_in, own, terms_of
    from lockedroom.reference.crypto.closure import analyse, derivable
    from lockedroom.reference.crypto.terms import Term

    foe = insider_of(run)
    seen: set[Term] = set()
    meant: set[Term] = set()
    for state in (run.start, *(done.after for done in run.steps)):
        for record in _stored(state):
            seen |= terms_of(record)
            meant |= meant_in(record, foe)
    found = analyse(own(foe) | meant | seen)
    learnt = sorted(term for term in found if _names_a_secret(term) and not derivable(own(foe) | meant, term))
    told = []
    if foe:
        rightly = sorted(term for term in meant & found if _names_a_secret(term) and not derivable(own(foe), term))
        has = _and([f"{foe}'s static key", *(whose(term) for term in rightly)])
        told.append(f"The intruder is {foe}, and has by right {has}.")
    if learnt:
        who = foe or "Whoever reads the store"
        return [*told, f"{who} {'also ' if foe else ''}knows {_and([whose(term) for term in learnt])}."]
    if foe:
        return [*told, "It learns no other key and no body: it signs and moves what it cannot read."]
    if any(done.action.actor == INTRUDER for done in run.steps):
        return ["The intruder learns no key and no body: it has only moved what it cannot read."]
    return ["No intruder has a hand in this: every step is an honest one."]


def insider_of(run: Run) -> str:
    """The member that the intruder is: it has a place on the board, and no state that anybody honest keeps. Empty for
    an outsider."""
    return insider_in(run.start)


def insider_in(state: State) -> str:
    """The member that the intruder is, in a state."""
    honest = {me.name for me in _members(state)}
    return next((slot.part for slot in state if slot.kind == "board" and slot.part not in honest), "")


def choice_named(label: str, insider: str) -> str:
    """Which of several outcomes, of a step of the segment's intruder, who is the member `insider` or nobody: whose
    stay a record is of and who has signed it where, in words."""
    mine = insider or "the intruder"

    def signed(found: re.Match[str]) -> str:
        name = found[1]
        return f"signed by {mine}" if name in (INTRUDER, insider) else f"signed by {name} in another segment"

    return re.sub(
        r"signed by signing\((\w+)\)", signed, label.replace(f"{INTRUDER}'s stay elsewhere", f"{mine}'s own stay")
    )


def whose(term: Field) -> str:
    """A term by what it truly is."""
    from lockedroom.conformance.recipes import body_text
    from lockedroom.model.segment.facts import fresh_of
    from lockedroom.reference.crypto.terms import Term

    drawn = fresh_of(term)
    if drawn is not None:
        who, stay, purpose, context = drawn
        if who == INTRUDER:
            return f"the {'key' if purpose in _KEYS else purpose} that the intruder drew"
        where = "" if stay else " in another segment"
        if purpose in _KEYS and context:
            return _KEYS[purpose].format(who=who, whom=context[0]) + where
        return f"{who}'s {purpose}{where}" if not stay else f"{who}'s {purpose} of its stay {stay}"
    if isinstance(term, Term):
        if term.op == "body" and len(term.args) == 4:
            return f"“{body_text(term).rstrip('.')}”"
        if term.op == "derive":
            return f"a key derived from {whose(term.args[0])}"
    return str(term)


# ---- one step ------------------------------------------------------------------------------------------


def _sentence(done: Done, foe: str) -> str:
    """What was done, in words; of a refusal, its clause."""
    action, outcome = done.action, done.outcome
    arguments = dict(action.arguments)
    if action.actor == INTRUDER:
        who = f"The intruder, which is {foe}," if foe else "The intruder"
        choice = choice_named(outcome.label, foe)
        return f"{who} {_intrusion(action.operation, arguments, foe)}{f': {choice}' if choice else ''}"
    said = _deed(action.actor, action.operation, arguments, outcome.events)
    return f"{said}: refused, {outcome.clause}" if outcome.clause else said


def _intrusion(operation: str, arguments: Mapping[str, object], foe: str) -> str:
    own = foe in (arguments.get("name"), arguments.get("sender")) if foe else False
    match operation:
        case "drop":
            return f"takes away what {arguments['sender']} left for {arguments['inbox']}"
        case "inject" if own:
            return f"leaves a record for {arguments['inbox']}"
        case "inject":
            return f"puts a record before what {arguments['sender']} left for {arguments['inbox']}"
        case "swap header":
            return "puts another header there"
        case "cut list":
            return "puts an older list there"
        case "extend list":
            return "appends an entry to the list"
        case "withdraw":
            return f"takes what {arguments['name']} has on the board away"
        case "announce" if own:
            return "announces itself on the board"
        case "announce":
            return f"puts another announcement under the name of {arguments['name']}"
        case "post" if own:
            return f"puts a post on the board for {arguments['reader']}"
        case "post":
            return f"puts a post under the name of {arguments['name']} for {arguments['reader']}"
        case "disclose":
            return f"is given all that {arguments['one']} and {arguments['other']} still hold"
    given = ", ".join(f"{name} {value}" for name, value in arguments.items())
    return f"does {operation} {given}".rstrip()


def _deed(actor: str, operation: str, arguments: Mapping[str, object], events: Sequence[Event]) -> str:
    peer = str(arguments.get("peer", arguments.get("subject", "")))
    body = whose(cast("Field", arguments["body"])) if "body" in arguments else ""
    happened = [said for event in events if (said := _event(event))]
    match operation:
        case "create":
            said = f"{actor} creates the segment and is its creator"
        case "grant":
            said = f"{actor} states in the list that {peer} may do {rights_named(arguments.get('rights'))}"
        case "revoke":
            said = f"{actor} states in the list that {peer} may do nothing any more"
        case "join":
            said = f"{actor} joins with a new ephemeral key on the board"
        case "review":
            said = f"{actor} reads the list anew"
        case "exchange":
            said = f"{actor} draws a key for {peer} and leaves it, encapsulated, in the inbox of {peer}"
        case "accept":
            said = f"{actor} takes a key from {peer} out of its inbox"
        case "send":
            said = f"{actor} leaves {body} for {peer}"
        case "multicast":
            said = (
                f"{actor} leaves {body} for {_and([str(name) for name in cast('tuple[str, ...]', arguments['peers'])])}"
            )
        case "publish":
            said = f"{actor} puts {body} on the board"
        case "receive" | "read":
            said = f"{actor} {operation}s what {peer} left"
        case "rotate":
            said = f"{actor} proposes a new key to {peer}"
        case "acknowledge":
            said = f"{actor} acknowledges the new key to {peer}"
        case "leave":
            said = f"{actor} leaves"
        case "reap":
            said = f"{actor} clears away what {peer} left behind"
        case "crash":
            said = f"{actor} dies"
        case "destroy":
            said = f"{actor} destroys the segment"
        case _:
            said = f"{actor} does {operation} {peer}".rstrip()
    return said + (f", and gets {_and(happened)}" if happened else "")


def _event(event: Event) -> str:
    from lockedroom.reference.segment import events

    match event:
        case events.Delivered(peer, sequence, body, gap):
            missing = f", {gap} before it missing" if gap else ""
            return f"{whose(body)} as message {sequence} of {peer}{missing}"
        case events.Read(peer, number, body):
            return f"{whose(body)} as post {number} of {peer}"
        case events.RotationRead(peer, number, won):
            return f"a new key from {peer}" + ("" if won else ", which another one outranks")
        case events.Rotated(peer):
            return f"the word of {peer} that it has the new key"
    return ""


# ---- beliefs -------------------------------------------------------------------------------------------


def _believed_anew(actor: str, before: State, after: State) -> Iterator[str]:
    was = next((me for me in _members(before) if me.name == actor), None)
    now = next((me for me in _members(after) if me.name == actor), None)
    if was is None or now is None:
        return
    known = set(_sessions_of(was))
    said = [one for one in _sessions_of(now) if one not in known]
    if said:
        yield f"believes that {_and(said)}"
    if was.roster is not None and now.roster is not None and now.roster != was.roster:
        yield f"takes the list of serial {now.roster.serial} for the list, after serial {was.roster.serial}"


def _sessions_of(me: Member) -> list[str]:
    return [said for session in (me.presence.sessions if me.presence else ()) for said in _shared(me, session)]


def _shared(me: Member, session: Session) -> Iterator[str]:
    """What a session makes its holder believe, each key by what it truly is."""
    from lockedroom.model.segment.ledger import master_of

    keys = session.keys(session.sending)
    master = master_of(keys.sending) if keys is not None else None
    if master is not None:
        ended = " (it is over)" if session.ended else ""
        yield f"it shares with {session.peer} {whose(master)}{ended}, and sends under that"


def _taken_for(run: Run, name: str) -> list[str]:
    """What a member took for a peer's."""
    from lockedroom.reference.segment import events

    taken = Counter(
        f"{event.peer} sent it {whose(event.body)}"
        for done in run.steps
        if done.action.actor == name
        for event in done.outcome.events
        if isinstance(event, events.Delivered)
    )
    return [
        said + ("" if times == 1 else " twice" if times == 2 else f" {times} times") for said, times in taken.items()
    ]


def _members(state: State) -> list[Member]:
    from lockedroom.reference.segment.state import Member

    return [value for value in state.values() if isinstance(value, Member)]


def _stored(state: State) -> Iterator[Record]:
    """Every record that lies in the store, the header excepted, which holds no secret."""
    from lockedroom.reference.segment.records import Announcement, Entry, Exchange, Message, Post
    from lockedroom.reference.segment.store import Cell

    for slot, value in state.items():
        lying: tuple[object, ...] = ()
        if isinstance(value, Cell):
            lying = (value.announcement, *value.posts)
        elif slot.kind in ("inbox", "acl") and isinstance(value, tuple):
            lying = value
        yield from (one for one in lying if isinstance(one, Announcement | Entry | Exchange | Message | Post))


def _names_a_secret(term: Field) -> bool:
    from lockedroom.model.segment.facts import fresh_of
    from lockedroom.reference.crypto.terms import Term

    drawn = fresh_of(term)
    if drawn is not None:
        return drawn[2] in _KEYS
    return isinstance(term, Term) and term.op == "body"


def _and(said: Sequence[str]) -> str:
    if len(said) < 2:
        return "".join(said)
    return f"{', '.join(said[:-1])} and {said[-1]}"
