"""Semaphores: woken by a post, awake without one, and never for longer than asked."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import posix_ipc
import pytest

from lockedroom.backend import clauses, rooms, wakeup
from lockedroom.backend.errors import ExitCode, NoSemaphore
from lockedroom.backend.shm import Store
from lockedroom.backend.wakeup import Wakeups
from tests.backend.harness import Actor, eventually, soon


@pytest.fixture
def wakeups(room: str, store: Store) -> Iterator[Wakeups]:
    wakeup.create_semaphores(room, 3)
    with Wakeups(room) as made:
        yield made


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks up by itself: what ends a wait is what the test is about, however slow the machine."""
    monkeypatch.setattr(wakeup, "RECHECK", 600.0)


@pytest.mark.usefixtures("never")
def test_a_post_of_another_process_wakes(room: str, wakeups: Wakeups) -> None:
    woken: list[bool] = []

    def wait() -> None:
        woken.append(wakeups.wait(1, soon()))

    with Actor("ring", room, 1) as actor:
        actor.hear()
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.1)
        assert woken == []
        actor.tell()
        thread.join()
    assert woken == [True]


@pytest.mark.usefixtures("never")
def test_a_wait_ends_at_its_deadline(wakeups: Wakeups) -> None:
    start = time.monotonic()
    assert wakeups.wait(0, start + 0.2) is False
    assert 0.2 <= time.monotonic() - start < 300
    assert wakeups.wait(0, start) is False


def test_a_wait_looks_up_within_a_second_whatever_the_deadline(wakeups: Wakeups) -> None:
    """SEG-WAKE-3."""
    start = time.monotonic()
    assert wakeups.wait(0, start + 600) is False
    assert wakeup.RECHECK == 1.0 <= time.monotonic() - start < 300


def test_what_nobody_posted_is_found_all_the_same(wakeups: Wakeups) -> None:
    end = time.monotonic() + 0.3
    found = wakeups.wait_for(0, lambda: "it" if time.monotonic() > end else None, soon(600))
    assert found == "it"
    assert time.monotonic() - end < 300


@pytest.mark.usefixtures("never")
def test_waiting_in_vain_ends(wakeups: Wakeups) -> None:
    start = time.monotonic()
    looks: list[None] = []
    assert wakeups.wait_for(0, lambda: looks.append(None), start + 0.2) is None
    assert 0.2 <= time.monotonic() - start < 300
    assert len(looks) == 2


def test_a_post_is_for_one_member_and_waits_for_it(wakeups: Wakeups) -> None:
    wakeups.post(2)
    assert wakeups.wait(0, 0.0) is False
    assert wakeups.wait(2, 0.0) is True
    assert wakeups.wait(2, 0.0) is False


def test_posts_that_nobody_takes_do_not_pile_up(wakeups: Wakeups) -> None:
    for _ in range(100):
        wakeups.post(2)
    assert [wakeups.wait(2, 0.0) for _ in range(3)] == [True, False, False]


@pytest.mark.usefixtures("never")
def test_signals_neither_end_nor_prolong_a_wait(wakeups: Wakeups) -> None:
    handled = []
    before = signal.signal(signal.SIGALRM, lambda *_: handled.append(time.monotonic()))
    start = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.03, 0.03)
    try:
        while len(handled) < 5:  # once, but where the machine hardly gets to it
            start = time.monotonic()
            assert wakeups.wait(0, start + 0.3) is False
        took = time.monotonic() - start
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert 0.3 <= took < 300


@pytest.mark.usefixtures("never")
def test_a_handler_that_raises_ends_a_wait(wakeups: Wakeups) -> None:
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            wakeups.wait_for(0, lambda: None, start + 600)
        assert time.monotonic() - start < 300
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("use", [lambda w: w.post(7), lambda w: w.wait(7, 0.0)])
def test_a_missing_semaphore_is_told(room: str, wakeups: Wakeups, use: object) -> None:
    assert callable(use)
    with pytest.raises(NoSemaphore, match="member 7") as caught:
        use(wakeups)
    assert room in str(caught.value)
    assert (caught.value.clause, caught.value.exit_code) == (clauses.SEMAPHORE, ExitCode.REFUSED)


def test_the_kernels_permission_is_needed(room: str, store: Store) -> None:
    wakeup.create_semaphores(room, 1, mode=0)
    with Actor("stranger", room, "post") as actor:
        assert actor.end() == (0, "NoSemaphore REFUSED")


def test_a_stranger_cannot_remove_them(room: str, wakeups: Wakeups) -> None:
    with Actor("stranger", room, "unlink_semaphores") as actor:
        said = "NotPermitted REFUSED" if os.geteuid() == 0 else "done"
        assert actor.end() == (0, said)


def test_semaphores_left_from_an_earlier_room_are_replaced(room: str, wakeups: Wakeups) -> None:
    wakeups.post(1)
    wakeup.create_semaphores(room, 3)
    with Wakeups(room) as fresh:
        assert fresh.wait(1, 0.0) is False


def test_a_name_that_cannot_be_had_is_told_and_nothing_stays(
    room: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = posix_ipc.Semaphore

    def taken(name: str, *rest: int, **named: int) -> posix_ipc.Semaphore:
        if name.endswith(".2"):
            raise posix_ipc.ExistentialError("exists")
        return real(name, *rest, **named)

    monkeypatch.setattr(posix_ipc, "Semaphore", taken)
    with pytest.raises(NoSemaphore):
        wakeup.create_semaphores(room, 3)
    assert [name for name in wakeup.listed() if f"sem.lockedroom.{room}." in name] == []


def test_all_go_with_the_room(room: str, wakeups: Wakeups) -> None:
    assert len([name for name in wakeup.listed() if f"sem.lockedroom.{room}." in name]) == 3
    rooms.remove(room)
    assert eventually(lambda: not any(room in name for name in wakeup.listed()), 0.0)
    wakeup.unlink_semaphores(room)
