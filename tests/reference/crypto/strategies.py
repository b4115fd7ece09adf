"""What Hypothesis draws for the crypto tests: transcripts, terms, hostile bytes. No check lives here."""

from hypothesis import strategies as st

from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Field, Term

integers = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 255, 256, 2**32, 2**63, 2**64 - 1])
text = st.text(max_size=8)
scalars = integers | st.binary(max_size=40) | text
"""The fields that bytes and terms share."""


def _lists(inner: st.SearchStrategy[Field]) -> st.SearchStrategy[Field]:
    return st.lists(inner, max_size=3).map(tuple)


fields: st.SearchStrategy[Field] = scalars | _lists(scalars | _lists(scalars))
tags = st.text(st.characters(min_codepoint=0, max_codepoint=127), min_size=1, max_size=255)
transcripts = st.builds(Transcript, tags, st.lists(fields, max_size=4).map(tuple))
contexts = st.builds(Transcript, tags, st.lists(scalars | _lists(scalars), max_size=4).map(tuple))
"""Transcripts that a key can be derived from: one level of lists less, since they become a list."""

keys = st.binary(min_size=32, max_size=32)
nonces = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
hostile = st.binary(max_size=80) | st.sampled_from([32, 40, 64, 1216, 1120]).flatmap(
    lambda size: st.binary(min_size=size, max_size=size)
)
"""Bytes of any length, the lengths that pass a first check included."""

atoms = st.builds(Term, st.just("fresh"), st.sampled_from("abcd"))


def terms(leaves: st.SearchStrategy[Field]) -> st.SearchStrategy[Term]:
    """Well-formed terms over `leaves`, of every operator of the symbolic suite."""
    return st.recursive(leaves, _compound, max_leaves=8).filter(lambda term: isinstance(term, Term)).map(_term)


def _term(field: Field) -> Term:
    assert isinstance(field, Term)
    return field


def _compound(inner: st.SearchStrategy[Field]) -> st.SearchStrategy[Field]:
    transcript = st.lists(inner, max_size=2).map(lambda some: ("LR-X", *some))
    private = st.builds(Term, st.just("kem-private"), inner)
    public = st.builds(Term, st.just("kem-public"), inner)
    return st.one_of(
        st.builds(Term, st.just("public"), inner),
        st.builds(Term, st.just("sign"), inner, transcript),
        private,
        public,
        st.builds(Term, st.sampled_from(["kem", "shared"]), public, inner),
        st.builds(Term, st.just("junk"), private, st.builds(Term, st.just("kem"), public, inner)),
        st.builds(Term, st.just("wrap"), inner, inner),
        st.builds(Term, st.just("seal"), inner, st.just((0, 1)), transcript, inner),
        st.builds(Term, st.just("derive"), inner, st.just("forth"), transcript),
        st.builds(Term, st.just("digest"), transcript),
    )
