"""One member's engine on one room: each operation as one atomic step on shared memory (SEG-JOURNAL-6).

Run the transition on a snapshot, remembering what it asked; lock its footprint; ask again; store, or run it again;
after a few rounds, take the locks first. What is refused is validated in the same way. It translates nothing: a
transition's Step or Rejected comes back as it is. The API for people is `room`.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Self

from lockedroom.backend import clauses, errors, forks, rooms, shm, wakeup
from lockedroom.backend.crashpoints import Hook
from lockedroom.backend.journal import Journals
from lockedroom.backend.layout import inbox
from lockedroom.backend.life import Lives
from lockedroom.backend.locks import Locks, Mode
from lockedroom.backend.process import Process, this_process
from lockedroom.backend.regions import ACL, BOARD, HEADER
from lockedroom.backend.segment import views
from lockedroom.backend.segment.authority import AuthorityFile
from lockedroom.backend.segment.commit import DoesNotFit, plan
from lockedroom.backend.segment.memory import Memory
from lockedroom.backend.segment.visible import Visible, look
from lockedroom.reference.crypto.real import LR0, RealSuite
from lockedroom.reference.crypto.suite import Entropy, Suite
from lockedroom.reference.crypto.terms import Field
from lockedroom.reference.errors import FootprintError, UsageError
from lockedroom.reference.machine import Name, Rejected, Slot, Step, Transition
from lockedroom.reference.segment import effects, store
from lockedroom.reference.segment.guards import Result
from lockedroom.reference.segment.records import Capacity
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.table import BY_OPERATION, perform
from lockedroom.reference.segment.views import At, InboxView

ROUNDS: Final = 3
"""How often an operation is tried on a snapshot before it takes its locks first."""

PATIENCE: Final = 10.0
"""How long an operation waits for its locks, in seconds, unless it is told otherwise."""


class SystemEntropy:
    """Fresh values from the system's source of randomness, new with every draw (SEG-KEYS-5)."""

    __slots__ = ()

    def draw(self, purpose: str, *context: Field) -> bytes:
        """See `Entropy`."""
        return os.urandom(32)


class _Attached:
    """The store of a room, and what goes with it."""

    __slots__ = ("journals", "lives", "memory", "store", "wakeups")

    def __init__(self, opened: shm.Store, me: Process) -> None:
        self.store: Final = opened
        self.memory: Final = Memory(opened)
        self.journals: Final = Journals(opened, Locks(opened))
        self.lives: Final = Lives(opened, self.journals, me)
        self.wakeups: Final = wakeup.Wakeups(opened.room)

    def close(self) -> None:
        self.wakeups.close()
        self.store.close()


class Engine:
    """A member that performs transitions in a room. Usable from several threads, which take turns.

    The room need not be there yet: it is attached when an operation finds it. `authority`, the creator's file, is
    read now and before each grant and revoke, and written after each. `patience`: seconds to wait for locks. `hook`
    is for tests. After `close` everything raises Closed, in a forked child Forked.
    """

    __slots__ = (
        "__weakref__",
        "_attached",
        "_authority",
        "_forked",
        "_hook",
        "_me",
        "_patience",
        "_process",
        "_suite",
        "_turn",
        "room",
    )

    def __init__(
        self,
        room: str,
        me: Member,
        suite: str,
        *,
        authority: AuthorityFile | None = None,
        patience: float = PATIENCE,
        hook: Hook | None = None,
    ) -> None:
        """Raises BadName, BadFile, NoProcessFacts; ValueError for a suite that there is not."""
        shm.object_name(room)
        self._suite = RealSuite(suite)
        self._authority = authority
        self._me: Member | None = me
        if authority is not None and me.authority is None:
            self._me = replace(me, authority=authority.load())
        self._patience = patience
        self._hook = hook
        self._process = this_process()
        self._attached: _Attached | None = None
        self._forked = False
        self._turn = threading.RLock()
        self.room: Final = room
        forks.register(self)

    @property
    def me(self) -> Member:
        """The member's private state. Raises Closed, Forked."""
        if self._me is None:
            raise self._gone()
        return self._me

    @property
    def suite(self) -> str:
        """The suite's name."""
        return self._suite.name

    # ---- attaching -----------------------------------------------------------------------------------

    def attach(self) -> Memory | None:
        """What the room's object says; None while there is none. Raises as `shm.attach` but for Absent."""
        found = self._find()
        return None if found is None else found.memory

    def close(self) -> None:
        """Let go of the room without leaving it, and forget every key. May be repeated."""
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

    def _find(self) -> _Attached | None:
        if self._me is None:
            raise self._gone()
        if self._attached is None:
            with contextlib.suppress(errors.Absent):
                self._attached = _Attached(shm.attach(self.room, hook=self._hook), self._process)
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
        """Take one transition of the table: its Step, committed, or its Rejected, which held at one moment.

        `fresh` is where fresh values come from, the system if None; `mode` is that of a created object. Raises
        UsageError for an operation or arguments that there are not, BackendError for what is no rejection.
        """
        transition = BY_OPERATION.get(operation)
        if transition is None or set(arguments) != set(transition.arguments):
            raise UsageError(f"no operation of a segment: {operation}({', '.join(arguments)})")
        deadline = time.monotonic() + self._patience
        entropy = fresh or SystemEntropy()
        with self._turn:
            attached = self._find()
            if operation == "create":
                return self._create(transition, entropy, arguments, mode, deadline)
            if attached is None:
                return self._nowhere(transition, entropy, arguments)
            match operation:
                case "join":
                    return self._join(attached, transition, entropy, arguments, deadline)
                case "leave":
                    result = self._take(attached, transition, entropy, arguments, deadline)
                    if isinstance(result, Step):
                        self._release(attached)
                    return result
                case "grant" | "revoke":
                    return self._sign(attached, transition, entropy, arguments, deadline)
                case _:
                    return self._take(attached, transition, entropy, arguments, deadline)

    def observe(self) -> Visible:
        """What is visible of the room, at one moment; what dead members had committed is finished first. Raises
        BackendError."""
        with self._turn:
            attached = self._find()
            if attached is None:
                return Visible()
            memory, deadline = attached.memory, time.monotonic() + self._patience
            wanted = dict.fromkeys(memory.layout.slots(), Mode.SHARED)
            with attached.journals.locked(wanted, deadline):
                return look(memory, attached.lives, views.names_of(memory, self.me.roster))

    def wait(self, deadline: float) -> bool:
        """Sleep until something is left in the own inbox (True), or a second, or the deadline (False). Whoever is
        woken looks for itself. Raises NoSemaphore, Closed, Forked."""
        attached, me = self._find(), self.me
        index = None if attached is None else self._index(attached, me)
        if attached is None or index is None:
            time.sleep(max(0.0, min(wakeup.RECHECK, deadline - time.monotonic())))
            return False
        return attached.wakeups.wait(index, deadline)

    def verdict(self, name: Name) -> bool:
        """Whether a process lives under the name, or cannot be told to be dead."""
        attached = self._find()
        return attached is not None and views.alive(
            views.Questions(attached.memory, self.me.roster), attached.lives, name
        )

    def names(self) -> tuple[Name, ...]:
        """The names in the order of their indices, as far as the member has verified them or the list states them."""
        attached = self._find()
        return () if attached is None else views.names_of(attached.memory, self.me.roster)

    # ---- one operation -------------------------------------------------------------------------------

    def _nowhere(self, transition: Transition, fresh: Entropy, arguments: dict[str, object]) -> Result:
        """The transition where no room is: everything that it could see is empty."""
        reads, _ = transition.footprint(self.me.name, _peers(arguments))
        nothing = {slot: {"header": None, "life": False}.get(slot.kind, store.EMPTY) for slot in reads}
        at = store.at(self.me, self._suite, fresh, Capacity(1, 1, 1, 1, 256), nothing)
        result = perform(transition, at, **arguments)
        assert isinstance(result, Rejected), "nothing can be done where no room is"
        return result

    def _take(
        self,
        attached: _Attached,
        transition: Transition,
        fresh: Entropy,
        arguments: dict[str, object],
        deadline: float,
        alive: bool | None = None,
    ) -> Result:
        """Take the transition as one atomic step. `alive` is the answer for the own name, where it is known."""
        reads, writes = transition.footprint(self.me.name, _peers(arguments))
        suite = self._suite_of_one_operation()
        tries = 0
        while True:
            tries += 1
            questions = views.Questions(attached.memory, self.me.roster)
            first = tries > ROUNDS
            wanted = self._locks(questions, reads, writes)
            result = (
                None if first else self._run(attached, questions, transition, reads, suite, fresh, arguments, alive)
            )
            with attached.journals.locked(wanted, deadline):
                if questions.unchanged():
                    if result is None:
                        result = self._run(attached, questions, transition, reads, suite, fresh, arguments, alive)
                    result = self._commit(attached, questions, result)
                    break
            if time.monotonic() >= deadline:
                raise errors.LockTimeout(
                    clauses.LOCK,
                    f"in the room {self.room}, what {transition.operation} looks at kept changing until the deadline",
                    "try again",
                )
        self._wake(attached, questions, result)
        return result

    def _run(
        self,
        attached: _Attached,
        questions: views.Questions,
        transition: Transition,
        reads: tuple[Slot, ...],
        suite: Suite,
        fresh: Entropy,
        arguments: dict[str, object],
        alive: bool | None,
    ) -> Result:
        def box(name: Name) -> InboxView:
            slot = effects.inbox(name)
            return views.InboxOf(questions, name) if slot in reads else store.OutOfBounds(slot)

        def lives(name: Name) -> bool:
            if effects.life(name) not in reads:
                raise FootprintError(f"{effects.life(name)} is outside the footprint of this transition")
            return views.alive(questions, attached.lives, name) if alive is None else alive

        at = At(
            self.me,
            suite,
            fresh,
            views.HeaderOf(questions) if effects.HEADER in reads else store.OutOfBounds(effects.HEADER),
            views.AclOf(questions) if effects.ACL in reads else store.OutOfBounds(effects.ACL),
            views.BoardOf(questions) if effects.BOARD in reads else store.OutOfBounds(effects.BOARD),
            box,
            lives,
        )
        return perform(transition, at, **arguments)

    def _commit(self, attached: _Attached, questions: views.Questions, result: Result) -> Result:
        try:
            planned = plan(attached.memory, questions.index, result.effects)
        except DoesNotFit as why:
            return Rejected(why.clause, str(why))
        if result.state is not None:
            # Before anything sealed can be seen, and never taken back: whatever interrupts what follows, no nonce
            # is used for other bytes.
            self._me = result.state
        if planned.words:
            planned.carry_out(attached.journals, questions.index(self.me.name))
        return result

    def _wake(self, attached: _Attached, questions: views.Questions, result: Result) -> None:
        for effect in result.effects:
            if isinstance(effect, effects.Append):
                index = questions.index(effect.slot.owner)
                # Whoever waits looks once a second anyway, so a missing semaphore is not this operation's fault.
                with contextlib.suppress(errors.NoSemaphore):
                    if index is not None:
                        attached.wakeups.post(index)

    def _locks(self, questions: views.Questions, reads: tuple[Slot, ...], writes: tuple[Slot, ...]) -> dict[int, Mode]:
        """The lock bytes of a footprint; slots of names that the list does not have, have none."""
        wanted: dict[int, Mode] = {}
        for slots, mode in ((reads, Mode.SHARED), (writes, Mode.EXCLUSIVE)):
            for slot in slots:
                byte = self._byte(questions, slot)
                if byte is not None:
                    wanted[byte] = mode
        return wanted

    def _byte(self, questions: views.Questions, slot: Slot) -> int | None:
        match slot.kind:
            case "header":
                return HEADER
            case "acl":
                return ACL
            case "board":
                return BOARD
            case "inbox":
                index = questions.index(slot.owner)
                return None if index is None else inbox(index)
            case _:
                return None

    def _suite_of_one_operation(self) -> Suite:
        # What encapsulation gave is kept for the rounds of one operation, and no longer.
        return self._suite if self._suite.name == LR0 else RealSuite(self._suite.name, {})

    # ---- operations that take more than slots --------------------------------------------------------

    def _join(
        self,
        attached: _Attached,
        transition: Transition,
        fresh: Entropy,
        arguments: dict[str, object],
        deadline: float,
    ) -> Result:
        """Take the life lock before asking who lives; let go of it again when the join is refused (SEG-JOIN-6)."""
        index = self._index(attached, self.me)
        if self.me.presence is not None or index is None:
            return self._take(attached, transition, fresh, arguments, deadline, alive=False)
        try:
            attached.lives.acquire(index, deadline)
        except errors.Occupied:
            return self._take(attached, transition, fresh, arguments, deadline, alive=True)
        joined = False
        try:
            result = self._take(attached, transition, fresh, arguments, deadline, alive=False)
            joined = isinstance(result, Step)
        finally:
            if not joined and self.me.presence is None:
                attached.lives.release(index)
        return result

    def _release(self, attached: _Attached) -> None:
        index = self._index(attached, self.me)
        if index is not None:
            attached.lives.release(index)

    def _sign(
        self,
        attached: _Attached,
        transition: Transition,
        fresh: Entropy,
        arguments: dict[str, object],
        deadline: float,
    ) -> Result:
        """Grant or revoke: from what the creator's file says now, and stored there before anybody hears of it."""
        if self._authority is None:
            return self._take(attached, transition, fresh, arguments, deadline)
        with self._authority.held(deadline):
            self._me = replace(self.me, authority=self._authority.load())
            result = self._take(attached, transition, fresh, arguments, deadline)
            self._keep(result)
        return result

    def _keep(self, result: Result) -> None:
        if isinstance(result, Step) and self._authority is not None and result.state.authority is not None:
            self._authority.save(result.state.authority)

    def _create(
        self, transition: Transition, fresh: Entropy, arguments: dict[str, object], mode: int, deadline: float
    ) -> Result:
        if self._attached is not None:
            if self._attached.memory.header() is None:
                raise errors.Unfinished(
                    clauses.UNFINISHED,
                    f"the room {self.room} was begun, and its creator died or is not done",
                    "remove it with `lockedroom segment gc`, or choose another name",
                )
            return self._take(self._attached, transition, fresh, arguments, deadline)
        reads, _ = transition.footprint(self.me.name, ())
        at = store.at(self.me, self._suite, fresh, Capacity(1, 1, 1, 1, 256), dict.fromkeys(reads))
        result = perform(transition, at, **arguments)
        if isinstance(result, Rejected):
            return result
        capacity = arguments["capacity"]
        assert isinstance(capacity, Capacity), "the transition has put it into the header"
        with _made(self.room, capacity, mode, self._hook) as opened:
            attached = _Attached(opened, self._process)
            planned = plan(attached.memory, views.Questions(attached.memory, None).index, result.effects)
            layout, flips = attached.memory.layout, dict(planned.flips())
            for cell, data in planned.cells:
                opened.write_cell(cell, data)
            # Nothing is visible before the state is: two commits, the second of which makes the room.
            for word in (layout.acl_count(), layout.state()):
                with attached.journals.locked({HEADER: Mode.EXCLUSIVE, ACL: Mode.EXCLUSIVE}, deadline):
                    attached.journals.commit([(word, flips[word])])
            self._keep(result)
        self._me, self._attached = result.state, attached
        return result

    def _index(self, attached: _Attached, me: Member) -> int | None:
        return views.Questions(attached.memory, me.roster).index(me.name)


@contextlib.contextmanager
def _made(room: str, capacity: Capacity, mode: int, hook: Hook | None) -> Iterator[shm.Store]:
    """A new object with its semaphores; all of it goes again when the block fails."""
    opened = shm.create(room, capacity, mode=mode, hook=hook)
    try:
        wakeup.create_semaphores(room, capacity.members, mode)
        yield opened
    except BaseException:
        opened.close()
        rooms.remove(room)
        raise


def _peers(arguments: dict[str, object]) -> tuple[Name, ...]:
    named = arguments.get("peers", (arguments["peer"],) if "peer" in arguments else ())
    if not isinstance(named, tuple) or not all(isinstance(name, str) for name in named):
        raise UsageError("peers are named in a tuple of names")
    return named
