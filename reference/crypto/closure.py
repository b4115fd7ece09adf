"""What an intruder learns from terms and what it can build: the Dolev-Yao closure (LR-SUITE-27, LR-SUITE-28).

Two questions, both decided exactly for finite knowledge: `analyse` takes apart, `derivable` also puts together. They
are the only crypto that the adversary of the model has. Pure functions; what they remember is in a `Cache` that the
caller owns.

Taking apart. A known term gives:

| known | gives | if derivable |
| --- | --- | --- |
| a tuple | its elements | |
| `sign(k, t)` | t: what is signed travels beside the signature | |
| `seal(k, n, h, b)` | h: the header travels in clear | |
| `seal(k, n, h, b)` | b | k |
| `wrap(k, s)` | s | k |
| `encrypt(k, i, b)` | b | k |
| `kem(kem-public(e), r)` | `shared(kem-public(e), r)` | `kem-private(e)` |

Nothing else gives anything: not digests, derived keys, public or private keys, fresh values, bodies, junk, nor any
operator that is not listed.

Putting together. Derivable are: what is known or was taken apart; every name, number and byte string; a tuple of
derivable elements; and

| derivable | from |
| --- | --- |
| `public(k)` | nothing: static public keys are known to all |
| `kem-private(e)` | e |
| `kem-public(e)` | `kem-private(e)` |
| `sign`, `wrap`, `seal`, `encrypt`, `derive`, `digest`, `stretch`, `kem`, `shared` | all arguments |
| `junk(kem-private(e), c)` | `kem-private(e)` and c; or, where c is `kem(p, r)`, r and `kem-public(e)` |

The second way to `junk` holds for X25519, whose ciphertext does not depend on the public key; for X-Wing it gives the
intruder more than it has. A fresh value, a body and any operator that is not listed are atoms: derivable only if known.
An intruder's own atoms are put into its knowledge.

Both are monotone in the knowledge, and `analyse` is idempotent: analysing what was analysed and one more term gives
what analysing everything gives. So knowledge is best kept analysed. That seals under a repeated nonce reveal something
is not modelled here: that no nonce repeats is a property of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from lockedroom.reference.crypto.terms import Field, Term

Knowledge: TypeAlias = frozenset[Term]
"""Terms that somebody has seen. Names, numbers and bytes are known to all and need not be in it."""

_BUILT: Final = frozenset({"sign", "wrap", "seal", "encrypt", "derive", "digest", "stretch", "kem", "shared"})
_LOCKED: Final = frozenset({"seal", "wrap", "encrypt", "kem"})


class Cache:
    """What `analyse` and `derivable` remember between calls: closures by knowledge, verdicts by knowledge and goal.
    It belongs to the caller, holds nothing else, and may be dropped at any time."""

    __slots__ = ("closures", "verdicts")

    def __init__(self) -> None:
        self.closures: dict[Knowledge, Knowledge] = {}
        self.verdicts: dict[Knowledge, dict[Term, bool]] = {}


def analyse(knowledge: Knowledge, cache: Cache | None = None) -> Knowledge:
    """Everything that `knowledge` gives when it is taken apart, itself included: a superset, in which tuples stand as
    their elements and only terms are kept."""
    if cache is not None:
        found = cache.closures.get(knowledge)
        if found is not None:
            return found
    known: set[Term] = set()
    locked: list[Term] = []
    news: list[Field] = list(knowledge)
    while news:
        locked.extend(_open(known, news))
        # A lock that did not give way may do so once more is known, so every round asks all of them anew.
        verdicts: dict[Term, bool] = {}
        closed: list[Term] = []
        for term in locked:
            if _builds(known, _key(term), verdicts):
                news.append(_content(term))
            else:
                closed.append(term)
        locked = closed
    closure = frozenset(known)
    if cache is not None:
        cache.closures[knowledge] = closure
        cache.closures[closure] = closure
    return closure


def derivable(knowledge: Knowledge, goal: Field, cache: Cache | None = None) -> bool:
    """Whether whoever has seen `knowledge` can produce `goal`."""
    known = analyse(knowledge, cache)
    verdicts: dict[Term, bool] = {}
    if cache is not None:
        verdicts = cache.verdicts.setdefault(known, verdicts)
    return _builds(known, goal, verdicts)


def _open(known: set[Term], news: list[Field]) -> Iterable[Term]:
    """Move `news` into `known` with all that it gives unconditionally; the new terms that are locked."""
    locked = []
    while news:
        item = news.pop()
        if isinstance(item, tuple):
            news.extend(item)
        elif isinstance(item, Term) and item not in known:
            known.add(item)
            if item.op == "sign":
                news.append(item.args[1])
            elif item.op == "seal":
                news.append(item.args[2])
            if item.op in _LOCKED:
                locked.append(item)
    return locked


def _key(term: Term) -> Field:
    """What unlocks a locked term."""
    key = term.args[0]
    if term.op != "kem":
        return key
    # Whatever is no public key has no private one: then only its maker knows the secret.
    return Term("kem-private", *key.args) if isinstance(key, Term) and key.op == "kem-public" else Term("none", key)


def _content(term: Term) -> Field:
    """What an unlocked term gives."""
    if term.op == "kem":
        return Term("shared", *term.args)
    return term.args[-1]


def _builds(known: set[Term] | Knowledge, goal: Field, verdicts: dict[Term, bool]) -> bool:
    """Whether `goal` can be put together from `known`; `verdicts` remembers, for this `known` alone."""
    if isinstance(goal, tuple):
        return all(_builds(known, part, verdicts) for part in goal)
    if not isinstance(goal, Term) or goal in known or goal.op == "public":
        return True
    verdict = verdicts.get(goal)
    if verdict is None:
        verdict = verdicts[goal] = _composes(known, goal, verdicts)
    return verdict


def _composes(known: set[Term] | Knowledge, goal: Term, verdicts: dict[Term, bool]) -> bool:
    if goal.op in _BUILT or goal.op == "kem-private":
        return _builds(known, goal.args, verdicts)
    if goal.op == "kem-public":
        return _builds(known, Term("kem-private", *goal.args), verdicts)
    if goal.op == "junk":
        private, ciphertext = goal.args
        if _builds(known, goal.args, verdicts):
            return True
        return (
            isinstance(ciphertext, Term)
            and ciphertext.op == "kem"
            and isinstance(private, Term)
            and _builds(known, (ciphertext.args[1], Term("kem-public", *private.args)), verdicts)
        )
    return False
