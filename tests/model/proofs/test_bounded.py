"""Bounded checking: what falls and at which step, by the solver's clauses and by going through every state alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

import pytest

from lockedroom.model.proofs.bmc import BoundedReport, Search, searched, shortest
from lockedroom.model.proofs.bounded import Bounded
from lockedroom.model.proofs.circuit import NO, YES, Circuit
from lockedroom.model.proofs.counterexample import Unsound
from lockedroom.model.proofs.segment.small import small
from lockedroom.model.proofs.segment.whole import segment
from lockedroom.model.proofs.structure import Structure
from lockedroom.model.proofs.system import Builder, System, guard
from lockedroom.model.proofs.taken import Decoded, Fallen, fallen
from lockedroom.reference.segment.profile import AS_WRITTEN, HARDENED
from tests.model.proofs.toy import lock

CLIENTS = Bounded("3 clients", {"client": ("a", "b", "c")})


def thief(*, locked: bool) -> System:
    """Who knows a word opens the door that asks for it; the intruder derives words from words, and lays baits."""
    b = Builder("thief", {"word": "words"})
    b.function("next(word): word", "what the intruder makes of a word")
    b.relation("known(word)", "the intruder knows it")
    b.relation("bait(word)", "it lies there")
    b.relation("open(word)", "the door of that word is open")
    b.initially("shut", "~open(W) & ~bait(W) & ~known(W)", "")
    b.action("make", {"w": "word"}, [], ["known(w) := true"], "", intruder=True)
    b.action("derive", {"w": "word"}, [guard("known(w)")], ["known(next(w)) := true"], "", intruder=True)
    b.action("lay", {"w": "word"}, [guard("known(w)")], ["bait(w) := true"], "", intruder=True)
    b.action("drop", {"w": "word"}, [], ["bait(w) := false"], "", intruder=True)
    b.action("look", {"w": "word"}, [], [], "It does nothing.")
    b.action("enter", {"w": "word"}, [guard("bait(w)"), *([guard("false")] if locked else [])], ["open(w) := true"], "")
    b.promise("shut", "open(W) & open(V) -> V = W", "")
    return b.build()


WORDS = Bounded("3 words", {"word": ("x", "y", "z")}, drawn=frozenset({"make"}), moved={"lay": "drop"})


def found(system: System, bounded: Bounded, steps: int) -> Mapping[str, int]:
    """What falls, and at which step."""
    return {one.claim.name: one.length for one in shortest(system, bounded, steps) if isinstance(one, Fallen)}


def test_a_lock_that_others_take_falls_at_the_second_step() -> None:
    assert found(lock(free=False), CLIENTS, 4) == {"mutual exclusion": 2}
    assert found(lock(), CLIENTS, 4) == {}


def test_what_falls_needs_as_many_values_as_it_needs() -> None:
    assert found(lock(free=False), Bounded("1 client", {"client": ("a",)}), 4) == {}


def test_every_state_gone_through_says_the_same() -> None:
    """The lock's states by breadth-first search on structures: the first depth at which the promise fails."""
    system = lock(free=False)
    declared = {relation.name: relation for relation in system.relations}
    universe = CLIENTS.values
    layer = [Structure(universe, {}, {"holds": frozenset(), "taken": frozenset()})]
    depth = 0
    while all(state.holds(system.safety[0].formula) for state in layer):
        depth += 1
        layer = [after for state in layer for after in _after(state, system, declared)]
    assert depth == found(system, CLIENTS, 9)["mutual exclusion"]


def _after(state: Structure, system: System, declared: Mapping[str, object]) -> Iterator[Structure]:
    for action, client in product(system.actions, state.universe["client"]):
        at = replace(state, functions={"c": {(): client}})
        if all(at.holds(one.formula) for one in action.guards):
            yield at.after(action, {relation.name: relation for relation in system.relations})


def test_the_intruder_draws_derives_and_lays() -> None:
    down = next(one for one in shortest(thief(locked=False), WORDS, 3) if isinstance(one, Fallen))
    names = [one.action.name for one in down.taken]
    assert down.length == names.count("enter") == 2
    assert names.count("lay") == 2 and names.count("make") + names.count("derive") >= 2
    assert found(thief(locked=True), WORDS, 3) == {}


def test_an_interpretation_that_is_given_stands() -> None:
    given = replace(WORDS, functions={"next": {("x",): "y", ("y",): "x", ("z",): "z"}})
    down = next(one for one in shortest(thief(locked=False), given, 3) if isinstance(one, Fallen))
    assert down.last.functions["next"] == {("x",): "y", ("y",): "x", ("z",): "z"}


def test_a_run_that_is_none_is_not_believed() -> None:
    system = lock()
    start = Structure(CLIENTS.values, {}, {"holds": frozenset(), "taken": frozenset()})
    twice = Decoded(start, frozenset(), (("take", {"c": "a"}, {}), ("take", {"c": "b"}, {})))
    with pytest.raises(Unsound, match="~taken does not hold"):
        fallen(system, CLIENTS, system.safety[0], twice)
    once = Decoded(start, frozenset(), (("take", {"c": "a"}, {}),))
    with pytest.raises(Unsound, match="mutual exclusion holds after all"):
        fallen(system, CLIENTS, system.safety[0], once)


def test_constants_are_folded_and_equal_gates_are_one() -> None:
    circuit = Circuit()
    one, other = circuit.fresh(), circuit.fresh()
    assert circuit.both(one, YES) == one and circuit.both(one, NO) == circuit.both(one, -one) == NO
    assert circuit.both(one, other) == circuit.both(other, one, one)
    assert circuit.either(()) == NO and circuit.both() == YES


def test_what_is_unknown_is_no_verdict() -> None:
    system = lock()
    report = BoundedReport(
        system, "toy", 3, (Search(CLIENTS, depth=3), Search(CLIENTS, depth=2)), ended="the time is up"
    )
    assert (report.verdict, report.exit_code) == ("unknown", 4)
    assert replace(report, searches=(Search(CLIENTS, depth=3),)).exit_code == 0
    assert replace(report, ended="interrupted").exit_code == 130


def test_the_description_falls_and_the_hardened_segment_does_not() -> None:
    assert found(segment(AS_WRITTEN), small(), 3) == {
        "the list is the creator's": 2,
        "nothing of the list is taken back": 3,
        "the last entry counts": 3,
        "members of one room see one list": 3,
    }
    report = searched(segment(HARDENED), (small(rounds=2),), 3, label="hardened", time_limit=60)
    assert (report.verdict, report.exit_code, report.searches[0].depth) == ("none", 0, 3)
