"""An attack on a profile as a trace that the engine and the real backend repeat, and what the hardened profile says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lockedroom.conformance.derive import Underivable, derive_path
from lockedroom.conformance.replay import replay as replay_trace
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Status
from lockedroom.conformance.trace import FORMAT, Settings, Trace
from lockedroom.model.segment.attacks import Attack, follow, segment_of
from lockedroom.model.segment.bounds import Setting
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.validator import Done
from lockedroom.reference.segment.profile import AS_WRITTEN


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hardened profile says to an attack's steps, taken one by one: it refuses one, by a clause; it takes one
    that the description refuses, by that clause; or it takes them all, under other keys and signatures, and what they
    were to bring about does not come about, by the clauses of what removes the attack. `step` is one of the attack;
    `replayed` is the same in its trace, where what is made in another segment takes steps of its own."""

    says: Literal["refused", "taken", "same"]
    step: int = 0
    clause: str = ""
    replayed: int = 0

    def to_json(self) -> dict[str, Json]:
        """All of it."""
        return {"says": self.says, "step": self.step, "clause": self.clause, "replayed": self.replayed}

    def __str__(self) -> str:
        match self.says:
            case "refused":
                return f"The hardened profile refuses step {self.step}, {self.clause}."
            case "taken":
                return f"The hardened profile takes step {self.step}, which the description refuses, {self.clause}."
            case "same":
                return f"The hardened profile takes these steps, and the property holds: {self.clause}."


def trace_of(attack: Attack) -> Trace:
    """The trace of an attack on the description. Raises Underivable for one that no room can be made for, that traces
    cannot say or that the engine does not follow; Stale for one that is none."""
    run = follow(segment_of(attack.bounds, attack.profile), attack)
    return trace_along(attack, run.steps)


def trace_along(attack: Attack, done: Iterable[Done]) -> Trace:
    """The trace of the steps that were taken of an attack on the description. Raises Underivable."""
    return derive_path(settings_of(attack), ((step.action, step.outcome) for step in done))


def settings_of(attack: Attack) -> Settings:
    """What the members are told in the trace of an attack on the description. Raises Underivable for one on another
    profile."""
    if attack.profile != AS_WRITTEN:
        raise Underivable(f"no room speaks the profile {attack.profile}")
    return Settings(
        FORMAT,
        "segment",
        "as-written",
        "LR0",
        Setting(attack.bounds).capacity,
        attack.bounds.names,
        "00" * 32,
        f"{attack.falls} falls: {attack.message}"[:2000],
        "lockedroom findings",
        attack.bounds.to_json(),
    )


def answer_to(trace: Trace, clauses: Sequence[str] = ()) -> Answer:
    """What the hardened profile says to a trace of the description, by the engine; `clauses` are those of what removes
    it. Raises Underivable where it can do neither."""
    found = replay_trace(trace, on="engine", profile="hardened")
    if found.status is Status.PASSED:
        return Answer("same", 0, ", ".join(clauses))
    parted = found.divergence
    if parted is None:
        raise Underivable(f"the hardened profile cannot go on: {found.reason}")
    if parted.refusal:
        return Answer("refused", parted.index, parted.refusal, parted.index)
    return Answer("taken", parted.index, trace.steps[parted.index - 1].seen.clause or "", parted.index)


def answered(attack: Attack, clauses: Sequence[str] = ()) -> tuple[Answer | None, str]:
    """What the hardened profile says to an attack on the description, which what these clauses say removes; None, and
    why, where traces cannot say it."""
    try:
        trace = trace_of(attack)
        return counted(answer_to(trace, clauses), attack, trace), ""
    except Underivable as problem:
        return None, str(problem)


def counted(answer: Answer, attack: Attack, trace: Trace) -> Answer:
    """The answer to a trace with its step counted as the attack does that the trace is of."""
    if not answer.replayed:
        return answer
    honest = [number for number, move in enumerate(attack.moves, start=1) if move.actor != INTRUDER]
    done = [step for step in trace.steps[: answer.replayed] if step.actor != INTRUDER and not step.room]
    return replace(answer, step=honest[len(done) - 1])
