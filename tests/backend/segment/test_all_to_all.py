"""Eight processes, each multicasting to all others: every replica arrives exactly once, and in order."""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from lockedroom.reference.segment.records import Capacity
from tests.backend.segment.company import NAMES, company

HERE = Path(__file__)
CROWDED = Capacity(members=8, quota=16, posts=8, entries=16, record=1536)


def part(stack: ExitStack, *arguments: object) -> Popen[str]:
    """A process of `crowd.py`, ended at the end."""
    return start(stack, "crowd.py", *arguments)


def start(stack: ExitStack, program: str, *arguments: object) -> Popen[str]:
    """A process of a program here, ended at the end."""
    process = Popen(
        [sys.executable, str(HERE.with_name(program)), *map(str, arguments)],
        stdin=PIPE,
        stdout=PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[3])},
    )
    stack.callback(end, process)
    return process


def end(process: Popen[str]) -> None:
    if process.poll() is None:
        process.kill()
    process.communicate()


def hear(process: Popen[str]) -> dict[str, object]:
    """The next thing it says."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "it ended before it had said so"
    return dict(json.loads(line))


def tell(process: Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.parametrize(
    ("suite", "rounds"),
    [
        ("LR0", 40),
        pytest.param("LR1", 1000, marks=[pytest.mark.full, pytest.mark.timeout(3600)]),
    ],
)
def test_every_replica_arrives_once_and_in_order(
    room: str, report: Callable[[str], None], suite: str, rounds: int
) -> None:
    with company(room, NAMES, suite, CROWDED) as people, ExitStack() as stack:
        people.founded()
        people.engines["alice"].close()
        crowd = {name: part(stack, "all_to_all", room, name, suite, rounds, *NAMES) for name in NAMES}
        for process in crowd.values():
            assert hear(process) == {"met": 7}
        started = time.monotonic()
        for process in crowd.values():
            tell(process)
        found = {name: hear(process) for name, process in crowd.items()}
        seconds = time.monotonic() - started
        for process in crowd.values():
            tell(process)
        for name, process in crowd.items():
            process.communicate()
            assert process.returncode == 0, name
        for name, one in found.items():
            assert one["seen"] == {peer: rounds for peer in NAMES if peer != name}
            assert one["problems"] == []
        replicas = 8 * 7 * rounds
        report(
            f"all to all, {suite}: {rounds} rounds, {replicas} replicas, {seconds:.1f} s, {replicas / seconds:.0f}/s"
        )
        seen = people.engines["bob"].observe()
        assert (seen.announced, seen.pending, seen.alive) == ((), {}, ())
