"""The C implementation and the built-in one in one room: every assignment of the two to the members."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from lockedroom.conformance.conform import conform
from lockedroom.conformance.corpus import corpus
from lockedroom.conformance.derive import Act, derive
from lockedroom.conformance.runner import BUILT_IN
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.trace import Settings, Trace
from lockedroom.reference.segment.records import Capacity
from tests.cli.run import lockedroom
from tests.system.c_build import made

THREE = ("alice", "bob", "carol")
PAIRS = [(one, other) for one in THREE for other in THREE if one != other]
RIGHTS: Json = ["join", "exchange", "send"]
SETTINGS = Settings(
    "lockedroom-trace-1", "segment", "hardened", "LR0", Capacity(3, 4, 6, 8, 1024), THREE, "5a" * 32, "", "", {}
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The adapter as anybody builds it."""
    return made(tmp_path_factory.mktemp("plain"))


def to(actor: str, operation: str, peer: str = "", **more: Json) -> Act:
    return Act(actor, operation, {**({"peer": peer} if peer else {}), **more})


def gathered() -> list[Act]:
    """All three have joined."""
    grants = [to("alice", "grant", subject=name, key=name, rights=RIGHTS) for name in THREE[1:]]
    return [to("alice", "create"), *grants, *(to(name, "join") for name in THREE)]


def story(title: str, *acts: Act) -> Trace:
    return derive(replace(SETTINGS, title=title), [*gathered(), *acts])


def crossing() -> Trace:
    """Every pair's exchanges cross, then everybody speaks to everybody, in every way there is."""
    others = {name: [peer for peer in THREE if peer != name] for name in THREE}
    return story(
        "exchanges cross",
        *(to(one, "exchange", other) for one, other in PAIRS),
        *(to(one, "send", other, body=f"{one} first") for one, other in PAIRS),
        *(to(one, "accept", other) for one, other in PAIRS),
        *(to(one, "receive", other) for one, other in PAIRS),
        *(to(name, "multicast", peers=list(others[name]), body=f"all, {name} é") for name in THREE),
        *(to(name, "publish", body=f"{name} publishes") for name in THREE),
        *(to(one, "receive", other) for one, other in PAIRS),
        *(to(one, "read", other) for one, other in PAIRS),
        *(to(one, "receive", other) for one, other in PAIRS),
    )


def rotating() -> Trace:
    """Rotations cross, of every pair and twice; messages lie before, between and behind them."""
    turn = [
        *(to(one, "rotate", other) for one, other in PAIRS),
        *(to(one, "send", other, body="between") for one, other in PAIRS),
        *(to(one, "receive", other) for _ in range(2) for one, other in PAIRS),
        *(to(one, "acknowledge", other) for one, other in PAIRS),
        *(to(one, "send", other, body="behind") for one, other in PAIRS),
        *(to(one, "receive", other) for _ in range(2) for one, other in PAIRS),
    ]
    shared = [(one, other) for one, other in PAIRS if one < other]
    return story(
        "rotations cross",
        *(to(one, "exchange", other) for one, other in shared),
        *(to(other, "accept", one) for one, other in shared),
        *turn,
        *turn,
    )


def going() -> Trace:
    """Members leave, die, are reaped, come back, are revoked and granted again; the room is destroyed."""
    return story(
        "members come and go",
        to("alice", "exchange", "bob"),
        to("carol", "exchange", "bob"),
        to("bob", "exchange", "carol"),
        to("carol", "send", "bob", body="last words"),
        to("bob", "publish", body="nobody reads this"),
        to("carol", "crash"),
        to("alice", "reap", "carol"),
        to("bob", "reap", "carol"),
        to("bob", "accept", "carol"),
        to("bob", "receive", "carol"),
        to("bob", "send", "carol", body="too late"),
        to("carol", "join"),
        to("carol", "exchange", "bob"),
        to("bob", "accept", "carol"),
        to("bob", "accept", "alice"),
        to("bob", "send", "alice", body="before"),
        to("bob", "exchange", "carol"),
        to("alice", "revoke", subject="bob"),
        to("carol", "review"),
        to("carol", "accept", "bob"),
        to("alice", "exchange", "carol"),
        to("alice", "review"),
        to("bob", "send", "alice", body="after"),
        to("alice", "receive", "bob"),
        to("alice", "receive", "bob"),
        to("alice", "send", "bob", body="no"),
        to("bob", "review"),
        to("bob", "send", "carol", body="no right"),
        to("bob", "leave"),
        to("bob", "join"),
        to("alice", "grant", subject="bob", key="bob", rights=["join"]),
        to("bob", "join"),
        to("bob", "exchange", "alice"),
        to("alice", "exchange", "bob"),
        to("carol", "review"),
        to("carol", "exchange", "bob"),
        to("bob", "accept", "carol"),
        to("carol", "send", "bob", body="listen"),
        to("bob", "receive", "carol"),
        to("bob", "send", "carol", body="mute"),
        to("alice", "leave"),
        to("alice", "join"),
        to("alice", "crash"),
        to("alice", "join"),
        to("alice", "grant", subject="carol", key="carol", rights=["join", "send"]),
        to("alice", "review"),
        to("alice", "destroy"),
        to("carol", "send", "bob", body="where?"),
        to("carol", "leave"),
    )


@pytest.mark.parametrize("make", [crossing, rotating, going])
def test_every_assignment_to_three_members_agrees_with_the_engine(plain: str, make: Callable[[], Trace]) -> None:
    trace = make()
    report = conform(command=[plain], others=[[*BUILT_IN]], traces=[trace])
    assert len(report.traces) == 8
    assert [(one.title, one.reason) for one in report.traces if one.status != "passed"] == []
    assert report.steps == 8 * len(trace.steps)


def test_every_assignment_passes_the_corpus_as_a_user_runs_it(plain: str) -> None:
    done = lockedroom("conform", "--suite", "LR0", "--impl", plain, "--impl", "", "--case", "trace/*", "--json")
    found = json.loads(done.out)
    assert (done.code, found["verdict"]) == (0, "passed")
    traces = [trace for trace in corpus() if trace.settings.profile == "hardened"]
    assert found["counts"]["pass"] == sum(2 ** len(trace.settings.members) for trace in traces)
    assert found["implementation"]["name"] == "lockedroom-c, lockedroom"


def test_a_mixed_room_in_which_one_is_no_adapter_fails(plain: str) -> None:
    done = lockedroom("conform", "--suite", "LR0", "--impl", plain, "--impl", "cat", "--case", "trace/11-*", "--json")
    found = json.loads(done.out)
    assert done.code == 1
    assert (found["counts"]["pass"], found["counts"]["fail"]) == (1, 3)
