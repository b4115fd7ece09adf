"""Locks on slots, between real processes."""

import signal
import threading
import time

import pytest

from lockedroom.backend import clauses, shm
from lockedroom.backend.errors import ExitCode, LockTimeout
from lockedroom.backend.layout import inbox
from lockedroom.backend.locks import Locks, Mode
from lockedroom.backend.ofd import held_elsewhere, try_lock, unlock
from lockedroom.backend.regions import ACL, BOARD, HEADER, LIFE
from lockedroom.backend.shm import Store
from tests.backend.harness import Actor, eventually, soon

X, S = Mode.EXCLUSIVE, Mode.SHARED
BRIEF = 0.15
PATIENCE = 60.0
"""What no load makes of a wait that ends by itself, in seconds."""


def had(locks: Locks, wanted: dict[int, Mode], seconds: float = BRIEF) -> bool:
    """Whether the slots are to be had in time."""
    try:
        with locks.holding(wanted, soon(seconds)):
            return True
    except LockTimeout:
        return False


@pytest.mark.parametrize(
    ("held", "wanted", "fits"),
    [
        ("2x", {BOARD: X}, False),
        ("2x", {BOARD: S}, False),
        ("2s", {BOARD: X}, False),
        ("2s", {BOARD: S}, True),
        ("2x", {ACL: X, HEADER: X, inbox(0): X}, True),
        ("66x", {inbox(1): X}, True),
        ("66x", {HEADER: S, inbox(2): S}, False),
    ],
)
def test_what_excludes_what(room: str, locks: Locks, held: str, wanted: dict[int, Mode], fits: bool) -> None:
    """SEG-LOCK-2."""
    with Actor("hold", room, held) as actor:
        assert actor.hear() == "held"
        assert had(locks, wanted) is fits
        actor.tell()
        assert actor.end()[0] == 0
    assert had(locks, wanted)


def test_a_stopped_holder_times_out_and_a_killed_one_lets_go(room: str, locks: Locks) -> None:
    """SEG-LOCK-4."""
    with Actor("hold", room, "1s,64x") as actor:
        assert actor.hear() == "held"
        actor.signal(signal.SIGSTOP)
        start = time.monotonic()
        with pytest.raises(LockTimeout) as caught, locks.holding({inbox(0): X}, start + 0.3):
            pass
        assert 0.3 <= time.monotonic() - start < PATIENCE
        assert caught.value.clause == clauses.LOCK
        assert caught.value.exit_code is ExitCode.INCOMPLETE
        assert "inbox of member 0" in str(caught.value)
        assert room in str(caught.value)
        actor.kill()
        assert had(locks, {inbox(0): X}, 0)


def test_a_deadline_in_the_past_still_takes_what_is_free(locks: Locks) -> None:
    with locks.holding({BOARD: X}, 0.0):
        assert locks.may_write(BOARD)


def test_after_a_timeout_nothing_is_held(room: str, store: Store, locks: Locks) -> None:
    with shm.attach(room) as other:
        assert try_lock(other.descriptor, BOARD, X)
        assert not had(locks, {HEADER: X, ACL: S, BOARD: X})
        assert not held_elsewhere(other.descriptor, 0, LIFE)
        unlock(other.descriptor, BOARD)
    assert had(locks, {HEADER: X, ACL: S, BOARD: X})


def test_an_error_in_the_block_lets_go(room: str, locks: Locks) -> None:
    with shm.attach(room) as other:
        with pytest.raises(ZeroDivisionError), locks.holding({BOARD: X}, soon()):
            assert held_elsewhere(other.descriptor, BOARD)
            raise ZeroDivisionError
        assert not held_elsewhere(other.descriptor, 0, LIFE)


def test_nothing_stays_locked(room: str, locks: Locks, store: Store) -> None:
    every = dict.fromkeys(store.layout.slots(), X)
    with shm.attach(room) as other:
        with locks.holding(every, soon()):
            assert all(held_elsewhere(other.descriptor, slot) for slot in every)
        assert not any(held_elsewhere(other.descriptor, slot) for slot in every)


def test_slots_are_taken_in_the_order_of_their_bytes(room: str, locks: Locks) -> None:
    """SEG-LOCK-3."""
    with shm.attach(room) as other:
        assert try_lock(other.descriptor, ACL, X)
        taken: list[bool] = []
        waiter = threading.Thread(target=lambda: taken.append(had(locks, {inbox(0): X, ACL: X, HEADER: X}, 300)))
        waiter.start()
        # It has what comes before the slot that it waits for, and nothing that comes behind it.
        assert eventually(lambda: held_elsewhere(other.descriptor, HEADER))
        time.sleep(0.02)
        assert not held_elsewhere(other.descriptor, inbox(0))
        unlock(other.descriptor, ACL)
        waiter.join()
    assert taken == [True]


def test_two_attachments_of_one_process_exclude_each_other(room: str, locks: Locks) -> None:
    """SEG-STORE-12."""
    with shm.attach(room) as other, Locks(other).holding({BOARD: X}, soon()):
        assert not had(locks, {BOARD: S})
        assert had(locks, {ACL: X})


def test_threads_of_one_store_take_turns(locks: Locks) -> None:
    inside, most, done = 0, 0, []

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            with locks.holding({BOARD: X}, soon()):
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1
        done.append(True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, len(done)) == (1, 4)


def test_a_thread_that_waits_for_another_times_out(locks: Locks) -> None:
    caught = []

    def work() -> None:
        with pytest.raises(LockTimeout, match="thread") as error, locks.holding({ACL: X}, soon(0.05)):
            pass
        caught.append(error.value)
        assert not locks.may_write(BOARD)

    with locks.holding({BOARD: X}, soon()):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(caught) == 1


def test_a_set_is_taken_at_once_or_not_at_all(locks: Locks) -> None:
    with locks.holding({BOARD: X}, soon()):
        with pytest.raises(RuntimeError, match="at once"), locks.holding({ACL: X}, soon()):
            pass
        assert locks.may_write(BOARD)
    assert not locks.may_write(BOARD)


def test_a_shared_slot_may_not_be_written(locks: Locks) -> None:
    with locks.holding({BOARD: S, ACL: X}, soon()):
        assert not locks.may_write(BOARD)
        assert locks.may_write(ACL)
        assert not locks.may_write(HEADER)


@pytest.mark.parametrize("byte", [-1, LIFE])
def test_only_slots_are_taken_here(locks: Locks, byte: int) -> None:
    with pytest.raises(ValueError, match="lock byte"), locks.holding({byte: X}, soon()):
        pass


def test_processes_that_want_the_same_in_any_order_lose_nothing(room: str, store: Store) -> None:
    word = store.layout.tail(0, 0)
    orders = ["0s,2x,64x", "64x,2x,0s", "2x,0s,64x"]
    actors = [Actor("contend", room, wanted, 200, word) for wanted in orders]
    try:
        assert [actor.end()[0] for actor in actors] == [0, 0, 0]
    finally:
        for actor in actors:
            actor.__exit__(None, None, None)
    assert store.load(word) == 600


def test_the_life_bytes_stay_locked_when_slots_are_let_go(room: str, locks: Locks, store: Store) -> None:
    assert try_lock(store.descriptor, LIFE, X)
    with locks.holding({BOARD: X}, soon()):
        pass
    with shm.attach(room) as other:
        assert held_elsewhere(other.descriptor, LIFE)
