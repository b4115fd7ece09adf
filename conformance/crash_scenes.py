"""The scenes of the crash corpus: for every transition of the table a room in which it is due, and what is done there
afterwards. Nothing here runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lockedroom.conformance.derive import Act
from lockedroom.conformance.observation import RIGHTS
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.trace import Settings
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.records import Capacity

MEMBERS: Final = ("alice", "bob", "carol")
_ALL: Final[list[Json]] = [name for name, _ in RIGHTS]


def _act(actor: Name, operation: str, **arguments: Json) -> Act:
    return Act(actor, operation, arguments)


def _grant(subject: Name) -> Act:
    return _act("alice", "grant", subject=subject, key=subject, rights=_ALL)


def _share(maker: Name, other: Name) -> tuple[Act, Act]:
    return _act(maker, "exchange", peer=other), _act(other, "accept", peer=maker)


def _said(sender: Name, peer: Name, body: str) -> Act:
    return _act(sender, "send", peer=peer, body=body)


_OPEN: Final = (
    _act("alice", "create"),
    _grant("bob"),
    _act("alice", "join"),
    _act("bob", "join"),
    *_share("alice", "bob"),
)
_THREE: Final = (*_OPEN, _grant("carol"), _act("carol", "join"), *_share("alice", "carol"), *_share("bob", "carol"))
_BUSY: Final = (
    _said("alice", "bob", "one"),
    _said("alice", "bob", "two"),
    _said("bob", "alice", "three"),
    _act("bob", "publish", body="for all"),
)
_ANEW: Final = (_act("alice", "leave"), _act("alice", "join"))


@dataclass(frozen=True, slots=True)
class Scene:
    """What is done before, the transition, and who looks on."""

    before: tuple[Act, ...]
    act: Act
    witness: Name

    @property
    def actor(self) -> Name:
        """Who takes the transition."""
        return self.act.actor

    @property
    def operation(self) -> str:
        """The transition."""
        return self.act.operation

    @property
    def anew(self) -> tuple[Act, ...]:
        """After its death: its traces are cleared away, it comes anew, and talks. Where one of these is refused, that
        is to be seen too."""
        me, other = self.actor, self.witness
        signs = (_grant("carol"), _act("alice", "revoke", subject="carol")) if me == "alice" else ()
        return (
            *((self.act,) if self.operation == "create" else ()),
            _act(other, "reap", peer=me),
            _act(other, "receive", peer=me),
            *signs,
            _act(me, "join"),
            _act(other, "review"),
            _act(me, "exchange", peer=other),
            *(_act(other, "accept", peer=me),) * 2,
            _said(me, other, "again"),
            *(_act(other, "receive", peer=me),) * 2,
            _said(other, me, "and back"),
            _act(me, "receive", peer=other),
            _act(me, "leave"),
        )

    @property
    def onward(self) -> tuple[Act, ...]:
        """After what was only disturbed: the two talk, and it leaves."""
        me, other = self.actor, self.witness
        return (
            _act(other, "reap", peer=me),
            _said(me, other, "still here"),
            *(_act(other, "receive", peer=me),) * 2,
            _said(other, me, "so am I"),
            *(_act(me, "receive", peer=other),) * 3,
            _act(me, "leave"),
        )


SCENES: Final[Mapping[str, Scene]] = {
    scene.operation: scene
    for scene in (
        Scene((_act("bob", "join"),), _act("alice", "create"), "bob"),
        Scene(_OPEN, _grant("carol"), "bob"),
        Scene(_THREE, _act("alice", "revoke", subject="carol"), "bob"),
        Scene((*_OPEN, *_BUSY, _act("bob", "crash")), _act("bob", "join"), "alice"),
        Scene((*_OPEN, _grant("carol")), _act("bob", "review"), "alice"),
        Scene((*_OPEN, *_ANEW), _act("bob", "exchange", peer="alice"), "alice"),
        Scene((*_OPEN, *_ANEW, _act("alice", "exchange", peer="bob")), _act("bob", "accept", peer="alice"), "alice"),
        Scene(_OPEN, _said("bob", "alice", "a message"), "alice"),
        Scene(_THREE, _act("bob", "multicast", peers=["alice", "carol"], body="for both"), "alice"),
        Scene((*_OPEN, *_BUSY), _act("bob", "receive", peer="alice"), "alice"),
        Scene(_OPEN, _act("bob", "publish", body="for all"), "alice"),
        Scene((*_OPEN, _act("alice", "publish", body="for all")), _act("bob", "read", peer="alice"), "alice"),
        Scene(_OPEN, _act("bob", "rotate", peer="alice"), "alice"),
        Scene(
            (*_OPEN, _act("alice", "rotate", peer="bob"), _act("bob", "receive", peer="alice")),
            _act("bob", "acknowledge", peer="alice"),
            "alice",
        ),
        Scene((*_OPEN, *_BUSY), _act("bob", "leave"), "alice"),
        Scene((*_THREE, *_BUSY, _act("bob", "crash")), _act("carol", "reap", peer="bob"), "alice"),
        Scene(_OPEN, _act("alice", "destroy"), "bob"),
    )
}
"""The scene of each transition."""


def settings_of(scene: Scene) -> Settings:
    """What members are told in a scene."""
    return Settings(
        "lockedroom-trace-1",
        "segment",
        "hardened",
        "LR1",
        Capacity(3, 3, 3, 8, 2048),
        MEMBERS,
        hashlib.sha256(f"lockedroom crash corpus, {scene.operation}".encode()).hexdigest(),
        f"{scene.actor}'s {scene.operation} at every store",
        "the crash corpus",
        {},
    )
