"""Event logs of implementations: models, schema, reading. What they mean is in spec/logs.md; `validating` checks them.

A log is JSON lines: first what the room is, then a line for each step that a member took, as that member saw it.
Several files can be one log: each begins with the same line.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, cast

from jsonschema import Draft202012Validator

from lockedroom.conformance.observation import Count, Name, Observation, Seen
from lockedroom.conformance.schemas import (
    DRAFT,
    Json,
    Malformed,
    Mismatch,
    NotJson,
    check,
    content,
    json_of,
    line_of,
    parse,
    schema_of,
    validator_of,
    value_of,
)
from lockedroom.conformance.trace import INTRUDERS, definitions, step_schema
from lockedroom.reference.segment.records import Capacity

FORMAT: Final[Literal["lockedroom-log-1"]] = "lockedroom-log-1"
SCHEMA: Final = "log.schema.json"
LARGEST: Final = 64 << 20
"""The largest log that is read, in bytes."""

Members: TypeAlias = Annotated[tuple[Name, ...], {"minItems": 1, "maxItems": 64, "uniqueItems": True}]


class MalformedLog(Malformed):
    """A file that is no log: which file, which line, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: the room. The first of `members` is the creator; `logged` are those whose steps the log has, all
    unless told. `order`: `file`, the lines are in the order of the steps; `actor`, only those of each member are."""

    format: Literal["lockedroom-log-1"]
    protocol: Literal["segment"]
    profile: Literal["hardened", "as-written"]
    capacity: Capacity
    members: Members
    order: Literal["file", "actor"]
    logged: tuple[Name, ...] = ()

    @staticmethod
    def of(profile: str, capacity: Capacity, members: Members) -> Header:
        """That of a room in which every member logs for itself."""
        return Header(FORMAT, "segment", cast("Literal['hardened', 'as-written']", profile), capacity, members, "actor")


@dataclass(frozen=True, slots=True)
class Entry:
    """One step as its member saw it. `begin` and `end` are of one clock for all members, in any unit; another `process`
    than that of the member's line before says that this one had died. Of an `unknown` outcome it is not known whether
    the step was taken."""

    actor: Name
    operation: str
    arguments: Mapping[str, object]
    outcome: Literal["ok", "rejected", "unknown"]
    clause: str | None = None
    events: tuple[Mapping[str, object], ...] = ()
    begin: int | None = None
    end: int | None = None
    process: int | None = None
    visible: Observation | None = None

    def __str__(self) -> str:
        inner = ", ".join(line_of(json_of(value)) for value in self.arguments.values())
        return f"{self.actor}: {self.operation}({inner})"


@dataclass(frozen=True, slots=True)
class Log:
    """A log: the room, the lines, and where each of them stands."""

    header: Header
    entries: tuple[Entry, ...]
    places: tuple[str, ...]


# ---- the schema --------------------------------------------------------------------------------------


def log_schema() -> dict[str, Json]:
    """The schema of a line of a log: the first, or another."""
    entry = step_schema()
    properties = dict(cast("Mapping[str, Json]", entry["properties"]))
    del properties["room"]
    properties["outcome"] = {"enum": ["ok", "rejected", "unknown"]}
    properties |= {name: schema_of(Count) for name in ("begin", "end", "process")}
    properties["visible"] = schema_of(Observation)
    entry |= {"properties": properties, "required": ["actor", "operation", "arguments", "outcome"]}
    return {
        "$schema": DRAFT,
        "title": "A line of an event log, which `lockedroom validate` checks against the engine",
        "if": {"required": ["format"]},
        "then": schema_of(Header),
        "else": entry,
        "$defs": definitions(),
    }


@cache
def _validator() -> Draft202012Validator:
    return validator_of(log_schema())


# ---- reading and writing -----------------------------------------------------------------------------


def read_logs(paths: Iterable[Path]) -> Log:
    """The log in one file, or in several. Raises MalformedLog, and OSError when one cannot be read."""
    header: Header | None = None
    entries: list[Entry] = []
    places: list[str] = []
    for path in paths:
        first, found = _parsed(content(path, LARGEST, MalformedLog), path.name)
        if header is not None and first != header:
            raise MalformedLog(f"{path.name}, line 1", "this is another room than that of the file before")
        header = first
        if header.order == "file" and places:
            raise MalformedLog(f"{path.name}, line 1", "the order of lines in several files is nobody's: say `actor`")
        entries += (entry for _, entry in found)
        places += (f"{path.name}, line {number}" for number, _ in found)
    assert header is not None, "there is a file"
    return Log(header, tuple(entries), tuple(places))


def _parsed(data: bytes, source: str) -> tuple[Header, list[tuple[int, Entry]]]:
    header: Header | None = None
    entries: list[tuple[int, Entry]] = []
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        place = f"{source}, line {number}"
        try:
            value = parse(line)
            check(_validator(), value)
        except (NotJson, Mismatch) as problem:
            raise MalformedLog(place, str(problem)) from None
        content = cast("Mapping[str, Json]", value)
        if ("format" in content) != (header is None):
            raise MalformedLog(place, "the first line, and no other, says what the room is")
        if header is None:
            header = value_of(Header, value)
            if not set(header.logged or header.members) <= set(header.members):
                raise MalformedLog(place, "logged: one of these is none of the members")
        else:
            entry = value_of(Entry, value)
            problem_ = _problem(entry, header)
            if problem_:
                raise MalformedLog(place, problem_)
            entries.append((number, entry))
    if header is None:
        raise MalformedLog(f"{source}, line 1", "there is no line that says what the room is")
    return header, entries


def _problem(entry: Entry, header: Header) -> str:
    """What a schema cannot say."""
    if entry.operation in INTRUDERS:
        return f"{entry.operation} is no member's operation"
    if entry.actor not in (header.logged or header.members):
        return f"{entry.actor!r} is none of those whose steps the log has"
    if entry.begin is not None and entry.end is not None and entry.end < entry.begin:
        return "the end lies before the begin"
    named = [entry.arguments.get(name) for name in ("peer", "subject", "key") if name in entry.arguments]
    for name in (*named, *cast("list[Json]", entry.arguments.get("peers", []))):
        if name not in header.members:
            return f"{name!r} is none of the members"
    return ""


def line(value: Header | Entry) -> str:
    """A line of a log, without its end. What is not said is left out."""
    said = cast("dict[str, Json]", json_of(value))
    for name in ("events", "logged"):
        if said.get(name) == []:
            del said[name]
    return line_of(said)


def logged(actor: Name, operation: str, arguments: Mapping[str, object], seen: Seen, begin: int) -> Entry:
    """The line of a step that this process has taken, begun at that time of the monotonic clock, in nanoseconds."""
    events = cast("tuple[Mapping[str, object], ...]", seen.events)
    end, process = time.monotonic_ns(), os.getpid()
    return Entry(actor, operation, arguments, seen.outcome, seen.clause, events, begin, end, process)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes one member's lines to the log of a room, which all its members append to: whole lines, each at once."""

    path: Path

    def begin(self, header: Header) -> None:
        """Make the file with its first line, unless another process has. Raises OSError."""
        with tempfile.NamedTemporaryFile("w", dir=self.path.parent, encoding="utf-8") as made:
            made.write(line(header) + "\n")
            made.flush()
            with contextlib.suppress(FileExistsError):
                os.link(made.name, self.path)

    def write(self, entry: Entry) -> None:
        """Append a line. Raises OSError."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, line(entry).encode("ascii") + b"\n")
        finally:
            os.close(descriptor)
