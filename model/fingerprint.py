"""A 64-bit fingerprint of a value, the same in every process: for counting what several processes have seen.

Python's own hash is another one in each process. Two different values share a fingerprint with probability 2^-64; what
counts by fingerprints says so. A value that is neither plain data nor a dataclass, and that does not say how it is
rebuilt (`__reduce__`), goes by its repr.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import blake2b
from typing import Final

MASK: Final = (1 << 64) - 1


class Fingerprints:
    """Fingerprints of values, each computed once: parts that values share are known by their identity, and kept."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, bytes]] = {}

    def of(self, value: object) -> int:
        """The fingerprint of a value."""
        return int.from_bytes(self._digest(value), "big")

    def _digest(self, value: object) -> bytes:
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = (value, self._made(value))
        return known[1]

    def _made(self, value: object) -> bytes:
        kind = type(value)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if value is None or kind in (bool, int, float, str, bytes):
            return _mixed(name, (repr(value).encode(),))
        if isinstance(value, Enum):
            return _mixed(name, (value.name.encode(),))
        if isinstance(value, frozenset | set):
            return _mixed(name, sorted(map(self._digest, value)))
        if isinstance(value, tuple | list):
            return _mixed(name, map(self._digest, value))
        if isinstance(value, dict):
            return _mixed(name, sorted(self._digest(item) for item in value.items()))
        if is_dataclass(kind):
            return _mixed(name, [self._digest(getattr(value, field.name)) for field in fields(kind) if field.compare])
        if "__reduce__" in vars(kind):
            return _mixed(name, (self._digest(value.__reduce__()[1:]),))
        return _mixed(name, (repr(value).encode(),))


def combined(*numbers: int) -> int:
    """One fingerprint for several, in this order."""
    return int.from_bytes(_mixed("", (number.to_bytes(8, "big") for number in numbers)), "big")


def _mixed(name: str, parts: Iterable[bytes]) -> bytes:
    found = blake2b(name.encode(), digest_size=8)
    for part in parts:
        found.update(len(part).to_bytes(4, "big"))
        found.update(part)
    return found.digest()
