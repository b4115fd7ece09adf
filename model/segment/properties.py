"""The segment's properties: their names, against whom they are promised, their clauses, and how they are judged."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from lockedroom.model.report import Invariant, Judgement, StepJudge
from lockedroom.model.segment import honest, hostile
from lockedroom.model.segment.disclosure import DISCLOSE, disclosed
from lockedroom.model.segment.facts import Facts, facts_of
from lockedroom.model.segment.ledger import Ledger
from lockedroom.model.segment.progress import PROGRESS
from lockedroom.reference.machine import Action, Name, Outcome, Slot
from lockedroom.reference.segment.effects import member
from lockedroom.reference.segment.profile import HARDENED, Profile
from lockedroom.reference.segment.table import BY_OPERATION

Kind = Literal["step", "state"]
Store = Literal["hostile", "honest"]


@dataclass(frozen=True, slots=True)
class Property:
    """A promise: its name, the store in which it is promised (`hostile`: whatever the intruder does; `honest`: crashes
    allowed), its clauses, whether steps or states are judged, and the judgement of the members' steps, if these are."""

    name: str
    store: Store
    clauses: tuple[str, ...]
    kind: Kind
    judge: Callable[[Facts], Judgement] | None = None


AGREEMENT: Final = "agreement after concurrent exchange or rotation"
NONCES: Final = "no nonce twice under a key"
KNOWN: Final = "no unknown key share"
FORWARD: Final = "forward secrecy after leave"

PROPERTIES: Final[tuple[Property, ...]] = (
    Property("segment binding", "hostile", ("SEG-HEADER-4", "SEG-HEADER-7"), "step", hostile.binding),
    Property(
        "authentication and injective agreement",
        "hostile",
        ("SEG-EXCHANGE-4", "SEG-EXCHANGE-8", "SEG-ACCEPT-2", "SEG-ACCEPT-4", "SEG-ACCEPT-5", "SEG-RECEIVE-5"),
        "step",
        hostile.authentication,
    ),
    Property(
        "secrecy of keys and plaintexts",
        "hostile",
        ("SEG-KEYS-1", "SEG-KEYS-2", "SEG-KEYS-3", "SEG-ROTATE-2"),
        "step",
        hostile.secrecy,
    ),
    Property(KNOWN, "hostile", ("SEG-EXCHANGE-5", "SEG-KEYS-1", "SEG-KEYS-2"), "state"),
    Property(FORWARD, "hostile", ("SEG-JOIN-4", "SEG-LEAVE-2"), "step"),
    Property(
        "access control, authentic and not escalated",
        "hostile",
        (
            "SEG-ACL-2",
            "SEG-ACL-3",
            "SEG-ACL-4",
            "SEG-ACL-5",
            "SEG-ACL-6",
            "SEG-ACL-7",
            "SEG-GRANT-1",
            "SEG-REVOKE-2",
            "SEG-JOIN-1",
            "SEG-REVIEW-2",
            "SEG-REVIEW-4",
            "SEG-EXCHANGE-1",
            "SEG-EXCHANGE-3",
            "SEG-SEND-1",
            "SEG-SEND-4",
            "SEG-RECEIVE-4",
        ),
        "step",
        hostile.access,
    ),
    Property(
        "at most once and in order",
        "hostile",
        ("SEG-RECEIVE-6", "SEG-RECEIVE-9", "SEG-RECEIVE-13"),
        "step",
        hostile.once_in_order,
    ),
    Property(NONCES, "hostile", ("SEG-SEND-7", "SEG-PUBLISH-2", "SEG-PUBLISH-3"), "step", hostile.nonces),
    Property(
        "only the addressee consumes",
        "honest",
        ("SEG-REAP-1", "SEG-REAP-3", "SEG-EXCHANGE-10"),
        "step",
        honest.consumed,
    ),
    Property(
        "nothing committed is lost",
        "honest",
        ("SEG-SEND-3", "SEG-SEND-8", "SEG-SEND-9", "SEG-READ-3", "SEG-LEAVE-3", "SEG-ACCEPT-9", "SEG-REVIEW-2"),
        "step",
        honest.lost,
    ),
    Property(
        "non-consumables live as long as their sender",
        "honest",
        ("SEG-PUBLISH-4", "SEG-JOIN-5", "SEG-JOIN-6", "SEG-LEAVE-1", "SEG-REAP-1", "SEG-REAP-3"),
        "step",
        honest.standing,
    ),
    Property(
        "quotas kept, and room not refused",
        "honest",
        ("SEG-FULL-1", "SEG-FULL-2", "SEG-FULL-5"),
        "step",
        honest.quotas,
    ),
    Property("multicast all or nothing", "honest", ("SEG-MULTICAST-2", "SEG-FULL-2"), "step", honest.multicast),
    Property(
        AGREEMENT,
        "honest",
        ("SEG-ACCEPT-7", "SEG-EPOCH-2", "SEG-EPOCH-3", "SEG-ROTATE-5", "SEG-ACK-2"),
        "state",
    ),
    Property(PROGRESS, "honest", ("SEG-ACCEPT-10",), "state"),
)
"""Every property, those of the hostile store first."""

BY_NAME: Final[dict[str, Property]] = {found.name: found for found in PROPERTIES}


def judge_of(stores: frozenset[Store], profile: Profile = HARDENED, foe: Name = "") -> StepJudge:
    """What judges steps of a profile for the properties of these stores; `foe` is the member that the intruder is."""
    judged = tuple((p.name, p.judge) for p in PROPERTIES if p.judge is not None and p.store in stores)

    def judge(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Iterable[tuple[str, Judgement]]:
        if action.operation == DISCLOSE:
            return [(FORWARD, hostile.forward_secrecy(*disclosed(action, values), foe))]
        if action.operation not in BY_OPERATION or action.operation == "destroy":
            return ()
        refused = outcome.clause if outcome.writes is None else None
        if refused is not None and action.operation != "multicast" and not refused.startswith("SEG-FULL"):
            return ()
        step = facts_of(action, values, outcome, profile, foe)
        return [(name, rule(step)) for name, rule in judged]

    return judge


def invariants_of(names: tuple[Name, ...], stores: frozenset[Store], foe: Name = "") -> tuple[Invariant, ...]:
    """The rules on states for the properties of these stores, among these members; `foe` is none of them."""
    found: list[Invariant] = []
    pairs = [(a, b) for index, a in enumerate(names) for b in names[index + 1 :]]
    if "hostile" in stores:
        sealed = _Sealed(foe)
        for a, b in pairs:
            ledgers, members = (Slot("ledger", a), Slot("ledger", b)), (member(a), member(b))
            found.append(Invariant(NONCES, ledgers, (sealed, sealed), hostile.no_shared_nonces))
            views = (hostile.keys_held, hostile.keys_held)
            found.append(Invariant(KNOWN, members, views, hostile.WithEachOther(a, b)))
    if "honest" in stores:
        found += honest.agreement(names, AGREEMENT)
    return tuple(found)


class _Sealed:
    """The view of a ledger that shows what was sealed under, but not in sessions with a foe."""

    __slots__ = ("_foe",)

    def __init__(self, foe: Name) -> None:
        self._foe = foe

    def __call__(self, value: Hashable) -> Hashable:
        assert isinstance(value, Ledger), "a ledger's slot holds a ledger"
        return (
            frozenset(use for use in value.sealed if not hostile.of_foe(use, self._foe)) if self._foe else value.sealed
        )
