"""What is typed in a session, line by line: which command, for whom, and what text. Nothing is done here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lockedroom.reference.machine import Name
from lockedroom.reference.segment.codec import is_name

_LONGEST_WAIT: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Wording:
    """How a command is written and what it does. `peers`: "" none, "one", or "some" (none means everybody)."""

    word: str
    peers: str
    text: bool
    about: str

    @property
    def usage(self) -> str:
        """How it is typed."""
        peers = {"": "", "one": " PEER", "some": " PEER,PEER…|all"}[self.peers]
        return f"{self.word}{peers}{' TEXT' if self.text else ''}{' SECONDS' if self.word == 'wait' else ''}"


COMMANDS: Final[dict[str, Wording]] = {
    wording.word: wording
    for wording in (
        Wording("members", "", False, "who is granted, who has joined, with whom a key is shared"),
        Wording("exchange", "some", False, "share a key: with everybody who has joined, or with some"),
        Wording("send", "one", True, "send a message to one"),
        Wording("multicast", "some", True, "send a message to several, to all of them or to nobody"),
        Wording("publish", "", True, "put a message on the board, for all with whom a key is shared"),
        Wording("read", "some", False, "read what others have published"),
        Wording("rotate", "some", False, "take a new key into use"),
        Wording("review", "", False, "look for rights that were taken away"),
        Wording("reap", "one", False, "clear away what a dead member left"),
        Wording("wait", "", False, "only read for so many seconds"),
        Wording("help", "", False, "this list"),
        Wording("leave", "", False, "leave the segment; the end of the input does so too"),
    )
}


@dataclass(frozen=True, slots=True)
class Typed:
    """One command. No `peers` where some were possible means everybody."""

    word: str
    peers: tuple[Name, ...] = ()
    text: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Mistyped:
    """A line that is no command: what is wrong and what would be right."""

    problem: str


def understand(line: str) -> Typed | Mistyped | None:
    """The command in a line; None when it is empty or a comment (`#`)."""
    word, _, rest = line.strip().partition(" ")
    rest = rest.strip()
    if not word or word.startswith("#"):
        return None
    wording = COMMANDS.get(word)
    if wording is None:
        return Mistyped(f"there is no command {word}: type help")
    if word == "wait":
        return _wait(rest)
    peers: tuple[Name, ...] = ()
    if wording.peers:
        listed, _, rest = rest.partition(" ") if wording.text else (rest.replace(" ", ","), "", "")
        rest = rest.strip()
        found = _peers(listed, wording)
        if isinstance(found, Mistyped):
            return found
        peers = found
    if wording.text and not rest:
        return Mistyped(f"a message is missing: {wording.usage}")
    if rest and not wording.text:
        return Mistyped(f"{word} takes nothing more: {wording.usage}")
    return Typed(word, peers, rest)


def _peers(listed: str, wording: Wording) -> tuple[Name, ...] | Mistyped:
    if wording.peers == "some" and (listed == "all" or (not listed and not wording.text)):
        return ()
    names = tuple(name for name in listed.split(",") if name)
    if not names:
        return Mistyped(f"nobody is named: {wording.usage}")
    if wording.peers == "one" and len(names) != 1:
        return Mistyped(f"one member is meant: {wording.usage}")
    for name in names:
        if not is_name(name):
            return Mistyped(f"{name!r} is no member's name (1 to 31 of a-z, 0-9, '.', '_', '-')")
    return names


def _wait(text: str) -> Typed | Mistyped:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST_WAIT:
        return Mistyped(f"a number of seconds up to {_LONGEST_WAIT:g} is meant: wait SECONDS")
    return Typed("wait", seconds=seconds)
