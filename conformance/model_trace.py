"""Model traces: a run of any machine as one JSON file, a counterexample most of the time.

It says which machine, which property is violated and how, and for every step who did what, what came of it and what
changed; a valid ITF file with more in its `#meta`. Unlike a trace (`trace`), which anybody's implementation can repeat,
it speaks of the model: every slot's value stands in it, and it is the machine that replays it. Nothing here runs one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Final, Literal, TypeAlias, cast

from jsonschema import Draft202012Validator

from lockedroom.conformance.schemas import (
    DRAFT,
    Json,
    Mismatch,
    NotJson,
    by_value,
    check,
    closed,
    json_of,
    line_of,
    parse,
    schema_of,
    validator_of,
    value_of,
)
from lockedroom.conformance.trace import MalformedTrace
from lockedroom.model.itf import Itf, changes, itf, state_itf
from lockedroom.model.validator import Run, Subject, Wanted

FORMAT: Final = "lockedroom-model-trace-1"
SCHEMA: Final = "model-trace.schema.json"

Number: TypeAlias = Annotated[int, {"minimum": 1 - 2**31, "maximum": 2**31 - 1}]

_CLAUSE: Final[Mapping[str, Json]] = {"type": "string", "minLength": 1, "maxLength": 200}
_VALUE: Final[Mapping[str, Json]] = {"$ref": "#/$defs/value"}


@dataclass(frozen=True, slots=True)
class Named:
    """A machine by its name: `target` is a protocol (`segment`) or `PATH.py:ATTRIBUTE`, `arguments` its bounds or what
    the attribute is called with, `mutant` the mistake in the protocol's logic, if it is one of those that are known,
    `profile` the protocol's profile, if it is not the hardened one."""

    target: str
    arguments: Mapping[Annotated[str, {"minLength": 1, "maxLength": 100}], Number]
    mutant: str | None = None
    profile: str | None = None

    def __str__(self) -> str:
        spoken = f", {self.profile}" if self.profile else ""
        mistake = f" with the mistake “{self.mutant}”" if self.mutant else ""
        return self.target + spoken + mistake


@dataclass(frozen=True, slots=True)
class About:
    """What a model trace is of: the machine by name and in words, the property, and how it is violated at the end; or
    after step `fell`, where the trace goes on to what that leads to. `turned`: a trace for implementations goes on
    further, to where what is sent in the last step is received by another one (`turning`)."""

    format: Literal["lockedroom-model-trace-1"]
    machine: Named
    title: str
    property: str
    violation: str
    fell: int | None = None
    turned: bool | None = None


@dataclass(frozen=True, slots=True)
class ModelTrace:
    """A run of a machine: what it is of, the first state, and the steps; `clauses` are those that the operation of each
    step implements."""

    about: About
    start: Mapping[str, Itf]
    steps: tuple[Wanted, ...]
    clauses: tuple[tuple[str, ...], ...]


def model_trace(
    subject: Subject, machine: Named, run: Run, fell: int | None = None, turned: bool | None = None
) -> ModelTrace:
    """The trace of a run that was taken by the validator; `fell`: the step after which its property is violated, if
    that is not the last; `turned`: whether a trace for implementations goes on, where it does."""
    steps = tuple(
        Wanted(
            done.action.actor,
            done.action.operation,
            {name: itf(value) for name, value in done.action.arguments},
            done.outcome.label,
            done.outcome.clause,
            tuple(itf(event) for event in done.outcome.events),
            state_itf(done.after),
        )
        for done in run.steps
    )
    about = About(FORMAT, machine, subject.machine.title, run.property, run.message, fell, turned)
    return ModelTrace(
        about,
        state_itf(run.start),
        steps,
        tuple(subject.clauses.get(step.operation, ()) for step in steps),
    )


# ---- the schema --------------------------------------------------------------------------------------


def model_trace_schema() -> dict[str, Json]:
    """The schema of a model trace file, from the models above."""
    change = closed({"slot": schema_of(str), **{name: {"type": "string"} for name in ("at", "before", "after")}})
    change["required"] = ["slot", "at"]
    step: dict[str, Json] = closed(
        {
            "actor": schema_of(str),
            "operation": schema_of(str),
            "arguments": {"type": "object", "additionalProperties": _VALUE},
            "choice": schema_of(str),
            "outcome": {"enum": ["ok", "rejected"]},
            "clause": _CLAUSE,
            "clauses": {"type": "array", "items": _CLAUSE},
            "events": {"type": "array", "items": _VALUE},
            "changes": {"type": "array", "items": change},
        },
        ["actor", "operation", "arguments", "choice", "outcome", "clauses", "events", "changes"],
    )
    rejected: Mapping[str, Json] = {"required": ["clause"]}
    step["allOf"] = by_value("outcome", {"rejected": rejected, "ok": {"not": rejected}})
    state: Mapping[str, Json] = {"type": "object", "required": ["#meta"], "additionalProperties": _VALUE}
    first = closed({"index": {"const": 0}})
    later = closed({"index": {"type": "integer", "minimum": 1}, "step": step})
    names: Mapping[str, Json] = {"type": "array", "uniqueItems": True, "items": schema_of(str)}
    return {
        "$schema": DRAFT,
        "title": "A model trace of lockedroom: a run of a machine, which the machine repeats",
        **closed(
            {
                "#meta": schema_of(About),
                "vars": names,
                "states": {
                    "type": "array",
                    "minItems": 1,
                    "prefixItems": [{**state, "properties": {"#meta": first}}],
                    "items": {**state, "properties": {"#meta": later}},
                },
            }
        ),
        "$defs": {"value": _value_schema()},
    }


def _value_schema() -> dict[str, Json]:
    """The schema of a value of ITF; `#unserializable` is text for what the format has no place for."""
    several: Mapping[str, Json] = {"type": "array", "items": _VALUE}
    return {
        "type": ["boolean", "integer", "string", "array", "object"],
        "minimum": 1 - 2**53,
        "maximum": 2**53 - 1,
        "items": _VALUE,
        "propertyNames": {"pattern": "^([^#]|#(bigint|tup|set|map|unserializable)$)"},
        "properties": {
            "#bigint": {"type": "string", "pattern": "^-?[0-9]+$"},
            "#tup": several,
            "#set": several,
            "#map": {"type": "array", "items": {**several, "minItems": 2, "maxItems": 2}},
            "#unserializable": {"type": "string"},
        },
        "additionalProperties": _VALUE,
    }


@cache
def _validator() -> Draft202012Validator:
    return validator_of(model_trace_schema())


# ---- reading and writing -----------------------------------------------------------------------------


def is_model_trace(data: bytes) -> bool:
    """Whether a file's content says of itself that it is a model trace. What is no JSON does not."""
    try:
        value = parse(data)
    except NotJson:
        return False
    about = value.get("#meta") if isinstance(value, Mapping) else None
    return isinstance(about, Mapping) and about.get("format") == FORMAT


def parse_model_trace(data: bytes | str, source: str = "trace") -> ModelTrace:
    """The model trace in a text. Raises MalformedTrace."""
    try:
        value = parse(data)
        check(_validator(), value)
    except NotJson as problem:
        raise MalformedTrace(source, "not JSON", str(problem)) from None
    except Mismatch as problem:
        raise MalformedTrace(source, problem.place, problem.problem) from None
    file = cast(dict[str, Json], value)
    names = cast(list[str], file["vars"])
    states = cast(list[dict[str, Json]], file["states"])
    for index, state in enumerate(states):
        if cast(dict[str, Json], state["#meta"])["index"] != index:
            raise MalformedTrace(source, f"states[{index}].#meta.index", f"not {index}: states are numbered in order")
        unlike = {*names, "#meta"} ^ state.keys()
        if unlike:
            raise MalformedTrace(source, f"states[{index}]", f"vars and this state do not agree on {min(unlike)!r}")
    later = [cast(dict[str, Json], cast(dict[str, Json], state["#meta"])["step"]) for state in states[1:]]
    about = value_of(About, file["#meta"])
    if about.fell is not None and not 1 <= about.fell <= len(later):
        raise MalformedTrace(source, "#meta.fell", f"{about.fell}: the trace has no such step")
    return ModelTrace(
        about,
        _held(states[0]),
        tuple(_wanted(step, _held(state)) for step, state in zip(later, states[1:], strict=True)),
        tuple(tuple(cast(list[str], step["clauses"])) for step in later),
    )


def _held(state: Mapping[str, Json]) -> dict[str, Itf]:
    return {name: cast(Itf, value) for name, value in state.items() if name != "#meta"}


def _wanted(step: Mapping[str, Json], after: Mapping[str, Itf]) -> Wanted:
    return Wanted(
        cast(str, step["actor"]),
        cast(str, step["operation"]),
        cast("Mapping[str, Itf]", step["arguments"]),
        cast(str, step["choice"]),
        cast("str | None", step.get("clause")),
        tuple(cast("list[Itf]", step["events"])),
        after,
    )


def write_model_trace(trace: ModelTrace) -> str:
    """The canonical text of a model trace: the same trace gives the same bytes. A line for each state."""
    meta = cast(Mapping[str, Json], json_of(trace.about))
    lines = ",\n".join(f"    {line_of(name)}: {line_of(value)}" for name, value in meta.items())
    states: list[Json] = [{"#meta": {"index": 0}, **trace.start}]
    before = trace.start
    for index, (step, clauses) in enumerate(zip(trace.steps, trace.clauses, strict=True), start=1):
        states.append({"#meta": {"index": index, "step": _step_json(step, clauses, before)}, **step.after})
        before = step.after
    body = ",\n".join(f"    {line_of(state)}" for state in states)
    return (
        f'{{\n  "#meta": {{\n{lines}\n  }},\n  "vars": {line_of(list(trace.start))},\n  "states": [\n{body}\n  ]\n}}\n'
    )


def _step_json(step: Wanted, clauses: tuple[str, ...], before: Mapping[str, Itf]) -> dict[str, Json]:
    found: dict[str, Json] = {
        "actor": step.actor,
        "operation": step.operation,
        "arguments": step.arguments,
        "choice": step.choice,
        "outcome": "rejected" if step.clause else "ok",
    }
    if step.clause is not None:
        found["clause"] = step.clause
    found["clauses"] = list(clauses)
    found["events"] = list(step.events)
    found["changes"] = [
        {"slot": slot, **cast("dict[str, Json]", json_of(change))} for slot, change in changes(before, step.after)
    ]
    return found
