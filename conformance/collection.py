"""Collections: many traces of one exploration in one file, in which what several share stands once.

A collection has one table of steps and one of what is visible; a trace is a list of rows. It says how many memo entries
the exploration has, and which one each step exercises, so that a run can say how much of all it has exercised. What is
here are the models, the schema, reading and writing; `every` makes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, cast

from jsonschema import Draft202012Validator

from lockedroom.conformance.coverage import clauses_by_step
from lockedroom.conformance.observation import Clause, Count, Observation
from lockedroom.conformance.schemas import (
    DRAFT,
    Json,
    check,
    closed,
    json_of,
    line_of,
    parse,
    schema_of,
    validator_of,
    value_of,
)
from lockedroom.conformance.trace import Settings, Trace, TraceStep, definitions, step_json, step_of, step_schema

FORMAT: Final = "lockedroom-collection-1"
SCHEMA: Final = "collection.schema.json"


@dataclass(frozen=True, slots=True)
class Explored:
    """What a collection covers: its `name`, the states of its exploration and the memo entries met there, and how many
    entries were met in it and in the collections before it together, which are numbered from 0 in that order."""

    format: Literal["lockedroom-collection-1"]
    name: Annotated[str, {"pattern": "^[a-z-]+$"}]
    states: Count
    entries: Count
    numbered: Count


@dataclass(frozen=True, slots=True)
class Collection:
    """Traces with the same settings. `steps` are all steps that occur, each once, and `clauses` those that each
    exercises; a trace is a list of their places, and `entries` has for each of its steps the number of the memo entry
    that it exercises, -1 where it is none."""

    explored: Explored
    settings: Settings
    start: Observation
    steps: tuple[TraceStep, ...]
    clauses: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[int, ...], ...]
    entries: tuple[tuple[int, ...], ...]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.explored.name

    @property
    def length(self) -> int:
        """Steps of all its traces."""
        return sum(map(len, self.rows))

    def summary(self) -> dict[str, int]:
        """Its size: states and entries of its exploration, traces, and steps of all of them."""
        about = self.explored
        return {"states": about.states, "entries": about.entries, "traces": len(self.rows), "steps": self.length}

    def title(self, number: int) -> str:
        """The title of its trace of that number, from 1."""
        return f"{self.name} {number:03d}: {len(self.rows[number - 1])} steps of {self.settings.title}"

    def trace(self, number: int) -> Trace:
        """Its trace of that number, from 1."""
        settings = replace(self.settings, title=self.title(number))
        return Trace(settings, self.start, tuple(self.steps[row] for row in self.rows[number - 1]))

    def cited(self, number: int) -> tuple[frozenset[str], ...]:
        """The clauses that each step of the trace of that number exercises (`coverage.clauses_by_step`)."""
        return tuple(frozenset(self.clauses[row]) for row in self.rows[number - 1])

    def shown(self, number: int) -> frozenset[int]:
        """The memo entries that the trace of that number exercises."""
        return frozenset(self.entries[number - 1]) - {-1}


def collected(explored: Explored, traces: Iterable[tuple[Trace, Sequence[int]]]) -> Collection:
    """The collection of these traces, of which each step exercises that entry. They differ in nothing but steps."""
    table: dict[str, int] = {}
    steps: list[TraceStep] = []
    clauses: list[tuple[str, ...]] = []
    rows: list[tuple[int, ...]] = []
    entries: list[tuple[int, ...]] = []
    first: Trace | None = None
    for trace, shown in traces:
        first = first or trace
        row: list[int] = []
        for step, found in zip(trace.steps, clauses_by_step(trace), strict=True):
            cited = tuple(sorted(found))
            key = line_of([step_json(step), json_of(step.observation), cited])
            if key not in table:
                table[key] = len(steps)
                steps.append(step)
                clauses.append(cited)
            row.append(table[key])
        rows.append(tuple(row))
        entries.append(tuple(shown))
    assert first is not None, "an exploration has a behaviour"
    return Collection(explored, first.settings, first.start, tuple(steps), tuple(clauses), tuple(rows), tuple(entries))


# ---- files -------------------------------------------------------------------------------------------


def collection_schema() -> dict[str, Json]:
    """The schema of a collection's file, from the models above."""
    number: Json = {"type": "integer", "minimum": 0}
    row: Json = {"type": "array", "minItems": 1, "items": number}
    entries: Json = {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": -1}}
    return {
        "$schema": DRAFT,
        "title": "A collection of lockedroom: many traces of one exploration, which share their steps",
        **closed(
            {
                "explored": schema_of(Explored),
                "#meta": schema_of(Settings),
                "start": number,
                "visible": {"type": "array", "minItems": 1, "items": schema_of(Observation)},
                "clauses": {"type": "array", "items": {"type": "array", "items": schema_of(Clause)}},
                "steps": {"type": "array", "items": step_schema({"visible": number, "clauses": number})},
                "traces": {"type": "array", "minItems": 1, "items": closed({"steps": row, "entries": entries})},
            }
        ),
        "$defs": definitions(),
    }


@cache
def _validator() -> Draft202012Validator:
    return validator_of(collection_schema())


def write_collection(collection: Collection) -> str:
    """The canonical text of a collection: the same collection gives the same bytes."""
    visible: dict[str, int] = {}
    clauses: dict[str, int] = {}

    def place(table: dict[str, int], value: object) -> int:
        return table.setdefault(line_of(json_of(value)), len(table))

    start = place(visible, collection.start)
    steps = [
        line_of({**step_json(step), "visible": place(visible, step.observation), "clauses": place(clauses, cited)})
        for step, cited in zip(collection.steps, collection.clauses, strict=True)
    ]
    traces = [
        line_of({"steps": list(row), "entries": list(entries)})
        for row, entries in zip(collection.rows, collection.entries, strict=True)
    ]
    tables = {"visible": list(visible), "clauses": list(clauses), "steps": steps, "traces": traces}
    listed = ",\n".join(
        f'  "{name}": [\n' + ",\n".join(f"    {line}" for line in lines) + "\n  ]" for name, lines in tables.items()
    )
    explored, meta = line_of(json_of(collection.explored)), line_of(json_of(collection.settings))
    return f'{{\n  "explored": {explored},\n  "#meta": {meta},\n  "start": {start},\n{listed}\n}}\n'


def parse_collection(text: str | bytes, *, checked: bool = True) -> Collection:
    """The collection in a text; unless it is `checked`, one that is known to be well formed, as the committed are.
    Raises NotJson, Mismatch."""
    value = cast("dict[str, Json]", parse(text))
    if checked:
        check(_validator(), value)
    visible = [value_of(Observation, one) for one in cast("list[Json]", value["visible"])]
    clauses = cast("list[list[str]]", value["clauses"])
    steps = cast("list[Mapping[str, Json]]", value["steps"])
    traces = cast("list[Mapping[str, list[int]]]", value["traces"])
    return Collection(
        value_of(Explored, value["explored"]),
        value_of(Settings, value["#meta"]),
        visible[cast(int, value["start"])],
        tuple(step_of(step, visible[cast(int, step["visible"])]) for step in steps),
        tuple(tuple(clauses[cast(int, step["clauses"])]) for step in steps),
        tuple(tuple(trace["steps"]) for trace in traces),
        tuple(tuple(trace["entries"]) for trace in traces),
    )


def read_collection(path: Path) -> Collection:
    """A committed collection, which is not checked again: what is committed is what is generated. Raises OSError."""
    return parse_collection(path.read_text(encoding="utf-8"), checked=False)
