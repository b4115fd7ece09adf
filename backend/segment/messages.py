"""What the Python API gives its caller: messages, posts, notices, listings, and the exception for a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from lockedroom.backend.errors import BackendError, ExitCode
from lockedroom.reference.machine import Event, Name


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was consumed: who sent it, its body, its number in the sender's sequence, and how many before it
    never came."""

    peer: Name
    body: bytes
    sequence: int
    gap: int


@dataclass(frozen=True, slots=True)
class Post:
    """A message on the board: who published it, its number, its body. It stays."""

    peer: Name
    number: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a peer, or of the list, that was not usable: the clause, what was the case, whose it was (empty: the
    room's). A record that no member can use has been removed."""

    clause: str
    detail: str
    peer: Name = ""


Notice: TypeAlias = Event | Problem
"""What happened while a member was waiting: an event of the engine, or a problem. Neither stops it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One name of the verified list: its static public key, its rights (1 join, 2 exchange, 4 send; 0 revoked), whether
    it is announced, whether a process lives under it, and how many records wait for it."""

    name: Name
    key: bytes
    rights: int
    announced: bool
    alive: bool
    pending: int


class Refused(BackendError):
    """The protocol refuses: `clause` says by which clause, `detail` what is the case and what to do about it."""

    exit_code = ExitCode.REFUSED

    def __init__(self, clause: str, detail: str) -> None:
        problem, _, remedy = detail.rpartition(": ")
        super().__init__(clause, problem or detail, remedy if problem else "")
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.detail} [{self.clause}]"
