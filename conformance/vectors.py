"""The format of the known-answer vectors: the layout that users of Wycheproof know, its schema, and a strict reader.

A file is of one algorithm; each of its groups is of one type, and the type says which fields a test has. Nothing is
computed here: `vectors_make` makes the files, `vectors_run` runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, cast

from jsonschema import Draft202012Validator

from lockedroom.conformance.observation import Clause
from lockedroom.conformance.schemas import (
    DRAFT,
    Json,
    Malformed,
    Mismatch,
    NotJson,
    by_value,
    check,
    closed,
    parse,
    schema_of,
    validator_of,
    value_of,
)
from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Field

FOLDER: Final = Path(__file__).resolve().parent / "vectors" / "known_answers"
SCHEMA: Final = "vectors.schema.json"

Hex: TypeAlias = Annotated[str, {"pattern": "^([0-9a-f]{2})*$"}]
Text: TypeAlias = Annotated[str, {"minLength": 1, "maxLength": 500}]

_TRANSCRIPT: Final = "transcript"
TYPES: Final[Mapping[str, Mapping[str, object]]] = {
    "Transcript": {"transcript": _TRANSCRIPT, "encoding": Hex},
    "Digest": {"transcript": _TRANSCRIPT, "message": Hex, "digest": Hex},
    "Derive": {"secret": Hex, "label": str, "context": _TRANSCRIPT, "info": Hex, "key": Hex},
    "Sign": {"private": Hex, "public": Hex, "transcript": _TRANSCRIPT, "message": Hex, "sig": Hex},
    "Verify": {"public": Hex, "transcript": _TRANSCRIPT, "message": Hex, "sig": Hex},
    "KeyWrap": {"key": Hex, "msg": Hex, "ct": Hex},
    "Seal": {"key": Hex, "iv": Hex, "header": _TRANSCRIPT, "aad": Hex, "msg": Hex, "ct": Hex},
    "KeyPair": {"private": Hex, "public": Hex},
    "Encapsulate": {"public": Hex, "entropy": Hex, "ct": Hex, "ss": Hex},
    "Decapsulate": {"private": Hex, "ct": Hex, "ss": Hex},
    "Record": {"encoding": Hex, "kind": str, "fields": object},
    "Ed25519": {"private": Hex, "public": Hex, "message": Hex, "sig": Hex},
    "X25519": {"private": Hex, "public": Hex, "peer": Hex, "shared": Hex},
    "Hkdf": {"ikm": Hex, "info": Hex, "okm": Hex},
    "Aead": {"key": Hex, "iv": Hex, "aad": Hex, "msg": Hex, "ct": Hex},
    "Sha256": {"message": Hex, "digest": Hex},
}
"""What a test of each type has beside `tcId`, `comment`, `flags` and `result`. Of an invalid one, what it would give is
empty."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a flag means, and the bug that its tests catch."""

    bugType: Text
    description: Text


@dataclass(frozen=True, slots=True)
class Source:
    """Where a group comes from."""

    name: Text
    version: Text


@dataclass(frozen=True, slots=True)
class Group:
    """Tests of one type, for each of these suites; `clauses` are those that they exercise."""

    type: str
    source: Source
    suites: tuple[Literal["LR0", "LR1"], ...]
    clauses: tuple[Clause, ...]
    tests: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True)
class VectorFile:
    """One file."""

    algorithm: Text
    schema: Literal["vectors.schema.json"]
    generatorVersion: Text
    numberOfTests: Annotated[int, {"minimum": 1}]
    header: tuple[Text, ...]
    notes: Mapping[str, Note]
    testGroups: tuple[Group, ...]


class MalformedVectors(Malformed):
    """A file that is none of vectors: which, where in it, and what is wrong there."""


def vectors_schema() -> dict[str, Json]:
    """The schema of a file, from the models above: no field may be there that it does not name."""
    file = schema_of(VectorFile)
    group = schema_of(Group)
    cast("dict[str, Json]", group["properties"])["type"] = {"enum": list(TYPES)}
    cases: dict[str, Mapping[str, Json]] = {
        kind: {"properties": {"tests": {"items": _test_schema(fields)}}} for kind, fields in TYPES.items()
    }
    group["allOf"] = by_value("type", cases)
    cast("dict[str, Json]", file["properties"])["testGroups"] = {"type": "array", "minItems": 1, "items": group}
    field: Json = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {
            "int": {"type": "integer", "minimum": 0, "maximum": 2**64 - 1},
            "hex": schema_of(Hex),
            "text": {"type": "string"},
            "list": {"type": "array", "items": {"$ref": "#/$defs/field"}},
        },
    }
    transcript = closed({"tag": {"type": "string"}, "fields": {"type": "array", "items": {"$ref": "#/$defs/field"}}})
    title = "Known-answer vectors of lockedroom, in the layout of Wycheproof"
    return {"$schema": DRAFT, "title": title, **file, "$defs": {"field": field, "transcript": transcript}}


def _test_schema(fields: Mapping[str, object]) -> dict[str, Json]:
    common: dict[str, Json] = {
        "tcId": {"type": "integer", "minimum": 1},
        "comment": {"type": "string"},
        "flags": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    }
    own: dict[str, Json] = {
        name: {"$ref": "#/$defs/transcript"} if kind == _TRANSCRIPT else schema_of(kind)
        for name, kind in fields.items()
    }
    return closed({**common, **own, "result": {"enum": ["valid", "invalid"]}})


@cache
def _validator() -> Draft202012Validator:
    return validator_of(vectors_schema())


def files() -> tuple[Path, ...]:
    """The committed files, sorted."""
    return tuple(sorted(FOLDER.glob("*.json")))


def read_vectors(path: Path) -> VectorFile:
    """The vectors in a file. Raises MalformedVectors: for an unknown field, a wrong count, a flag without a note."""
    try:
        value = parse(path.read_bytes())
        check(_validator(), value)
    except (NotJson, Mismatch) as problem:
        raise MalformedVectors(path.name, str(problem)) from None
    found = value_of(VectorFile, value)
    tests = [test for group in found.testGroups for test in group.tests]
    if len(tests) != found.numberOfTests:
        raise MalformedVectors(path.name, f"numberOfTests is {found.numberOfTests}, and there are {len(tests)}")
    if [test["tcId"] for test in tests] != list(range(1, len(tests) + 1)):
        raise MalformedVectors(path.name, "tcId does not count from 1")
    types = [group.type for group in found.testGroups]
    if len(set(types)) != len(types):
        raise MalformedVectors(path.name, "two groups are of one type")
    used = {flag for test in tests for flag in cast("list[str]", test["flags"])}
    if used != found.notes.keys():
        raise MalformedVectors(path.name, f"flags and notes differ: {sorted(used ^ found.notes.keys())}")
    return found


def transcript_of(value: object) -> Transcript:
    """The transcript that a vector's field means."""
    said = cast("Mapping[str, object]", value)
    return Transcript(cast(str, said["tag"]), tuple(_field(one) for one in cast("list[object]", said["fields"])))


def _field(value: object) -> Field:
    ((kind, content),) = cast("Mapping[str, object]", value).items()
    match kind, content:
        case "hex", str():
            return bytes.fromhex(content)
        case "list", list():
            return tuple(_field(one) for one in content)
        case _:
            return cast("int | str", content)
