"""A process that reads and writes one value as often as it is told, and checks whatever it reads.

    python worker.py STORE PROFILE KEY NUMBER COUNT

Every value says who wrote it, is of a length of its own, and ends with its digest. A line on standard output for every
hundred operations, or what was wrong and exit code 1.
"""

from __future__ import annotations

import hashlib
import sys

from lockedroom.backend.stash.engine import Stash, store_of
from lockedroom.reference.machine import Rejected
from lockedroom.reference.stash.keys import Key
from lockedroom.reference.stash.profile import SWITCHES
from lockedroom.reference.stash.transitions import Found

DIGEST = 32


def value(number: int, turn: int) -> bytes:
    """A value: who, its turn, filling, and the digest of all that."""
    body = b"%d %d " % (number, turn) + bytes([turn % 256]) * (turn * 37 % 3000)
    return body + hashlib.sha256(body).digest()


def whole(body: bytes) -> bool:
    """Whether somebody wrote exactly this."""
    return hashlib.sha256(body[:-DIGEST]).digest() == body[-DIGEST:]


def main(store: str, profile: str, key: str, number: int, count: int) -> None:
    """Take turns."""
    raw = bytes.fromhex(key)
    stash = Stash(Key(raw, raw[:16]), store_of(store), SWITCHES.profiles[profile], patience=300)
    for turn in range(1, count + 1):
        if turn % 2:
            result = stash.perform("write", body=value(number, turn))
        else:
            result = stash.perform("read")
            found = None if isinstance(result, Rejected) else result.events[0]
            if not (isinstance(found, Found) and isinstance(found.body, bytes) and whole(found.body)):
                sys.exit(f"read {result}")
        if isinstance(result, Rejected):
            sys.exit(str(result))
        if turn % 100 == 0:
            print(turn, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
