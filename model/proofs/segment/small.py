"""The segment's system with few of everything, as the explorer has it: some members of one room, few records of each
kind. Who is who is fixed; what the records say is left to the solver."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from lockedroom.model.proofs.bounded import ROUNDS, Bounded

NAMES: Final = ("alice", "bob", "carol", "dave")
_ROOM: Final = "room"
_SIZES: Final[Mapping[str, int]] = {
    "number": 2,
    "count": 2,
    "head": 4,
    "choice": 1,
    "master": 2,
    "body": 1,
    "capsule": 2,
    "cipher": 2,
    "announcement": 4,
    "exchange": 2,
    "message": 2,
    "board": 1,
    "post": 2,
}
"""Of what no member has its own: epochs, sequence numbers, states of the list, and records of each kind."""


def small(members: int = 2, joins: int = 1, *, settled: bool = False, rounds: int = ROUNDS) -> Bounded:
    """So many members, the first of whom is the creator, with so many stays each. `settled`: the list is written, and
    verified by everybody, before anything else happens."""
    names = NAMES[:members]
    stays = tuple(f"{name}:{number}" for name in names for number in range(1, joins + 1))
    values = {sort: tuple(f"{sort}{index}" for index in range(size)) for sort, size in _SIZES.items()}
    values |= {
        "name": names,
        "key": tuple(map(_key, names)),
        "segment": (_ROOM,),
        "process": tuple(map(_process, names)),
        "incarnation": stays,
        "ephemeral": (*(f"kem-{stay}" for stay in stays), "kem-intruder"),
    }
    processes: dict[tuple[str, ...], str] = {(_process(name),): name for name in names}
    functions: dict[str, Mapping[tuple[str, ...], str]] = {
        "who": processes,
        "static": {process: _key(name) for process, name in processes.items()},
        "creator": dict.fromkeys(processes, _key(names[0])),
        "room": dict.fromkeys(processes, _ROOM),
        "of": {(stay,): _process(stay.partition(":")[0]) for stay in stays},
        "kem": {(stay,): f"kem-{stay}" for stay in stays},
        "zero": {(): values["number"][0]},
    }
    first: list[tuple[str, Mapping[str, str]]] = []
    if settled:
        own: dict[tuple[str, ...], str] = {(head,): name for head, name in zip(values["head"], names, strict=False)}
        functions["h_subject"] = own
        functions["h_key"] = {head: _key(name) for head, name in own.items()}
        functions["h_segment"] = dict.fromkeys(own, _ROOM)
        first = _settling(names, values["head"])
    return Bounded(
        said(members, joins, settled),
        values,
        functions,
        {"below": _ordered(values["number"]), "less": _ordered(values["count"])},
        assumed=("who(P) = h_subject(H) -> h_key(H) = static(P)",),
        never={"corrupt": frozenset({(_key(names[0]),)})},
        drawn=frozenset({"make_ephemeral", "make_master", "make_body"}),
        moved={"place_exchange": "drop", "place_message": "drop"},
        counted=frozenset({"disclose", "seize"}),
        settled=tuple(first),
        unordered=frozenset({"head"}),
        ordered=frozenset({"upto"}),
        rounds=rounds,
    )


def said(members: int, joins: int, settled: bool) -> str:
    """The bounds in words."""
    records = ", ".join(f"{size} {sort}{'s' if size > 1 else ''}" for sort, size in _SIZES.items())
    told = ", all granted, in order, and verified before anybody joins" if settled else ""
    stays = "1 join" if joins == 1 else f"{joins} joins"
    return f"{members} members, {stays}, each under its own key, any but the creator an insider{told}; {records}"


def ladder(rounds: int = ROUNDS) -> tuple[Bounded, ...]:
    """The bounds that are searched: two members from the very beginning, three in a room that is set up."""
    return small(2, rounds=rounds), small(3, settled=True, rounds=rounds)


def _settling(names: tuple[str, ...], heads: tuple[str, ...]) -> list[tuple[str, Mapping[str, str]]]:
    key, last = _key(names[0]), heads[len(names) - 1]
    create: tuple[str, Mapping[str, str]] = ("create", {"k": key, "s": _ROOM, "h": heads[0]})
    pairs = pairwise(heads[: len(names)])
    states = [("state", {"k": key, "s": _ROOM, "h": before, "n": after}) for before, after in pairs]
    return [create, *states, *(("verify", {"p": _process(name), "h": last}) for name in names)]


def _key(name: str) -> str:
    return f"key-{name}"


def _process(name: str) -> str:
    return f"process-{name}"


def _ordered(values: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset((low, high) for index, low in enumerate(values) for high in values[index + 1 :])
