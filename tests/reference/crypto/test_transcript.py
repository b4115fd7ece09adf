"""The encoding of transcripts: pinned by vectors, injective by its inverse, and closed to what is no transcript."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given

from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Field, Term
from lockedroom.reference.crypto.transcript import encode
from tests.reference.crypto.strategies import transcripts
from tests.reference.crypto.vectors import load, transcript
from tests.tree import ROOT

VECTORS = load("transcripts")


class Reader:
    """The inverse of the encoding, written from the byte tables of spec/suites.md alone."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, size: int) -> bytes:
        assert len(self.rest) >= size, "cut short"
        piece, self.rest = self.rest[:size], self.rest[size:]
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def fields(self) -> tuple[Field, ...]:
        return tuple(self.field() for _ in range(self.number(1)))

    def field(self) -> Field:
        kind, content = self.number(1), self.take(self.number(4))
        match kind:
            case 1:
                assert len(content) == 8
                return int.from_bytes(content, "big")
            case 2:
                return content
            case 3:
                return content.decode("utf-8")
            case 4:
                inner = Reader(content)
                listed = inner.fields()
                assert inner.rest == b""
                return listed
        raise AssertionError(f"no type of field: {kind}")


def decode(data: bytes) -> Transcript:
    reader = Reader(data)
    found = Transcript(reader.take(reader.number(1)).decode("ascii"), reader.fields())
    assert reader.rest == b""
    return found


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["comment"])
def test_vector(vector: Mapping[str, Any]) -> None:
    meant = transcript(vector["transcript"])
    encoded = bytes.fromhex(vector["encoding"])
    assert encode(meant) == encoded
    assert decode(encoded) == meant


def test_vectors_are_distinct() -> None:
    assert len({vector["encoding"] for vector in VECTORS}) == len(VECTORS)


@given(transcripts)
def test_decoding_gives_the_transcript_back(one: Transcript) -> None:
    """An encoding with an inverse is injective."""
    assert decode(encode(one)) == one


@given(transcripts, transcripts)
def test_no_encoding_begins_another(one: Transcript, other: Transcript) -> None:
    """Prefix-free: nothing can be appended to a transcript to make another."""
    if one != other:
        assert not encode(other).startswith(encode(one))


def test_what_is_cut_differently_is_encoded_differently() -> None:
    tails: list[tuple[Field, ...]] = [
        ("ab", "c"),
        ("a", "bc"),
        ("abc",),
        ("abc", ""),
        (("ab", "c"),),
        (("ab",), "c"),
        (b"ab", "c"),
        (97, "bc"),
        (),
    ]
    assert len({encode(Transcript("LR-X", fields)) for fields in tails}) == len(tails)
    assert encode(Transcript("LR-X", ())) != encode(Transcript("LR-X\x00", ()))


@pytest.mark.parametrize(
    "refused",
    [
        Transcript("", ()),
        Transcript("T" * 256, ()),
        Transcript("é", ()),
        Transcript("LR-X", (-1,)),
        Transcript("LR-X", (2**64,)),
        Transcript("LR-X", ((((),),),)),
        Transcript("LR-X", (0,) * 256),
        Transcript("LR-X", ((0,) * 256,)),
        Transcript("LR-X", ("\ud800",)),
    ],
)
def test_what_no_transcript_holds_is_refused(refused: Transcript) -> None:
    with pytest.raises(ValueError):
        encode(refused)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_term_has_no_bytes(depth: int) -> None:
    field: Field = Term("fresh", "a")
    for _ in range(depth):
        field = (field,)
    with pytest.raises(TypeError):
        encode(Transcript("LR-X", (field,)))


def test_the_example_of_the_chapter() -> None:
    chapter = (ROOT / "spec" / "suites.md").read_text("utf-8")
    (example,) = re.findall(r"^    (04 4c.*)$", chapter, re.MULTILINE)
    assert encode(Transcript("LR-X", (1, "al"))) == bytes.fromhex(example)
