"""SIGKILL at every store of every transition: what it does is there whole or not at all, and the others go on."""

import base64
import contextlib
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lockedroom.backend import errors, rooms, shm
from lockedroom.backend.crashpoints import Moment
from lockedroom.backend.segment.authority import AuthorityFile
from lockedroom.backend.segment.engine import Engine
from lockedroom.backend.segment.views import names_of
from lockedroom.reference.machine import Name, Rejected, Step
from lockedroom.reference.segment.profile import HARDENED
from lockedroom.reference.segment.records import ALL_RIGHTS, Malformed
from lockedroom.reference.segment.table import BY_OPERATION
from tests.backend.segment.company import NAMES, ORIGIN, PATIENCE, ROOMY, Company, company, key_of, person
from tests.backend.segment.victims import Victim

THREE = NAMES[:3]
Arguments = dict[str, object]


class Victims:
    """The process from which victims are forked."""

    def __init__(self) -> None:
        here = Path(__file__).with_name("victims.py")
        self.process = subprocess.Popen(
            [sys.executable, str(here)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(Path(__file__).parents[3])},
        )

    def play(self, victim: Victim) -> str:
        """What is said of it: `killed`, or its stores."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(base64.b64encode(pickle.dumps(victim)).decode() + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        self.process.communicate()


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    made = Victims()
    yield made
    made.close()


def nothing(_: Company) -> None:
    pass


def bob_died_in_company(people: Company) -> None:
    """Bob has records in his inbox and on the board, and is not there any more."""
    busy_bob(people)
    people.engines["bob"].close()
    people.engines["bob"] = Engine(people.room, person("bob"), people.suite, patience=PATIENCE)


def busy_bob(people: Company) -> None:
    """Bob has two kinds of records in his inbox from both, and posts on the board."""
    for name in ("alice", "carol"):
        people.ok(name, "send", peer="bob", body=b"one")
        people.ok(name, "send", peer="bob", body=b"two")
    people.ok("bob", "publish", body=b"for all")
    people.ok("bob", "send", peer="alice", body=b"three")


def carol_came_anew(people: Company) -> None:
    people.ok("carol", "leave")
    people.ok("carol", "join")


def carol_offered(people: Company) -> None:
    carol_came_anew(people)
    people.ok("carol", "exchange", peer="bob")


def alice_rotated(people: Company) -> None:
    people.ok("alice", "rotate", peer="bob")
    people.ok("bob", "receive", peer="alice")


# Who takes which operation, after what.
SCENES: dict[str, tuple[Name, Arguments, Callable[[Company], None]]] = {
    "grant": ("alice", {"subject": "dave", "key": key_of("dave"), "rights": ALL_RIGHTS}, nothing),
    "revoke": ("alice", {"subject": "carol"}, nothing),
    "join": ("bob", {}, bob_died_in_company),
    "exchange": ("bob", {"peer": "carol"}, carol_came_anew),
    "accept": ("bob", {"peer": "carol"}, carol_offered),
    "send": ("bob", {"peer": "alice", "body": b"x" * 100}, nothing),
    "multicast": ("bob", {"peers": ("alice", "carol"), "body": b"x" * 100}, nothing),
    "receive": ("bob", {"peer": "alice"}, busy_bob),
    "publish": ("bob", {"body": b"x" * 100}, nothing),
    "rotate": ("bob", {"peer": "alice"}, nothing),
    "acknowledge": ("bob", {"peer": "alice"}, alice_rotated),
    "leave": ("bob", {}, busy_bob),
    "reap": ("carol", {"peer": "bob"}, bob_died_in_company),
    "destroy": ("alice", {}, nothing),
}
SEVERAL = {"join", "multicast", "leave", "reap"}
"""The transitions that flip several words; creation has a test of its own."""


def standing(engine: Engine) -> tuple[object, ...]:
    """All that is in the room, without what is random in it, and without who is alive."""
    seen = replace(engine.observe(), alive=())
    memory = engine.attach()
    assert memory is not None
    names = names_of(memory, None)
    lanes = [
        [type(record).__name__ + str(getattr(record, "sequence", "")) for record in memory.lying(to, by)]
        for to in range(len(names))
        for by in range(len(names))
    ]
    posts = [[getattr(post, "number", "?") for post in memory.posts(index)] for index in range(len(names))]
    torn = [record for index in range(len(names)) for record in memory.posts(index) if isinstance(record, Malformed)]
    assert not torn and not any("Malformed" in record for lane in lanes for record in lane), "torn"
    assert not any(isinstance(entry, Malformed) for entry in memory.entries()), "torn"
    return seen.header, seen.acl, seen.announced, seen.posts, seen.pending, lanes, posts


def killed(
    victims: Victims, room: str, operation: str, at: int, moment: Moment
) -> tuple[str, tuple[object, ...], tuple[object, ...]]:
    """What is said of the victim, and what stood there before it and after it; then the others go on."""
    actor, arguments, prepare = SCENES[operation]
    with company(room, THREE, "LR0", replace(ROOMY, members=4)) as people:
        people.founded().talking()
        prepare(people)
        me = people.engines[actor].me
        before = standing(people.engines[actor])
        people.engines[actor].close()
        index = THREE.index(actor)
        heard = victims.play(Victim(room, "LR0", me, index, operation, tuple(arguments.items()), at, moment.value))
        witness = "bob" if actor == "alice" else "alice"
        after = standing(people.engines[witness])
        go_on(people, actor, witness)
    rooms.remove(room)
    return heard, before, after


def go_on(people: Company, dead: Name, witness: Name) -> None:
    """What the dead one left is cleared away, and it comes anew and talks to the others."""
    if people.engines[witness].observe().header == "destroyed":
        people.no("SEG-DESTROY-2", witness, "reap", peer=dead)
        return
    reaped = people.do(witness, "reap", peer=dead)
    assert not isinstance(reaped, Rejected) or reaped.clause == "SEG-REAP-2", reaped
    seen = people.engines[witness].observe()
    assert dead not in seen.announced and dead not in seen.posts and dead not in seen.alive
    people.engines[dead] = Engine(people.room, person(dead), people.suite, patience=PATIENCE)
    people.ok(dead, "join")
    people.do(witness, "review")
    people.ok(dead, "exchange", peer=witness)
    while people.engines[witness].observe().pending.get(witness, {}).get(dead):
        taken = people.do(witness, "receive", peer=dead)
        if isinstance(taken, Rejected) and taken.clause == "SEG-RECEIVE-1":
            people.ok(witness, "accept", peer=dead)
    people.ok(dead, "send", peer=witness, body=b"again")
    (event,) = people.ok(witness, "receive", peer=dead).events
    assert getattr(event, "body", None) == b"again"


@pytest.mark.usefixtures("mortal")
@pytest.mark.parametrize("operation", sorted(SCENES))
def test_a_killed_transition_is_there_whole_or_not_at_all(
    room: str, report: Callable[[str], None], victims: Victims, operation: str
) -> None:
    """LR-STEP-1."""
    heard, before, whole = killed(victims, room, operation, 0, Moment.BEFORE)
    assert heard.isdigit(), heard
    assert whole != before
    stores, outcomes = int(heard), {"nothing": 0, "whole": 0}
    for at in range(1, stores + 1):
        for moment in Moment:
            heard, before, after = killed(victims, room, operation, at, moment)
            assert heard == ("killed" if moment is not Moment.DURING else heard), heard
            assert after in (before, whole), f"{operation}, killed {moment} store {at}: {before} became {after}"
            outcomes["whole" if after == whole else "nothing"] += heard == "killed"
    assert outcomes["nothing"] and outcomes["whole"], outcomes
    report(f"killed in {operation}: {stores} stores, {sum(outcomes.values())} kills, {outcomes}")


def test_every_transition_that_stores_is_killed() -> None:
    assert set(BY_OPERATION) - set(SCENES) == {"create", "review", "read"}
    assert set(SCENES) >= SEVERAL


def test_a_creator_that_is_killed_leaves_a_room_whole_or_unusable(
    room: str, report: Callable[[str], None], victims: Victims
) -> None:
    arguments = tuple({"capacity": ROOMY, "profile": HARDENED.label, "origin": ORIGIN}.items())
    founder = Victim(room, "LR0", person("alice"), 0, "create", arguments, 0, "before")
    stores = int(victims.play(founder))
    rooms.remove(room)
    outcomes: dict[str, int] = {}
    for at in range(1, stores + 1):
        for moment in Moment:
            heard = victims.play(replace(founder, at=at, moment=moment.value))
            with company(room) as people:
                try:
                    outcome = people.engines["bob"].observe().header
                except errors.Unfinished:
                    outcome = "unfinished"
                assert outcome in ("absent", "live", "unfinished"), outcome
                outcomes[outcome] = outcomes.get(outcome, 0) + (heard == "killed")
                if outcome == "live":
                    people.no("SEG-JOIN-1", "bob", "join")
            assert not rooms.in_use(room)
            rooms.remove(room)
    assert outcomes["live"] and outcomes["unfinished"], outcomes
    report(f"killed in create: {stores} stores, {sum(outcomes.values())} kills, {outcomes}")


def test_a_room_is_not_there_before_its_creator_can_go_on_with_it(room: str, tmp_path: Path) -> None:
    """Who dies after the room is made still has what it needs to grant (SEG-GRANT-1)."""
    file = AuthorityFile(tmp_path / "authority.json")
    seen: list[bool] = []

    def hook(moment: Moment) -> None:
        with contextlib.suppress(errors.Unfinished), shm.attach(room) as store:
            if moment is Moment.AFTER and store.load(store.layout.state()):
                seen.append(file.path.exists())

    with Engine(room, person("alice"), "LR0", authority=file, hook=hook) as alice:
        made = alice.perform("create", capacity=ROOMY, profile=HARDENED.label, origin=ORIGIN)
    rooms.remove(room)
    assert isinstance(made, Step) and seen and all(seen)


def test_who_dies_between_commit_and_wake_up_is_heard_all_the_same(room: str, victims: Victims) -> None:
    """A message whose sender could not post its addressee's semaphore is found within the second of a recheck."""
    with company(room, THREE) as people:
        people.founded().talking()
        me = people.engines["bob"].me
        people.engines["bob"].close()
        alice = people.engines["alice"]
        heard: list[bool] = []

        def wait() -> None:
            while not alice.first("bob"):
                heard.append(alice.wait(time.monotonic() + PATIENCE))

        waiting = threading.Thread(target=wait)
        waiting.start()
        send = tuple({"peer": "alice", "body": b"last"}.items())
        assert victims.play(Victim(room, "LR0", me, 1, "send", send, 2, Moment.AFTER.value)) == "killed"
        waiting.join(PATIENCE / 2)
        assert not waiting.is_alive() and not any(heard), "nobody was woken"
        (event,) = people.ok("alice", "receive", peer="bob").events
        assert getattr(event, "body", None) == b"last"
