"""What the proofs speak of and what they do not: the engine's transitions and defences, each with its place in the
abstract system or the abstraction that leaves it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockedroom.model.proofs.scope import Loss, Outside, Place, Redundant
from lockedroom.reference.segment import profile as switch

_HONEST: Final = "it is about an honest store, and the store here is the intruder's"

TRANSITIONS: Final[Mapping[str, Place]] = {
    "create": ("create",),
    "grant": ("state",),
    "revoke": ("state",),
    "join": ("verify", "join"),
    "review": ("review",),
    "exchange": ("advance", "exchange"),
    "accept": ("advance", "accept"),
    "send": ("send",),
    "multicast": ("send",),
    "receive": ("receive", "read_proposal", "read_control"),
    "publish": ("publish",),
    "read": ("read",),
    "rotate": ("rotate",),
    "acknowledge": ("acknowledge",),
    "leave": ("leave",),
    "reap": ("reap",),
    "destroy": Outside("a destroyed segment takes no step but leave: what happens then happens without it too"),
}

DEFENCES: Final[Mapping[str, Loss]] = {
    switch.UNIQUE_ID: "create keeps a creator states one list",
    switch.SIGNED_SEGMENT: "alter_exchange keeps exchanges are authentic",
    switch.ONE_SEGMENT: "verify keeps what is seen is of the room",
    switch.NUMBERED: Outside(
        "a head stands for one chain of entries, and so for their numbers: what acl-chaining gives"
    ),
    switch.CHAINED: "alter_entry keeps entries are authentic",
    switch.NO_ROLLBACK: "verify keeps what was ever seen is seen",
    switch.NO_EQUIVOCATION: "verify keeps what was ever seen is seen",
    switch.CREATOR_MEMORY: "state keeps a creator states one list",
    switch.NAMED_STATE: "accept keeps trusted acceptances have seen what is named",
    switch.CLOSING: "review keeps void sessions are closed",
    switch.PEER_RIGHTS: "accept keeps acceptances are lawful",
    switch.LIFE_LOCKS: Outside("who lives is not in the abstract system: death may come at any time, to anybody"),
    switch.PURGED: Outside("an inbox holds what the intruder puts there, before a join as after it"),
    switch.SIGNED_STAY: "alter_announcement keeps announcements are authentic",
    switch.SIGNED_NAMES: "alter_exchange keeps exchanges are authentic",
    switch.SIGNED_STAYS: "alter_exchange keeps exchanges are authentic",
    switch.SIGNED_EPHEMERAL: Redundant("the signature covers the ciphertext, which opens with that one key alone"),
    switch.IN_PLACE: "receive keeps delivered is to whom it names",
    switch.ONE_EXCHANGE: "accept keeps one acceptance for a pair",
    switch.BOUND_KEK: "alter_capsule keeps capsules are made",
    switch.BOUND_KEYS: "alter_message keeps messages are sealed by whom they name",
    switch.DIRECTIONS: "send keeps keys say who sealed",
    switch.SEALED_HEADER: "alter_message keeps messages are sealed by whom they name",
    switch.SEQUENCE: "receive keeps nothing is delivered again",
    switch.BOARD_NONCES: "publish keeps keys say who posted",
    switch.TIE_BREAK: Outside(f"under which of two shared keys the sides send: {_HONEST}"),
    switch.ACKNOWLEDGED: Outside(f"a key that the peer does not have yet loses records, and no more: {_HONEST}"),
    switch.ALL_OR_NOTHING: Outside(f"a multicast is one send for each replica: {_HONEST}"),
}
"""For each defence an obligation that fails without it, or why none does: another defence stands in for it, or an
abstraction puts it outside the proof."""

OUTSIDE: Final = (
    "progress and liveness: no action has to happen",
    "capacity and room: a refusal because something is full is free, and may come at any time",
    "who lives: death is a leave that may come at any time, and reaping is on the reaper's word",
    "crashes inside a step, and what the store's bytes do: the crash tests and the real backend",
    "what an honest store adds: nothing is lost, all or nothing, one sending key after a crossing: the explorer",
    "the engine itself: that its steps are steps of this system is checked within bounds: `lockedroom refine`",
)
"""What no obligation speaks of."""
