"""Many processes read and write one value and are killed at random: every read is a whole value that somebody wrote."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lockedroom.backend.stash.engine import Stash, store_of
from lockedroom.reference.stash.keys import Key
from lockedroom.reference.stash.profile import SWITCHES
from tests.backend.stash.worker import value, whole

WORKER = Path(__file__).with_name("worker.py")


class Worker:
    """One place among the processes: whoever is killed there is followed by another, until all turns are taken."""

    def __init__(self, number: int, turns: int, told: list[str], folder: Path) -> None:
        self.number = number
        self.left = turns
        self.kills = self.rounds = 0
        self._told = told
        self._folder = folder
        self._start()

    def _start(self) -> None:
        self._out = self._folder / f"{self.number}-{self.rounds}-{self.kills}"
        with self._out.open("wb") as out:
            command = [sys.executable, str(WORKER), *self._told, str(self.number), str(self.left)]
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        """End it in the middle of whatever it does, and let another go on."""
        self.process.kill()
        self.process.wait()
        said = self._out.read_text().split()
        assert all(word.isdigit() for word in said), said
        self.left -= int(said[-1]) if said else 0
        self.kills += 1
        if self.left:
            self._start()

    def again(self, turns: int) -> None:
        """Let another one go on where this one is done."""
        self.left = turns
        self.rounds += 1
        self._start()

    def done(self) -> bool:
        """Whether it has taken all its turns. Fails when it found anything wrong."""
        code = self.process.poll()
        assert code in (None, 0, -9), self._out.read_text()
        return code is not None


def storm(store: str, profile: str, folder: Path, *, processes: int, turns: int, kills: int) -> None:
    raw, rng = os.urandom(32), random.Random(7)
    stash = Stash(Key(raw, raw[:16]), store_of(store), SWITCHES.profiles[profile], patience=300)
    stash.perform("write", body=value(99, 1))
    workers = [Worker(number, turns, [store, profile, raw.hex()], folder) for number in range(processes)]
    try:
        killed = 0
        while killed < kills or not all(worker.done() for worker in workers):
            time.sleep(rng.uniform(0.02, 0.4))
            running = [worker for worker in workers if not worker.done()]
            if killed < kills and running:
                rng.choice(running).kill()
                killed += 1
            elif killed < kills:  # all are done sooner than this process came to kill any
                for worker in workers:
                    worker.again(turns)
        found = stash.perform("read").events[0]
        assert whole(found.body)
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.wait()
        stash.perform("remove", purge=True)
    assert not [name for name in os.listdir("/dev/shm") if stash.locator in name]


@pytest.mark.parametrize("store", ["auto", "memory"])
def test_some_processes(store: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """STASH-STORE-1, STASH-SHM-2: as-written, where no seal would hide what is torn or mixed."""
    record_property("store", store_of(store).name)
    storm(store, "as-written", tmp_path, processes=3, turns=1500, kills=3)


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("store", ["auto", "memory"])
def test_eight_processes_of_ten_thousand_turns(
    store: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """STASH-STORE-1, STASH-SHM-2."""
    record_property("store", store_of(store).name)
    storm(store, "hardened", tmp_path, processes=8, turns=10_000, kills=40)
