"""Replaying one trace, on the engine or on the real machine: the one function that most callers need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from lockedroom.conformance.engine import EngineRoom
from lockedroom.conformance.process import Limits
from lockedroom.conformance.runner import BUILT_IN, Fleet, replay_for_real
from lockedroom.conformance.stage import Broken, Divergence, Replayed, Status, StepSeen, replay_on
from lockedroom.conformance.stash import EngineStash
from lockedroom.conformance.trace import Trace

__all__ = ["Broken", "Divergence", "Replayed", "Status", "StepSeen", "replay", "replay_on_engine"]


def replay(
    trace: Trace,
    *,
    on: Literal["engine", "backend"] = "engine",
    suite: Literal["symbolic", "LR0", "LR1"] | None = None,
    profile: Literal["hardened", "as-written"] | None = None,
    command: Sequence[str] | None = None,
    limits: Limits | None = None,
    watch: Callable[[StepSeen], None] | None = None,
) -> Replayed:
    """Replay a trace under its own suite or another (the symbolic one is the engine's alone). `command` is the
    adapter to run, the built-in one unless told; `watch` is called after every step. In another `profile` than its own
    the trace says what nobody promised: there only which steps are taken, and which refused, is compared."""
    other = profile is not None and profile != trace.settings.profile
    if profile is not None:
        trace = replace(trace, settings=replace(trace.settings, profile=profile))
    if on == "engine":
        return replay_on_engine(trace, suite, watch, outcomes=other)
    if suite == "symbolic":
        raise ValueError("real processes speak no terms: the symbolic suite runs on the engine")
    settings = trace.settings if suite is None else replace(trace.settings, suite=suite)
    with Fleet(command or BUILT_IN, limits or Limits()) as fleet:
        return replay_for_real(replace(trace, settings=settings), fleet, watch, outcomes=other)


def replay_on_engine(
    trace: Trace,
    suite: str | None = None,
    watch: Callable[[StepSeen], None] | None = None,
    *,
    outcomes: bool = False,
) -> Replayed:
    """Replay a trace on the reference engine, under its own suite or another ("symbolic", "LR0", "LR1"); `outcomes`:
    see `replay_on`."""
    if trace.settings.protocol == "stash":
        return replay_on(EngineStash(trace.settings), trace, watch, outcomes=outcomes)
    return replay_on(EngineRoom(trace.settings, suite or trace.settings.suite), trace, watch, outcomes=outcomes)
