"""Removes the rooms that a test's companies have made, before the check that nothing is left."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from lockedroom.backend import rooms
from lockedroom.backend.process import Process, this_process
from lockedroom.backend.segment import engine as engine_module
from tests.backend.conftest import NUMBERS


@pytest.fixture
def room() -> Iterator[str]:
    """The name of a room that nobody has; removed afterwards."""
    name = f"t{os.getpid()}-{next(NUMBERS)}"
    yield name
    rooms.remove(name)


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every engine made in this process runs, as its life cell says, in a process that has ended: letting go of its
    life lock is then its death, as in a process of its own."""
    child = subprocess.Popen(["/bin/true"])
    child.wait()
    me = this_process()
    gone = Process(child.pid, me.start_time, me.namespace, me.boot)
    monkeypatch.setattr(engine_module, "this_process", lambda: gone)
