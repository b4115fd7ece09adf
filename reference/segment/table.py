"""The segment protocol's table: every transition with who may perform it, the slots that it reads, the slots that
it writes, and the area of the spec that it implements. The explorer, the backend's locks, the chapter and the
coverage read it."""

from __future__ import annotations

from enum import Enum
from typing import Final

from lockedroom.reference.machine import Place, Rejected, Role, Step, Transition
from lockedroom.reference.segment import transitions
from lockedroom.reference.segment.guards import Result
from lockedroom.reference.segment.views import At


class Who(Enum):
    """Who may perform a transition. `perform` refuses everybody else."""

    ANYBODY = "anybody"
    CREATOR = "the creator"
    OUT = "granted, not joined"
    JOINED = "joined"


_ME: Final = Place("member", Role.SELF)
_HEADER: Final = Place("header")
_ACL: Final = Place("acl")
_BOARD: Final = Place("board")
_OWN: Final = Place("inbox", Role.SELF)
_PEER: Final = Place("inbox", Role.PEER)
_PEERS: Final = Place("inbox", Role.PEERS)
_LIFE: Final = Place("life", Role.SELF)
_PEER_LIFE: Final = Place("life", Role.PEER)

TABLE: Final[tuple[Transition, ...]] = (
    Transition(transitions.create, Who.ANYBODY, (_ME, _HEADER), (_ME, _HEADER, _ACL), ("SEG-CREATE",)),
    Transition(transitions.grant, Who.CREATOR, (_ME, _HEADER, _ACL), (_ME, _ACL), ("SEG-GRANT",)),
    Transition(transitions.revoke, Who.CREATOR, (_ME, _HEADER, _ACL), (_ME, _ACL), ("SEG-REVOKE",)),
    Transition(transitions.join, Who.OUT, (_ME, _HEADER, _ACL, _LIFE), (_ME, _BOARD, _OWN, _LIFE), ("SEG-JOIN",)),
    Transition(transitions.review, Who.JOINED, (_ME, _HEADER, _ACL, _OWN), (_ME,), ("SEG-REVIEW",)),
    Transition(transitions.exchange, Who.JOINED, (_ME, _HEADER, _ACL, _BOARD, _PEER), (_ME, _PEER), ("SEG-EXCHANGE",)),
    Transition(transitions.accept, Who.JOINED, (_ME, _HEADER, _ACL, _OWN), (_ME, _OWN), ("SEG-ACCEPT",)),
    Transition(transitions.send, Who.JOINED, (_ME, _HEADER, _BOARD, _PEER), (_ME, _PEER), ("SEG-SEND",)),
    Transition(transitions.multicast, Who.JOINED, (_ME, _HEADER, _BOARD, _PEERS), (_ME, _PEERS), ("SEG-MULTICAST",)),
    Transition(transitions.receive, Who.JOINED, (_ME, _HEADER, _OWN), (_ME, _OWN), ("SEG-RECEIVE",)),
    Transition(transitions.publish, Who.JOINED, (_ME, _HEADER, _BOARD), (_ME, _BOARD), ("SEG-PUBLISH",)),
    Transition(transitions.read, Who.JOINED, (_ME, _HEADER, _BOARD), (), ("SEG-READ",)),
    Transition(transitions.rotate, Who.JOINED, (_ME, _HEADER, _BOARD, _PEER), (_ME, _PEER), ("SEG-ROTATE",)),
    Transition(
        transitions.acknowledge,
        Who.JOINED,
        (_ME, _HEADER, _BOARD, _PEER),
        (_ME, _PEER),
        ("SEG-ACK",),
    ),
    Transition(transitions.leave, Who.JOINED, (_ME,), (_ME, _BOARD, _OWN, _LIFE), ("SEG-LEAVE",)),
    Transition(
        transitions.reap,
        Who.JOINED,
        (_ME, _HEADER, _BOARD, _PEER_LIFE),
        (_ME, _BOARD, _PEER),
        ("SEG-REAP",),
    ),
    Transition(transitions.destroy, Who.CREATOR, (_ME, _HEADER), (_HEADER,), ("SEG-DESTROY",)),
)
"""The segment protocol, whole."""


def perform(transition: Transition, at: At, **arguments: object) -> Result:
    """Take one transition of the table: refuse who may not (SEG-WHO), else run it."""
    match transition.who:
        case Who.CREATOR if at.me.authority is None:
            return Rejected(
                "SEG-WHO-1",
                "only the creator may: whoever holds its static key and its last serial",
            )
        case Who.OUT if at.me.presence is not None:
            return Rejected("SEG-WHO-2", "joined already: leave first")
        case Who.JOINED if at.me.presence is None:
            return Rejected("SEG-WHO-3", "not joined: join first")
    result = transition.run(at, **arguments)
    assert isinstance(result, Step | Rejected), "a transition returns a Step or Rejected"
    return result


BY_OPERATION: Final[dict[str, Transition]] = {transition.operation: transition for transition in TABLE}
"""The rows by the name of their operation."""
