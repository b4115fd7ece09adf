"""The hostile corpus: what somebody outside the protocol writes into a room's object, and the one right outcome.

A scene is a trace that leads up to the moment; a vector writes something then, takes a step or a few, and says what
must be seen. Each becomes a trace, which the runner replays like any other. `hostile_make` makes the files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, cast

from jsonschema import Draft202012Validator

from lockedroom.conformance.coverage import clauses_by_step
from lockedroom.conformance.edits import Edit
from lockedroom.conformance.observation import Clause, Name, Observation, Seen
from lockedroom.conformance.report_cases import Candidate
from lockedroom.conformance.schemas import (
    DRAFT,
    Json,
    Malformed,
    Mismatch,
    NotJson,
    check,
    json_of,
    line_of,
    parse,
    schema_of,
    validator_of,
    value_of,
)
from lockedroom.conformance.stash import RECORD
from lockedroom.conformance.stash_real import stores
from lockedroom.conformance.trace import INTRUDER, MalformedTrace, Trace, TraceStep, read_trace

FOLDER: Final = Path(__file__).resolve().parent / "hostile" / "segment"
SCHEMA: Final = "hostile.schema.json"
FORMAT: Final = "lockedroom-hostile-1"
PREFIX: Final = "hostile/"
"""What the ids of these cases begin with."""

Id: TypeAlias = Annotated[str, {"pattern": "^[a-z0-9-]+(/[a-z0-9-]+)*$", "maxLength": 100}]
Text: TypeAlias = Annotated[str, {"minLength": 1, "maxLength": 300}]

FLAGS: Final[Mapping[str, str]] = {
    "bit flipped": "One bit of a field is another. Catches a field that no check covers.",
    "zeroed": "Every byte of a field is 0. Catches nothing taken for something, and emptiness for the end.",
    "greatest": "Every bit of a field is 1. Catches sums that overflow and offsets that leave the object.",
    "truncated": "The record ends inside a field. Catches reading beyond what is there.",
    "extended": "There are bytes where none may be. Catches decoders that stop reading when they have enough.",
    "length": "A length says more or less than is there. Catches reading, or copying, by a length that is not checked.",
    "wrong type": "A field holds what its type has not. Catches texts used before they are checked.",
    "wrong kind": "A record, whole or by its kind byte, is of a kind that does not belong there. Catches casts.",
    "duplicate": "A record stands where another should, or twice. Catches believing the same thing twice.",
    "redirected": "A record lies where it was not left. Catches trusting the place instead of the record.",
    "foreign segment": "A record of another segment of the same members. Catches signatures without the segment's id.",
    "old version": "A version that was, or will be. Catches reading one layout by the tables of another.",
    "cycle": "Something leads to itself, or back. Catches loops without end.",
    "out of range": "A number, an index or a count is beyond its table. Catches an access that is not checked.",
    "geometry": "The object is not what its first words say. Catches mapping, or computing offsets, before checking.",
    "journal": "A commit that nobody made. Catches applying a dead member's journal without looking at it.",
    "life": "What is said of a process is wrong. Catches taking the living for dead.",
    "foreign key": "A record of another key. Catches opening that fails, and is not looked at.",
    "rolled back": "What lay there before lies there again. Catches forgetting what was seen.",
    "spliced": "Parts of two records stand in one. Catches fields that a seal does not cover.",
    "unread": "Bytes that no reader may look at. Catches reading by position what a word must say.",
}
"""What a flag of a hostile vector means, and the bug that it catches."""


class MalformedHostile(Malformed):
    """A file that is none of hostile vectors: which, and what is wrong."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is done after the writing, and what must be seen. Without `visible` it is as before."""

    actor: Name
    operation: str
    arguments: Mapping[str, object]
    outcome: Literal["ok", "rejected"]
    events: tuple[Mapping[str, object], ...]
    clause: str | None = None
    visible: Observation | None = None


@dataclass(frozen=True, slots=True)
class Vector:
    """One failure: where the scene ends, `edits` are written, and `steps` are taken. `clauses` are those that it is
    about; `visible` is what is seen after the writing, if it is not what was before."""

    id: Id
    comment: Text
    scene: str
    flags: tuple[str, ...]
    clauses: tuple[Clause, ...]
    edits: tuple[Edit, ...]
    steps: tuple[Step, ...]
    visible: Observation | None = None


@dataclass(frozen=True, slots=True)
class HostileFile:
    """The vectors of one part of the object."""

    format: Literal["lockedroom-hostile-1"]
    schema: Literal["hostile.schema.json"]
    vectors: tuple[Vector, ...]


def hostile_schema() -> dict[str, Json]:
    """The schema of a file: no field may be there that it does not name."""
    return {"$schema": DRAFT, "title": "Hostile vectors of lockedroom", **schema_of(HostileFile)}


@cache
def _validator() -> Draft202012Validator:
    return validator_of(hostile_schema())


def read_hostile(path: Path) -> HostileFile:
    """The vectors in a file. Raises MalformedHostile: for an unknown field, or a flag that there is not."""
    try:
        value = parse(path.read_bytes())
        check(_validator(), value)
    except (NotJson, Mismatch) as problem:
        raise MalformedHostile(f"{path.name}: {problem}") from None
    found = value_of(HostileFile, value)
    unknown = sorted({flag for one in found.vectors for flag in one.flags} - FLAGS.keys())
    if unknown:
        raise MalformedHostile(f"{path.name}: no flag {unknown[0]}")
    return found


def write_hostile(vectors: Sequence[Vector]) -> str:
    """The canonical text of a file: a line for each vector."""
    lines = ",\n".join(f"    {line_of(json_of(one))}" for one in vectors)
    return f'{{\n  "format": {line_of(FORMAT)},\n  "schema": {line_of(SCHEMA)},\n  "vectors": [\n{lines}\n  ]\n}}\n'


def files(protocol: str = "segment") -> tuple[Path, ...]:
    """The committed files of vectors, sorted."""
    return tuple(sorted(FOLDER.with_name(protocol).glob("*.json")))


@cache
def vectors(protocol: str = "segment") -> Mapping[str, Vector]:
    """The committed vectors by the ids of their cases. Raises MalformedHostile, also for an id that stands twice."""
    found: dict[str, Vector] = {}
    for path in files(protocol):
        for one in read_hostile(path).vectors:
            if PREFIX + one.id in found:
                raise MalformedHostile(f"{path.name}: the id {one.id} stands twice")
            found[PREFIX + one.id] = one
    return found


@cache
def scenes(protocol: str = "segment") -> Mapping[str, Trace]:
    """The committed scenes by name. Raises MalformedHostile."""
    try:
        return {path.stem: read_trace(path) for path in sorted((FOLDER.with_name(protocol) / "scenes").glob("*.json"))}
    except MalformedTrace as problem:
        raise MalformedHostile(str(problem)) from None


def ids(protocol: str = "segment") -> Mapping[str, tuple[str, Literal["keyring", "memory"] | None]]:
    """The ids of the cases, each with its vector's and its store: of the stash each that has what the vector writes to.
    Raises MalformedHostile."""
    if protocol == "segment":
        return {case: (case, None) for case in vectors()}
    return {
        f"{case}/in-{store}": (case, store)
        for case, one in vectors(protocol).items()
        for store in stores()
        if store == "memory" or all(edit.place == RECORD for edit in one.edits)
    }


def traces(protocol: str = "segment") -> dict[str, Trace]:
    """Every vector as a trace, by the id of its case. Raises MalformedHostile."""
    ours, known = vectors(protocol), scenes(protocol)
    return {name: _stored(case, trace_of(ours[case], known), store) for name, (case, store) in ids(protocol).items()}


def _stored(case: str, trace: Trace, store: Literal["keyring", "memory"] | None) -> Trace:
    """The trace in that store, with a key of its own: those of one scene need not wait for each other."""
    if store is None:
        return trace
    seed, settings = hashlib.sha256(case.encode()).hexdigest(), trace.settings
    return replace(trace, settings=replace(settings, title=f"{trace.title}, in {store}", entropy=seed, store=store))


def trace_of(vector: Vector, known: Mapping[str, Trace]) -> Trace:
    """A vector as a trace. Raises MalformedHostile when there is no such scene."""
    if vector.scene not in known:
        raise MalformedHostile(f"{vector.id}: no scene {vector.scene}")
    scene = known[vector.scene]
    at = vector.visible or (scene.steps[-1].observation if scene.steps else scene.start)
    edits = cast("Sequence[Json]", json_of(vector.edits))
    steps = [TraceStep(INTRUDER, "write", {"edits": edits}, Seen("ok"), at)]
    for step in vector.steps:
        at = step.visible or at
        arguments = cast("Mapping[str, Json]", step.arguments)
        seen = Seen(step.outcome, step.clause, cast("tuple[Json, ...]", step.events))
        steps.append(TraceStep(step.actor, step.operation, arguments, seen, at))
    settings = replace(scene.settings, title=vector.comment)
    return Trace(settings, scene.start, (*scene.steps, *steps))


@cache
def _scene_clauses(protocol: str, name: str) -> tuple[frozenset[str], ...]:
    return clauses_by_step(scenes(protocol)[name])


def chosen(case: str, globs: Sequence[str]) -> bool:
    """Whether one of the globs means that case: of so many, no others are listed."""
    return any(fnmatchcase(case, glob) for glob in globs)


def candidate(case: str, trace: Trace) -> Candidate:
    """A vector, which is this trace now, as a case: its clauses are those of what is done after the writing, and of
    the writing. A step that is taken is about the clauses of the vector, or of its other steps."""
    protocol = trace.settings.protocol
    vector = vectors(protocol)[re.sub(r"(/in-(keyring|memory))?(/by-\d+)?$", "", case)]
    refused = {step.clause for step in vector.steps if step.clause}
    others = set() if vector.clauses else refused
    after = ({*vector.clauses, *({step.clause} if step.clause else others)} for step in vector.steps)
    return Candidate(
        case,
        "trace",
        trace.title,
        trace.settings.suite,
        vector.flags,
        (*_scene_clauses(protocol, vector.scene), frozenset({*vector.clauses, *refused}), *map(frozenset, after)),
    )
