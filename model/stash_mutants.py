"""Mistakes that the stash's engine could have, each with the property that it violates and bounds that suffice to see
it, as the segment's have them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from lockedroom.model.loader import copies
from lockedroom.model.mutant import Mutant, Patches
from lockedroom.model.stash import PROGRESS, SAID, Bounds, Logic


def mutated(name: str, patches: Patches) -> Logic:
    """The stash's logic with these substitutions. Raises NotApplicable."""
    made = copies("lockedroom.reference.stash", ("keys", "records", "transitions"), name, patches)
    keys, table = made["keys"], made["transitions"]
    return Logic(table.BY_OPERATION, keys.generate, keys.locator, keys.encryption)


mistake: Final = partial(Mutant, mutated)
_AUTHENTIC: Final = "authenticity"
_BACK: Final = "no way back"
_REMOVED: Final = "removals are noticed"
_ONE_USE: Final = "one key, one use"
_CURRENT: Final = "a read is current"
_COMPARED: Final = "compare and set"
_OVER: Final = "    there = _version(at)\n    if expected is not None:\n"

MUTANTS: Final = (
    mistake(
        "a password makes a key without a salt",
        "STASH-KEY-5",
        (("keys", 'fresh.draw("salt") if profile.has(SALTED) else b""', 'b""'),),
        "secrecy",
        Bounds(1, 1, 0),
    ),
    mistake(
        "values are encrypted under the locator",
        "STASH-KEY-7",
        (("keys", '_derived(suite, key, "encryption")', '_derived(suite, key, "locator")'),),
        _ONE_USE,
        Bounds(1, 1, 0),
    ),
    mistake(
        "the locator is derived from the key that encrypts",
        "STASH-KEY-6",
        (
            (
                "keys",
                'return _derived(suite, key, "locator")',
                'return suite.digest(Transcript("", (encryption(suite, profile, key),)))',
            ),
        ),
        _ONE_USE,
        Bounds(1, 1, 0),
    ),
    mistake(
        "a value's key leaves its fresh bytes out",
        "STASH-SEAL-1",
        (("records", 'Transcript("LR-STASH-FRESH", (fresh,))', 'Transcript("LR-STASH-FRESH", ())'),),
        _ONE_USE,
        Bounds(1, 2, 0),
    ),
    mistake(
        "fresh bytes are drawn once",
        "STASH-SEAL-1",
        (("transitions", 'at.fresh.draw("value", at.me.writes)', 'at.fresh.draw("value")'),),
        _ONE_USE,
        Bounds(1, 2, 0),
    ),
    mistake(
        "equal values are sealed with equal fresh bytes, and no version",
        "STASH-SEAL-1",
        (
            ("transitions", 'at.fresh.draw("value", at.me.writes)', 'at.fresh.draw("value")'),
            ("records", "(kind, version) if profile.has(SEALED_VERSION) else ()", "(kind,)"),
        ),
        "equal values look different",
        Bounds(1, 2, 0),
    ),
    mistake(
        "the seal leaves the version out",
        "STASH-SEAL-4",
        (("records", "(kind, version) if profile.has(SEALED_VERSION) else ()", "(kind,)"),),
        _AUTHENTIC,
        Bounds(1, 1, 1),
    ),
    mistake(
        "the seal leaves the kind out",
        "STASH-SEAL-4",
        (("records", "(kind, version) if profile.has(SEALED_VERSION) else ()", "(version,)"),),
        _AUTHENTIC,
        Bounds(2, 1, 1),
    ),
    mistake(
        "values are encrypted, not sealed",
        "STASH-SEAL-2",
        (
            (
                "records",
                "    if profile.has(AUTHENTICATED):\n        return Record(",
                "    if False:\n        return Record(",
            ),
            (
                "records",
                "    if profile.has(AUTHENTICATED):\n        return suite.open(",
                "    if False:\n        return suite.open(",
            ),
        ),
        _AUTHENTIC,
        Bounds(1, 1, 1),
    ),
    mistake(
        "what does not open is taken for nothing",
        "STASH-READ-2",
        (
            (
                "transitions",
                'return Rejected("STASH-READ-2", "what is there does not open: nobody with this key has written it")',
                "return Step(me, (), (Nothing(),))",
            ),
        ),
        _AUTHENTIC,
        Bounds(1, 1, 1),
    ),
    mistake(
        "a tombstone is believed without being opened",
        "STASH-READ-2",
        (("transitions", "    if body is None:\n", "    if body is None and record.kind != TOMBSTONE:\n"),),
        _AUTHENTIC,
        Bounds(1, 1, 1),
    ),
    mistake(
        "a tombstone is read as an empty value",
        "STASH-READ-1",
        (
            (
                "transitions",
                "Found(record.version, body) if record.kind == VALUE else Nothing(record.version)",
                "Found(record.version, body)",
            ),
        ),
        _CURRENT,
        Bounds(1, 2, 0),
    ),
    mistake(
        "an older version is read",
        "STASH-READ-3",
        (("transitions", "record.version < newest.version or ", ""),),
        _BACK,
        Bounds(1, 2, 1),
    ),
    mistake(
        "another record of the version that was seen is read",
        "STASH-READ-3",
        (("transitions", " or (record.version == newest.version and record != newest)", ""),),
        _BACK,
        Bounds(2, 2, 1),
    ),
    mistake(
        "what was seen is refused too",
        "STASH-READ-3",
        (("transitions", "record.version < newest.version or ", "record.version <= newest.version or "),),
        _CURRENT,
        Bounds(1, 1, 0),
    ),
    mistake(
        "nothing is there is believed",
        "STASH-READ-4",
        (("transitions", "if me.newest is not None and at.profile.has(TOMBSTONES):", "if False:"),),
        _REMOVED,
        Bounds(1, 1, 1),
    ),
    mistake(
        "only who has written takes nothing for a removal",
        "STASH-READ-4",
        (
            (
                "transitions",
                "if me.newest is not None and at.profile.has(TOMBSTONES):",
                "if me.writes and at.profile.has(TOMBSTONES):",
            ),
        ),
        _REMOVED,
        Bounds(2, 1, 1),
    ),
    mistake(
        "what was read is not remembered",
        "STASH-READ-3",
        (("transitions", "me = replace(me, newest=record)\n    return", "return"),),
        _REMOVED,
        Bounds(2, 1, 1),
    ),
    mistake(
        "a removal that was read is not remembered",
        "STASH-READ-3",
        (
            (
                "transitions",
                "me = replace(me, newest=record)\n    return",
                "me = replace(me, newest=record) if record.kind == VALUE else me\n    return",
            ),
        ),
        _REMOVED,
        Bounds(2, 1, 1),
    ),
    mistake(
        "what was written is not remembered",
        "STASH-WRITE-3",
        (
            (
                "transitions",
                "replace(at.me, newest=record, writes=at.me.writes + 1)",
                "replace(at.me, writes=at.me.writes + 1)",
            ),
        ),
        _REMOVED,
        Bounds(1, 1, 1),
    ),
    mistake(
        "a version follows what lies there alone",
        "STASH-WRITE-3",
        (("transitions", "1 + max(there, at.me.seen)", "1 + there"),),
        _BACK,
        Bounds(1, 2, 1),
    ),
    mistake(
        "a version follows what was seen alone",
        "STASH-WRITE-3",
        (("transitions", "1 + max(there, at.me.seen)", "1 + at.me.seen"),),
        SAID,
        Bounds(2, 2, 0),
    ),
    mistake(
        "a removal begins the versions anew",
        "STASH-REMOVE-2",
        (
            (
                "transitions",
                'return _left(at, TOMBSTONE, _version(at), b"", Removed)',
                'return _left(at, TOMBSTONE, 0, b"", Removed)',
            ),
        ),
        SAID,
        Bounds(2, 2, 0),
    ),
    mistake(
        "a removal leaves nothing",
        "STASH-REMOVE-2",
        (("transitions", "if purge or not at.profile.has(TOMBSTONES):", "if True:"),),
        SAID,
        Bounds(1, 2, 0),
    ),
    mistake(
        "nothing is compared",
        "STASH-WRITE-5",
        (("transitions", "if there != expected:", "if False:"),),
        _COMPARED,
        Bounds(2, 2, 0),
    ),
    mistake(
        "a later version than expected is written over",
        "STASH-WRITE-5",
        (("transitions", "if there != expected:", "if there < expected:"),),
        _COMPARED,
        Bounds(2, 2, 0),
    ),
    mistake(
        "who expects nothing there need not compare",
        "STASH-WRITE-5",
        (("transitions", "if expected is not None:", "if expected:"),),
        _COMPARED,
        Bounds(2, 2, 0),
    ),
    mistake(
        "versions are compared, not records",
        "STASH-WRITE-6",
        (("transitions", "        if _older(at, at.stored):\n", "        if False:\n"),),
        _COMPARED,
        Bounds(2, 3, 1),
    ),
    mistake(
        "an empty value is written",
        "STASH-WRITE-7",
        (
            (
                "transitions",
                "return _left(at, VALUE, there, body, Written)",
                'return _left(at, VALUE, there, b"", Written)',
            ),
        ),
        SAID,
        Bounds(1, 1, 0),
    ),
    mistake(
        "a removal leaves an empty value",
        "STASH-REMOVE-2",
        (("transitions", "return _left(at, TOMBSTONE, ", "return _left(at, VALUE, "),),
        SAID,
        Bounds(1, 2, 0),
    ),
    mistake(
        "a version is left out",
        "STASH-WRITE-3",
        (("transitions", "1 + max(there, at.me.seen)", "2 + max(there, at.me.seen)"),),
        SAID,
        Bounds(1, 1, 0),
    ),
    mistake(
        "who writes is told the version that was there",
        "STASH-WRITE-3",
        (("transitions", "(seen(version),)", "(seen(there),)"),),
        SAID,
        Bounds(1, 1, 0),
    ),
    mistake(
        "nothing is removed, and a removal is left",
        "STASH-REMOVE-1",
        (
            (
                "transitions",
                '    if at.stored is None:\n        return Rejected("STASH-REMOVE-1"',
                '    if False:\n        return Rejected("STASH-REMOVE-1"',
            ),
        ),
        SAID,
        Bounds(1, 1, 0),
    ),
    mistake(
        "whoever compares is refused",
        "STASH-WRITE-5",
        (("transitions", "if there != expected:", "if True:"),),
        _COMPARED,
        Bounds(1, 1, 0),
    ),
    mistake(
        "who compares nothing is refused too where the store was rolled back",
        "STASH-WRITE-7",
        (
            (
                "transitions",
                _OVER,
                "    there = _version(at)\n"
                '    if _older(at, at.stored):\n        return Rejected("STASH-WRITE-6", _rolled_back(at.me, there))\n'
                "    if expected is not None:\n",
            ),
        ),
        PROGRESS,
        Bounds(1, 2, 1),
    ),
    mistake(
        "what does not open is not written over",
        "STASH-WRITE-7",
        (
            (
                "transitions",
                _OVER,
                "    there = _version(at)\n"
                '    if at.stored and not there:\n        return Rejected("STASH-READ-2", "it does not open")\n'
                "    if expected is not None:\n",
            ),
        ),
        PROGRESS,
        Bounds(1, 1, 1),
    ),
    mistake(
        "what was removed is not written again",
        "STASH-WRITE-7",
        (
            (
                "transitions",
                _OVER,
                "    there = _version(at)\n"
                "    if expected is None and there and at.stored and at.stored.kind == TOMBSTONE:\n"
                '        return Rejected("STASH-READ-1", "it was removed")\n'
                "    if expected is not None:\n",
            ),
        ),
        PROGRESS,
        Bounds(1, 3, 0),
    ),
)
"""Every mutant; at least one for each property."""

BY_NAME: Final[Mapping[str, Mutant[Bounds, Logic]]] = {mutant.name: mutant for mutant in MUTANTS}
