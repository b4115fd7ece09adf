"""Members are killed at random points of a long run: nothing that was committed is lost, nothing comes twice or torn,
the dead are reaped, and those who live go on."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from subprocess import Popen

import pytest

from lockedroom.backend.process import this_process
from lockedroom.reference.machine import Name, Rejected
from lockedroom.reference.segment.records import Capacity
from tests.backend.harness import eventually
from tests.backend.segment.company import PATIENCE, Company, company
from tests.backend.segment.test_all_to_all import part, tell

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank")
MORTAL = ("carol", "dave", "erin")
LIVING = ("alice", "bob")
SIX = Capacity(members=6, quota=12, posts=4, entries=16, record=1536)
LONG = 1 << 30


class Life:
    """One process of a member, from start to end, and all that it said."""

    def __init__(self, stack: ExitStack, people: Company, name: Name, number: int, last: int) -> None:
        self.name, self.number = name, number
        self.said: list[str] = []
        self.ready = threading.Event()
        writes = name in ("carol", "dave")
        words = ("write", people.room, name, people.suite, number, last) if writes else None
        self.process: Popen[str] = part(stack, *(words or ("read", people.room, name, people.suite)))
        self.ear = threading.Thread(target=self._listen)
        self.ear.start()
        stack.callback(self.ear.join)
        stack.callback(self.process.kill)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):
                self.said.append(line)
            self.ready.set()
        self.ready.set()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.ear.join()

    def end(self) -> None:
        """Tell it to end, and wait until it has."""
        tell(self.process)
        self.process.wait()
        self.ear.join()
        assert self.process.returncode == 0, f"{self.name} failed: {self.said[-3:]}"

    def confirmed(self) -> int:
        """The last message that it said it had sent."""
        return max((int(line) for line in self.said if line[0].isdigit()), default=0)

    def heard(self) -> Iterator[dict[str, object]]:
        return (json.loads(line) for line in self.said if line.startswith("{"))


class Run:
    """The whole run."""

    def __init__(self, stack: ExitStack, people: Company, seed: int) -> None:
        self.stack, self.people, self.chance = stack, people, random.Random(seed)
        self.lives: list[Life] = []
        self.current = {name: self.begin(name) for name in (*LIVING, *MORTAL)}
        self.witness = people.engines["frank"]
        people.ok("frank", "join")
        self.kills = self.reaped = 0

    def begin(self, name: Name, last: int = LONG) -> Life:
        number = sum(life.name == name for life in self.lives) + 1
        life = Life(self.stack, self.people, name, number, last)
        self.lives.append(life)
        return life

    def kill_one(self) -> None:
        """Kill somebody, have it reaped, and start it anew."""
        name = self.chance.choice(MORTAL)
        life = self.current[name]
        if self.chance.random() < 0.9:
            life.ready.wait(PATIENCE)
        time.sleep(self.chance.uniform(0, 0.12))
        assert life.process.poll() is None, f"{name} ended by itself: {life.said[-3:]}"
        life.kill()
        self.kills += 1
        result = self.people.do("frank", "reap", peer=name)
        # The others look for the dead as well, and one that had not joined yet left nothing.
        assert not isinstance(result, Rejected) or result.clause == "SEG-REAP-2", result
        self.reaped += not isinstance(result, Rejected)
        assert name not in self.witness.observe().announced
        self.current[name] = self.begin(name)

    def messages(self) -> int:
        return sum(life.confirmed() for life in self.lives)

    def finish(self, total: int) -> None:
        """Let it go on to so many messages, kill the writers, and end everybody else once all is read."""
        assert eventually(lambda: self.messages() >= total)
        for name in ("carol", "dave"):
            self.current[name].kill()
            self.people.do("frank", "reap", peer=name)
        assert eventually(lambda: not any(self.witness.observe().pending.get(name) for name in NAMES[:5]))
        for name in (*LIVING, "erin"):
            self.current[name].end()

    def check(self) -> dict[str, int]:
        """Everything that was said against everything that was sent."""
        counts = {"messages": 0, "deliveries": 0}
        wrote = {(life.name, life.number): life.confirmed() for life in self.lives if life.name in ("carol", "dave")}
        last: dict[Name, dict[tuple[Name, int], int]] = {}
        for life in self.lives:
            if life.name in ("carol", "dave"):
                continue
            seen = last[life.name] = {}
            for what in life.heard():
                assert "problem" not in what and "refused" not in what, f"{life.name}: {what}"
                if "message" not in what:
                    continue
                writer, number, message = what["message"]
                assert what["whole"] and what["gap"] == 0, f"{life.name}: {what}"
                before = seen.get((writer, number))
                if before is None and life.name in LIVING:
                    before = 0
                assert before is None or message == before + 1, f"{life.name} after {before}: {what}"
                seen[writer, number] = message
                counts["deliveries"] += 1
        for which, confirmed in wrote.items():
            alice, bob = (last[name].get(which, 0) for name in LIVING)
            assert alice == bob, f"{which}: {alice} for alice, {bob} for bob"
            assert confirmed <= alice <= confirmed + 1, f"{which}: said {confirmed}, {alice} came"
            counts["messages"] += alice
        return counts


@pytest.mark.parametrize(
    ("kills", "messages", "seed"),
    [
        (6, 300, 1),
        pytest.param(200, 10_000, 2, marks=[pytest.mark.full, pytest.mark.timeout(3600)]),
    ],
)
def test_nothing_is_lost_doubled_or_torn(
    room: str, report: Callable[[str], None], kills: int, messages: int, seed: int
) -> None:
    assert this_process().pid > 0
    started = time.monotonic()
    with company(room, NAMES, "LR1", SIX) as people, ExitStack() as stack:
        people.founded()
        people.engines["alice"].close()
        run = Run(stack, people, seed)
        while run.kills < kills:
            run.kill_one()
        run.finish(messages)
        counts = run.check()
        seconds = time.monotonic() - started
        report(f"long run: {run.kills} kills, {run.reaped} reaped by the witness, {counts}, {seconds:.0f} s")
        people.ok("frank", "leave")
        seen = run.witness.observe()
        assert (seen.announced, seen.pending, seen.alive, seen.posts) == ((), {}, (), {})
