"""Scripted runs for the tests of conformance: short, and known by heart. No corpus."""

from typing import Literal

from lockedroom.conformance.derive import Act, derive
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.trace import Settings, Trace
from lockedroom.reference.segment.records import Capacity

ALL: list[Json] = ["join", "exchange", "send"]


def settings(
    *members: str,
    suite: str = "LR0",
    capacity: Capacity | None = None,
    title: str = "scripted",
    profile: Literal["hardened", "as-written"] = "hardened",
) -> Settings:
    """Settings of a scripted run."""
    return Settings(
        "lockedroom-trace-1",
        "segment",
        profile,
        "LR1" if suite == "LR1" else "LR0",
        capacity or Capacity(4, 2, 4, 8, 2048),
        members or ("alice", "bob"),
        "5eed" * 16,
        title,
        "script",
        {},
    )


def act(actor: str, operation: str, **arguments: Json) -> Act:
    """One line of a script."""
    return Act(actor, operation, arguments)


def opened(*members: str) -> list[Act]:
    """A room that everybody has joined, and in which the first has exchanged with each other."""
    creator, *others = members
    acts = [act(creator, "create")]
    acts += [act(creator, "grant", subject=name, key=name, rights=ALL) for name in others]
    acts += [act(name, "join") for name in members]
    for name in others:
        acts += [act(creator, "exchange", peer=name), act(name, "accept", peer=creator)]
    return acts


def conversation() -> list[Act]:
    """Two members: every kind of record, a rejection, a crash, a reaping, the end."""
    return [
        *opened("alice", "bob"),
        act("alice", "send", peer="bob", body="grüße"),
        act("bob", "receive", peer="alice"),
        act("bob", "receive", peer="alice"),
        act("bob", "publish", body="for all to read"),
        act("alice", "read", peer="bob"),
        act("alice", "rotate", peer="bob"),
        act("bob", "receive", peer="alice"),
        act("bob", "acknowledge", peer="alice"),
        act("alice", "receive", peer="bob"),
        act("alice", "multicast", peers=["bob"], body="new epoch"),
        act("bob", "crash"),
        act("alice", "reap", peer="bob"),
        act("bob", "join"),
        act("bob", "leave"),
        act("alice", "revoke", subject="bob"),
        act("bob", "join"),
        act("alice", "leave"),
        act("alice", "destroy"),
        act("bob", "join"),
    ]


def trace(
    acts: list[Act],
    *members: str,
    suite: str = "LR0",
    capacity: Capacity | None = None,
    profile: Literal["hardened", "as-written"] = "hardened",
) -> Trace:
    """The trace of a script."""
    return derive(settings(*members, suite=suite, capacity=capacity, profile=profile), acts)
