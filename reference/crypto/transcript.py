"""The injective byte encoding of transcripts (spec/suites.md, Transcripts). Nothing else is ever signed, digested
or derived from."""

from __future__ import annotations

from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Field, Term

_INTEGER, _BYTES, _TEXT, _LIST = 1, 2, 3, 4
_DEPTH = 2


def encode(transcript: Transcript) -> bytes:
    """Tag, number of fields, then each field with its type and its length. Raises TypeError for a term, ValueError for
    what no transcript of the spec holds."""
    tag = transcript.tag.encode("ascii")
    return bytes([len(tag)]) + tag + _fields(transcript.fields, 0)


def _fields(fields: tuple[Field, ...], depth: int) -> bytes:
    if len(fields) > 255:
        raise ValueError("a transcript has 255 fields at most")
    return bytes([len(fields)]) + b"".join(_field(field, depth) for field in fields)


def _field(field: Field, depth: int) -> bytes:
    match field:
        case int():
            return _tagged(_INTEGER, field.to_bytes(8, "big"))
        case bytes():
            return _tagged(_BYTES, field)
        case str():
            return _tagged(_TEXT, field.encode("utf-8"))
        case tuple():
            if depth == _DEPTH:
                raise ValueError(f"lists in transcripts nest {_DEPTH} deep at most")
            return _tagged(_LIST, _fields(field, depth + 1))
        case Term():
            raise TypeError("a term has no bytes: it belongs to the symbolic suite")


def _tagged(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + len(content).to_bytes(4, "big") + content
