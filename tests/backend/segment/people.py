"""People for the tests of the Python API: identities, rooms that they share, and the parts that other processes play
(`python people.py PART ROOM NAME ARGUMENT ...`)."""

import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable

import lockedroom
from lockedroom import Identity, JoinedMember, Message, Room

SMALL = lockedroom.Capacity(members=4, quota=4, posts=6, entries=16, record=2048)
PATIENCE = 300.0
"""How long is waited for what must come, in seconds."""


def person(name: str) -> Identity:
    """The identity of a name, the same in every process."""
    return Identity(name, hashlib.sha256(name.encode()).digest())


def enter(room: str, name: str) -> Room:
    """Attached as `name` to the room that alice has made."""
    return lockedroom.attach(room, person(name), creator=person("alice").public, patience=PATIENCE)


def share(*members: JoinedMember) -> None:
    """Share keys: each with all that come after."""
    for number, maker in enumerate(members):
        others = members[number + 1 :]
        maker.exchange(*(other.name for other in others))
        for other in others:
            assert other.receive(timeout=0) is None


def heard(member: JoinedMember, seconds: float = PATIENCE) -> Message:
    """The next message, which must come."""
    message = member.receive(timeout=seconds)
    assert message is not None, "nothing came"
    return message


def say(*words: object) -> None:
    print(*words, flush=True)


def told() -> str:
    return sys.stdin.readline().rstrip("\n")


# ---- parts -------------------------------------------------------------------------------------------


def echo(room: str, name: str) -> None:
    """Share keys with everybody; send back what comes until told `end`; leave."""
    with enter(room, name) as there, there.join() as me:
        me.exchange()
        say("joined")
        for message in me:
            if message.body == b"end":
                break
            me.send(message.peer, b"echo " + message.body, wait=PATIENCE)
    say("left")


def sit(room: str, name: str) -> None:
    """Join, share keys, and do nothing until killed."""
    with enter(room, name) as there, there.join() as me:
        me.exchange()
        say("joined")
        signal.pause()


def storm(room: str, name: str, hit: str) -> None:
    """Receive numbered messages until told `end`, interrupted again and again; say their numbers, and how often. Every
    interrupt is a byte in the file `hit`."""
    got: list[Message] = []
    hits, inside = 0, False
    noted = os.open(hit, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def handler(*_: object) -> None:
        nonlocal hits
        if inside:
            hits += os.write(noted, b"!")
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, handler)
    with enter(room, name) as there, there.join() as me:
        say("joined")
        while not me.peers():
            me.receive(timeout=0.1)
        say("ready")
        while not got or got[-1].body != b"end":
            try:
                inside = True
                message = me.receive(timeout=1)
                if message is not None:
                    got.append(message)
                inside = False
            except KeyboardInterrupt:
                inside = False
        say(*(message.body.decode() for message in got[:-1]))
        say(hits)


def hold(room: str, name: str) -> None:
    """Hold every slot of the room, and stop in the middle."""
    from lockedroom.backend import shm
    from lockedroom.backend.locks import Locks, Mode

    with shm.attach(room) as store:
        wanted = dict.fromkeys(store.layout.slots(), Mode.EXCLUSIVE)
        with Locks(store).holding(wanted, time.monotonic() + PATIENCE):
            say("held")
            os.kill(os.getpid(), signal.SIGSTOP)


def flood(room: str, name: str, peer: str, count: str) -> None:
    """Send that many numbered messages as fast as the peer reads."""
    with enter(room, name) as there, there.join() as me:
        me.exchange(peer)
        say("joined")
        for number in range(int(count)):
            me.send(peer, b"%d" % number, wait=PATIENCE)
        told()


def fork(room: str, name: str) -> None:
    """Join and fork; the child says how each use is refused."""
    with enter(room, name) as there:
        me = there.join()
        uses: tuple[Callable[[], object], ...] = (
            lambda: me.send("alice", b"x"),
            lambda: me.receive(timeout=0),
            me.peers,
            there.members,
            there.join,
            me.leave,
        )
        child = os.fork()
        if child == 0:
            for use in uses:
                try:
                    use()
                except lockedroom.BackendError as error:
                    say(type(error).__name__, error.clause)
            there.close()
            say("forgotten" if there.engine._me is None else "kept")
            os._exit(0)
        os.waitpid(child, 0)
        say("parent", there.members()[1].alive)


PARTS = {part.__name__: part for part in (echo, sit, storm, hold, flood, fork)}

if __name__ == "__main__":
    PARTS[sys.argv[1]](*sys.argv[2:])
