"""Runs the known-answer vectors on the built-in implementation, and makes cases of them: one for each group.

The adapter protocol asks for operations of a protocol, not of a suite: another implementation runs the files itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Final, TypeAlias, cast

from lockedroom.conformance.report_cases import Candidate
from lockedroom.conformance.vectors import Group, files, read_vectors, transcript_of
from lockedroom.reference.crypto import primitives
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.suite import Encapsulated
from lockedroom.reference.crypto.transcript import encode
from lockedroom.reference.segment.codec import decode
from lockedroom.reference.segment.codec import encode as encode_record
from lockedroom.reference.segment.records import LAYOUTS, Capacity, Epoch, Malformed, Record

Test: TypeAlias = "Mapping[str, object]"


def groups() -> dict[str, Group]:
    """Every group of the committed files, by the id of its case. Raises MalformedVectors."""
    found: dict[str, Group] = {}
    for path in files():
        for group in read_vectors(path).testGroups:
            found[f"vectors/{path.stem}/{group.type.lower()}"] = group
    return found


def candidate(case: str, group: Group) -> Candidate:
    """A group as a case: a step for each test."""
    flags = sorted({flag for test in group.tests for flag in cast("list[str]", test["flags"])})
    title = f"{len(group.tests)} known answers: {group.type}, {case.split('/')[1]}"
    return Candidate(
        case, "vectors", title, "+".join(group.suites), tuple(flags), (frozenset(group.clauses),) * len(group.tests)
    )


def wrong(group: Group) -> list[str]:
    """What is wrong, for each test that does not give what it must, under each suite of the group."""
    found: list[str] = []
    for test in group.tests:
        for name in group.suites:
            try:
                agrees = _RUN[group.type](RealSuite(name), test) == (test["result"] == "valid")
            except Exception as error:  # noqa: BLE001 (whatever it raises is a wrong answer, and the next test still runs)
                found.append(f"tcId {test['tcId']} under {name}: {type(error).__name__}: {error}")
                continue
            if not agrees:
                found.append(f"tcId {test['tcId']} under {name}: it is {test['result']} ({test['comment']})")
    return found


def _bits(test: Test, name: str) -> bytes:
    return bytes.fromhex(cast(str, test[name]))


def _must(encoded: bool) -> None:
    """What holds in an invalid test too: the transcript is encoded as it says."""
    if not encoded:
        raise ValueError("the transcript has another encoding")


def _transcript(suite: RealSuite, test: Test) -> bool:
    return encode(transcript_of(test["transcript"])) == _bits(test, "encoding")


def _digest(suite: RealSuite, test: Test) -> bool:
    transcript = transcript_of(test["transcript"])
    return (encode(transcript), suite.digest(transcript)) == (_bits(test, "message"), _bits(test, "digest"))


def _derive(suite: RealSuite, test: Test) -> bool:
    made = suite.derive(_bits(test, "secret"), cast(str, test["label"]), transcript_of(test["context"]))
    return made == primitives.hkdf(_bits(test, "secret"), _bits(test, "info")) == _bits(test, "key")


def _sign(suite: RealSuite, test: Test) -> bool:
    private, transcript = _bits(test, "private"), transcript_of(test["transcript"])
    same = suite.signing_public(private) == _bits(test, "public")
    return same and suite.sign(private, transcript) == _bits(test, "sig") and _verify(suite, test)


def _verify(suite: RealSuite, test: Test) -> bool:
    transcript = transcript_of(test["transcript"])
    _must(encode(transcript) == _bits(test, "message"))
    return suite.verify(_bits(test, "public"), transcript, _bits(test, "sig"))


def _wrap(suite: RealSuite, test: Test) -> bool:
    key, secret, wrapped = (_bits(test, name) for name in ("key", "msg", "ct"))
    return suite.unwrap(key, wrapped) == secret and suite.wrap(key, secret) == wrapped


def _seal(suite: RealSuite, test: Test) -> bool:
    key, iv, body, sealed = (_bits(test, name) for name in ("key", "iv", "msg", "ct"))
    header, nonce = transcript_of(test["header"]), (int.from_bytes(iv[:4], "big"), int.from_bytes(iv[4:], "big"))
    _must(encode(header) == _bits(test, "aad"))
    return suite.open(key, nonce, header, sealed) == body and suite.seal(key, nonce, header, body) == sealed


def _key_pair(suite: RealSuite, test: Test) -> bool:
    return suite.kem_keypair(_bits(test, "private")).public == _bits(test, "public")


def _encapsulate(suite: RealSuite, test: Test) -> bool:
    made = suite.encapsulate(_bits(test, "public"), _bits(test, "entropy"))
    return made == Encapsulated(_bits(test, "ct"), _bits(test, "ss"))


def _decapsulate(suite: RealSuite, test: Test) -> bool:
    return suite.decapsulate(_bits(test, "private"), _bits(test, "ct")) == _bits(test, "ss")


def _record(suite: RealSuite, test: Test) -> bool:
    found = decode(_bits(test, "encoding"))
    if isinstance(found, Malformed):
        return False
    same = encode_record(found) == _bits(test, "encoding") and type(found).__name__ == test["kind"]
    return same and _plain(found) == test["fields"]


def _plain(record: Record) -> dict[str, object]:
    def shown(value: object) -> object:
        match value:
            case bytes():
                return value.hex()
            case Epoch() | Capacity():
                return {field.name: getattr(value, field.name) for field in fields(value)}
            case _:
                return value

    return {field.name: shown(getattr(record, field.name)) for field in LAYOUTS[type(record)][1]}


def _ed25519(suite: RealSuite, test: Test) -> bool:
    private, public, message, sig = (_bits(test, name) for name in ("private", "public", "message", "sig"))
    same = primitives.ed25519_public(private) == public and primitives.ed25519_sign(private, message) == sig
    return same and primitives.ed25519_verify(public, message, sig)


def _x25519(suite: RealSuite, test: Test) -> bool:
    private = _bits(test, "private")
    same = primitives.x25519_public(private) == _bits(test, "public")
    return same and primitives.x25519_agree(private, _bits(test, "peer")) == _bits(test, "shared")


def _hkdf(suite: RealSuite, test: Test) -> bool:
    # The suites take 32 bytes; what the standard gives beyond them is not theirs.
    return primitives.hkdf(_bits(test, "ikm"), _bits(test, "info")) == _bits(test, "okm")[:32]


def _aead(suite: RealSuite, test: Test) -> bool:
    key, iv, aad, body, sealed = (_bits(test, name) for name in ("key", "iv", "aad", "msg", "ct"))
    return primitives.gcm_seal(key, iv, aad, body) == sealed and primitives.gcm_open(key, iv, aad, sealed) == body


def _sha256(suite: RealSuite, test: Test) -> bool:
    return primitives.sha256(_bits(test, "message")) == _bits(test, "digest")


_RUN: Final[Mapping[str, Callable[[RealSuite, Test], bool]]] = {
    "Transcript": _transcript,
    "Digest": _digest,
    "Derive": _derive,
    "Sign": _sign,
    "Verify": _verify,
    "KeyWrap": _wrap,
    "Seal": _seal,
    "KeyPair": _key_pair,
    "Encapsulate": _encapsulate,
    "Decapsulate": _decapsulate,
    "Record": _record,
    "Ed25519": _ed25519,
    "X25519": _x25519,
    "Hkdf": _hkdf,
    "Aead": _aead,
    "Sha256": _sha256,
}
