"""A joined member, for people: `exchange`, `send`, `receive` and the rest, from `Room.join` to `leave`.

Receiving keeps house meanwhile: it accepts exchanges, acknowledges rotations, reviews a list that has changed and reaps
the dead. What it meets on the way are notices; none of them stops it.
"""

from __future__ import annotations

import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Self

from lockedroom.backend import interrupts
from lockedroom.backend.segment.engine import Engine
from lockedroom.backend.segment.messages import Message, Notice, Post, Problem, Refused
from lockedroom.backend.wakeup import RECHECK
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Name, Rejected, Step
from lockedroom.reference.segment import events
from lockedroom.reference.segment.guards import Result
from lockedroom.reference.segment.records import Announcement, Destroyed, Exchange
from lockedroom.reference.segment.state import Member, Presence

_KEPT: Final = 1000
"""How many notices are kept for whoever asks; the oldest go first."""

_SHORTEST: Final = 0.0005
_LONGEST: Final = 0.02
"""The first and the longest pause, in seconds, of whoever waits for room in an inbox."""

_REVIEW_FIRST: Final = ("SEG-REVIEW-3", "SEG-RECEIVE-10")
_OVERTAKEN: Final = ("SEG-ACCEPT-1", "SEG-RECEIVE-1")
"""What a thread meets when another has consumed the record meanwhile."""

_GONE: Final = ("SEG-SEND-3", "SEG-SEND-4")
"""Why an acknowledgement can be posted no more, when its addressee has gone meanwhile."""

_FULL: Final = ("SEG-FULL-1", "SEG-FULL-2", "SEG-FULL-5")


class JoinedMember:
    """What `Room.join` gives. As a context manager it leaves at the end of the block.

    Every method raises `Refused`, with the clause, for what the protocol refuses, and another `BackendError` for what
    the machine does (LockTimeout when a stopped process holds a lock). Usable from several threads.
    """

    __slots__ = ("_engine", "_kept", "_left", "_looked", "_numbers", "_ready", "_reviewed", "_told", "_turn", "_watch")

    def __init__(self, engine: Engine, watch: Callable[[Notice], None] | None) -> None:
        """Used by `Room.join`."""
        self._engine = engine
        self._watch = watch
        self._kept: deque[Notice] = deque(maxlen=_KEPT)
        self._told: set[Notice] = set()
        self._ready: dict[int, Message] = {}
        self._numbers = itertools.count()
        self._left = False
        self._looked = -math.inf
        self._reviewed = 0
        self._turn = 0

    @property
    def name(self) -> Name:
        """The member's own name."""
        return self._engine.me.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.leave()

    def __iter__(self) -> Iterator[Message]:
        """Messages as they come, until this member has left; raises as `receive`."""
        while not self._left:
            message = self.receive(timeout=RECHECK)
            if message is not None:
                yield message

    # ---- sharing keys --------------------------------------------------------------------------------

    def exchange(self, *peers: Name) -> tuple[Name, ...]:
        """Offer a fresh master key to each of these peers, or to everybody announced with whom none is shared, and give
        the names to whom one was offered (SEG-EXCHANGE).

        Keys that peers have offered before are accepted first. Asked of everybody, a refusal becomes a notice.
        """
        for peer, count in self.pending().items():
            if count and isinstance(self._engine.first(peer), Exchange):
                self._consume(peer)
        offered: list[Name] = []
        for peer in peers or self._strangers():
            result = self._reviewing("exchange", peer=peer)
            if isinstance(result, Step):
                offered.append(peer)
            elif peers:
                raise Refused(result.clause, result.detail)
            elif result.clause != "SEG-EXCHANGE-6":
                self._tell(Problem(result.clause, result.detail, peer))
        return tuple(offered)

    def rotate(self, peer: Name) -> None:
        """Propose a new key to a peer. It is in use when the peer has read that and its acknowledgement has been read:
        both happen in `receive` (SEG-ROTATE)."""
        self._done("rotate", peer=peer)

    def review(self) -> bool:
        """Verify the list forward and close sessions with those who lost rights (SEG-REVIEW). False: nothing is new."""
        result = self._do("review")
        if isinstance(result, Rejected) and result.clause == "SEG-REVIEW-1":
            return False
        self._tell_all(_taken(result))
        return True

    # ---- messages ------------------------------------------------------------------------------------

    def send(self, peer: Name, body: bytes, *, wait: float = 0.0) -> int:
        """Seal a message for one peer and leave it in its inbox; its number in the sequence. `wait`: seconds to wait
        for room, if it is full (SEG-SEND)."""
        return self._sent(self._waiting(wait, "send", peer=peer, body=bytes(memoryview(body))))[peer]

    def multicast(self, body: bytes, peers: tuple[Name, ...] | None = None, *, wait: float = 0.0) -> dict[Name, int]:
        """Seal a message for each of several peers and leave all of them or none; by default for everybody who is
        announced and shares a key. Gives the numbers (SEG-MULTICAST)."""
        named = self.peers() if peers is None else tuple(peers)
        return self._sent(self._waiting(wait, "multicast", peers=named, body=bytes(memoryview(body))))

    def publish(self, body: bytes) -> int:
        """Put a message on the board for everybody announced who shares a key: it stays until this member leaves. Its
        number (SEG-PUBLISH)."""
        for event in self._done("publish", body=bytes(memoryview(body))).events:
            if isinstance(event, events.Published):
                return event.number
        raise AssertionError("publishing gives a Published event")

    def read(self, peer: Name | None = None) -> tuple[Post, ...]:
        """What a peer has on the board for this member; by default all peers, of whom those with nothing are left out
        (SEG-READ). A post that does not open becomes a notice."""
        if peer is None:
            found = [(name, self._do("read", peer=name)) for name in self.peers()]
            steps = [_taken(result) for _, result in found if not _nothing_to_read(result)]
        else:
            steps = [_taken(self._do("read", peer=peer))]
        seen = [event for step in steps for event in step.events]
        for event in seen:
            if isinstance(event, events.Unreadable):
                self._tell(event)
        return tuple(Post(e.peer, e.number, _bytes(e.body)) for e in seen if isinstance(e, events.Read))

    def receive(self, timeout: float | None = None, peer: Name | None = None) -> Message | None:
        """The next message, from any peer or from one; waits for `timeout` seconds, without end if None, and gives None
        when nothing came. Ctrl-C loses none: what was consumed but not given yet, the next call gives.

        Raises Refused: when the segment was destroyed (SEG-DESTROY-2), and, waiting for one peer, when it has left or
        died and nothing more of it is there (SEG-LEAVE-3).
        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            for number, message in tuple(self._ready.items()):
                if peer in (None, message.peer):
                    try:
                        del self._ready[number]
                    except KeyError:  # another thread has it
                        continue
                    # Signals are handled at calls, loops and entries: there is none from the `del` to our caller.
                    return message
            self._keep_house()
            if self._next(peer):
                continue
            if self._left:
                return None
            if peer is not None and self._gone(peer):
                raise Refused("SEG-LEAVE-3", f"{peer} has left or died, and nothing more of it is there to read")
            now = time.monotonic()
            if now >= deadline:
                return None
            self._engine.wait(min(deadline, now + RECHECK))

    # ---- who is there --------------------------------------------------------------------------------

    def peers(self) -> tuple[Name, ...]:
        """Those to whom this member can send now: announced, and a key is shared. In the order of the list."""
        presence = self._presence()
        if presence is None:
            return ()
        announced = self._announced()
        open_ones = {s.peer for s in presence.sessions if not s.ended and announced.get(s.peer) == s.theirs}
        closed = {c.peer for c in presence.closed if announced.get(c.peer) == c.incarnation}
        return tuple(name for name in announced if name in open_ones - closed)

    def pending(self) -> dict[Name, int]:
        """How many records of each sender wait in the own inbox; senders without any are left out."""
        return {name: count for name, count in self._engine.lanes() if count}

    def notices(self) -> tuple[Notice, ...]:
        """What has happened since this was asked last: events and problems, oldest first, 1000 at most. Whoever gave
        `watch` to `join` has seen them already, and gets none."""
        found = tuple(self._kept)
        self._kept.clear()
        return found

    def reap(self, peer: Name) -> None:
        """Clear away what a dead member left (SEG-REAP)."""
        self._done("reap", peer=peer)

    def leave(self) -> None:
        """Withdraw everything and forget every key (SEG-LEAVE). May be repeated."""
        if not self._left and self._presence() is not None:
            self._done("leave")
        self._left = True

    # ---- one record ----------------------------------------------------------------------------------

    def _next(self, peer: Name | None) -> bool:
        """Consume the first message that lies in the inbox, and whatever has to be before it; whether there was one.
        Senders take turns."""
        lanes = [name for name, count in self._engine.lanes() if count and peer in (None, name)]
        self._turn += 1
        for place in range(len(lanes)):
            if self._consume(lanes[(place + self._turn) % len(lanes)], until_message=True):
                return True
        return False

    def _consume(self, peer: Name, *, until_message: bool = False) -> bool:
        """Consume the sender's first record, or all that come before its first message and that; whether a message was
        made ready. Stops at one that cannot be consumed now."""
        while (first := self._engine.first(peer)) is not None:
            result = self._reviewing("accept" if isinstance(first, Exchange) else "receive", peer=peer)
            if isinstance(result, Rejected):
                if result.clause not in _OVERTAKEN:
                    self._tell_once(Problem(result.clause, result.detail, peer), removed=bool(result.effects))
                if not result.effects:
                    return False
                continue
            for event in result.events:
                if isinstance(event, events.Delivered):
                    return True
                self._tell(event)
            self._acknowledge()
            if not until_message:
                return False
        return False

    def _reviewing(self, operation: str, **arguments: object) -> Result:
        """Perform; where the list must be reviewed first, do that and perform again."""
        result = self._do(operation, **arguments)
        if isinstance(result, Rejected) and result.clause in _REVIEW_FIRST and not result.effects:
            review = self._do("review")
            if isinstance(review, Step):
                self._tell_all(review)
                result = self._do(operation, **arguments)
        return result

    # ---- keeping house -------------------------------------------------------------------------------

    def _keep_house(self) -> None:
        """What a member owes: an end when the segment was destroyed, a review when the list has changed,
        acknowledgements, and, about once a second, the reaping of the dead."""
        memory = self._engine.attach()
        if memory is None or self._presence() is None:
            return
        if isinstance(memory.header(), Destroyed):
            raise Refused("SEG-DESTROY-2", "the segment was destroyed by its creator: leave it")
        count, roster = memory.entry_count(), self._engine.me.roster
        if roster is not None and count != roster.serial and count != self._reviewed:
            self._reviewed = count
            result = self._do("review")
            if isinstance(result, Step):
                self._tell_all(result)
            elif result.clause != "SEG-REVIEW-1":
                self._tell(Problem(result.clause, result.detail))
        self._acknowledge()
        now = time.monotonic()
        if now >= self._looked + RECHECK:
            self._looked = now
            self._reap_the_dead()

    def _acknowledge(self) -> None:
        presence = self._presence()
        for session in presence.sessions if presence else ():
            if session.owed is None:
                continue
            result = self._do("acknowledge", peer=session.peer)
            if isinstance(result, Step):
                self._tell_all(result)
            elif result.clause not in (*_FULL, *_GONE, "SEG-ACK-1"):
                self._tell_once(Problem(result.clause, result.detail, session.peer))

    def _reap_the_dead(self) -> None:
        for peer in self._announced():
            if not self._engine.alive(peer):
                result = self._do("reap", peer=peer)
                if isinstance(result, Step):
                    self._tell_all(result)

    # ---- small things --------------------------------------------------------------------------------

    def _presence(self) -> Presence | None:
        return self._engine.me.presence

    def _announced(self) -> dict[Name, object]:
        """The incarnation that each announced peer's announcement names, in the order of the list."""
        found = {name: self._engine.announcement(name) for name in self._engine.names() if name != self.name}
        return {name: one.incarnation for name, one in found.items() if isinstance(one, Announcement)}

    def _strangers(self) -> tuple[Name, ...]:
        presence = self._presence()
        known = {(s.peer, s.theirs) for s in presence.sessions} if presence else set()
        return tuple(name for name, incarnation in self._announced().items() if (name, incarnation) not in known)

    def _gone(self, peer: Name) -> bool:
        """Whether a key was shared with the peer, which is not announced any more, and nothing of it lies here."""
        presence = self._presence()
        shared = presence is not None and presence.with_peer(peer)
        return bool(shared) and self._engine.announcement(peer) is None and not self.pending().get(peer)

    def _do(self, operation: str, **arguments: object) -> Result:
        if self._left and self._engine.me:
            return Rejected("SEG-WHO-3", "this member has left: join again")
        with interrupts.deferred():
            result = self._engine.do(operation, arguments)
            for event in result.events if isinstance(result, Step) else ():
                if isinstance(event, events.Delivered):
                    message = Message(event.peer, _bytes(event.body), event.sequence, event.gap)
                    self._ready[next(self._numbers)] = message
        return result

    def _done(self, operation: str, **arguments: object) -> Step[Member]:
        return _taken(self._do(operation, **arguments))

    def _waiting(self, wait: float, operation: str, **arguments: object) -> Step[Member]:
        """Perform; while it is refused for want of room, again, for `wait` seconds."""
        deadline, pause = time.monotonic() + wait, _SHORTEST
        while True:
            result = self._do(operation, **arguments)
            left = deadline - time.monotonic()
            if isinstance(result, Step) or result.clause not in _FULL or left <= 0:
                return _taken(result)
            time.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST)

    def _sent(self, step: Step[Member]) -> dict[Name, int]:
        return {event.peer: event.sequence for event in step.events if isinstance(event, events.Sent)}

    def _tell_all(self, step: Step[Member]) -> None:
        for event in step.events:
            self._tell(event)

    def _tell_once(self, problem: Problem, *, removed: bool = False) -> None:
        """Tell of a problem that may be met again and again only the first time."""
        if not removed and problem in self._told:
            return
        if len(self._told) >= _KEPT:
            self._told.clear()
        self._told.add(problem)
        self._tell(problem)

    def _tell(self, notice: Notice) -> None:
        if self._watch is not None:
            self._watch(notice)
        else:
            self._kept.append(notice)


def _taken(result: Result) -> Step[Member]:
    if isinstance(result, Rejected):
        raise Refused(result.clause, result.detail)
    return result


def _nothing_to_read(result: Result) -> bool:
    return isinstance(result, Rejected) and result.clause == "SEG-READ-1"


def _bytes(body: Bits) -> bytes:
    assert isinstance(body, bytes), "a real suite has bytes"
    return body
