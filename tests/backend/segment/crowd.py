"""The parts that several processes play together in one room: `python crowd.py PART ROOM NAME ...`.

A part speaks lines: what it has come to, and at its end one line of JSON with what it saw.
"""

import json
import sys
import time

import lockedroom
from lockedroom.backend.segment.engine import Engine
from lockedroom.backend.segment.member import JoinedMember
from lockedroom.backend.segment.room import Room
from tests.backend.segment.company import person

HASTE = 0.02
"""How long a part that has something else to do waits for a message, in seconds."""


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def joined(room: str, name: str, suite: str) -> JoinedMember:
    return Room(Engine(room, person(name), suite, patience=60)).join()


def meet(member: JoinedMember, everybody: list[str]) -> None:
    """Until a key is shared with everybody: those later in the list offer it."""
    earlier = everybody[: everybody.index(member.name)]
    missing = set(everybody) - {member.name}
    offered: set[str] = set()
    deadline = time.monotonic() + 60
    while missing - set(member.peers()):
        assert time.monotonic() < deadline, f"{member.name} misses {missing - set(member.peers())}"
        for peer in set(earlier) - offered:
            try:
                offered.update(member.exchange(peer))
            except lockedroom.Refused as refused:
                assert refused.clause == "SEG-EXCHANGE-2", refused
        assert member.receive(timeout=HASTE) is None


def all_to_all(room: str, name: str, suite: str, rounds: str, *everybody: str) -> None:
    """Multicast a number to all others in each round, and check that each of theirs comes once, in order."""
    last = int(rounds)
    with joined(room, name, suite) as member:
        meet(member, list(everybody))
        others = tuple(peer for peer in everybody if peer != name)
        say(met=len(others))
        sys.stdin.readline()
        seen = dict.fromkeys(others, 0)
        sent = full = 0
        while sent < last or min(seen.values()) < last:
            if sent < last:
                try:
                    member.multicast(f"{name} {sent + 1}".encode(), peers=others)
                    sent += 1
                except lockedroom.Refused as refused:
                    assert refused.clause == "SEG-FULL-2", refused
                    full += 1
            while (message := member.receive(timeout=0 if sent < last else HASTE)) is not None:
                seen[message.peer] += 1
                number = seen[message.peer]
                assert (message.body, message.gap) == (f"{message.peer} {number}".encode(), 0), message
                assert message.sequence == number, message
        problems = [str(notice) for notice in member.notices() if isinstance(notice, lockedroom.Problem)]
        say(seen=seen, full=full, problems=problems)
        sys.stdin.readline()


if __name__ == "__main__":
    parts = {part.__name__: part for part in (all_to_all,)}
    parts[sys.argv[1]](*sys.argv[2:])
