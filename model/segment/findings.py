"""Findings: attacks on the description as it is written, one for each root cause.

Two attacks share a root cause exactly when the same single defences of the hardened profile each remove both: switched
on alone, with it none of the attack's own moves, in whatever order, brings the property down any more (`removed_by`).

The enumeration. First, on the description itself: for each property the shortest attack within the first bounds of
the ladder in which it falls. Then what those hide: for each root cause that was found one of its defences is switched
on, and the ladder climbed again; what falls now is a further cause, and so on until nothing falls within the bounds.
That is done in rounds, so that each defence of each cause has its turn to be the one that is switched on: a cause
whose defences are some of another's is not hidden by it for good. A cause whose defences include all of another's
stays hidden where no property tells the two apart; whoever mends the one has mended the other. Last, where no single
defence removes an attack, its property is looked at again without the operation that brought it down.

What falls only once a defence is on is no attack on the description. It is kept apart (`beneath`): it says what else
whoever mends the description would meet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import resources
from typing import Any, Final, Literal

from lockedroom.model.crew import INTERRUPTED, Crew
from lockedroom.model.segment.attacks import (
    DESCRIBED,
    Attack,
    Searched,
    Stale,
    attack_of,
    bounds_of,
    follow,
    removed_by,
    removed_jointly,
    search,
    segment_of,
)
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.expected import AND, EXPECTED, Expected, Looked, defences_in
from lockedroom.model.segment.expected import Cause as Cause
from lockedroom.model.segment.properties import BY_NAME, PROPERTIES
from lockedroom.model.segment.titles import TITLES
from lockedroom.reference.segment.profile import AS_WRITTEN, DEFENCES, defence

ORDER: Final = tuple(one.name for one in DEFENCES)
"""Every defence, in the order of the chapter."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One root cause with the shortest attack that was found of it, on the description itself; and the other properties
    that fall to it, each with the length of its attack."""

    cause: Cause
    attack: Attack
    also: tuple[tuple[str, int], ...] = ()

    @property
    def name(self) -> str:
        """What it is called, in a few words."""
        other = f"{self.attack.falls} falls for want of {' or '.join(self.cause) or 'several defences'}"
        return TITLES.get(frozenset(self.cause), other)

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses of the defences that remove it."""
        return tuple(dict.fromkeys(clause for name in defences_in(self.cause) for clause in defence(name).clauses))

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {
            "name": self.name,
            "profile": str(self.attack.profile),
            "removed_by": list(self.cause),
            "clauses": list(self.clauses),
            "property": self.attack.falls,
            "class": f"{BY_NAME[self.attack.falls].store} store",
            "message": self.attack.message,
            "length": self.attack.length,
            "bounds": self.attack.bounds.to_json(),
            "also": [{"property": name, "length": length} for name, length in self.also],
            "attack": self.attack.to_json(),
        }


@dataclass(frozen=True, slots=True)
class FindingsReport:
    """Every finding, the shortest attack first; what was searched, with the defences that were on; how long it took;
    and what is no finding, since it falls with a defence on alone."""

    findings: tuple[Finding, ...]
    searched: tuple[tuple[tuple[str, ...], Searched], ...]
    ladder: tuple[Bounds, ...]
    seconds: float
    beneath: tuple[Finding, ...] = ()
    interrupted: bool = False

    @property
    def reason(self) -> str:
        """Why not all was searched, if it was not."""
        late = (found.reason for _, found in self.searched if not found.complete and found.attack is None)
        return INTERRUPTED if self.interrupted else next(late, "")

    @property
    def unexplained(self) -> tuple[Expected, ...]:
        """What was expected, is not there, and no rule is named that prevents it."""
        return tuple(one for one in EXPECTED if one.found(self.findings) is None and not one.prevented)

    @property
    def verdict(self) -> Literal["accounted", "unaccounted", "incomplete"]:
        """Whether everything was searched, and everything expected is there or explained."""
        if self.interrupted or not all(found.complete or found.attack for _, found in self.searched):
            return "incomplete"
        return "unaccounted" if self.unexplained else "accounted"

    @property
    def exit_code(self) -> int:
        """0 accounted, 1 unaccounted, 4 incomplete."""
        return {"accounted": 0, "unaccounted": 1, "incomplete": 4}[self.verdict]

    def to_json(self) -> dict[str, object]:
        """One object with all of it."""
        return {
            "verdict": self.verdict,
            "protocol": "segment",
            "profile": AS_WRITTEN.label,
            "ladder": [bounds.to_json() for bounds in self.ladder],
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
            "searches": len(self.searched),
            "findings": [one.to_json() for one in self.findings],
            "beneath": [one.to_json() for one in self.beneath],
            "expected": [one.to_json() for one in self.expected()],
        }

    def expected(self) -> tuple[Looked, ...]:
        """What was looked for by name, and what became of it."""
        return tuple(
            Looked(one.name, names, "" if names else one.prevented)
            for one in EXPECTED
            for names in (tuple(found.name for found in one.all_found(self.findings)),)
        )


@dataclass(slots=True)
class Enumeration:
    """What is known so far: the shortest attack for each cause and property, those on the description itself before
    others; what was searched; what led on: each cause as it is with the defences that were on; and whether it was
    interrupted."""

    found: dict[Cause, dict[str, Attack]] = field(default_factory=dict)
    searched: list[tuple[tuple[str, ...], Searched]] = field(default_factory=list)
    led: dict[Cause, None] = field(default_factory=dict)
    interrupted: bool = False

    def add(self, cause: Cause, attack: Attack) -> bool:
        """Keep an attack if it is the shortest for its cause and property; whether the cause is new."""
        new = cause not in self.found
        known = self.found.setdefault(cause, {})
        if attack.falls not in known or _rank(attack) < _rank(known[attack.falls]):
            known[attack.falls] = attack
        return new

    def all(self) -> tuple[Finding, ...]:
        """A finding for each cause, those with the shortest attacks first."""
        made = []
        for cause, known in self.found.items():
            best = min(known.values(), key=lambda attack: (*_rank(attack), attack.falls))
            also = tuple(sorted((name, attack.length) for name, attack in known.items() if attack is not best))
            made.append(Finding(cause, best, also))
        return tuple(sorted(made, key=lambda one: (one.attack.length, one.attack.falls, one.cause)))

    def report(self, ladder: tuple[Bounds, ...], seconds: float = 0.0) -> FindingsReport:
        """The report on it."""
        found = _report(self.all(), tuple(self.searched), ladder, seconds)
        return replace(found, interrupted=self.interrupted)


def _rank(attack: Attack) -> tuple[bool, int]:
    return attack.profile != AS_WRITTEN, attack.length


def _report(
    all_of_them: tuple[Finding, ...],
    searched: tuple[tuple[tuple[str, ...], Searched], ...],
    ladder: tuple[Bounds, ...],
    seconds: float,
) -> FindingsReport:
    on_it = tuple(one for one in all_of_them if one.attack.profile == AS_WRITTEN)
    beneath = tuple(one for one in all_of_them if one.attack.profile != AS_WRITTEN)
    return FindingsReport(on_it, searched, ladder, seconds, beneath)


# ---- enumerating ---------------------------------------------------------------------------------------


def judged_in(bounds: Bounds) -> tuple[str, ...]:
    """The properties that are judged within bounds: with an intruder those of the hostile store, else all."""
    return tuple(one.name for one in PROPERTIES if one.store == "hostile" or not bounds.intruder)


def one_search(
    bounds: Bounds, on: tuple[str, ...], only: str | None, deadline: float | None = None
) -> tuple[Searched, Cause]:
    """A search on the description with some defences on, until the deadline, and the cause of the attack if there is
    one."""
    found = search(bounds, AS_WRITTEN.having(*on), only=only, deadline=deadline)
    return found, cause_of(found.attack) if found.attack else ()


def one_otherwise(
    bounds: Bounds, only: str, ignored: tuple[str, ...], deadline: float | None = None
) -> tuple[Searched, Cause]:
    """A search on the description for what brings a property down by another operation than these, until the
    deadline."""
    found = search(bounds, AS_WRITTEN, only=only, ignored=ignored, deadline=deadline)
    return found, cause_of(found.attack) if found.attack else ()


def cause_of(attack: Attack) -> Cause:
    """What removes an attack on the description."""
    alone = removed_by(attack, ORDER)
    if alone:
        return alone
    jointly = removed_jointly(attack, ORDER)
    return (AND.join(jointly),) if jointly else ()


def first_fall(
    ladder: tuple[Bounds, ...],
    name: str,
    one: Callable[[Bounds, tuple[str, ...], str | None], tuple[Searched, Cause]] = one_search,
) -> tuple[list[Searched], Cause]:
    """Searches of the description until that property falls, and the cause of the attack if there is one."""
    searched: list[Searched] = []
    for bounds in ladder:
        if name in judged_in(bounds):
            found, cause = one(bounds, (), name)
            searched.append(found)
            if found.attack is not None:
                return searched, cause
    return searched, ()


def enumerated(
    ladder: Sequence[Bounds] = DESCRIBED,
    *,
    one: Callable[[Bounds, tuple[str, ...], str | None], tuple[Searched, Cause]] = one_search,
    otherwise: Callable[[Bounds, str, tuple[str, ...]], tuple[Searched, Cause]] = one_otherwise,
    jobs: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> Enumeration:
    """Every cause that the enumeration comes to within these bounds, or has come to when it is interrupted. With
    several `jobs`, `one` is pickled."""
    known = Enumeration()
    try:
        _enumerate(known, ladder, one, otherwise, jobs, progress or (lambda what, done, of: None))
    except KeyboardInterrupt:
        known.interrupted = True
    return known


def _enumerate(
    known: Enumeration,
    ladder: Sequence[Bounds],
    one: Callable[[Bounds, tuple[str, ...], str | None], tuple[Searched, Cause]],
    otherwise: Callable[[Bounds, str, tuple[str, ...]], tuple[Searched, Cause]],
    jobs: int,
    tell: Callable[[str, int, int], None],
) -> None:
    bounds = tuple(ladder)
    names = tuple(dict.fromkeys(name for one_of in bounds for name in judged_in(one_of)))
    given = [(bounds, name, one) for name in names]
    fell: dict[int, tuple[list[Searched], Cause]] = {}
    try:
        with Crew(jobs) as crew:
            crew.each(first_fall, given, partial(tell, "each property of the description"), fell.__setitem__)
    finally:  # interrupted, too, in their order
        for _, (searched, cause) in sorted(fell.items()):
            known.searched += [((), found) for found in searched]
            if searched[-1].attack is not None:
                known.add(cause, searched[-1].attack)
                known.led[cause] = None
    turn = 0
    while turn < (rounds := max((len(cause) for cause in known.led), default=1)):
        tell("what is hidden by what was found, rounds", turn, rounds)
        _round(known, ladder, one, turn)
        turn += 1
    joint = [attack for cause, found in known.found.items() if not _alone(cause) for attack in found.values()]
    for number, attack in enumerate(joint):
        tell("what no single defence removes, brought about otherwise", number, len(joint))
        _otherwise(known, ladder, otherwise, attack)


def _alone(cause: Cause) -> bool:
    """Whether a single defence removes it."""
    return any(AND not in each for each in cause)


def _otherwise(
    known: Enumeration,
    ladder: Sequence[Bounds],
    one: Callable[[Bounds, str, tuple[str, ...]], tuple[Searched, Cause]],
    attack: Attack,
) -> None:
    """Have the attack's property fall by another operation, until a single defence removes that."""
    ignored: tuple[str, ...] = ()
    last: Attack | None = attack
    while last is not None and last.moves and last.profile == AS_WRITTEN and last.moves[-1].operation not in ignored:
        ignored = (*ignored, last.moves[-1].operation)
        last = None
        for bounds in ladder:
            if attack.falls not in judged_in(bounds):
                continue
            found, cause = one(bounds, attack.falls, ignored)
            known.searched.append(((), found))
            if found.attack is not None:
                known.add(cause, found.attack)
                last = None if _alone(cause) else found.attack
                break


def _round(
    known: Enumeration,
    ladder: Sequence[Bounds],
    one: Callable[[Bounds, tuple[str, ...], str | None], tuple[Searched, Cause]],
    turn: int,
) -> None:
    """Switch on a defence for each cause that is known, the `turn`-th of each, and climb: until nothing falls."""
    on: tuple[str, ...] = ()
    while True:
        on = _mended(known.led, on, turn)
        for bounds in ladder:
            found, cause = one(bounds, on, None)
            known.searched.append((on, found))
            if found.attack is not None:
                break
        if found.attack is None:
            return
        known.led[cause] = None
        attack = _on_the_description(found.attack)
        known.add(cause if attack == found.attack else cause_of(attack), attack)
        if not cause:  # nothing removes it, and so nothing leads on
            return


def _mended(found: Mapping[Cause, object], on: tuple[str, ...], turn: int) -> tuple[str, ...]:
    for cause in sorted(found, key=lambda one: (len(one), [ORDER.index(name) for name in defences_in(one)])):
        if cause and not any(set(each.split(AND)) <= set(on) for each in cause):
            on = tuple(dict.fromkeys((*on, *cause[turn % len(cause)].split(AND))))
    return on


def _on_the_description(attack: Attack) -> Attack:
    """The attack with as few defences on as it can be had by its very moves: none, if it is one on the description."""
    on = attack.profile.defences - AS_WRITTEN.defences
    for name in (None, *sorted(on)):
        fewer = AS_WRITTEN if name is None else attack.profile.without(name)
        bare = replace(attack, profile=fewer)
        try:
            follow(segment_of(bare.bounds, fewer), bare)
        except Stale:
            continue
        attack = bare
        if name is None:
            break
    return attack


# ---- what is written down ------------------------------------------------------------------------------


def written_findings(known: Enumeration) -> dict[str, object]:
    """What an enumeration came to as it is committed: without the time that it took."""
    return {
        "findings": [
            {"cause": list(one.cause), "also": [list(pair) for pair in one.also], "attack": one.attack.to_json()}
            for one in known.all()
        ],
        "searched": [{"on": list(on), **found.to_json(), "fell": bool(found.attack)} for on, found in known.searched],
    }


def committed_findings() -> FindingsReport:
    """The committed findings."""
    file = resources.files("lockedroom.model.segment").joinpath("findings.json")
    return read_findings(json.loads(file.read_text(encoding="utf-8")))


def read_findings(found: Mapping[str, Any]) -> FindingsReport:
    """Findings that were written down. Raises KeyError, TypeError or ValueError where they are none."""
    findings = tuple(
        Finding(tuple(one["cause"]), attack_of(one["attack"]), tuple((name, length) for name, length in one["also"]))
        for one in found["findings"]
    )
    searched = tuple(
        (
            tuple(one["on"]),
            Searched(
                bounds_of(one["bounds"]), one["complete"] or one["fell"], "", one["states"], one["depth"], 0.0, None
            ),
        )
        for one in found["searched"]
    )
    return _report(findings, searched, tuple(dict.fromkeys(one.bounds for _, one in searched)), 0.0)
