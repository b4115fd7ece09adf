"""Dolev-Yao terms: what stands for a bit string when the symbolic suite runs.

Here lives the term and nothing else. What a term reveals is in `closure`, which terms an engine may
build is in `symbolic`. A term is immutable, hashable (its hash is computed once: memo tables
hash terms far more often than they build them) and totally ordered by its rendering.
"""

from __future__ import annotations

from typing import TypeAlias


class Term:
    """One operator applied to arguments: `Term("sign", key, transcript)`.

    `op` is the constructor's name, `args` its arguments: terms, names, numbers, bytes or tuples of
    those. Two terms are equal exactly when they were built alike (the free algebra).
    """

    __slots__ = ("_hash", "args", "op")

    op: str
    args: tuple[Field, ...]

    def __init__(self, op: str, *args: Field) -> None:
        object.__setattr__(self, "op", op)
        object.__setattr__(self, "args", args)
        object.__setattr__(self, "_hash", hash((op, args)))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a term is immutable: {name}")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Term):
            return NotImplemented
        return self._hash == other._hash and self.op == other.op and self.args == other.args

    def __hash__(self) -> int:
        return self._hash

    def __lt__(self, other: Term) -> bool:
        return repr(self) < repr(other)

    def __repr__(self) -> str:
        return f"{self.op}({', '.join(map(_render, self.args))})"

    def __reduce__(self) -> tuple[type[Term], tuple[Field, ...]]:
        return Term, (self.op, *self.args)

    _hash: int


Bits: TypeAlias = bytes | Term
"""What a key, a signature, a ciphertext or a body is: bytes in the real suite, a term in the model."""

Field: TypeAlias = "int | str | bytes | Term | tuple[Field, ...]"
"""What a transcript or a term may hold."""


def _render(field: Field) -> str:
    return field if isinstance(field, str) else repr(field)
