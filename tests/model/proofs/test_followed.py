"""Whole runs of the engine, followed by the abstract system: it can take each step, its state is one of those that the
slots' map allows, and there what the proof assumes, proves and promises holds."""

from __future__ import annotations

from collections.abc import Hashable
from random import Random

import pytest

from lockedroom.model.proofs.refined import edges_of
from lockedroom.model.proofs.segment.refinement import Refinement
from lockedroom.model.report import Taken
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.segment.machine import segment_machine
from lockedroom.reference.machine import Slot
from tests.model.proofs.followed import Followed

ENDS = ("destroy", "disclose")
RARE = "an intruder's"


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(2, 1, 1, intruder=1),
        Bounds(2, 1, 2, rotations=1),
        Bounds(2, 1, 1, revocations=1, intruder=1),
        Bounds(3, 1, 1, intruder=2, insider=1),
    ],
    ids=str,
)
def test_the_abstract_system_follows(bounds: Bounds) -> None:
    judge = Refinement(bounds)
    machine = segment_machine(Setting(bounds))
    random = Random(1)
    acts, late = 0, 0
    for _ in range(5):
        state = dict(machine.initial)
        followed = Followed(judge, state)
        for _ in range(30):
            edges: dict[str, list[tuple[Taken, dict[Slot, Hashable]]]] = {}
            for taken, after in edges_of(machine, state):
                if after != state and taken.action.operation not in ENDS:
                    kind = RARE if taken.action.actor == INTRUDER else taken.action.operation
                    edges.setdefault(kind, []).append((taken, after))
            usual = [kind for kind in edges if kind not in (RARE, "leave")]
            kind = random.choice(usual) if usual and random.random() < 0.85 else random.choice([*edges, "leave"])
            if kind not in edges:
                continue
            taken, after = random.choice(edges[kind])
            followed.step(taken.action, taken.outcome, state, after)
            state = after
            acts += 1
        late += len(followed.holding.get("delivered", ())) + len(followed.holding.get("accepted", ()))
        system = judge.system
        assert followed.broken((*system.axioms, *system.invariants, *system.safety)) == []
    assert acts > 40 and late > 2
