"""The JSON object that `mutants` prints: its schema, which says what each field means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from lockedroom.conformance.schemas import DRAFT, Json, closed
from lockedroom.model import stash
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.properties import PROPERTIES
from lockedroom.reference.protocols import NAMES

SCHEMA: Final = "mutants.schema.json"

_TEXT: Final[Mapping[str, Json]] = {"type": "string"}
_COUNT: Final[Mapping[str, Json]] = {"type": "integer", "minimum": 0}
_SECONDS: Final[Mapping[str, Json]] = {"type": "number", "minimum": 0}
_PROPERTY: Final[Mapping[str, Json]] = {
    "enum": [*dict.fromkeys((*(one.name for one in PROPERTIES), *stash.PROPERTIES))]
}


def mutants_schema() -> dict[str, Json]:
    """The schema of what `lockedroom mutants --json` prints."""
    mutant: dict[str, Json] = {
        "name": _said(_TEXT, "what the mistake is"),
        "breaks": _said(_TEXT, "the clause that it breaks"),
        "modules": _list(_TEXT, "the modules of the engine's logic that it is in"),
        "bounds": _bounds("the smallest bounds that suffice to see it: it was explored within these"),
        "fate": _said(
            {"enum": ["killed", "survives", "raises"]},
            "`survives`: explored whole, and nothing is violated; `raises`: it shows nothing, since it does not match "
            "the source or makes the engine raise (the message says which)",
        ),
        "property": _or_none(_PROPERTY, "of a killed one: the property that its shortest trace violates"),
        "fallen": _list(_PROPERTY, "all that the explorer saw violated at that length"),
        "message": _said(_TEXT, "how it is violated at the end of the trace"),
        "steps": _said(_COUNT, "the length of the trace; 0 when there is none"),
        "states": _said(_COUNT, "distinct states that were seen"),
        "seconds": _said(_SECONDS, "of exploring"),
        "trace": _or_none(_TEXT, "with --trace: the trace's file"),
    }
    control: dict[str, Json] = {
        "bounds": _bounds("of some of the mutants"),
        "verdict": _said(_TEXT, "of the engine without a mistake within them: `holds`, or what is wrong"),
        "states": _said(_COUNT, "distinct states"),
        "seconds": _said(_SECONDS, "of exploring"),
    }
    report: dict[str, Json] = {
        "verdict": _said(
            {"enum": ["all killed", "some survive", "incomplete"]},
            "of those that were chosen: exit code 0, 1, 4 (or 130 when interrupted)",
        ),
        "protocol": {"enum": [*NAMES]},
        "reason": _said({"enum": ["", "the time limit", "interrupted"]}, "why it ended before all had an answer"),
        "known": _said(_COUNT, "how many mutants there are"),
        "chosen": _said(_COUNT, "how many of them were to be judged"),
        "killed": _said(_COUNT, "how many of those were killed"),
        "survivors": _list(_TEXT, "the names of those that were not"),
        "not_judged": _list(_TEXT, "the names of those without an answer"),
        "seconds": _said(_SECONDS, "that it took"),
        "jobs": _said(_COUNT, "the processes that explored"),
        "mutants": _list(closed(mutant), "those with an answer, in the library's order"),
        "control": _list(closed(control), "explorations without a mistake, as they came"),
    }
    return {"$schema": DRAFT, "title": "What `lockedroom mutants --json` prints", **closed(report)}


def _said(kind: Mapping[str, Json], meaning: str) -> dict[str, Json]:
    return {**kind, "description": meaning}


def _list(items: Mapping[str, Json], meaning: str) -> dict[str, Json]:
    return {"type": "array", "items": items, "description": meaning}


def _or_none(kind: Mapping[str, Json], meaning: str) -> dict[str, Json]:
    return {"anyOf": [kind, {"type": "null"}], "description": meaning}


def _bounds(meaning: str) -> dict[str, Json]:
    names = [field.name for field in fields(Bounds)]
    segment = closed({**dict.fromkeys(names, _COUNT), "settled": {"enum": [0, 1]}}, [*names, "settled"])
    return _said({"anyOf": [segment, closed({field.name: _COUNT for field in fields(stash.Bounds)})]}, meaning)
