"""The framework, on small systems: what is proved, what fails and how that is shown, what leaves the fragment."""

from pathlib import Path

import pytest

from lockedroom.model.proofs import prove as proving
from lockedroom.model.proofs.cache import Cache
from lockedroom.model.proofs.counterexample import Counterexample, counterexample, rendered
from lockedroom.model.proofs.fragment import offences
from lockedroom.model.proofs.obligations import obligations
from lockedroom.model.proofs.parse import FormulaError
from lockedroom.model.proofs.prove import prove
from lockedroom.model.proofs.query import Answered, ask, smallest
from lockedroom.model.proofs.report import report
from lockedroom.model.proofs.system import Builder, System, guard
from tests.model.proofs.toy import lock


def names(system: System) -> list[str]:
    """The obligations that are not proved."""
    return [result.obligation.name for result in prove(system).broken()]


def test_what_holds_is_proved() -> None:
    proved = prove(lock())
    assert proved.verdict == "proved"
    assert [result.obligation.name for result in proved.results] == [
        "initiation of held is taken", "initiation of one holder", "safety of mutual exclusion",
        "take keeps held is taken", "take keeps one holder", "give keeps held is taken", "give keeps one holder",
    ]  # fmt: skip


def test_a_guard_that_is_dropped_fails_where_it_was_needed() -> None:
    assert names(lock(free=False)) == ["take keeps one holder"]
    assert names(lock().without_defences("lock")) == ["take keeps one holder"]


def test_a_claim_that_does_not_follow_fails() -> None:
    b = Builder("coin", {"coin": "coins"})
    b.relation("heads(coin)", "")
    b.initially("tails", "~heads(C)", "")
    b.action("flip", {"c": "coin"}, [], ["heads(c) := true"], "")
    b.invariant("true", "heads(C) -> heads(C)", "")
    b.promise("tails", "~heads(C)", "")
    assert names(b.build()) == ["safety of tails"]


def test_what_fails_initially_fails() -> None:
    b = Builder("coin", {"coin": "coins"})
    b.relation("heads(coin)", "")
    b.initially("anything", "true", "")
    b.invariant("tails", "~heads(C)", "")
    assert names(b.build()) == ["initiation of tails"]


def failing() -> Counterexample:
    """The counterexample to the lock that others can take."""
    (broken,) = prove(lock(free=False)).broken()
    found = counterexample(broken.obligation, 10)
    assert found is not None
    return found


def test_a_counterexample_is_as_small_as_it_can_be_and_shows_what_differs() -> None:
    found = failing()
    assert len(found.before.universe["client"]) == 2
    assert {name: len(held) for name, held in found.gained().items()} == {"holds": 1}
    assert found.lost() == {}
    shown = rendered(found)
    assert "breaks “one holder”" in shown
    assert "+ holds(client" in shown
    assert "holds(C) & holds(D) -> C = D" in shown


def test_the_solver_and_the_evaluator_agree_on_every_structure() -> None:
    for obligation in obligations(lock(free=False)):
        found = smallest(obligation.query, 10)
        assert (found is None) == (ask(obligation.query, 10).answer == "unsat")
        if found is not None:
            assert all(found.holds(assertion) for assertion in obligation.query.assertions.values())


def test_updates_read_the_state_before() -> None:
    b = Builder("swap", {"cup": "cups"})
    b.relation("left(cup)", "")
    b.relation("right(cup)", "")
    b.initially("apart", "~(left(C) & right(C))", "")
    b.action("swap", {}, [], ["left(C) := right(C)", "right(C) := left(C)"], "")
    b.action("move", {"c": "cup", "d": "cup"}, [], ["left(C) := C = d", "left(c) := false", "right(C) := C = c"], "")
    b.invariant("apart", "~(left(C) & right(C))", "")
    system = b.build()
    assert names(system) == []
    declared = {relation.name: relation for relation in system.relations}
    query = next(one.query for one in obligations(system) if one.action and one.action.name == "move")
    structure = ask(type(query)(system, {"c": "cup", "d": "cup"}, {}), 10, structure=True).structure
    assert structure is not None
    moved = structure.after(system.action("move"), declared)
    assert moved.relations["left"] == frozenset({(structure.functions["d"][()],)} - {(structure.functions["c"][()],)})


def test_a_circle_between_sorts_leaves_the_fragment_and_is_named() -> None:
    b = Builder("family", {"person": "people"})
    b.relation("parent(person, person)", "")
    b.initially("nobody", "~parent(P, Q)", "")
    b.action("born", {"p": "person", "q": "person"}, [], ["parent(p, q) := true"], "")
    b.invariant("everybody has a child", "forall P. exists Q. parent(P, Q)", "")
    proved = prove(b.build())
    kept = next(result for result in proved.results if result.obligation.name == "born keeps everybody has a child")
    assert kept.verdict == "unknown"
    assert "person → person by invariant everybody has a child" in kept.reason


def test_a_function_into_its_own_sort_leaves_the_fragment() -> None:
    b = Builder("numbers", {"number": "numbers"})
    b.function("next(number): number", "")
    functions = b.build().functions
    assert [edge.cause for edge in offences(functions, {})] == ["the function next"]


def test_unknown_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "answer", lambda text, timeout: Answered("unknown", 0.0, "no time"))
    found = report(lock(), label="toy")
    assert (found.verdict, found.exit_code) == ("unknown", 4)
    assert {promise.verdict for promise in found.promises} == {"unknown"}
    assert {result.reason for result in found.proved.broken()} == {"no time"}


def test_a_promise_that_rests_on_a_broken_invariant_is_not_proved() -> None:
    found = report(lock(free=False), label="toy")
    assert found.exit_code == 1
    assert [promise.verdict for promise in found.promises] == ["failed"]
    assert list(found.pictures) == ["take keeps one holder"]


def test_answers_are_remembered_by_what_was_asked(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "answers")
    first, second = prove(lock(), cache=cache), prove(lock(), cache=cache)
    asked = [result for result in first.results if not result.obligation.framed]
    assert not any(result.cached for result in first.results)
    assert sum(result.cached for result in second.results) == len(asked)
    third = prove(lock(free=False), cache=cache)
    assert third.verdict == "failed"
    for file in (tmp_path / "answers").rglob("*.json"):
        file.write_text("nonsense")
    assert not any(result.cached for result in prove(lock(), cache=cache).results)


def test_what_is_remembered_wrongly_proves_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    broken = prove(lock(free=False), cache=cache)
    files = {file.stem: file for file in tmp_path.rglob("*.json")}
    [failed] = [files[result.digest] for result in broken.results if result.verdict == "failed"]
    truth = failed.read_text()
    proved = next(files[result.digest] for result in broken.results if result.cached is False and result.digest
                  and result.verdict == "proved")  # fmt: skip
    for lie in (truth.replace('"sat"', '"unsat"'), proved.read_text(), truth.replace('"sat"', '["unsat"]')):
        failed.write_text(lie)
        assert prove(lock(free=False), cache=cache).verdict == "failed"
        assert failed.read_text() != lie


def test_several_processes_prove_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "_FEW", 1)
    alone, together = prove(lock(free=False), jobs=1), prove(lock(free=False), jobs=2)
    assert [result.verdict for result in alone.results] == [result.verdict for result in together.results]


@pytest.mark.parametrize(
    ("declare", "fault"),
    [
        (lambda b: b.relation("r(cow)", ""), "no sort"),
        (lambda b: b.relation("holds(client)", ""), "declared twice"),
        (lambda b: b.action("a", {}, [], ["nothing := true"], ""), "no update"),
        (lambda b: b.action("a", {}, [], ["fixed(C) := true"], ""), "no update"),
        (lambda b: b.action("a", {}, [guard("holds(c)")], [], ""), "declared nowhere"),
    ],
)
def test_a_system_that_makes_no_sense_is_refused(declare: object, fault: str) -> None:
    b = Builder("bad", {"client": "clients"})
    b.relation("holds(client)", "")
    b.relation("fixed(client)", "", fixed=True)
    assert callable(declare)
    with pytest.raises(FormulaError, match=fault):
        declare(b)


def test_two_claims_of_one_name_are_refused() -> None:
    b = Builder("bad", {"client": "clients"})
    b.relation("holds(client)", "")
    for _ in range(2):
        b.invariant("same", "holds(C) -> holds(C)", "")
    with pytest.raises(FormulaError, match="one name"):
        b.build()
