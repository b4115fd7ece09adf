"""What every operation gives in every state of a pair, as a table to read: `matrix.txt`.

`ok` is a step; everything else is the clause that refuses, with `-` behind it when a record is removed. When the
engine is meant to change, write the table anew and read what changed:

    python -m tests.reference.segment.test_matrix
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lockedroom.reference.machine import Step
from lockedroom.reference.segment.table import TABLE
from tests.reference.segment.house import House

FILE = Path(__file__).with_name("matrix.txt")
ME, PEER = "alice", "bob"


def arguments(house: House, operation: str) -> dict[str, object]:
    """What alice asks for."""
    body = house.body("hello")
    given: Mapping[str, dict[str, object]] = {
        "create": {"capacity": house.capacity, "profile": "hardened", "origin": (7, 7, "boot")},
        "grant": {"subject": "carol", "key": house.key("carol"), "rights": 7},
        "revoke": {"subject": PEER},
        "send": {"peer": PEER, "body": body},
        "multicast": {"peers": (PEER,), "body": body},
        "publish": {"body": body},
    }
    alone = ("join", "review", "leave", "destroy")
    return given.get(operation, {} if operation in alone else {"peer": PEER})


def joined(house: House) -> House:
    return house.created(PEER).joined(ME, PEER)


def shared(house: House) -> House:
    return joined(house).shared(ME, PEER)


def steps(start: Callable[[House], House], *then: tuple[str, str, dict[str, object]]) -> Callable[[House], House]:
    def staged(house: House) -> House:
        start(house)
        for actor, operation, more in then:
            house.do(actor, operation, **more)
        return house

    return staged


def died(start: Callable[[House], House]) -> Callable[[House], House]:
    def staged(house: House) -> House:
        start(house).crash(PEER)
        return house

    return staged


def full(house: House) -> House:
    shared(house)
    for number in range(house.capacity.quota):
        house.send(ME, PEER, str(number))
    return house


TO_BOB: dict[str, object] = {"peer": PEER}
TO_ALICE: dict[str, object] = {"peer": ME}
HELLO = House("symbolic").body("hello")

STATES: dict[str, Callable[[House], House]] = {
    "no segment": lambda house: house,
    "created": lambda house: house.created(PEER),
    "joined, the peer not": lambda house: house.created(PEER).joined(ME),
    "both joined": joined,
    "offered": steps(joined, (ME, "exchange", TO_BOB)),
    "the peer's exchange waits": steps(joined, (PEER, "exchange", TO_ALICE)),
    "two exchanges cross": steps(joined, (ME, "exchange", TO_BOB), (PEER, "exchange", TO_ALICE)),
    "accepted": lambda house: joined(house).shared(PEER, ME),
    "shared": shared,
    "a message waits": steps(shared, (PEER, "send", {**TO_ALICE, "body": HELLO})),
    "a post stands": steps(shared, (PEER, "publish", {"body": HELLO})),
    "the peer's inbox is full": full,
    "proposed": steps(shared, (ME, "rotate", TO_BOB)),
    "the peer's proposal waits": steps(shared, (PEER, "rotate", TO_ALICE)),
    "owing": steps(shared, (PEER, "rotate", TO_ALICE), (ME, "receive", TO_BOB)),
    "the acknowledgement waits": steps(
        shared, (ME, "rotate", TO_BOB), (PEER, "receive", TO_ALICE), (PEER, "acknowledge", TO_ALICE)
    ),
    "two proposals cross": steps(shared, (ME, "rotate", TO_BOB), (PEER, "rotate", TO_ALICE)),
    "revoked, not reviewed": steps(shared, (ME, "revoke", {"subject": PEER})),
    "revoked and reviewed": steps(shared, (ME, "revoke", {"subject": PEER}), (ME, "review", {})),
    "a message came too late": steps(
        shared,
        (ME, "revoke", {"subject": PEER}),
        (ME, "review", {}),
        (PEER, "send", {**TO_ALICE, "body": HELLO}),
    ),
    "the peer has left": steps(shared, (PEER, "leave", {})),
    "the peer has joined anew": steps(shared, (PEER, "leave", {}), (PEER, "join", {})),
    "the peer has died": died(shared),
    "the peer was reaped": steps(died(shared), (ME, "reap", TO_BOB)),
    "left": steps(shared, (ME, "leave", {})),
    "destroyed": steps(shared, (ME, "destroy", {})),
}


def cell(stage: Callable[[House], House], operation: str) -> str:
    """What the operation gives in that state."""
    house = stage(House("symbolic", (ME, PEER, "carol")))
    result = house.take(ME, operation, **arguments(house, operation))
    if isinstance(result, Step):
        return "ok"
    return result.clause.removeprefix("SEG-") + ("-" if result.effects else "")


def matrix() -> str:
    """The whole table, one line for each state."""
    operations = [row.operation for row in TABLE]
    rows = [["alice, and bob", *operations]]
    rows += [[state, *(cell(stage, operation) for operation in operations)] for state, stage in STATES.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines) + "\n"


def test_the_matrix_is_what_the_engine_does() -> None:
    """LR-CLAUSE-3."""
    assert matrix() == FILE.read_text()


@pytest.mark.parametrize("operation", [row.operation for row in TABLE])
def test_every_operation_is_taken_somewhere_and_refused_somewhere(operation: str) -> None:
    found = {cell(stage, operation) for stage in STATES.values()}
    assert "ok" in found and len(found) > 1


if __name__ == "__main__":
    FILE.write_text(matrix())
