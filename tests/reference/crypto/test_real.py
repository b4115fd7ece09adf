"""The real suites alone: hostile bytes of any length, round trips, the tape, and what is a programmer's fault."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedroom.reference.crypto.real import SUITES, RealSuite
from lockedroom.reference.crypto.suite import Encapsulated, Transcript
from lockedroom.reference.crypto.terms import Term
from tests.reference.crypto.strategies import contexts, hostile, keys, nonces, transcripts

HEADER = Transcript("LR-X", (1, "alice"))
names = st.sampled_from(SUITES)


@given(names, hostile, hostile, transcripts)
def test_verify_takes_any_bytes(name: str, public: bytes, signature: bytes, signed: Transcript) -> None:
    assert RealSuite(name).verify(public, signed, signature) is False


@given(names, hostile, keys)
def test_encapsulate_takes_any_bytes(name: str, public: bytes, entropy: bytes) -> None:
    made = RealSuite(name).encapsulate(public, entropy)
    assert made is None or len(public) == {"LR0": 32, "LR1": 1216}[name]


@given(names, keys, hostile)
def test_decapsulate_takes_any_bytes(name: str, private: bytes, ciphertext: bytes) -> None:
    secret = RealSuite(name).decapsulate(private, ciphertext)
    assert secret is None or (len(ciphertext) == {"LR0": 32, "LR1": 1120}[name] and len(secret) == 32)


@given(names, keys, hostile)
def test_unwrap_takes_any_bytes(name: str, key: bytes, wrapped: bytes) -> None:
    assert RealSuite(name).unwrap(key, wrapped) is None


@given(names, keys, nonces, transcripts, hostile)
def test_open_takes_any_bytes(name: str, key: bytes, nonce: tuple[int, int], header: Transcript, sealed: bytes) -> None:
    assert RealSuite(name).open(key, nonce, header, sealed) is None


@given(names, keys, transcripts)
def test_what_is_signed_verifies(name: str, private: bytes, signed: Transcript) -> None:
    suite = RealSuite(name)
    signature = suite.sign(private, signed)
    assert suite.verify(suite.signing_public(private), signed, signature)
    assert (suite.length(signature), suite.sign(private, signed)) == (64, signature)


@given(names, keys, keys)
def test_what_is_encapsulated_is_shared(name: str, seed: bytes, entropy: bytes) -> None:
    suite = RealSuite(name)
    pair = suite.kem_keypair(seed)
    made = suite.encapsulate(pair.public, entropy)
    assert made is not None
    assert suite.decapsulate(pair.private, made.ciphertext) == made.secret
    assert suite.length(made.secret) == 32


@given(names, keys, keys)
def test_what_is_wrapped_unwraps(name: str, key: bytes, secret: bytes) -> None:
    suite = RealSuite(name)
    assert suite.unwrap(key, suite.wrap(key, secret)) == secret


@given(names, keys, nonces, transcripts, st.binary(max_size=300))
def test_what_is_sealed_opens(name: str, key: bytes, nonce: tuple[int, int], header: Transcript, body: bytes) -> None:
    suite = RealSuite(name)
    sealed = suite.seal(key, nonce, header, body)
    assert suite.open(key, nonce, header, sealed) == body
    assert suite.length(sealed) == len(body) + 16


@given(keys, keys, st.sampled_from(["forth", "back"]), st.sampled_from(["forth", "back"]), contexts, contexts)
def test_a_derived_key_depends_on_everything(
    secret: bytes, other: bytes, label: str, another: str, context: Transcript, further: Transcript
) -> None:
    suite = RealSuite("LR1")
    alike = (secret, label, context) == (other, another, further)
    assert (suite.derive(secret, label, context) == suite.derive(other, another, further)) is alike


@given(st.data())
def test_one_flipped_bit_opens_nothing(data: st.DataObject) -> None:
    suite, key = RealSuite("LR1"), bytes(32)
    sealed = suite.seal(key, (0, 1), HEADER, b"a body")
    wrapped = suite.wrap(key, bytes(range(32)))
    signature, public = suite.sign(key, HEADER), suite.signing_public(key)
    assert suite.open(key, (0, 1), HEADER, _flipped(data, sealed)) is None
    assert suite.unwrap(key, _flipped(data, wrapped)) is None
    assert not suite.verify(public, HEADER, _flipped(data, signature))
    assert not suite.verify(_flipped(data, public), HEADER, signature)


def _flipped(data: st.DataObject, value: bytes) -> bytes:
    bit = data.draw(st.integers(0, 8 * len(value) - 1))
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_lr0_follows_from_its_entropy() -> None:
    suite = RealSuite("LR0", {})
    public = suite.kem_keypair(bytes([1]) * 32).public
    first, second = (suite.encapsulate(public, bytes([n]) * 32) for n in (2, 3))
    assert first == RealSuite("LR0").encapsulate(public, bytes([2]) * 32)
    assert first != second


def test_the_tape_gives_again_what_was_given() -> None:
    tape: dict[bytes, Encapsulated] = {}
    suite = RealSuite("LR1", tape)
    pair = suite.kem_keypair(bytes([1]) * 32)
    first = suite.encapsulate(pair.public, bytes(32))
    assert first is not None
    assert tape == {pair.public: first}
    assert suite.encapsulate(pair.public, bytes(32)) == first
    assert RealSuite("LR1", tape).encapsulate(pair.public, bytes([9]) * 32) == first
    assert RealSuite("LR1").encapsulate(pair.public, bytes(32)) != first


def test_the_tape_keeps_no_refusal() -> None:
    tape: dict[bytes, Encapsulated] = {}
    assert RealSuite("LR1", tape).encapsulate(bytes(1216), bytes(32)) is None
    assert tape == {}


@pytest.mark.parametrize(("name", "public", "ciphertext"), [("LR0", 32, 32), ("LR1", 1216, 1120)])
def test_sizes(name: str, public: int, ciphertext: int) -> None:
    """The table of LR-SUITE-8."""
    suite, key = RealSuite(name), bytes(32)
    pair = suite.kem_keypair(key)
    made = suite.encapsulate(pair.public, key)
    assert made is not None
    assert (suite.length(pair.public), suite.length(pair.private)) == (public, 32)
    assert (suite.length(made.ciphertext), suite.length(made.secret)) == (ciphertext, 32)
    assert (suite.length(suite.signing_public(key)), suite.length(suite.sign(key, HEADER))) == (32, 64)
    assert suite.length(suite.wrap(key, key)) == 40
    assert suite.length(suite.seal(key, (0, 1), HEADER, bytes(9))) == 25
    assert suite.length(suite.derive(key, "forth", HEADER)) == suite.length(suite.digest(HEADER)) == 32


def test_there_are_two_suites() -> None:
    assert [RealSuite(name).name for name in SUITES] == ["LR0", "LR1"]
    with pytest.raises(ValueError, match="LR2"):
        RealSuite("LR2")


TERM = Term("fresh", "a")
FAULTS: dict[str, Callable[[RealSuite, bytes | Term], object]] = {
    "signing_public": lambda suite, wrong: suite.signing_public(wrong),
    "sign": lambda suite, wrong: suite.sign(wrong, HEADER),
    "kem_keypair": lambda suite, wrong: suite.kem_keypair(wrong),
    "encapsulate": lambda suite, wrong: suite.encapsulate(suite.kem_keypair(bytes(32)).public, wrong),
    "decapsulate": lambda suite, wrong: suite.decapsulate(wrong, bytes([9]) * {"LR0": 32, "LR1": 1120}[suite.name]),
    "wrap key": lambda suite, wrong: suite.wrap(wrong, bytes(32)),
    "wrap secret": lambda suite, wrong: suite.wrap(bytes(32), wrong),
    "unwrap": lambda suite, wrong: suite.unwrap(wrong, bytes(40)),
    "seal": lambda suite, wrong: suite.seal(wrong, (0, 1), HEADER, b""),
    "open": lambda suite, wrong: suite.open(wrong, (0, 1), HEADER, bytes(16)),
    "derive": lambda suite, wrong: suite.derive(wrong, "forth", HEADER),
}


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_secret_of_a_wrong_length_is_a_programmers_fault(name: str, fault: str) -> None:
    """AES takes keys of 16 bytes, SHAKE256 any seed, HKDF any secret: none of them may pass unseen."""
    for size in (0, 16, 24, 31, 33, 64):
        with pytest.raises(ValueError, match="32 bytes"):
            FAULTS[fault](RealSuite(name), bytes(size))


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_term_is_a_programmers_fault(name: str, fault: str) -> None:
    with pytest.raises(TypeError):
        FAULTS[fault](RealSuite(name), TERM)


@pytest.mark.parametrize(
    "hostile_term",
    [
        lambda suite: suite.length(TERM),
        lambda suite: suite.verify(TERM, HEADER, bytes(64)),
        lambda suite: suite.verify(bytes(32), HEADER, TERM),
        lambda suite: suite.verify(bytes(32), Transcript("LR-X", (TERM,)), bytes(64)),
        lambda suite: suite.encapsulate(TERM, bytes(32)),
        lambda suite: suite.decapsulate(bytes(32), TERM),
        lambda suite: suite.unwrap(bytes(32), TERM),
        lambda suite: suite.seal(bytes(32), (0, 1), HEADER, TERM),
        lambda suite: suite.open(bytes(32), (0, 1), HEADER, TERM),
        lambda suite: suite.digest(Transcript("LR-X", (TERM,))),
    ],
)
def test_a_term_where_bytes_belong_is_a_programmers_fault(hostile_term: Callable[[RealSuite], object]) -> None:
    with pytest.raises(TypeError):
        hostile_term(RealSuite("LR1"))


@pytest.mark.parametrize("nonce", [(-1, 0), (2**32, 0), (0, -1), (0, 2**64)])
def test_a_nonce_out_of_range_seals_nothing_and_opens_nothing(nonce: tuple[int, int]) -> None:
    suite = RealSuite("LR1")
    with pytest.raises(ValueError, match="nonce"):
        suite.seal(bytes(32), nonce, HEADER, b"")
    assert suite.open(bytes(32), nonce, HEADER, bytes(16)) is None
