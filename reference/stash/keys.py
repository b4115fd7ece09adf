"""Keys of the stash: made from a password, in OpenSSL's form, and what is derived from them (STASH-KEY)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from lockedroom.reference.crypto.suite import Entropy, Suite, Transcript
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash.profile import SALTED, SEPARATE

LONGEST_PASSWORD: Final = 1023
"""Bytes: OpenSSL's command reads no more of a line."""
_SCRYPT: Final = "kdf=scrypt n=131072 r=8 p=1"
_FORM: Final = (("kdf=", None), ("salt=", None), ("key=", 32), ("iv =", 16))


@dataclass(frozen=True, slots=True)
class Key:
    """What a key file holds. `salt` is that of scrypt, empty where the key was made otherwise."""

    key: Bits = field(repr=False)
    iv: Bits = field(repr=False)
    salt: Bits = b""


class BadKey(ValueError):
    """A password or key file that is none, with a text for people."""


def password_in(content: bytes) -> bytes:
    """The password in a file: its first line, as OpenSSL's `-pass file:` takes it (STASH-KEY-1). Raises BadKey."""
    password = content.partition(b"\n")[0]
    if not password:
        raise BadKey("its first line, which is the password, is empty")
    if b"\0" in password or len(password) > LONGEST_PASSWORD:
        raise BadKey(f"a password is a line of at most {LONGEST_PASSWORD} bytes without NUL")
    return password


def generate(suite: Suite, profile: Profile, fresh: Entropy, password: Bits) -> Key:
    """The key of a password: by scrypt with a fresh salt, or as OpenSSL makes it (STASH-KEY-2, STASH-KEY-5)."""
    salt = fresh.draw("salt") if profile.has(SALTED) else b""
    return Key(*suite.stretch(password, salt), salt)


def written(key: Key) -> str:
    """A key file's text (STASH-KEY-3). Raises TypeError for a key of terms."""
    if not (isinstance(key.key, bytes) and isinstance(key.iv, bytes) and isinstance(key.salt, bytes)):
        raise TypeError("terms have no bytes: this key was made under the symbolic suite")
    said = [_SCRYPT, f"salt={key.salt.hex().upper()}"] if key.salt else []
    return "\n".join([*said, f"key={key.key.hex().upper()}", f"iv ={key.iv.hex().upper()}", ""])


def parse(content: bytes) -> Key:
    """The key in a key file (STASH-KEY-3, STASH-KEY-4). Raises BadKey, which never tells what stands there."""
    lines = [line.rstrip(b"\r ") for line in content.removesuffix(b"\n").split(b"\n")]
    found: dict[str, bytes] = {}
    forms = list(_FORM)
    for number, line in enumerate(lines, 1):
        text = line.decode("ascii", "replace")
        while forms and not text.startswith(forms[0][0]):
            start, size = forms.pop(0)
            if size:
                raise BadKey(f"line {number} does not begin with `{start}`")
        if not forms:
            raise BadKey(f"line {number} comes after the IV, which is the last")
        start, size = forms.pop(0)
        value = text.removeprefix(start)
        if start == "kdf=":
            if text != _SCRYPT:
                raise BadKey(f"line {number} names a way to make keys other than `{_SCRYPT}`")
        elif not re.fullmatch("(?:[0-9A-Fa-f]{2})+", value) or (size and len(value) != 2 * size):
            raise BadKey(f"line {number} has not {size or 'whole'} bytes in hexadecimal after `{start}`")
        found[start] = value.encode()
    if "iv =" not in found:
        raise BadKey("it ends before its last line, the IV")
    key, iv = (bytes.fromhex(found[start].decode()) for start in ("key=", "iv ="))
    return Key(key, iv, bytes.fromhex(found["salt="].decode()) if "kdf=" in found and "salt=" in found else b"")


def locator(suite: Suite, profile: Profile, key: Key) -> Bits:
    """Where the value of a key lies: 32 bytes that its content alone decides (STASH-KEY-6)."""
    if profile.has(SEPARATE):
        return _derived(suite, key, "locator")
    return suite.digest(Transcript("LR-STASH-LOCATOR", (key.key, key.iv)))


def encryption(suite: Suite, profile: Profile, key: Key) -> Bits:
    """The key that values are encrypted under (STASH-KEY-7)."""
    if profile.has(SEPARATE):
        return _derived(suite, key, "encryption")
    return key.key


def _derived(suite: Suite, key: Key, label: str) -> Bits:
    return suite.derive(key.key, label, Transcript("LR-STASH-KEYS", ()))
