"""Removes the rooms that a test's companies have made, before the check that nothing is left; prints counts at the
end."""

import os
import subprocess
from collections.abc import Callable, Iterator

import pytest

from lockedroom.backend import rooms
from lockedroom.backend.process import Process, this_process
from lockedroom.backend.segment import engine as engine_module
from tests.backend.conftest import NUMBERS

COUNTS = pytest.StashKey[list[str]]()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Has a line printed at the end of the run, whatever is captured."""
    return request.config.stash.setdefault(COUNTS, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash.get(COUNTS, [])
    if lines:
        terminalreporter.section("rooms in shared memory")
    for line in lines:
        terminalreporter.line(line)


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
