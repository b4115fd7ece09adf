"""The stash's system with few of everything, as the explorer has it: some holders of one key, few records. Who has
which key is fixed; what records say is left to the solver."""

from __future__ import annotations

from typing import Final

from lockedroom.model.proofs.bounded import ROUNDS, Bounded

NAMES: Final = ("anna", "ben")
_KEYS: Final = ("key", "key-intruder")
_RECORDS: Final = 3


def small(rounds: int = ROUNDS) -> Bounded:
    """Two holders of one key, and a key of the intruder's."""
    values = {
        "holder": NAMES,
        "key": _KEYS,
        "password": ("password",),
        "salt": ("salt", "salt-intruder"),
        "locator": ("there",),
        "version": tuple(f"version{number}" for number in range(_RECORDS + 1)),
        "body": ("body", "body-intruder"),
        **{sort: tuple(f"{sort}{number}" for number in range(_RECORDS)) for sort in ("fresh", "cipher", "record")},
    }
    versions = values["version"]
    holders = f"{len(NAMES)} holders of one key, a key of the intruder's, 1 place"
    said = f"{holders}, {_RECORDS} records, {len(versions)} versions, {len(values['body'])} values"
    return Bounded(
        said,
        values,
        {
            "zero": {(): versions[0]},
            "key_of": {(name,): _KEYS[0] for name in NAMES},
            "place": {(name,): "there" for name in NAMES},
            "k_password": {(key,): "password" for key in _KEYS},
            "k_salt": {(key,): salt for key, salt in zip(_KEYS, values["salt"], strict=True)},
        },
        {
            "below": frozenset((low, high) for at, low in enumerate(versions) for high in versions[at + 1 :]),
            "held": frozenset({(_KEYS[0],)}),
        },
        drawn=frozenset({"make_key", "make_body"}),
        counted=frozenset({"put", "drop", "disclose"}),
        rounds=rounds,
    )


def ladder() -> tuple[Bounded, ...]:
    """The bounds that are searched."""
    return (small(),)
