"""An intruder with the keys of a member: what it does, that it makes what it knows how to, and that it harms nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import cast

from lockedroom.model.explore import Explorer
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.engine import REFERENCE, signing
from lockedroom.model.segment.intruder import SEEN, SPENT
from lockedroom.model.segment.knowledge import INTRUDER, Record, elsewhere, own, revealed, terms_of
from lockedroom.model.segment.machine import segment_machine
from lockedroom.reference.crypto.closure import Cache, derivable
from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.machine import Action, Outcome, Slot
from lockedroom.reference.segment.profile import AS_WRITTEN, HARDENED, UNIQUE_ID
from lockedroom.reference.segment.records import Epoch, Header, Message, Post
from lockedroom.reference.segment.store import Cell

QUIET = Bounds(3, 0, 1, intruder=1, insider=1)


def intrusions(bounds: Bounds, states: int) -> Iterator[tuple[Action, Outcome, frozenset[Record]]]:
    """Every distinct step of the intruder in the first so many states, with what has been seen when it is taken."""
    machine, taken = segment_machine(Setting(bounds)), list[tuple[Action, Outcome, frozenset[Record]]]()

    def noted(action: Action) -> Action:
        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            outcomes = action.run(values)
            seen = cast(frozenset[Record], values[action.reads.index(SEEN)])
            taken.extend((action, outcome, seen) for outcome in outcomes)
            return outcomes

        return replace(action, run=run)

    actions = tuple(noted(action) if action.actor == INTRUDER else action for action in machine.actions)
    Explorer(replace(machine, actions=actions)).run(state_limit=states)
    yield from taken


def put(action: Action, outcome: Outcome) -> Iterator[Record]:
    """The records that a step of the intruder puts into lanes and cells."""
    for slot, now in zip(action.writes, outcome.writes or (), strict=True):
        if slot.kind == "inbox" and action.operation == "inject":
            yield cast(tuple[Record, ...], now)[0]
        elif isinstance(now, Cell) and action.operation == "announce" and now.announcement:
            yield now.announcement
        elif isinstance(now, Cell) and action.operation == "post":
            yield cast(Post, now.posts[0])


def test_what_it_makes_can_be_built_from_what_it_has_seen() -> None:
    made: Counter[tuple[str, str]] = Counter()
    cache = Cache()
    said = {Term("body", "carol", peer, 1, 16) for peer in ("alice", "bob")}
    for action, outcome, seen in intrusions(Bounds(3, 1, 1, intruder=1, insider=1), 30_000):
        if "made in another segment" in outcome.label:
            continue
        known = own("carol").union(said, *map(terms_of, seen))
        for record in put(action, outcome):
            made[type(record).__name__, outcome.label.rpartition(", ")[2]] += 1
            for term in terms_of(record):
                assert derivable(known, term, cache), f"{action} {outcome.label}: {term}"
    assert {kind for kind, _ in made} == {"Announcement", "Exchange", "Message", "Post"}
    signed = {("Announcement", "its own"), ("Announcement", "signed anew"), ("Exchange", "signed anew")}
    assert signed | {("Exchange", "with the key of alice"), ("Message", "sealed"), ("Post", "sealed")} <= set(made)


def test_it_announces_itself_at_once_and_for_nothing() -> None:
    explorer = Explorer(segment_machine(Setting(QUIET)))
    found = explorer.run()
    entered = 0
    for number in range(found.states):
        state, path = explorer.state(number), explorer.path(number)
        for index, taken in enumerate(path[:-1]):
            if taken.action.operation == "grant" and dict(taken.action.arguments)["subject"] == "carol":
                entered += 1
                following = path[index + 1]
                assert (following.action.operation, following.action.actor) == ("announce", INTRUDER)
        free = "its own"
        acted = sum(taken.action.actor == INTRUDER and free not in taken.outcome.label for taken in path)
        if path and path[-1].action.operation not in ("destroy", "disclose"):
            assert state[SPENT] == acted
    assert entered > 5_000


def test_the_other_segment_has_the_same_id_where_ids_are_made_of_the_pid() -> None:
    explorer = Explorer(segment_machine(Setting(Bounds(2, 0, 1)), REFERENCE.under(AS_WRITTEN)))
    found = explorer.run()
    ids = {
        header.segment
        for number in range(found.states)
        if isinstance(header := explorer.state(number)[Slot("header")], Header)
    }
    assert ids == {elsewhere(AS_WRITTEN)} == {elsewhere(HARDENED.without(UNIQUE_ID))}
    assert elsewhere(HARDENED) not in ids


def test_of_what_was_meant_for_it_nothing_is_secret_and_of_the_rest_everything() -> None:
    master = Term("fresh", "alice", 1, "master", "carol", "stay")
    key = Term("derive", master, "forth", ("keys",))
    body = Term("body", "alice", "carol", 1, 16)
    epoch = Epoch(0, "alice")
    record = Message("alice", "carol", b"", b"", epoch, 1, 0, 0, Term("seal", key, (0, 1), ("t",), body))
    assert revealed(record, "carol") is None
    assert revealed(record) is None, "an outsider cannot open it"
    assert revealed(replace(record, sealed=Term("seal", signing("carol"), (0, 1), ("t",), body)), "bob") is None
    astray = replace(record, recipient="bob", sealed=Term("seal", key, (0, 1), ("t",), replace_to(body, "bob")))
    assert revealed(astray, "carol") == replace_to(body, "bob")


def replace_to(body: Term, recipient: str) -> Term:
    return Term("body", body.args[0], recipient, *body.args[2:])
