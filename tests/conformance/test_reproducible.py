"""Under LR0 a trace leaves the same bytes in the object in every run (ADAPTER-ENTROPY-2), also after a crash."""

from pathlib import Path

from lockedroom.backend import shm
from lockedroom.backend.layout import Layout
from lockedroom.backend.regions import REGIONS, offsets
from lockedroom.conformance.process import Limits
from lockedroom.conformance.runner import Fleet, RealRoom
from lockedroom.conformance.stage import Status, replay_on
from lockedroom.conformance.trace import Trace
from tests.conformance import scripts

PATIENT = Limits(start=60.0, reply=60.0)


def left_by(trace: Trace, fleet: Fleet) -> bytes:
    """The object's bytes but for those that say which processes were there, and their journals."""
    with RealRoom(trace, fleet) as room:
        result = replay_on(room, trace)
        assert (result.status, result.reason) == (Status.PASSED, "")
        whole = Path("/dev/shm", shm.object_name(room.name).removeprefix("/")).read_bytes()
    life = next(start for start, region in zip(offsets(), REGIONS, strict=False) if region.name == "life")
    assert len(whole) == Layout(trace.settings.capacity).total
    return whole[: life.of(trace.settings.capacity)]


def test_a_trace_leaves_the_same_bytes_in_every_run() -> None:
    """ADAPTER-ENTROPY-1."""
    acts = [
        *scripts.opened("alice", "bob"),
        scripts.act("alice", "rotate", peer="bob"),
        scripts.act("bob", "publish", body="a post"),
        scripts.act("alice", "crash"),
        scripts.act("alice", "join"),
        scripts.act("bob", "exchange", peer="alice"),
        scripts.act("bob", "send", peer="alice", body="welcome back"),
    ]
    with Fleet(limits=PATIENT) as fleet:
        first, again, other = (left_by(scripts.trace(acts, suite=suite), fleet) for suite in ("LR0", "LR0", "LR1"))
    assert first == again
    assert first != other
    assert first.count(0) < len(first)
