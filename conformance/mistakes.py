"""Implementations with one mistake each, that the suite must fail: which, where the mistake is, and the clause that
names it. Every one is ours with a line put in the place of another; those of the engine are the known mutants.

Nothing of the implementation is imported here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Substitution: TypeAlias = tuple[str, str, str]
"""A module, what stands there exactly once, what is put in its place."""

Hands: TypeAlias = Literal["all", "first", "last"]
"""Which members have a mistake."""

Area: TypeAlias = Literal["adapter", "object", "memory", "journal", "life", "engine"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: its name, the area that it is in, the clause that names it, and what makes it. `hands`: which
    members have it, in a room with others that have not; what all do alike may show nothing. `case`: the one that shows
    it, where that is known."""

    name: str
    area: Area
    clause: str
    substitutions: tuple[Substitution, ...]
    hands: Hands = "all"
    case: str = ""

    @property
    def id(self) -> str:
        """Area and name, in small letters and dashes."""
        letters = (letter if letter.isalnum() else "-" for letter in self.name.lower().replace("'", ""))
        return f"{self.area}/{'-'.join(part for part in ''.join(letters).split('-') if part)}"


def holders(hands: Hands, members: Sequence[str]) -> Sequence[str]:
    """Those of the members who have a mistake that is in these hands."""
    return {"all": members, "first": members[:1], "last": members[-1:]}[hands]


_SERVING: Final = "conformance.serving"
_SHM: Final = "backend.shm"
_REPLY: Final = "            out.write(reply_line(reply))\n"
_REFUSED: Final = "return Refused(seen.clause, True, seen.detail[:2000])"
_CLOSED: Final = "            case Close() | Stop():\n                self.close()\n"
_STOPPED: Final = "            if isinstance(command, Stop):\n                return 0\n"
_INPUT_ENDS: Final = "    except BrokenPipeError:\n        return 0\n"
_OBSERVED: Final = "return self._member(room).observe()"


def made(area: Area, clause: str, name: str, module: str, old: str, new: str) -> Mistake:
    """A mistake that is one substitution."""
    return Mistake(name, area, clause, ((module, old, new),))


MISTAKES: Final[tuple[Mistake, ...]] = (
    made(
        "adapter",
        "ADAPTER-LINE-1",
        "every reply comes twice",
        _SERVING,
        _REPLY,
        _REPLY.replace("(reply))", "(reply) * 2)"),
    ),
    made("adapter", "ADAPTER-LINE-1", "it ends at the first refusal", _SERVING, _REFUSED, "raise SystemExit(1)"),
    made("adapter", "ADAPTER-LINE-1", "it never flushes", _SERVING, "            out.flush()\n", ""),
    made(
        "adapter",
        "ADAPTER-LINE-2",
        "it cannot close",
        _SERVING,
        _CLOSED,
        _CLOSED + '                raise LookupError("room")\n',
    ),
    made("adapter", "ADAPTER-COMMAND-6", "to stop is a failure", _SERVING, _STOPPED, _STOPPED.replace("0", "1")),
    made(
        "adapter",
        "ADAPTER-LINE-4",
        "it outlives its input",
        _SERVING,
        _INPUT_ENDS,
        '        __import__("time").sleep(3600)\n' + _INPUT_ENDS,
    ),
    made(
        "adapter",
        "ADAPTER-LINE-2",
        "it prints words among its replies",
        _SERVING,
        _REPLY,
        '            out.write(b"working\\n")\n' + _REPLY,
    ),
    made(
        "adapter",
        "ADAPTER-LINE-2",
        "its replies say more than one thing",
        _SERVING,
        _REPLY,
        _REPLY.replace("reply_line(reply)", "b'{\"seconds\": 0, ' + reply_line(reply)[1:]"),
    ),
    made(
        "adapter",
        "ADAPTER-LINE-2",
        "every refusal is indefinite",
        _SERVING,
        _REFUSED,
        _REFUSED.replace("True", "False"),
    ),
    made("adapter", "ADAPTER-LINE-2", "a refusal is an error", _SERVING, _REFUSED, "return Errored(seen.clause)"),
    made(
        "adapter", "ADAPTER-LINE-3", "a line has no end", _SERVING, _REPLY, '            out.write(b"x" * (1 << 23))\n'
    ),
    made(
        "adapter",
        "ADAPTER-COMMAND-5",
        "what is observed is not the store",
        _SERVING,
        _OBSERVED,
        'return Observation("live", 1, (), {}, {}, ())',
    ),
    made(
        "adapter",
        "SEG-SEND-2",
        "one clause is named for another",
        _SERVING,
        _REFUSED,
        'return Refused(seen.clause.replace("SEND-2", "SEND-3"), True, "")',
    ),
    made("adapter", "SEG-WHO-3", "what is refused is done, says the reply", _SERVING, _REFUSED, "return Done(())"),
    made("object", "SEG-STORE-8", "the magic is not looked at", _SHM, "if magic != MAGIC:", "if False:"),
    made(
        "object",
        "SEG-STORE-8",
        "the layout's version is not looked at",
        _SHM,
        "if version != LAYOUT_VERSION:",
        "if False:",
    ),
    made(
        "object",
        "SEG-STORE-8",
        "a later layout will do",
        _SHM,
        "if version != LAYOUT_VERSION:",
        "if version < LAYOUT_VERSION:",
    ),
    made(
        "object",
        "SEG-STORE-8",
        "the size that the object claims is not compared",
        _SHM,
        "if total != layout.total or status",
        "if status",
    ),
    made(
        "object",
        "SEG-STORE-8",
        "the object may be longer than it claims",
        _SHM,
        "status.st_size != layout.total",
        "status.st_size < layout.total",
    ),
    made(
        "object",
        "SEG-STORE-8",
        "numbers are cut to 32 bits",
        _SHM,
        "capacity = Capacity(members, quota, posts, entries, record)",
        "capacity = Capacity(*(n & 0xFFFFFFFF for n in (members, quota, posts, entries, record)))",
    ),
    made("object", "SEG-STORE-7", "an unfinished object is used", _SHM, "not any(head[: len(MAGIC)])", "False"),
)
"""Those of the adapter, and of attaching."""

CONTROL: Final = Mistake("no mistake at all", "adapter", "ADAPTER-LINE-1", ())
"""What passes every case that a mistake fails: started in the same way, with nothing put in the place of anything."""
