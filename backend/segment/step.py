"""One operation of a member as one atomic step (SEG-JOURNAL-6), in rounds: the snapshot is what it asks of the memory,
the locks are those of its footprint. Rejections are validated alike.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lockedroom.backend import clauses, errors
from lockedroom.backend.layout import inbox
from lockedroom.backend.locks import Mode
from lockedroom.backend.regions import ACL, BOARD, HEADER
from lockedroom.backend.rounds import atomic
from lockedroom.backend.segment import views
from lockedroom.backend.segment.attached import Attached
from lockedroom.backend.segment.commit import DoesNotFit, plan
from lockedroom.reference.crypto.suite import Entropy, Suite
from lockedroom.reference.errors import FootprintError, UsageError
from lockedroom.reference.machine import Name, Rejected, Slot, Transition
from lockedroom.reference.segment import effects, store
from lockedroom.reference.segment.guards import Result
from lockedroom.reference.segment.profile import HARDENED, Profile
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.table import perform
from lockedroom.reference.segment.views import At, InboxView


@dataclass(frozen=True, slots=True)
class Operation:
    """One transition bound to its arguments, and what is not its to decide. `alive` is the answer for every name where
    it is known beforehand; `deadline` is in time.monotonic(); `profile` is the one that the member speaks."""

    transition: Transition
    arguments: Mapping[str, object]
    suite: Suite
    fresh: Entropy
    deadline: float
    alive: bool | None = None
    profile: Profile = HARDENED

    def footprint(self, actor: Name) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
        """The slots read and written when `actor` takes it. Raises UsageError when peers are no names."""
        named = self.arguments.get("peers", (self.arguments["peer"],) if "peer" in self.arguments else ())
        if not isinstance(named, tuple) or not all(isinstance(name, str) for name in named):
            raise UsageError("peers are named in a tuple of names")
        return self.transition.footprint(actor, named)


def take(attached: Attached, me: Member, operation: Operation, settle: Callable[[Member], None]) -> Result:
    """Take the operation as `me`. `settle` is given the new private state, before anything that it made can be seen
    and never to be taken back: whatever interrupts what follows, no nonce is used for other bytes.

    Raises LockTimeout.
    """
    reads, writes = operation.footprint(me.name)
    questions, result = atomic(
        lambda: views.Questions(attached.memory, me.roster),
        lambda asked: _run(attached, me, asked, reads, operation),
        lambda asked: attached.journals.locked(_locks(asked, reads, writes), operation.deadline),
        lambda asked, made: _commit(attached, me, asked, made, settle),
        operation.deadline,
        lambda: errors.LockTimeout(
            clauses.LOCK,
            f"in the room {attached.store.room}, what {operation.transition.operation} looks at kept changing",
            "try again",
        ),
    )
    _wake(attached, questions, result)
    return result


def _run(
    attached: Attached, me: Member, questions: views.Questions, reads: tuple[Slot, ...], operation: Operation
) -> Result:
    def box(name: Name) -> InboxView:
        slot = effects.inbox(name)
        return views.InboxOf(questions, name) if slot in reads else store.OutOfBounds(slot)

    def alive(name: Name) -> bool:
        if effects.life(name) not in reads:
            raise FootprintError(f"{effects.life(name)} is outside the footprint of this transition")
        return views.alive(questions, attached.lives, name) if operation.alive is None else operation.alive

    at = At(
        me,
        operation.suite,
        operation.fresh,
        views.HeaderOf(questions) if effects.HEADER in reads else store.OutOfBounds(effects.HEADER),
        views.AclOf(questions) if effects.ACL in reads else store.OutOfBounds(effects.ACL),
        views.BoardOf(questions) if effects.BOARD in reads else store.OutOfBounds(effects.BOARD),
        box,
        alive,
        operation.profile,
    )
    return perform(operation.transition, at, **operation.arguments)


def _commit(
    attached: Attached, me: Member, questions: views.Questions, result: Result, settle: Callable[[Member], None]
) -> Result:
    try:
        planned = plan(attached.memory, questions.index, result.effects)
    except DoesNotFit as why:
        return Rejected(why.clause, str(why))
    state = result.state

    def certain() -> None:
        if state is not None:
            settle(state)

    if planned.words:
        planned.carry_out(attached.journals, questions.index(me.name), certain)
    else:
        certain()
    return result


def _wake(attached: Attached, questions: views.Questions, result: Result) -> None:
    """Post the semaphore of every addressee of what was committed (SEG-WAKE-2)."""
    for effect in result.effects:
        if isinstance(effect, effects.Append):
            index = questions.index(effect.slot.owner)
            # Whoever waits looks once a second anyway, so a missing semaphore is not this operation's fault.
            with contextlib.suppress(errors.NoSemaphore):
                if index is not None:
                    attached.wakeups.post(index)


def _locks(questions: views.Questions, reads: tuple[Slot, ...], writes: tuple[Slot, ...]) -> dict[int, Mode]:
    """The lock bytes of a footprint; slots of names that the list does not have, have none."""
    wanted: dict[int, Mode] = {}
    for slots, mode in ((reads, Mode.SHARED), (writes, Mode.EXCLUSIVE)):
        for slot in slots:
            byte = _byte(questions, slot)
            if byte is not None:
                wanted[byte] = mode
    return wanted


def _byte(questions: views.Questions, slot: Slot) -> int | None:
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
