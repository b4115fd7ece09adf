"""Who is alive: the lock decides, then the process that took it last; never a pid alone."""

import os

import pytest

from lockedroom.backend import clauses, life, shm
from lockedroom.backend.errors import Occupied
from lockedroom.backend.journal import Journals
from lockedroom.backend.life import Liveness, Lives
from lockedroom.backend.locks import Locks
from lockedroom.backend.process import PID_LIMIT, this_process
from lockedroom.backend.shm import Store
from tests.backend.harness import Actor, soon

ALIVE, DEAD, UNKNOWN = Liveness.ALIVE, Liveness.DEAD, Liveness.UNKNOWN


def test_a_member_lives_while_its_process_does(room: str, lives: Lives) -> None:
    assert lives.is_dead(1) is True
    with Actor("live", room, 1, "leave") as actor:
        assert actor.hear() == "living"
        assert lives.verdict(1).liveness is ALIVE
        assert lives.is_dead(1) is False
        with pytest.raises(Occupied) as caught:
            lives.acquire(1, soon())
        assert caught.value.clause == clauses.LIFE
        assert str(actor.pid) in str(caught.value)
        assert not lives.holds(1)
        actor.process.kill()
        os.waitid(os.P_PID, actor.pid, os.WEXITED | os.WNOWAIT)
        # Dead, though nobody has waited for it yet: its pid and start time are still in /proc.
        assert f"process {actor.pid} has ended" in lives.verdict(1).reason
        assert lives.is_dead(1) is True
        actor.kill()
        assert f"no process {actor.pid}" in lives.verdict(1).reason
        assert lives.is_dead(1) is True
    lives.acquire(1, soon())
    assert lives.holds(1)
    assert lives.verdict(1).liveness is ALIVE


def test_a_member_that_left_is_not_there(room: str, lives: Lives) -> None:
    with Actor("live", room, 1, "leave") as actor:
        actor.hear()
        actor.tell()
        assert actor.hear() == "closed"
        assert "no process is named" in lives.verdict(1).reason
        assert lives.is_dead(1) is True


def test_a_free_lock_does_not_make_a_running_process_dead(room: str, lives: Lives) -> None:
    with Actor("live", room, 1, "close") as actor:
        actor.hear()
        actor.tell()
        assert actor.hear() == "closed"
        assert lives.verdict(1) == life.Verdict(ALIVE, f"its process {actor.pid} still runs")
        actor.kill()
        assert lives.is_dead(1) is True


def test_one_identity_joins_once_also_in_one_process(room: str, lives: Lives) -> None:
    lives.acquire(0, soon())
    with pytest.raises(Occupied):
        lives.acquire(0, soon())
    with shm.attach(room) as other:
        again = Lives(other, Journals(other, Locks(other)), this_process())
        with pytest.raises(Occupied):
            again.acquire(0, soon())
        again.release(0)
        assert again.verdict(0).liveness is ALIVE
        lives.release(0)
        again.acquire(0, soon())
        assert not lives.holds(0)


@pytest.mark.parametrize(
    ("pid", "start_time", "namespace", "expected"),
    [
        (0, 0, 0, DEAD),
        (None, 0, 0, ALIVE),
        (None, 1, 0, DEAD),  # the pid was given out again
        (None, 0, 1, UNKNOWN),
        (None, 1, 1, UNKNOWN),
        (PID_LIMIT, 0, 0, DEAD),
        (2**63, 0, 0, DEAD),
        (2**64 - 1, 0, 0, DEAD),
    ],
)
def test_what_the_life_cell_of_a_free_lock_says(
    store: Store, lives: Lives, pid: int | None, start_time: int, namespace: int, expected: Liveness
) -> None:
    """The pid (own if None), and how far start time and namespace are from this process's own."""
    me = this_process()
    cell = store.layout.life(2)
    store.store(cell[0], me.pid if pid is None else pid)
    store.store(cell[1], me.start_time + start_time)
    store.store(cell[2], me.namespace + namespace)
    assert lives.verdict(2).liveness is expected
    assert lives.is_dead(2) is {ALIVE: False, DEAD: True, UNKNOWN: None}[expected]


def test_no_life_cell_makes_the_holder_of_the_lock_dead(room: str, store: Store, lives: Lives) -> None:
    with Actor("live", room, 1, "leave") as actor:
        actor.hear()
        for word in store.layout.life(1):
            store.store(word, 2**64 - 1)
        assert lives.is_dead(1) is False
    lives.acquire(2, soon())
    store.store(store.layout.life(2)[0], 0)
    assert lives.is_dead(2) is False


def test_a_process_that_proc_hides_is_not_declared_dead(
    store: Store, lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = this_process()
    for word, value in zip(store.layout.life(2), (me.pid, me.start_time, me.namespace), strict=True):
        store.store(word, value)
    monkeypatch.setattr(life, "status_of", lambda pid: None)
    assert lives.is_dead(2) is None


def test_the_life_cell_names_its_holder(store: Store, lives: Lives) -> None:
    lives.acquire(2, soon())
    me = this_process()
    words = tuple(map(store.load, store.layout.life(2)))
    assert words == (me.pid, me.start_time, me.namespace)
    lives.release(2)
    assert store.load(store.layout.life(2)[0]) == 0
    lives.release(2)
