"""The segment protocol's table: every transition with who may perform it, the slots that it reads, the slots that
it writes, and the area of the spec that it implements. The explorer, the backend's locks, the chapter and the
coverage read it."""

from __future__ import annotations

from enum import Enum
from typing import Final

from lockedroom.reference.machine import Place, Rejected, Role, Step, Transition
from lockedroom.reference.segment import creator
from lockedroom.reference.segment import transitions as t
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
_BOARD_SELF: Final = Place("board", part=Role.SELF)
_BOARD_PEER: Final = Place("board", part=Role.PEER)
_BOARD_PEERS: Final = Place("board", part=Role.PEERS)
_OWN: Final = Place("inbox", Role.SELF)
_OWN_PEER: Final = Place("inbox", Role.SELF, Role.PEER)
_PEER: Final = Place("inbox", Role.PEER)
_PEER_SELF: Final = Place("inbox", Role.PEER, Role.SELF)
_PEERS_SELF: Final = Place("inbox", Role.PEERS, Role.SELF)
_LIFE: Final = Place("life", Role.SELF)
_PEER_LIFE: Final = Place("life", Role.PEER)

TABLE: Final[tuple[Transition, ...]] = (
    Transition(creator.create, Who.ANYBODY, (_ME, _HEADER), (_ME, _HEADER, _ACL), ("SEG-CREATE",)),
    Transition(creator.grant, Who.CREATOR, (_ME, _HEADER, _ACL), (_ME, _ACL), ("SEG-GRANT",)),
    Transition(creator.revoke, Who.CREATOR, (_ME, _HEADER, _ACL), (_ME, _ACL), ("SEG-REVOKE",)),
    Transition(t.join, Who.OUT, (_ME, _HEADER, _ACL, _LIFE), (_ME, _BOARD_SELF, _OWN, _LIFE), ("SEG-JOIN",)),
    Transition(t.review, Who.JOINED, (_ME, _HEADER, _ACL, _OWN), (_ME,), ("SEG-REVIEW",)),
    Transition(
        t.exchange, Who.JOINED, (_ME, _HEADER, _ACL, _BOARD_PEER, _PEER_SELF), (_ME, _PEER_SELF), ("SEG-EXCHANGE",)
    ),
    Transition(t.accept, Who.JOINED, (_ME, _HEADER, _ACL, _OWN_PEER), (_ME, _OWN_PEER), ("SEG-ACCEPT",)),
    Transition(t.send, Who.JOINED, (_ME, _HEADER, _BOARD_PEER, _PEER_SELF), (_ME, _PEER_SELF), ("SEG-SEND",)),
    Transition(
        t.multicast, Who.JOINED, (_ME, _HEADER, _BOARD_PEERS, _PEERS_SELF), (_ME, _PEERS_SELF), ("SEG-MULTICAST",)
    ),
    Transition(t.receive, Who.JOINED, (_ME, _HEADER, _OWN_PEER), (_ME, _OWN_PEER), ("SEG-RECEIVE",)),
    Transition(t.publish, Who.JOINED, (_ME, _HEADER, _BOARD), (_ME, _BOARD_SELF), ("SEG-PUBLISH",)),
    Transition(t.read, Who.JOINED, (_ME, _HEADER, _BOARD_PEER), (), ("SEG-READ",)),
    Transition(t.rotate, Who.JOINED, (_ME, _HEADER, _BOARD_PEER, _PEER_SELF), (_ME, _PEER_SELF), ("SEG-ROTATE",)),
    Transition(t.acknowledge, Who.JOINED, (_ME, _HEADER, _BOARD_PEER, _PEER_SELF), (_ME, _PEER_SELF), ("SEG-ACK",)),
    Transition(t.leave, Who.JOINED, (_ME,), (_ME, _BOARD_SELF, _OWN, _LIFE), ("SEG-LEAVE",)),
    Transition(t.reap, Who.JOINED, (_ME, _HEADER, _BOARD_PEER, _PEER_LIFE), (_ME, _BOARD_PEER, _PEER), ("SEG-REAP",)),
    Transition(creator.destroy, Who.CREATOR, (_ME, _HEADER), (_HEADER,), ("SEG-DESTROY",)),
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
