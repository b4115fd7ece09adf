"""Attacks on the stash, for real: by holders in this process, who may be in a profile that no store is ever used in."""

from __future__ import annotations

from typing import Final, cast

from lockedroom.backend.stash.engine import Store
from lockedroom.conformance.derive import Underivable
from lockedroom.conformance.here import Here
from lockedroom.conformance.protocol import Implementation
from lockedroom.conformance.runner import RealRoom
from lockedroom.conformance.stage import replay_on
from lockedroom.conformance.stash import SUITE, derived, keys_of, password_of, settings_of
from lockedroom.conformance.stash_real import Ground, StashActor
from lockedroom.model.report import Path
from lockedroom.model.stash import SECRECY, VERIFY
from lockedroom.reference.crypto.real import LR0
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash import records
from lockedroom.reference.stash.keys import generate, locator
from lockedroom.reference.stash.profile import SALTED, SWITCHES

_ABOUT: Final = Implementation("here", "", "Python", ("stash",), tuple(SWITCHES.profiles), (LR0,), ())


def replay(path: Path, profile: Profile, store: Store, broken: str = "") -> str:
    """Do a path of the model for real, by holders in this process, and say where it parts from the model, or nothing.
    `broken`: the property that it violates, which must show for real too. Raises BackendError."""
    settings = settings_of(profile, "; ".join(map(str, path)), "an attack", VERIFY)
    try:
        trace = derived(settings, path, profile)
    except Underivable as error:
        return str(error)
    here = Here(_ABOUT, lambda reset: StashActor(reset, profile))
    with Ground(settings, store, profile) as ground, RealRoom(trace, here, ground) as room:
        found = replay_on(room, trace)
        return found.reason or ("" if _shows(ground, profile, broken) else f"{broken}: nothing shows for real")


def _shows(ground: Ground, profile: Profile, broken: str) -> bool:
    """What outcomes cannot show of an attack: that the store tells the intruder something."""
    there = [record for record in ground.left.values() if record is not None]
    if broken == SECRECY:
        fresh = keys_of(ground.settings).fresh("intruder", 0)
        guess = generate(SUITE, profile.without(SALTED), fresh, password_of(ground.settings))
        opened = records.opened(SUITE, profile, guess, there[0])
        return opened is not None and cast(bytes, locator(SUITE, profile, guess)).hex() == ground.place
    if broken == "equal values look different":
        return len({record.sealed for record in there}) < len(there)
    return True
