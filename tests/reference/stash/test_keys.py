"""Key files and what is derived from keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.symbolic import SymbolicEntropy, SymbolicSuite
from lockedroom.reference.crypto.terms import Bits, Field
from lockedroom.reference.stash.keys import BadKey, Key, encryption, generate, locator, parse, password_in, written
from lockedroom.reference.stash.profile import AS_WRITTEN, HARDENED

SUITE = RealSuite("LR0")
# openssl enc -aes-256-cbc -pass file:password.txt -P -pbkdf2 -md sha256 -nosalt, of the password hunter2
OPENSSL = b"""key=5112B86D69612D7349CF36CFC675A5A45122CDA351217A021D4209A902B5B881
iv =9BB93C3EFC9270BB04CC7F186D0293F8
"""
SCRYPT = b"kdf=scrypt n=131072 r=8 p=1\nsalt=" + b"0A" * 32 + b"\n"


class Fixed:
    """Entropy that is always the same."""

    def draw(self, purpose: str, *context: Field) -> bytes:
        return bytes([10]) * 32


def test_a_key_is_the_one_that_openssl_makes() -> None:
    """STASH-KEY-2, STASH-KEY-3, LR-SUITE-31."""
    made = generate(SUITE, AS_WRITTEN, Fixed(), b"hunter2")
    assert written(made).encode() == OPENSSL
    assert parse(OPENSSL) == made


def test_a_hardened_key_is_stretched_with_a_salt_and_says_so() -> None:
    """STASH-KEY-5."""
    made = generate(SUITE, HARDENED, Fixed(), b"hunter2")
    assert made.salt == bytes([10]) * 32
    assert written(made).encode().startswith(SCRYPT + b"key=")
    assert parse(written(made).encode()) == made
    assert made.key != parse(OPENSSL).key


@pytest.mark.parametrize("change", [bytes.lower, lambda text: text.replace(b"\n", b"\r\n"), lambda text: text[:-1]])
def test_other_forms_of_the_same_key_file_are_read(change: object) -> None:
    assert callable(change)
    assert parse(change(OPENSSL)) == parse(OPENSSL)
    assert parse(b"salt=0011223344556677\n" + OPENSSL) == parse(OPENSSL), "openssl's own salt says nothing"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        OPENSSL[:60],
        OPENSSL[:-2],
        OPENSSL[:69],
        OPENSSL[69:],
        OPENSSL + b"more\n",
        OPENSSL.replace(b"key=5", b"key=g"),
        OPENSSL.replace(b"iv =", b"iv="),
        OPENSSL + OPENSSL,
        SCRYPT,
        SCRYPT.replace(b"r=8", b"r=1") + OPENSSL,
        b"salt=0\n" + OPENSSL,
        b"\xff\xfe" + OPENSSL,
        bytes(200),
    ],
)
def test_a_damaged_key_file_is_refused_without_telling_what_stands_in_it(content: bytes) -> None:
    """STASH-KEY-4."""
    with pytest.raises(BadKey) as refused:
        parse(content)
    assert "5112B86D" not in str(refused.value)


@given(st.binary(max_size=200))
def test_no_bytes_are_read_as_a_key_by_chance(content: bytes) -> None:
    with pytest.raises(BadKey):
        parse(content)


@pytest.mark.parametrize("content", [b"", b"\n", b"\nhunter2\n", b"a\0b\n", b"x" * 1024])
def test_what_is_no_password_is_refused(content: bytes) -> None:
    """STASH-KEY-1."""
    with pytest.raises(BadKey):
        password_in(content)


def test_a_password_is_the_first_line() -> None:
    assert password_in(b"hunter2\nmore\n") == password_in(b"hunter2") == b"hunter2"
    assert password_in(b"p \xff\r\n") == b"p \xff\r"


def test_the_locator_and_the_encryption_key_come_from_the_key_alone() -> None:
    """STASH-KEY-6, STASH-KEY-7, STASH-PROFILE-2."""
    key, salted = Key(b"k" * 32, b"i" * 16), Key(b"k" * 32, b"j" * 16, b"salt")
    assert locator(SUITE, HARDENED, key) == locator(SUITE, HARDENED, salted)
    told: set[Bits] = {locator(SUITE, HARDENED, key), encryption(SUITE, HARDENED, key), key.key}
    told.add(locator(SUITE, AS_WRITTEN, key))
    assert len(told) == 4
    assert encryption(SUITE, AS_WRITTEN, key) == key.key
    assert locator(SUITE, AS_WRITTEN, key) != locator(SUITE, AS_WRITTEN, salted)


def test_a_key_never_shows_in_what_is_printed_of_it() -> None:
    assert "5112" not in repr(parse(OPENSSL)).upper()


def test_terms_have_no_key_file() -> None:
    made = generate(SymbolicSuite(), HARDENED, SymbolicEntropy("anna", 1), b"hunter2")
    with pytest.raises(TypeError, match="symbolic"):
        written(made)
