"""Where the fresh values and static keys of a replay come from: a trace's seed, and nothing else.

A draw is named by who acts, the number of the step, its purpose and its context; the same trace draws the same
values in every run, in a process that was killed and started anew as well. Never used outside replays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.suite import Entropy, Suite, Transcript
from lockedroom.reference.crypto.terms import Bits, Field, Term
from lockedroom.reference.machine import Name

STAND_IN: Final = (1, 1, "replay")
"""Stands for pid, start time and boot id of the creator in a replay: the same in every run, and for every process."""


@dataclass(frozen=True, slots=True)
class TraceEntropy:
    """Fresh bytes of one step: HKDF-SHA-256 of the seed, bound to actor, step, purpose and context."""

    seed: bytes
    actor: Name
    step: int

    def draw(self, purpose: str, *context: Field) -> Bits:
        """See `Entropy`."""
        return _derived(self.seed, "LR-TRACE-FRESH", (self.actor, self.step, purpose, context))


@dataclass(frozen=True, slots=True)
class TermEntropy:
    """Fresh terms of one step, named as the bytes are."""

    actor: Name
    step: int

    def draw(self, purpose: str, *context: Field) -> Term:
        """See `Entropy`."""
        return Term("fresh", self.actor, self.step, purpose, *context)


def identity(seed: bytes, name: Name) -> bytes:
    """The static private key of a member in a replay, 32 bytes."""
    return _derived(seed, "LR-TRACE-IDENTITY", (name,))


def _derived(seed: bytes, tag: str, fields: tuple[Field, ...]) -> bytes:
    found = RealSuite("LR0").derive(seed, "trace", Transcript(tag, fields))
    assert isinstance(found, bytes), "a real suite gives bytes"
    return found


@dataclass(frozen=True, slots=True)
class Keys:
    """Static private keys, bodies and fresh values for one suite, real or symbolic."""

    suite: Suite
    seed: bytes

    def signing(self, name: Name) -> Bits:
        """The static private key of a member."""
        return Term("static", name) if self._symbolic else identity(self.seed, name)

    def fresh(self, actor: Name, step: int) -> Entropy:
        """The fresh values of one step."""
        return TermEntropy(actor, step) if self._symbolic else TraceEntropy(self.seed, actor, step)

    def body(self, text: str) -> Bits:
        """What stands for a text: its UTF-8, or a term of that length."""
        encoded = text.encode("utf-8")
        return Term("body", text, len(encoded)) if self._symbolic else encoded

    def text(self, body: Bits) -> str:
        """The text that a body stands for; what is none is shown, not refused."""
        if isinstance(body, Term):
            return str(body.args[0]) if body.op == "body" and body.args else repr(body)
        return body.decode("utf-8", "backslashreplace")

    @property
    def _symbolic(self) -> bool:
        return self.suite.name == "symbolic"
