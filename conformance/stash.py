"""What the model does with the stash, done for real: the same steps on a real store, with real cryptography.

Each holder is a `Stash` of its own on the store. The intruder's records are made of the real ones that lie there, as
the model's are of its terms. What every holder sees is compared.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Final, cast

from lockedroom.backend.entropy import SystemEntropy
from lockedroom.backend.stash.engine import Stash, Store
from lockedroom.model.report import Path
from lockedroom.model.stash import BODIES, SECRECY, Log, alien
from lockedroom.reference.crypto.real import LR0, RealSuite
from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Event, Rejected
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash import records
from lockedroom.reference.stash.keys import Key, generate, locator
from lockedroom.reference.stash.profile import SALTED
from lockedroom.reference.stash.records import NONSENSE, VALUE, Record
from lockedroom.reference.stash.transitions import Found

PASSWORD: Final = b"correct horse"
SUITE: Final = RealSuite(LR0)
_VALUES: Final[dict[Bits, bytes]] = {
    body: b"value %d, which is longer than one block" % number for number, body in enumerate(BODIES, 1)
}


@dataclass(slots=True)
class Replay:
    """A run on a store. `records` are the real records of the model's log, `different` says where they part."""

    store: Store
    profile: Profile
    key: Key
    holders: dict[str, Stash] = field(default_factory=dict)
    log: Log = ()
    records: list[bytes | None] = field(default_factory=list)
    different: str = ""

    def take(self, path: Path) -> None:
        """Do what a path of the model says, until something else comes of it."""
        for number, taken in enumerate(path, 1):
            action, outcome = taken.action, taken.outcome
            if action.actor == "intruder":
                assert outcome.writes is not None, "the intruder is never refused"
                self._put(cast("Record | None", outcome.writes[0]))
                continue
            stash = self.holder(action.actor)
            given = {name: _VALUES.get(cast(Bits, value), value) for name, value in action.arguments}
            if "expected" in given:
                given["expected"] = stash.seen
            result = stash.perform(action.operation, **given)
            clause = result.clause if isinstance(result, Rejected) else None
            seen = () if isinstance(result, Rejected) else result.events
            if clause != outcome.clause or not _alike(seen, outcome.events):
                self.different = f"step {number}, {taken}: {clause or seen} for real"
                return
            if outcome.writes is not None:
                log = cast(Log, outcome.writes[2])
                if log != self.log:
                    self.log = log
                    self.records.append(stash.sealed())

    def holder(self, name: str) -> Stash:
        """The stash of a holder."""
        return self.holders.setdefault(name, Stash(self.key, self.store, self.profile))

    def shows(self, broken: str) -> bool:
        """What a path cannot show of an attack by its outcomes: that the store tells the intruder something."""
        if broken == SECRECY:
            guess = generate(SUITE, self.profile.without(SALTED), SystemEntropy(), PASSWORD)
            data = next(one for one in self.records if one is not None)
            opened = records.opened(SUITE, self.profile, guess, records.decode(self.profile, data))
            return opened in _VALUES.values() and locator(SUITE, self.profile, guess) == self._place
        if broken == "equal values look different":
            found = [records.decode(self.profile, data).sealed for data in self.records if data is not None]
            return len(set(found)) < len(found)
        return True

    def close(self) -> None:
        """Leave nothing."""
        self.holder("cleaner").perform("remove", purge=True)

    @property
    def _place(self) -> bytes:
        return bytes.fromhex(self.holder("cleaner").locator)

    def _put(self, wanted: Record | None) -> None:
        """Put the real record that the model's stands for."""
        place = self.holder("cleaner").locator
        with self.store.locked(place, float("inf")):
            if wanted is None:
                self.store.remove(place)
            else:
                self.store.write(place, self._real(wanted))

    def _real(self, wanted: Record) -> bytes:
        if wanted.kind == NONSENSE:
            return b"\0"
        altered = isinstance(wanted.sealed, Term) and wanted.sealed.op == "altered"
        sealed = wanted.sealed.args[0] if isinstance(wanted.sealed, Term) and altered else wanted.sealed
        if sealed == alien(self.profile).sealed:
            mine = Key(b"i" * 32, b"i" * 16)
            return records.encode(
                self.profile, records.seal(SUITE, self.profile, mine, VALUE, wanted.version, bytes(32), b"mine")
            )
        of: dict[Bits, bytes | None] = {
            one.sealed: data for one, data in zip(self.log, self.records, strict=True) if one is not None
        }
        data = of[cast(Bits, sealed)]
        assert data is not None, "a holder left it"
        found = records.decode(self.profile, data)
        if altered and isinstance(found.sealed, bytes):
            found = replace(found, sealed=bytes([found.sealed[0] ^ 1]) + found.sealed[1:])
        return records.encode(self.profile, replace(found, kind=wanted.kind, version=wanted.version))


def replay(path: Path, profile: Profile, store: Store, broken: str = "") -> str:
    """Do a path of the model for real, and say where it parts from the model, or nothing. `broken`: the property that
    it violates, which must show for real too. Raises BackendError."""
    fresh = SystemEntropy()
    # With a salt no guess is tried, and scrypt takes long.
    salted = Key(fresh.draw("key"), fresh.draw("iv")[:16]) if profile.has(SALTED) else None
    found = Replay(store, profile, salted or generate(SUITE, profile, fresh, PASSWORD))
    try:
        found.take(path)
        return found.different or ("" if found.shows(broken) else f"{broken}: nothing shows for real")
    finally:
        found.close()


def _alike(real: tuple[Event, ...], model: tuple[Hashable, ...]) -> bool:
    """Whether holders see the same. What nothing authenticates is garbled in both, not in the same way."""
    if len(real) != len(model):
        return False
    for one, other in zip(real, model, strict=True):
        if isinstance(one, Found) and isinstance(other, Found):
            known = other.body in _VALUES
            if one.version != other.version or (known and one.body != _VALUES[other.body]):
                return False
            if not known and one.body in _VALUES.values():
                return False
        elif one != other:
            return False
    return True
