"""An attack on a profile as a trace that the engine and the real backend repeat, and what the hardened profile says.

Who attacks a room of another profile makes what it makes itself for that one: signs what is signed there, derives what
is derived there. A record in the form of the description would be refused for its form, and show nothing of a defence.
So before the steps are taken in another profile, the intruder's records are made anew (`made_for`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from lockedroom.conformance.derive import Underivable, acts_along, derive_path
from lockedroom.conformance.engine import EngineRoom
from lockedroom.conformance.replay import replay as replay_trace
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Status, replay_on
from lockedroom.conformance.trace import FORMAT, Settings, Trace
from lockedroom.model.segment.attacks import Attack, Stale, follow, segment_of, steps
from lockedroom.model.segment.bounds import Setting
from lockedroom.model.segment.expected import defences_in, sets_in
from lockedroom.model.segment.findings import Finding
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.validator import Done
from lockedroom.reference.segment.profile import AS_WRITTEN, HARDENED, Profile


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hardened profile says to an attack's steps, taken one by one: it refuses one, by a clause; it takes one
    that the description refuses, by that clause; or it takes them all, under other keys and signatures, and what they
    were to bring about does not come about, by the clauses of what removes the attack. `step` is one of the attack;
    `replayed` is the same in its trace, where what is made in another segment takes steps of its own. `by`: of the
    defences that remove the attack, those with each of which alone the description refuses that step, and by which
    clause; where none does alone, with all that do so together."""

    says: Literal["refused", "taken", "same"]
    step: int = 0
    clause: str = ""
    replayed: int = 0
    by: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Json]:
        """All of it."""
        by: list[Json] = [{"defence": name, "clause": clause} for name, clause in self.by]
        return {"says": self.says, "step": self.step, "clause": self.clause, "replayed": self.replayed, "by": by}

    def __str__(self) -> str:
        match self.says:
            case "refused":
                names = (name if clause == self.clause else f"{name} (alone: {clause})" for name, clause in self.by)
                by = f", by {' or '.join(names)}" if self.by else ""
                return f"The hardened profile refuses step {self.step}, {self.clause}{by}."
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


def told_in(attack: Attack, label: str) -> Attack:
    """The attack in a room of the profile of that label."""
    moves = (
        replace(move, arguments={**move.arguments, "profile": label}) if "profile" in move.arguments else move
        for move in attack.moves
    )
    return replace(attack, moves=tuple(moves))


def made_for(trace: Trace, attack: Attack, profile: Profile) -> Trace:
    """The trace of an attack with what its intruder makes made for another profile, with the keys that it has there: as
    it does where the attack's moves are made on the model of that. As it is from where those lead to other steps: what
    an honest member is made to do in another room is done there anew in any case. Raises Underivable for a record that
    traces cannot say."""
    done: list[Done] = []
    with suppress(Stale):
        done.extend(steps(segment_of(attack.bounds, profile), told_in(attack, profile.label)))
    acts, _, _ = acts_along((step.action, step.outcome) for step in done)
    made = list(trace.steps)
    for index, (step, act) in enumerate(zip(trace.steps, acts, strict=False)):
        if (step.actor, step.operation, step.room) != (act.actor, act.operation, act.room):
            break
        if step.actor == INTRUDER and not step.room:
            made[index] = replace(step, arguments=act.arguments)
    return replace(trace, steps=tuple(made))


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


def refusal(trace: Trace, attack: Attack, profile: Profile) -> tuple[int, str] | None:
    """The step of an attack's trace that a profile refuses, and the clause; None where it takes what the trace takes.
    Raises Underivable."""
    label: Literal["hardened", "as-written"] = "hardened" if profile == HARDENED else "as-written"
    room = EngineRoom(replace(trace.settings, profile=label), "symbolic", profile=profile)
    parted = replay_on(room, made_for(trace, attack, profile), outcomes=True).divergence
    return None if parted is None or parted.refusal is None else (parted.index, parted.refusal)


def answered(finding: Finding) -> tuple[Answer | None, str]:
    """What the hardened profile says to a finding's attack; None, and why, where traces cannot say it."""
    try:
        attack = finding.attack
        return answer_along(attack, trace_of(attack), finding), ""
    except Underivable as problem:
        return None, str(problem)


def answer_along(attack: Attack, trace: Trace, finding: Finding, beside: Sequence[str] = ()) -> Answer:
    """What the hardened profile says to the trace of a finding's attack, or of that with a way on, which these defences
    have a part in, too; its step counted as the attack does. Raises Underivable."""
    answer = answer_to(made_for(trace, attack, HARDENED), finding.clauses)
    if answer.says == "refused":
        alone = tuple(_by(answer, trace, attack, ((name,) for name in (*defences_in(finding.cause), *beside))))
        answer = replace(answer, by=alone or tuple(_by(answer, trace, attack, sets_in(finding.cause))))
    if not answer.replayed:
        return answer
    honest = [number for number, move in enumerate(attack.moves, start=1) if move.actor != INTRUDER]
    done = [step for step in trace.steps[: answer.replayed] if step.actor != INTRUDER and not step.room]
    if len(done) > len(honest):  # a step beyond the attack's, the second of them (`turning`)
        return replace(answer, step=attack.length + 2)
    return replace(answer, step=honest[len(done) - 1])


def _by(answer: Answer, trace: Trace, attack: Attack, on: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Those of these sets of defences with which the description refuses the step, and by which clause."""
    for names in on:
        refused = refusal(trace, attack, AS_WRITTEN.having(*names))
        if refused is not None and refused[0] == answer.replayed:
            yield " + ".join(names), refused[1]
