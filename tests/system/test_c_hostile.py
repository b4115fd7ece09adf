"""The C implementation reads hostile bytes: built with the sanitizers it answers whatever lies in the object."""

from __future__ import annotations

import mmap
import os
import random
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockedroom.backend import rooms
from lockedroom.conformance.process import Process
from lockedroom.conformance.protocol import Do, Done, Nothing, Observation, Observe, Refused, Reset, Start
from lockedroom.conformance.schemas import Json
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.segment.records import Capacity
from tests.system.c_build import made

CAPACITY = Capacity(2, 2, 2, 4, 512)
RIGHTS: Json = ["join", "exchange", "send"]
KEYS = {"alice": bytes(range(32)), "bob": bytes(range(1, 33))}
EDGES = (0, 1, 2, 3, 2**16 + 1, 3 * 2**16 + 4, 2**31, 2**32 - 1, 2**63, 2**64 - 1)

ACL, BOARD, ITEM = 1024, 1024 + 4 * 512 + 64, 2 * 512 + 4160
INBOXES, RING = BOARD + 2 * 5184, 3 * 512 + 128
CELLS = (
    128,
    *(ACL + 64 + 512 * entry for entry in range(4)),
    *(BOARD + ITEM * member + 64 + at for member in range(2) for at in (0, 2048, 4096, 4096 + 512)),
    *(INBOXES + RING * lane + 128 + 512 * record for lane in range(4) for record in range(3)),
)
"""Where the cells of this capacity are: header, entries, halves and posts, records."""

LENGTHS = (0, 1, 505, 509, 512, 893, 1021, 2045, 2**24, 2**31, 2**32 - 1)

LIVELY: tuple[tuple[str, str, dict[str, Json]], ...] = (
    ("alice", "exchange", {"peer": "bob"}),
    ("bob", "exchange", {"peer": "alice"}),
    ("alice", "send", {"peer": "bob", "body": "one"}),
    ("bob", "accept", {"peer": "alice"}),
    ("bob", "receive", {"peer": "alice"}),
    ("alice", "accept", {"peer": "bob"}),
    ("alice", "rotate", {"peer": "bob"}),
    ("bob", "receive", {"peer": "alice"}),
    ("bob", "acknowledge", {"peer": "alice"}),
    ("alice", "publish", {"body": "two"}),
    ("bob", "read", {"peer": "alice"}),
    ("bob", "multicast", {"peers": ["alice"], "body": "three"}),
    ("alice", "receive", {"peer": "bob"}),
    ("bob", "reap", {"peer": "alice"}),
    ("alice", "grant", {"subject": "carol", "key": "bob", "rights": RIGHTS}),
    ("alice", "revoke", {"subject": "bob"}),
    ("bob", "review", {}),
    ("bob", "leave", {}),
    ("bob", "join", {}),
)


class Pair:
    """Alice and bob, each in a process of its own, in a room that they share with nobody."""

    def __init__(self, adapter: str, directory: Path) -> None:
        self.room = f"hostile-{os.getpid()}-{secrets.token_hex(3)}"
        public = {name: RealSuite("LR0").signing_public(key).hex() for name, key in KEYS.items()}
        self.processes = {name: Process([adapter]) for name in KEYS}
        self._resets = {
            name: Reset(
                "reset", "segment", "hardened", "LR0", CAPACITY, ("alice", "bob"), name, self.room, "77" * 32,
                KEYS[name].hex(), public, str(directory / name),
            )
            for name in KEYS
        }  # fmt: skip
        for name, process in self.processes.items():
            (directory / name).mkdir()
            process.ask(Start("start", 1), 30)
        self._step = 0

    def begin(self) -> None:
        """A new room, in which both have joined."""
        rooms.remove(self.room)
        for name, process in self.processes.items():
            assert isinstance(process.ask(self._resets[name], 15), Nothing)
        for actor, operation, arguments in (
            ("alice", "create", {}),
            ("alice", "grant", {"subject": "bob", "key": "bob", "rights": RIGHTS}),
            ("alice", "join", {}),
            ("bob", "join", {}),
        ):
            assert isinstance(self.do(actor, operation, arguments), Done)

    def do(self, actor: str, operation: str, arguments: dict[str, Json]) -> object:
        """The reply, which is a step or a refusal, whatever lies in the object."""
        self._step += 1
        reply = self.processes[actor].ask(Do("do", self._step, operation, arguments), 15)
        assert isinstance(reply, Done | Refused), reply
        return reply

    def observe(self) -> None:
        """Both look, and see something."""
        for process in self.processes.values():
            assert isinstance(process.ask(Observe("observe"), 15), Observation)

    def spoil(self, chance: random.Random, times: int) -> None:
        """Words and bytes of the object, any but the first eight words: those are looked at when attaching alone."""
        with (
            Path("/dev/shm", f"lockedroom.{self.room}").open("r+b") as file,
            mmap.mmap(file.fileno(), 0) as memory,
        ):
            written = [at for at in range(64, len(memory)) if memory[at]]
            for _ in range(times):
                kind = chance.randrange(4)
                at = chance.choice(written) if kind else chance.randrange(64, len(memory) - 8)
                if kind == 2:
                    at = chance.choice(CELLS)
                    memory[at : at + 4] = chance.choice(LENGTHS).to_bytes(4, "little")
                elif kind == 1:
                    memory[at] ^= 1 << chance.randrange(8)
                else:
                    value = chance.choice(EDGES)
                    memory[at // 8 * 8 : at // 8 * 8 + 8] = value.to_bytes(8, "little")

    def end(self) -> None:
        """Nothing is left."""
        for process in self.processes.values():
            process.kill()
        rooms.remove(self.room)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both, sanitized."""
    pair = Pair(made(tmp_path_factory.mktemp("sanitized"), "SANITIZE=1"), tmp_path_factory.mktemp("members"))
    yield pair
    pair.end()


@pytest.mark.parametrize("seed", range(60))
def test_whatever_lies_in_the_object_it_answers(pair: Pair, seed: int) -> None:
    chance = random.Random(seed)
    pair.begin()
    refused = set()
    for turn, (actor, operation, arguments) in enumerate(LIVELY):
        if turn > seed % 12:
            pair.spoil(chance, 1 + seed % 4)
        reply = pair.do(actor, operation, arguments)
        pair.observe()
        if isinstance(reply, Refused):
            refused.add(reply.clause)
    assert refused


@pytest.mark.parametrize("size", [0, 8, 1023, 1024, 4096])
def test_an_object_of_another_size_is_refused(pair: Pair, size: int) -> None:
    pair.begin()
    rooms.remove(pair.room)
    path = Path("/dev/shm", f"lockedroom.{pair.room}")
    path.write_bytes((b"LKDROOM1" + (1).to_bytes(8, "little") + b"\xff" * 4096)[:size])
    for process, reset in zip(pair.processes.values(), pair._resets.values(), strict=True):
        process.ask(reset, 15)
    reply = pair.do("bob", "join", {})
    path.unlink()
    assert isinstance(reply, Refused)
    assert reply.clause == ("SEG-STORE-7" if size == 0 else "SEG-STORE-8")
