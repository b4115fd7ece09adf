"""What the stash's proofs speak of and what they do not: each transition of the engine and each defence with its place
in the abstract system; and runs in which every action of it happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockedroom.model.proofs.scope import Loss, Place
from lockedroom.model.proofs.vacuity import Witness
from lockedroom.reference.stash import profile as switch

TRANSITIONS: Final[Mapping[str, Place]] = {
    "read": ("read", "read_nothing"),
    "write": ("write", "begin", "replace"),
    "remove": ("remove", "purge"),
}

DEFENCES: Final[Mapping[str, Loss]] = {
    switch.SALTED: "guess keeps keys are in key files",
    switch.SEPARATE: "write keeps no key that seals is digested",
    switch.AUTHENTICATED: "seal keeps records that open are left by holders",
    switch.FRESH: "write keeps no key seals twice",
    switch.VERSIONED: "read keeps what is seen later is newer",
    switch.SEALED_VERSION: "alter keeps records that open are left by holders",
    switch.TOMBSTONES: "read_nothing keeps nothing is missed",
}
"""For each defence an obligation that fails without it."""

OUTSIDE: Final = (
    "progress: no action has to happen; that a holder can always write, and finds what it wrote: the explorer",
    "availability: whoever may write to the store can remove a value, or fill its place",
    "that a version is one more than the last, and that versions end: here it is any later one, and a refusal is free",
    "how long a guess takes: a password is come upon or it is not",
    "crashes inside a step, and that a store gives what lies there whole: the crash tests and the real stores",
    "the engine itself: that its steps are steps of this system is checked within bounds: `lockedroom refine`",
)
"""What no obligation speaks of."""

WITNESSES: Final[tuple[Witness, ...]] = (
    Witness(
        "two holders of a key read, compare and write, and one is told that the value was removed",
        ("read_nothing", "begin", "read", "replace", "read", "write", "remove", "read"),
        ("h_1 = h_3", "h_2 ~= h_3", "key_of(h_2) = key_of(h_3)", "h_4 = h_3", "is_tombstone(r_8)", "h_8 = h_2"),
    ),
    Witness(
        "whoever purges forgets what it has seen, and versions begin anew",
        ("write", "read", "purge", "write", "put"),
        ("h_1 ~= h_2", "h_3 = h_2", "h_4 = h_2", "forked(key_of(h_1))", "r_5 = r_1"),
    ),
    Witness(
        "an insider learns what was confided, and forges",
        ("write", "disclose", "open", "seal", "put", "read", "drop"),
        ("confided(r_body(r_3))", "known_body(r_body(r_1))", "r_6 = r_4", "~left(key_of(h_6), r_6)", "l_7 = l_5"),
    ),
    Witness(
        "the intruder has what is its own, guesses, and alters nothing that is sealed",
        ("make_key", "make_body", "seal", "alter", "put", "guess", "read_nothing"),
        ("k_6 = k_1", "place(h_7) ~= l_5"),
    ),
)
"""Together they take every action."""
