"""`lockedroom demo segment`: real processes in one segment, their sequence chart drawn as it happens.

What happens is a script; what must come of it the engine says beforehand, so the demonstration is a test as well.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lockedroom.cli.exits import MEANING

if TYPE_CHECKING:
    from lockedroom.conformance.derive import Act
    from lockedroom.conformance.schemas import Json
    from lockedroom.conformance.stage import StepSeen
    from lockedroom.conformance.trace import Trace

NAMES: Final = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
_SEED: Final = "64" * 32
_PACE: Final = 0.12


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.callback()(_about)
    app.command("segment", epilog=MEANING)(segment)


def _about() -> None:
    """Watch real processes run a protocol."""


def segment(
    members: Annotated[int, typer.Option(min=2, max=len(NAMES), help="How many processes.")] = 4,
    pace: Annotated[
        float | None, typer.Option(min=0, max=10, help="Seconds between steps; 0 when this is no terminal.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The trace of it, to replay, instead of a chart.")] = False,
) -> int:
    """Watch the group segment.

    One process for each member: they share keys, talk, stand up to an intruder in the store, rotate, lose one to
    SIGKILL, revoke another, and leave.
    """
    import sys

    from lockedroom.cli.replay import drawer, exit_code
    from lockedroom.cli.terminal import console
    from lockedroom.conformance.replay import replay
    from lockedroom.conformance.trace import write_trace

    trace = script_trace(NAMES[:members])
    if as_json:
        sys.stdout.write(write_trace(trace))
        return 0
    wait = pace if pace is not None else _PACE * sys.stdout.isatty()
    out = console()
    out.print(f"{members} processes, one segment in shared memory, suite {trace.settings.suite}\n")
    draw = drawer(trace)

    def watch(step: StepSeen) -> None:
        draw(step)
        time.sleep(wait)

    result = replay(trace, on="backend", watch=watch)
    out.print()
    code = exit_code(result)
    if code:
        out.print(result.reason, style="red")
    else:
        out.print(f"{result.steps} steps, and each went as the specification's engine had said.", style="bold")
    return code


def script_trace(members: tuple[str, ...]) -> Trace:
    """The demonstration with these members, the first of whom is the creator, as the engine predicts it."""
    from lockedroom.conformance.derive import derive
    from lockedroom.conformance.trace import FORMAT, Settings
    from lockedroom.reference.segment.records import Capacity

    capacity = Capacity(members=len(members), quota=4, posts=2 * len(members), entries=32, record=2048)
    title = f"a demonstration with {len(members)} members"
    settings = Settings(
        FORMAT, "segment", "hardened", "LR1", capacity, members, _SEED, title, "lockedroom demo segment", {}
    )
    return derive(settings, tuple(_script(members)))


def _script(members: tuple[str, ...]) -> Iterator[Act]:
    """Who does what. The first member is the creator; the last is the one that dies."""
    from lockedroom.conformance.derive import Act

    first, *others = members
    second, last = members[1], members[-1]
    everything: Json = ["join", "exchange", "send"]
    yield Act(first, "create", {})
    for name in others:
        yield Act(first, "grant", {"subject": name, "key": name, "rights": everything})
    for name in members:
        yield Act(name, "join", {})
    for index, name in enumerate(members):
        for peer in members[index + 1 :]:
            yield Act(name, "exchange", {"peer": peer})
            yield Act(peer, "accept", {"peer": name})
    yield Act(second, "multicast", {"peers": [n for n in members if n != second], "body": "hello, everybody"})
    for name in members:
        if name != second:
            yield Act(name, "receive", {"peer": second})
    # The intruder puts the first replica of that multicast back where it was read.
    spoken = 1 + len(others) + len(members) + len(members) * len(others) + 1
    yield Act("intruder", "inject", {"record": {"step": spoken, "record": 0}, "inbox": first, "sender": second})
    yield Act(first, "receive", {"peer": second})
    yield Act(first, "publish", {"body": "the door is on the left"})
    yield Act(last, "read", {"peer": first})
    yield Act(first, "rotate", {"peer": second})
    yield Act(second, "receive", {"peer": first})
    yield Act(second, "acknowledge", {"peer": first})
    yield Act(first, "receive", {"peer": second})
    yield Act(first, "send", {"peer": second, "body": "under a new key"})
    yield Act(second, "receive", {"peer": first})
    yield Act(last, "send", {"peer": first, "body": "my last words"})
    yield Act(last, "crash", {})
    yield Act(first, "receive", {"peer": last})
    yield Act(first, "reap", {"peer": last})
    yield Act(first, "send", {"peer": last, "body": "are you there?"})
    if len(members) > 2:
        yield Act(first, "revoke", {"subject": second})
        yield Act(first, "review", {})
        yield Act(second, "send", {"peer": first, "body": "let me in"})
        yield Act(first, "receive", {"peer": second})
    for name in reversed(members[1:-1]):
        yield Act(name, "leave", {})
    yield Act(first, "destroy", {})
    yield Act(first, "leave", {})
