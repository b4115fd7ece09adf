"""The adapter protocol's messages as models, and the schema made of them. The contract in words is spec/adapter.md.

What a runner says is a command, what an adapter answers is a reply; each is one line of JSON. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Final, Literal, TypeAlias, cast

from jsonschema import Draft202012Validator

from lockedroom.conformance.observation import Clause, Name, Observation, event_schema
from lockedroom.conformance.schemas import (
    DRAFT,
    Json,
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
from lockedroom.conformance.trace import INTRUDERS, Seed, Text, arguments_by_operation, operations
from lockedroom.reference.segment.records import Capacity

VERSION: Final = 1
SCHEMA: Final = "adapter.schema.json"
LONGEST_LINE: Final = 4 << 20
"""The longest line in bytes, its end included, that either side accepts (ADAPTER-LINE-3)."""

Bytes: TypeAlias = Annotated[str, {"pattern": "^([0-9a-f]{2})*$"}]
Path: TypeAlias = Annotated[str, {"maxLength": 4096}]
Operation: TypeAlias = Annotated[str, {"maxLength": 40}]


# ---- commands ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Start:
    """The first command: tell what you are."""

    command: Literal["start"]
    version: Literal[1]


@dataclass(frozen=True, slots=True)
class Reset:
    """Forget every trace before; from now on be `actor` in the room named `room`."""

    command: Literal["reset"]
    protocol: Name
    profile: Name
    suite: Literal["LR0", "LR1"]
    capacity: Capacity
    members: tuple[Name, ...]
    actor: Name
    room: Name
    entropy: Seed
    identity: Seed
    keys: Mapping[Name, Bytes]
    directory: Path


@dataclass(frozen=True, slots=True)
class Halt:
    """What is to happen to the process in the middle of an operation, and at which moment of which store into the room
    in that operation, from 1: `kill` and `stop` are SIGKILL and SIGSTOP, `fork` is a child that tries to go on."""

    by: Literal["kill", "stop", "fork"]
    moment: Literal["before", "during", "after"]
    store: Annotated[int, {"minimum": 1}]

    def __str__(self) -> str:
        done = {"kill": "killed", "stop": "stopped", "fork": "forked"}[self.by]
        return f"{done} {self.moment} store {self.store}"


@dataclass(frozen=True, slots=True)
class Do:
    """Perform an operation, the `step`-th step of the trace; in another room than that of `reset` if one is named. With
    `halt`, something happens to the process on the way."""

    command: Literal["do"]
    step: Annotated[int, {"minimum": 1}]
    operation: Operation
    arguments: Mapping[str, object]
    room: str | None = None
    halt: Halt | None = None


@dataclass(frozen=True, slots=True)
class Observe:
    """Tell what is visible in the store; of another room than that of `reset` if one is named."""

    command: Literal["observe"]
    room: str | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Let go of the room, as a process does that ends without leaving."""

    command: Literal["close"]


@dataclass(frozen=True, slots=True)
class Stop:
    """Answer, then end with exit code 0."""

    command: Literal["stop"]


Command: TypeAlias = Start | Reset | Do | Observe | Close | Stop
COMMANDS: Final[Mapping[str, type[Command]]] = {
    "start": Start,
    "reset": Reset,
    "do": Do,
    "observe": Observe,
    "close": Close,
    "stop": Stop,
}

# ---- replies -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Implementation:
    """What an adapter says of itself."""

    implementation: Text
    version: Text
    language: Text
    protocols: tuple[Name, ...]
    profiles: tuple[Name, ...]
    suites: tuple[Text, ...]
    capabilities: tuple[Literal["entropy", "rooms", "crash points"], ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What the caller of an operation saw; `halted`: that the operation had the point which `do` named."""

    events: tuple[Mapping[str, object], ...]
    halted: bool | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """Said when there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The protocol refused: by which clause. `definite`: nothing happened but what that clause says; otherwise the
    operation may have taken place."""

    clause: Clause
    definite: bool
    detail: Text


@dataclass(frozen=True, slots=True)
class Skipped:
    """The adapter chose not to try."""

    reason: Text


@dataclass(frozen=True, slots=True)
class Unimplemented:
    """The adapter does not know how."""

    reason: Text


@dataclass(frozen=True, slots=True)
class Errored:
    """Something went wrong that is no refusal of the protocol."""

    message: Text


Ok: TypeAlias = Implementation | Done | Observation | Nothing
Reply: TypeAlias = Ok | Refused | Skipped | Unimplemented | Errored

_OK: Final[Mapping[str, type[Ok]]] = {
    "start": Implementation,
    "reset": Nothing,
    "do": Done,
    "observe": Observation,
    "close": Nothing,
    "stop": Nothing,
}
_OTHER: Final[Mapping[str, type[Refused | Skipped | Unimplemented | Errored]]] = {
    "refused": Refused,
    "skipped": Skipped,
    "unimplemented": Unimplemented,
    "errored": Errored,
}


# ---- schemas -----------------------------------------------------------------------------------------


def reply_schema(command: str) -> dict[str, Json]:
    """The schema of a reply to that command, with references into `definitions`."""
    kinds = {"ok": _OK[command], **_OTHER}
    properties: dict[str, Json] = {name: {"$ref": f"#/$defs/{kind.__name__}"} for name, kind in kinds.items()}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def definitions() -> dict[str, Json]:
    """The schemas that commands and replies share."""
    found: dict[str, Json] = {"event": event_schema()}
    for kind in (*COMMANDS.values(), *_OK.values(), *_OTHER.values()):
        found[kind.__name__] = schema_of(kind)
    found["Done"] = closed(
        {"events": {"type": "array", "items": {"$ref": "#/$defs/event"}}, "halted": {"type": "boolean"}}, ["events"]
    )
    do = schema_of(Do)
    properties = do["properties"]
    assert isinstance(properties, dict), "an object has properties"
    known = [name for name in operations() if name not in {"crash", *INTRUDERS}]
    properties |= {"operation": {"enum": known}}
    found["Do"] = {**do, "allOf": arguments_by_operation(known)}
    return found


def adapter_schema() -> dict[str, Json]:
    """The schema of every line of the protocol: a command, or a reply to one."""
    replies: dict[str, Json] = {name: reply_schema(name) for name in COMMANDS}
    return {
        "$schema": DRAFT,
        "title": "The adapter protocol of lockedroom: `command` is what a runner writes, `replies` what it reads",
        **closed(
            {"command": command_schema(), "replies": {"type": "object", "properties": replies}},
            [],
        ),
        "$defs": definitions(),
    }


def command_schema() -> dict[str, Json]:
    """The schema of a command."""
    return {
        "type": "object",
        "properties": {"command": {"enum": list(COMMANDS)}},
        "required": ["command"],
        "allOf": by_value("command", {name: {"$ref": f"#/$defs/{kind.__name__}"} for name, kind in COMMANDS.items()}),
    }


@cache
def _reply_validator(command: str) -> Draft202012Validator:
    return validator_of({**reply_schema(command), "$defs": definitions()})


@cache
def _command_validator() -> Draft202012Validator:
    return validator_of({**command_schema(), "$defs": definitions()})


# ---- lines -------------------------------------------------------------------------------------------


def command_line(command: Command) -> bytes:
    """A command as a line."""
    return line_of(json_of(command)).encode("ascii") + b"\n"


def read_command(line: bytes) -> Command:
    """The command in a line. Raises NotJson, Mismatch."""
    value = parse(line)
    check(_command_validator(), value)
    return value_of(COMMANDS[cast(dict[str, str], value)["command"]], value)


def reply_line(reply: Reply) -> bytes:
    """A reply as a line."""
    names = {kind: name for name, kind in _OTHER.items()}
    name = names.get(cast(type[Refused], type(reply)), "ok")
    return line_of({name: json_of(reply)}).encode("ascii") + b"\n"


def read_reply(command: str, line: bytes) -> Reply:
    """The reply in a line that answers such a command. Raises NotJson, Mismatch."""
    value = parse(line)
    check(_reply_validator(command), value)
    ((name, content),) = cast(dict[str, Json], value).items()
    kind: type[Reply] = _OK[command] if name == "ok" else _OTHER[name]
    return value_of(kind, content)
