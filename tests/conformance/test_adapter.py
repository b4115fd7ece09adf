"""The built-in adapter: scripted runs on real shared memory by real processes agree with the engine, step by step."""

import os
import random

import pytest

from lockedroom.backend import rooms
from lockedroom.conformance.derive import Act
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import Status, replay
from lockedroom.conformance.runner import BUILT_IN, Fleet, replay_for_real
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.trace import Trace
from lockedroom.reference.segment.records import Capacity
from tests.conformance import scripts

PATIENT = Limits(start=60.0, reply=60.0)


def trio() -> list[Act]:
    return [
        scripts.act("bob", "join"),
        *scripts.opened("alice", "bob", "carol"),
        scripts.act("alice", "multicast", peers=["bob", "carol"], body="to both"),
        scripts.act("carol", "receive", peer="alice"),
        scripts.act("bob", "exchange", peer="carol"),
        scripts.act("carol", "exchange", peer="bob"),
        scripts.act("bob", "accept", peer="carol"),
        scripts.act("carol", "accept", peer="bob"),
        scripts.act("carol", "send", peer="bob", body="crossed"),
        scripts.act("bob", "receive", peer="alice"),
        scripts.act("bob", "receive", peer="carol"),
        scripts.act("alice", "crash"),
        scripts.act("alice", "revoke", subject="carol"),
        scripts.act("bob", "review"),
        scripts.act("carol", "send", peer="bob", body="too late"),
        scripts.act("bob", "receive", peer="carol"),
        scripts.act("bob", "reap", peer="alice"),
        scripts.act("bob", "create"),
        scripts.act("alice", "join"),
        scripts.act("alice", "destroy"),
        scripts.act("bob", "leave"),
    ]


@pytest.mark.parametrize("suite", ["LR0", "LR1"])
@pytest.mark.parametrize("acts", [scripts.conversation(), trio()], ids=["conversation", "trio"])
def test_real_processes_do_as_the_engine_says(acts: list[Act], suite: str) -> None:
    """ADAPTER-COMMAND-3 to 6."""
    trace = scripts.trace(acts, *sorted({act.actor for act in acts}))
    result = replay(trace, on="backend", suite="LR1" if suite == "LR1" else "LR0", limits=PATIENT)
    assert result.reason == ""
    assert (result.status, result.steps) == (Status.PASSED, len(trace.steps))
    assert not any(room.startswith(f"replay-{os.getpid()}-") for room in rooms.rooms()), "nothing is left"


PAIRWISE = ("exchange", "accept", "receive", "read", "rotate", "acknowledge", "reap", "exchange", "accept", "receive")


def stumbling(seed: int) -> Trace:
    """A run of random operations, most of which are refused."""
    choose, names = random.Random(seed), ("alice", "bob", "carol")
    acts = scripts.opened(*names)
    everything: Json = ["join", "exchange", "send"]
    for _ in range(60):
        actor, peer = choose.sample(names, 2)
        acts.append(
            choose.choice(
                [
                    scripts.act(actor, "join"),
                    scripts.act(actor, "leave"),
                    scripts.act(actor, "crash"),
                    scripts.act(actor, "publish", body="p"),
                    scripts.act("alice", "grant", subject=peer, key=peer, rights=everything),
                    scripts.act("alice", "revoke", subject=peer),
                    *(scripts.act(actor, operation, peer=peer) for operation in PAIRWISE),
                    *(scripts.act(actor, "send", peer=peer, body="s") for _ in range(3)),
                    scripts.act(actor, "multicast", peers=[n for n in names if n != actor], body="m"),
                    scripts.act(actor, "review"),
                ]
            )
        )
    return scripts.trace(acts, *names, capacity=Capacity(3, 2, 3, 12, 1536))


def test_random_runs_agree_step_by_step() -> None:
    seen: set[str] = set()
    with Fleet(BUILT_IN, PATIENT) as fleet:
        for seed in range(6):
            trace = stumbling(seed)
            result = replay_for_real(trace, fleet)
            assert result.reason == "", f"seed {seed}"
            seen |= {step.seen.clause or step.operation for step in trace.steps}
    assert len(seen) > 25, sorted(seen)


def test_the_same_processes_serve_one_trace_after_another() -> None:
    """ADAPTER-COMMAND-2."""
    trace = scripts.trace(scripts.opened("alice", "bob"))
    with Fleet(BUILT_IN, PATIENT) as fleet:
        for _ in range(3):
            assert replay_for_real(trace, fleet).reason == ""
        assert fleet.started == 2
