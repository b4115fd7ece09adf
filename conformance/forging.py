"""Records that an intruder puts into the store, made of what a trace says of them (spec/traces.md, *The intruder*).

A record is one that a step has left, as it was or with fields changed, or one whose every field is said. What a field
gets is said as a value: plain, or an operation of the suite on values. The same text gives terms under the symbolic
suite and bytes under a real one. Nothing here knows of stores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Annotated, Any, Final, TypeAlias, cast

from lockedroom.conformance.entropy import Keys
from lockedroom.conformance.schemas import Json, schema_of
from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Bits, Field, Term
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.records import LAYOUTS, Capacity, Epoch, Record

Recipe: TypeAlias = Annotated[object, {"$ref": "#/$defs/record"}]
"""What a record is made of, in the arguments of an intruder's step."""

KINDS: Final[Mapping[str, type[Record]]] = {kind.__name__.lower(): kind for kind in LAYOUTS}
"""The records by the names that a recipe uses."""

Value: TypeAlias = Annotated[object, {"$ref": "#/$defs/value"}]
"""What a field is, in words."""

OPERATIONS: Final = (
    "field",
    "fresh",
    "static",
    "public",
    "sign",
    "kem-public",
    "kem-private",
    "kem",
    "shared",
    "decapsulate",
    "wrap",
    "unwrap",
    "seal",
    "open",
    "derive",
    "digest",
    "body",
    "bytes",
)
"""What a value can be made by."""

_COMPOUND: Final[Mapping[str, Callable[..., object]]] = {"epoch": Epoch, "capacity": Capacity}


class Impossible(Exception):
    """A record that cannot be made in this run: why."""


def definitions() -> dict[str, Json]:
    """The schemas of a recipe and of a value, for `$defs`."""
    count = schema_of(Annotated[int, {"minimum": 0}])
    value: Json = {"$ref": "#/$defs/value"}
    values: Json = {"type": "array", "items": value}
    named = sorted({field.name for kind in KINDS.values() for field in fields(kind)})
    change: Json = {"type": "object", "propertyNames": {"enum": named}, "additionalProperties": value}
    left: Json = {"required": ["step", "record"], "not": {"required": ["kind"]}}
    made: Json = {"required": ["kind", "change"], "not": {"required": ["step"]}}
    operation: Json = {
        "type": "object",
        "propertyNames": {"enum": list(OPERATIONS)},
        "additionalProperties": values,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {
        "record": {
            "type": "object",
            "properties": {"step": count, "record": count, "kind": {"enum": list(KINDS)}, "change": change},
            "additionalProperties": False,
            "oneOf": [left, made],
        },
        "value": {"anyOf": [{"type": "integer"}, {"type": "string"}, values, operation]},
    }


class Forge:
    """Makes records in a run with these keys; `left` is what each of its steps has left so far."""

    __slots__ = ("_keys", "_left")

    def __init__(self, keys: Keys, left: Mapping[int, Sequence[Record]]) -> None:
        self._keys = keys
        self._left = left

    def record(self, said: Json, *kinds: type[Record]) -> Record:
        """The record of a recipe, which must be of one of these kinds. Raises Impossible."""
        found = self._record(said)
        if not isinstance(found, kinds):
            raise Impossible(f"{type(found).__name__.lower()} has no place there")
        return found

    def _record(self, said: Json) -> Record:
        recipe = cast(Mapping[str, Json], said)
        changed = {
            name: _fitting(name, self.value(value))
            for name, value in cast(Mapping[str, Json], recipe.get("change", {})).items()
        }
        try:
            if "kind" in recipe:
                return KINDS[cast(str, recipe["kind"])](**changed)  # type: ignore[arg-type] # whatever a trace says
            base = self.left(cast(int, recipe["step"]), cast(int, recipe["record"]))
            return cast(Record, replace(cast(Any, base), **changed))
        except TypeError as problem:
            raise Impossible(f"no such record ({problem})") from None

    def unlike(self, said: Json, name: str, value: Json) -> str:
        """How the field of that name, of a record that a step has left, differs from a value in words; empty when it
        does not. Raises Impossible for a record that there is not."""
        found = getattr(self._record(said), name, None)
        try:
            wanted = _fitting(name, self.value(value))
        except Impossible as why:
            return f"its {name} cannot be that: {why}"
        return "" if found == wanted else f"its {name} is another"

    def left(self, step: int, number: int) -> Record:
        """What a step has left. Raises Impossible."""
        records = self._left.get(step, ())
        if number >= len(records):
            raise Impossible(f"step {step} left no record {number}")
        return records[number]

    def value(self, said: Json) -> Field:
        """What a value stands for. Raises Impossible."""
        if isinstance(said, Mapping):
            ((operation, arguments),) = said.items()
            try:
                return self._made(operation, [self.value(one) for one in cast(Sequence[Json], arguments)])
            except (TypeError, ValueError, AttributeError, IndexError) as problem:
                raise Impossible(f"{operation} of what it cannot be of ({problem})") from None
        if isinstance(said, list):
            return tuple(self.value(one) for one in said)
        if isinstance(said, int | str):
            return said
        raise Impossible(f"{said!r} is no value")

    def _made(self, operation: str, given: list[Field]) -> Field:
        suite = self._keys.suite
        match operation, given:
            case "field", [int() as step, int() as number, str() as name]:
                return cast(Field, getattr(self.left(step, number), name))
            case "fresh", [str() as actor, int() as step, str() as purpose, *context]:
                return self._keys.fresh(actor, step).draw(purpose, *context)
            case "static", [str() as name]:
                return self._keys.signing(name)
            case "body", [str() as text]:
                return self._keys.body(text)
            case "bytes", [str() as digits]:
                return bytes.fromhex(digits)
            case "public", [private]:
                return suite.signing_public(_bits(private))
            case "sign", [private, said]:
                return suite.sign(_bits(private), _transcript(said))
            case "kem-public", [entropy]:
                return suite.kem_keypair(_bits(entropy)).public
            case "kem-private", [entropy]:
                return suite.kem_keypair(_bits(entropy)).private
            case (("kem" | "shared"), [public, entropy]):
                made = suite.encapsulate(_bits(public), _bits(entropy))
                if made is None:
                    raise Impossible("that is no key to encapsulate to")
                return made.ciphertext if operation == "kem" else made.secret
            case "decapsulate", [private, ciphertext]:
                return _there(suite.decapsulate(_bits(private), _bits(ciphertext)))
            case "wrap", [key, secret]:
                return suite.wrap(_bits(key), _bits(secret))
            case "unwrap", [key, wrapped]:
                return _there(suite.unwrap(_bits(key), _bits(wrapped)))
            case "seal", [key, (int() as high, int() as low), header, body]:
                return suite.seal(_bits(key), (high, low), _transcript(header), _bits(body))
            case "open", [key, (int() as high, int() as low), header, sealed]:
                return _there(suite.open(_bits(key), (high, low), _transcript(header), _bits(sealed)))
            case "derive", [secret, str() as label, context]:
                return suite.derive(_bits(secret), label, _transcript(context))
            case "digest", [said]:
                return suite.digest(_transcript(said))
        raise Impossible(f"{operation} is not made of that")


def signed_by(said: Json) -> frozenset[Name]:
    """Whose static private keys a recipe, or a part of one, uses."""
    return _first_of("static", said)


def draws(said: Json) -> frozenset[Name]:
    """Whose fresh values a recipe, or a part of one, uses."""
    return _first_of("fresh", said)


def _first_of(operation: str, said: Json) -> frozenset[Name]:
    if isinstance(said, Mapping):
        own = {str(name) for name in cast(Sequence[Json], said.get(operation, ()))[:1]}
        return frozenset(own).union(*(_first_of(operation, one) for one in said.values()))
    if isinstance(said, list):
        return frozenset[Name]().union(*(_first_of(operation, one) for one in said))
    return frozenset()


def _fitting(name: str, value: Field) -> object:
    compound = _COMPOUND.get(name)
    if compound is None:
        return value
    if not isinstance(value, tuple):
        raise Impossible(f"{name} is a list")
    try:
        return compound(*value)
    except TypeError as problem:
        raise Impossible(f"no {name} ({problem})") from None


def _bits(value: Field) -> Bits:
    if isinstance(value, bytes | Term):
        return value
    raise Impossible(f"{value!r} is no key, signature or ciphertext")


def _transcript(value: Field) -> Transcript:
    if isinstance(value, tuple) and value and isinstance(value[0], str):
        return Transcript(value[0], value[1:])
    raise Impossible(f"{value!r} is no transcript: a tag and fields")


def _there(value: Bits | None) -> Bits:
    if value is None:
        raise Impossible("it does not open, or is no key")
    return value
