"""What several processes did at the same time is what the reference does one after the other, in the order in which
they committed: every operation is one atomic step, refusals as well."""

import pickle
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from lockedroom.backend import rooms
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.machine import Step
from lockedroom.reference.segment import effects
from lockedroom.reference.segment.profile import HARDENED
from lockedroom.reference.segment.records import ALL_RIGHTS
from lockedroom.reference.segment.room import Room
from tests.backend.segment.company import ORIGIN, Company, Fixed, company, key_of, person
from tests.backend.segment.test_all_to_all import start, tell
from tests.backend.segment.test_equal import THREE, TIGHT, assert_same_slots
from tests.backend.segment.wanderer import Taken


def wander(stack: ExitStack, people: Company, folder: Path, seed: int, steps: int) -> list[Taken]:
    """Found a room, let three processes wander in it, and give what they did in the order of its commits."""
    files = {name: folder / f"{seed}-{name}" for name in THREE}
    creation = {"capacity": TIGHT, "profile": HARDENED.label, "origin": ORIGIN}
    log = list[Taken]()

    def found(operation: str, given: dict[str, object]) -> None:
        entropy = f"{seed} {len(log)}"
        result = people.engines["alice"].perform(operation, fresh=Fixed(entropy), **given)
        assert isinstance(result, Step), result
        log.append(Taken(0, 1, "alice", operation, given, entropy, result))

    found("create", creation)
    for name in THREE[1:]:
        found("grant", {"subject": name, "key": key_of(name), "rights": ALL_RIGHTS})
    for name, file in files.items():
        me = people.engines[name].me if name in people.engines else person(name)
        file.with_name(f"{file.name}.member").write_bytes(pickle.dumps(me))
    everybody = [start(stack, "wanderer.py", people.room, name, "LR0", seed, steps, files[name]) for name in THREE]
    for line in ("ready", "done"):
        for one in everybody:
            assert one.stdout is not None and one.stdout.readline() == f"{line}\n"
        if line == "ready":
            for one in everybody:
                tell(one)
    for file in files.values():
        log += [Taken(*one) for one in pickle.loads(file.read_bytes())]
    return sorted(log, key=lambda one: one.moment)


def replayed(people: Company, log: list[Taken]) -> Room:
    """The room after the reference has taken all that, step by step, and come to the same each time."""
    plain = Room(RealSuite(people.suite), TIGHT, {effects.member(name): person(name) for name in THREE})
    for number, one in enumerate(log):
        plain, expected = plain.take(one.actor, one.operation, Fixed(one.entropy), **one.given)
        assert one.result == expected, f"step {number}: {one.actor}: {one.operation} {one.given}"
    return plain


@pytest.mark.parametrize(
    ("runs", "steps"), [(2, 400), pytest.param(10, 3000, marks=[pytest.mark.full, pytest.mark.timeout(3600)])]
)
def test_what_happened_at_once_is_a_sequence_of_steps(
    room: str, report: Callable[[str], None], tmp_path: Path, runs: int, steps: int
) -> None:
    """SEG-JOURNAL-6."""
    taken = again = refused = 0
    for seed in range(runs):
        with company(room, ("alice",), "LR0", TIGHT) as people, ExitStack() as stack:
            log = wander(stack, people, tmp_path, seed, steps)
            memory = people.engines["alice"].attach()
            assert memory is not None
            plain = replayed(people, log)
            assert_same_slots(memory, plain, f"seed {seed}, at the end")
        rooms.remove(room)
        taken += len(log)
        again += sum(one.attempts > 1 for one in log)
        refused += sum(not isinstance(one.result, Step) for one in log)
    assert again or runs < 10, "nobody ever met anybody"
    report(f"at once: {taken} operations of 3 processes, {again} run again, {refused} refused")
