"""The stash's steps: of holders, and of the intruder."""

from __future__ import annotations

from typing import Final

from lockedroom.model.proofs.system import Builder, Guard, guard
from lockedroom.reference.stash import profile as switch

_NEWER: Final = "newest(h, S) -> S = {0} | below(r_version(S), r_version({0}))"


def _makes(kind: str) -> list[tuple[str, Guard]]:
    """How a record is made that is left."""
    return [
        guard("opens(h, r)", "STASH-SEAL-1", "STASH-KEY-7"),
        guard("~digested(r_cipher(r))", "STASH-KEY-6", "STASH-KEY-7", defence=switch.SEPARATE),
        guard("~used(c_fresh(r_cipher(r)))", "STASH-SEAL-1", defence=switch.FRESH),
        guard("below(zero, r_version(r))", "STASH-WRITE-3", defence=switch.VERSIONED, needed=False),
        guard(kind, "STASH-RECORD-1", needed=False),
    ]


def _above() -> list[tuple[str, Guard]]:
    """What its version is above."""
    return [
        guard(
            "lies(place(h), S) & opens(h, S) -> below(r_version(S), r_version(r))",
            "STASH-WRITE-3",
            defence=switch.VERSIONED,
        ),
        guard("newest(h, S) -> below(r_version(S), r_version(r))", "STASH-WRITE-3", defence=switch.VERSIONED),
    ]


COMPARING: Final = ("begin", "replace")
"""The writes that name a version."""
_SAW: Final = (
    "newest(h, S) := S = r",
    "informed(h) := true",
    "seen(h, r) := true",
    "then(h, S, r) := then(h, S, r) | seen(h, S)",
)
_LEFT: Final = (
    "lies(place(h), S) := S = r",
    "filled(place(h)) := true",
    "last(place(h), S) := S = r",
    "left(key_of(h), r) := true",
    "left_before(S, r) := left(c_key(r_cipher(S)), S)",
    "used(c_fresh(r_cipher(r))) := true",
    "wrote(key_of(h), r_body(r)) := true",
    "known_record(r) := true",
    "forked(key_of(h)) := forked(key_of(h)) | (exists S. left(key_of(h), S) & ~below(r_version(S), r_version(r)))",
    *_SAW,
)
_COMPARED: Final = ("named(r, v) := true", "had(r, S) := newest(h, S)")


def holders(b: Builder) -> None:
    """What holders do, each step atomic."""
    b.action(
        "read",
        {"h": "holder", "r": "record"},
        [
            guard("lies(place(h), r)", "STASH-READ-1"),
            guard("opens(h, r)", "STASH-READ-2", "STASH-SEAL-2"),
            guard(_NEWER.format("r"), "STASH-READ-3", defence=switch.VERSIONED),
        ],
        ["told(h, r) := true", "stale(h) := stale(h) | ~last(place(h), r)", *_SAW],
        "A holder reads a value, or that it was removed.",
        "STASH-READ-1",
        "STASH-READ-3",
    )
    b.action(
        "read_nothing",
        {"h": "holder"},
        [
            guard("~filled(place(h))", "STASH-READ-1"),
            guard("~informed(h)", "STASH-READ-4", defence=switch.TOMBSTONES),
        ],
        [
            "missed(h, S) := missed(h, S) | seen(h, S)",
            "stale(h) := stale(h) | (exists S. last(place(h), S))",
        ],
        "A holder is told that nothing is there.",
        "STASH-READ-1",
        "STASH-READ-4",
    )
    b.action(
        "write",
        {"h": "holder", "r": "record"},
        [*_makes("~is_tombstone(r)"), *_above()],
        _LEFT,
        "A holder writes a value over whatever lies there.",
        "STASH-WRITE-3",
    )
    b.action(
        "begin",
        {"h": "holder", "r": "record", "v": "version"},
        [
            guard("~filled(place(h))", "STASH-WRITE-5"),
            guard("v = zero", "STASH-WRITE-5", needed=False),
            guard("~informed(h)", "STASH-WRITE-6", defence=switch.VERSIONED),
            *_makes("~is_tombstone(r)"),
        ],
        [*_LEFT, *_COMPARED, "missed(h, S) := missed(h, S) | seen(h, S)"],
        "A holder writes a value where nothing is to lie, and nothing does.",
        "STASH-WRITE-5",
    )
    b.action(
        "replace",
        {"h": "holder", "s": "record", "r": "record", "v": "version"},
        [
            guard("lies(place(h), s)", "STASH-WRITE-5"),
            guard("opens(h, s) -> v = r_version(s)", "STASH-WRITE-5"),
            guard("~opens(h, s) -> v = zero", "STASH-WRITE-5"),
            guard(_NEWER.format("s"), "STASH-WRITE-6", defence=switch.VERSIONED),
            *_makes("~is_tombstone(r)"),
            *_above(),
        ],
        [*_LEFT, *_COMPARED, "over(r, s) := opens(h, s)"],
        "A holder writes a value over the version that it names.",
        "STASH-WRITE-5",
    )
    b.action(
        "remove",
        {"h": "holder", "r": "record"},
        [guard("filled(place(h))", "STASH-REMOVE-1", needed=False), *_makes("is_tombstone(r)"), *_above()],
        _LEFT,
        "A holder leaves a tombstone.",
        "STASH-REMOVE-2",
    )
    b.action(
        "purge",
        {"h": "holder"},
        [guard("filled(place(h))", "STASH-REMOVE-1", needed=False)],
        [
            "lies(place(h), S) := false",
            "filled(place(h)) := false",
            "last(place(h), S) := false",
            "newest(h, S) := false",
            "informed(h) := false",
            "seen(h, S) := false",
            "purged(key_of(h)) := true",
        ],
        "A holder leaves nothing, and forgets what it has seen.",
        "STASH-REMOVE-3",
    )


# ---- the intruder -----------------------------------------------------------------------------------


def intruder(b: Builder) -> None:
    """What the intruder does: with the store what it likes, with keys what it can."""
    k, r = {"k": "key"}, {"r": "record"}
    for name, parameters, guards, updates, about in (
        (
            "put",
            {"l": "locator", **r},
            [guard("known_record(r)")],
            ["lies(l, S) := S = r", "filled(l) := true", "disturbed(l) := true"],
            "It puts a record that is to be had wherever it likes: back, or under another locator.",
        ),
        (
            "drop",
            {"l": "locator"},
            [],
            ["lies(l, S) := false", "filled(l) := false", "disturbed(l) := true"],
            "It takes away what lies there.",
        ),
        (
            "seal",
            r,
            [
                guard("known_key(c_key(r_cipher(r)))", "STASH-SEAL-2", defence=switch.AUTHENTICATED),
                guard("known_body(r_body(r))"),
            ],
            ["known_record(r) := true"],
            "It makes any record under a key that it has.",
        ),
        (
            "alter",
            {"r": "record", "s": "record"},
            [
                guard("known_record(r)"),
                guard("r_cipher(s) = r_cipher(r) & r_body(s) = r_body(r)", "STASH-SEAL-2"),
                guard(
                    "r_version(s) = r_version(r) & (is_tombstone(s) <-> is_tombstone(r))",
                    "STASH-SEAL-4",
                    defence=switch.SEALED_VERSION,
                ),
            ],
            ["known_record(s) := true"],
            "It alters what the seal does not cover.",
        ),
        (
            "open",
            r,
            [guard("known_record(r)"), guard("known_key(c_key(r_cipher(r)))", "STASH-SEAL-2")],
            ["known_body(r_body(r)) := true"],
            "It opens a record under a key that it has.",
        ),
        (
            "guess",
            k,
            [
                guard("guessed(k_password(k))", needed=False),
                guard("known_salt(k_salt(k))", "STASH-KEY-5", defence=switch.SALTED),
            ],
            ["known_key(k) := true"],
            "It makes a key from a password that it comes upon.",
        ),
        (
            "make_key",
            k,
            [guard("~held(k)", "STASH-KEY-5")],
            ["known_key(k) := true", "known_salt(k_salt(k)) := true"],
            "It makes a key of its own.",
        ),
        (
            "disclose",
            k,
            [],
            ["known_key(k) := true", "known_salt(k_salt(k)) := true", "disclosed(k) := true"],
            "A holder gives the key file away, or is the intruder's.",
        ),
        (
            "make_body",
            {"b": "body"},
            [guard("~confided(b)")],
            ["known_body(b) := true"],
            "It makes a value of its own.",
        ),
    ):
        b.action(name, parameters, guards, updates, about, intruder=True)
