"""The Python API: what members do with each other, in one process and in several."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

import lockedroom
from lockedroom import JoinedMember, Problem, Refused, Room
from lockedroom.backend import wakeup
from lockedroom.reference.machine import Step
from lockedroom.reference.segment import events
from tests.backend.harness import eventually
from tests.backend.segment.people import PATIENCE, SMALL, enter, heard, person, share
from tests.backend.segment.vandal import GEOMETRY, spoil


class House:
    """A room that alice has made and in which everybody is granted; who enters is let go of at the end."""

    def __init__(self, stack: ExitStack, room: str, suite: str) -> None:
        self.room, self._stack = room, stack
        self.alices = stack.enter_context(
            lockedroom.create(room, person("alice"), capacity=SMALL, suite=suite, patience=PATIENCE)
        )
        for name in ("bob", "carol", "dave"):
            self.alices.grant(person(name))

    def joined(self, *names: str) -> tuple[JoinedMember, ...]:
        """Members, joined in this process."""
        rooms = [
            self.alices if name == "alice" else self._stack.enter_context(enter(self.room, name)) for name in names
        ]
        return tuple(room.join() for room in rooms)

    def process(self, part: str, name: str, *arguments: object) -> "Other":
        """Another process that plays a part."""
        return self._stack.enter_context(Other(part, self.room, name, *arguments))


class Other(subprocess.Popen[str]):
    """A process of `people.py`, killed at the end of the block."""

    stdin: IO[str]
    stdout: IO[str]

    def __init__(self, *words: object) -> None:
        command = [sys.executable, str(Path(__file__).with_name("people.py")), *map(str, words)]
        super().__init__(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def hear(self) -> str:
        return self.stdout.readline().rstrip("\n")

    def __exit__(self, *raised: object) -> None:
        self.kill()
        self.communicate()


@pytest.fixture(params=["LR0", "LR1"])
def house(request: pytest.FixtureRequest, room: str) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(stack, room, str(request.param))


@pytest.fixture
def quick(room: str) -> Iterator[House]:
    """The same, under LR0 alone."""
    with ExitStack() as stack:
        yield House(stack, room, "LR0")


# ---- messages ----------------------------------------------------------------------------------------


def test_two_processes_talk_and_leave(house: House) -> None:
    (alice,) = house.joined("alice")
    bob = house.process("echo", "bob")
    assert bob.hear() == "joined"
    for number in range(20):
        if number == 0:
            assert alice.receive(timeout=0) is None  # takes bob's exchange
        alice.send("bob", b"%d" % number)
        assert heard(alice).body == b"echo %d" % number
    alice.send("bob", b"end")
    assert bob.hear() == "left" and bob.wait() == 0
    assert [(one.name, one.announced, one.alive) for one in house.alices.members()][:2] == [
        ("alice", True, True),
        ("bob", False, False),
    ]
    assert alice.notices() == (events.Accepted("bob", False),)
    with pytest.raises(Refused) as refused:
        alice.send("bob", b"are you there?")
    assert refused.value.clause == "SEG-SEND-3"


def test_multicast_reaches_everybody_in_order(house: House) -> None:
    alice, bob, carol = house.joined("alice", "bob", "carol")
    share(alice, bob, carol)
    assert alice.peers() == ("bob", "carol")
    assert alice.multicast(b"to all") == {"bob": 1, "carol": 1}
    assert alice.multicast(b"to one", peers=("carol",)) == {"carol": 2}
    assert [(heard(bob).body)] == [b"to all"]
    found = [heard(carol) for _ in range(2)]
    assert [(m.peer, m.body, m.sequence, m.gap) for m in found] == [
        ("alice", b"to all", 1, 0),
        ("alice", b"to one", 2, 0),
    ]
    assert carol.receive(timeout=0) is None


def test_what_is_published_stays_until_its_sender_leaves(quick: House) -> None:
    alice, bob, carol = quick.joined("alice", "bob", "carol")
    share(alice, bob, carol)
    assert alice.publish(b"first") == 1 and alice.publish(b"second") == 2
    for _ in range(2):
        assert [(post.number, post.body) for post in bob.read("alice")] == [(1, b"first"), (2, b"second")]
    assert bob.read() == bob.read("alice")
    with pytest.raises(Refused) as refused:
        bob.read("carol")
    assert refused.value.clause == "SEG-READ-1"
    alice.leave()
    assert bob.read() == ()


def test_a_full_inbox_is_refused_or_waited_for(quick: House) -> None:
    alice, bob = quick.joined("alice", "bob")
    share(alice, bob)
    for _ in range(SMALL.quota):
        alice.send("bob", b"x")
    began = time.monotonic()
    for wait in (0.0, 0.2):
        with pytest.raises(Refused) as refused:
            alice.send("bob", b"y", wait=wait)
        assert refused.value.clause == "SEG-FULL-1"
    assert 0.2 <= time.monotonic() - began < PATIENCE
    assert bob.pending() == {"alice": SMALL.quota}
    heard(bob)
    assert alice.send("bob", b"y") == SMALL.quota + 1


def test_a_sender_that_waits_for_room_goes_on(quick: House) -> None:
    (alice,) = quick.joined("alice")
    bob = quick.process("flood", "bob", "alice", 200)
    assert bob.hear() == "joined"
    assert [heard(alice).body for _ in range(200)] == [b"%d" % number for number in range(200)]


def test_senders_take_turns(quick: House) -> None:
    alice, bob, carol = quick.joined("alice", "bob", "carol")
    share(alice, bob, carol)
    for _ in range(3):
        bob.send("alice", b"x")
        carol.send("alice", b"x")
    assert sorted([heard(alice).peer, heard(alice).peer]) == ["bob", "carol"]
    assert heard(alice, 1).peer in ("bob", "carol")
    bobs = alice.receive(timeout=0, peer="bob")
    assert bobs is not None and bobs.peer == "bob"


def test_a_rotation_is_read_and_acknowledged_on_the_way(house: House) -> None:
    alice, bob = house.joined("alice", "bob")
    share(alice, bob)
    bob.notices()
    for number in range(1, 4):
        alice.rotate("bob")
        alice.send("bob", b"old")
        assert heard(bob).body == b"old"
        alice.send("bob", b"old")
        bob.send("alice", b"new")
        assert heard(alice).body == b"new"
        alice.send("bob", b"new")
        assert [heard(bob).body for _ in range(2)] == [b"old", b"new"]
        read, answered = events.RotationRead("alice", number, True, 0), events.RotationAcknowledged("alice", number)
        assert bob.notices() == (read, answered)
        assert alice.notices() == (events.Rotated("bob", number, 0),)


def test_exchanges_that_cross_share_one_key(house: House) -> None:
    alice, bob = house.joined("alice", "bob")
    alice.exchange("bob")
    # The API accepts first, so the crossing is made below it.
    assert isinstance(bob._engine.perform("exchange", peer="alice"), Step)
    for sender, taker in ((alice, bob), (bob, alice)) * 2:
        sender.send(taker.name, b"from " + sender.name.encode())
        assert heard(taker).body == b"from " + sender.name.encode()
    assert events.Accepted("alice", True) in bob.notices()
    assert events.Accepted("bob", True) in alice.notices()


def test_exchange_with_everybody_leaves_out_whom_a_key_is_shared_with(quick: House) -> None:
    alice, bob, carol = quick.joined("alice", "bob", "carol")
    assert alice.exchange("bob") == ("bob",)
    assert alice.exchange() == ("carol",) and alice.exchange() == ()
    assert bob.exchange() == ("carol",), "what alice offers is accepted first"
    assert carol.exchange() == ()
    with pytest.raises(Refused) as refused:
        alice.exchange("bob")
    assert refused.value.clause == "SEG-EXCHANGE-6"


# ---- waiting -----------------------------------------------------------------------------------------


def test_waiting_ends_at_its_timeout_or_with_a_message(quick: House) -> None:
    alice, bob = quick.joined("alice", "bob")
    share(alice, bob)
    began = time.monotonic()
    assert alice.receive(timeout=0.1) is None
    assert 0.1 <= time.monotonic() - began < PATIENCE
    other = quick.process("echo", "carol")
    assert other.hear() == "joined"
    assert alice.receive(timeout=0) is None
    alice.send("carol", b"x")
    began = time.monotonic()
    assert heard(alice, 2 * PATIENCE).body == b"echo x"
    assert time.monotonic() - began < PATIENCE


def test_a_peer_that_was_killed_is_reaped_and_not_waited_for(quick: House) -> None:
    (alice,) = quick.joined("alice")
    bob = quick.process("sit", "bob")
    assert bob.hear() == "joined"
    assert alice.receive(timeout=0) is None and alice.peers() == ("bob",)
    bob.kill()
    bob.wait()
    with pytest.raises(Refused) as refused:
        alice.receive(timeout=PATIENCE, peer="bob")
    assert refused.value.clause == "SEG-LEAVE-3"
    assert events.Reaped("bob") in alice.notices() and alice.peers() == ()


def test_without_semaphores_messages_come_all_the_same(quick: House) -> None:
    wakeup.unlink_semaphores(quick.room)
    (alice,) = quick.joined("alice")
    bob = quick.process("echo", "bob")
    assert bob.hear() == "joined"
    assert alice.receive(timeout=0) is None
    alice.send("bob", b"x")
    assert heard(alice).body == b"echo x"


def test_threads_share_a_member(quick: House) -> None:
    alice, bob = quick.joined("alice", "bob")
    share(alice, bob)
    seen: list[bytes] = []

    def take() -> None:
        while (message := bob.receive(timeout=PATIENCE)) is not None and message.body != b"end":
            seen.append(message.body)

    def give(thread: int) -> None:
        for number in range(40):
            alice.send("bob", b"%d %d" % (thread, number), wait=PATIENCE)

    with ThreadPoolExecutor(5) as pool:
        takers = [pool.submit(take) for _ in range(2)]
        givers = [pool.submit(give, thread) for thread in range(3)]
        for giver in givers:
            giver.result()
        for _ in takers:
            alice.send("bob", b"end", wait=PATIENCE)
        for taker in takers:
            taker.result()
    assert sorted(seen) == sorted(b"%d %d" % (thread, number) for thread in range(3) for number in range(40))
    assert bob.notices() == (events.Accepted("alice", False),)


def test_iteration_ends_when_the_member_leaves(quick: House) -> None:
    alice, bob = quick.joined("alice", "bob")
    share(alice, bob)
    for body in (b"1", b"2", b"3"):
        alice.send("bob", body)
    seen = []
    for message in bob:
        seen.append(message.body)
        if len(seen) == 3:
            bob.leave()
    assert seen == [b"1", b"2", b"3"]


def test_a_destroyed_room_ends_the_wait(quick: House) -> None:
    alice, bob = quick.joined("alice", "bob")
    share(alice, bob)
    quick.alices.destroy()
    for use in (lambda: bob.receive(timeout=PATIENCE), lambda: bob.send("alice", b"x"), lambda: bob.exchange("carol")):
        with pytest.raises(Refused) as refused:
            use()
        assert refused.value.clause == "SEG-DESTROY-2"
    bob.leave()
    assert quick.room not in lockedroom.rooms()


def test_a_stopped_holder_of_the_locks_is_a_timeout(quick: House) -> None:
    (alice,) = quick.joined("alice")
    holder = quick.process("hold", "bob")
    assert holder.hear() == "held"
    with enter(quick.room, "bob") as bobs:
        bobs.engine._patience = 0.2
        with pytest.raises(lockedroom.BackendError) as refused:
            bobs.join()
        assert (type(refused.value).__name__, refused.value.clause) == ("LockTimeout", "SEG-LOCK-1")
        holder.send_signal(signal.SIGCONT)
        holder.kill()
        bobs.engine._patience = PATIENCE
        bobs.join().leave()
    assert eventually(lambda: not alice.pending())


# ---- rights ------------------------------------------------------------------------------------------


def test_a_revocation_is_seen_while_waiting(quick: House) -> None:
    alice, bob, carol = quick.joined("alice", "bob", "carol")
    share(alice, bob, carol)
    bob.send("carol", b"before")
    quick.alices.revoke("bob")
    assert heard(carol).body == b"before", "what lay there is still read"
    bob.send("carol", b"after")
    assert carol.receive(timeout=0) is None
    notices = carol.notices()
    assert [n for n in notices if isinstance(n, events.Reviewed)] == [events.Reviewed(5, ("bob",))]
    assert [n.clause for n in notices if isinstance(n, Problem)] == ["SEG-RECEIVE-4"]
    assert carol.peers() == ("alice",) and alice.review() is True and alice.review() is False


def test_who_may_not_send_blocks_nobody(quick: House) -> None:
    quick.alices.grant(person("bob"), rights=lockedroom.JOIN | lockedroom.EXCHANGE)
    alice, bob, carol = quick.joined("alice", "bob", "carol")
    share(alice, bob, carol)
    with pytest.raises(Refused) as refused:
        bob.send("alice", b"x")
    assert refused.value.clause == "SEG-SEND-1"
    carol.send("alice", b"y")
    assert heard(alice).peer == "carol"


def test_what_a_hostile_store_holds_is_reported_and_removed(quick: House) -> None:
    alice, bob = quick.joined("alice", "bob")
    share(alice, bob)
    memory = alice._engine.attach()
    assert memory is not None
    for data in (b"", b"nonsense", memory.store.read_cell(memory.layout.half(0, 1))):
        assert isinstance(data, bytes)
        tail = memory.store.load(memory.layout.tail(0, 1))
        memory.store.write_cell(memory.layout.record(0, 1, tail), data)
        memory.store.store(memory.layout.tail(0, 1), tail + 1)
    bob.send("alice", b"good")
    assert heard(alice).body == b"good"
    problems = [notice for notice in alice.notices() if isinstance(notice, Problem)]
    assert [(p.clause, p.peer) for p in problems] == [("SEG-RECORD-1", "bob")] * 3


def test_a_watch_sees_it_as_it_happens(quick: House) -> None:
    seen: list[object] = []
    alice = quick.alices.join(watch=seen.append)
    (bob,) = quick.joined("bob")
    bob.exchange("alice")
    assert alice.receive(timeout=0) is None
    assert seen == [events.Accepted("bob", False)] and alice.notices() == ()


# ---- handles -----------------------------------------------------------------------------------------


def test_a_forked_child_is_refused_and_knows_nothing(quick: House) -> None:
    other = quick.process("fork", "bob")
    assert [other.hear() for _ in range(6)] == ["Forked SEG-STORE-11"] * 6
    assert [other.hear(), other.hear()] == ["forgotten", "parent True"]


def test_a_closed_room_is_refused(quick: House) -> None:
    room = enter(quick.room, "bob")
    member = room.join()
    room.close()
    room.close()
    assert [one.announced for one in quick.alices.members()][:2] == [False, False], "closing leaves"
    for use in (lambda: member.send("alice", b"x"), lambda: member.receive(timeout=0), room.members, room.join):
        with pytest.raises(lockedroom.BackendError) as refused:
            use()
        assert refused.value.clause == "SEG-STORE-10"


def test_leaving_twice_is_no_error(quick: House) -> None:
    (bob,) = quick.joined("bob")
    with bob:
        bob.leave()
    bob.leave()


def names_of(room: Room) -> list[str]:
    return [one.name for one in room.members()]


def test_who_rejoins_talks_again(quick: House) -> None:
    (alice,) = quick.joined("alice")
    for number in range(3):
        with enter(quick.room, "bob") as there, there.join() as bob:
            bob.exchange("alice")
            bob.send("alice", b"%d" % number)
            message = heard(alice)
            assert (message.body, message.sequence) == (b"%d" % number, 1)
            alice.send("bob", b"back")
            assert heard(bob).body == b"back"
    assert names_of(quick.alices) == ["alice", "bob", "carol", "dave"]


def test_whatever_somebody_stores_a_member_ends_with_an_answer(quick: House) -> None:
    alice, bob, carol = quick.joined("alice", "bob", "carol")
    share(alice, bob, carol)
    memory = alice._engine.attach()
    assert memory is not None
    chance, clauses = random.Random(5), set[str]()
    # Header, list and board are mended now and then, since without them everything is refused.
    end = memory.layout.head(0, 0)
    sound = memory.store.read(GEOMETRY, end - GEOMETRY)
    for number in range(1500):
        spoil(chance, memory)
        if number % 8 == 0:
            memory.store.write(GEOMETRY, sound)
        member = chance.choice((alice, bob, carol))
        others = [name for name in ("alice", "bob", "carol") if name != member.name]
        peer = chance.choice(others)
        uses: list[Callable[[], object]] = [
            lambda member=member: member.receive(timeout=0),
            lambda member=member: member.receive(timeout=0),
            lambda member=member, peer=peer, number=number: member.send(peer, b"%d" % number),
            lambda member=member, number=number: member.multicast(b"%d" % number),
            lambda member=member: member.exchange(),
            lambda member=member: member.read(),
            lambda member=member, peer=peer: member.rotate(peer),
            lambda member=member: member.publish(b"p"),
            member.review, member.peers, member.pending, member.notices, quick.alices.members,
        ]  # fmt: skip
        try:
            chance.choice(uses)()
        except lockedroom.BackendError as error:
            clauses.add(error.clause)
        clauses |= {notice.clause for notice in member.notices() if isinstance(notice, Problem)}
    # How many it meets hangs on the clock: housekeeping comes once a second.
    assert len(clauses) > 5, clauses
