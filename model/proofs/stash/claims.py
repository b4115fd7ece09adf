"""What is claimed of the stash: the invariants of the induction, and what is promised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockedroom.model.proofs.system import Builder

_LATER: Final = "R = S | below(r_version(R), r_version(S))"
_BOTH: Final = "under(K, R) & under(K, S)"
_AT: Final = "place(H) = L & key_of(H) = K & ~disturbed(L) & ~purged(K)"


_INVARIANTS: Final[Mapping[str, str]] = {
    "one record lies at a place": "lies(L, R) & lies(L, S) -> R = S",
    "where a record lies, something does": "lies(L, R) -> filled(L)",
    "where something lies, a record does": "filled(L) -> exists R. lies(L, R)",
    "what lies there is to be had": "lies(L, R) -> known_record(R)",
    "one record is the newest": "newest(H, R) & newest(H, S) -> R = S",
    "whoever is informed has seen a newest": "informed(H) -> exists R. newest(H, R)",
    "whoever has seen something is informed": "seen(H, R) -> informed(H)",
    "nothing that was seen is newer than the newest": f"seen(H, R) & newest(H, S) -> {_LATER}",
    "what is seen later is newer": f"then(H, R, S) -> {_LATER}",
    "records are of their holders' key": "left(K, R) -> under(K, R)",
    "fresh bytes are drawn once": "left(K, R) -> used(c_fresh(r_cipher(R)))",
    "no key seals twice": "left(K, R) & left(M, S) & r_cipher(R) = r_cipher(S) -> R = S",
    "no key that seals is digested": "left(K, R) -> ~digested(r_cipher(R))",
    "records that open are left by holders": "known_record(R) & under(K, R)"
    " -> left(K, R) | known_key(K) & known_body(r_body(R))",
    "salts are in key files": "known_salt(k_salt(K)) & held(K) -> disclosed(K)",
    "keys are in key files": "known_key(K) & held(K) -> disclosed(K)",
    "what is left was written": "left(K, R) -> wrote(K, r_body(R)) & held(K)",
    "keys that are written under are held": "wrote(K, B) -> held(K)",
    "confided values are known where a key is": "known_body(B) & confided(B) -> exists K. wrote(K, B) & known_key(K)",
    "what is told was left": "told(H, R) -> left(key_of(H), R) | disclosed(key_of(H))",
    "what is told opens": "told(H, R) -> opens(H, R)",
    "nothing is missed": "~missed(H, R)",
    "versions tell the order": f"left_before(R, S) & {_BOTH} & ~forked(K) -> below(r_version(R), r_version(S))",
    "undisturbed, what lies there was left last": "lies(L, R) & ~disturbed(L) -> last(L, R)",
    "undisturbed, what was left last lies there": "last(L, R) & ~disturbed(L) -> lies(L, R)",
    "what was left last was left": "last(place(H), R) -> left(key_of(H), R)",
    "undisturbed, the newest lies there": f"{_AT} & left(K, R) & lies(L, S) -> {_LATER}",
    "undisturbed, something lies there": f"{_AT} & left(K, R) -> filled(L)",
    "undisturbed, versions have one history": f"{_AT} -> ~forked(K)",
    "undisturbed, nobody is told what is stale": "stale(H) -> disturbed(place(H))",
    "what is compared is left": "named(R, V) & under(K, R) -> left(K, R)",
    "what is compared with was seen": "named(R, V) & had(R, S) & r_version(S) = V & V ~= zero -> over(R, S)",
    "undisturbed, nothing newer is replaced": f"named(R, V) & left_before(S, R) & {_BOTH} & {_AT}"
    " -> ~below(V, r_version(S))",
}


def invariants(b: Builder) -> None:
    """What every step keeps."""
    for name, text in _INVARIANTS.items():
        b.invariant(name, text, "")


def promises(b: Builder) -> None:
    """What is promised, with the clauses that promise it."""
    b.promise(
        "authenticity",
        "told(H, R) -> opens(H, R) & (left(key_of(H), R) | disclosed(key_of(H)))",
        "What a holder reads opens under its key, and a holder of that key left it at its locator, unless somebody gave"
        " the key away.",
        "STASH-READ-2",
        "STASH-SEAL-2",
        "STASH-SEAL-4",
        "STASH-RECORD-2",
    )
    b.promise(
        "secrecy",
        "known_body(B) & confided(B) -> exists K. wrote(K, B) & disclosed(K)",
        "The intruder learns no value that holders confide, unless the key that one wrote it under was given away.",
        "STASH-KEY-5",
        "STASH-SEAL-2",
    )
    b.promise(
        "no way back",
        "then(H, R, S) & R ~= S -> below(r_version(R), r_version(S))",
        "What a holder reads or writes, when it has seen something, is that, or of a later version: also where others"
        " have the key and misuse it.",
        "STASH-READ-3",
        "STASH-SEAL-3",
        "STASH-WRITE-3",
    )
    b.promise(
        "no way back in a history",
        f"then(H, R, S) & left_before(S, R) & {_BOTH} -> forked(K)",
        "Nor was it left earlier, as long as versions have one history.",
        "STASH-READ-3",
        "STASH-WRITE-3",
    )
    b.promise(
        "a fork needs something hidden",
        "forked(key_of(H)) -> disturbed(place(H)) | purged(key_of(H))",
        "Versions have one history where the intruder changes nothing and no holder purges.",
        "STASH-WRITE-3",
    )
    b.promise(
        "removals are noticed",
        "~missed(H, R)",
        "Nobody who has seen something, and has purged nothing since, is told that nothing is there but by a tombstone,"
        " which is read as a value is.",
        "STASH-READ-4",
        "STASH-REMOVE-2",
        "STASH-WRITE-6",
    )
    b.promise(
        "equal values look different",
        "left(K, R) & left(M, S) & R ~= S -> r_cipher(R) ~= r_cipher(S)",
        "No two records are sealed under one key.",
        "STASH-SEAL-1",
    )
    b.promise(
        "one key, one use",
        "left(K, R) -> ~digested(r_cipher(R))",
        "What seals is not digested for a locator.",
        "STASH-KEY-6",
        "STASH-KEY-7",
    )
    b.promise(
        "a read is current",
        "stale(H) -> disturbed(place(H))",
        "Where the intruder changes nothing, what is told is what was left last.",
        "STASH-STORE-1",
        "STASH-READ-1",
    )
    b.promise(
        "compare and set",
        "named(R, V) & had(R, S) & r_version(S) = V & V ~= zero -> over(R, S)",
        "Whoever names the version of what it has seen replaces that very record, and no other, whoever meddles.",
        "STASH-WRITE-5",
        "STASH-WRITE-6",
    )
    b.promise(
        "nothing unseen is replaced",
        "named(R, V) & left_before(S, R) & opens(H, R) & opens(H, S)"
        " & ~disturbed(place(H)) & ~purged(key_of(H)) -> ~below(V, r_version(S))",
        "Where the intruder changes nothing and no holder purges, nothing later than the version that is named had been"
        " left when it was replaced.",
        "STASH-WRITE-5",
        "STASH-STORE-3",
    )
