"""Ctrl-C at every place where CPython handles signals, and in a storm: a message is given exactly once, whatever was
interrupted, and no lock stays held."""

import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType

import pytest

from lockedroom import JoinedMember, Refused
from lockedroom.backend import interrupts, shm
from lockedroom.backend.crashpoints import Moment
from lockedroom.backend.locks import Locks, Mode
from tests.backend.harness import soon
from tests.backend.segment.people import PATIENCE, share
from tests.backend.segment.test_member import House

BACKEND = str(Path(shm.__file__).parent)


@pytest.fixture
def pair(room: str) -> Iterator[tuple[House, JoinedMember, JoinedMember]]:
    """A house under LR0, and alice and bob, who share a key."""
    with ExitStack() as stack:
        house = House(stack, room, "LR0")
        alice, bob = house.joined("alice", "bob")
        share(alice, bob)
        yield house, alice, bob


class Interruption:
    """SIGINT at the `at`-th place, from 1, at which CPython would handle one while it runs code of the backend: the
    entry of a function, the return of a call of C. With 0, only counts the places."""

    def __init__(self, at: int) -> None:
        self.at, self.places = at, 0

    def __call__(self, frame: FrameType, what: str, _: object) -> None:
        if what not in ("call", "c_return") or not frame.f_code.co_filename.startswith(BACKEND):
            return
        self.places += 1
        if self.places == self.at:
            signal.raise_signal(signal.SIGINT)

    def during(self, work: Callable[[], object]) -> bool:
        """Whether the work was interrupted."""
        sys.setprofile(self)
        try:
            work()
        except KeyboardInterrupt:
            return True
        finally:
            sys.setprofile(None)
        return False


def received(member: JoinedMember) -> list[bytes]:
    """All that is there to receive."""
    found = []
    while (message := member.receive(timeout=0)) is not None:
        found.append(message.body)
    return found


def test_an_interrupt_anywhere_in_receive_loses_and_doubles_nothing(
    pair: tuple[House, JoinedMember, JoinedMember],
) -> None:
    _, alice, bob = pair
    count = Interruption(0)
    alice.send("bob", b"first")
    count.during(lambda: bob.receive(timeout=0))
    step, interrupted = max(1, count.places // 250), 0
    assert count.places > 300
    for at in range(1, count.places, step):
        body = b"%d" % at
        alice.send("bob", body)
        seen: list[bytes] = []

        def receive(into: list[bytes] = seen) -> None:
            message = bob.receive(timeout=0)
            if message is not None:
                into.append(message.body)

        interrupted += Interruption(at).during(receive)
        assert seen + received(bob) == [body], f"at place {at} of {count.places}"
    assert interrupted > 200


@pytest.mark.parametrize("operation", ["send", "multicast", "publish", "rotate", "exchange", "review", "leave"])
def test_an_interrupt_anywhere_leaves_no_lock_held_and_the_member_able_to_go_on(
    pair: tuple[House, JoinedMember, JoinedMember], operation: str
) -> None:
    house, alice, bob = pair
    works: dict[str, Callable[[], object]] = {
        "send": lambda: alice.send("bob", b"x"),
        "multicast": lambda: alice.multicast(b"x"),
        "publish": lambda: alice.publish(b"x"),
        "rotate": lambda: alice.rotate("bob"),
        "exchange": alice.exchange,
        "review": alice.review,
        "leave": alice.leave,
    }
    count = Interruption(0)

    def work() -> None:
        with suppress(Refused):
            works[operation]()

    count.during(work)
    for at in range(1, count.places, max(1, count.places // 25)):
        Interruption(at).during(work)
        received(bob)
        received(alice)
        with shm.attach(house.room) as store:
            everything = dict.fromkeys(store.layout.slots(), Mode.EXCLUSIVE)
            with Locks(store).holding(everything, soon()):
                pass
        if operation == "leave":
            alice.leave()
            alice = house.alices.join()
            share(alice, bob)
    if operation != "leave":
        alice.send("bob", b"last")
        assert received(bob)[-1:] == [b"last"]


def test_an_interrupt_anywhere_below_leaves_no_lock_held(pair: tuple[House, JoinedMember, JoinedMember]) -> None:
    house, _, bob = pair
    engine = house.alices.engine
    count = Interruption(0)
    count.during(lambda: engine.perform("send", peer="bob", body=b"x"))
    for at in range(1, count.places, max(1, count.places // 100)):
        Interruption(at).during(lambda: engine.perform("send", peer="bob", body=b"x"))
        began = time.monotonic()
        assert len(engine.observe().announced) == 2 and time.monotonic() - began < 60
        received(bob)


def test_a_wait_for_another_thread_is_interrupted_at_once() -> None:
    lock = threading.Lock()
    timer = threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,))
    began = time.monotonic()
    with lock, pytest.raises(KeyboardInterrupt), interrupts.deferred():
        timer.start()
        interrupts.acquired(lock, soon())
    assert time.monotonic() - began < 60
    timer.join()
    with lock:
        assert not interrupts.acquired(lock, time.monotonic() + 0.1)
    assert interrupts.acquired(lock, time.monotonic())


def test_an_interrupt_between_two_stores_comes_after_the_last(room: str) -> None:
    """Between the new state and its store, and between the store and the message: SIGINT itself."""
    with ExitStack() as stack:
        house = House(stack, room, "LR0")
        armed: list[Moment] = []

        def hook(moment: Moment) -> None:
            if moment in armed:
                signal.raise_signal(signal.SIGINT)

        alice, bob = house.joined("alice", "bob")
        share(alice, bob)
        memory = bob._engine.attach()
        assert memory is not None
        memory.store._hook = hook
        for moment in (Moment.BEFORE, Moment.AFTER):
            alice.send("bob", moment.value.encode())
            armed[:] = [moment]
            with pytest.raises(KeyboardInterrupt):
                bob.receive(timeout=0)
            armed.clear()
            assert received(bob) == [moment.value.encode()]


def test_a_wait_for_a_lock_is_interrupted_at_once(pair: tuple[House, JoinedMember, JoinedMember]) -> None:
    house, alice, bob = pair
    alice.send("bob", b"later")
    with shm.attach(house.room) as store:
        everything = dict.fromkeys(store.layout.slots(), Mode.EXCLUSIVE)
        with Locks(store).holding(everything, soon()):
            for work in (lambda: bob.receive(timeout=PATIENCE), lambda: alice.send("bob", b"x"), house.alices.members):
                timer = threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,))
                began = time.monotonic()
                with pytest.raises(KeyboardInterrupt):
                    timer.start()
                    work()
                assert time.monotonic() - began < 60
                timer.join()
    assert received(bob) == [b"later"]


def test_a_handler_that_does_not_raise_is_called_once_and_in_between() -> None:
    seen: list[str] = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append("handled"))
    try:
        with interrupts.deferred(), interrupts.deferred():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            seen.append("done")
            interrupts.look()
            seen.append("done more")
        assert seen == ["done", "handled", "done more"]
        with interrupts.deferred():
            signal.raise_signal(signal.SIGINT)
            seen.clear()
        assert seen == ["handled"]
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_the_block_raises_is_not_lost() -> None:
    with pytest.raises(KeyboardInterrupt) as caught, interrupts.deferred():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("the cause")
    assert isinstance(caught.value.__context__, ValueError)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_in_a_storm_of_interrupts_every_message_is_given_once_and_in_order(
    pair: tuple[House, JoinedMember, JoinedMember], report: Callable[[str], None], tmp_path: Path
) -> None:
    house, alice, _ = pair
    hit = tmp_path / "hits"
    with house.process("storm", "carol", hit) as carol:
        assert carol.hear() == "joined"
        alice.exchange("carol")
        assert carol.hear() == "ready"
        storms, sent, rng, latest = 0, 0, random.Random(1), soon()
        while (storms < 400 or sent <= 100 or hit.stat().st_size <= 100) and time.monotonic() < latest:
            carol.send_signal(signal.SIGINT)
            storms += 1
            with suppress(Refused):
                alice.send("carol", b"%d" % sent)
                sent += 1
            time.sleep(rng.uniform(0, 0.003))
        alice.send("carol", b"end", wait=PATIENCE)
        numbers, hits = carol.hear().split(), int(carol.hear())
    assert numbers == [str(number) for number in range(sent)]
    assert sent > 100 and hits > 100
    report(f"a storm: {storms} SIGINT, {hits} interrupts of receive, {sent} messages, each given once and in order")
