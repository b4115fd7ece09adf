"""The injective byte encoding of transcripts (spec/suites.md, Transcripts). Nothing else is ever signed, digested,
authenticated or derived from. Decoding is not needed by anybody but the test that shows the encoding injective."""

from __future__ import annotations

from typing import Final

from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Field

INTEGER: Final = 1
BYTES: Final = 2
TEXT: Final = 3
LIST: Final = 4
DEPTH: Final = 2
LARGEST: Final = 255


def encode(transcript: Transcript) -> bytes:
    """Tag, number of fields, then each field with its type and its length (LR-SUITE-2 to 4).

    Raises TypeError for a term, which has no bytes, and ValueError for what no transcript may hold: an integer that is
    no u64, a list too deep or too long, a tag that is not 1 to 255 characters of ASCII.
    """
    tag = transcript.tag.encode("ascii")
    if not 1 <= len(tag) <= LARGEST:
        raise ValueError(f"a tag has 1 to {LARGEST} characters: {transcript.tag!r}")
    return bytes([len(tag)]) + tag + _fields(transcript.fields, 0)


def _fields(fields: tuple[Field, ...], depth: int) -> bytes:
    if len(fields) > LARGEST:
        raise ValueError(f"a list in a transcript has {LARGEST} fields at most, not {len(fields)}")
    return bytes([len(fields)]) + b"".join([_field(field, depth) for field in fields])


def _field(field: Field, depth: int) -> bytes:
    match field:
        case int():
            if not 0 <= field < 1 << 64:
                raise ValueError(f"an integer in a transcript is a u64: {field}")
            return _tagged(INTEGER, field.to_bytes(8, "big"))
        case bytes():
            return _tagged(BYTES, field)
        case str():
            return _tagged(TEXT, field.encode("utf-8"))
        case tuple():
            if depth == DEPTH:
                raise ValueError(f"lists in a transcript nest {DEPTH} deep at most")
            return _tagged(LIST, _fields(field, depth + 1))
        case _:
            raise TypeError(f"a {type(field).__name__} has no bytes in a transcript")


def _tagged(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + len(content).to_bytes(4, "big") + content
