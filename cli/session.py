"""A session in a segment: what is typed or piped is done, what arrives is printed, at the end the member leaves.

One thread does it all: it waits for messages a moment at a time and looks at its input in between. Ctrl-C is a
KeyboardInterrupt anywhere here; whoever called sees it after the member has left.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from lockedroom.backend.errors import BackendError
from lockedroom.backend.segment.messages import Problem
from lockedroom.cli.exits import Exit
from lockedroom.cli.terminal import readable, safe
from lockedroom.cli.typed import COMMANDS, Mistyped, Typed, understand
from lockedroom.reference.segment import events

if TYPE_CHECKING:
    from lockedroom import JoinedMember, Notice, Room

_MOMENT: Final = 0.05
"""Seconds for which a message is waited for before the input is looked at."""
_LONGEST_LINE: Final = 1 << 20
_FATAL: Final = ("SEG-DESTROY-", "SEG-HEADER-", "SEG-STORE-")
"""Clauses after which nothing more can be done in this segment."""


class Session:
    """One member's session in `room`, from standard input to standard output."""

    def __init__(self, room: Room, name: str, *, as_json: bool = False) -> None:
        self._room = room
        self._name = name
        self._json = as_json
        self._terminal = sys.stdin.isatty()
        self._code: int = Exit.HOLDS
        self._input = _Lines()

    def run(self) -> int:
        """Join, serve until the input ends, leave. Raises what joining raises."""
        member = self._room.join()
        try:
            with member:
                self._say(f"{self._name} has joined; type help for what can be done" * self._terminal, event="joined")
                self._serve(member)
        except KeyboardInterrupt:
            if self._terminal and not self._json:
                print()  # what the terminal shows of Ctrl-C stands on a line of its own
            raise
        finally:
            self._say(f"{self._name} has left", event="left")
        return self._code

    def _serve(self, member: JoinedMember) -> None:
        while True:
            try:
                self._hear(member)
                typed = self._input.next()
                if typed is None:
                    continue
                if typed == "" or not self._obey(member, typed.rstrip("\n")):
                    return
            except BackendError as error:
                self._refused(error)
                if error.clause.startswith(_FATAL):
                    return

    def _hear(self, member: JoinedMember, seconds: float = _MOMENT) -> None:
        message = member.receive(timeout=seconds)
        self._note(member)
        if message is not None:
            gap = f" ({message.gap} before it never came)" if message.gap else ""
            body = readable(message.body)
            text = f"{message.peer}: {body}{gap}"
            self._say(text, event="message", peer=message.peer, body=body, sequence=message.sequence, gap=message.gap)

    def _note(self, member: JoinedMember) -> None:
        for notice in member.notices():
            values = asdict(notice)
            self._say(_worded(notice), event=type(notice).__name__, **values)

    def _obey(self, member: JoinedMember, line: str) -> bool:
        """Do one command; False when it was to leave."""
        typed = understand(line)
        match typed:
            case None:
                return True
            case Mistyped(problem):
                self._fail(Exit.USAGE, problem, "usage")
                return True
            case Typed("leave"):
                return False
            case Typed("help"):
                width = max(len(wording.usage) for wording in COMMANDS.values())
                for wording in COMMANDS.values():
                    self._say(f"  {wording.usage:<{width}}  {wording.about}", event="help", usage=wording.usage)
            case Typed("wait"):
                deadline = time.monotonic() + typed.seconds
                while (left := deadline - time.monotonic()) > 0:
                    self._hear(member, min(left, _MOMENT))
            case Typed("members"):
                self._list()
            case Typed():
                self._do(member, typed)
        self._note(member)
        return True

    def _do(self, member: JoinedMember, typed: Typed) -> None:
        peers, body = typed.peers, typed.text.encode("utf-8", "surrogateescape")
        match typed.word:
            case "exchange":
                offered = member.exchange(*peers)
                text = f"a key is offered to {', '.join(offered)}" if offered else "nobody is there without a key"
                self._say(text, event="exchange", peers=list(offered))
            case "send":
                member.send(peers[0], body)
                self._sent(peers, body)
            case "multicast":
                named = peers or member.peers()
                member.multicast(body, peers=named)
                self._sent(named, body)
            case "publish":
                member.publish(body)
                self._say(f"on the board: {readable(body)}", event="publish", body=readable(body))
            case "read":
                self._read(member, peers)
            case "rotate":
                for peer in peers or member.peers():
                    member.rotate(peer)
                    self._say(f"a new key is offered to {peer}", event="rotate", peer=peer)
            case "review":
                member.review()
                self._say("the list is reviewed", event="review")
            case "reap":
                member.reap(peers[0])
                self._say(f"nothing of {peers[0]} is left", event="reap", peer=peers[0])

    def _read(self, member: JoinedMember, peers: tuple[str, ...]) -> None:
        for peer in peers or member.peers():
            try:
                posts = member.read(peer)
            except BackendError as error:
                # Asked of everybody, that somebody has published nothing is an answer.
                if peers or error.clause != "SEG-READ-1":
                    raise
                continue
            for post in posts:
                body = readable(post.body)
                text = f"on the board, {peer} {post.number}: {body}"
                self._say(text, event="post", peer=peer, number=post.number, body=body)

    def _list(self) -> None:
        for one in self._room.members():
            state = "joined" if one.announced else "out"
            if one.announced and not one.alive:
                state = "dead: reap it"
            self._say(
                f"  {one.name}: {state}, {one.pending} waiting",
                event="member",
                name=one.name,
                joined=one.announced,
                alive=one.alive,
                waiting=one.pending,
            )

    def _sent(self, peers: tuple[str, ...], body: bytes) -> None:
        text = readable(body)
        self._say(f"to {', '.join(peers)}: {text}", event="sent", peers=list(peers), body=text)

    def _refused(self, error: BackendError) -> None:
        self._fail(Exit(int(error.exit_code)), str(error), error.clause)

    def _fail(self, code: Exit, problem: str, clause: str) -> None:
        if not self._terminal and not self._code:
            self._code = code
        if self._json:
            self._say("", event="refused", clause=clause, problem=problem)
        else:
            print(f"lockedroom: {safe(problem)}", file=sys.stderr, flush=True)

    def _say(self, text: str, **values: object) -> None:
        line = json.dumps(values, ensure_ascii=False, default=_plain) if self._json else text
        if line:
            print(line, flush=True)


def _plain(value: object) -> str:
    return readable(value) if isinstance(value, bytes) else str(value)


def _worded(notice: Notice) -> str:
    """What happened meanwhile, in words; nothing for what speaks for itself."""
    match notice:
        case Problem(clause, detail, peer):
            return f"refused from {peer}: {safe(detail)} [{clause}]"
        case events.Accepted(peer):
            return f"a key is shared with {peer}"
        case events.RotationRead(peer, won=True):
            return f"{peer} offers a new key"
        case events.RotationAcknowledged(peer) | events.Rotated(peer):
            return f"the new key with {peer} is in use"
        case events.Reviewed(closed=closed) if closed:
            return f"rights were taken from {', '.join(closed)}"
        case events.Reaped(peer):
            return f"nothing of {peer} is left"
        case _:
            return ""


class _Lines:
    """Standard input, line by line, without ever waiting for it."""

    def __init__(self) -> None:
        self._descriptor = sys.stdin.fileno()
        self._read = b""
        self._ended = False

    def next(self) -> str | None:
        """The next line with its end; "" at the end of the input; None when there is none yet."""
        while b"\n" not in self._read and not self._ended and self._ready():
            chunk = os.read(self._descriptor, 1 << 16)
            self._ended = not chunk
            self._read += chunk
            if len(self._read) > _LONGEST_LINE:
                break
        line, end, rest = self._read.partition(b"\n")
        if not end and not self._ended and len(line) <= _LONGEST_LINE:
            return None
        self._read = rest
        return (line + end).decode("utf-8", "surrogateescape")

    def _ready(self) -> bool:
        return bool(select.select([self._descriptor], [], [], 0)[0])
