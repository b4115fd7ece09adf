"""That proofs say something is itself checked, and what is missing is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from lockedroom.model.proofs.cache import Cache
from lockedroom.model.proofs.obligations import obligations
from lockedroom.model.proofs.protocols import protocol
from lockedroom.model.proofs.query import ask, core
from lockedroom.model.proofs.report import report
from lockedroom.model.proofs.unroll import unrolled
from lockedroom.model.proofs.vacuity import Needs, Vacuity, Witness, audit, run, search
from tests.model.proofs.toy import lock

PROTOCOLS = ("segment", "stash")
each = pytest.mark.parametrize("name", PROTOCOLS)

TAKEN = (Witness("taken and given back", ("take", "give", "take")),)


def test_what_is_found_to_fail_makes_a_clean_audit() -> None:
    found = search(lock())
    assert found.guards == {"take: ~taken": "one holder", "give: holds(c)": "held is taken"}
    assert found.invariants == {"held is taken": "take keeps one holder", "one holder": "safety of mutual exclusion"}
    assert audit(lock(), TAKEN, found).clean


def without(needs: Needs, **changes: dict[str, str]) -> Vacuity:
    """The lock's audit with something else written down."""
    return audit(lock(), TAKEN, replace(needs, **changes))


def test_what_is_missing_is_named() -> None:
    found = search(lock())
    assert audit(lock(), (), found).missing == ("no run takes give", "no run takes take")
    assert without(found, guards={}).missing == (
        "nothing is known to fail without give: holds(c)",
        "nothing is known to fail without take: ~taken",
    )
    assert without(found, violations={}).missing[0] == "no mutated action is known to violate held is taken"
    wrong = without(found, guards={**found.guards, "take: ~taken": "held is taken"})
    assert wrong.missing == ("without the guard take: ~taken: held is taken does not fail: unsat",)
    idle = without(found, invariants={**found.invariants, "one holder": "take keeps held is taken"})
    assert idle.missing == ("without the invariant one holder: take keeps held is taken does not fail: unsat",)


def test_what_is_taken_only_with_a_mistake_is_told_apart() -> None:
    needs, take, mistake = search(lock()), Witness("", ("take",)), ("take", "taken := true")
    found = audit(lock(), (take, Witness("", ("take", "give"), (), mistake)), needs)
    assert found.clean and found.mistaken == {"give": "take without its update taken := true"}
    assert found.shown["actions with a witness"] == found.shown["actions that only a mistake allows"] == 1
    assert not audit(lock(), (*TAKEN, Witness("", ("take", "give"), (), mistake)), needs).mistaken


def test_a_proof_that_is_not_shown_to_say_something_is_no_proof() -> None:
    hollow = Vacuity({}, (), (), ("no run takes take",))
    found = report(lock(), label="toy", auditing=lambda system, cache: hollow)
    assert (found.proved.verdict, found.verdict, found.exit_code) == ("proved", "unknown", 4)


def test_a_run_that_there_is_not_has_no_states() -> None:
    assert run(lock(), Witness("", ("take", "take")), 10) is None
    assert run(lock(), Witness("", ("take",), ("~taken",)), 10) is None
    states = run(lock(), Witness("", ("take", "take"), ("c_1 ~= c_2",), ("take", "taken := true")), 10)
    assert states is not None and [len(state.relations["holds"]) for state in states] == [0, 1, 2]


def test_a_core_is_enough_to_contradict() -> None:
    for obligation in obligations(lock()):
        names = core(obligation.query, 10)
        kept = {name: one for name, one in obligation.query.assertions.items() if name in names}
        assert names and ask(replace(obligation.query, assertions=kept), 10).answer == "unsat"


def test_unrolled_steps_follow_each_other() -> None:
    system = lock()
    steps = [system.action(name) for name in ("take", "give", "take")]
    assert ask(unrolled(system, steps, ["holds(c_3)", "c_1 ~= c_3"]).query, 10).answer == "sat"
    assert ask(unrolled(system, steps, ["c_1 ~= c_2"]).query, 10).answer == "unsat"


@pytest.mark.parametrize(
    ("name", "witness"),
    [(name, witness) for name in PROTOCOLS for witness in protocol(name).witnesses],
    ids=lambda one: one.about if isinstance(one, Witness) else one,
)
def test_a_protocol_has_its_witnesses(name: str, witness: Witness) -> None:
    of = protocol(name)
    assert run(of.system(of.switches.hardened), witness, 30) is not None


@each
def test_every_action_of_a_protocol_is_in_a_witness(name: str) -> None:
    of = protocol(name)
    actions = {action.name for action in of.system(of.switches.hardened).actions}
    assert actions == {action for one in of.witnesses for action in one.actions}


@pytest.mark.parametrize(
    ("name", "guards", "mistaken"),
    [pytest.param("segment", 150, ["seize"], marks=pytest.mark.full), pytest.param("stash", 35, [])],
)
def test_the_audit_of_a_protocol_is_clean(name: str, guards: int, mistaken: list[str], tmp_path: Path) -> None:
    of = protocol(name)
    found = audit(of.system(of.switches.hardened), of.witnesses, of.needs(), jobs=2, cache=Cache(tmp_path))
    assert found.missing == ()
    assert found.shown["needed guards"] > guards
    assert [*found.mistaken] == mistaken


@each
def test_everything_of_a_protocol_has_its_need_written_down(name: str) -> None:
    of = protocol(name)
    system, written = of.system(of.switches.hardened), of.needs()
    claims = {claim.name for claim in system.invariants}
    assert set(written.invariants) == set(written.violations) == claims
    assert set(written.guards.values()) <= claims
