"""The trace format: models, schema, reading with strict validation, canonical writing.

A trace is one JSON file that says everything about a run: configuration, entropy, and every step with what each
observer must see. It is a valid ITF file (`#meta`, `vars`, `states`) with more in its `#meta`. Nothing here runs one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, cast

from jsonschema import Draft202012Validator

from lockedroom.backend.layout import excess
from lockedroom.conformance import forging
from lockedroom.conformance.edits import Edit
from lockedroom.conformance.forging import Recipe, Value
from lockedroom.conformance.observation import (
    Body,
    Clause,
    Count,
    Name,
    Observation,
    Right,
    Seen,
    event_schema,
)
from lockedroom.conformance.schemas import (
    DRAFT,
    Json,
    Malformed,
    Mismatch,
    NotJson,
    by_value,
    check,
    closed,
    content,
    json_of,
    line_of,
    parse,
    schema_of,
    validator_of,
    value_of,
)
from lockedroom.reference import tables
from lockedroom.reference.protocols import Protocol
from lockedroom.reference.segment.codec import is_name
from lockedroom.reference.segment.records import Capacity
from lockedroom.reference.stash.records import NEWEST

FORMAT: Final = "lockedroom-trace-1"
SCHEMA: Final = "trace.schema.json"
LARGEST: Final = 64 << 20
"""The largest trace file that is read, in bytes."""

INTRUDER: Final = "intruder"
"""The actor that is no member: who may write to the store."""

STASH: Final = tables.TABLES["stash"].prefix
"""What the names of the stash's operations begin with: some are called as the segment's are."""

Seed: TypeAlias = Annotated[str, {"pattern": "^[0-9a-f]{64}$", "maxLength": 64}]
Text: TypeAlias = Annotated[str, {"maxLength": 2000}]
Field: TypeAlias = Annotated[str, {"pattern": "^[a-z_]+$", "maxLength": 40}]


class MalformedTrace(Malformed):
    """A file that is no trace: which file, where in it, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What every member of a run is told. The first of `members` is the creator; `entropy` is the seed of every
    key and every fresh value; `bounds` are those of the exploration that the trace comes from, if any; `store` is where
    a stash is to lie, if it is not the implementation's to choose."""

    format: Literal["lockedroom-trace-1"]
    protocol: Protocol
    profile: Literal["hardened", "as-written"]
    suite: Literal["LR0", "LR1"]
    capacity: Capacity
    members: Annotated[tuple[Name, ...], {"minItems": 1, "maxItems": 64, "uniqueItems": True}]
    entropy: Seed
    title: Text
    source: Text
    bounds: Mapping[Name, Count]
    store: Literal["keyring", "memory"] | None = None


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step: who does what, what it must see, and what must be visible afterwards. `room`: in which, where it is not
    the run's own; what is visible is then seen there."""

    actor: str
    operation: str
    arguments: Mapping[str, Json]
    seen: Seen
    observation: Observation
    room: str = ""

    def __str__(self) -> str:
        shown = [value for name, value in self.arguments.items() if (self.operation, name) != ("inspect", "value")]
        inner = ", ".join(map(_brief, shown))
        return f"{self.actor}: {self.operation}({inner})" + (f" in {self.room}" if self.room else "")


@dataclass(frozen=True, slots=True)
class Trace:
    """A run: its settings, what is visible before the first step, and the steps."""

    settings: Settings
    start: Observation
    steps: tuple[TraceStep, ...]

    @property
    def title(self) -> str:
        """What it shows, in a line."""
        return self.settings.title


def drawn_by_members(step: TraceStep) -> bool:
    """Whether a step looks for what members draw: so only where all is drawn from the trace's seed."""
    return step.operation == "inspect" and forging.draws(step.arguments["value"]) - {INTRUDER} != frozenset()


def _brief(value: Json) -> str:
    if isinstance(value, str):
        return value if len(value) <= 24 else f"{value[:16]}… ({len(value)})"
    if isinstance(value, list):
        return "[" + ", ".join(_brief(item) for item in value) + "]"
    if isinstance(value, dict):
        return ", ".join(_brief(item) for item in value.values())
    return str(value)


# ---- the schema --------------------------------------------------------------------------------------

ARGUMENTS: Final[Mapping[str, object]] = {
    "body": Body,
    "expected": Count,
    "key": Name,
    "peer": Name,
    "peers": tuple[Name, ...],
    "purge": bool,
    "rights": tuple[Right, ...],
    "subject": Name,
}
"""What the arguments of the table's operations are in a trace: `key` names the member whose static key is meant."""

_OPTIONAL: Final = frozenset({"expected", "purge", "step", "version", "kind", "altered", "spliced"})
_FROM_SETTINGS: Final = frozenset({"capacity", "profile", "origin"})
_VARIABLES: Final = tuple(field.name for field in fields(Observation))


def operations() -> dict[str, Mapping[str, object]]:
    """Every operation of a trace with its arguments and their types: the table's, a crash, and the intruder's."""
    found: dict[str, Mapping[str, object]] = {
        operation: {name: ARGUMENTS[name] for name in row.arguments if name not in _FROM_SETTINGS}
        for operation, row in tables.operations().items()
    }
    found["crash"] = {}
    return {**found, **INTRUSIONS}


INTRUSIONS: Final[Mapping[str, Mapping[str, object]]] = {
    "drop": {"inbox": Name, "sender": Name},
    "inject": {"record": Recipe, "inbox": Name, "sender": Name},
    "announce": {"record": Recipe, "name": Name},
    "withdraw": {"name": Name},
    "post": {"record": Recipe, "name": Name},
    "unpost": {"name": Name},
    "relist": {"entries": tuple[Recipe, ...]},
    "rehead": {"record": Recipe},
    "write": {"edits": tuple[Edit, ...]},
    "inspect": {"record": Recipe, "field": Field, "value": Value, "clause": Clause},
    STASH + "put": {
        "what": Literal["nothing", "junk", "own", "sealed", "record"],
        "step": Count,
        "version": Annotated[int, {"minimum": 0, "maximum": NEWEST}],
        "kind": Annotated[int, {"minimum": 0, "maximum": 255}],
        "altered": bool,
        "spliced": Count,
    },
}
"""The operations of the intruder, which no member has, with their arguments."""

INTRUDERS: Final = frozenset(INTRUSIONS)


def arguments_by_operation(known: Iterable[str]) -> list[Json]:
    """For each of these operations the schema of its arguments."""
    cases: dict[str, Mapping[str, Json]] = {
        operation: {
            "properties": {
                "arguments": closed(
                    {name: schema_of(kind) for name, kind in arguments.items()},
                    [name for name in arguments if name not in _OPTIONAL],
                )
            }
        }
        for operation, arguments in operations().items()
        if operation in known
    }
    return by_value("operation", cases)


def step_schema(more: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """The schema of one step, with `more` fields, all of them required."""
    step: dict[str, Json] = closed(
        {
            "actor": schema_of(Name),
            "operation": {"enum": list(operations())},
            "arguments": {"type": "object"},
            "outcome": {"enum": ["ok", "rejected"]},
            "clause": schema_of(Clause),
            "events": {"type": "array", "items": {"$ref": "#/$defs/event"}},
            "room": schema_of(Name),
            **(more or {}),
        },
        ["actor", "operation", "arguments", "outcome", "events", *(more or {})],
    )
    rejected: Mapping[str, Json] = {"required": ["clause"], "properties": {"events": {"maxItems": 0}}}
    accepted: Mapping[str, Json] = {"not": {"required": ["clause"]}}
    step["allOf"] = [
        *arguments_by_operation(operations()),
        *by_value("outcome", {"rejected": rejected, "ok": accepted}),
    ]
    return step


def definitions() -> dict[str, Json]:
    """The schemas that a step's refers to."""
    return {"event": event_schema(), **forging.definitions()}


def trace_schema() -> dict[str, Json]:
    """The schema of a trace file, from the models above."""
    step = step_schema()
    observed = schema_of(Observation)["properties"]
    assert isinstance(observed, dict), "an object has properties"
    first = closed({"#meta": closed({"index": {"const": 0}}), **observed})
    later = closed({"#meta": closed({"index": {"type": "integer", "minimum": 1}, "step": step}), **observed})
    return {
        "$schema": DRAFT,
        "title": "A trace of lockedroom: a run that anybody can repeat",
        **closed(
            {
                "#meta": schema_of(Settings),
                "vars": {"const": list(_VARIABLES)},
                "states": {"type": "array", "minItems": 1, "prefixItems": [first], "items": later},
            }
        ),
        "$defs": definitions(),
    }


@cache
def _validator() -> Draft202012Validator:
    return validator_of(trace_schema())


# ---- reading and writing -----------------------------------------------------------------------------


def read_trace(path: Path, *, checked: bool = True) -> Trace:
    """The trace in a file; `checked`: see `parse_trace`. Raises MalformedTrace, and OSError when the file cannot be
    read."""
    return parse_trace(read_bytes(path), path.name, checked=checked)


def read_bytes(path: Path) -> bytes:
    """What a file holds that may be a trace. Raises MalformedTrace when it is too large, and OSError."""
    return content(path, LARGEST, MalformedTrace)


def parse_trace(data: bytes | str, source: str = "trace", *, checked: bool = True) -> Trace:
    """The trace in a text; unless it is `checked`, one that is known to be well formed, as the committed are. Raises
    MalformedTrace."""
    try:
        value = parse(data)
        if checked:
            check(_validator(), value)
    except NotJson as problem:
        raise MalformedTrace(source, "not JSON", str(problem)) from None
    except Mismatch as problem:
        raise MalformedTrace(source, problem.place, problem.problem) from None
    file = cast(dict[str, Json], value)
    states = cast(list[dict[str, Json]], file["states"])
    trace = Trace(
        value_of(Settings, file["#meta"]),
        _observation(states[0]),
        tuple(_step(state) for state in states[1:]),
    )
    for index, state in enumerate(states):
        if cast(dict[str, Json], state["#meta"])["index"] != index:
            raise MalformedTrace(source, f"states[{index}].#meta.index", f"not {index}: states are numbered in order")
    _check_names(trace, source)
    return trace


def _observation(state: Mapping[str, Json]) -> Observation:
    return value_of(Observation, {name: state[name] for name in _VARIABLES})


def _step(state: Mapping[str, Json]) -> TraceStep:
    return step_of(cast(dict[str, Json], cast(dict[str, Json], state["#meta"])["step"]), _observation(state))


def step_of(step: Mapping[str, Json], observation: Observation) -> TraceStep:
    """The step that stands in a file as `step_json` writes it, with what is visible after it."""
    seen = Seen(
        "ok" if step["outcome"] == "ok" else "rejected",
        cast("str | None", step.get("clause")),
        tuple(cast(list[Json], step["events"])),
    )
    return TraceStep(
        cast(str, step["actor"]),
        cast(str, step["operation"]),
        cast(dict[str, Json], step["arguments"]),
        seen,
        observation,
        cast(str, step.get("room", "")),
    )


def _check_names(trace: Trace, source: str) -> None:
    """What a schema cannot say: whoever acts is somebody, an intruder does what intruders do, texts are text."""
    members, prefix = trace.settings.members, tables.TABLES[trace.settings.protocol].prefix
    problem = excess(trace.settings.capacity)
    if problem is not None:
        raise MalformedTrace(source, "#meta.capacity", problem)
    for name in members:
        if not is_name(name) or name == INTRUDER:
            raise MalformedTrace(source, "#meta.members", f"{name!r} cannot be a member's name")
    for index, step in enumerate(trace.steps, start=1):
        place = f"states[{index}].#meta.step"
        ours = step.operation in ("crash", "write") or "".join(step.operation.rpartition(".")[:2]) == prefix
        if (step.actor == INTRUDER) != (step.operation in INTRUDERS) or not ours:
            raise MalformedTrace(source, f"{place}.operation", f"{step.actor} has no operation {step.operation}")
        if step.actor not in (*members, INTRUDER):
            raise MalformedTrace(source, f"{place}.actor", f"{step.actor!r} is none of the members")
        for name, value in step.arguments.items():
            known = (*members, INTRUDER) if name == "key" else members
            if name in ("peer", "subject", "key", "inbox", "name") and value not in known:
                raise MalformedTrace(source, f"{place}.arguments.{name}", f"{value!r} is none of the members")
            if name == "peers" and not set(cast(list[str], value)) <= set(members):
                raise MalformedTrace(source, f"{place}.arguments.{name}", "names somebody who is none of the members")
            if name == "body" and not _is_text(cast(str, value)):
                raise MalformedTrace(source, f"{place}.arguments.{name}", "half of a surrogate pair is no text")
            recipes = cast("list[Json]", value) if name == "entries" else [value] if name == "record" else []
            recipes = [{"step": value}] if name in ("step", "spliced") else recipes
            if any(cast(dict[str, int], recipe).get("step", 0) >= index for recipe in recipes):
                raise MalformedTrace(source, f"{place}.arguments.{name}.step", "not a step before this one")


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def write_trace(trace: Trace) -> str:
    """The canonical text of a trace: the same trace gives the same bytes. A line for each state."""
    meta = cast(Mapping[str, Json], json_of(trace.settings))
    lines = ",\n".join(f"    {line_of(name)}: {line_of(value)}" for name, value in meta.items())
    states = [{"#meta": {"index": 0}, **_visible(trace.start)}]
    for index, step in enumerate(trace.steps, start=1):
        states.append({"#meta": {"index": index, "step": step_json(step)}, **_visible(step.observation)})
    body = ",\n".join(f"    {line_of(state)}" for state in states)
    return (
        f'{{\n  "#meta": {{\n{lines}\n  }},\n  "vars": {line_of(list(_VARIABLES))},\n  "states": [\n{body}\n  ]\n}}\n'
    )


def step_json(step: TraceStep) -> dict[str, Json]:
    """A step as it stands in a trace file, without what is visible after it."""
    found: dict[str, Json] = {
        "actor": step.actor,
        "operation": step.operation,
        "arguments": step.arguments,
        "outcome": step.seen.outcome,
    }
    if step.seen.clause is not None:
        found["clause"] = step.seen.clause
    found["events"] = step.seen.events
    if step.room:
        found["room"] = step.room
    return found


def _visible(observation: Observation) -> dict[str, Json]:
    return dict(cast(Mapping[str, Json], json_of(observation)))
