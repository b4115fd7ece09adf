"""The scenes of the crash corpus: for every transition of the table a room, or a stash, in which it is due, and what is
done there afterwards. Nothing here runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lockedroom.conformance.derive import Act
from lockedroom.conformance.observation import RIGHTS
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stash import settings_of as stash_settings
from lockedroom.conformance.trace import STASH, Settings
from lockedroom.model.stash import VERIFY
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.records import Capacity
from lockedroom.reference.stash.profile import HARDENED

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
    """What is done before, the transition, who looks on, and what is done after its death and after what was only
    disturbed. `about`: the clauses that promise what must be seen then, beside those of the steps."""

    before: tuple[Act, ...]
    act: Act
    witness: Name
    anew: tuple[Act, ...]
    onward: tuple[Act, ...]
    about: tuple[str, ...] = ()

    @property
    def actor(self) -> Name:
        """Who takes the transition."""
        return self.act.actor

    @property
    def operation(self) -> str:
        """The transition."""
        return self.act.operation


def _anew(act: Act, other: Name) -> tuple[Act, ...]:
    """Its traces are cleared away, it comes anew, and talks. Where one of these is refused, that is to be seen too."""
    me = act.actor
    signs = (_grant("carol"), _act("alice", "revoke", subject="carol")) if me == "alice" else ()
    return (
        *((act,) if act.operation == "create" else ()),
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


def _onward(me: Name, other: Name) -> tuple[Act, ...]:
    """The two talk, and it leaves."""
    return (
        _act(other, "reap", peer=me),
        _said(me, other, "still here"),
        *(_act(other, "receive", peer=me),) * 2,
        _said(other, me, "so am I"),
        *(_act(me, "receive", peer=other),) * 3,
        _act(me, "leave"),
    )


def _scene(before: tuple[Act, ...], act: Act, witness: Name) -> Scene:
    return Scene(before, act, witness, _anew(act, witness), _onward(act.actor, witness))


SCENES: Final[Mapping[str, Scene]] = {
    scene.operation: scene
    for scene in (
        _scene((_act("bob", "join"),), _act("alice", "create"), "bob"),
        _scene(_OPEN, _grant("carol"), "bob"),
        _scene(_THREE, _act("alice", "revoke", subject="carol"), "bob"),
        _scene((*_OPEN, *_BUSY, _act("bob", "crash")), _act("bob", "join"), "alice"),
        _scene((*_OPEN, _grant("carol")), _act("bob", "review"), "alice"),
        _scene((*_OPEN, *_ANEW), _act("bob", "exchange", peer="alice"), "alice"),
        _scene((*_OPEN, *_ANEW, _act("alice", "exchange", peer="bob")), _act("bob", "accept", peer="alice"), "alice"),
        _scene(_OPEN, _said("bob", "alice", "a message"), "alice"),
        _scene(_THREE, _act("bob", "multicast", peers=["alice", "carol"], body="for both"), "alice"),
        _scene((*_OPEN, *_BUSY), _act("bob", "receive", peer="alice"), "alice"),
        _scene(_OPEN, _act("bob", "publish", body="for all"), "alice"),
        _scene((*_OPEN, _act("alice", "publish", body="for all")), _act("bob", "read", peer="alice"), "alice"),
        _scene(_OPEN, _act("bob", "rotate", peer="alice"), "alice"),
        _scene(
            (*_OPEN, _act("alice", "rotate", peer="bob"), _act("bob", "receive", peer="alice")),
            _act("bob", "acknowledge", peer="alice"),
            "alice",
        ),
        _scene((*_OPEN, *_BUSY), _act("bob", "leave"), "alice"),
        _scene((*_THREE, *_BUSY, _act("bob", "crash")), _act("carol", "reap", peer="bob"), "alice"),
        _scene(_OPEN, _act("alice", "destroy"), "bob"),
    )
}
"""The scene of each transition."""


_WRITTEN: Final = (_act("anna", "stash.write", body="first"), _act("ben", "stash.read"))


def _stash_scene(before: tuple[Act, ...], operation: str, **arguments: Json) -> Scene:
    """Anna is at it, and dies, or not; ben has seen what lay there, and both go on. A read stores nothing."""
    goes_on = (
        _act("ben", "stash.read"),
        _act("anna", "stash.read"),
        _act("ben", "stash.write", body="of whom looked on"),
        _act("anna", "stash.read"),
        _act("anna", "stash.write", body="again"),
        _act("ben", "stash.read"),
        _act("ben", "stash.remove"),
        _act("anna", "stash.read"),
    )
    return Scene(before, _act("anna", STASH + operation, **arguments), "ben", goes_on, goes_on, ("STASH-STORE-1",))


STASH_SCENES: Final[Mapping[str, Scene]] = {
    "first write": _stash_scene((_act("ben", "stash.read"),), "write", body="the first"),
    "write": _stash_scene(_WRITTEN, "write", body="second", expected=1),
    "remove": _stash_scene(_WRITTEN, "remove"),
    "purge": _stash_scene(_WRITTEN, "remove", purge=True),
}
"""Each way in which a holder changes what lies at a locator."""


def settings_of(scene: Scene) -> Settings:
    """What members are told in a scene."""
    if scene.operation.startswith(STASH):
        title = f"crash: {', '.join(map(str, (*scene.before, scene.act)))}"
        return stash_settings(HARDENED, title, "the crash corpus", VERIFY)
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
