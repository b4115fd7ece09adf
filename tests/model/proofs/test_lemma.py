"""The lemma that lets records be typed shapes: what is signed, sealed and derived from is tagged, injective and of
fixed depth, and covers in each profile just the fields that the intruder of the proofs cannot alter.

That encodings come back is tested where they are (`tests/reference`); here, that the shapes are those of the code.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

import pytest

from lockedroom.model.proofs.segment.whole import segment
from lockedroom.model.proofs.segment.world import fields
from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Field
from lockedroom.reference.crypto.transcript import encode
from lockedroom.reference.segment import records, sessions
from lockedroom.reference.segment.profile import DEFENCES, HARDENED, Profile
from lockedroom.reference.segment.records import LAYOUTS, Announcement, Epoch, Exchange, Message, Post

ONE, TWO = b"1" * 32, b"2" * 32
ANNOUNCEMENT = Announcement("alice", ONE, ONE, 1, ONE, b"")
EXCHANGE = Exchange("alice", "bob", ONE, ONE, ONE, b"1" * 40, 1, ONE, b"")
POST = Post("alice", "bob", ONE, ONE, Epoch(0, "alice"), 1, b"")
MESSAGE = Message("alice", "bob", ONE, ONE, Epoch(1, "alice"), 1, 1, 1, b"")


def announced(profile: Profile, **changes: object) -> Transcript:
    """What an announcement's signature covers."""
    room = cast(bytes, changes.pop("segment", ONE))
    return records.announcement_transcript(room, replace(ANNOUNCEMENT, **changes), profile)


def exchanged(profile: Profile, **changes: object) -> Transcript:
    """What an exchange's signature covers."""
    room, key = cast(bytes, changes.pop("segment", ONE)), cast(bytes, changes.pop("ephemeral", ONE))
    return records.exchange_transcript(room, replace(EXCHANGE, **changes), key, profile)


def sealed(profile: Profile, **changes: object) -> Transcript:
    """What is authenticated with a sealed record."""
    room = cast(bytes, changes.pop("segment", ONE))
    return records.message_transcript(room, replace(MESSAGE, **changes), profile)


def posted(profile: Profile, **changes: object) -> Transcript:
    """What is authenticated with a post."""
    room = cast(bytes, changes.pop("segment", ONE))
    return records.post_transcript(room, replace(POST, **changes), profile)


def wrapped(profile: Profile, **changes: object) -> Transcript:
    """What a key-encryption key depends on."""
    given = {"segment": ONE, "maker": "alice", "taker": "bob", "made": ONE, "taken": ONE, "ephemeral": ONE, **changes}
    return sessions.kek_context(**given, profile=profile)


def derived(profile: Profile, **changes: object) -> Transcript:
    """What the keys of an epoch depend on."""
    given = {
        "segment": ONE, "me": "alice", "mine": ONE, "peer": "bob", "theirs": ONE, "epoch": Epoch(1, "alice"), **changes,
    }  # fmt: skip
    return sessions.keys_context(**given, profile=profile)


Change = Mapping[str, object]
SHAPES: Mapping[str, tuple[Callable[..., Transcript], Mapping[str, Change]]] = {
    "alter_announcement": (
        announced,
        {
            "a_segment": {"segment": TWO},
            "a_name": {"name": "carol"},
            "a_incarnation": {"incarnation": TWO},
            "a_ephemeral": {"ephemeral": TWO},
            "a_head": {"serial": 2, "head": TWO},
        },
    ),
    "alter_exchange": (
        exchanged,
        {
            "x_segment": {"segment": TWO},
            "x_sender": {"sender": "carol"},
            "x_recipient": {"recipient": "carol"},
            "x_from": {"sender_incarnation": TWO},
            "x_to": {"recipient_incarnation": TWO},
            "x_ephemeral": {"ephemeral": TWO},
            "x_capsule": {"ciphertext": TWO, "wrapped": b"2" * 40},
            "x_head": {"serial": 2, "head": TWO},
        },
    ),
    "alter_capsule": (
        wrapped,
        {
            "c_segment": {"segment": TWO},
            "c_maker": {"maker": "carol"},
            "c_taker": {"taker": "carol"},
            "c_from": {"made": TWO},
            "c_to": {"taken": TWO},
            "c_ephemeral": {"ephemeral": TWO},
        },
    ),
    "alter_post": (
        posted,
        {
            "p_segment": {"segment": TWO},
            "p_sender": {"sender": "carol"},
            "p_recipient": {"recipient": "carol"},
            "p_from": {"sender_incarnation": TWO},
            "p_to": {"recipient_incarnation": TWO},
            "p_proposer": {"epoch": Epoch(0, "bob")},
            "p_count": {"number": 2},
        },
    ),
    "alter_message": (
        sealed,
        {
            "g_segment": {"segment": TWO},
            "g_sender": {"sender": "carol"},
            "g_recipient": {"recipient": "carol"},
            "g_from": {"sender_incarnation": TWO},
            "g_to": {"recipient_incarnation": TWO},
            "g_number": {"epoch": Epoch(2, "alice")},
            "g_proposer": {"epoch": Epoch(1, "bob")},
            "g_count": {"sequence": 2},
            "g_rotation": {"rotation": 2},
            "is_rotation": {"flags": 0},
            "is_acknowledgement": {"flags": 2},
        },
    ),
}
"""For each shape that the intruder alters: the transcript that covers it, and how to change each field in it."""

APART = {"g_count", "p_count"}
"""What more than one thing covers: a sequence number is the nonce too, and so covered whatever the profile."""

CONTEXT: Mapping[str, Change] = {
    "segment": {"segment": TWO},
    "number": {"epoch": Epoch(2, "alice")},
    "proposer": {"me": "ada", "epoch": Epoch(1, "ada")},
    "first": {"mine": TWO},
    "other": {"peer": "carol"},
    "second": {"theirs": TWO},
}
"""How to change each field of a key's context."""


def uncovered(make: Callable[..., Transcript], changes: Mapping[str, Change], profile: Profile) -> set[str]:
    """The fields that can be changed without the transcript changing."""
    before = encode(make(profile))
    return {field for field, change in changes.items() if encode(make(profile, **change)) == before}


def dropped(action: str, defence: str) -> set[str]:
    """The fields that the intruder may choose in the proofs once a defence is off."""
    guards = (guard for guard in segment().action(action).guards if guard.defence == defence)
    # A capsule's own fields are those of `alter_capsule`, wherever it is carried.
    named = re.compile(r"\b([abcgkpx]_[a-z]+|is_[a-z]+)\((?!x_capsule)")
    return {field for guard in guards for field in named.findall(guard.text)} - {"g_cipher", "p_board", "x_capsule"}


@pytest.mark.parametrize("defence", [defence.name for defence in DEFENCES])
@pytest.mark.parametrize("action", SHAPES)
def test_what_a_profile_does_not_cover_is_what_the_intruder_may_alter(action: str, defence: str) -> None:
    make, changes = SHAPES[action]
    expected = {field for field in dropped(action, defence) if field[0] not in "kb"}
    assert uncovered(make, changes, HARDENED) == set()
    assert uncovered(make, changes, HARDENED.without(defence)) - APART == expected


@pytest.mark.parametrize("defence", [defence.name for defence in DEFENCES])
def test_what_keys_do_not_depend_on_is_what_the_intruder_may_alter(defence: str) -> None:
    assert uncovered(derived, CONTEXT, HARDENED) == set()
    free = uncovered(derived, CONTEXT, HARDENED.without(defence))
    for prefix, action in (("k", "alter_message"), ("b", "alter_post")):
        expected = {field for field in dropped(action, defence) if field.startswith(prefix)}
        # A post's key is that of an epoch 0: its number is no field of the shape.
        assert {f"{prefix}_{field}" for field in free} & set(fields(prefix)) == expected


def test_every_field_of_a_shape_is_one_of_the_code() -> None:
    for prefix, action in (("a", "alter_announcement"), ("x", "alter_exchange")):
        assert set(SHAPES[action][1]) == set(fields(prefix))
    assert set(SHAPES["alter_capsule"][1]) == set(fields("c")) - {"c_opens", "c_master"}
    sealed_fields = {field for field in SHAPES["alter_message"][1] if field.startswith("g_")}
    assert sealed_fields == set(fields("g")) - {"g_cipher", "g_body", "g_master"}
    assert {f"k_{field}" for field in CONTEXT} == set(fields("k")) - {"k_master"}
    assert {f"b_{field}" for field in CONTEXT} - {"b_number"} == set(fields("b")) - {"b_master"}
    assert set(SHAPES["alter_post"][1]) == set(fields("p")) - {"p_board", "p_body"}


def test_every_field_of_a_record_is_in_its_shape() -> None:
    for record, action in (
        (Announcement, "alter_announcement"),
        (Exchange, "alter_exchange"),
        (Message, "alter_message"),
        (Post, "alter_post"),
    ):
        changed = {name for change in SHAPES[action][1].values() for name in change}
        assert {field.name for field in LAYOUTS[record][1]} - {"signature", "sealed"} == changed - {
            "segment",
            *(("ephemeral",) if record is Exchange else ()),
        }


def test_encodings_are_tagged_and_of_fixed_depth() -> None:
    assert len({kind for kind, _ in LAYOUTS.values()}) == len(LAYOUTS)
    made = [make(HARDENED) for make in (announced, exchanged, sealed, posted, wrapped, derived)]
    made += [records.root_transcript(ONE)]
    assert len({transcript.tag for transcript in made}) == len(made)

    def depth(field: Field) -> int:
        return 1 + max((depth(inner) for inner in field), default=0) if isinstance(field, tuple) else 0

    assert max(depth(transcript.fields) for transcript in made) == 1
