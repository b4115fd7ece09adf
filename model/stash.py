"""The stash, explored: holders of one key, and an intruder who owns the store. What must hold stands in JUDGES.

The engine runs as it is. Beside it stands what only an observer knows: `log`, every record that a holder left, in order
(None for a removal that leaves nothing), `ledger`, how much of it each holder has seen, and whether the intruder has
done anything yet. The intruder puts whatever some guard could accept, as often as it likes: any record that ever lay
there, also with another version or kind; one of a key of its own; bytes that are none; nothing. What nothing
authenticates it alters, and splices: the first block of one value, and then another one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import pairwise, permutations
from typing import ClassVar, Final, TypeAlias, cast

from lockedroom.model.report import Goal, Invariant, Judgement
from lockedroom.model.validator import Subject
from lockedroom.reference.crypto.closure import derivable
from lockedroom.reference.crypto.symbolic import SymbolicEntropy, SymbolicSuite
from lockedroom.reference.crypto.terms import Bits, Field, Term
from lockedroom.reference.machine import Action, Event, Machine, Name, Outcome, Rejected, Slot, Step, Transition
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash import records
from lockedroom.reference.stash.keys import Key, encryption, generate, locator
from lockedroom.reference.stash.profile import AUTHENTICATED, HARDENED, SEALED_VERSION, TOMBSTONES, VERSIONED
from lockedroom.reference.stash.records import NONSENSE, TOMBSTONE, VALUE, Record
from lockedroom.reference.stash.transitions import (
    BY_OPERATION,
    TABLE,
    At,
    Found,
    Holder,
    Nothing,
    Put,
    Removed,
    Result,
    Written,
)

NAMES: Final = ("anna", "ben", "carol", "dora")
VALUE_SLOT, LOG, DISTURBED = Slot("value", "there"), Slot("log"), Slot("disturbed")
SUITE: Final = SymbolicSuite()
PASSWORD: Final = Term("password")
BODIES: Final = tuple(Term("body", "holders", "there", number, 16) for number in (1, 2))
Log: TypeAlias = "tuple[Record | None, ...]"


@dataclass(frozen=True, slots=True)
class Logic:
    """The stash's logic: its rows by operation, how a password makes a key, what is derived from one. The reference's,
    or a mutant's."""

    rows: Mapping[str, Transition]
    generate: Callable[..., Key]
    locator: Callable[..., Bits]
    encryption: Callable[..., Bits]


REFERENCE: Final = Logic(BY_OPERATION, generate, locator, encryption)


@dataclass(frozen=True, slots=True)
class Taken:
    """One step of a holder as its judges see it."""

    operation: str
    body: Hashable
    """What was to be written, if anything."""
    expecting: bool
    clause: str | None
    told: tuple[Hashable, ...]
    stored: Record | None
    log: Log
    left: Log
    """The log afterwards."""
    seen: int
    """How much of the log its holder had seen before."""
    disturbed: bool
    profile: Profile
    place: Bits
    """The locator of their key."""
    under: Bits
    """The key that values are encrypted under."""


def key_of(profile: Profile, logic: Logic = REFERENCE) -> Key:
    """The holders' key, made from a password that the intruder guesses."""
    return logic.generate(SUITE, profile, SymbolicEntropy("holders", 1), PASSWORD)


def alien(profile: Profile) -> Record:
    """A record of the intruder's own key."""
    mine = Key(Term("fresh", "intruder", 1, "key"), Term("fresh", "intruder", 1, "iv"))
    body, fresh = Term("body", "intruder", "elsewhere", 1, 16), Term("fresh", "intruder", 1, "value")
    return records.seal(SUITE, profile, mine, VALUE, 1 if profile.has(VERSIONED) else 0, fresh, body)


# ---- what must hold ---------------------------------------------------------------------------------


def _authentic(step: Taken) -> Judgement:
    if step.operation != "read" or step.stored is None:
        return False
    if step.clause:
        return True
    if step.stored not in step.log:
        return "what was read is nothing that a holder left"
    return step.told == (_lies(step.stored),) or "what is told is not what a holder left"


def _lies(record: Record | None) -> Event:
    """What is to be told of a record that a holder left."""
    if record is None or record.kind != VALUE:
        return Nothing(record.version if record else 0)
    assert isinstance(record.sealed, Term), "a symbolic suite gives terms, the body last"
    return Found(record.version, cast(Bits, record.sealed.args[-1]))


def _newest(log: Log, record: Record | None) -> int:
    """The number of the last such record in the log, counted from 1; 0 if there is none."""
    return max((number for number, one in enumerate(log, 1) if one == record), default=0)


def _no_way_back(step: Taken) -> Judgement:
    if not step.seen:
        return False
    last, left = step.log[step.seen - 1], step.left[-1]
    if step.left != step.log and left and last and step.profile.has(VERSIONED):
        return left.version > last.version or f"version {left.version} is left after version {last.version} was seen"
    if step.operation != "read" or step.stored not in step.log:
        return False
    if _forked(step):
        same = last and step.stored and last != step.stored and last.version == step.stored.version
        return bool(step.clause) or not same or "it reads another record of the version that it has seen"
    at = _newest(step.log, step.stored)
    return bool(step.clause) or at >= step.seen or f"it reads record {at} after record {step.seen}"


def _forked(step: Taken) -> bool:
    """Whether a holder has written without seeing what others had: then versions tell no order any more."""
    versions = [one.version for one in step.log if one is not None]
    return step.profile.has(VERSIONED) and any(after <= before for before, after in pairwise(versions))


def _removals_noticed(step: Taken) -> Judgement:
    if step.operation != "read" or step.stored is not None or not step.seen:
        return False
    return (
        bool(step.clause)
        or None in step.log[step.seen - 1 :]
        or "it is told that nothing is there, and no holder has removed it"
    )


def _not_equal(step: Taken) -> Judgement:
    if step.left == step.log or step.left[-1] is None:
        return False
    old = {one.sealed for one in step.log if one is not None}
    return step.left[-1].sealed not in old or "two sealed values are equal, which the store shows"


def _one_use(step: Taken) -> Judgement:
    if step.left == step.log or step.left[-1] is None:
        return False
    if step.under == step.place or step.under in parts(step.place):
        return "the key that encrypts makes the locator too"
    uses = [one.sealed.args[:2] for one in step.left if one and isinstance(one.sealed, Term)]
    return uses[-1] not in uses[:-1] or "two values are sealed under one key and nonce"


def parts(field: Field) -> Iterator[Field]:
    """What a term is directly made of: the keys that it uses, not what these come from."""
    for part in field.args if isinstance(field, Term) else field if isinstance(field, tuple) else ():
        yield part
        if isinstance(part, tuple):
            yield from parts(part)


def _current(step: Taken) -> Judgement:
    if step.operation != "read" or step.disturbed:
        return False
    if step.clause:
        return f"nobody has meddled, and the read is refused [{step.clause}]"
    last = step.log[-1] if step.log else None
    return (step.stored == last and step.told == (_lies(last),)) or "it does not read what was written last"


def _compared(step: Taken) -> Judgement:
    expected = step.log[step.seen - 1] if step.seen else None
    if not step.expecting or not (step.profile.has(VERSIONED) and step.profile.has(AUTHENTICATED)):
        return False
    if step.clause:
        same = step.stored == expected and (expected is not None or not step.seen)
        return f"what it has seen last lies there, and it is refused [{step.clause}]" if same else False
    same = step.stored == expected or (expected is None and step.stored not in step.log)
    return same or "it writes over what it has not seen"


def _as_said(step: Taken) -> Judgement:
    if step.operation == "remove" and bool(step.clause) != (step.stored is None):
        return "nothing is removed where something lies" if step.clause else "something is removed where nothing lies"
    if step.operation == "read" or step.clause:
        return False
    if step.left == step.log:
        return "nothing is left, and it is told otherwise"
    left, profile = step.left[-1], step.profile
    version = left.version if left else 0
    if step.operation == "write" and (left is None or _lies(left) != Found(version, cast(Bits, step.body))):
        return "what is left is not the value that was to be written"
    if step.operation == "remove" and (left.kind != TOMBSTONE if left else profile.has(TOMBSTONES)):
        return "a removal leaves no tombstone"
    if step.told != ((Written if step.operation == "write" else Removed)(version),):
        return f"version {version} is left, and it is told otherwise"
    if not all(map(profile.has, (VERSIONED, AUTHENTICATED, SEALED_VERSION, TOMBSTONES))):
        return True
    seen = step.log[step.seen - 1] if step.seen else None
    newest = max((one.version for one in (seen, step.stored) if one and one in step.log), default=0)
    return version == newest + 1 or f"version {version} follows version {newest}"


JUDGES: Final[dict[str, tuple[tuple[str, ...], Callable[[Taken], Judgement]]]] = {
    "authenticity": (("STASH-READ-2", "STASH-SEAL-2", "STASH-SEAL-4", "STASH-RECORD-2"), _authentic),
    "no way back": (("STASH-READ-3", "STASH-SEAL-3", "STASH-WRITE-3"), _no_way_back),
    "removals are noticed": (("STASH-READ-4", "STASH-REMOVE-2"), _removals_noticed),
    "equal values look different": (("STASH-SEAL-1",), _not_equal),
    "one key, one use": (("STASH-KEY-6", "STASH-KEY-7", "STASH-SEAL-1"), _one_use),
    "a read is current": (("STASH-STORE-1", "STASH-READ-1"), _current),
    "compare and set": (("STASH-WRITE-5", "STASH-WRITE-6", "STASH-STORE-3"), _compared),
    "what is left is what was said": (("STASH-WRITE-3", "STASH-WRITE-7", "STASH-REMOVE-1", "STASH-REMOVE-2"), _as_said),
}
"""The properties of steps, each with its clauses; that a read is current is promised where nobody meddles."""

SECRECY: Final = "secrecy"
_SECRECY: Final = ("STASH-KEY-5", "STASH-SEAL-2")
PROGRESS: Final = "progress"
_PROGRESS: Final = ("STASH-WRITE-3", "STASH-WRITE-7")

CURRENT: Final = "a read is current"
HONEST: Final = ("a read is current", "compare and set")
"""What the description keeps: it has no comparing at all."""
SAID: Final = "what is left is what was said"
HOSTILE: Final = (SECRECY, *(name for name in JUDGES if name not in (*HONEST, SAID)))
PROPERTIES: Final = (*HOSTILE, *HONEST, SAID, PROGRESS)
FINDINGS: Final = {**{one: (one, "") for one in HOSTILE}, "block splicing": ("authenticity", "spliced")}
"""What is looked for in the description, by name: the property that falls, and by which word of the intruder's, if
only by that."""


def _secret(place: Bits) -> Callable[[tuple[Hashable, ...]], Judgement]:
    """Of the log alone, which the intruder sees all of, beside the locator and the password that it guesses."""

    def judge(seen: tuple[Hashable, ...]) -> Judgement:
        (log,) = cast("tuple[Log]", seen)
        if not log:
            return False
        said = [place, *(field for one in log if one for field in (one.sealed, one.fresh))]
        known = frozenset({PASSWORD, *(term for term in said if isinstance(term, Term))})
        told = [body for body in BODIES if derivable(known, body)]
        return f"the intruder knows {told[0]}" if told else True

    return judge


def progress_of(writes: int, holder: Name = NAMES[0]) -> Goal:
    """While some of these writes are left, whatever lies there and whatever was seen, a holder writes all of them, and
    then finds the last: by reads and writes of its own that name no version, once everybody else lets it. Holders are
    alike, so it is asked of one."""

    def own(action: Action) -> bool:
        plain = action.operation in ("read", "write") and "expected" not in dict(action.arguments)
        return plain and action.actor == holder

    def finds(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> bool:
        if not (own(action) and any(isinstance(event, Found) for event in outcome.events)):
            return False
        _, stored, log, *_ = cast("tuple[Holder, Record | None, Log, int, bool]", values)
        return len(log) == writes and stored == log[-1] and outcome.events == (_lies(stored),)

    return Goal(PROGRESS, finds, own, (LOG,), (lambda log: len(cast(Log, log)),), lambda seen: seen != (writes,))


# ---- the machine ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many holders of the key there are, how often they write or remove in all, and whether there is an intruder (0
    or 1). Raises ValueError, with a text for people, when one is out of range."""

    COUNTED: ClassVar[tuple[str, ...]] = ("holders", "writes")

    holders: int = 2
    writes: int = 3
    intruder: int = 1

    def __post_init__(self) -> None:
        if not (1 <= self.holders <= len(NAMES) and 1 <= self.writes <= 8 and 0 <= self.intruder <= 1):
            raise ValueError(f"holders: 1 to {len(NAMES)}, writes: 1 to 8, intruder: 0 or 1")

    def to_json(self) -> dict[str, int]:
        """The budgets by their names."""
        return asdict(self)

    def __str__(self) -> str:
        told = f"{self.holders} holder{'s' * (self.holders > 1)}, {self.writes} write{'s' * (self.writes > 1)}"
        return told + ", an intruder" * self.intruder


VERIFY: Final = Bounds()


def stash_subject(
    bounds: Bounds = VERIFY,
    profile: Profile = HARDENED,
    only: Iterable[str] = PROPERTIES,
    logic: Logic = REFERENCE,
    by: str = "",
) -> Subject:
    """The stash within bounds, in a profile, with what must hold of it: `only` these properties; by the reference's
    logic, or a mutant's. The intruder puts only what it calls `by` that word."""
    names, key = NAMES[: bounds.holders], key_of(profile, logic)
    place, under = logic.locator(SUITE, profile, key), logic.encryption(SUITE, profile, key)
    initial: dict[Slot, Hashable] = {VALUE_SLOT: None, LOG: (), DISTURBED: False}
    actions: list[Action] = []
    for name in names:
        initial |= {Slot("holder", name): Holder(name, key), Slot("ledger", name): 0}
        actions.append(_action(logic, name, "read", profile, bounds.writes))
        for body in BODIES:
            actions.append(_action(logic, name, "write", profile, bounds.writes, body=body))
        actions.append(_action(logic, name, "write", profile, bounds.writes, body=BODIES[0], expected="as seen"))
        actions.append(_action(logic, name, "remove", profile, bounds.writes))
    if bounds.intruder:
        actions.append(_intruder(profile, by))
    chosen = {one: judge for one, (_, judge) in JUDGES.items() if one in only}
    title = f"stash, {bounds}" + (f", {profile}" if profile != HARDENED else "")
    machine = Machine(title, initial, tuple(actions), bounds=asdict(bounds))

    def judge(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Iterable[tuple[str, Judgement]]:
        if action.operation not in BY_OPERATION:
            return ()
        step = _taken(action, values, outcome, profile, place, under)
        return [(one, rule(step)) for one, rule in chosen.items()]

    def explain(action: Action, state: Mapping[Slot, Hashable]) -> str:
        if action.operation not in BY_OPERATION:
            return ""
        me, stored = cast(Holder, state[Slot("holder", action.actor)]), cast("Record | None", state[VALUE_SLOT])
        result = _performed(logic, action.operation, dict(action.arguments), me, stored, profile)
        return result.detail if isinstance(result, Rejected) else ""

    secret = Invariant(SECRECY, (LOG,), (lambda value: value,), _secret(place))
    return Subject(
        machine,
        judge,
        (secret,) if SECRECY in only else (),
        (progress_of(bounds.writes),) if PROGRESS in only else (),
        explain=explain,
        steps=tuple(chosen),
        promises={**{one: clauses for one, (clauses, _) in JUDGES.items()}, SECRECY: _SECRECY, PROGRESS: _PROGRESS},
        stores={one: "honest" if one == CURRENT else "hostile" for one in PROPERTIES},
        clauses={row.operation: row.clauses for row in TABLE},
    )


def _slots(name: Name) -> tuple[Slot, ...]:
    return (Slot("holder", name), VALUE_SLOT, LOG, Slot("ledger", name), DISTURBED)


def _action(logic: Logic, name: Name, operation: str, profile: Profile, writes: int, **arguments: object) -> Action:
    """A transition bound to a holder, with what observers note of it."""

    def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        me, stored, log, ledger, _ = cast("tuple[Holder, Record | None, Log, int, bool]", values)
        if operation != "read" and len(log) == writes:
            return ()
        result = _performed(logic, operation, arguments, me, stored, profile)
        if isinstance(result, Rejected):
            return (Outcome(None, result.clause),)
        assert isinstance(result, Step) and result.state is not None
        for effect in result.effects:
            stored = effect.record if isinstance(effect, Put) else None
            log = (*log, stored)
            ledger = len(log)
        if operation == "read" and stored in log:
            ledger = _newest(log, stored)
        return (Outcome((result.state, stored, log, ledger), None, result.events),)

    slots = _slots(name)
    return Action(operation, name, tuple(arguments.items()), slots, slots[:4], run)


def _performed(
    logic: Logic, operation: str, arguments: Mapping[str, object], me: Holder, stored: Record | None, profile: Profile
) -> Result:
    """What the engine does there; a holder that compares expects what it has seen."""
    given = {**arguments, **({"expected": me.seen} if "expected" in arguments else {})}
    at = At(me, VALUE_SLOT, stored, SUITE, SymbolicEntropy(me.name, 1), profile)
    return cast(Result, logic.rows[operation].run(at, **given))


def _taken(
    action: Action, values: tuple[Hashable, ...], outcome: Outcome, profile: Profile, place: Bits, under: Bits
) -> Taken:
    _, stored, log, seen, disturbed = cast("tuple[Holder, Record | None, Log, int, bool]", values)
    left = cast(Log, outcome.writes[2]) if outcome.writes is not None else log
    given = dict(action.arguments)
    about = (action.operation, given.get("body"), "expected" in given, outcome.clause, outcome.events)
    return Taken(*about, stored, log, left, seen, disturbed, profile, place, under)


def _intruder(profile: Profile, by: str) -> Action:
    """Everything that it can put in place of what lies there."""

    def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        stored, log, _ = cast("tuple[Record | None, Log, bool]", values)
        offered: dict[Record | None, str] = {None: "nothing"} if stored is not None else {}
        for number, record in enumerate(log, 1):
            if record is not None:
                offered.setdefault(record, f"record {number}")
        own = alien(profile)
        if profile.has(AUTHENTICATED):
            offered.setdefault(own, "one of its own")
        for number, record in enumerate(log, 1):
            # Of what nothing authenticates, whatever lies there gives something where its last blocks are right.
            if record is not None and not profile.has(AUTHENTICATED):
                offered.setdefault(replace(record, sealed=Term("altered", record.sealed)), f"record {number}, altered")
        pairs = permutations(enumerate(log, 1), 2) if not profile.has(AUTHENTICATED) else ()
        for (number, record), (other, second) in pairs:
            if record is not None and second is not None and record.sealed != second.sealed:
                made = replace(record, sealed=Term("spliced", record.sealed, second.sealed))
                offered.setdefault(made, f"record {number}, spliced with {other}")
        offered.setdefault(Record(NONSENSE, 0, b"", b""), "what is no record")
        if profile.has(VERSIONED):
            versions = {record.version for record in log if record is not None}
            for number, record in enumerate([*log, own] if profile.has(AUTHENTICATED) else log, 1):
                for version in {*versions, max(versions, default=0) + 1} if record is not None else ():
                    for kind in (VALUE, TOMBSTONE):
                        assert record is not None
                        said = f"record {number} as version {version}{', a tombstone' * (kind == TOMBSTONE)}"
                        offered.setdefault(replace(record, version=version, kind=kind), said)
        offered.pop(stored, None)
        return tuple(Outcome((record, True), label=said) for record, said in offered.items() if by in said)

    return Action("put", "intruder", (), (VALUE_SLOT, LOG, DISTURBED), (VALUE_SLOT, DISTURBED), run)
