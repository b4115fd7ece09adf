"""Values of slots as values of the Informal Trace Format, as words for people, and what differs between two of them.

The format is https://apalache-mc.org/docs/adr/015adr-trace.html: truths, whole numbers, texts, lists, records, tuples,
sets and maps. A dataclass becomes a variant (`tag` and `value`), as Quint writes its sum types; a term and an enum
member become text; what the format has no place for becomes `#unserializable`. The same value gives the same bytes:
sets are sorted. Nothing is ever read back: values are compared as they were written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Final, TypeAlias

from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.machine import Slot

Itf: TypeAlias = "bool | int | str | Sequence[Itf] | Mapping[str, Itf]"
"""A value of the format, as JSON."""

NOTHING: Final[Mapping[str, Itf]] = {"tag": "Nothing", "value": {}}
"""What Python's None becomes. (Readers make classes of tags, and none can be called None.)"""

_LARGEST: Final = 2**53 - 1
"""The largest number that every JSON reader keeps."""
_ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+")
_DEPTH: Final = 2
"""How deep values are said in words."""


def itf(value: object) -> Itf:
    """A value of a slot, an argument or an event in the format."""
    match value:
        case None:
            return NOTHING
        case bool():
            return value
        case Enum():
            return value.name
        case int():
            return int(value) if abs(value) <= _LARGEST else {"#bigint": str(int(value))}
        case str():
            return str(value)
        case Term():
            return repr(value)
        case Slot():
            return str(value)
        case bytes():
            return {"tag": "bytes", "value": value.hex()}
        case frozenset() | set():
            return {"#set": sorted(map(itf, value), key=_key)}
        case Mapping():
            pairs: list[Itf] = [[itf(key), itf(held)] for key, held in value.items()]
            return {"#map": sorted(pairs, key=_key)}
        case list():
            return [itf(item) for item in value]
        case tuple():
            names = getattr(value, "_fields", None)
            if names is not None:
                return _variant(value, names)
            return {"#tup": [itf(item) for item in value]}
    if is_dataclass(value) and not isinstance(value, type):
        return _variant(value, [field.name for field in fields(value)])
    return {"#unserializable": _ADDRESS.sub("", repr(value))}


def _variant(value: object, names: Sequence[str]) -> Itf:
    return {"tag": type(value).__name__, "value": {name: itf(getattr(value, name)) for name in names}}


def _key(value: Itf) -> str:
    return json.dumps(value, sort_keys=True)


def state_itf(state: Mapping[Slot, Hashable]) -> dict[str, Itf]:
    """A state: the value of every slot by the slot's name."""
    return {str(slot): itf(value) for slot, value in state.items()}


# ---- words -------------------------------------------------------------------------------------------


def words(value: Itf, depth: int = _DEPTH) -> str:
    """A value for people, on one line. What lies deeper is `…`; fields that say nothing are left out."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return _shallow(value, 2)
        case int():
            return str(value)
        case Mapping():
            return _compound(value, depth)
    return _listed(value, "[]", depth)


def _compound(value: Mapping[str, Itf], depth: int) -> str:
    if len(value) == 1:
        ((kind, inner),) = value.items()
        match kind, inner:
            case "#tup", [*items]:
                return _listed(items, "()", depth)
            case "#set", [*items]:
                return _listed(items, "{}", depth)
            case "#map", [*pairs]:
                if not pairs or depth <= 0:
                    return "{…}" if pairs else "{}"
                said = (f"{words(key, depth - 1)}: {words(held, depth - 1)}" for key, held in map(_pair, pairs))
                return "{" + ", ".join(said) + "}"
            case (("#bigint" | "#unserializable"), str()):
                return inner
    tag = _tag(value)
    if tag is None:
        return _record("", value, depth)
    inner = value["value"]
    if value == NOTHING:
        return "none"
    if isinstance(inner, str):
        return f"0x{inner}"
    return _record(tag, inner if isinstance(inner, Mapping) else {}, depth)


def _tag(value: Mapping[str, Itf]) -> str | None:
    tag = value.get("tag")
    return tag if isinstance(tag, str) and len(value) == 2 and "value" in value else None


def _pair(pair: Itf) -> tuple[Itf, Itf]:
    assert isinstance(pair, list | tuple), "a map holds pairs"
    return pair[0], pair[1]


def _record(name: str, held: Mapping[str, Itf], depth: int) -> str:
    said = {field: inner for field, inner in held.items() if not _empty(inner)}
    if said and depth <= 0:
        return f"{name}(…)"
    inside = ", ".join(f"{field} {words(inner, depth - 1)}" for field, inner in said.items())
    return f"{name}({inside})" if inside else name or "()"


def _empty(value: Itf) -> bool:
    return value in (NOTHING, {"#tup": []}, {"#set": []}, {"#map": []}, "")


def _listed(items: Sequence[Itf], brackets: str, depth: int) -> str:
    opened, closed = brackets[0], brackets[1]
    if items and depth <= 0:
        return f"{opened}…{closed}"
    return opened + ", ".join(words(item, depth - 1) for item in items) + closed


def _shallow(text: str, depth: int) -> str:
    """A text in which what stands deeper in parentheses than that is `…`: terms are nested far."""
    found: list[str] = []
    at = 0
    for letter in text:
        at -= letter == ")"
        if at < depth:
            found.append(letter)
        at += letter == "("
        if letter == "(" and at == depth:
            found.append("…")
    return "".join(found)


# ---- differences -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: where in the value, and what stands there on each side, as words. None: nothing there."""

    at: str
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        where = f"{self.at} " if self.at else ""
        if self.before is None:
            return f"{where}+ {self.after}"
        if self.after is None:
            return f"{where}- {self.before}"
        return f"{where}{self.before} → {self.after}"


def differences(before: Itf, after: Itf, at: str = "", depth: int = _DEPTH) -> Iterator[Difference]:
    """What differs between two values, as deep as both have the same shape; in words of that depth."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping) and before.keys() == after.keys():
        yield from _in_compound(before, after, at, depth)
    elif _is_list(before) and _is_list(after):
        yield from _in_list(before, after, at, depth)
    else:
        yield Difference(at, words(before, depth), words(after, depth))


def _is_list(value: Itf) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _in_compound(before: Mapping[str, Itf], after: Mapping[str, Itf], at: str, depth: int) -> Iterator[Difference]:
    (kind, *others) = before.keys()
    old, new = before[kind], after[kind]
    if _tag(before) is not None and _tag(after) is not None:
        if before["tag"] == after["tag"]:
            yield from differences(before["value"], after["value"], at, depth)
        else:
            yield Difference(at, words(before, depth), words(after, depth))
    elif others or not kind.startswith("#"):
        for name in before:
            yield from differences(before[name], after[name], f"{at}.{name}" if at else name, depth)
    elif kind in ("#set", "#map") and _is_list(old) and _is_list(new):
        assert isinstance(old, Sequence) and isinstance(new, Sequence), "as just seen"
        yield from (Difference(at, words(item, depth), None) for item in old if item not in new)
        yield from (Difference(at, None, words(item, depth)) for item in new if item not in old)
    elif kind == "#tup":
        yield from differences(old, new, at, depth)
    else:
        yield Difference(at, words(before, depth), words(after, depth))


def _in_list(before: Itf, after: Itf, at: str, depth: int) -> Iterator[Difference]:
    """Where one list is the other with something more at one place, what is more; else item by item."""
    assert isinstance(before, Sequence) and isinstance(after, Sequence), "lists"
    shorter = min(len(before), len(after))
    head = 0
    while head < shorter and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < shorter - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if len(old) == len(new):
        for number, (was, now) in enumerate(zip(old, new, strict=True), start=head):
            yield from differences(was, now, f"{at}[{number}]", depth)
        return
    yield from (Difference(at, words(item, depth), None) for item in old)
    yield from (Difference(at, None, words(item, depth)) for item in new)


def changes(before: Mapping[str, Itf], after: Mapping[str, Itf]) -> Iterator[tuple[str, Difference]]:
    """What differs between two states, slot by slot. A slot that only one of them has differs whole."""
    for slot in dict.fromkeys((*before, *after)):
        if slot not in after:
            yield slot, Difference("", words(before[slot]), None)
        elif slot not in before:
            yield slot, Difference("", None, words(after[slot]))
        else:
            yield from ((slot, found) for found in differences(before[slot], after[slot]))
