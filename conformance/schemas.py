"""JSON Schemas from frozen dataclasses, and values of those dataclasses from JSON that such a schema accepts.

Trace format and adapter protocol are described by their dataclasses alone; nothing here knows either. A
constraint that a type cannot say stands beside it: `Annotated[int, {"minimum": 0}]`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Final, Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""What JSON can say."""

Model = TypeVar("Model")

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


class NotJson(Exception):
    """Text that is no JSON, or JSON of a kind that no format here has (a fraction, a name said twice)."""


class Malformed(Exception):
    """A file that is not what it should be: which, where in it if that can be said, and what is wrong there. Nobody
    raises it itself. The exit code is 3."""

    exit_code: Final = 3

    def __init__(self, source: str, *said: str) -> None:
        super().__init__(source, *said)

    def __str__(self) -> str:
        return ": ".join(self.args)


class Mismatch(Exception):
    """JSON that a schema does not accept: where, and what is wrong there."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place, problem)
        self.place = place
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


# ---- schemas -----------------------------------------------------------------------------------------


def schema_of(kind: object) -> dict[str, Json]:
    """The schema of a type: of a dataclass an object without further fields."""
    if get_origin(kind) is Annotated:
        inner, *extra = get_args(kind)
        found = schema_of(inner)
        for more in extra:
            found |= more
        return found
    if kind is object:
        return {}
    if kind is str:
        return {"type": "string"}
    if kind is bool:
        return {"type": "boolean"}
    if kind is int:
        return {"type": "integer"}
    origin = get_origin(kind)
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if origin is tuple:
        return {"type": "array", "items": schema_of(get_args(kind)[0])}
    if origin is not None and origin is get_origin(Mapping[str, int]):
        named, value = get_args(kind)
        return {"type": "object", "propertyNames": schema_of(named), "additionalProperties": schema_of(value)}
    if origin in (Union, UnionType):
        (inner,) = (part for part in get_args(kind) if part is not NoneType)
        return schema_of(inner)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        required = [field.name for field in fields(kind) if field.default is MISSING]
        return closed({field.name: schema_of(hints[field.name]) for field in fields(kind)}, required)
    raise TypeError(f"no schema for {kind}")


def closed(properties: Mapping[str, Json], required: Sequence[str] | None = None) -> dict[str, Json]:
    """The schema of an object with these fields and no other; all are required unless told."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties if required is None else required),
        "additionalProperties": False,
    }


def by_value(field: str, cases: Mapping[str, Mapping[str, Json]]) -> list[Json]:
    """For each value of `field` what else holds then: a list for `allOf`."""
    return [
        {"if": {"properties": {field: {"const": value}}, "required": [field]}, "then": then}
        for value, then in cases.items()
    ]


# ---- reading -----------------------------------------------------------------------------------------


def content(path: Path, largest: int, malformed: type[Malformed]) -> bytes:
    """What a file holds. Raises `malformed` when that is more than `largest` bytes, and OSError."""
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise malformed(path.name, f"larger than {largest} bytes")
    return data


def parse(text: str | bytes) -> Json:
    """JSON, strictly: no fraction, no NaN, no name twice. Raises NotJson with line and column."""
    try:
        return cast(
            Json,
            json.loads(text, object_pairs_hook=_object, parse_float=_no_fraction, parse_constant=_no_fraction),
        )
    except json.JSONDecodeError as problem:
        raise NotJson(f"line {problem.lineno}, column {problem.colno}: {problem.msg}") from None
    except UnicodeDecodeError as problem:
        raise NotJson(f"byte {problem.start}: not UTF-8") from None
    except RecursionError:
        raise NotJson("nested too deep") from None
    except ValueError as problem:
        raise NotJson(str(problem)) from None


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise NotJson(f"the name {next(name for name in names if names.count(name) > 1)!r} stands twice in one object")
    return found


def _no_fraction(text: str) -> Json:
    raise NotJson(f"the number {text}: only whole numbers are used")


def check(validator: Draft202012Validator, value: Json) -> None:
    """Raises Mismatch, with the place that explains most, when the schema does not accept the value."""
    try:
        found = best_match(validator.iter_errors(value))
        if found is not None:
            raise Mismatch(_place(found), _problem(found))
    except RecursionError:
        raise Mismatch("the whole", "nested too deep") from None


def _place(error: ValidationError) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    return path.removeprefix(".") or "the whole"


def _problem(error: ValidationError) -> str:
    message = str(error.message)
    if error.validator == "required":
        # One at a time would take a writer of an adapter as many runs as there are fields.
        instance = cast("Mapping[str, Json]", error.instance)
        missing = [repr(name) for name in cast("list[str]", error.validator_value) if name not in instance]
        if len(missing) > 1:
            message = f"{', '.join(missing)} are required properties"
    return message if len(message) <= 300 else f"{message[:200]} … {message[-80:]}"


def value_of(kind: type[Model], value: Json) -> Model:
    """The value of a dataclass in JSON that its schema accepts."""
    return cast(Model, _value_of(kind, value))


def _value_of(kind: object, value: Json) -> object:
    if get_origin(kind) is Annotated:
        return _value_of(get_args(kind)[0], value)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return next(_value_of(part, value) for part in get_args(kind) if part is not NoneType)
    if origin is tuple and isinstance(value, list):
        return tuple(_value_of(get_args(kind)[0], item) for item in value)
    if isinstance(value, dict):
        if isinstance(kind, type) and is_dataclass(kind):
            hints = get_type_hints(kind, include_extras=True)
            return kind(**{name: _value_of(hints[name], item) for name, item in value.items()})
        if origin is not None and len(get_args(kind)) == 2:
            return {name: _value_of(get_args(kind)[1], item) for name, item in value.items()}
    return value


# ---- writing -----------------------------------------------------------------------------------------


def json_of(value: object) -> Json:
    """A value of a dataclass as JSON; fields that hold their default None are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: json_of(getattr(value, field.name))
            for field in fields(value)
            if not (field.default is None and getattr(value, field.name) is None)
        }
    if isinstance(value, Mapping):
        return {str(name): json_of(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [json_of(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"no JSON for {value!r}")


def line_of(value: Json) -> str:
    """JSON on one line, ASCII alone, so that no reader can find another end of line in it."""
    return json.dumps(value, ensure_ascii=True, separators=(", ", ": "))


def pretty(value: Json) -> str:
    """JSON for a committed file."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def fields_of(kind: type) -> Iterator[Field[object]]:
    """The fields of a dataclass."""
    yield from fields(kind)


def validator_of(schema: Mapping[str, Json]) -> Draft202012Validator:
    """A validator of one schema, which is checked first."""
    Draft202012Validator.check_schema(dict(schema))
    return Draft202012Validator(dict(schema))


def committed(name: str) -> Path:
    """Where a schema is committed: in `spec/`, beside the chapter that explains it."""
    return Path(__file__).resolve().parent.parent / "spec" / name
