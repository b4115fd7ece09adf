"""Every step of the stash's explorer is a step of what is proved, checked slot by slot (`partial`).

The holders' records are those that open under their key; any other is, for the abstract system, sealed under a key of
the intruder's own. What a holder has seen, what lies there and what was left are read off the slots; what only the
abstract observer knows no guard asks for, so nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Final, cast

from lockedroom.model.proofs.partial import Bound, Checker, Element, Facts, NoStep, Reader, Taken, Truth, Tuple
from lockedroom.model.proofs.refined import REFUSED, Verdict
from lockedroom.model.proofs.stash.whole import stash
from lockedroom.model.proofs.system import System
from lockedroom.model.stash import BODIES, DISTURBED, LOG, REFERENCE, SUITE, VALUE_SLOT, Log, Logic, key_of, parts
from lockedroom.reference.machine import Action, Event, Outcome, Slot
from lockedroom.reference.stash import records
from lockedroom.reference.stash.keys import Key, locator
from lockedroom.reference.stash.profile import HARDENED
from lockedroom.reference.stash.records import TOMBSTONE, VALUE, Record
from lockedroom.reference.stash.transitions import Found, Holder, Nothing, Removed, Written

KEY: Final[Key] = key_of(HARDENED)
"""The holders' key."""
PLACE: Final = locator(SUITE, HARDENED, KEY)
_OWNED: Final = {"lies": 0, "filled": 0, "last": 0, "newest": 0, "informed": 0, "left": 0}
"""The relations whose first argument says whose part a tuple is."""
_DRAWN: Final = "fresh bytes"
_OTHER: Final = "other"


def part_of(relation: str, values: Tuple) -> tuple[Element, int] | None:
    """Whose a tuple is: a holder's, a place's, a key's; of fresh bytes nobody's in particular."""
    if relation == "used":
        return _DRAWN, 0
    return (values[0], 0) if relation in _OWNED else None


class Terms:
    """What the system's functions and fixed relations are of the engine's records."""

    def __init__(self, digested: bool) -> None:
        self._digested = digested
        self._bodies: dict[Element, Element] = {}

    def value(self, function: str, arguments: Tuple) -> Element:
        """See `Reading`."""
        if not arguments:
            return 0
        (of,) = arguments
        match function:
            case "key_of":
                return KEY
            case "place":
                return PLACE
            case "r_cipher" if isinstance(of, Record):
                return (KEY if self.body(of) is not None else (_OTHER, "key")), of.fresh
            case "r_version" if isinstance(of, Record):
                return of.version
            case "r_body" if isinstance(of, Record):
                return self.body(of) or (_OTHER, "body")
            case "c_key" | "c_fresh" if isinstance(of, tuple) and of[0] != _OTHER:
                return cast(Element, of[function == "c_fresh"])
        return _OTHER, function

    def body(self, record: Record) -> Element | None:
        """What is in a record, None where it does not open under the holders' key."""
        if record not in self._bodies:
            self._bodies[record] = records.opened(SUITE, HARDENED, KEY, record)
        return self._bodies[record]

    def fixed(self, relation: str, arguments: Tuple) -> Truth:
        """See `Reading`."""
        of = arguments[0]
        match relation:
            case "below":
                low, high = arguments
                return low < high if isinstance(low, int) and isinstance(high, int) else None
            case "is_tombstone":
                return of.kind == TOMBSTONE if isinstance(of, Record) else None
            case "digested":
                return self._digested
            case "held":
                return of == KEY
            case "confided":
                return of in BODIES
        return None


class Refinement:
    """Maps and checks steps of the stash, run by that logic, in the hardened profile."""

    def __init__(self, logic: Logic = REFERENCE, system: System | None = None) -> None:
        self.system = system or stash()
        key = key_of(HARDENED, logic)
        place, under = logic.locator(SUITE, HARDENED, key), logic.encryption(SUITE, HARDENED, key)
        self._terms = Terms(under == place or under in parts(place))
        signatures = {relation.name: relation.arguments for relation in self.system.relations}
        reader = Reader(self._terms, self.system.relations)
        self._checker = Checker(self.system, reader, part_of, signatures, frozenset({*_OWNED, "used"}))
        self._said: dict[tuple[Slot, Hashable], Facts] = {}

    def verdict(
        self,
        action: Action,
        values: tuple[Hashable, ...],
        outcome: Outcome,
        state: Mapping[Slot, Hashable] | None = None,
    ) -> Verdict:
        """What one step is; what it reads is all that it depends on."""
        if outcome.writes is None and not outcome.events:
            return Verdict((REFUSED,) if outcome.clause else ())
        before = dict(zip(action.reads, values, strict=True)) | dict(state or {})
        after = before | dict(zip(action.writes, outcome.writes or (), strict=bool(outcome.writes)))
        try:
            steps = list(self._steps(action, outcome, before, after))
            self._checker.step(self._facts(before), steps, self._facts(after), self._universe(before, after, steps))
        except NoStep as no:
            return Verdict(fault=f"{action}{f' {outcome.label}' if outcome.label else ''}: {no}")
        return Verdict(tuple(taken.action.name for taken in steps))

    def _take(self, name: str, **values: Element) -> Taken:
        return Taken(self.system.action(name), values)

    def _steps(
        self, action: Action, outcome: Outcome, before: Mapping[Slot, Hashable], after: Mapping[Slot, Hashable]
    ) -> Iterator[Taken]:
        """The actions that a step is. Raises NoStep when it is none."""
        stored, log = cast("Record | None", before[VALUE_SLOT]), cast(Log, before[LOG])
        if action.operation == "put":
            yield from self._puts(cast("Record | None", after[VALUE_SLOT]), log)
            return
        h, me = action.actor, cast(Holder, before[Slot("holder", action.actor)])
        (event,) = outcome.events
        made = cast(Log, after[LOG])[len(log) :]
        match event:
            case Nothing() if stored is None:
                yield self._take("read_nothing", h=h)
            case Found() | Nothing() if stored is not None:
                if event != self._says(stored):
                    raise NoStep(f"{h} is told {event}, and another thing lies there")
                yield self._take("read", h=h, r=stored)
            case Removed() if made == (None,) and "purge" in dict(action.arguments):
                yield self._take("purge", h=h)
            case Removed(version) | Written(version) if len(made) == 1 and (record := made[0]) is not None:
                asked = dict(action.arguments).get("body", b"")
                if record.version != version or self._terms.body(record) not in (None, asked):
                    raise NoStep(f"{h} leaves another record than it says")
                if isinstance(event, Removed):
                    yield self._take("remove", h=h, r=record)
                elif "expected" not in dict(action.arguments):
                    yield self._take("write", h=h, r=record)
                elif stored is None:
                    yield self._take("begin", h=h, r=record, v=me.seen)
                else:
                    yield self._take("replace", h=h, s=stored, r=record, v=me.seen)
            case _:
                raise NoStep(f"{h} is told {event}, and nothing of the kind happened")

    def _says(self, record: Record) -> Event:
        """What is to be told of a record."""
        body = self._terms.body(record)
        if record.kind == VALUE and body is not None:
            return Found(record.version, cast("bytes", body))
        return Nothing(record.version)

    def _puts(self, record: Record | None, log: Log) -> Iterator[Taken]:
        """What the intruder does with the store: what was not left there it has to make."""
        if record is None:
            yield self._take("drop", l=PLACE)
            return
        if record not in log:
            cipher = self._terms.value("r_cipher", (record,))
            yield self._take("make_key", k=self._terms.value("c_key", (cipher,)))
            yield self._take("make_body", b=self._terms.value("r_body", (record,)))
            yield self._take("seal", r=record)
        yield self._take("put", l=PLACE, r=record)

    def _facts(self, slots: Mapping[Slot, Hashable]) -> Facts:
        """What slots say together; of one and the same, the same bounds, which need not be looked at again."""
        found = Facts()
        for slot, value in slots.items():
            if (slot, value) not in self._said:
                self._said[slot, value] = _slot_facts(slot, value)
            found |= self._said[slot, value]
        return found

    def _universe(
        self, before: Mapping[Slot, Hashable], after: Mapping[Slot, Hashable], steps: Iterable[Taken]
    ) -> Mapping[str, frozenset[Element]]:
        """The elements that slots and steps speak of, and of each sort one of which nothing is known."""
        found: dict[str, set[Element]] = {sort: {(_OTHER, sort)} for sort in self.system.sorts}
        found["version"].add(0)
        found["key"].add(KEY)
        found["locator"].add(PLACE)
        for state in (before, after):
            for slot, value in state.items():
                if isinstance(value, Holder):
                    found["holder"].add(slot.owner)
                held = value.newest if isinstance(value, Holder) else value
                found["record"] |= {one for one in (held if isinstance(held, tuple) else (held,)) if _is(one)}
        for taken in steps:
            for name, element in taken.values.items():
                found[taken.action.parameters[name]].add(element)
        for function in self.system.functions:  # in their order: what a record leads to comes before its fields'
            for sort in function.arguments:
                found[function.sort] |= {self._terms.value(function.name, (one,)) for one in found[sort]}
        return {sort: frozenset(those) for sort, those in found.items()}


def _is(value: Hashable) -> bool:
    return isinstance(value, Record)


def _slot_facts(slot: Slot, value: Hashable) -> Facts:
    """What a slot's value says."""
    true: set[tuple[str, Tuple]] = set()
    bounds: list[Bound] = []

    def exactly(relation: str, owner: Element, *those: Tuple) -> None:
        true.update((relation, values) for values in those)
        bounds.append(Bound(relation, owner, those))

    if isinstance(value, Holder):
        one = [value.newest] if value.newest is not None else []
        exactly("newest", value.name, *((value.name, record) for record in one))
        exactly("informed", value.name, *((value.name,) for _ in one))
    elif slot == VALUE_SLOT:
        here = [value] if value is not None else []
        exactly("lies", PLACE, *((PLACE, record) for record in here))
        exactly("filled", PLACE, *((PLACE,) for _ in here))
    elif slot == LOG:
        log = cast(Log, value)
        left = [record for record in log if record is not None]
        exactly("left", KEY, *((KEY, record) for record in left))
        exactly("used", _DRAWN, *((record.fresh,) for record in left))
        exactly("last", PLACE, *((PLACE, record) for record in log[-1:] if record is not None))
        true.update(("known_record", (record,)) for record in left)
        true.update(("purged", (KEY,)) for record in log if record is None)
    elif slot == DISTURBED and value:
        true.add(("disturbed", (PLACE,)))
    return Facts(frozenset(true), tuple(bounds))
