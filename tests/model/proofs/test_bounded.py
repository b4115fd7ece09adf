"""Bounded checking: what falls and at which step, by the solver's clauses and by going through every state alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

import pytest

from lockedroom.model.proofs.bmc import shortest
from lockedroom.model.proofs.bounded import Bounded
from lockedroom.model.proofs.circuit import NO, YES, Circuit
from lockedroom.model.proofs.counterexample import Unsound
from lockedroom.model.proofs.searches import BoundedReport, Search, bounded_report
from lockedroom.model.proofs.segment.agreement import agreement
from lockedroom.model.proofs.segment.small import ladder, small
from lockedroom.model.proofs.segment.whole import segment
from lockedroom.model.proofs.structure import Structure
from lockedroom.model.proofs.system import Builder, System, guard
from lockedroom.model.proofs.taken import Decoded, Fallen, fallen
from lockedroom.model.segment.expected import defences_in
from lockedroom.model.segment.findings import committed_findings
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


def falls(system: System, bounded: Bounded, steps: int, name: str = "") -> Fallen | None:
    """The run by which a promise falls, the only one where none is named."""
    claim = next(one for one in system.safety if name in ("", one.name))
    return next((one for one in shortest(system, bounded, steps, claim) if isinstance(one, Fallen)), None)


def found(system: System, bounded: Bounded, steps: int, *names: str) -> dict[str, int]:
    """What falls, of these or of all promises, and at which step."""
    runs = {
        one.name: falls(system, bounded, steps, one.name) for one in system.safety if not names or one.name in names
    }
    return {name: run.length for name, run in runs.items() if run is not None}


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
    down = falls(thief(locked=False), WORDS, 3)
    assert down is not None
    names = [one.action.name for one in down.taken]
    assert down.length == names.count("enter") == 2
    assert names.count("lay") == 2 and names.count("make") + names.count("derive") >= 2
    assert found(thief(locked=True), WORDS, 3) == {}


def test_an_interpretation_that_is_given_stands() -> None:
    given = replace(WORDS, functions={"next": {("x",): "y", ("y",): "x", ("z",): "z"}})
    down = falls(thief(locked=False), given, 3)
    assert down is not None
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
    done = Search(system, system.safety[0], (CLIENTS,), 3, depths=[3])
    half = Search(system, system.safety[0], (CLIENTS, CLIENTS), 3, depths=[3, 2])
    report = BoundedReport(system, "toy", 3, (CLIENTS,), (done, half), 1.0, "the time is up")
    assert (report.verdict, report.exit_code) == ("unknown", 4)
    assert replace(report, searches=(done,)).exit_code == 0
    assert replace(report, ended="interrupted").exit_code == 130


def test_a_wider_bound_is_only_searched_for_something_shorter() -> None:
    one = Bounded("1 client", {"client": ("a",)})
    report = bounded_report(lock(free=False), (one, CLIENTS, CLIENTS), 4, label="toy", jobs=2, time_limit=3000)
    [search] = report.searches
    assert search.fallen is not None and search.fallen.length == 2
    assert (report.exit_code, search.depths) == (1, [4, 1, 1])


LISTS = ("the list is the creator's", "nothing of the list is taken back")


def test_the_description_falls_and_the_hardened_segment_does_not() -> None:
    described, hardened = segment(AS_WRITTEN), segment(HARDENED)
    assert found(described, small(rounds=2), 3, LISTS[1]) == {LISTS[1]: 3}
    assert found(described, small(rounds=2), 3, LISTS[0]) == {LISTS[0]: 2}
    assert found(hardened, small(rounds=2), 3, LISTS[1]) == {}


def test_every_finding_has_its_promise_or_is_outside() -> None:
    outside = {"tie-break", "acknowledged-rotation"}
    apart = {"records-in-place", "nonces-by-side"}
    found = agreement(committed_findings().findings, 11, jobs=1, time_limit=0)
    assert {one.verdict for one in found.found} == {"unknown", "outside"} and found.exit_code == 4
    for one in found.found:
        off = set(defences_in(one.finding.cause))
        assert (one.verdict == "outside") == (off <= outside or off == apart)
        assert one.search is not None or "honest store" in one.reason or "no session" in one.reason


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_each_finding_of_the_explorer_is_found_by_the_second_engine() -> None:
    found = agreement(committed_findings().findings, 11, jobs=2, time_limit=1700)
    assert [one.finding.name for one in found.found if one.verdict not in ("agreed", "outside")] == []
    assert found.exit_code == 0


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_nothing_of_the_hardened_segment_falls() -> None:
    report = bounded_report(segment(HARDENED), ladder(), 7, label="hardened", jobs=2, time_limit=800)
    assert (report.verdict, report.ended) == ("none", "")
