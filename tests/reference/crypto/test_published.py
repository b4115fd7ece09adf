"""The primitives and X-Wing against the vectors of the standards that define them."""

from collections.abc import Mapping
from typing import Any

import pytest

from lockedroom.reference.crypto import primitives, xwing
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.transcript import encode
from tests.reference.crypto.vectors import FOLDER, document, load

PUBLISHED = load("published")
XWING = load("xwing")


def _raw(vector: Mapping[str, Any]) -> dict[str, bytes]:
    names = set(vector) - {"id", "primitive", "source", "nonce"}
    return {name: bytes.fromhex(vector[name]) for name in names}


@pytest.mark.parametrize("vector", PUBLISHED, ids=lambda vector: vector["source"][:24])
def test_primitive(vector: Mapping[str, Any]) -> None:
    raw = _raw(vector)
    match vector["primitive"]:
        case "ed25519":
            assert primitives.ed25519_public(raw["seed"]) == raw["public"]
            assert primitives.ed25519_sign(raw["seed"], raw["message"]) == raw["signature"]
            assert primitives.ed25519_verify(raw["public"], raw["message"], raw["signature"])
            assert not primitives.ed25519_verify(raw["public"], raw["message"] + b"\0", raw["signature"])
        case "x25519":
            assert primitives.x25519_public(raw["private"]) == raw["public"]
            assert primitives.x25519_agree(raw["private"], raw["peer"]) == raw["agreed"]
        case "hkdf-sha-256":
            assert primitives.hkdf(raw["ikm"], raw["info"]) == raw["okm"][:32]
        case "aes-256-key-wrap":
            assert primitives.key_wrap(raw["key"], raw["secret"]) == raw["wrapped"]
            assert primitives.key_unwrap(raw["key"], raw["wrapped"]) == raw["secret"]
        case "aes-256-gcm":
            high, low = vector["nonce"]
            nonce = high.to_bytes(4, "big") + low.to_bytes(8, "big")
            assert primitives.gcm_seal(raw["key"], nonce, raw["header"], raw["body"]) == raw["sealed"]
            assert primitives.gcm_open(raw["key"], nonce, raw["header"], raw["sealed"]) == raw["body"]
        case "sha-256":
            assert primitives.sha256(raw["message"]) == raw["digest"]
        case other:
            pytest.fail(f"no check for {other}")


def test_every_primitive_is_pinned() -> None:
    assert {vector["primitive"] for vector in PUBLISHED} == {
        "ed25519",
        "x25519",
        "hkdf-sha-256",
        "aes-256-key-wrap",
        "aes-256-gcm",
        "sha-256",
    }


@pytest.mark.parametrize("vector", XWING, ids=lambda vector: str(vector["id"]))
def test_xwing(vector: Mapping[str, Any]) -> None:
    raw = _raw(vector)
    assert xwing.public_key(raw["sk"]) == raw["pk"]
    assert xwing.decapsulate(raw["sk"], raw["ct"]) == raw["ss"]


@pytest.mark.parametrize("vector", XWING, ids=lambda vector: str(vector["id"]))
def test_xwing_encapsulation_agrees_where_it_is_deterministic(vector: Mapping[str, Any]) -> None:
    """The library draws ML-KEM's part of the entropy itself; X25519's part is given."""
    raw = _raw(vector)
    made = xwing.encapsulate(raw["pk"], raw["eseed"][32:])
    assert made is not None
    ciphertext, secret = made
    assert (len(ciphertext), len(secret)) == (1120, 32)
    assert ciphertext[1088:] == raw["ct"][1088:]
    assert xwing.decapsulate(raw["sk"], ciphertext) == secret


def test_seals_carry_the_nonce_as_a_u32_and_a_u64() -> None:
    suite, header = RealSuite("LR0"), Transcript("LR-X", ())
    sealed = suite.seal(bytes(32), (0xCAFEBABE, 0xFACEDBADDECAF888), header, b"body")
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    assert primitives.gcm_open(bytes(32), nonce, encode(header), sealed) == b"body"


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.json")))
def test_every_file_says_what_it_holds_and_where_it_is_from(name: str) -> None:
    file = document(name)
    assert len(file["schema"]) > 20
    assert len(file["source"]) > 10
    assert [vector["id"] for vector in file["vectors"]] == list(range(1, len(file["vectors"]) + 1))
