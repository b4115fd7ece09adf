"""The segment's system, put together."""

from __future__ import annotations

from lockedroom.model.proofs.segment import acl, exchange, intruder, messages, posts, stays, world
from lockedroom.model.proofs.system import Builder, System
from lockedroom.reference.segment.profile import HARDENED, Profile


def segment(profile: Profile = HARDENED) -> System:
    """The system of a profile: without the guards that are part of a defence which is off."""
    b = Builder("segment", world.SORTS)
    world.declare(b)
    for part in (acl, stays, exchange, messages, posts, intruder):
        part.declare(b)
    for part in (acl, stays, exchange, messages, posts, intruder):
        part.act(b)
    for claims in (acl, stays, exchange, messages, posts):
        claims.claim(b)
    return b.build().without_defences(*sorted(HARDENED.defences - profile.defences))
