"""What an explorer's intruder did, in the words of a trace: which records it put where, and what those are made of.

It follows a path step by step. A value that some record shows is taken from there; what the intruder made itself is
said as it was made (`forging`). Who draws a fresh value is known by the step in which it first appears.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Final, TypeAlias, cast

from lockedroom.conformance.elsewhere import Act, Elsewhere, signer
from lockedroom.conformance.forging import KINDS
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.trace import INTRUDER
from lockedroom.reference.crypto.symbolic import SymbolicSuite
from lockedroom.reference.crypto.terms import Field, Term
from lockedroom.reference.machine import Action, Name, Outcome, Slot
from lockedroom.reference.segment import store
from lockedroom.reference.segment.records import Capacity, Entry, Epoch, Exchange, Header, Message, Record

_STORE: Final = frozenset({"header", "acl", "board", "inbox"})
_SENT: Final = frozenset({"exchange", "send", "rotate", "acknowledge"})


_Intrusion: TypeAlias = "tuple[str, Mapping[str, Json]]"


class Unsayable(Exception):
    """Something that no trace can say: what."""


class Recipes:
    """What a path has left so far, and the words for what its intruder does with that. `honest` are those who act by
    themselves: what they sign is theirs to make."""

    def __init__(self, honest: frozenset[Name]) -> None:
        self._honest = honest
        self._elsewhere = Elsewhere()
        self._acts: list[Act] = []
        self._step = 0
        self._slots: dict[Slot, Hashable] = {}
        self._left: dict[Record, Mapping[str, Json]] = {}
        self._shown: dict[Term, Json] = {}
        self._drawn: dict[Term, tuple[Name, int]] = {}
        self._suite: Json = None

    def see(self, step: int, action: Action, outcome: Outcome) -> None:
        """Take note of what an honest action, the `step`-th step of the trace, drew and left."""
        if outcome.writes is None:
            return
        after = dict(zip(action.writes, outcome.writes, strict=True))
        for term in _terms(tuple(after.values())):
            if term.op == "fresh" and term.args[0] == action.actor:
                self._drawn.setdefault(term, (action.actor, step))
        for number, record in enumerate(left_by_step(action, outcome, after)):
            self._left.setdefault(record, {"step": step, "record": number})
            if isinstance(record, Header) and self._suite is None:
                self._suite = {"field": [step, number, "suite"]}  # a trace is replayed under another than the model's
            self._show(record, step, number)
        self._slots |= after

    def _show(self, record: Record, step: int, number: int) -> None:
        for field in fields(record):
            value = getattr(record, field.name)
            if isinstance(value, Term):
                self._shown.setdefault(value, {"field": [step, number, field.name]})

    def intrusions(self, step: int, action: Action, outcome: Outcome) -> list[Act]:
        """What an action of the intruder does to the store, operation by operation, after `step` steps; before each,
        what others do elsewhere for it; nothing, when it is only told something. Raises Unsayable."""
        self._acts, self._step = [], step
        if action.operation == "disclose":
            return []
        for slot, new in zip(action.writes, outcome.writes or (), strict=True):
            if slot.kind in _STORE:
                for operation, arguments in self._change(slot, self._slots.get(slot), new):
                    self._acts.append(Act(INTRUDER, operation, arguments))
                self._slots[slot] = new
        return self._acts

    def _change(self, slot: Slot, old: Hashable, new: Hashable) -> Iterator[_Intrusion]:
        match slot.kind:
            case "inbox":
                yield from self._lane(slot, cast("tuple[Record, ...]", old or ()), cast("tuple[Record, ...]", new))
            case "board":
                stood = cast(store.Cell, old or store.Cell(slot.part))
                yield from self._board(slot.part, stood, cast(store.Cell, new))
            case "acl" if new != old:
                yield "relist", {"entries": [self.recipe(entry) for entry in cast("tuple[Entry, ...]", new)]}
            case "header" if new != old:
                if not isinstance(new, Header):
                    raise Unsayable(f"a header that is {new}")
                yield "rehead", {"record": self.recipe(new)}

    def _lane(self, slot: Slot, old: tuple[Record, ...], new: tuple[Record, ...]) -> Iterator[_Intrusion]:
        lane: dict[str, Json] = {"inbox": slot.owner, "sender": slot.part}
        kept = next(n for n in range(len(old), -1, -1) if old[len(old) - n :] == new[len(new) - n :] or n == 0)
        for _ in range(len(old) - kept):
            yield "drop", lane
        for record in reversed(new[: len(new) - kept]):
            yield "inject", {"record": self.recipe(record), **lane}

    def _board(self, name: Name, old: store.Cell, new: store.Cell) -> Iterator[_Intrusion]:
        if new.announcement is None and old.announcement is not None:
            yield "withdraw", {"name": name}
            old = store.Cell(name)
        elif new.posts[: len(old.posts)] != old.posts:
            yield "unpost", {"name": name}
            old = store.Cell(name, old.announcement)
        for post in new.posts[len(old.posts) :]:
            yield "post", {"record": self.recipe(post), "name": name}
        if new.announcement is not None and new.announcement != old.announcement:
            yield "announce", {"record": self.recipe(new.announcement), "name": name}

    def inspection(self, step: int, number: int, record: Record, name: str, clause: str) -> Act:
        """The words for looking whether a field of a record that the step has left is what it is, as that clause says:
        not as what stands there itself. Raises Unsayable."""
        value = getattr(record, name)
        itself: Json = {"field": [step, number, name]}
        own = isinstance(value, Term) and self._shown.get(value) == itself
        if own:
            del self._shown[value]
        said = self.said(value)
        if own:
            self._shown[value] = itself
        return Act(
            INTRUDER,
            "inspect",
            {"record": {"step": step, "record": number}, "field": name, "value": said, "clause": clause},
        )

    # ---- records and values ----------------------------------------------------------------------------

    def recipe(self, record: Record) -> Json:
        """What a record is made of: one that was left, one that was left with changes, or field by field. Raises
        Unsayable."""
        if record in self._left:
            return self._left[record]
        if self._made_elsewhere(record):
            return self._asked(record)
        alike = [one for one in self._left if type(one) is type(record) and _shared(one, record)]
        like = max(alike, key=lambda one: _shared(one, record), default=None)
        changed = [f.name for f in fields(record) if like is None or getattr(like, f.name) != getattr(record, f.name)]
        change: dict[str, Json] = {name: self.said(getattr(record, name)) for name in changed}
        if like is not None:
            base = self._left[like]
            already = cast("Mapping[str, Json]", base.get("change", {}))
            return {**base, "change": {**already, **change}}
        (kind,) = (name for name, found in KINDS.items() if found is type(record))
        return {"kind": kind, "change": change}

    def _made_elsewhere(self, record: Record) -> bool:
        """Whether an honest member signed this in another segment that has the id of this one."""
        signature, header = getattr(record, "signature", None), self._slots.get(Slot("header"))
        if not isinstance(signature, Term) or signature in self._shown or not isinstance(header, Header):
            return False
        return signer(record) in self._honest and header.segment in cast("tuple[Field, ...]", signature.args[1])

    def _asked(self, record: Record) -> Json:
        """The words for a record that an honest member is made to leave in another room."""
        here: Json = None
        if isinstance(record, Exchange):
            stands = self._slots.get(Slot("board", "", record.recipient))
            if not isinstance(stands, store.Cell) or stands.announcement is None:
                raise Unsayable(f"an exchange for {record.recipient}, who is not announced")
            here = self.recipe(stands.announcement)
        entries = cast("tuple[Entry, ...]", self._slots[Slot("acl")])
        before = self._step + len(self._acts)
        acts, step = self._elsewhere.asked(record, entries, here, before)
        self._acts += acts
        self._show(record, step, 0)
        places = {"serial": record.serial, "previous": self.said(record.previous)} if isinstance(record, Entry) else {}
        self._left[record] = {"step": step, "record": 0, **({"change": places} if places else {})}
        return self._left[record]

    def said(self, value: object) -> Json:
        """A value in words. Raises Unsayable."""
        match value:
            case Term():
                return self._term(value)
            case bytes():
                return {"bytes": [value.hex()]}
            case Epoch(number, proposer):
                return [number, proposer]
            case Capacity():
                return [cast(int, getattr(value, field.name)) for field in fields(value)]
            case tuple():
                return [self.said(one) for one in value]
            case str() if value == SymbolicSuite.name and self._suite is not None:
                return self._suite
            case int() | str():
                return value
        raise Unsayable(f"the value {value!r}")

    def _term(self, term: Term) -> Json:
        if term in self._shown:
            return self._shown[term]
        match term.op:
            case "signing":
                return {"static": [self.said(term.args[0])]}
            case "body":
                return {"body": [body_text(term)]}
            case "fresh":
                # What nobody has drawn here was drawn in another segment: in no step of this trace.
                elsewhere = (term.args[0], term.args[1] if term.args[0] == INTRUDER else 0)
                actor, step = self._drawn.get(term, elsewhere)
                return {"fresh": [self.said(actor), self.said(step), *map(self.said, term.args[2:])]}
            case "shared" if Term("kem", *term.args) in self._shown:
                public = term.args[0]
                if isinstance(public, Term) and public.op == "kem-public":
                    private: Json = {"kem-private": [self.said(public.args[0])]}
                    return {"decapsulate": [private, self._shown[Term("kem", *term.args)]]}
            case "junk":
                raise Unsayable(f"what opens nothing: {term}")
        return {term.op: [self.said(one) for one in term.args]}


def body_text(body: Term) -> str:
    """The text of a body term `body(sender, recipient, n, length)`: that many characters which begin with who writes
    to whom and the number. Raises Unsayable."""
    sender, recipient, number, length = body.args
    if not isinstance(length, int):
        raise Unsayable(f"{body}: no length")
    label = f"{sender!s}>{recipient!s}#{number!s}"
    return label.ljust(length, ".")[: max(length, 0)]


def left_by_step(action: Action, outcome: Outcome, after: Mapping[Slot, Hashable]) -> Iterator[Record]:
    """The records that an honest step left, in the order in which a trace numbers them."""
    if outcome.clause is not None:
        return
    given, me = dict(action.arguments), action.actor
    header, entries = after.get(Slot("header")), cast("tuple[Entry, ...]", after.get(Slot("acl"), ()))
    mine = after.get(Slot("board", "", me))
    match action.operation:
        case "create":
            if isinstance(header, Header):
                yield header
            yield from entries[:1]
        case "grant" | "revoke":
            yield from entries[-1:]
        case "join" if isinstance(mine, store.Cell) and mine.announcement is not None:
            yield mine.announcement
        case "publish" if isinstance(mine, store.Cell):
            yield from (post for post in mine.posts if post.number == mine.posts[-1].number)
        case operation if operation in _SENT or operation == "multicast":
            sent = (event.peer for event in outcome.events if type(event).__name__ == "Sent")  # type: ignore[attr-defined] # a Sent names its peer
            peers = (given["peer"],) if operation in _SENT else sent
            for peer in cast("tuple[Name, ...]", peers):
                lane = cast("tuple[Record, ...]", after.get(Slot("inbox", peer, me), ()))
                yield from lane[-1:] or _taken(outcome, me, peer)
        case _:
            return


def _shared(one: Record, other: Record) -> int:
    """How many keys, signatures and ciphertexts two records of one kind have in common."""
    pairs = ((getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    return sum(mine == yours for mine, yours in pairs if isinstance(mine, Term))


def _terms(value: object) -> Iterator[Term]:
    """Every term in a value, those in terms too."""
    if isinstance(value, Term):
        yield value
        yield from _terms(value.args)
    elif isinstance(value, tuple | frozenset):
        for one in value:
            yield from _terms(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _terms(cast(Field, getattr(value, field.name)))


def taken_at_once(action: Action, outcome: Outcome) -> Iterator[Act]:
    """What an intruder that is a member does after an honest step: it takes what was left for it."""
    for slot, value in zip(action.writes, outcome.writes or (), strict=outcome.writes is not None):
        if slot.kind == "inbox" and value == () and any(_taken(outcome, slot.part, slot.owner)):
            yield Act(INTRUDER, "drop", {"inbox": slot.owner, "sender": slot.part})


def _taken(outcome: Outcome, sender: Name, recipient: Name) -> Iterator[Record]:
    """The record that a step left for somebody who took it at once."""
    for record in (record for _, added in outcome.grows for record in added):
        if isinstance(record, Exchange | Message) and (record.sender, record.recipient) == (sender, recipient):
            yield record
