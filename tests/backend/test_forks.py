"""A forked child holds nothing of its parent's room, disturbs nothing, and is refused."""

import os
import signal

from lockedroom.backend import shm
from lockedroom.backend.journal import Journals
from lockedroom.backend.life import Lives
from lockedroom.backend.locks import Locks
from lockedroom.backend.ofd import held_elsewhere
from lockedroom.backend.process import this_process
from lockedroom.backend.regions import BOARD
from lockedroom.backend.shm import Store
from tests.backend.harness import Actor


def test_a_child_can_do_nothing_and_breaks_nothing(room: str, store: Store, lives: Lives) -> None:
    with Actor("fork", room, 1, "2x") as actor:
        heard = [actor.hear() for _ in range(10)]
        assert heard[:7] == ["Forked"] * 7
        assert "at once" in heard[7]
        assert heard[8] == "False 0"  # holds no life lock, has no descriptor or mapping of the room
        word, child = heard[9].split()
        assert word == "child"
        # The child has left the block and closed its store: the parent, still inside, holds all it held.
        assert held_elsewhere(store.descriptor, BOARD)
        assert lives.is_dead(1) is False
        actor.tell()
        assert actor.hear() == "left the block"
        assert not held_elsewhere(store.descriptor, BOARD)
        assert lives.is_dead(1) is False
        actor.kill()
        # The child outlives its parent, and keeps nothing of it alive.
        assert actor.hear() == "orphan"
        assert not held_elsewhere(store.descriptor, 0, 256)
        assert lives.is_dead(1) is True
        os.kill(int(child), signal.SIGKILL)


def test_the_end_of_a_child_does_not_end_its_parents_life(room: str, store: Store, lives: Lives) -> None:
    with Actor("fork", room, 1, "2x") as actor:
        heard = [actor.hear() for _ in range(10)]
        os.kill(int(heard[9].split()[1]), signal.SIGKILL)
        assert lives.is_dead(1) is False
        assert held_elsewhere(store.descriptor, BOARD)
        actor.tell()
        assert actor.hear() == "left the block"
        actor.tell()
        assert actor.end()[0] == 0


def test_another_attachment_is_not_touched_by_the_registry(room: str, store: Store) -> None:
    """What a process attaches after it was forked is its own."""
    with shm.attach(room) as other:
        fresh = Lives(other, Journals(other, Locks(other)), this_process())
        pid = os.posix_spawn("/bin/true", ["true"], {})
        os.waitpid(pid, 0)
        assert fresh.is_dead(0) is True
        assert store.usable
