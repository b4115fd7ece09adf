"""Who the intruder is, what it knows before it has seen anything, and what of all that is secret was meant for it.

Terms name who drew them, in which stay, for what and for whom: so what was meant for whom is read off them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final, TypeAlias, cast

from lockedroom.model.segment.bounds import ORIGIN
from lockedroom.model.segment.engine import SUITE, signing, static_key
from lockedroom.model.segment.facts import fresh_of
from lockedroom.reference.crypto.closure import Cache, Knowledge, analyse, derivable
from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Bits, Field, Term
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.profile import UNIQUE_ID, Profile
from lockedroom.reference.segment.records import Announcement, Entry, Exchange, Message, Post

Record: TypeAlias = "Announcement | Entry | Exchange | Message | Post"

INTRUDER: Final = "intruder"
"""The name that every term of the intruder's own carries."""

ELSEWHERE: Final = 0
"""The number of a stay in the other segment: stays here begin with 1."""

_SECRET: Final = frozenset({"body", "derive", "kem-private", "shared", "signing", "fresh"})
_PUBLIC_PURPOSES: Final = frozenset({"incarnation"})
_SHARED_PURPOSES: Final = frozenset({"master", "rotation"})


def elsewhere(profile: Profile) -> Bits:
    """The id of another segment of the same creator: the very same where a profile makes it of the pid alone."""
    made_of: tuple[Field, ...] = ("another segment",) if profile.has(UNIQUE_ID) else ORIGIN[:1]
    return SUITE.digest(Transcript("LR-SEG-ID", made_of))


@cache
def own(insider: Name = "") -> Knowledge:
    """What the intruder knows before it has seen anything: its own key and fresh values; and the key of the member that
    it is, if it is one."""
    purposes = ("incarnation", "ephemeral", "encapsulate", "master", "rotation")
    drawn = {Term("fresh", INTRUDER, ELSEWHERE, purpose) for purpose in purposes}
    keys = {signing(name) for name in (INTRUDER, insider) if name}
    return frozenset(drawn | keys)


def terms_of(record: Record) -> Knowledge:
    """The terms that stand in a record."""
    fields = (getattr(record, name) for name in record.__dataclass_fields__)
    return frozenset(field for field in fields if isinstance(field, Term))


def meant_for(insider: Name, key: Bits) -> bool:
    """Whether a master key is the insider's own: it drew it, or somebody drew it to share it with the insider."""
    drawn = fresh_of(key)
    if drawn is None:
        return False
    return drawn[0] == INTRUDER or (bool(insider) and drawn[2] in _SHARED_PURPOSES and drawn[3][:1] == (insider,))


@cache
def revealed(record: Record, insider: Name = "") -> Term | None:
    """A secret that a record gives to the intruder without having been meant for it, if there is one. All that the
    insider may know of what stands in the record counts as known: so what no record gives away by itself, no number of
    them gives away together."""
    known = own(insider) | meant_in(record, insider)
    return secret_in(analyse(known | terms_of(record)), known)


@cache
def meant_in(record: Record, insider: Name) -> Knowledge:
    """What stands in a record, however deep, and was meant for the intruder: keys to share with the insider, and what
    is said to it."""
    inside = frozenset(term for field in terms_of(record) for term in _within(field))
    meant = {term for term in inside if meant_for(insider, term)}
    if insider and isinstance(record, Exchange | Message | Post) and record.recipient == insider:
        meant |= {term for term in inside if term.op == "body"}
    return frozenset(meant)


def secret_in(closure: Knowledge, known: Knowledge) -> Term | None:
    """A secret in what the intruder has taken apart that is not built from what it may know."""
    return min((term for term in closure if _is_secret(term, known)), default=None)


def _is_secret(term: Term, known: Knowledge) -> bool:
    if term.op not in _SECRET or derivable(known, term):
        return False
    if term.op == "shared" and derivable(known, Term("kem-private", *cast(Term, term.args[0]).args)):
        return False
    drawn = fresh_of(term)
    return drawn is None or drawn[2] not in _PUBLIC_PURPOSES


def _within(field: Field) -> Iterator[Term]:
    if isinstance(field, Term):
        yield field
        for part in field.args:
            yield from _within(part)
    elif isinstance(field, tuple):
        for part in field:
            yield from _within(part)


def from_elsewhere(record: Record, creator: Bits, foe: Name) -> bool:
    """Whether an honest member made a record in the other segment, whatever the record says. (The creator grants the
    names there to others: an entry that gives one the intruder's key comes from there, if the creator signed it.)"""
    if isinstance(record, Announcement | Exchange) and _signer(record.signature) in own(foe):
        return False
    match record:
        case Announcement():
            ephemeral = record.ephemeral
            made = ephemeral.args[0] if isinstance(ephemeral, Term) and ephemeral.op == "kem-public" else ephemeral
        case Exchange():
            made = master_in(record) or b""
        case Entry():
            by_creator = isinstance(creator, Term) and _signer(record.signature) == creator.args[0]
            return record.key == static_key(INTRUDER) and by_creator
        case _:
            return False
    drawn = fresh_of(made)
    return drawn is not None and drawn[0] != INTRUDER and drawn[1] == ELSEWHERE


def _signer(signature: Bits) -> Field:
    """The key that made a signature."""
    return signature.args[0] if isinstance(signature, Term) and signature.op == "sign" else b""


def master_in(record: Exchange) -> Term | None:
    """The master key in an exchange, whoever can unwrap it."""
    wrapped = record.wrapped
    inner = wrapped.args[1] if isinstance(wrapped, Term) and wrapped.op == "wrap" else None
    return inner if isinstance(inner, Term) else None


class Learnt:
    """What the intruder makes of what it has seen, by the closure, each question asked once."""

    def __init__(self, insider: Name) -> None:
        self._own = own(insider)
        self._cache = Cache()
        self._masters: dict[frozenset[object], tuple[tuple[Term, Exchange], ...]] = {}

    def masters(self, seen: frozenset[object]) -> tuple[tuple[Term, Exchange], ...]:
        """The master keys of others that it can derive, each with the exchange that it came in."""
        found = self._masters.get(seen)
        if found is None:
            exchanges = sorted((one for one in seen if isinstance(one, Exchange)), key=repr)
            known = analyse(self._own.union(*map(terms_of, exchanges)), self._cache)
            inside = ((master_in(one), one) for one in exchanges)
            found = tuple((key, one) for key, one in inside if key is not None and derivable(known, key, self._cache))
            self._masters[seen] = found
        return found
