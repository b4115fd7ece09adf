"""The codec: every record there and back, every other byte string refused, never an exception."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.segment.codec import decode, encode, is_name
from lockedroom.reference.segment.records import (
    LAYOUTS,
    OVERHEAD,
    Capacity,
    Epoch,
    Malformed,
    Message,
    Record,
)
from tests.reference.segment import vectors

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
names = st.builds(str.__add__, st.sampled_from(ALPHABET), st.text(ALPHABET + "._-", max_size=30))
u32 = st.integers(0, 2**32 - 1)
WIRE: dict[str, st.SearchStrategy[object]] = {
    "u8": st.integers(0, 255),
    "u16": st.integers(0, 2**16 - 1),
    "u32": u32,
    "u64": st.integers(0, 2**64 - 1),
    "bits32": st.binary(min_size=32, max_size=32),
    "bits40": st.binary(min_size=40, max_size=40),
    "bits64": st.binary(min_size=64, max_size=64),
    "var": st.binary(max_size=200),
    "name": names,
    "label": st.one_of(names, names.map(str.upper)),
    "epoch": st.builds(Epoch, u32, names),
    "capacity": st.builds(Capacity, u32, u32, u32, u32, u32),
}
records: st.SearchStrategy[Record] = st.one_of(
    *(st.builds(record, **{f.name: WIRE[f.type] for f in layout}) for record, (_, layout) in LAYOUTS.items())
)


@given(records)
def test_every_record_comes_back(record: Record) -> None:
    assert decode(encode(record)) == record


@given(st.binary(max_size=400))
def test_any_bytes_give_a_record_or_a_reason(data: bytes) -> None:
    found = decode(data)
    assert found.reason if isinstance(found, Malformed) else encode(found) == data


@given(records, st.data())
def test_altered_bytes_give_another_record_or_a_reason(record: Record, data: st.DataObject) -> None:
    whole = encode(record)
    place = data.draw(st.integers(0, len(whole) - 1))
    value = data.draw(st.integers(0, 255))
    altered = whole[:place] + bytes([value]) + whole[place + 1 :]
    found = decode(altered)
    if not isinstance(found, Malformed):
        assert encode(found) == altered, "one record has one encoding"
        assert (found == record) == (altered == whole)


@given(records, st.data())
def test_no_part_of_a_record_is_a_record(record: Record, data: st.DataObject) -> None:
    whole = encode(record)
    assert isinstance(decode(whole[: data.draw(st.integers(0, len(whole) - 1))]), Malformed)
    assert isinstance(decode(whole + data.draw(st.binary(min_size=1, max_size=9))), Malformed)


@pytest.mark.parametrize("vector", vectors.load("malformed")["vectors"], ids=lambda vector: vector["id"])
def test_committed_malformed_bytes_are_refused(vector: vectors.Json) -> None:
    assert isinstance(decode(bytes.fromhex(vector["hex"])), Malformed)
    assert vector["flag"] in vectors.load("malformed")["flags"]


def test_terms_and_impossible_values_have_no_bytes() -> None:
    message = vectors.samples()["message"]
    assert isinstance(message, Message)
    values = {name: getattr(message, name) for name in Message.__slots__}
    with pytest.raises(TypeError, match="symbolic"):
        encode(Message(**(values | {"sealed": Term("seal")})))
    for bad in ({"sender": "Alice"}, {"sender_incarnation": b"short"}, {"flags": "0"}):
        with pytest.raises(ValueError, match=r"no name|bytes where|is no"):
            encode(Message(**(values | bad)))


@pytest.mark.parametrize("text", ["", "A", "a" * 32, ".a", "-a", "_a", "a b", "ä", "a\n", "\udc80"])
def test_what_is_no_name(text: str) -> None:
    assert not is_name(text)


@given(names)
def test_what_is_a_name(text: str) -> None:
    assert is_name(text)


def test_the_overhead_is_that_of_the_longest_message() -> None:
    longest = vectors.samples()["message-greatest"]
    assert isinstance(longest, Message) and isinstance(longest.sealed, bytes)
    assert 4 + len(encode(longest)) - len(longest.sealed) + 16 == OVERHEAD


@pytest.mark.parametrize("name", ["records", "malformed", "conversation-LR0", "conversation-LR1"])
def test_the_committed_vectors_are_what_the_engine_makes(name: str) -> None:
    made = json.loads(json.dumps(vectors.documents()[name]))
    assert made == vectors.load(name)
