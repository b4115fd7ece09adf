"""What each transition does and refuses, under both suites, in the hardened profile and without its defences."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.suite import Suite
from lockedroom.reference.crypto.symbolic import SymbolicEntropy, SymbolicSuite
from lockedroom.reference.crypto.terms import Bits, Field, Term
from lockedroom.reference.machine import Rejected, Slot, Step
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash import profile as switch
from lockedroom.reference.stash import records
from lockedroom.reference.stash.keys import Key
from lockedroom.reference.stash.profile import AS_WRITTEN, DEFENCES, HARDENED, SWITCHES
from lockedroom.reference.stash.records import LARGEST, NEWEST, NONSENSE, Record
from lockedroom.reference.stash.transitions import (
    BY_OPERATION,
    TABLE,
    At,
    Found,
    Holder,
    Nothing,
    Put,
    Removed,
    Result,
    Unlink,
    Written,
)
from lockedroom.spec.registry import clauses

PLACE = Slot("value", "there")
SUITES: tuple[Suite, ...] = (RealSuite("LR0"), SymbolicSuite())
PROFILES = (HARDENED, AS_WRITTEN, *(HARDENED.without(one.name) for one in DEFENCES))
both = pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)


class Counted:
    """Fresh bytes, another 32 with each draw."""

    def __init__(self) -> None:
        self.drawn = 0

    def draw(self, purpose: str, *context: Field) -> bytes:
        self.drawn += 1
        return self.drawn.to_bytes(32, "big")


class Place:
    """What lies at one locator, and who uses it."""

    def __init__(self, suite: Suite, profile: Profile = HARDENED) -> None:
        self.suite = suite
        self.profile = profile
        self.stored: Record | None = None
        self.holders: dict[str, Holder] = {}
        self.fresh = Counted()

    def key(self, number: int) -> Key:
        if isinstance(self.suite, SymbolicSuite):
            return Key(Term("fresh", "anna", number, "key"), Term("fresh", "anna", number, "iv"))
        return Key(bytes([number]) * 32, bytes([number]) * 16)

    def body(self, number: int) -> Bits:
        return Term("body", "anna", "there", number, 16) if isinstance(self.suite, SymbolicSuite) else b"%016d" % number

    def do(self, name: str, operation: str, key: int = 1, **arguments: object) -> Result:
        me = self.holders.setdefault(name, Holder(name, self.key(key)))
        symbolic = isinstance(self.suite, SymbolicSuite)
        fresh = SymbolicEntropy(name, 1) if symbolic else self.fresh
        result = BY_OPERATION[operation].run(At(me, PLACE, self.stored, self.suite, fresh, self.profile), **arguments)
        assert isinstance(result, Step | Rejected)
        self.holders[name] = result.state or me
        for effect in result.effects:
            assert isinstance(effect, Put | Unlink) and effect.slot == PLACE
            self.stored = effect.record if isinstance(effect, Put) else None
        return result


def event(result: Result) -> object:
    assert isinstance(result, Step), result
    (seen,) = result.events
    return seen


def clause(result: Result) -> str:
    assert isinstance(result, Rejected), result
    assert result.state is None and not result.effects
    return result.clause


@both
@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_whoever_has_the_key_reads_what_another_wrote(suite: Suite, profile: Profile) -> None:
    """STASH-READ-1, STASH-WRITE-3, STASH-SEAL-1 to 4, STASH-RECORD-3."""
    place = Place(suite, profile)
    assert event(place.do("ben", "read")) == Nothing()
    for number in (1, 2):
        written = event(place.do("anna", "write", body=place.body(number)))
        assert isinstance(written, Written) and written.version == (number if profile.has(switch.VERSIONED) else 0)
        assert event(place.do("ben", "read")) == Found(written.version, place.body(number))


@both
def test_another_key_opens_nothing(suite: Suite) -> None:
    """STASH-READ-2, STASH-SEAL-2."""
    place = Place(suite)
    place.do("anna", "write", body=place.body(1))
    assert clause(place.do("carol", "read", key=2)) == "STASH-READ-2"


@both
def test_what_was_altered_does_not_open(suite: Suite) -> None:
    """STASH-SEAL-4: the kind and the version are sealed too."""
    place = Place(suite)
    place.do("anna", "write", body=place.body(1))
    assert place.stored is not None
    for altered in (
        replace(place.stored, kind=records.TOMBSTONE),
        replace(place.stored, version=2),
        replace(place.stored, fresh=place.fresh.draw("other")),
        Record(NONSENSE, 0, b"", b""),
    ):
        place.stored = altered
        assert clause(place.do("ben", "read")) == "STASH-READ-2"


@both
def test_an_older_version_is_refused_by_who_has_seen_a_newer_one_and_by_nobody_else(suite: Suite) -> None:
    """STASH-READ-3."""
    place = Place(suite)
    place.do("anna", "write", body=place.body(1))
    old = place.stored
    place.do("anna", "write", body=place.body(2))
    place.do("ben", "read")
    place.stored = old
    assert clause(place.do("ben", "read")) == clause(place.do("anna", "read")) == "STASH-READ-3"
    assert event(place.do("newcomer", "read")) == Found(1, place.body(1))
    assert event(place.do("ben", "write", body=place.body(3))) == Written(3), "what follows is newer than what was seen"


@both
def test_another_record_of_the_same_version_is_refused(suite: Suite) -> None:
    """STASH-READ-3, STASH-WRITE-6: each was left where the other was hidden."""
    place = Place(suite)
    place.do("ben", "write", body=place.body(1))
    bens, place.stored = place.stored, None
    place.do("anna", "write", body=place.body(2))
    assert event(place.do("anna", "read")) == Found(1, place.body(2))
    place.stored = bens
    assert clause(place.do("anna", "read")) == "STASH-READ-3"
    assert clause(place.do("anna", "write", body=place.body(2), expected=1)) == "STASH-WRITE-6"
    assert event(place.do("anna", "write", body=place.body(2))) == Written(2)


@both
def test_a_removal_leaves_a_version_and_anybody_elses_is_noticed(suite: Suite) -> None:
    """STASH-REMOVE-1, STASH-REMOVE-2, STASH-READ-1, STASH-READ-4."""
    place = Place(suite)
    assert clause(place.do("anna", "remove")) == "STASH-REMOVE-1"
    place.do("anna", "write", body=place.body(1))
    place.do("ben", "read")
    assert event(place.do("anna", "remove")) == Removed(2)
    assert event(place.do("ben", "read")) == Nothing(2)
    place.stored = None
    assert clause(place.do("ben", "read")) == "STASH-READ-4"
    assert event(place.do("newcomer", "read")) == Nothing()


@both
def test_a_purge_leaves_nothing_and_is_noticed_too(suite: Suite) -> None:
    """STASH-REMOVE-3."""
    place = Place(suite)
    place.do("anna", "write", body=place.body(1))
    place.do("ben", "read")
    assert event(place.do("anna", "remove", purge=True)) == Removed()
    assert place.stored is None
    assert event(place.do("anna", "read")) == Nothing()
    assert clause(place.do("ben", "read")) == "STASH-READ-4"


@both
@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_a_write_that_compares_nothing_goes_over_whatever_lies_there(suite: Suite, profile: Profile) -> None:
    """STASH-WRITE-7: and its holder reads it."""
    place = Place(suite, profile)
    lying: list[Record | None] = [None, Record(NONSENSE, 0, b"", b"")]
    for name, operation in (("ben", "write"), ("anna", "write"), ("anna", "remove")):
        place.do(name, operation, **({"body": place.body(1)} if operation == "write" else {}))
        lying.append(place.stored)
    place.do("other", "write", key=2, body=place.body(1))
    lying.append(place.stored)
    for there, name in product(lying, ("anna", "ben", "newcomer")):
        place.stored = there
        result = place.do(name, "write", body=place.body(2))
        assert isinstance(result, Step)
        version = place.stored.version if place.stored else 0
        assert result.events == (Written(version),)
        assert event(place.do(name, "read")) == Found(version, place.body(2))


@both
def test_compare_and_set(suite: Suite) -> None:
    """STASH-WRITE-4 to 6."""
    place = Place(suite)
    assert event(place.do("anna", "write", body=place.body(1), expected=0)) == Written(1)
    old = place.stored
    assert clause(place.do("ben", "write", body=place.body(2), expected=0)) == "STASH-WRITE-5"
    assert event(place.do("ben", "write", body=place.body(2), expected=1)) == Written(2)
    assert clause(place.do("anna", "write", body=place.body(3), expected=1)) == "STASH-WRITE-5"
    place.stored = old
    assert clause(place.do("ben", "write", body=place.body(3), expected=1)) == "STASH-WRITE-6"
    for weaker in (AS_WRITTEN, HARDENED.without(switch.VERSIONED), HARDENED.without(switch.AUTHENTICATED)):
        other = Place(suite, weaker)
        assert clause(other.do("anna", "write", body=other.body(1), expected=0)) == "STASH-WRITE-4"


def test_sizes_and_versions_end() -> None:
    """STASH-WRITE-1, STASH-WRITE-2."""
    place = Place(SUITES[0])
    assert event(place.do("anna", "write", body=bytes(LARGEST))) == Written(1)
    assert clause(place.do("anna", "write", body=bytes(LARGEST + 1))) == "STASH-WRITE-1"
    assert place.stored is not None
    place.holders["anna"] = replace(place.holders["anna"], newest=replace(place.stored, version=NEWEST))
    assert clause(place.do("anna", "write", body=b"")) == clause(place.do("anna", "remove")) == "STASH-WRITE-2"
    assert isinstance(place.do("anna", "remove", purge=True), Step)


@pytest.mark.parametrize("profile", PROFILES, ids=str)
def test_a_record_is_its_bytes(profile: Profile) -> None:
    """STASH-RECORD-1, STASH-RECORD-3."""
    place = Place(SUITES[0], profile)
    place.do("anna", "write", body=b"hello")
    assert place.stored is not None
    data = records.encode(profile, place.stored)
    assert records.decode(profile, data) == place.stored
    if profile == HARDENED:
        assert data == b"\1" + bytes(7) + b"\1" + place.stored.fresh + place.stored.sealed
    if profile == AS_WRITTEN:
        assert data == place.stored.sealed


@given(st.binary(max_size=100), st.sampled_from(PROFILES), st.sampled_from(sorted(BY_OPERATION)))
def test_any_bytes_may_lie_there(data: bytes, profile: Profile, operation: str) -> None:
    """STASH-RECORD-2."""
    place = Place(SUITES[0], profile)
    place.stored = records.decode(profile, data)
    arguments = {"body": b"mine"} if operation == "write" else {}
    result = place.do("anna", operation, **arguments)
    if operation == "read" and profile.has(switch.AUTHENTICATED):
        assert clause(result) == "STASH-READ-2"
    if operation == "write":
        assert isinstance(result, Step) or clause(result) == "STASH-WRITE-2"


def test_equal_values_are_equal_in_the_store_only_without_fresh_keys() -> None:
    """STASH-SEAL-1."""
    for profile, same in (
        (HARDENED, False),
        (HARDENED.without(switch.FRESH, switch.VERSIONED), True),
        (AS_WRITTEN, True),
    ):
        place = Place(SUITES[0], profile)
        place.do("anna", "write", body=b"equal")
        first = place.stored
        place.do("ben", "write", body=b"equal")
        assert first is not None and place.stored is not None
        assert (first.sealed == place.stored.sealed) is same


def test_transitions_stay_in_their_footprint() -> None:
    for row, suite in product(TABLE, SUITES):
        place = Place(suite)
        place.do("anna", "write", body=place.body(1))
        result = place.do("anna", row.operation, **({"body": place.body(2)} if row.operation == "write" else {}))
        reads, writes = row.footprint("anna", ("there",))
        assert PLACE in reads
        assert {effect.slot for effect in result.effects} <= set(writes)


def test_the_table_and_the_defences_name_clauses_and_areas_that_there_are() -> None:
    """STASH-PROFILE-1 to 3."""
    known = clauses()
    assert {area for row in TABLE for area in row.clauses} <= {one.area for one in known.values()}
    assert {name for one in DEFENCES for name in one.clauses} <= set(known)
    assert SWITCHES.profile_of("hardened -versions") == HARDENED.without(switch.VERSIONED)
    assert str(SWITCHES.profile_of("as-written +versions")) == "as-written +versions"
    with pytest.raises(ValueError, match="no defence tie-break"):
        SWITCHES.profile_of("hardened -tie-break")
