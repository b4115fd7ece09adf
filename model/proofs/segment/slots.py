"""The abstraction map, slot by slot: what the value of each slot of the explorer's segment says of the abstract state.

Three kinds of relation. What a member's memory decides is said exactly: what holds, and that nothing else does of this
stay, this process, this name (a session that the engine has forgotten, `past`, leaves open what was there). What is to
be had (`known_…`) is said from below, by what lies in the store or was seen; records of another segment, and entries
that continue no list, are left out: no abstract guard asks for them, so an engine that uses one takes no abstract step.
What only history decides (`made_…`, `used`, the intruder's private keys) is said from above, by who draws what.
Relations that no guard asks for are not mapped: they follow from the steps.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Final, cast

from lockedroom.model.proofs.partial import ANY, Bound, Element, Facts, State, Tuple
from lockedroom.model.proofs.segment import terms
from lockedroom.model.proofs.segment.terms import Capsule, Process, drawn, entry, master, sealed, signed, states, whole
from lockedroom.model.segment.engine import static_key
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.segment.ledger import Ledger
from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Name, Slot
from lockedroom.reference.segment.records import Announcement, Entry, Epoch, Exchange, Header, Message, Post
from lockedroom.reference.segment.state import Member, Presence, Roster, Session
from lockedroom.reference.segment.store import Cell

Fact = tuple[str, Tuple]


class Unmapped(Exception):
    """A value that no abstract state corresponds to; says why."""


OF_STAY: Final = ("session", "closed", "ended", "offered", "accepted", "epoch", "sent", "got")
"""The relations whose first argument is the stay that decides them, and of which something is said from above."""

_BELOW: Final = ("trusted", "kept_exchange", "kept_message")
"""Those that it decides, and of which nothing is said from above once it has begun."""

_OPEN: Final = {"trusted": ((ANY,) * 4,), "kept_exchange": ((ANY,) * 2,), "kept_message": ((ANY,) * 2,)}

_LONG: Final = 8
"""More records than any bounds let a session have."""

MAPPED: Final = frozenset(
    {*OF_STAY, *_BELOW, "posted", "joined", "used", "made_master", "known_master", "known_private"}
    | {"seen", "current", "founded", "authority", "corrupt"}
)
"""The relations of which parts belong to members, or to the intruder."""

_MANY: Final = 1 << 20
"""More posts than any stay makes: a post's part is its stay's number times this, and its own."""


def part_of(relation: str, values: Tuple) -> tuple[Element, int] | None:
    """Whose a tuple is, and of which of its stays (0: no matter which): who drew the stay, the master or the segment;
    whose process, key or private key it is."""
    match relation:
        case "seen" | "current":
            return (values[0].name, 0) if isinstance(values[0], Process) else None
        case "posted":
            count = values[1].args[1] if isinstance(values[1], Term) and values[1].op == "seal" else None
            mark = drawn(values[0])
            return (mark[0], mark[1] * _MANY + cast(int, count[1])) if mark and isinstance(count, tuple) else None
        case "founded":
            found = terms.founder(values[1])
            return (found, 0) if found else None
        case "authority" | "corrupt":
            return (values[0], 0)
        case "known_private":
            key = values[0]
            mark = drawn(key.args[0]) if isinstance(key, Term) and key.op == "kem-public" else None
        case "joined" | "used" | "made_master" | "known_master":
            mark = drawn(values[0])
        case _ if relation in OF_STAY or relation in _BELOW:
            mark = drawn(values[0])
        case _:
            return None
    return (mark[0], mark[1]) if mark else None


def vouched(state: State, relation: str, values: Tuple) -> bool:
    """What the intruder comes to know of masters that others drew it takes from capsules: those were drawn."""
    return relation == "known_master" and state.holds("made_master", values) is True


def world(honest: Iterable[Name], foe: Name) -> Facts:
    """What is so in every state: whose keys the intruder has, and that it draws nothing that honest members draw."""
    corrupt = [static_key(name) for name in (INTRUDER, foe) if name]
    bounds = [Bound("used", INTRUDER), Bound("made_master", INTRUDER)]
    bounds += [Bound(relation, INTRUDER, ((ANY,),)) for relation in ("known_master", "known_private")]
    for name in honest:
        bounds += [Bound("corrupt", static_key(name)), Bound("known_private", name)]
    return Facts(frozenset(("corrupt", (key,)) for key in corrupt), tuple(bounds))


def slot_facts(slot: Slot, value: Hashable, honest: frozenset[Name]) -> Facts:
    """What a slot's value says. Raises Unmapped."""
    match value:
        case Member():
            return _member(value, honest)
        case Ledger():
            return _beyond(slot.owner, value.joins)
        case Header():
            return Facts(frozenset(_header(value)))
        case Cell():
            standing = (*value.posts, *([value.announcement] if value.announcement else []))
            return Facts(frozenset(fact for record in standing for fact in record_facts(record)))
        case tuple() | frozenset():
            return Facts(frozenset(fact for record in value for fact in record_facts(record)))
    return Facts()


# ---- what lies in the store, and was seen ------------------------------------------------------------


def _header(header: Header) -> Iterator[Fact]:
    found = signed(header.signature, terms.HEADER)
    if found is not None and terms.founder(found[1][1]):
        yield "known_header", (found[0], found[1][1])


def record_facts(record: object) -> Iterator[Fact]:
    """What is to be had where this record is."""
    match record:
        case Entry():
            found = signed(record.signature, terms.ENTRY)
            if found is not None and whole(head := Term("digest", found[1])) and terms.founder(found[1][1]):
                yield "known_entry", (found[0], head)
        case Announcement():
            found = signed(record.signature, terms.ANNOUNCE)
            if found is not None and terms.founder(found[1][1]):
                yield "known_announcement", found
        case Exchange():
            found = signed(record.signature, terms.EXCHANGED)
            if found is not None and terms.founder(found[1][1]):
                yield "known_exchange", found
            capsule = Capsule(record.ciphertext, record.wrapped)
            opened = capsule.opened()
            if opened is not None and terms.founder(opened[2][1]):
                yield "known_capsule", (capsule,)
                maker = drawn(opened[1])
                if maker is not None and maker[0] != INTRUDER:
                    yield "made_master", (opened[1],)
        case Message():
            if sealed(record.sealed, terms.SEALED) is not None:
                yield "known_message", (record.sealed,)
        case Post():
            if sealed(record.sealed, terms.POSTED) is not None:
                yield "known_post", (record.sealed,)


# ---- members -----------------------------------------------------------------------------------------


def _beyond(name: Name, joins: int) -> Facts:
    """Nothing is so of the stays that are to come."""
    relations = ("used", *OF_STAY, *_BELOW, "made_master", "known_master")
    bounds = [Bound(relation, name, low=joins + 1) for relation in relations]
    return Facts(bounds=(*bounds, Bound("posted", name, low=(joins + 1) * _MANY)))


def _member(me: Member, honest: frozenset[Name]) -> Facts:
    true: set[Fact] = set()
    bounds: list[Bound] = []
    if me.roster is not None:
        listed = _listed(me, me.roster)
        true.update(listed.true)
        bounds.extend(listed.bounds)
    key = static_key(me.name)
    if me.authority is not None:
        segment, head = me.authority.segment, me.authority.last.head
        true |= {("authority", (key, segment, head)), ("founded", (key, segment)), ("stated", (key, head))}
        bounds.append(Bound("founded", me.name, ((key, segment),)))
        bounds.append(Bound("authority", key, ((key, segment, head),)))
    else:
        bounds += [Bound("founded", me.name), Bound("authority", key)]
    stay = me.presence.incarnation if me.presence else None
    bounds.append(Bound("joined", me.name, ((stay,),) if stay is not None else ()))
    if me.presence is not None:
        present = _present(me, me.presence, honest)
        true.update(present.true)
        bounds.extend(present.bounds)
    return Facts(frozenset(true), tuple(bounds))


def fresh(name: Name) -> Facts:
    """What is so of a process that has verified nothing yet."""
    return Facts(bounds=(Bound("seen", name), Bound("current", name)))


def _listed(me: Member, roster: Roster) -> Facts:
    """What has been verified of the list."""
    process = Process(me.name)
    chain = list(states(roster.head))
    if not whole(roster.head) or len(chain) != roster.serial:
        raise Unmapped(f"{me.name} holds for verified what is no list of {roster.serial} entries")
    last: dict[object, Element] = {}
    for head in chain:
        covered = entry(head)
        assert covered is not None, "each state has a last entry"
        last.setdefault(covered[4], head)
        if covered[1] != roster.segment:
            raise Unmapped(f"{me.name} holds a list of another segment for this one's")
    said = {name: (covered[5], covered[6]) for name, head in last.items() if (covered := entry(head)) is not None}
    if said != {subject.name: (subject.key, subject.rights) for subject in roster.subjects}:
        raise Unmapped(f"{me.name} does not hold of the subjects what the list says that it has verified")
    seen, current = [(process, head) for head in chain], [(process, head) for head in last.values()]
    true: set[Fact] = {("known_header", (me.creator, roster.segment))}
    true.update(("seen", one) for one in seen)
    true.update(("current", one) for one in current)
    bounds = (Bound("seen", me.name, tuple(seen)), Bound("current", me.name, tuple(current)))
    return Facts(frozenset(true), bounds)


def _present(me: Member, presence: Presence, honest: frozenset[Name]) -> Facts:
    """What a joined member holds."""
    i = presence.incarnation
    mark = drawn(i)
    if mark is None or (mark[0], mark[2]) != (me.name, "incarnation"):
        raise Unmapped(f"{me.name} stays under an incarnation that it did not draw")
    pair = Term("fresh", me.name, mark[1], "ephemeral")
    if (presence.public, presence.private) != (Term("kem-public", pair), Term("kem-private", pair)):
        raise Unmapped(f"{me.name} holds other ephemeral keys than those of its stay")
    true: set[Fact] = {("joined", (i,)), ("used", (i,)), ("memory", (i,))}
    may: dict[str, list[Tuple]] = {relation: [] for relation in OF_STAY}
    may["made_master"], may["known_master"] = [], []
    for session in presence.sessions:
        _session(me, i, session, true, may, session.peer in honest)
    for peer, theirs in presence.past:
        true.add(("session", (i, peer, theirs)))
        may["session"].append((i, peer, theirs))
        for relation, more in (("closed", 0), ("ended", 0), ("offered", 1), ("accepted", 1), ("epoch", 3)):
            may[relation].append((i, peer, theirs, *(ANY,) * more))
        may["sent"].append((i, peer, theirs, ANY))
        may["got"].append((i, peer, theirs, ANY))
        _drew(may, me.name, mark[1], peer, theirs, None)
    for closing in presence.closed:
        true.add(("closed", (i, closing.peer, closing.incarnation)))
        may["closed"].append((i, closing.peer, closing.incarnation))
        true.update(_kept(i, closing.peer, closing.incarnation, closing.lying))
    bounds = [Bound(relation, me.name, tuple(those), mark[1], mark[1]) for relation, those in may.items()]
    bounds += [Bound(relation, me.name, _OPEN[relation], mark[1], mark[1]) for relation in _BELOW]
    bounds.append(Bound("used", me.name, ((i,),), mark[1], mark[1]))
    first = mark[1] * _MANY
    bounds.append(Bound("posted", me.name, low=first + presence.posts + 1, high=first + _MANY - 1))
    return Facts(frozenset(true), tuple(bounds))


def _session(me: Member, i: Bits, session: Session, true: set[Fact], may: dict[str, list[Tuple]], honest: bool) -> None:
    """What one session says: exactly, but of epochs that were dropped, which a kept one outranks."""
    n, j = session.peer, session.theirs
    for relation, so in (("session", True), ("ended", session.ended)):
        if so:
            true.add((relation, (i, n, j)))
            may[relation].append((i, n, j))
    kept: dict[Epoch, Element] = {}
    for keys in session.epochs:
        kept[keys.epoch] = master(keys.sending)
        if {master(keys.receiving), master(keys.rotation)} != {kept[keys.epoch]}:
            raise Unmapped(f"{me.name} holds keys of several masters for one epoch with {n}")
    for board in session.boards:
        if kept.setdefault(board.epoch, master(board.key)) != master(board.key):
            raise Unmapped(f"{me.name} holds a key for posts and others of several masters for one epoch with {n}")
    for epoch, secret in kept.items():
        true.add(("epoch", (i, n, j, epoch.number, epoch.proposer, secret)))
        may["epoch"].append((i, n, j, epoch.number, epoch.proposer, secret))
        if honest:
            true.add(("trusted", (i, n, j, secret)))
    top = max((epoch.number for epoch in kept), default=-1)
    for number in range(1, top + 1):  # of the epochs of exchanges the keys for posts are always there
        for proposer in (me.name, n):
            lost = Epoch(number, proposer)
            if lost not in kept and any(epoch.outranks(lost) for epoch in kept):
                may["epoch"].append((i, n, j, number, proposer, ANY))
    for relation, proposer, so in (("offered", me.name, session.offered), ("accepted", n, session.accepted)):
        if so:
            may[relation].append((i, n, j, kept.get(Epoch(0, proposer), ANY)))
    may["sent"] += [(i, n, j, count) for count in range(1, session.sent + 1)]
    may["got"] += [(i, n, j, count) for count in range(1, session.received + 1)]
    stay = drawn(i)
    assert stay is not None, "the stay was looked at"
    _drew(may, me.name, stay[1], n, j, session)


def _drew(
    may: dict[str, list[Tuple]], name: Name, stay: int, peer: Name, theirs: Bits, session: Session | None
) -> None:
    """Which masters this member may have drawn for a session: of one that is past, any."""
    found: list[Element] = []
    if session is None or session.offered:
        found.append(Term("fresh", name, stay, "master", peer, theirs))
    for sent in range(session.sent if session else _LONG):
        found.append(Term("fresh", name, stay, "rotation", peer, theirs, sent))
    for relation in ("made_master", "known_master"):
        may[relation] += [(one,) for one in found]


def _kept(i: Bits, peer: Name, theirs: Bits, lying: Iterable[Bits]) -> Iterator[Fact]:
    """What lay in the inbox when a review closed the session, as far as it says itself that it is of it."""
    for proof in lying:
        exchange, message = signed(proof, terms.EXCHANGED), sealed(proof, terms.SEALED)
        if (
            exchange is not None
            and (exchange[1][2], exchange[1][4]) == (peer, theirs)
            and terms.founder(exchange[1][1])
        ):
            yield "kept_exchange", (i, exchange[1])
        if message is not None and (message[2], message[4]) == (peer, theirs):
            yield "kept_message", (i, proof)
