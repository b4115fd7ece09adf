"""Encryption as described, and keys from passwords: what only `as-written` profiles and key files use."""

import subprocess
import sys

import pytest

from lockedroom.reference.crypto import primitives
from lockedroom.reference.crypto.closure import analyse, derivable
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.symbolic import SymbolicSuite
from lockedroom.reference.crypto.terms import Term

REAL, SYMBOLIC = RealSuite("LR0"), SymbolicSuite()
KEY, IV = bytes(range(32)), bytes(range(16))


def test_cbc_is_the_standards() -> None:
    """LR-SUITE-30: NIST SP 800-38A, F.2.5, whose blocks are followed by one of padding."""
    key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    body = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
    encrypted = REAL.encrypt(key, IV, body)
    assert encrypted[:32].hex() == "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
    assert len(encrypted) == 48
    assert REAL.decrypt(key, IV, encrypted) == body


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 4000])
def test_every_size_comes_back(size: int) -> None:
    body = bytes(size)
    assert REAL.decrypt(KEY, IV, REAL.encrypt(KEY, IV, body)) == body


@pytest.mark.parametrize("encrypted", [b"", b"x", bytes(16), bytes(17)])
def test_wrong_padding_and_wrong_lengths_give_nothing(encrypted: bytes) -> None:
    assert REAL.decrypt(KEY, IV, encrypted) is None


def test_pbkdf2_and_scrypt_are_the_librarys_other_implementation() -> None:
    """LR-SUITE-31."""
    code = (
        "import hashlib;print(hashlib.pbkdf2_hmac('sha256',b'pass',b'',10000,48).hex());"
        "print(hashlib.scrypt(b'pass',salt=b'salt',n=1<<17,r=8,p=1,maxmem=1<<28,dklen=48).hex())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert told.stdout.split() == [primitives.stretched(b"pass", salt).hex() for salt in (b"", b"salt")]
    assert REAL.stretch(b"pass", b"")[1] == primitives.stretched(b"pass", b"")[32:]


def test_terms_do_alike_and_give_an_intruder_what_it_has_the_key_for() -> None:
    """LR-SUITE-25, LR-SUITE-27, LR-SUITE-28."""
    key, body, password = Term("fresh", "a", 1, "key"), Term("body", "a", "b", 1, 16), Term("fresh", "a", 1, "password")
    sealed = SYMBOLIC.encrypt(key, b"iv", body)
    assert SYMBOLIC.decrypt(key, b"iv", sealed) == body
    assert SYMBOLIC.decrypt(key, b"other", sealed) not in (body, None)
    assert not derivable(frozenset({sealed}), body)
    assert body in analyse(frozenset({sealed, key}))
    made, _ = SYMBOLIC.stretch(password, b"")
    assert derivable(frozenset({password}), made) and not derivable(frozenset(), made)
    salted, _ = SYMBOLIC.stretch(password, Term("fresh", "a", 1, "salt"))
    assert not derivable(frozenset({password}), salted)
