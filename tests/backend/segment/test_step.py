"""One operation as one atomic step, from inside: attempts, the last round, what does not fit, what fails halfway."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lockedroom.backend import errors, rooms, wakeup
from lockedroom.backend.crashpoints import Moment
from lockedroom.backend.journal import Journals
from lockedroom.backend.rounds import ROUNDS
from lockedroom.backend.segment import step
from lockedroom.backend.segment.authority import AuthorityFile
from lockedroom.backend.segment.engine import Engine
from lockedroom.reference.errors import FootprintError, UsageError
from lockedroom.reference.machine import Rejected, Step
from lockedroom.reference.segment.guards import Result
from lockedroom.reference.segment.profile import HARDENED
from lockedroom.reference.segment.records import Capacity
from tests.backend.segment.company import NAMES, ORIGIN, ROOMY, Company, company, person

TWO = NAMES[:2]
Run = Callable[..., Result]


class Restless:
    """Runs a transition as ever, and afterwards, `times` times, lets something change that it has asked."""

    def __init__(self, people: Company, times: int) -> None:
        self.run: Run = step._run
        self.times, self.runs = times, 0
        memory = people.engines["alice"].attach()
        assert memory is not None
        self.store, self.word = memory.store, memory.layout.announced(1)
        self.sound = self.store.load(self.word)

    def __call__(self, *given: object) -> Result:
        result = self.run(*given)
        self.runs += 1
        if self.runs <= self.times:
            self.store.store(self.word, 0 if self.store.load(self.word) else self.sound)
        return result


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_what_changed_meanwhile_is_run_again(room: str, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """SEG-JOURNAL-6."""
    with company(room, TWO) as people:
        people.founded().talking()
        restless = Restless(people, times)
        monkeypatch.setattr(step, "_run", restless)
        result = people.do("alice", "send", peer="bob", body=b"hi")
        assert restless.runs == times + 1
        # After an even number of changes bob is announced, as it was.
        if times % 2:
            assert isinstance(result, Rejected) and result.clause == "SEG-SEND-3"
        else:
            assert isinstance(result, Step)
            (event,) = people.ok("bob", "receive", peer="alice").events
            assert getattr(event, "body", None) == b"hi" and getattr(event, "gap", None) == 0


def test_the_last_round_takes_its_locks_first(room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with company(room, TWO) as people:
        people.founded().talking()
        restless = Restless(people, ROUNDS + 5)
        monkeypatch.setattr(step, "_run", restless)
        assert isinstance(people.do("alice", "send", peer="bob", body=b"hi"), Rejected)
        assert restless.runs == ROUNDS + 1


def test_what_keeps_changing_is_given_up_at_the_deadline(room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with company(room, TWO) as people:
        people.founded().talking()
        monkeypatch.setattr(step, "_run", Restless(people, 100))
        people.engines["alice"]._patience = 0.0
        with pytest.raises(errors.LockTimeout, match="kept changing"):
            people.do("alice", "send", peer="bob", body=b"hi")


def test_what_does_not_fit_a_cell_is_refused_and_changes_nothing(room: str) -> None:
    with company(room, TWO, "LR1", ROOMY) as people:
        people.founded()
        for name in TWO:
            people.ok(name, "join")
        before, seen = people.engines["alice"].me, people.engines["alice"].observe()
        people.no("SEG-STORE-5", "alice", "exchange", peer="bob")
        assert people.engines["alice"].me == before
        assert people.engines["alice"].observe() == seen


class Spoiler:
    """Stores into alice's commit word while she is at work: before she looks at it, or once she has begun to store."""

    def __init__(self, people: Company) -> None:
        memory = people.engines["bob"].attach()
        assert memory is not None
        self.memory, self.stores = memory, 0

    def __call__(self, moment: Moment) -> None:
        self.stores += moment is Moment.BEFORE
        if self.stores == 1 and moment is Moment.BEFORE:
            self.spoil()

    def spoil(self) -> None:
        self.memory.store.store(self.memory.layout.commit(0), 1 << 63)

    def mend(self) -> None:
        self.memory.store.store(self.memory.layout.commit(0), 0)

    def push(self, to: int) -> None:
        """Make the record that lies behind the last of alice's the last."""
        layout, store = self.memory.layout, self.memory.store
        if self.memory.ring(to, 0)[1] == 0:
            store.store(layout.tail(to, 0), store.load(layout.tail(to, 0)) + 1)


def test_a_message_that_was_refused_lies_nowhere(room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEG-SEND-10, SEG-JOURNAL-1: whoever moves a counter afterwards has nothing delivered that was not sent."""
    with company(room) as people:
        people.founded().talking()
        spoiler, run, before = Spoiler(people), step._run, people.engines["alice"].me

        def spoiled(*given: object) -> Result:
            result = run(*given)
            spoiler.spoil()
            return result

        monkeypatch.setattr(step, "_run", spoiled)
        monkeypatch.setattr(Journals, "_touching", lambda *_: None)
        with pytest.raises(errors.MalformedObject, match="did not commit"):
            people.do("alice", "multicast", peers=("bob", "carol"), body=b"hi")
        assert people.engines["alice"].me == before
        monkeypatch.undo()
        spoiler.mend()
        for to, name in ((1, "bob"), (2, "carol")):
            spoiler.push(to)
            assert isinstance(people.do(name, "receive", peer="alice"), Rejected)


def test_a_message_that_is_being_stored_was_sent_whatever_else_is_stored(room: str) -> None:
    """SEG-SEND-10: from the first store on nothing refuses."""
    with company(room) as people:
        people.founded().talking()
        spoiler, attached = Spoiler(people), people.engines["alice"].attach()
        assert attached is not None
        attached.store._hook = spoiler
        assert isinstance(people.do("alice", "multicast", peers=("bob", "carol"), body=b"hi"), Step)
        assert spoiler.stores > 2
        for name in ("bob", "carol"):
            (event,) = people.ok(name, "receive", peer="alice").events
            assert getattr(event, "body", None) == b"hi"


def creation(engine: Engine, capacity: Capacity = ROOMY) -> Result:
    return engine.perform("create", capacity=capacity, profile=HARDENED.label, origin=ORIGIN)


def test_a_room_whose_semaphores_cannot_be_made_is_taken_back(room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise errors.NoSemaphore("SEG-WAKE-1", "no semaphore", "make room")

    with Engine(room, person("alice"), "LR0") as alice:
        monkeypatch.setattr(wakeup, "create_semaphores", refuse)
        with pytest.raises(errors.NoSemaphore):
            creation(alice)
        assert room not in rooms.rooms()
        monkeypatch.undo()
        assert isinstance(creation(alice), Step)


def test_a_room_whose_authority_cannot_be_kept_is_taken_back(room: str, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    with Engine(room, person("alice"), "LR0", authority=AuthorityFile(folder / "authority")) as alice:
        with pytest.raises(FileNotFoundError):
            creation(alice)
        assert room not in rooms.rooms() and alice.me.authority is None
        folder.mkdir()
        assert isinstance(creation(alice), Step)


def test_authority_outlives_the_process(room: str, tmp_path: Path) -> None:
    file = AuthorityFile(tmp_path / "authority")
    with Engine(room, person("alice"), "LR0", authority=file) as alice:
        creation(alice)
    with Engine(room, person("alice"), "LR0", authority=file) as again:
        assert isinstance(again.perform("revoke", subject="alice"), Step)
    with Engine(room, person("alice"), "LR0") as without:
        result = without.perform("revoke", subject="alice")
        assert isinstance(result, Rejected) and result.clause == "SEG-WHO-1"


def test_an_absurd_capacity_is_refused_and_nothing_is_left(room: str) -> None:
    with Engine(room, person("alice"), "LR0") as alice:
        for capacity in (Capacity(0, 1, 1, 1, 512), Capacity(8, 1 << 31, 1, 1, 512), Capacity(8, 8, 8, 8, 1 << 40)):
            with pytest.raises(errors.BadCapacity):
                creation(alice, capacity)
            assert room not in rooms.rooms()


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [("fly", {}), ("send", {"peer": "bob"}), ("join", {"peer": "bob"}), ("multicast", {"peers": "bob", "body": b""})],
)
def test_what_is_no_operation_is_a_usage_error(room: str, operation: str, arguments: dict[str, object]) -> None:
    with company(room, TWO) as people:
        people.founded()
        with pytest.raises(UsageError):
            people.do("alice", operation, **arguments)


def test_a_transition_that_looks_outside_its_footprint_is_found_out(room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """LR-STEP-3."""
    with company(room, TWO) as people:
        people.founded().talking()
        monkeypatch.setattr(step, "perform", lambda _, at, **__: at.alive("bob"))
        with pytest.raises(FootprintError):
            people.do("alice", "send", peer="bob", body=b"")
        monkeypatch.setattr(step, "perform", lambda _, at, **__: at.acl.entries())
        with pytest.raises(FootprintError):
            people.do("alice", "send", peer="bob", body=b"")
