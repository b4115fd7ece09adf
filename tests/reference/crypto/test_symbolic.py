"""The symbolic suite alone: deterministic terms, and every check passes for exactly what was built to pass it."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.symbolic import SymbolicEntropy, SymbolicSuite
from lockedroom.reference.crypto.terms import Term
from tests.reference.crypto.strategies import atoms, hostile, terms

SUITE = SymbolicSuite()
HEADER = Transcript("LR-X", (1, "alice"))
K, L, M = (Term("fresh", "a", 1, purpose) for purpose in ("k", "l", "m"))
any_term = terms(atoms)


def test_terms_are_what_they_were_built_of() -> None:
    assert SymbolicSuite().sign(K, HEADER) == Term("sign", K, ("LR-X", 1, "alice"))
    assert SUITE.derive(K, "forth", HEADER) == Term("derive", K, "forth", ("LR-X", 1, "alice"))
    assert SUITE.seal(K, (0, 1), HEADER, M) == Term("seal", K, (0, 1), ("LR-X", 1, "alice"), M)
    assert SUITE.digest(HEADER) == Term("digest", ("LR-X", 1, "alice"))
    assert SymbolicEntropy("alice", 2).draw("master", "bob", 3) == Term("fresh", "alice", 2, "master", "bob", 3)


def test_lengths() -> None:
    assert SUITE.length(Term("body", "alice", "bob", 1, 400)) == 400
    assert SUITE.length(b"abc") == 3
    assert SUITE.length(SUITE.sign(K, HEADER)) == SUITE.length(K) == 32
    with pytest.raises(TypeError):
        SUITE.length(Term("body", "alice", "bob", "four"))


def test_only_the_matching_private_key_decapsulates() -> None:
    mine, other = SUITE.kem_keypair(K), SUITE.kem_keypair(L)
    made = SUITE.encapsulate(mine.public, M)
    assert made is not None
    assert SUITE.decapsulate(mine.private, made.ciphertext) == made.secret
    junk = SUITE.decapsulate(other.private, made.ciphertext)
    assert junk is not None
    assert junk != made.secret
    assert SUITE.decapsulate(other.private, made.ciphertext) == junk


def test_a_private_key_is_never_hostile() -> None:
    made = SUITE.encapsulate(SUITE.kem_keypair(K).public, M)
    assert made is not None
    for wrong in (K, SUITE.kem_keypair(K).public, bytes(32)):
        with pytest.raises(TypeError):
            SUITE.decapsulate(wrong, made.ciphertext)


@given(any_term | hostile, any_term | hostile)
def test_nothing_else_passes(public: Term | bytes, other: Term | bytes) -> None:
    """Any term whatever, in the place of any other: it fails, unless it is the one that was made."""
    mine = SUITE.kem_keypair(K)
    assert SUITE.verify(public, HEADER, other) is (
        isinstance(public, Term) and public.op == "public" and other == Term("sign", *public.args, ("LR-X", 1, "alice"))
    )
    assert (SUITE.encapsulate(public, M) is None) is not (isinstance(public, Term) and public.op == "kem-public")
    opened = SUITE.decapsulate(mine.private, other)
    assert (opened is None) is not (isinstance(other, Term) and other.op == "kem")
    if isinstance(opened, Term) and opened.op != "junk":
        assert opened == Term("shared", mine.public, other.args[1] if isinstance(other, Term) else b"")
    assert SUITE.unwrap(K, other) == (
        other.args[1] if isinstance(other, Term) and other.op == "wrap" and other.args[0] == K else None
    )
    assert SUITE.open(K, (0, 1), HEADER, other) is None or isinstance(other, Term)


@pytest.mark.parametrize(
    ("key", "nonce", "header"),
    [
        (L, (0, 1), HEADER),
        (K, (1, 1), HEADER),
        (K, (0, 2), HEADER),
        (K, (0, 1), Transcript("LR-Y", HEADER.fields)),
        (K, (0, 1), Transcript("LR-X", (1, "bob"))),
        (K, (0, 1), Transcript("LR-X", (1,))),
        (K, (0, 1), Transcript("LR-X", ((1, "alice"),))),
    ],
)
def test_a_seal_opens_only_with_all_that_it_was_made_of(key: Term, nonce: tuple[int, int], header: Transcript) -> None:
    sealed = SUITE.seal(K, (0, 1), HEADER, M)
    assert SUITE.open(K, (0, 1), HEADER, sealed) == M
    assert SUITE.open(key, nonce, header, sealed) is None


@given(any_term)
def test_a_hostile_ciphertext_without_a_public_key_is_junk(inner: Term) -> None:
    private = SUITE.kem_keypair(K).private
    if inner != Term("kem-public", K):
        assert SUITE.decapsulate(private, Term("kem", inner, M)) == Term("junk", private, Term("kem", inner, M))


@given(any_term, any_term)
def test_terms_are_a_free_algebra(one: Term, other: Term) -> None:
    """Equal, equally hashed and equally rendered go together; pickling keeps a term."""
    assert (one == other) is (repr(one) == repr(other))
    assert (one != other) or hash(one) == hash(other)
    assert pickle.loads(pickle.dumps(one)) == one


@given(st.lists(any_term, max_size=5))
def test_terms_are_ordered_by_their_rendering(some: list[Term]) -> None:
    assert [repr(term) for term in sorted(some)] == sorted(repr(term) for term in some)


def test_terms_are_immutable() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        K.op = "other"
