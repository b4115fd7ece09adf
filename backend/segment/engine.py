"""One member's engine on one room: its private state, and the operations of the table on shared memory.

It translates nothing: a transition's Step or Rejected comes back as it is. How one operation becomes one atomic step is
in `step`; the API for people is `room`.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, Self

from lockedroom.backend import clauses, errors, forks, interrupts, rooms, shm, wakeup
from lockedroom.backend.crashpoints import Hook
from lockedroom.backend.entropy import SystemEntropy
from lockedroom.backend.locks import Mode
from lockedroom.backend.process import Origin, this_process
from lockedroom.backend.regions import HEADER
from lockedroom.backend.segment import views
from lockedroom.backend.segment.attached import Attached, made
from lockedroom.backend.segment.authority import AuthorityFile
from lockedroom.backend.segment.commit import plan
from lockedroom.backend.segment.memory import Memory
from lockedroom.backend.segment.step import Operation, take
from lockedroom.backend.segment.visible import Visible, look
from lockedroom.reference.crypto.real import LR0, RealSuite
from lockedroom.reference.crypto.suite import Entropy, Suite
from lockedroom.reference.errors import UsageError
from lockedroom.reference.machine import Name, Rejected, Step
from lockedroom.reference.segment import effects, store
from lockedroom.reference.segment.acl import check_header, verify_forward
from lockedroom.reference.segment.guards import Result
from lockedroom.reference.segment.profile import HARDENED, PROFILES
from lockedroom.reference.segment.records import Announcement, Capacity, Consumable, Destroyed, Malformed
from lockedroom.reference.segment.state import Member, Roster
from lockedroom.reference.segment.table import BY_OPERATION, perform

PATIENCE: Final = 10.0
"""How long an operation waits for its locks, in seconds, unless it is told otherwise."""

_WITHOUT: Final = 0.05
"""How long a member sleeps whose semaphore is gone, in seconds."""

_NOWHERE: Final = Capacity(1, 1, 1, 1, 256)


class Engine:
    """A member that performs transitions in a room. Usable from several threads, which take turns.

    The room need not be there yet: it is attached when an operation finds it. `profile` is the label of the one that
    it speaks: it makes and accepts no other (SEG-PROFILE-1, SEG-PROFILE-4). `authority`, the creator's file, is read
    now and before each grant and revoke, and written after each. `patience`: seconds to wait for locks. `stand_in` is
    for replays and tests, where a pid is to come again: who creates a segment, in place of this process. `hook` is for
    tests. After `close` everything raises Closed, in a forked child Forked.
    """

    __slots__ = (
        "__weakref__",
        "_attached",
        "_authority",
        "_forked",
        "_hook",
        "_me",
        "_named",
        "_patience",
        "_process",
        "_profile",
        "_suite",
        "_turn",
        "origin",
        "room",
    )

    def __init__(
        self,
        room: str,
        me: Member,
        suite: str,
        *,
        profile: str = HARDENED.label,
        authority: AuthorityFile | None = None,
        patience: float = PATIENCE,
        stand_in: Origin | None = None,
        hook: Hook | None = None,
    ) -> None:
        """Raises BadName, BadFile, NoProcessFacts; ValueError for a suite or a profile that there is not."""
        shm.object_name(room)
        if profile not in PROFILES:
            raise ValueError(f"no such profile: {profile}; there are {', '.join(PROFILES)}")
        self._profile = PROFILES[profile]
        self._suite = RealSuite(suite)
        self._authority = authority
        self._me: Member | None = me
        if authority is not None and me.authority is None:
            self._me = replace(me, authority=authority.load())
        self._patience = patience
        self._hook = hook
        self._process = this_process()
        self.origin: Final = stand_in or self._process.origin
        self._attached: Attached | None = None
        self._forked = False
        self._named: tuple[Name, ...] = ()
        self._turn = threading.RLock()
        self.room: Final = room
        forks.register(self)

    @property
    def me(self) -> Member:
        """The member's private state. Raises Closed, Forked."""
        if self._me is None:
            raise self._gone()
        return self._me

    # ---- attaching -----------------------------------------------------------------------------------

    def attach(self) -> Memory | None:
        """What the room's object says; None while there is none. Raises as `shm.attach` but for Absent."""
        found = self._find()
        return None if found is None else found.memory

    def close(self) -> None:
        """Let go of the room without leaving it, and forget every key. May be repeated."""
        with interrupts.deferred():
            attached, self._attached, self._me = self._attached, None, None
            if attached is not None:
                attached.close()

    def disown(self) -> None:
        """What `forks` calls in a child: forget every key. The store and the semaphores let go by themselves."""
        self._forked = True
        self._me = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _find(self) -> Attached | None:
        if self._me is None:
            raise self._gone()
        if self._attached is None:
            with interrupts.deferred(), contextlib.suppress(errors.Absent):
                self._attached = Attached(shm.attach(self.room, hook=self._hook), self._process)
        return self._attached

    def _gone(self) -> errors.BackendError:
        if self._forked:
            remedy = "attach in the child, or start processes by subprocess or spawn"
            problem = f"the room {self.room} was attached before this process was forked"
            return errors.Forked(clauses.FORK, problem, remedy)
        return errors.Closed(clauses.HANDLE, f"the room {self.room} was closed", "attach again")

    # ---- operations ----------------------------------------------------------------------------------

    def perform(
        self, operation: str, *, fresh: Entropy | None = None, mode: int = 0o600, **arguments: object
    ) -> Result:
        """See `do`."""
        return self.do(operation, arguments, fresh=fresh, mode=mode)

    def do(
        self, operation: str, arguments: Mapping[str, object], *, fresh: Entropy | None = None, mode: int = 0o600
    ) -> Result:
        """Take one transition of the table: its Step, committed, or its Rejected, which held at one moment.

        `fresh` is where fresh values come from, the system if None; `mode` is that of a created object. Ctrl-C is
        deferred to the end of it, or to a wait before anything was done. Raises UsageError for an operation or
        arguments that there are not, BackendError for what is no rejection.
        """
        transition = BY_OPERATION.get(operation)
        if transition is None or set(arguments) != set(transition.arguments):
            raise UsageError(f"no operation of a segment: {operation}({', '.join(arguments)})")
        deadline = time.monotonic() + self._patience
        suite = self._suite_of_one_operation()
        asked = Operation(transition, arguments, suite, fresh or SystemEntropy(), deadline, profile=self._profile)
        with self._taking_turns(deadline) as attached:
            if operation == "create":
                return self._create(asked, mode)
            if attached is None:
                return self._nowhere(asked)
            match operation:
                case "join":
                    return self._join(attached, asked)
                case "leave":
                    return self._leave(attached, asked)
                case "grant" | "revoke":
                    return self._sign(attached, asked)
                case _:
                    return self._take(attached, asked)

    def observe(self) -> Visible:
        """What is visible of the room, at one moment; what dead members had committed is finished first. Raises
        BackendError."""
        deadline = time.monotonic() + self._patience
        with self._taking_turns(deadline) as attached:
            if attached is None:
                return Visible()
            memory = attached.memory
            wanted = dict.fromkeys(memory.layout.slots(), Mode.SHARED)
            with attached.journals.locked(wanted, deadline):
                names = views.names_of(memory, self.me.roster)
                # A list that a hostile store has cut says no more who stands where; an index never changes (SEG-ACL-9).
                if self._named[: len(names)] != names:
                    self._named = names
                return look(memory, attached.lives, self._named)

    def wait(self, deadline: float) -> bool:
        """Sleep until something is left in the own inbox (True), or a second, or the deadline (False). Whoever is
        woken looks for itself. Raises Closed, Forked."""
        attached = self._find()
        index = None if attached is None else self._index(attached)
        if attached is None or index is None:
            time.sleep(max(0.0, min(wakeup.RECHECK, deadline - time.monotonic())))
            return False
        try:
            return attached.wakeups.wait(index, deadline)
        except errors.NoSemaphore:
            # Somebody has removed it; whoever waits looks for itself anyway.
            time.sleep(max(0.0, min(_WITHOUT, deadline - time.monotonic())))
            return False

    # ---- looking, without locks ----------------------------------------------------------------------

    def names(self) -> tuple[Name, ...]:
        """The names in the order of their indices, as far as the member has verified them or the list states them."""
        attached = self._find()
        return () if attached is None else views.names_of(attached.memory, self.me.roster)

    def alive(self, name: Name) -> bool:
        """Whether a process lives under the name, or cannot be told to be dead."""
        attached = self._find()
        return attached is not None and views.alive(self._questions(attached), attached.lives, name)

    def announcement(self, name: Name) -> Announcement | Malformed | None:
        """What stands announced under the name."""
        attached = self._find()
        return None if attached is None else views.BoardOf(self._questions(attached)).announcement(name)

    def first(self, sender: Name) -> Consumable | Malformed | None:
        """The first record of a sender in the own inbox."""
        attached = self._find()
        return None if attached is None else views.InboxOf(self._questions(attached), self.me.name).first(sender)

    def lanes(self) -> tuple[tuple[Name, int], ...]:
        """How many records of each sender lie in the own inbox, in the order of the list."""
        attached = self._find()
        index = None if attached is None else self._index(attached)
        if attached is None or index is None:
            return ()
        return tuple((name, attached.memory.ring(index, by)[1]) for by, name in enumerate(self.names()))

    def verified(self) -> Roster | Rejected[Member]:
        """The list as it stands, verified from the creator's key on (SEG-ACL-8). Raises Absent."""
        attached = self._find()
        if attached is None:
            raise errors.Absent(clauses.ABSENT, f"there is no room {self.room}", "create it first")
        header = check_header(self.me, self._suite, attached.memory.header(), self._profile)
        if isinstance(header, Rejected):
            return header
        found = verify_forward(self.me, self._suite, header, attached.memory.entries(), self._profile)
        return found if isinstance(found, Rejected) else found.roster

    def give_up(self) -> None:
        """Remove the names of this segment, which its creator has destroyed (SEG-DESTROY-3), and its creator's file.
        Raises NotPermitted, LockTimeout, BadFile, OSError."""
        deadline = time.monotonic() + self._patience
        with self._taking_turns(deadline) as attached:
            if attached is not None:
                with attached.journals.locked({HEADER: Mode.EXCLUSIVE}, deadline):
                    rooms.withdraw(attached.store)
        if self._authority is not None and self.me.authority is not None:
            self._authority.remove(self.me.authority.segment)

    def wake_everybody(self) -> None:
        """Post every member's semaphore: there is something to see. One that is missing is no error."""
        attached = self._find()
        if attached is None:
            return
        for index in range(attached.memory.layout.capacity.members):
            with contextlib.suppress(errors.NoSemaphore):
                attached.wakeups.post(index)

    # ---- one operation -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _taking_turns(self, deadline: float) -> Iterator[Attached | None]:
        """The room, if there is one, for one thread at a time (SEG-LOCK-5), uninterrupted. What the last operation
        committed but, for an exception, did not carry out is finished first."""
        if self._me is None:
            raise self._gone()
        with interrupts.deferred():
            if not interrupts.acquired(self._turn, deadline):
                problem = (
                    f"another thread of this process is at work in the room {self.room}, and was until the deadline"
                )
                raise errors.LockTimeout(clauses.LOCK, problem, "try again")
            try:
                attached = self._find()
                if attached is not None and self.me.presence is not None:
                    index = self._index(attached)
                    if index is not None and attached.store.load(attached.memory.layout.commit(index)):
                        attached.journals.recover(index, deadline)
                yield attached
            finally:
                self._turn.release()

    def _take(self, attached: Attached, operation: Operation) -> Result:
        return take(attached, self.me, operation, self._settle)

    def _settle(self, me: Member) -> None:
        self._me = me

    def _nowhere(self, operation: Operation) -> Result:
        """The transition where no room is: everything that it could see is empty."""
        reads, _ = operation.footprint(self.me.name)
        nothing = {slot: {"header": None, "life": False}.get(slot.kind, store.EMPTY) for slot in reads}
        at = store.at(self.me, operation.suite, operation.fresh, _NOWHERE, nothing, operation.profile)
        return perform(operation.transition, at, **operation.arguments)

    def _suite_of_one_operation(self) -> Suite:
        # What encapsulation gave is kept for the rounds of one operation, and no longer.
        return self._suite if self._suite.name == LR0 else RealSuite(self._suite.name, {})

    # ---- operations that take more than slots --------------------------------------------------------

    def _join(self, attached: Attached, operation: Operation) -> Result:
        """Take the life lock before asking who lives; let go of it again when the join is refused (SEG-JOIN-6)."""
        index = self._index(attached)
        if self.me.presence is not None or index is None:
            return self._take(attached, replace(operation, alive=False))
        # Held without a presence, it was kept by a leave that was interrupted.
        attached.lives.release(index)
        try:
            attached.lives.acquire(index, operation.deadline)
        except errors.Occupied:
            return self._take(attached, replace(operation, alive=True))
        except errors.Removed:
            if not isinstance(attached.memory.header(), Destroyed):
                raise
            return self._take(attached, replace(operation, alive=False))
        result: Result | None = None
        try:
            result = self._take(attached, replace(operation, alive=False))
            return result
        finally:
            lives = result is None or any(isinstance(effect, effects.Live) for effect in result.effects)
            if self._me is not None and (self._me.presence is None or not lives):
                attached.lives.release(index)

    def _leave(self, attached: Attached, operation: Operation) -> Result:
        """Leave, and let go of the life lock when nothing of this member can be seen any more."""
        result = self._take(attached, operation)
        index = self._index(attached)
        if index is not None and any(isinstance(effect, effects.Die) for effect in result.effects):
            attached.lives.release(index)
        return result

    def _sign(self, attached: Attached, operation: Operation) -> Result:
        """Grant or revoke: from what the creator's file says now, and stored there before anybody hears of it."""
        if self._authority is None:
            return self._take(attached, operation)
        with self._authority.held(operation.deadline):
            self._me = replace(self.me, authority=self._authority.load())
            result = self._take(attached, operation)
            self._keep(result)
        return result

    def _keep(self, result: Result) -> None:
        if isinstance(result, Step) and self._authority is not None and result.state.authority is not None:
            self._authority.save(result.state.authority)

    def _create(self, operation: Operation, mode: int) -> Result:
        if self._attached is not None:
            if self._attached.memory.header() is None:
                raise errors.Unfinished(
                    clauses.UNFINISHED,
                    f"the room {self.room} was begun, and its creator died or is not done",
                    "remove it with `lockedroom segment gc`, or choose another name",
                )
            return self._take(self._attached, operation)
        result = self._nowhere(operation)
        if isinstance(result, Rejected):
            return result
        capacity = operation.arguments["capacity"]
        assert isinstance(capacity, Capacity), "the transition has put it into the header"
        with made(self.room, capacity, mode, self._process, self._hook, operation.deadline) as attached:
            planned = plan(attached.memory, views.Questions(attached.memory, None).index, result.effects)
            layout, flips = attached.memory.layout, dict(planned.flips())
            for cell, data in planned.cells:
                attached.store.write_cell(cell, data)
            # Nothing is visible before the state is (SEG-STORE-18): two commits, the second of which makes the room.
            attached.journals.commit([(layout.acl_count(), flips[layout.acl_count()])])
            # Who dies from here on leaves a room that its creator can go on with, or none.
            self._keep(result)
            attached.journals.commit([(layout.state(), flips[layout.state()])])
        self._me, self._attached = result.state, attached
        return result

    def _questions(self, attached: Attached) -> views.Questions:
        return views.Questions(attached.memory, self.me.roster)

    def _index(self, attached: Attached) -> int | None:
        return self._questions(attached).index(self.me.name)
