"""The stash's system: holders of any keys, who read, write, compare and remove, and an intruder who owns the store.

A record is a value of a sort of its own, with a function for each of its fields, as the segment's shapes are. A holder
is a process that knows a key: what it has seen is its own. What only an observer knows (what was left before what, who
was told what) is in the state too, and no guard of a holder's asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from lockedroom.model.proofs.stash import claims, steps
from lockedroom.model.proofs.system import Builder, System
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash import profile as switch
from lockedroom.reference.stash.profile import HARDENED

SORTS: Final[Mapping[str, str]] = {
    "password": "passwords that keys are made from",
    "salt": "salts of key files; a key that was made otherwise has one that nobody draws",
    "key": "what key files hold",
    "fresh": "fresh bytes of records",
    "cipher": "what bodies are sealed under: derived from a key and fresh bytes",
    "version": "versions, in their order",
    "body": "values",
    "record": "records; what else can lie in a store counts as one that is sealed under another key",
    "locator": "places of the store",
    "holder": "processes, each with a key and with what it has seen",
}


def stash(profile: Profile = HARDENED) -> System:
    """The system of a profile: without the guards that are part of a defence which is off, and without writes that
    compare where nothing says its version."""
    b = Builder("stash", SORTS)
    _declare(b)
    _state(b)
    for part in (steps.holders, steps.intruder, claims.invariants, claims.promises):
        part(b)
    off = HARDENED.defences - profile.defences
    if switch.AUTHENTICATED in off:  # what seals nothing has no header that covers a version
        off |= {switch.SEALED_VERSION}
    system = b.build().without_defences(*sorted(off))
    if {switch.VERSIONED, switch.AUTHENTICATED} & off:  # STASH-WRITE-4
        system = replace(system, actions=tuple(one for one in system.actions if one.name not in steps.COMPARING))
    return system


def _declare(b: Builder) -> None:
    b.function("zero: version", "what nothing, and what does not open, counts as")
    for signature, about in {
        "k_password(key): password": "what it was made from",
        "k_salt(key): salt": "with which salt",
        "c_key(cipher): key": "what it is derived from",
        "c_fresh(cipher): fresh": "and from which fresh bytes",
        "r_cipher(record): cipher": "what its body is sealed under",
        "r_version(record): version": "its version",
        "r_body(record): body": "its body",
        "key_of(holder): key": "the key that it knows",
        "place(holder): locator": "the locator of its key",
    }.items():
        b.function(signature, about)
    b.relation("below(version, version)", "the first is less", fixed=True)
    b.relation("is_tombstone(record)", "its kind says that the value was removed", fixed=True)
    b.relation("digested(cipher)", "it is what a locator is the digest of", fixed=True)
    b.relation("guessed(password)", "the intruder comes upon it", fixed=True)
    b.relation("held(key)", "holders have it", fixed=True)
    b.relation("confided(body)", "holders tell it to nobody but by writing it", fixed=True)
    b.define("under", {"K": "key", "R": "record"}, "c_key(r_cipher(R)) = K", "the record is sealed under the key")
    b.define("opens", {"H": "holder", "R": "record"}, "under(key_of(H), R)", "it opens under the holder's key")
    b.axiom("below is irreflexive", "~below(V, V)", "")
    b.axiom("below is transitive", "below(V, W) & below(W, U) -> below(V, U)", "")
    b.axiom("below is total", "below(V, W) | below(W, V) | V = W", "")
    b.axiom("zero is the least", "~below(V, zero)", "")
    for shape, fields, further in (
        ("cipher", ("c_key", "c_fresh"), ""),
        ("record", ("r_cipher", "r_version", "r_body"), " & (is_tombstone(X) <-> is_tombstone(Y))"),
    ):
        alike = " & ".join(f"{field}(X) = {field}(Y)" for field in fields) + further
        b.axiom(f"the same fields are the same {shape}", f"{alike} -> X = Y", "encodings are injective")
    b.axiom(
        "a locator is of one key",
        "place(G) = place(H) <-> key_of(G) = key_of(H)",
        "the key alone decides it, and digests do not collide (STASH-KEY-6)",
    )
    b.axiom("keys of holders are held", "held(key_of(H))", "")
    b.axiom("salts are fresh", "k_salt(K) = k_salt(L) -> K = L", "each is 32 fresh bytes (STASH-KEY-5)")


def _state(b: Builder) -> None:
    for signature, about in {
        "lies(locator, record)": "the record lies there",
        "filled(locator)": "something lies there",
        "newest(holder, record)": "the newest that it has seen",
        "informed(holder)": "it has seen something",
        "known_record(record)": "the record is to be had",
        "known_body(body)": "the intruder has the value",
        "known_key(key)": "the intruder has the key",
        "known_salt(salt)": "the intruder has the salt",
        "disclosed(key)": "somebody gave the key file away",
        "left(key, record)": "a holder of the key left the record at its locator",
        "left_before(record, record)": "the first was left before the second",
        "last(locator, record)": "what holders left there last, unless they purged it",
        "used(fresh)": "a holder has drawn it",
        "wrote(key, body)": "a holder of the key wrote the value",
        "seen(holder, record)": "it has read or written the record, and purged nothing since",
        "then(holder, record, record)": "it read or wrote the second when it had seen the first",
        "told(holder, record)": "it was told what the record says",
        "missed(holder, record)": "it was told that nothing lies there when it had seen the record",
        "stale(holder)": "it was told something else than what was left last",
        "forked(key)": "a record was left whose version is not above those of all before",
        "purged(key)": "a holder of the key purged its locator",
        "disturbed(locator)": "the intruder changed what lies there",
        "named(record, version)": "the record was left by comparing: that version was to lie there",
        "over(record, record)": "the first was left by comparing, in place of the second, which opened",
        "had(record, record)": "who left the first by comparing had seen the second as the newest",
    }.items():
        b.relation(signature, about)
    b.initially("nothing lies there", "~lies(L, R) & ~filled(L) & ~last(L, R) & ~disturbed(L)", "")
    b.initially("nothing is seen", "~newest(H, R) & ~informed(H) & ~seen(H, R) & ~then(H, R, S)", "")
    b.initially("nothing is told", "~told(H, R) & ~missed(H, R) & ~stale(H)", "")
    b.initially("nothing is left", "~left(K, R) & ~left_before(R, S) & ~used(F) & ~wrote(K, B)", "")
    b.initially("nothing is compared", "~named(R, V) & ~over(R, S) & ~had(R, S)", "")
    b.initially("nothing is known", "~known_record(R) & ~known_key(K) & ~known_salt(T) & ~disclosed(K)", "")
    b.initially("nothing is purged", "~forked(K) & ~purged(K)", "")
    b.initially("what is confided is not known", "known_body(B) -> ~confided(B)", "")
