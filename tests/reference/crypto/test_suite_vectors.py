"""The suites' own vectors, each checked twice: against `RealSuite`, and against the same computation done with other
libraries (the standard library's hashes, libsodium) from spec/suites.md alone. And the malformed ones, one by one."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import pytest
from nacl import bindings

from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.suite import Encapsulated, KeyPair
from lockedroom.reference.crypto.transcript import encode
from tests.reference.crypto.vectors import document, load, transcript

GOOD = load("suites")
BAD = load("malformed")
XWING = load("xwing")
H = bytes.fromhex


def _label(vector: Mapping[str, Any]) -> str:
    return f"{vector['id']}-{vector['operation']}-{vector.get('flag', '')}"


@pytest.mark.parametrize("name", ["LR0", "LR1"])
@pytest.mark.parametrize("vector", GOOD, ids=_label)
def test_suite(vector: Mapping[str, Any], name: str) -> None:
    suite = RealSuite(name)
    match vector:
        case {"operation": "sign", "private": private, "public": public, "signature": signature}:
            signed = transcript(vector["transcript"])
            assert suite.signing_public(H(private)) == H(public)
            assert suite.sign(H(private), signed) == H(signature)
            assert suite.verify(H(public), signed, H(signature))
        case {"operation": "digest", "digest": digest}:
            assert suite.digest(transcript(vector["transcript"])) == H(digest)
        case {"operation": "derive", "secret": secret, "label": label, "key": key}:
            assert suite.derive(H(secret), label, transcript(vector["context"])) == H(key)
        case {"operation": "wrap", "key": key, "secret": secret, "wrapped": wrapped}:
            assert suite.wrap(H(key), H(secret)) == H(wrapped)
            assert suite.unwrap(H(key), H(wrapped)) == H(secret)
        case {"operation": "seal", "key": key, "nonce": [high, low], "body": body, "sealed": sealed}:
            header = transcript(vector["header"])
            assert suite.seal(H(key), (high, low), header, H(body)) == H(sealed)
            assert suite.open(H(key), (high, low), header, H(sealed)) == H(body)
        case {"operation": "kem", "private": private, "public": public, "entropy": entropy}:
            if name == "LR0":
                made = Encapsulated(H(vector["ciphertext"]), H(vector["secret"]))
                assert suite.kem_keypair(H(private)) == KeyPair(H(public), H(private))
                assert suite.encapsulate(H(public), H(entropy)) == made
                assert suite.decapsulate(H(private), made.ciphertext) == made.secret
        case _:
            pytest.fail(f"no check for {vector['operation']}")


def _hkdf(ikm: bytes, info: bytes) -> bytes:
    extracted = hmac.digest(bytes(32), ikm, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def _tlv(tag: bytes, *fields: tuple[int, bytes]) -> bytes:
    encoded = b"".join(bytes([kind]) + len(content).to_bytes(4, "big") + content for kind, content in fields)
    return bytes([len(tag)]) + tag + bytes([len(fields)]) + encoded


@pytest.mark.parametrize("vector", GOOD, ids=_label)
def test_suite_by_other_libraries(vector: Mapping[str, Any]) -> None:
    match vector:
        case {"operation": "sign", "private": private, "public": public, "signature": signature}:
            message = encode(transcript(vector["transcript"]))
            key, long = bindings.crypto_sign_seed_keypair(H(private))
            assert key == H(public)
            assert bindings.crypto_sign(message, long)[:64] == H(signature)
        case {"operation": "digest", "digest": digest}:
            assert hashlib.sha256(encode(transcript(vector["transcript"]))).hexdigest() == digest
        case {"operation": "derive", "secret": secret, "label": label, "key": key}:
            context = encode(transcript(vector["context"]))
            tag, rest = context[1 : 1 + context[0]], context[1 + context[0] :]
            info = _tlv(b"LR-DERIVE", (3, label.encode()), (3, tag), (4, rest))
            assert _hkdf(H(secret), info) == H(key)
        case {"operation": "kem", "private": private, "public": public, "entropy": entropy}:
            share = bindings.crypto_scalarmult_base(H(entropy))
            agreed = bindings.crypto_scalarmult(H(entropy), H(public))
            assert bindings.crypto_scalarmult(H(private), share) == agreed
            assert share == H(vector["ciphertext"])
            assert _hkdf(agreed, _tlv(b"LR0-KEM", (2, share), (2, H(public)))) == H(vector["secret"])
        case {"operation": "seal", "key": key, "nonce": [high, low], "body": body, "sealed": sealed}:
            nonce = high.to_bytes(4, "big") + low.to_bytes(8, "big")
            header = encode(transcript(vector["header"]))
            assert bindings.crypto_aead_aes256gcm_encrypt(H(body), header, nonce, H(key)) == H(sealed)
        case {"operation": "wrap"}:
            # RFC 3394's own vector (published.json) pins this one: the suite adds nothing to it.
            assert len(H(vector["wrapped"])) == len(H(vector["secret"])) + 8
        case _:
            pytest.fail(f"no check for {vector['operation']}")


def _material(vector: Mapping[str, Any], name: str) -> bytes:
    """The hostile value of a vector: in it, or made from the X-Wing vector that it names."""
    if name in vector:
        return H(vector[name])
    base = XWING[vector["base"] - 1]
    original, replaced, offset = H(base["pk" if name == "public" else "ct"]), H(vector["bytes"]), vector["offset"]
    made = original[:offset] + replaced + original[offset + len(replaced) :]
    return (made + b"\0")[: vector["size"]]


@pytest.mark.parametrize("vector", BAD, ids=_label)
def test_malformed(vector: Mapping[str, Any]) -> None:
    suite = RealSuite(vector.get("suite", "LR1"))
    expected = vector["outcome"]
    found: object
    match vector["operation"]:
        case "verify":
            found = suite.verify(H(vector["public"]), transcript(vector["transcript"]), H(vector["signature"]))
        case "encapsulate":
            found = suite.encapsulate(_material(vector, "public"), H(vector.get("entropy", "07" * 32)))
        case "decapsulate":
            private = H(vector["private"]) if "private" in vector else H(XWING[vector["base"] - 1]["sk"])
            found = suite.decapsulate(private, _material(vector, "ciphertext"))
        case "unwrap":
            found = suite.unwrap(H(vector["key"]), H(vector["wrapped"]))
        case "open":
            header, (high, low) = transcript(vector["header"]), vector["nonce"]
            found = suite.open(H(vector["key"]), (high, low), header, H(vector["sealed"]))
        case other:
            pytest.fail(f"no check for {other}")
    assert found == (H(expected) if isinstance(expected, str) else expected)


def test_implicit_rejection_by_the_standard_librarys_hashes() -> None:
    """An altered ML-KEM half decapsulates to a secret of the private key's z and the ciphertext (FIPS 203, 6.3)."""
    checked = 0
    for vector in BAD:
        if vector["operation"] != "decapsulate" or vector["flag"] != "altered" or vector["offset"] >= 1088:
            continue
        ciphertext, seed = _material(vector, "ciphertext"), H(XWING[vector["base"] - 1]["sk"])
        wide = hashlib.shake_256(seed).digest(96)
        rejected = hashlib.shake_256(wide[32:64] + ciphertext[:1088]).digest(32)
        share, public = ciphertext[1088:], bindings.crypto_scalarmult_base(wide[64:])
        agreed = bindings.crypto_scalarmult(wide[64:], share)
        combined = hashlib.sha3_256(rejected + agreed + share + public + b"\\.//^\\").hexdigest()
        assert combined == vector["outcome"]
        checked += 1
    assert checked == 2


def test_every_flag_is_explained_and_used() -> None:
    assert {vector["flag"] for vector in BAD} == set(document("malformed")["flags"])


def test_a_reduced_coefficient_is_no_fault() -> None:
    """The counterpart of the unreduced ones: 3328 is a coefficient, 3329 is none."""
    public = H(XWING[0]["pk"])
    largest = bytes([0x00, (public[1] & 0xF0) | 0x0D]) + public[2:]
    assert RealSuite("LR1").encapsulate(largest, bytes(32)) is not None
