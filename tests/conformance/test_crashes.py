"""The crash corpus: it passes store by store, and fails where a transition is not one step (ADAPTER-COMMAND-9)."""

import sys
from pathlib import Path

import pytest

from lockedroom.conformance.conform import TraceResult, conform
from lockedroom.conformance.crash_scenes import SCENES, STASH_SCENES, settings_of
from lockedroom.conformance.crashes import HOWS, Crashes, How, cases, corpus
from lockedroom.conformance.process import Limits
from lockedroom.conformance.report import failed_at
from lockedroom.conformance.runner import BUILT_IN, Fleet
from lockedroom.conformance.stage import Replayed, Status
from lockedroom.conformance.stash_real import stores
from lockedroom.reference.segment.table import BY_OPERATION

PATIENT = Limits(start=60.0, reply=60.0)
UNATOMIC = (sys.executable, str(Path(__file__).with_name("unatomic.py")))
BROKEN = (sys.executable, str(Path(__file__).with_name("stash_broken.py")))
TOY = (sys.executable, str(Path(__file__).with_name("toy.py")))

CASES = [("send", "kill", 2), ("send", "stop", 2), ("send", "fork", 2)]


def played(operation: str, how: How, *command: str) -> tuple[Crashes, Replayed]:
    case = Crashes(SCENES[operation], how, settings_of(SCENES[operation]))
    with Fleet(command or BUILT_IN, PATIENT) as fleet:
        return case, case.play(case.trace, fleet)


def test_every_transition_has_a_scene_in_which_it_is_taken() -> None:
    assert SCENES.keys() == BY_OPERATION.keys()
    for name, one, _ in cases((), "LR0", 1):
        step = one.trace.steps[len(one.scene.before)]
        assert (step.operation, step.seen.outcome) == (one.scene.operation, "ok"), name
        assert one.scene.witness != one.scene.actor
    assert [name for name, _, _ in cases((), None, 1)] == [*corpus()]


@pytest.mark.parametrize(
    ("operation", "how", "stores"), [("send", "kill", 2), ("leave", "stop", 8), ("send", "fork", 2)]
)
def test_one_transition_at_every_store(operation: str, how: How, stores: int) -> None:
    case, found = played(operation, how)
    assert (found.status, found.reason, case.stores) == (Status.PASSED, "", stores)


def test_a_multicast_that_is_laid_one_by_one_is_seen_when_it_dies() -> None:
    case, found = played("multicast", "kill", *UNATOMIC)
    assert found.status is Status.FAILED and found.divergence is not None
    assert "bob's multicast killed" in found.reason and "as in no course" in found.reason, found.reason
    assert found.divergence.operation == "multicast" and 0 < case.stores < 8
    assert case.trace.steps[found.divergence.index - 1].operation == "multicast", "its clauses are broken"


def test_without_crash_points_it_is_not_supported() -> None:
    _, found = played("send", "kill", *TOY)
    assert (found.status, found.reason) == (Status.UNSUPPORTED, "toy has no crash points")


STORES = {
    "memory": {"first write": 4, "write": 3, "remove": 3, "purge": 1},
    "keyring": {"first write": 2, "write": 2, "remove": 2, "purge": 1},
}
"""How many there are of a transition of the stash. What the kernel does as a whole is one."""


def test_every_change_of_a_stash_has_a_scene_in_which_it_is_made() -> None:
    found = corpus("stash")
    for name, one in found.items():
        step = one.trace.steps[len(one.scene.before)]
        assert (step.operation, step.seen.outcome) == (one.scene.operation, "ok"), name
        assert all("STASH-STORE-1" in step for step in one.candidate(name).steps[len(one.scene.before) :])
    assert len(found) == len(STASH_SCENES) * 2 * len(stores())


@pytest.mark.parametrize(("how", "store"), [("kill", stores()[0]), ("stop", stores()[-1])])
def test_a_write_to_a_stash_at_every_store(how: str, store: str) -> None:
    """STASH-STORE-1, STASH-ADAPTER-4."""
    case = corpus("stash")[f"crash/write/{how}/in-{store}"]
    with Fleet(limits=PATIENT) as fleet:
        found = case.play(case.trace, fleet)
    assert (found.status, found.reason, case.stores) == (Status.PASSED, "", STORES[store]["write"])


@pytest.mark.parametrize("store", stores())
def test_a_stash_that_is_written_in_pieces_is_seen_when_its_writer_dies(store: str) -> None:
    """Over the half that counts; by a key that is added twice. Nothing but a crash shows it."""
    name = f"crash/write/kill/in-{store}"
    case = corpus("stash")[name]
    with Fleet((*BROKEN, {"memory": "in place", "keyring": "in pieces"}[store]), PATIENT) as fleet:
        found = case.play(case.trace, fleet)
    assert found.status is Status.FAILED and "anna's stash.write killed" in found.reason, found.reason
    assert case.stores < STORES[store]["write"]
    told = TraceResult(case.trace.title, found.status, found.steps, found.divergence, found.reason)
    assert "STASH-STORE-1" in failed_at(case.candidate(name), told)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_all_changes_of_a_stash_at_every_store() -> None:
    """STASH-STORE-1."""
    chosen = list(cases((), None, 1, "stash"))
    report = conform(
        "stash",
        traces=[one.trace for _, one, _ in chosen],
        plays=[one.play for _, one, _ in chosen],
        jobs=2,
        limits=PATIENT,
    )
    assert [result.reason for result in report.traces if result.status is not Status.PASSED] == []
    for name, one, _ in chosen:
        _, scene, _, store = name.split("/")
        assert one.stores == STORES[store.removeprefix("in-")][scene.replace("-", " ")], name


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_all_transitions_at_every_store() -> None:
    """LR-STEP-1."""
    chosen = list(cases((), None, 1))
    report = conform(
        traces=[one.trace for _, one, _ in chosen],
        plays=[one.play for _, one, _ in chosen],
        jobs=2,
        limits=PATIENT,
    )
    assert [result.reason for result in report.traces if result.status is not Status.PASSED] == []
    stores = {how: {one.scene.operation: one.stores for _, one, _ in chosen if one.how == how} for how in HOWS}
    assert stores["kill"] == stores["stop"] == stores["fork"]
    assert {name for name, count in stores["kill"].items() if not count} == {"review", "read"}, "they store nothing"
