"""The JSON objects that `check`, `defences` and `findings` print: their schemas, which say what each field means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from lockedroom.conformance.schemas import DRAFT, Json, closed
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.properties import PROPERTIES
from lockedroom.reference.segment.profile import DEFENCES, PROFILES

CHECK_SCHEMA: Final = "check.schema.json"
PINNED_SCHEMA: Final = "pinned.schema.json"
DEFENCES_SCHEMA: Final = "defences.schema.json"
FINDINGS_SCHEMA: Final = "findings.schema.json"

_TEXT: Final[Mapping[str, Json]] = {"type": "string"}
_COUNT: Final[Mapping[str, Json]] = {"type": "integer", "minimum": 0}
_DEFENCE: Final[Mapping[str, Json]] = {"enum": [one.name for one in DEFENCES]}
_CLAUSES: Final[Mapping[str, Json]] = {"type": "array", "items": _TEXT}
_STORES: Final[list[Json]] = ["hostile store", "honest store"]


def _said(kind: Mapping[str, Json], meaning: str) -> dict[str, Json]:
    return {**kind, "description": meaning}


def _list(items: Mapping[str, Json], meaning: str) -> dict[str, Json]:
    return {"type": "array", "items": items, "description": meaning}


def _or_none(kind: Mapping[str, Json], meaning: str) -> dict[str, Json]:
    return {"anyOf": [kind, {"type": "null"}], "description": meaning}


def _bounds() -> dict[str, Json]:
    """The budgets of an exploration, all of them."""
    names = [field.name for field in fields(Bounds)]
    return closed({**dict.fromkeys(names, _COUNT), "settled": {"enum": [0, 1]}}, [*names, "settled"])


def _budgets() -> dict[str, Json]:
    return _said({"type": "object", "additionalProperties": _COUNT}, "the budgets that are not 0")


def _move() -> dict[str, Json]:
    return closed(
        {
            "actor": _said(_TEXT, "a member, or the intruder"),
            "operation": _said(_TEXT, "what it does"),
            "arguments": _said({"type": "object"}, "to whom, and with what: values of the trace format"),
            "choice": _said(_TEXT, "which of several outcomes, where there is a choice"),
            "which": _said(_COUNT, "which of several outcomes of that choice, from 0"),
        }
    )


def _attack() -> dict[str, Json]:
    return closed(
        {
            "profile": _said(_TEXT, "a profile, with - and + before the defences that are off and on in it"),
            "bounds": _budgets(),
            "property": _property(),
            "message": _said(_TEXT, "how it is violated at the end"),
            "moves": _list(_move(), "the steps, first to last"),
        }
    )


def _property() -> dict[str, Json]:
    return _said({"enum": [one.name for one in PROPERTIES]}, "the property that falls")


def _searched() -> dict[str, Json]:
    return closed(
        {
            "bounds": _budgets(),
            "complete": _said({"type": "boolean"}, "whether every reachable state was seen"),
            "reason": _said(_TEXT, "why not, if there is another reason than an attack"),
            "states": _said(_COUNT, "distinct states that were seen"),
            "depth": _said(_COUNT, "the longest of the shortest ways to them"),
        }
    )


def _report(rows: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "verdict": _said(
            {"enum": ["accounted", "unaccounted", "incomplete"]}, "exit code 0, 1, 4 (130 when interrupted)"
        ),
        "protocol": {"const": "segment"},
        "profile": {"enum": list(PROFILES)},
        "ladder": _list(_bounds(), "the bounds that are searched within, in this order, until the profile falls"),
        "seconds": _said({"type": "number", "minimum": 0}, "that it took"),
        "reason": _said(_TEXT, "why it is not complete, if it is not: `interrupted`, or the time limit"),
        "committed": _said(
            {"type": "boolean"},
            "whether nothing was searched now, and this is what was committed, each attack taken again",
        ),
        **rows,
    }


_FILES: Final[Mapping[str, Json]] = {
    "trace": _said(_TEXT, "with --trace: the file in that folder"),
    "svg": _said(_TEXT, "with --svg: the file in that folder"),
}


def check_schema() -> dict[str, Json]:
    """The schema of what `lockedroom check segment --json` prints."""
    flag: Mapping[str, Json] = {"type": "boolean"}
    seconds = _said({"type": "number", "minimum": 0}, "of exploring")
    counts: Mapping[str, Json] = {"type": "object", "additionalProperties": _COUNT}
    numbers: dict[str, Json] = {
        "complete": _said(flag, "whether every reachable state was seen"),
        "states": _said(_COUNT, "distinct states"),
        "transitions": _said(_COUNT, "between them"),
        "depth": _said(_COUNT, "the longest of the shortest ways to states"),
        "seconds": seconds,
        "engine_calls": _said(_COUNT, "how often the reference engine ran"),
        "entries": _said(_COUNT, "distinct contents of a transition's footprint: entries of the memo"),
        "reductions": _list(_TEXT, "what was left out, and why it may be"),
    }
    found = closed(
        {
            "name": _property(),
            "class": _said({"enum": _STORES}, "the store in which it is promised"),
            "clauses": _said(_CLAUSES, "what promises it"),
            "verdict": {"enum": ["holds", "violated", "not exercised", "incomplete"]},
            "exercised": _said(_COUNT, "distinct steps or states that could have violated it"),
            "says": _said(_TEXT, "how it is violated, or why it was not exercised"),
        }
    )
    step = closed(
        {
            "actor": _said(_TEXT, "a member, or the intruder"),
            "operation": _said(_TEXT, "what it does"),
            "arguments": _said({"type": "object"}, "to whom, and with what; terms as text"),
            "choice": _said(_TEXT, "which of several outcomes, where there is a choice"),
            "outcome": {"enum": ["ok", "rejected"]},
            "clause": _or_none(_TEXT, "of a rejection: the clause that refuses"),
            "events": _list(_TEXT, "what the actor is told, by its names"),
        }
    )
    path = _list(step, "the steps of a shortest way there")
    broken = closed({"property": _property(), "message": _said(_TEXT, "how it is violated"), "path": path})
    remark = closed(
        {
            "kind": {
                "enum": ["vacuous property", "never happened", "never enabled", "always refused", "guard never false"]
            },
            "name": _said(_TEXT, "of the property, witness, operation or guard"),
            "says": _said(_TEXT, "what that means"),
        }
    )
    fields_of_it: dict[str, Json] = {
        "verdict": _said({"enum": ["holds", "violated", "incomplete"]}, "exit code 0, 1, 4 (130 when interrupted)"),
        "profile": _said(_TEXT, "a label, with - and + before the defences that are off and on in it"),
        "bounds": _said(_bounds(), "the budgets, all of them"),
        "reason": _said(_TEXT, "why it is not complete, if it is not"),
        **numbers,
        "phases": _list(closed({"store": {"enum": _STORES}, **numbers}), "the explorations, each by itself"),
        "properties": _list(found, "every property, in the order of the chapter"),
        "transitions_exercised": _said(counts, "how often each operation was taken, in distinct ways"),
        "never_enabled": _list(_TEXT, "operations that these bounds allow and that were never taken"),
        "witnesses": _said(counts, "how often what should happen somewhere was seen to happen"),
        "findings": _list(remark, "what else the exploration shows"),
        "counterexample": _or_none(broken, "of what is violated: the first that falls, by a shortest way"),
    }
    return _schema("What `lockedroom check segment --json` prints", fields_of_it)


def pinned_schema() -> dict[str, Json]:
    """The schema of what `lockedroom check segment --pinned --json` prints."""
    counts: Mapping[str, Json] = {"type": "object", "additionalProperties": _COUNT}
    cost = _said({"type": "number", "minimum": 0}, "of exploring; of one processor, where nothing was explored now")
    size: dict[str, Json] = {
        "bounds": _bounds(),
        "states": _said(_COUNT, "distinct states"),
        "depth": _said(_COUNT, "the longest of the shortest ways to them"),
        "seconds": cost,
    }
    run: dict[str, Json] = {
        **size,
        "transitions": _said(_COUNT, "between them"),
        "engine_calls": _said(
            _COUNT, "how often the reference engine ran; 0: neither that nor the tallies are committed"
        ),
        "taken": _said(counts, "how often each operation was taken, if it was"),
        "shown": _said(counts, "how often what should happen somewhere was seen to happen, if it was"),
        "judged": _said(counts, "on how many distinct steps or states each property could have been violated, if any"),
        "verdict": _said({"enum": ["holds", "differs", "violated", "incomplete"]}, "within these bounds"),
        "reason": _said(_TEXT, "why it is not complete, if it is not"),
        "differs": _list(_TEXT, "what is not as committed"),
    }
    witnessed: dict[str, Json] = {
        "name": _TEXT,
        "times": _said(_COUNT, "of all runs together"),
        "within": _list(_bounds(), "the bounds where it was witnessed, those of the fewest states first"),
    }
    mutants = _said(_COUNT, "known mistakes that violate it")
    fields_of_it: dict[str, Json] = {
        "verdict": _said(
            {"enum": ["holds", "differs", "violated", "incomplete"]},
            "the worst: exit code 0, 1, 1, 4 (130 interrupted)",
        ),
        "reason": _said(_TEXT, "why it is not complete, if it is not"),
        "explored": _said({"type": "boolean"}, "whether anything was explored now, or what is committed is shown"),
        "runs": _list(closed(run), "the committed bounds"),
        "beyond": _list(
            closed(
                {
                    **size,
                    "instead": _list(_bounds(), "the largest committed bounds within these"),
                    "does_not_fit": {
                        "anyOf": [closed(size), {"type": "null"}],
                        "description": "of these or of smaller bounds that they contain, what was not exhausted in 600 "
                        "seconds; null: nothing shows that they do not fit",
                    },
                }
            ),
            "bounds that are asked for and have not been exhausted: how far an exploration came",
        ),
        "transitions": _list(closed(witnessed), "every transition of the protocol's table"),
        "sometimes": _list(closed(witnessed), "what should happen somewhere"),
        "properties": _list(closed({**witnessed, "mutants": mutants}), "every property"),
        "missing": _list(_TEXT, "which of these no run witnesses"),
    }
    return _schema("What `lockedroom check segment --pinned --json` prints", fields_of_it)


def defences_schema() -> dict[str, Json]:
    """The schema of what `lockedroom defences --json` prints."""
    row: dict[str, Json] = {
        "name": _said(_DEFENCE, "the defence"),
        "clauses": _said(_CLAUSES, "what it implements"),
        "gives": _said(_TEXT, "what is done with it"),
        "without": _said(_TEXT, "what is done without it"),
        "verdict": _said(
            {"enum": ["attack", "attack together", "none found", "incomplete"]},
            "whether its loss admits an attack: alone, only together with others, not within the bounds",
        ),
        "off": _list(_DEFENCE, "the defences that are off in the attack, this one first"),
        "property": _or_none(_property(), "the property that falls"),
        "class": _or_none({"enum": _STORES}, "the store in which it is promised"),
        "message": _or_none(_TEXT, "how it is violated at the end"),
        "length": _or_none(_COUNT, "the number of steps of the shortest attack within its bounds"),
        "bounds": _or_none(_bounds(), "the attack's bounds"),
        "reason": _said(_TEXT, "why the defence stays, where no attack was found"),
        "beside": _said(
            _TEXT,
            "where a defence is off, too, that is missed alone: why this one has a part in the attack; else empty",
        ),
        "searched": _list(_searched(), "what was searched with this defence alone off"),
        "attack": _or_none(_attack(), "the attack"),
    }
    rows: dict[str, Json] = {"defences": _list(closed({**row, **_FILES}, list(row)), "in the order of the profile")}
    return _schema("What `lockedroom defences segment --json` prints", _report(rows))


def findings_schema() -> dict[str, Json]:
    """The schema of what `lockedroom findings --json` prints."""
    lines = _list(_TEXT, "sentences")
    finding: dict[str, Json] = {
        "name": _said(_TEXT, "what it is, in a few words"),
        "profile": _said(_TEXT, "as-written; with + before defences behind whose absence it is hidden, if it is"),
        "removed_by": _list(
            _TEXT,
            "the defences each of which removes it alone: this is its root cause; where none does, some that do so "
            "together, joined by ' + '",
        ),
        "clauses": _said(_CLAUSES, "those of these defences"),
        "property": _property(),
        "class": _said({"enum": _STORES}, "the store in which it is promised"),
        "message": _said(_TEXT, "how it is violated at the end"),
        "length": _said(_COUNT, "the number of steps"),
        "bounds": _said(_bounds(), "the attack's bounds"),
        "also": _list(
            closed({"property": _property(), "length": _COUNT}), "other properties that fall for the same root cause"
        ),
        "attack": _attack(),
        "story": _said(lines, "a sentence for each step"),
        "beliefs": _said(lines, "what members believe at the end, and what is true"),
        "knowledge": _said(lines, "what the intruder knows at the end"),
        "leads": _or_none(
            closed(
                {
                    "bounds": _budgets(),
                    "property": _property(),
                    "message": _said(_TEXT, "how that property is violated at its end"),
                    "beside": _said(
                        _TEXT, "the defence together with which those that remove the finding remove this; empty: alone"
                    ),
                    "turned": _said(
                        {"type": "boolean"},
                        "whether nothing new falls by it, but its trace goes on by two steps to where what was sent is "
                        "received by another one than for whom it was sealed",
                    ),
                    "moves": _list(_move(), "the moves after the attack's own"),
                    "story": _said(lines, "a sentence for each step"),
                }
            ),
            "what the finding leads to, where the hardened profile takes every step of its attack: the shortest way on "
            "to a step at which a property falls, of which the hardened profile refuses a step. It stands in the trace",
        ),
        "hardened": _or_none(
            closed(
                {
                    "says": {"enum": ["refused", "taken", "same"]},
                    "step": _COUNT,
                    "clause": _TEXT,
                    "replayed": _COUNT,
                    "by": {"type": "array", "items": closed({"defence": _TEXT, "clause": _TEXT})},
                }
            ),
            "what the hardened profile says to these steps and those that they lead to, on engine and backend: it "
            "refuses one, by a clause; it takes one that the description refuses, by that clause; it takes them all, "
            "and the property holds, by the "
            "clauses of what removes the attack. `replayed`: the step's number in the trace, which has a step more for "
            "each that is made in another segment. `by`: of the defences that remove the attack, those with each of "
            "which alone the description refuses that step, and by which clause; where none does alone, several joined "
            "by ' + '. What the intruder makes itself is made for the profile that is attacked",
        ),
        "unsaid": _said(_TEXT, "why the attack cannot be replayed but on the model, if it cannot"),
    }
    expected = closed(
        {
            "name": _said(_TEXT, "a root cause that a reader of the description expects"),
            "findings": _list(_TEXT, "the names of the findings that it is"),
            "prevented": _said(_TEXT, "if there is none: which rule of the literal reading prevents it"),
        }
    )
    rows: dict[str, Json] = {
        "searches": _said(_COUNT, "how many explorations it took"),
        "findings": _list(closed({**finding, **_FILES}, list(finding)), "the shortest attack first"),
        "beneath": _list(
            closed({**finding, **_FILES}, list(finding)),
            "what is no finding: the description itself does not fall by it, but with some of the defences it does",
        ),
        "expected": _list(expected, "what was looked for by name"),
    }
    return _schema("What `lockedroom findings segment --json` prints", _report(rows))


def _schema(title: str, fields: Mapping[str, Json]) -> dict[str, Json]:
    return {"$schema": DRAFT, "title": title, **closed(fields)}
