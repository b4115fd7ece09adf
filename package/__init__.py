"""The face of `lockedroom`: its version and public names. No code lives here but what finds them.

Two processes talk in a room in shared memory that nobody else can read:

    alice = lockedroom.Identity.new("alice").save("alice.json")        # once, each for itself
    bob = lockedroom.PublicIdentity.parse("bob:…")                     # what bob has handed out

    with lockedroom.create("den", alice) as room, room.join() as me:
        room.grant(bob)
        for message in me:                                             # bob attaches, joins, exchanges and sends
            me.send(message.peer, b"you said " + message.body)

Names are imported when they are first used: who wants the pure engines (`lockedroom.reference`) loads nothing of the
operating system with them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockedroom.backend.errors import BackendError
    from lockedroom.backend.rooms import rooms
    from lockedroom.backend.segment.identity import Identity, PublicIdentity
    from lockedroom.backend.segment.member import JoinedMember
    from lockedroom.backend.segment.messages import Listed, Message, Notice, Post, Problem, Refused
    from lockedroom.backend.segment.room import CAPACITY, Room, attach, create, gc
    from lockedroom.reference.segment.records import ALL_RIGHTS, EXCHANGE, JOIN, SEND, Capacity
    from lockedroom.reference.segment.state import Pin

__version__ = "0.1.0"

__all__ = [
    "create", "attach", "rooms", "gc",
    "Room", "JoinedMember", "Identity", "PublicIdentity",
    "Capacity", "CAPACITY", "Pin", "JOIN", "EXCHANGE", "SEND", "ALL_RIGHTS",
    "Message", "Post", "Listed", "Notice", "Problem",
    "BackendError", "Refused",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    where = {
        "backend.errors": ("BackendError",),
        "backend.rooms": ("rooms",),
        "backend.segment.identity": ("Identity", "PublicIdentity"),
        "backend.segment.member": ("JoinedMember",),
        "backend.segment.messages": ("Listed", "Message", "Notice", "Post", "Problem", "Refused"),
        "backend.segment.room": ("CAPACITY", "Room", "attach", "create", "gc"),
        "reference.segment.records": ("ALL_RIGHTS", "EXCHANGE", "JOIN", "SEND", "Capacity"),
        "reference.segment.state": ("Pin",),
    }
    (module,) = (module for module, names in where.items() if name in names)
    globals()[name] = found = getattr(import_module(f"{__name__}.{module}"), name)
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
