"""Where the command keeps identities, and how a member is named on the command line. No cryptography lives here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from lockedroom.cli.exits import usage

if TYPE_CHECKING:
    from lockedroom import Identity, PublicIdentity

As: TypeAlias = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="NAME",
        envvar="LOCKEDROOM_AS",
        help="Who you are: an identity made by `lockedroom identity new`, or its file.",
        show_default=False,
    ),
]
Creator: TypeAlias = Annotated[
    str,
    typer.Option(
        "--creator",
        metavar="NAME[:KEY]",
        envvar="LOCKEDROOM_CREATOR",
        help="Who made the segment, whose signatures are trusted: an identity here, or a name and public key.",
    ),
]


def home() -> Path:
    """The folder of the identities: $LOCKEDROOM_HOME, else lockedroom in the user's data folder."""
    if chosen := os.environ.get("LOCKEDROOM_HOME"):
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "lockedroom"


def file_of(name: str) -> Path:
    """The file of an identity: a path as it is, a name in the home folder. Raises Problem for what is neither."""
    from lockedroom.reference.segment.codec import is_name

    if os.sep in name:
        return Path(name)
    if not is_name(name):
        raise usage(f"{name!r} is no member's name", "use 1 to 31 of a-z, 0-9, '.', '_', '-', no mark first")
    return home() / f"{name}.json"


def identity_of(name: str) -> Identity:
    """The identity of that name, or in that file."""
    from lockedroom import Identity

    file = file_of(name)
    if not file.exists():
        raise usage(f"there is no identity {name} ({file})", f"make it: lockedroom identity new {Path(name).stem}")
    return Identity.load(file)


def public_of(text: str) -> PublicIdentity:
    """Somebody's name and static public key: as text (`bob:…`), or those of an identity here."""
    from lockedroom import PublicIdentity

    return PublicIdentity.parse(text) if ":" in text else identity_of(text).public
