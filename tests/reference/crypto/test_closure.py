"""The intruder's closure: examples of each rule, laws by property, and an oracle that saturates where it searches."""

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lockedroom.reference.crypto.closure import Cache, Knowledge, analyse, derivable
from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.symbolic import SymbolicSuite
from lockedroom.reference.crypto.terms import Field, Term
from tests.reference.crypto.strategies import atoms, terms

SUITE = SymbolicSuite()
K, L, M, E, R = (Term("fresh", name) for name in "klmer")
BODY = Term("body", "alice", "bob", 1, 16)
HEADER = Transcript("LR-X", (M,))
PRIVATE, PUBLIC = Term("kem-private", E), Term("kem-public", E)
CIPHERTEXT, SHARED = Term("kem", PUBLIC, R), Term("shared", PUBLIC, R)
SEALED = SUITE.seal(K, (0, 1), HEADER, BODY)
CHAIN = SUITE.derive(SHARED, "kek", Transcript("LR-Y", (M,)))

some_terms = terms(atoms)
knowledge: st.SearchStrategy[Knowledge] = st.frozensets(some_terms, max_size=5)


def known(*some: Term) -> Knowledge:
    return frozenset(some)


@pytest.mark.parametrize(
    ("seen", "goal", "expected"),
    [
        # What is public, and what is an atom.
        (known(), "alice", True),
        (known(), 7, True),
        (known(), b"bytes", True),
        (known(), ("alice", 7), True),
        (known(), Term("public", K), True),
        (known(), K, False),
        (known(), BODY, False),
        (known(K), K, True),
        (known(K), ("alice", K), True),
        (known(K), (K, L), False),
        (known(K), Term("unlisted", K), False),
        (known(Term("unlisted", K)), K, False),
        # Signatures.
        (known(SUITE.sign(K, HEADER)), M, True),
        (known(SUITE.sign(K, HEADER)), K, False),
        (known(M), SUITE.sign(K, HEADER), False),
        (known(M, K), SUITE.sign(K, HEADER), True),
        (known(K), SUITE.sign(K, HEADER), False),
        (known(Term("public", K), M), SUITE.sign(K, HEADER), False),
        # Seals.
        (known(SEALED), BODY, False),
        (known(SEALED, L), BODY, False),
        (known(SEALED, K), BODY, True),
        (known(SEALED), M, True),
        (known(K, M), SEALED, False),
        (known(K, BODY), SEALED, False),
        (known(K, M, BODY), SEALED, True),
        (known(SEALED), SUITE.seal(K, (0, 2), HEADER, BODY), False),
        # Wraps, and what is locked behind what is locked.
        (known(SUITE.wrap(K, L)), L, False),
        (known(SUITE.wrap(K, L), K), L, True),
        (known(SUITE.wrap(K, L), L), K, False),
        (known(SUITE.wrap(L, K), SUITE.wrap(M, L), SEALED), BODY, True),
        (known(SUITE.wrap(L, K), SUITE.wrap(R, L), SEALED), BODY, False),
        (known(SUITE.wrap(K, K)), K, False),
        # KEM.
        (known(CIPHERTEXT), SHARED, False),
        (known(CIPHERTEXT, PUBLIC), SHARED, False),
        (known(CIPHERTEXT, R), SHARED, False),
        (known(CIPHERTEXT, PUBLIC, R), SHARED, True),
        (known(CIPHERTEXT, PRIVATE), SHARED, True),
        (known(CIPHERTEXT, E), SHARED, True),
        (known(PRIVATE), SHARED, False),
        (known(PUBLIC), PRIVATE, False),
        (known(PUBLIC), E, False),
        (known(PRIVATE), E, False),
        (known(PRIVATE), PUBLIC, True),
        (known(E), PUBLIC, True),
        (known(), PUBLIC, False),
        (known(PUBLIC, R), CIPHERTEXT, True),
        (known(PUBLIC), CIPHERTEXT, False),
        # Derived keys and digests reveal nothing, and are made of all that they are made of.
        (known(CHAIN), SHARED, False),
        (known(SHARED), CHAIN, False),
        (known(SHARED, M), CHAIN, True),
        (known(CIPHERTEXT, PRIVATE, SUITE.wrap(CHAIN, L)), L, False),
        (known(CIPHERTEXT, PRIVATE, SUITE.wrap(CHAIN, L), M), L, True),
        (known(SUITE.digest(HEADER)), M, False),
        (known(M), SUITE.digest(HEADER), True),
        # Implicit rejection.
        (known(CIPHERTEXT, Term("kem-private", K)), Term("junk", Term("kem-private", K), CIPHERTEXT), True),
        (known(CIPHERTEXT), Term("junk", Term("kem-private", K), CIPHERTEXT), False),
        (known(R, Term("kem-public", K)), Term("junk", Term("kem-private", K), CIPHERTEXT), True),
        (known(R), Term("junk", Term("kem-private", K), CIPHERTEXT), False),
        (known(Term("junk", PRIVATE, CIPHERTEXT)), PRIVATE, False),
    ],
)
def test_rule(seen: Knowledge, goal: Field, expected: bool) -> None:
    assert derivable(seen, goal) is expected
    assert derivable(seen, goal, Cache()) is expected


def test_a_closure_names_what_was_learned() -> None:
    seen = known(SUITE.wrap(L, K), L, SEALED)
    assert analyse(seen) == seen | {K, M, BODY}


@given(knowledge, knowledge, some_terms)
def test_more_knowledge_never_tells_less(some: Knowledge, more: Knowledge, goal: Term) -> None:
    assert some <= analyse(some) <= analyse(some | more)
    assert not derivable(some, goal) or derivable(some | more, goal)


@given(knowledge, some_terms)
def test_analysing_twice_tells_nothing_new(some: Knowledge, goal: Term) -> None:
    closure = analyse(some)
    assert analyse(closure) == closure
    assert derivable(closure, goal) is derivable(some, goal)


@given(knowledge, knowledge)
def test_knowledge_may_be_kept_analysed(some: Knowledge, more: Knowledge) -> None:
    assert analyse(analyse(some) | more) == analyse(some | more)


@given(knowledge, some_terms)
def test_what_is_derivable_adds_nothing(some: Knowledge, goal: Term) -> None:
    """Putting together and taking apart again gives nothing that was not there."""
    if derivable(some, goal):
        assert all(derivable(some, learned) for learned in analyse(some | {goal}))


@given(st.lists(knowledge, min_size=1, max_size=4), st.lists(some_terms, min_size=1, max_size=4))
def test_a_cache_changes_no_answer(many: list[Knowledge], goals: list[Term]) -> None:
    cache = Cache()
    for _ in range(2):
        for some in many:
            assert analyse(some, cache) == analyse(some)
            for goal in goals:
                assert derivable(some, goal, cache) is derivable(some, goal)


@given(st.frozensets(terms(st.sampled_from([Term("fresh", name) for name in "xyz"])), max_size=5), some_terms)
def test_without_the_key_a_sealed_body_stays_sealed(some: Knowledge, header: Term) -> None:
    """The intruder knows any terms that were built without the key and the body: no context gives the body away."""
    sealed = SUITE.seal(K, (0, 1), Transcript("LR-X", (header,)), BODY)
    assert derivable(some | {K, sealed}, BODY)
    if not derivable(some | {header}, K):
        assert not derivable(some | {sealed}, BODY)
        assert not derivable(some | {sealed, SUITE.derive(K, "forth", HEADER), SUITE.digest(HEADER)}, K)


@given(some_terms, some_terms)
def test_a_fresh_value_cannot_be_guessed(one: Term, other: Term) -> None:
    unseen = Term("fresh", "unseen")
    assert not derivable(known(one, other), unseen)


# ---- the oracle ------------------------------------------------------------------------------------------------


def subterms(field: Field) -> Iterator[Field]:
    """The field and all within it, and the partners of KEM terms, which a rule may pass through."""
    yield field
    if isinstance(field, tuple):
        for part in field:
            yield from subterms(part)
    elif isinstance(field, Term):
        for part in field.args:
            yield from subterms(part)
        match field.op:
            case "kem":
                yield Term("shared", *field.args)
            case "junk":
                yield from (Term("kem-public", *part.args) for part in field.args[:1] if isinstance(part, Term))
            case "kem-public":
                yield Term("kem-private", *field.args)


Rule = tuple[frozenset[Field], Field]


def rules(field: Field) -> Iterator[Rule]:
    """Every instance of a rule of the tables in `closure` that this field takes part in: premises, conclusion."""
    if isinstance(field, tuple):
        yield from ((frozenset({field}), part) for part in field)
        yield frozenset(field), field
        return
    if not isinstance(field, Term):
        yield frozenset(), field
        return
    args = frozenset(field.args)
    match field.op:
        case "public":
            yield frozenset(), field
        case "sign":
            yield args, field
            yield frozenset({field}), field.args[1]
        case "seal":
            yield args, field
            yield frozenset({field}), field.args[2]
            yield frozenset({field, field.args[0]}), field.args[3]
        case "wrap":
            yield args, field
            yield frozenset({field, field.args[0]}), field.args[1]
        case "derive" | "digest" | "shared" | "kem-private":
            yield args, field
        case "kem-public":
            yield frozenset({Term("kem-private", *field.args)}), field
        case "kem":
            yield args, field
            public = field.args[0]
            if isinstance(public, Term) and public.op == "kem-public":
                private = Term("kem-private", *public.args)
                yield frozenset({field, private}), Term("shared", *field.args)
        case "junk":
            yield args, field
            private_key, ciphertext = field.args
            assert isinstance(private_key, Term)
            assert isinstance(ciphertext, Term)
            yield frozenset({ciphertext.args[1], Term("kem-public", *private_key.args)}), field


def saturated(seen: Knowledge, goal: Field) -> set[Field]:
    """All that the rules give within the subterms of what is known and asked."""
    universe: set[Field] = set()
    for field in (*seen, goal):
        universe.update(subterms(field))
    instances = [rule for field in universe for rule in rules(field)]
    found: set[Field] = set(seen)
    while True:
        news = {end for premises, end in instances if end not in found and premises <= found}
        if not news:
            return found
        found |= news


@settings(max_examples=400)
@given(st.lists(some_terms, max_size=5), some_terms, st.data())
@example([SUITE.wrap(L, K), SUITE.wrap(M, L), SEALED], BODY, None)
def test_the_oracle_agrees(pool: list[Term], goal: Term, data: st.DataObject | None) -> None:
    """The knowledge is drawn from a few terms and their parts, so that keys and what they lock meet."""
    parts = sorted({part for term in (*pool, goal) for part in subterms(term) if isinstance(part, Term)})
    seen: Knowledge = frozenset(pool if data is None else data.draw(st.lists(st.sampled_from(parts), max_size=6)))
    found = saturated(seen, (*parts, goal))
    for part in (*parts, goal):
        assert derivable(seen, part) is (part in found)
    assert analyse(seen) <= found
