"""The lemma behind the stash's shapes: a record is its fields, and the seal covers what the proofs say that it does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedroom.model.proofs.stash.whole import stash
from lockedroom.model.stash import SUITE, key_of
from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash import records
from lockedroom.reference.stash.keys import Key
from lockedroom.reference.stash.profile import DEFENCES, HARDENED
from lockedroom.reference.stash.records import NEWEST, TOMBSTONE, VALUE, Record

KEY = key_of(HARDENED)
BODY = Term("body", "holders", "there", 1, 16)
CHANGES: dict[str, dict[str, int]] = {"r_version": {"version": 2}, "is_tombstone": {"kind": TOMBSTONE}}
"""How to change each field that a record says beside its seal."""


def sealed(
    profile: Profile, key: Key = KEY, kind: int = VALUE, version: int = 1, fresh: str = "fresh", body: Term = BODY
) -> object:
    return records.seal(SUITE, profile, key, kind, version, Term(fresh), body).sealed


def uncovered(profile: Profile) -> set[str]:
    """The fields that can be changed without the seal changing."""
    return {field for field, change in CHANGES.items() if sealed(profile, **change) == sealed(profile)}


def alterable(profile: Profile) -> set[str]:
    """The fields that the intruder may choose in the proofs."""
    kept = " ".join(guard.text for guard in stash(profile).action("alter").guards)
    return {field for field in CHANGES if not re.search(rf"\b{field}\(", kept)}


@pytest.mark.parametrize("name", [one.name for one in DEFENCES])
def test_what_a_profile_does_not_cover_is_what_the_intruder_may_alter(name: str) -> None:
    assert uncovered(HARDENED) == alterable(HARDENED) == set()
    assert uncovered(HARDENED.without(name)) == alterable(HARDENED.without(name))


def test_a_seal_is_of_one_key_of_some_fresh_bytes_and_of_one_body() -> None:
    other = Key(Term("another"), KEY.iv)
    made = [sealed(HARDENED), sealed(HARDENED, other), sealed(HARDENED, fresh="more"), sealed(HARDENED, body=Term("b"))]
    assert len(set(made)) == len(made)


@given(
    st.sampled_from((VALUE, TOMBSTONE)),
    st.integers(0, NEWEST),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=1, max_size=99),
)
def test_a_record_is_its_bytes(kind: int, version: int, fresh: bytes, body: bytes) -> None:
    """Encodings are tagged by their kind and injective: what is decoded is what was encoded."""
    record = Record(kind, version, fresh, body)
    assert records.decode(HARDENED, records.encode(HARDENED, record)) == record
