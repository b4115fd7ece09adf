"""The parts that several processes play together in one room: `python crowd.py PART ROOM NAME ...`.

A part speaks lines: what it has come to, and at its end one line of JSON with what it saw.
"""

import json
import select
import sys
import time

import lockedroom
from lockedroom.backend.segment.engine import Engine
from lockedroom.backend.segment.member import JoinedMember
from lockedroom.backend.segment.room import Room
from tests.backend.segment.company import PATIENCE, person

HASTE = 0.02
"""How long a part that has something else to do waits for a message, in seconds."""


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def joined(room: str, name: str, suite: str) -> JoinedMember:
    return Room(Engine(room, person(name), suite, patience=PATIENCE)).join()


def meet(member: JoinedMember, everybody: list[str]) -> None:
    """Until a key is shared with everybody: those later in the list offer it."""
    earlier = everybody[: everybody.index(member.name)]
    missing = set(everybody) - {member.name}
    offered: set[str] = set()
    deadline = time.monotonic() + PATIENCE
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


READERS = {"alice", "bob"}
"""Those who live through all kills: nothing is sent unless it goes to both."""


def write(room: str, name: str, suite: str, life: str, last: str) -> None:
    """Multicast numbered messages to whoever reads, until killed or through with `last` of them; say the number of
    each once it is sent. Rotates now and then."""
    with joined(room, name, suite) as member:
        say(joined=name)
        number = 0
        while number < int(last):
            assert member.receive(timeout=0) is None
            offer(member)
            peers = tuple(peer for peer in member.peers() if peer in READERS | {"erin"})
            if not set(peers) >= READERS:
                time.sleep(HASTE / 10)
                continue
            try:
                member.multicast(body_of(name, life, number + 1), peers=peers)
            except lockedroom.Refused as refused:
                assert refused.clause in ("SEG-FULL-2", "SEG-SEND-3", "SEG-SEND-4"), refused
                time.sleep(HASTE / 20)
                continue
            number += 1
            print(number, flush=True)
            if number % 25 == 0:
                try:
                    member.rotate("alice" if number % 50 else "bob")
                except lockedroom.Refused as refused:
                    assert refused.clause in ("SEG-ROTATE-1", "SEG-FULL-5"), refused
        say(done=number)
        sys.stdin.readline()


def offer(member: JoinedMember) -> None:
    """Offer a key to every reader that is there and has none."""
    for peer in (READERS | {"erin"}) - set(member.peers()):
        try:
            member.exchange(peer)
        except lockedroom.Refused as refused:
            assert refused.clause in ("SEG-EXCHANGE-2", "SEG-EXCHANGE-6", "SEG-FULL-1"), refused


def body_of(name: str, life: str, number: int) -> bytes:
    """A body of which it shows when any part is not of it."""
    text = f"{name} {life} {number} ".encode()
    return text * (600 // len(text))


def read(room: str, name: str, suite: str) -> None:
    """Say every message that comes, until told to end."""
    with joined(room, name, suite) as member:
        say(joined=name)
        while not select.select([sys.stdin], [], [], 0)[0]:
            try:
                message = member.receive(timeout=HASTE)
            except lockedroom.Refused as refused:
                say(refused=refused.clause)
                continue
            for notice in member.notices():
                if isinstance(notice, lockedroom.Problem):
                    say(problem=str(notice))
            if message is not None:
                writer, life, number = message.body.decode().split()[:3]
                whole = message.body == body_of(writer, life, int(number)) and message.peer == writer
                say(message=[writer, int(life), int(number)], gap=message.gap, whole=whole)


if __name__ == "__main__":
    parts = {part.__name__: part for part in (all_to_all, write, read)}
    parts[sys.argv[1]](*sys.argv[2:])
