"""Profiles on real shared memory: a room speaks one, and a member accepts the one that it was told."""

import os

import pytest

import lockedroom
from lockedroom import Refused
from lockedroom.backend.process import this_process
from lockedroom.backend.segment.engine import Engine
from lockedroom.reference.machine import Step
from lockedroom.reference.segment.events import Created
from lockedroom.reference.segment.records import Header
from lockedroom.reference.segment.state import Member
from tests.backend.segment.people import SMALL, heard, person, share

AS_WRITTEN = "as-written"


def segment_of(room: lockedroom.Room) -> object:
    memory = room.engine.attach()
    assert memory is not None
    header = memory.header()
    assert isinstance(header, Header)
    return header.segment


@pytest.mark.parametrize("suite", ["LR0", "LR1"])
def test_members_talk_in_the_profile_that_they_were_told(room: str, suite: str) -> None:
    """SEG-PROFILE-2."""
    alice, bob = person("alice"), person("bob")
    with lockedroom.create(room, alice, capacity=SMALL, suite=suite, profile=AS_WRITTEN) as alices:
        alices.grant(bob)
        bobs = lockedroom.attach(room, bob, creator=alice.public, profile=AS_WRITTEN)
        with bobs, alices.join() as one, bobs.join() as other:
            share(one, other)
            one.send("bob", b"hello")
            assert heard(other).body == b"hello"
            other.rotate("alice")
            other.publish(b"here")
            assert [post.body for post in one.read()] == [b"here"]
        alices.destroy()


@pytest.mark.parametrize(("made", "told"), [("hardened", AS_WRITTEN), (AS_WRITTEN, "hardened")])
def test_no_other_profile_is_spoken_whatever_the_header_says(room: str, made: str, told: str) -> None:
    """SEG-PROFILE-1."""
    alice, bob = person("alice"), person("bob")
    with lockedroom.create(room, alice, capacity=SMALL, suite="LR0", profile=made) as alices:
        alices.grant(bob)
        with pytest.raises(Refused) as refused:
            lockedroom.attach(room, bob, creator=alice.public, profile=told)
        assert refused.value.clause == "SEG-HEADER-5"
        with Engine(room, alices.engine.me, "LR0", profile=told) as strange:
            for operation in ("join", "destroy"):
                assert strange.perform(operation).clause == "SEG-HEADER-5"
        alices.destroy()


def test_a_member_is_told_hardened_unless_it_is_told_otherwise(room: str) -> None:
    with lockedroom.create(room, person("alice"), capacity=SMALL, suite="LR0") as alices:
        lockedroom.attach(room, person("alice"), creator=person("alice"), profile="hardened").close()
        alices.destroy()


@pytest.mark.parametrize("profile", ["softened", "hardened -tie-break", ""])
def test_what_is_no_profile_of_a_room_is_refused(room: str, profile: str) -> None:
    """SEG-PROFILE-4."""
    with pytest.raises(ValueError, match="no such profile"):
        lockedroom.create(room, person("alice"), profile=profile)
    assert room not in lockedroom.rooms()


def test_two_segments_that_one_process_creates_have_one_id_as_written_and_two_hardened(room: str) -> None:
    ids: dict[str, list[object]] = {}
    for profile in (AS_WRITTEN, "hardened"):
        for number in range(2):
            with lockedroom.create(
                f"{room}-{number}", person("alice"), capacity=SMALL, suite="LR0", profile=profile
            ) as made:
                ids.setdefault(profile, []).append(segment_of(made))
                made.destroy()
    assert len(set(ids[AS_WRITTEN])) == 1 and len(set(ids["hardened"])) == 2


def test_a_pid_that_comes_again_gives_the_id_again_as_written_alone(room: str) -> None:
    """The seam for process identity: what a dead process has created, and one that got its pid later."""
    ids: dict[str, list[object]] = {}
    for profile in (AS_WRITTEN, "hardened"):
        for number, stand_in in enumerate([(4242, 1, "boot"), (4242, 99, "boot"), (4243, 1, "boot")]):
            me = Member("alice", person("alice").signing, person("alice").public.key)
            with Engine(f"{room}-{number}", me, "LR0", profile=profile, stand_in=stand_in) as alice:
                made = alice.perform("create", capacity=SMALL, profile=profile, origin=alice.origin)
                assert isinstance(made, Step)
                (created,) = made.events
                assert isinstance(created, Created)
                ids.setdefault(profile, []).append(created.segment)
                alice.give_up()
    first, again, other = ids[AS_WRITTEN]
    assert first == again != other and len(set(ids["hardened"])) == 3


def test_without_a_stand_in_the_kernel_says_who_creates(room: str) -> None:
    with lockedroom.create(room, person("alice"), capacity=SMALL, suite="LR0") as made:
        assert made.engine.origin == this_process().origin and made.engine.origin[0] == os.getpid()
        made.destroy()
