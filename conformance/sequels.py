"""What a finding leads to, where the hardened profile takes each step of its attack and only its property holds there:
the shortest way on to a step at which a property falls, of which the hardened profile refuses a step by a clause.

Nothing of it is thought up. From the state in which the finding's property has fallen the description is explored
breadth first, within the attack's bounds and then within wider ones. A way on counts when, at its last step, a property
falls that had not fallen (or that the step itself breaks anew); when the hardened profile, taking the same steps,
refuses one by a clause; and when the finding's own defences have a part in preventing it: they remove it alone, or
together with one by which the description refuses that step too, and which does not remove it alone.

Where two hold one key who do not share it with each other, and nothing else falls by it, the way on is a record that
one of them seals, which is then put before the other (`turning`): it counts when the hardened profile refuses that, and
the description does by the same clause with one of the finding's own defences alone.

    python -m lockedroom.conformance.sequels [--check]

writes the committed ones, or says whether they are what is found; the exit code is 1 where they are not. It takes
minutes, and says on standard error which finding it is at.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any, Final

from lockedroom.conformance.derive import Underivable
from lockedroom.conformance.findings import Answer, answer_along, answered, refusal, settings_of, trace_along
from lockedroom.conformance.schemas import json_of, line_of
from lockedroom.conformance.stage import Unsupported
from lockedroom.conformance.trace import Trace
from lockedroom.conformance.turning import derive_turned
from lockedroom.model.itf import itf
from lockedroom.model.segment.attacks import (
    Attack,
    Move,
    Stale,
    bounds_of,
    budgets,
    falls_to,
    move_of,
    segment_of,
    steps,
)
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.expected import Cause, sets_in
from lockedroom.model.segment.findings import ORDER, Finding, committed_findings
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.segment.properties import BY_NAME, KNOWN
from lockedroom.model.validator import Done, Run, State, Subject, outcomes_of, taken, violated
from lockedroom.reference.segment.profile import AS_WRITTEN, HARDENED

FILE: Final = "sequels.json"

WIDER: Final[tuple[tuple[Mapping[str, int], int], ...]] = (
    ({}, 4),
    ({"intruder": 1}, 4),
    ({"intruder": 2}, 3),
    ({"rotations": 2}, 6),
)
"""What is added to an attack's bounds, one after the other, and the most steps that are looked at within those. Where
what fell is promised in an honest store alone, no intruder is added: nothing would be judged to fall any more."""

_ENDS: Final = frozenset({"destroy", "disclose"})


@dataclass(frozen=True, slots=True)
class Sequel:
    """A way on: within which bounds, by which moves (after the attack's own), which property falls at its end and how.
    `beside`: the defence that the finding's own remove it together with; empty where they do so alone. `turned`:
    nothing new falls at its end, but what was sent there is received by another one (`turning`), after that."""

    bounds: Bounds
    falls: str
    message: str
    moves: tuple[Move, ...]
    beside: str = ""
    turned: bool = False

    def to_json(self) -> dict[str, object]:
        """All of it, as `sequel_of` reads it."""
        return {
            "bounds": budgets(self.bounds),
            "property": self.falls,
            "message": self.message,
            "beside": self.beside,
            "turned": self.turned,
            "moves": [move.to_json() for move in self.moves],
        }


@dataclass(frozen=True, slots=True)
class _Here:
    """A state that was come to from where the finding's property fell: by which steps, written down as which moves."""

    state: State
    done: tuple[Done, ...] = ()
    moves: tuple[Move, ...] = ()


def lengthened(attack: Attack, sequel: Sequel) -> Attack:
    """An attack with the way on: what falls at the end of that, within the bounds of that."""
    moves = (*in_bounds(attack, sequel.bounds).moves, *sequel.moves)
    return Attack(attack.profile, sequel.bounds, sequel.falls, sequel.message, moves)


def in_bounds(attack: Attack, bounds: Bounds) -> Attack:
    """The same attack within other bounds, whose room may be larger."""
    capacity = itf(Setting(bounds).capacity)
    moves = (
        replace(move, arguments={**move.arguments, "capacity": capacity}) if move.operation == "create" else move
        for move in attack.moves
    )
    return replace(attack, bounds=bounds, moves=tuple(moves))


def run_of(attack: Attack, sequel: Sequel) -> Run:
    """The run that an attack with the way on is. Raises Stale where it is none: a step that cannot be taken, or nothing
    falls at the end."""
    whole = lengthened(attack, sequel)
    subject = segment_of(whole.bounds, whole.profile)
    start: State = dict(subject.machine.initial)
    done = tuple(steps(subject, whole))
    before = done[-2].after
    fallen = dict(violated(subject, done[-1].after, None)) if sequel.turned else _broken(subject, before, done[-1])
    if sequel.falls not in fallen:
        raise Stale(whole, len(done), "nothing falls at the end that had not fallen")
    return Run(sequel.falls, fallen[sequel.falls], start, done)


def trace_on(attack: Attack, sequel: Sequel) -> Trace:
    """The trace of an attack with the way on. Raises Underivable, Stale."""
    whole, done = lengthened(attack, sequel), run_of(attack, sequel).steps
    return derive_turned(settings_of(whole), done) if sequel.turned else trace_along(whole, done)


def answer_on(finding: Finding, sequel: Sequel) -> Answer:
    """What the hardened profile says to a finding's attack with the way on, its step counted as the attack does. Raises
    Underivable, Stale."""
    trace, whole = trace_on(finding.attack, sequel), lengthened(finding.attack, sequel)
    beside = (sequel.beside,) if sequel.beside else ()
    return answer_along(whole, trace, finding, beside)


# ---- searching -----------------------------------------------------------------------------------------


def sequel_of(finding: Finding) -> Sequel | None:
    """What a finding leads to; None where nothing is found."""
    hostile = BY_NAME[finding.attack.falls].store == "hostile"
    ladder = [(wider, most) for wider, most in WIDER if hostile or "intruder" not in wider]
    found = next((found for wider, most in ladder for found in _within(finding, wider, most)), None)
    return found or (_turned(finding) if finding.attack.falls == KNOWN else None)


def _turned(finding: Finding) -> Sequel | None:
    """A message by one of two that hold one key, within the attack's bounds and one message, that the other receives;
    where the hardened profile refuses that, and so does the description with a defence of the finding alone."""
    attack = in_bounds(finding.attack, replace(finding.attack.bounds, messages=1))
    subject = segment_of(attack.bounds, AS_WRITTEN)
    way = tuple(steps(subject, attack))
    for there in _onward(subject, _Here(way[-1].after)):
        if there.moves[-1].operation == "send":
            whole = replace(attack, moves=(*attack.moves, *there.moves))
            with suppress(Underivable):
                trace = derive_turned(settings_of(whole), (*way, *there.done))
                refused = refusal(trace, whole, HARDENED)
                if refused and any(
                    refusal(trace, whole, AS_WRITTEN.having(*own)) == refused for own in sets_in(finding.cause)
                ):
                    return Sequel(attack.bounds, attack.falls, attack.message, there.moves, turned=True)
    return None


def _within(finding: Finding, wider: Mapping[str, int], most: int) -> Iterator[Sequel]:
    """What a finding leads to by so many steps at most, within wider bounds, the shortest first."""
    attack = in_bounds(finding.attack, replace(finding.attack.bounds, **wider))
    subject = segment_of(attack.bounds, AS_WRITTEN)
    way = tuple(steps(subject, attack))
    slots = tuple(subject.machine.initial)
    level, seen = [_Here(way[-1].after)], {tuple(way[-1].after[slot] for slot in slots)}
    parts = _Parts(finding.cause)
    for _ in range(most):
        coming: list[_Here] = []
        for here in level:
            for there in _onward(subject, here):
                for falls, message in _broken(subject, here.state, there.done[-1]).items():
                    whole = Attack(AS_WRITTEN, attack.bounds, falls, message, (*attack.moves, *there.moves))
                    by = _refusing(whole, (*way, *there.done))
                    beside = None if by is None else parts.beside(whole, by)
                    if beside is not None:
                        yield Sequel(attack.bounds, falls, message, there.moves, beside)
                key = tuple(there.state[slot] for slot in slots)
                if key not in seen:
                    seen.add(key)
                    coming.append(there)
        level = coming


def _onward(subject: Subject, here: _Here) -> Iterator[_Here]:
    """Where one step leads; refusals that change nothing are left out, and what ends everything."""
    for action in subject.machine.actions:
        for outcome in outcomes_of(action, here.state) if action.operation not in _ENDS else ():
            if outcome.clause is None or outcome.writes is not None:
                after = taken(action, outcome, here.state)
                move = move_of(action, outcome, here.state)
                yield _Here(after, (*here.done, Done(action, outcome, after)), (*here.moves, move))


def _broken(subject: Subject, before: State, step: Done) -> dict[str, str]:
    """The properties that fall by an honest step and had not fallen in the state before, each with how."""
    if step.action.actor == INTRUDER:
        return {}
    fallen = dict(violated(subject, before, None))
    found = violated(subject, step.after, (step.action, step.outcome, before))
    return {name: message for name, message in found if name not in fallen}


def _refusing(whole: Attack, done: Sequence[Done]) -> tuple[str, ...] | None:
    """The defences by each of which alone the description refuses the step that the hardened profile does, by the same
    clause; None where the hardened profile refuses none, or no trace can be had of it."""
    try:
        trace = trace_along(whole, done)
        refused = refusal(trace, whole, HARDENED)
        if refused is None:
            return None
        return tuple(name for name in ORDER if refusal(trace, whole, AS_WRITTEN.having(name)) == refused)
    except (Underivable, Unsupported):
        return None


class _Parts:
    """Whether the defences of a cause have a part in preventing a way on. What is asked of the same moves, in whatever
    order, is answered once."""

    def __init__(self, cause: Cause) -> None:
        self._own = sets_in(cause)
        self._known: dict[object, bool] = {}

    def beside(self, whole: Attack, by: Sequence[str]) -> str | None:
        """Empty where they alone remove it; else one of `by` together with which they do, and which does not by itself;
        None where there is none."""
        if any(not self._falls(whole, own) for own in self._own):
            return ""
        for name in by:
            if self._falls(whole, (name,)) and any(not self._falls(whole, (name, *own)) for own in self._own):
                return name
        return None

    def _falls(self, whole: Attack, on: tuple[str, ...]) -> bool:
        used = frozenset(line_of(json_of((one.actor, one.operation, one.arguments))) for one in whole.moves)
        key = (whole.falls, used, on)
        if key not in self._known:
            self._known[key] = falls_to(whole, AS_WRITTEN.having(*on))
        return self._known[key]


# ---- what is written down ------------------------------------------------------------------------------


def asked(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Those findings on the description whose every step the hardened profile takes."""
    for one in findings:
        answer, _ = answered(one)
        if answer is not None and answer.says == "same":
            yield one


def led_to(finding: Finding, search: bool = True) -> Sequel | None:
    """What a finding leads to, if its attack is one of the committed: as was found for that; else as is found now, if
    it is to be searched."""
    known = _committed()
    key = _key(finding)
    return known[key] if key in known else sequel_of(finding) if search else None


def written() -> str:
    """What the committed findings lead to, as it is committed."""
    found = []
    for one in asked(committed_findings().findings):
        print(f"what it leads to: {one.name}", file=sys.stderr, flush=True)
        sequel = sequel_of(one)
        found.append({"attack": _key(one), "leads": sequel.to_json() if sequel else None})
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _key(finding: Finding) -> str:
    """An attack with its cause, by a digest."""
    said = json.dumps([finding.cause, finding.attack.to_json()], sort_keys=True)
    return sha256(said.encode()).hexdigest()[:16]


@cache
def _committed() -> Mapping[str, Sequel | None]:
    file = resources.files("lockedroom.conformance").joinpath(FILE)
    return {one["attack"]: _read(one["leads"]) for one in json.loads(file.read_text(encoding="utf-8"))}


def _read(found: Mapping[str, Any] | None) -> Sequel | None:
    if found is None:
        return None
    moves = tuple(Move(**one) for one in found["moves"])
    bounds = bounds_of(found["bounds"])
    return Sequel(bounds, found["property"], found["message"], moves, found["beside"], found["turned"])


def main(arguments: Sequence[str]) -> int:
    """What the command does; the exit code."""
    if list(arguments) not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    file, text = Path(str(resources.files("lockedroom.conformance").joinpath(FILE))), written()
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return 0
    if not arguments:
        file.write_text(text, encoding="utf-8")
    print(f"conformance/{FILE}: {'differs' if arguments else 'written'}")
    return 1 if arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
