"""A fork that computes: it gives what the call gives, and it never outlives who asked it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from lockedroom.model.tabulated.forked import Forked

LOST = 60
"""Seconds that nothing takes here: a fork that is left behind is found by them."""

ASKS = """
import os, signal
from lockedroom.model.tabulated.forked import Forked

def work():
    print(os.getpid(), flush=True)
    while True:
        signal.pause()

with Forked(work) as fork:
    fork.result()
"""


def test_it_gives_what_the_call_gives_and_nothing_where_that_raises() -> None:
    with Forked(lambda: ("there", os.getpid())) as fork:
        found = fork.result()
    assert found is not None and found[0] == "there" and found[1] != os.getpid()
    with Forked(lambda: 1 // 0) as fork:
        assert fork.result() is None


def test_it_ends_with_the_process_that_asked_however_that_ends() -> None:
    """Who is killed while a fork of it computes cannot end that; whoever reads their output would wait for the fork."""
    with subprocess.Popen([sys.executable, "-c", ASKS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as asking:
        assert asking.stdout is not None
        fork = int(asking.stdout.readline())
        asking.kill()
        try:
            asking.communicate(timeout=LOST)  # ends when nobody is left who could write
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.kill(fork, signal.SIGKILL)
            pytest.fail("the fork goes on without anybody")
