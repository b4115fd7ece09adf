"""The adapter protocol: every line is what the schema says, on both sides; the page names all that there is."""

import io
import json
import re
from dataclasses import fields
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from lockedroom.conformance.observation import NOTHING, Seen
from lockedroom.conformance.protocol import (
    COMMANDS,
    Close,
    Command,
    Do,
    Done,
    Errored,
    Implementation,
    Nothing,
    Observe,
    Refused,
    Reply,
    Reset,
    Skipped,
    Start,
    Stop,
    Unimplemented,
    adapter_schema,
    command_line,
    read_command,
    read_reply,
    reply_line,
)
from lockedroom.conformance.schemas import Json, Mismatch, NotJson
from lockedroom.conformance.serving import Actor, serve
from lockedroom.reference.segment.records import Capacity
from lockedroom.spec.registry import chapter

RESET = Reset(
    "reset",
    "segment",
    "hardened",
    "LR0",
    Capacity(2, 2, 2, 8, 2048),
    ("alice", "bob"),
    "bob",
    "room-1",
    "00" * 32,
    "11" * 32,
    {"alice": "22" * 32, "bob": "33" * 32},
    "/tmp/x",
)
COMMANDS_SAID: list[Command] = [
    Start("start", 1),
    RESET,
    Do("do", 3, "send", {"peer": "bob", "body": "line one\nline two é\u2028"}),
    Observe("observe"),
    Close("close"),
    Stop("stop"),
]
ABOUT = Implementation("x", "1", "C", ("segment",), ("hardened",), ("LR0",), ("entropy",))
REPLIES: list[tuple[str, Reply]] = [
    ("start", ABOUT),
    ("reset", Nothing()),
    ("do", Done(({"event": "Sent", "peer": "bob", "sequence": 1},))),
    ("do", Refused("SEG-FULL-1", True, "no room")),
    ("do", Skipped("busy")),
    ("do", Unimplemented("what is that?")),
    ("observe", NOTHING),
    ("observe", Errored("oh no")),
    ("stop", Nothing()),
]


def whole_schema() -> Draft202012Validator:
    return Draft202012Validator(cast("dict[str, Any]", dict(adapter_schema())))


@pytest.mark.parametrize("command", COMMANDS_SAID, ids=lambda command: command.command)
def test_a_command_is_one_line_that_is_read_back(command: Command) -> None:
    line = command_line(command)
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert read_command(line) == command
    whole_schema().validate({"command": json.loads(line)})


@pytest.mark.parametrize(("command", "reply"), REPLIES, ids=lambda value: type(value).__name__)
def test_a_reply_is_one_line_that_is_read_back(command: str, reply: Reply) -> None:
    line = reply_line(reply)
    assert line.count(b"\n") == 1
    assert read_reply(command, line) == reply
    whole_schema().validate({"replies": {command: json.loads(line)}})


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b'{"command": "fly"}',
        b'{"command": "start"}',
        b'{"command": "start", "version": 2}',
        b'{"command": "stop", "now": true}',
        b'{"command": "do", "step": 1, "operation": "crash", "arguments": {}}',
        b'{"command": "do", "step": 0, "operation": "join", "arguments": {}}',
        b'{"command": "do", "step": 1, "operation": "join", "arguments": {"peer": "bob"}}',
    ],
)
def test_what_is_no_command_is_refused(line: bytes) -> None:
    with pytest.raises(Mismatch):
        read_command(line)
    with pytest.raises(Mismatch):
        read_reply("stop", line)
    with pytest.raises(NotJson):
        read_command(line[:-1])


def test_all_fields_that_are_missing_are_named_at_once() -> None:
    with pytest.raises(Mismatch, match=r"events\[0\]: 'subject', 'rights', 'serial' are required properties"):
        read_reply("do", b'{"ok": {"events": [{"event": "Granted"}]}}')


class Deaf:
    """An actor that only knows how to fail."""

    closed = 0

    def act(self, step: int, operation: str, arguments: object) -> Seen:
        if operation == "join":
            raise ZeroDivisionError("in join")
        return Seen("rejected", "SEG-WHO-3", (), "x" * 9000)

    def observe(self) -> object:
        return NOTHING

    def close(self) -> None:
        self.closed += 1


def served(*lines: bytes) -> list[dict[str, Json]]:
    out = io.BytesIO()
    actor = Deaf()
    assert serve(ABOUT, lambda _: cast(Actor, actor), io.BytesIO(b"".join(lines)), out) == 0
    replies = [json.loads(line) for line in out.getvalue().splitlines()]
    resets = sum(b'"reset"' in line for line in lines)
    assert actor.closed == resets
    return replies


def test_an_adapter_answers_every_line_in_order() -> None:
    do = command_line(Do("do", 1, "leave", {}))
    replies = served(command_line(Start("start", 1)), do, command_line(RESET), do, command_line(Observe("observe")))
    assert [next(iter(reply)) for reply in replies] == ["ok", "errored", "ok", "refused", "ok"]
    assert "reset comes first" in str(replies[1])
    assert len(cast(str, cast("dict[str, Json]", replies[3]["refused"])["detail"])) == 2000


def test_an_adapter_outlives_nonsense_and_its_own_faults() -> None:
    join = command_line(Do("do", 1, "join", {}))
    replies = served(b"nonsense\n", b'{"command": "fly"}\n', command_line(RESET), join, join, b"\n")
    assert [next(iter(reply)) for reply in replies] == ["errored", "errored", "ok", "errored", "errored", "errored"]
    assert "ZeroDivisionError: in join" in str(replies[3])


def test_an_adapter_ends_when_told_and_at_the_end() -> None:
    assert len(served(command_line(Stop("stop")), command_line(Stop("stop")))) == 1
    assert served() == []
    assert len(served(command_line(RESET), command_line(RESET), command_line(Close("close")))) == 3


def test_the_page_names_every_command_field_and_reply() -> None:
    page = chapter("adapter.md") or ""
    words = set(re.findall(r"`([a-z]+)`", page)) | set(re.findall(r'"([a-z]+)":', page))
    assert set(COMMANDS) <= words
    for kind in (*COMMANDS.values(), Implementation, type(NOTHING), Refused, Skipped, Errored):
        assert {field.name for field in fields(kind)} - {"command"} <= words, kind
    binding = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    assert len(binding.split()) < 1150, "the contract is one page"


def test_the_conversation_on_the_page_is_one() -> None:
    """ADAPTER-LINE-2: each reply there answers its command as the schema says."""
    page = chapter("adapter.md") or ""
    said = page.split("```\n")[1].splitlines()
    assert [line[:2] for line in said] == ["> ", "< "] * 5
    for command, reply in zip(said[::2], said[1::2], strict=True):
        if "…" not in command:
            read_command(command[2:].encode())
        read_reply(json.loads(command[2:].replace(", …", ""))["command"], reply[2:].encode())
