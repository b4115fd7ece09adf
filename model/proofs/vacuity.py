"""Whether proofs say something: every action happens somewhere, and whatever is claimed to be needed is.

Three kinds of evidence. A witness is a run from an initial state in which an action is taken, found by the solver and
gone through again without it; what is there for a mistake alone is taken in a run with that mistake, and the report
says so. For each guard that is claimed to be needed a named claim fails when it is dropped; for
each invariant a named obligation fails when the induction may not use it, where one does; and each invariant is
violated by some mutated action. What fails is written down (`Needs`), so that it is found again in no time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from lockedroom.model.proofs.cache import Cache
from lockedroom.model.proofs.formula import FALSE, TRUE, Apply, negation, relations
from lockedroom.model.proofs.obligations import Obligation, hypotheses, obligations
from lockedroom.model.proofs.prove import TIMEOUT, answers
from lockedroom.model.proofs.query import Query, ask, core
from lockedroom.model.proofs.structure import Structure
from lockedroom.model.proofs.system import Action, Guard, System, Update
from lockedroom.model.proofs.unroll import unrolled

_LIMIT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Witness:
    """A run that there is: its actions by name, what holds at its end, and an update that is left out of an action
    (action, text) because nothing of the kind happens otherwise."""

    about: str
    actions: tuple[str, ...]
    finally_: tuple[str, ...] = ()
    without: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """What fails: a claim for each needed guard (by action and text), an obligation for each invariant ("" where the
    others suffice), and for each invariant the mutated action that violates it."""

    guards: Mapping[str, str]
    invariants: Mapping[str, str]
    violations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Vacuity:
    """What came of it: `shown` by kind, how many; `redundant` invariants; guards that are not claimed to be needed;
    what is not shown, which should be nothing; and the actions that no run takes but with a mistake, which is named."""

    shown: Mapping[str, int]
    redundant: tuple[str, ...]
    free: tuple[str, ...]
    missing: tuple[str, ...] = field(default=())
    mistaken: Mapping[str, str] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether all is shown."""
        return not self.missing

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {
            "clean": self.clean,
            "shown": dict(self.shown),
            "missing": list(self.missing),
            "actions that only a mistake allows": dict(self.mistaken),
            "redundant invariants": list(self.redundant),
            "guards not claimed to be needed": list(self.free),
        }


def label(action: Action, guard: Guard) -> str:
    """What a guard is called."""
    return f"{action.name}: {guard.text}"


def audit(
    system: System,
    witnesses: Sequence[Witness],
    needs: Needs,
    *,
    jobs: int = 1,
    timeout: float = TIMEOUT,
    cache: Cache | None = None,
) -> Vacuity:
    """See that every action has a witness, that what is claimed to be needed is, and that every invariant can be
    violated."""
    taken, mistaken = _taken(system, witnesses, timeout)
    missing = [f"no run takes {one.name}" for one in system.actions if one.name not in taken | mistaken.keys()]
    guards = [(action, guard) for action in system.actions for guard in action.guards]
    wanted: dict[str, Query] = {}
    for action, guard in guards:
        claim = needs.guards.get(label(action, guard))
        if guard.needed and claim is None:
            missing.append(f"nothing is known to fail without {label(action, guard)}")
        elif guard.needed and claim is not None:
            wanted[f"without the guard {label(action, guard)}: {claim}"] = _kept(system, action.without(guard), claim)
    asked = set(needs.invariants.values())
    by_name = {one.name: one for one in obligations(system) if one.name in asked}
    for invariant in system.invariants:
        found = needs.invariants.get(invariant.name)
        if found is None:
            missing.append(f"nothing is known of {invariant.name}")
        elif found:
            wanted[f"without the invariant {invariant.name}: {found}"] = _less(by_name[found], invariant.name)
        mutant = needs.violations.get(invariant.name, "")
        mutated = next((one for name, one in mutants(system) if name == mutant), None)
        if mutated is None:
            missing.append(f"no mutated action is known to violate {invariant.name}")
        else:
            wanted[f"{mutant} violates {invariant.name}"] = _kept(system, mutated, invariant.name)
    names = tuple(wanted)
    texts = {index: wanted[name].text() for index, name in enumerate(names)}
    for index, (answered, _) in answers(texts, jobs=jobs, timeout=timeout, cache=cache or Cache(None)):
        if answered.answer != "sat":
            missing.append(f"{names[index]} does not fail: {answered.answer}")
    redundant = tuple(name for name, found in needs.invariants.items() if not found)
    free = tuple(label(action, guard) for action, guard in guards if not guard.needed)
    shown = {
        "actions with a witness": len(taken),
        "actions that only a mistake allows": len(mistaken),
        "needed guards": sum(guard.needed for _, guard in guards),
        "needed invariants": len(system.invariants) - len(redundant),
        "violable invariants": len(system.invariants),
    }
    return Vacuity(shown, redundant, free, tuple(sorted(missing)), mistaken)


def _taken(system: System, witnesses: Sequence[Witness], timeout: float) -> tuple[set[str], dict[str, str]]:
    """The actions that a run takes; and those that none takes but with a mistake, with that mistake."""
    taken: set[str] = set()
    mistaken: dict[str, str] = {}
    for witness in witnesses:
        if run(system, witness, timeout) is None:
            continue
        if witness.without is None:
            taken |= set(witness.actions)
        else:
            action, update = witness.without
            mistaken |= dict.fromkeys(witness.actions, f"{action} without its update {update}")
    return taken, {name: mistake for name, mistake in mistaken.items() if name not in taken}


def run(system: System, witness: Witness, timeout: float) -> tuple[Structure, ...] | None:
    """The states of a run that is a witness; None when there is none. It is gone through again without the solver."""
    actions = [_as_told(system.action(name), witness) for name in witness.actions]
    found = ask(unrolled(system, actions, witness.finally_).query, timeout, structure=True).structure
    if found is None:
        return None
    declared = {relation.name: relation for relation in system.relations}
    kept = {name: held for name, held in found.relations.items() if name in declared}
    state = replace(found, relations=kept)
    states = [state]
    if not all(state.holds(one.formula) for one in (*system.axioms, *system.initial)):
        return None
    for number, action in enumerate(actions, start=1):
        own = {
            name: found.functions[f"{name}_{number}"]
            for name in action.parameters
            if f"{name}_{number}" in found.functions
        }
        state = replace(state, functions={**found.functions, **own})
        if not all(state.holds(guard.formula) for guard in action.guards):
            return None
        state = state.after(action, declared)
        states.append(state)
    return tuple(states)


def _as_told(action: Action, witness: Witness) -> Action:
    if witness.without is None or witness.without[0] != action.name:
        return action
    return replace(action, updates=tuple(one for one in action.updates if one.text != witness.without[1]))


# ---- mutants -------------------------------------------------------------------------------------------


def mutants(system: System) -> Iterator[tuple[str, Action]]:
    """Every action with one guard dropped, with one update dropped, and for each relation an action that changes it
    anywhere."""
    for action in system.actions:
        for guard in action.guards:
            yield f"{action.name} without its guard {guard.text}", action.without(guard)
        for update in action.updates:
            kept = tuple(other for other in action.updates if other is not update)
            yield f"{action.name} without its update {update.text}", replace(action, updates=kept)
    for relation in system.relations:
        if not relation.fixed:
            places = {f"p{index}": sort for index, sort in enumerate(relation.arguments)}
            at = tuple(Apply(name, (), sort) for name, sort in places.items())
            for value, word in ((TRUE, "true"), (FALSE, "false")):
                text = f"{relation.name}({', '.join(places)}) := {word}"
                yield text, Action(text, places, (), (Update(text, relation.name, at, value),), "")


def _kept(system: System, action: Action, claim: str) -> Query:
    """The query that asks for a step of the action after which a claim fails."""
    formula = next(one.formula for one in system.invariants if one.name == claim)
    goal = {"the claim fails after": negation(action.before(formula))}
    return Query(system, action.parameters, {**hypotheses(system, action), **goal})


def _less(obligation: Obligation, invariant: str) -> Query:
    """The obligation's query, without one invariant to use."""
    name = f"invariant {invariant}"
    assertions = {one: formula for one, formula in obligation.query.assertions.items() if one != name}
    return replace(obligation.query, assertions=assertions)


# ---- finding what fails --------------------------------------------------------------------------------


def search(system: System) -> Needs:
    """What fails without each guard and each invariant, and what violates each invariant. Takes minutes. A guard that
    is claimed to be needed and is not is left out."""
    used: dict[str, list[Obligation]] = {}
    for obligation in obligations(system):
        if not obligation.framed and obligation.kind != "initiation":
            for name in core(obligation.query, _LIMIT):
                used.setdefault(name, []).append(obligation)
    guards: dict[str, str] = {}
    for action in system.actions:
        for index, guard in enumerate(action.guards):
            for obligation in used.get(f"guard {index} of {action.name}: {guard.text}", ()) if guard.needed else ():
                if ask(_kept(system, action.without(guard), obligation.claim.name), _LIMIT).answer == "sat":
                    guards[label(action, guard)] = obligation.claim.name
                    break
    invariants: dict[str, str] = {}
    for invariant in system.invariants:
        own = [one for one in used.get(f"invariant {invariant.name}", ()) if one.claim.name != invariant.name]
        failing = (one.name for one in own if ask(_less(one, invariant.name), _LIMIT).answer == "sat")
        invariants[invariant.name] = next(failing, "")
    return Needs(guards, invariants, _violations(system, guards))


def _violations(system: System, guards: Mapping[str, str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for action in system.actions:
        for guard in action.guards:
            claim = guards.get(label(action, guard))
            if claim is not None:
                found.setdefault(claim, f"{action.name} without its guard {guard.text}")
    for invariant in system.invariants:
        spoken = relations(invariant.formula)
        for name, mutated in mutants(system) if invariant.name not in found else ():
            if mutated.writes & spoken and ask(_kept(system, mutated, invariant.name), _LIMIT).answer == "sat":
                found[invariant.name] = name
                break
    return found
