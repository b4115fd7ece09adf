"""Symmetry, factored actions, files and checkpoints: each leaves every count as it is, or as it must be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Hashable, Mapping
from itertools import permutations
from pathlib import Path
from typing import cast

import pytest

from benchmarks.b1 import KNOWN
from benchmarks.b1 import machine as b1
from lockedroom.model.explore import Explorer
from lockedroom.model.report import Exploration, Invariant
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.machine import segment_machine
from lockedroom.model.tabulated.checkpoint import CheckpointError
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.model.tabulated.symmetry import exchanged
from lockedroom.reference.machine import Action, Machine, Name, Outcome, Slot, Symmetry, factored
from tests.tree import ROOT

NAMES = ("a", "b", "c")


def ring(top: int, wide: int = 1) -> Machine:
    """Three who each count up to `top`, in `wide` slots at once, and may point at one of the others, who is one step
    ahead at most; the one who is pointed at forgets whom it points at."""
    counts = {name: [Slot(f"count{index}", name) for index in range(wide)] for name in NAMES}
    points = {name: Slot("point", name) for name in NAMES}
    initial: dict[Slot, Hashable] = {slot: 0 for slots in counts.values() for slot in slots}
    initial |= {points[name]: "" for name in NAMES}
    actions: list[Action] = []
    for name in NAMES:

        def up(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            numbers = cast(tuple[int, ...], values)
            return (Outcome(None, "FULL"),) if top in numbers else (Outcome(tuple(number + 1 for number in numbers)),)

        actions.append(Action("up", name, (), tuple(counts[name]), tuple(counts[name]), up))
        for other in NAMES:
            if other == name:
                continue

            def mine(values: tuple[Hashable, ...], other: Name = other) -> tuple[Outcome, ...]:
                own, theirs, _ = values
                return (Outcome((other,)),) if cast(int, theirs) - cast(int, own) in (0, 1) else ()

            def its(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
                return (Outcome(("",)),)

            reads = (counts[name][0], counts[other][0], points[name])
            parts = (
                Action("point", name, (), reads, (points[name],), mine),
                Action("point", name, (), (points[other],), (points[other],), its),
            )
            actions.append(factored("point", name, (("at", other),), parts))

    def renamed(slot: Slot, value: Hashable, names: Mapping[Name, Name]) -> Hashable:
        return names.get(value, value) if isinstance(value, str) else value

    return Machine("ring", initial, tuple(actions), symmetry=Symmetry(NAMES, renamed))


def everything(found: Exploration) -> tuple[object, ...]:
    """All that is the same however a machine is explored."""
    return found.states, found.transitions, found.depth, dict(found.operations), found.levels


def orbits(machine: Machine) -> int:
    """How many states differ by more than an exchange of names: counted by making every image of every state."""
    assert machine.symmetry is not None
    explorer = Explorer(machine)
    found = explorer.run()
    seen = set()
    for number in range(found.states):
        state = explorer.state(number)
        images = set()
        for image in permutations(machine.symmetry.names):
            names = dict(zip(machine.symmetry.names, image, strict=True))
            moved = {exchanged(s, names): machine.symmetry.renamed(s, value, names) for s, value in state.items()}
            images.add(tuple(moved[slot] for slot in machine.initial))
        seen.add(frozenset(images))
    return len(seen)


@pytest.mark.parametrize(("top", "wide"), [(3, 1), (6, 1), (2, 3), (6, 8), (4, 16)])
def test_each_orbit_has_one_state_and_whatever_was_factored_is_the_same(top: int, wide: int) -> None:
    machine = ring(top, wide)
    whole = Tabulated(machine).run()
    assert everything(whole) == everything(Explorer(machine).run())
    reduced = Tabulated(machine, symmetry=True).run()
    assert reduced.states == orbits(machine) < whole.states
    assert reduced.depth == whole.depth
    assert reduced.reductions and not whole.reductions


@pytest.mark.parametrize("size", [(2, 2, 2), (3, 1, 1)])
def test_b1_has_the_orbits_that_all_images_of_all_states_make(size: tuple[int, int, int]) -> None:
    assert orbits(b1(*size)) == KNOWN[size][3]


def test_a_machine_without_symmetry_is_explored_whole() -> None:
    plain = segment_machine(Setting(Bounds(2, 1, 1)))
    assert everything(Tabulated(plain, symmetry=True).run()) == everything(Tabulated(plain).run())


def test_what_is_not_symmetric_at_first_is_refused() -> None:
    machine = ring(2)
    skewed = Machine("skewed", {**machine.initial, Slot("count0", "a"): 1}, machine.actions, symmetry=machine.symmetry)
    with pytest.raises(ValueError, match="initial state changes"):
        Tabulated(skewed, symmetry=True).run()
    alone = Machine("alone", {**machine.initial, Slot("more", "a"): 0}, machine.actions, symmetry=machine.symmetry)
    with pytest.raises(ValueError, match="more:a has no counterpart"):
        Tabulated(alone, symmetry=True)


def test_a_rule_that_tells_names_apart_is_held_to_every_state_and_its_path_is_concrete() -> None:
    machine = ring(4)
    for name in NAMES:
        rule = Invariant(
            "nobody gets there",
            (Slot("count0", name), Slot("point", name)),
            (lambda value: value == 4, lambda value: value),
            lambda seen, name=name: f"{name} got there" if seen[0] and seen[1] else True,
        )
        full = Tabulated(machine, invariants=[rule]).run()
        reduced = Tabulated(machine, invariants=[rule], symmetry=True).run()
        assert len(full.violations[0].path) == len(reduced.violations[0].path)
        assert reduced.violations[0].property == "nobody gets there"
        state = dict(machine.initial)
        for taken in reduced.violations[0].path:
            outcomes = taken.action.run(tuple(state[slot] for slot in taken.action.reads))
            assert taken.outcome in outcomes
            assert taken.outcome.writes is not None
            state.update(zip(taken.action.writes, taken.outcome.writes, strict=True))
        assert any(state[Slot("count0", one)] == 4 and state[Slot("point", one)] for one in NAMES)


def test_paths_to_every_behaviour_are_as_short_with_symmetry() -> None:
    machine = ring(3)
    full = {(b.operation, b.clause): len(b.path) for b in Tabulated(machine).run().behaviours()}
    assert full == {(b.operation, b.clause): len(b.path) for b in Tabulated(machine, symmetry=True).run().behaviours()}
    assert full == {(b.operation, b.clause): len(b.path) for b in Explorer(machine).run().behaviours()}


@pytest.mark.parametrize("symmetry", [False, True])
@pytest.mark.parametrize("wide", [1, 10])
def test_states_in_files_are_the_same_states(wide: int, symmetry: bool) -> None:
    machine = ring(3, wide)
    held = Tabulated(machine, symmetry=symmetry).run()
    explorer = Tabulated(machine, symmetry=symmetry, memory=256)
    assert everything(explorer.run()) == everything(held)
    assert symmetry or everything(held) == everything(Explorer(machine).run())
    assert explorer.store.spilled > 8 * held.states // 2


@pytest.mark.parametrize("symmetry", [False, True])
@pytest.mark.parametrize("wide", [1, 10])
def test_what_was_interrupted_goes_on_to_the_same_counts(tmp_path: Path, wide: int, symmetry: bool) -> None:
    machine, file = ring(3, wide), tmp_path / "checkpoint"
    judged = Tabulated(machine, symmetry=symmetry).run()
    for stops in range(1, 100):
        explorer = Tabulated(machine, symmetry=symmetry)
        if file.exists():
            explorer.resume(file)
        found = explorer.run(state_limit=3 * 2**stops, checkpoint=file)
        if found.complete:
            break
    assert stops > 3
    assert everything(found) == everything(judged)
    assert (found.fills, found.entries) == (judged.fills, judged.entries)


def test_checkpoints_of_others_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    Tabulated(ring(3)).run(state_limit=20, checkpoint=file)
    with pytest.raises(CheckpointError, match="another machine"):
        Tabulated(ring(4)).resume(file)
    whole = file.read_bytes()
    for damaged in (b"", whole[:100], b"x" + whole, whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        with pytest.raises(CheckpointError):
            Tabulated(ring(3)).resume(file)
    file.write_bytes(b"cposix\nsystem\n(S'false'\ntR.")
    with pytest.raises(CheckpointError, match=r"holds no posix\.system"):
        Tabulated(ring(3)).resume(file)


_WORK = """
import sys
from pathlib import Path
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.machine import segment_machine
from lockedroom.model.tabulated.explorer import Tabulated
file = Path(sys.argv[1])
explorer = Tabulated(segment_machine(Setting(Bounds(2, 1, 1, rotations=1, crashes=1))))
if file.exists():
    explorer.resume(file)
print("started", flush=True)
found = explorer.run(checkpoint=file)
print(found.complete, found.states, found.transitions, found.depth, found.fills, found.reason)
"""


def test_an_interrupt_at_any_moment_costs_nothing_but_time(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    wait, interrupts = 0.15, 0
    while True:
        process = subprocess.Popen(
            [sys.executable, "-c", _WORK, str(file)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        time.sleep(wait)
        # To the whole group, as a terminal does it: forks must not mind.
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=300)[0].split()
        assert process.returncode in (0, -signal.SIGINT), said
        wait *= 1.3
        if process.returncode == 0 and said[0] == "True":
            break
        interrupts += 1
        assert interrupts < 30
    assert interrupts >= 2
    whole = Tabulated(segment_machine(Setting(Bounds(2, 1, 1, rotations=1, crashes=1)))).run()
    assert said[1:5] == [str(n) for n in (whole.states, whole.transitions, whole.depth, whole.fills)]


def test_calls_made_by_a_fork_are_as_good_as_any() -> None:
    alone = Tabulated(segment_machine(Setting(Bounds(2, 1, 1, crashes=1, intruder=1))), jobs=1).run()
    both = Tabulated(segment_machine(Setting(Bounds(2, 1, 1, crashes=1, intruder=1))), jobs=2).run()
    assert everything(alone) == everything(both)
    assert (alone.fills, alone.entries, alone.exercised) == (both.fills, both.entries, both.exercised)
