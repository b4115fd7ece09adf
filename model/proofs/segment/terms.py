"""What the engine's terms are in the abstract system: the values of its functions and fixed relations on them.

An abstract element is the term, number or name that stands for it in the engine: an announcement is what its signature
covers, a sealed record is its seal, a state of the list is its digest, which spells the list out. A field that a term
does not have, since it was not built like that, is `Other`: something that equals nothing else, and of which nothing is
known. So are all elements that a footprint does not show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from lockedroom.model.proofs.partial import Element, Truth, Tuple
from lockedroom.model.segment.engine import static_key
from lockedroom.reference.crypto.terms import Bits, Field, Term
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.records import ACKNOWLEDGE, EXCHANGE, JOIN, ROTATE, SEND

Covered: TypeAlias = tuple[Field, ...]
"""A transcript as it stands in a term: its tag and its fields."""

HEADER, ENTRY, ANNOUNCE = "LR-SEG-HEADER", "LR-SEG-ENTRY", "LR-SEG-ANNOUNCE"
EXCHANGED, SEALED, POSTED = "LR-SEG-EXCHANGE", "LR-SEG-MESSAGE", "LR-SEG-POST"
_LENGTHS: Final = {HEADER: 9, ENTRY: 7, ANNOUNCE: 7, EXCHANGED: 11, SEALED: 11, POSTED: 9}


@dataclass(frozen=True, slots=True)
class Other:
    """An element of a sort that nothing is known of."""

    sort: str

    def __str__(self) -> str:
        return f"another {self.sort}"


@dataclass(frozen=True, slots=True)
class Process:
    """The process that acts under a name at the moment."""

    name: Name


@dataclass(frozen=True, slots=True)
class Capsule:
    """A ciphertext with what is wrapped under the secret in it."""

    ciphertext: Bits
    wrapped: Bits

    def opened(self) -> tuple[Field, Field, Covered] | None:
        """The key that it was made for, the master, and the context of the key-encryption key."""
        sent, inner = self.ciphertext, self.wrapped
        if not (isinstance(sent, Term) and sent.op == "kem" and isinstance(inner, Term) and inner.op == "wrap"):
            return None
        key = inner.args[0]
        if not (isinstance(key, Term) and key.op == "derive" and key.args[1] == "kek"):
            return None
        context = key.args[2]
        if key.args[0] != Term("shared", *sent.args) or not isinstance(context, tuple) or len(context) != 7:
            return None
        return sent.args[0], inner.args[1], context


def signed(signature: Bits, tag: str) -> tuple[Bits, Covered] | None:
    """Whose signature it is (the public key) and what it covers, if that is a record of this kind."""
    if not isinstance(signature, Term) or signature.op != "sign":
        return None
    key, covered = signature.args
    if not isinstance(covered, tuple) or covered[0] != tag or len(covered) != _LENGTHS[tag]:
        return None
    return Term("public", key), covered


def sealed(seal: Bits, tag: str) -> Covered | None:
    """What is authenticated with a seal, if that is a record of this kind."""
    if not isinstance(seal, Term) or seal.op != "seal" or not isinstance(seal.args[2], tuple):
        return None
    covered = seal.args[2]
    return covered if covered[0] == tag and len(covered) == _LENGTHS[tag] else None


def drawn(term: object) -> tuple[Name, int, str, Covered] | None:
    """Who drew a fresh term, in which stay, what for, and its context."""
    if isinstance(term, Term) and term.op == "fresh" and len(term.args) >= 3:
        who, stay, purpose = term.args[:3]
        if isinstance(who, str) and isinstance(stay, int) and isinstance(purpose, str):
            return who, stay, purpose, term.args[3:]
    return None


def founder(segment: object) -> Name | None:
    """Who drew the bytes that a segment id is the digest of: nobody, for one of another segment."""
    if isinstance(segment, Term) and segment.op == "digest" and isinstance(segment.args[0], tuple):
        found = drawn(segment.args[0][1])
        return found[0] if found else None
    return None


def entry(head: object) -> Covered | None:
    """The last entry of a list."""
    if isinstance(head, Term) and head.op == "digest" and isinstance(head.args[0], tuple):
        covered = head.args[0]
        if covered[0] == ENTRY and len(covered) == _LENGTHS[ENTRY]:
            return covered
    return None


def states(head: object) -> Iterator[Element]:
    """The states of a list up to this one, the last first."""
    while (last := entry(head)) is not None:
        yield head
        head = last[3]


def whole(head: object) -> bool:
    """Whether a list is of one segment, from its first entry on."""
    entries = [entry(state) for state in states(head)]
    if not entries or entries[-1] is None:
        return False
    segment = entries[-1][1]
    begins = entries[-1][3] == Term("digest", ("LR-SEG-ROOT", segment))
    return begins and all(one is not None and one[1] == segment for one in entries)


def master(key: Bits) -> Element:
    """The master that a key is derived from."""
    return key.args[0] if isinstance(key, Term) and key.op == "derive" else Other("master")


_PLACES: Final[Mapping[str, Mapping[str, int]]] = {
    "h": {"segment": 1, "subject": 4, "key": 5},
    "a": {"segment": 1, "name": 2, "incarnation": 3, "ephemeral": 4, "head": 6},
    "x": {"segment": 1, "sender": 2, "recipient": 3, "from": 4, "to": 5, "ephemeral": 6, "head": 10},
    "c": {"segment": 1, "maker": 2, "taker": 3, "from": 4, "to": 5, "ephemeral": 6},
    "k": {"segment": 1, "number": 2, "proposer": 3, "first": 4, "other": 5, "second": 6},
    "b": {"segment": 1, "proposer": 3, "first": 4, "other": 5, "second": 6},
    "g": {
        "segment": 1,
        "sender": 2,
        "recipient": 3,
        "from": 4,
        "to": 5,
        "number": 6,
        "proposer": 7,
        "rotation": 10,
    },
    "p": {"segment": 1, "sender": 2, "recipient": 3, "from": 4, "to": 5, "proposer": 7, "count": 8},
}
"""Where a field stands in what a shape is read from: what a signature, a seal or a derivation covers."""

_DERIVED: Final = {"k": ("forth", "back"), "b": ("board",)}


class Terms:
    """The functions and fixed relations, on terms: `sorts` are those of the functions' values, `honest` are the members
    whose keys are their own, `foe` is the one who is not, `segment` is the room's."""

    def __init__(self, sorts: Mapping[str, str], honest: Iterable[Name], foe: Name, creator: Name) -> None:
        self._sorts = sorts
        self._honest = frozenset(honest)
        self._all = not foe
        self._creator = static_key(creator)
        self.segment: Element = Other("segment")
        self._values: dict[tuple[str, Tuple], Element] = {}

    def settle(self, segment: Element) -> None:
        """Say which room the processes are in from now on."""
        self.segment = segment

    def value(self, function: str, arguments: Tuple) -> Element:
        """The value of a function."""
        if function == "room":
            return self.segment
        key = (function, arguments)
        found = self._values.get(key)
        if found is None:
            got = self._value(function, arguments)
            found = self._values[key] = Other(self._sorts[function]) if got is None else got
        return found

    def _value(self, function: str, arguments: Tuple) -> Element | None:
        if not arguments:
            return 0 if function == "zero" else None
        of = arguments[0]
        match function:
            case "who":
                return of.name if isinstance(of, Process) else None
            case "static":
                return static_key(of.name) if isinstance(of, Process) else None
            case "creator":
                return self._creator
            case "of":
                found = drawn(of)
                return Process(found[0]) if found and found[1] and found[2] == "incarnation" else None
            case "kem":
                found = drawn(of)
                stay = Term("fresh", found[0], found[1], "ephemeral") if found else None
                return Term("kem-public", stay) if stay and found and found[2] == "incarnation" else None
        prefix, _, field = function.partition("_")
        return self._field(prefix, field, of)

    def _field(self, prefix: str, field: str, of: Element) -> Element | None:
        match prefix, of:
            case "h", _:
                covered = entry(of)
            case ("c", Capsule()):
                opened = of.opened()
                if opened is None:
                    return None
                covered = opened[2]
                if field in ("opens", "master"):
                    return opened[field == "master"]
            case (("k" | "b"), Term(op="derive", args=(secret, label, context))):
                if label not in _DERIVED[prefix] or not isinstance(context, tuple) or len(context) != 7:
                    return None
                if field == "master":
                    return secret
                covered = context
            case (("g" | "p"), Term(op="seal", args=(key, nonce, header, body))):
                assert isinstance(header, tuple) and isinstance(nonce, tuple), "elements are well built"
                match field:
                    case "cipher" | "board":
                        labels = _DERIVED["k" if field == "cipher" else "b"]
                        return key if isinstance(key, Term) and key.op == "derive" and key.args[1] in labels else None
                    case "body":
                        return body
                    case "count" if prefix == "g":
                        return nonce[1]
                    case "master":
                        wraps = header[9] == ROTATE and isinstance(body, Term) and body.op == "wrap"
                        return cast(Term, body).args[1] if wraps else None
                covered = header
            case (("a" | "x"), tuple()):
                if (prefix, field) == ("x", "capsule"):
                    return Capsule(cast(Bits, of[7]), cast(Bits, of[8]))
                covered = cast(Covered, of)
            case _:
                return None
        return covered[_PLACES[prefix][field]] if covered is not None else None

    def fixed(self, relation: str, arguments: Tuple) -> Truth:
        """Whether a fixed relation holds."""
        one, other = arguments[0], arguments[-1]
        if relation == "upto" and not isinstance(other, Other):
            return one == other or one in states(other)
        if relation == "chosen" and not isinstance(one, Other):
            return arguments[1:] in cast("frozenset[Tuple]", one)
        if isinstance(one, Other) or isinstance(other, Other):
            return None
        match relation:
            case "below" | "less":
                return cast(int, one) < cast(int, other)
            case "may_join" | "may_exchange" | "may_send":
                last = entry(one)
                bit = {"may_join": JOIN, "may_exchange": EXCHANGE, "may_send": SEND}[relation]
                return None if last is None else bool(cast(int, last[6]) & bit)
            case "confided":
                return self._confided(one)
        assert isinstance(one, Term), "keys, records and posts are terms"
        if relation == "forth":
            return one.args[1] == "forth"
        header, nonce = cast(Covered, one.args[2]), cast(Covered, one.args[1])
        match relation:
            case "is_rotation":
                return header[9] == ROTATE
            case "is_acknowledgement":
                return header[9] == ACKNOWLEDGE
            case "proposers":
                return nonce[0] == 1
        raise KeyError(relation)

    def _confided(self, body: Element) -> bool:
        """What honest members say to an honest one, or to all where all are honest."""
        if not isinstance(body, Term) or body.op != "body" or body.args[0] not in self._honest:
            return False
        return body.args[1] in self._honest or (body.args[1] == "*" and self._all)

    def related(self, sort: str, of: Element, functions: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Element]]:
        """The elements that formulas lead to from one: its fields, given by the functions on its sort; and of a list
        the states before."""
        for function, value in functions:
            yield value, self.value(function, (of,))
        if sort == "head":
            for state in states(of):
                yield sort, state
