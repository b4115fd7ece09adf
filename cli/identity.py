"""`lockedroom identity new|show`: the static keys by which members know each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lockedroom.cli.exits import MEANING, Exit, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from lockedroom import PublicIdentity

_Name = Annotated[str, typer.Argument(metavar="NAME", help="A member's name, or the file to keep it in.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def add(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("new", epilog=MEANING)(new)
    app.command("show", epilog=MEANING)(show)


def new(name: _Name, as_json: _Json = False) -> int:
    """Make an identity.

    Its private key is written to a file that only you can read, in $LOCKEDROOM_HOME (by default lockedroom in your
    data folder). A file that is there is never overwritten.
    """
    from pathlib import Path

    from lockedroom import Identity
    from lockedroom.cli.keys import file_of

    file = file_of(name)
    if file.exists():
        raise Problem("IDENTITY", f"{file} exists already", "choose another name, nothing is overwritten", Exit.USAGE)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    identity = Identity.new(Path(name).stem)
    identity.save(file)
    _print(identity.public, file, as_json)
    return 0


def show(name: _Name, as_json: _Json = False) -> int:
    """Show what others may know of an identity."""
    from lockedroom.cli.keys import file_of, identity_of

    _print(identity_of(name).public, file_of(name), as_json)
    return 0


def _print(public: PublicIdentity, file: Path, as_json: bool) -> None:
    from lockedroom.cli.terminal import print_json

    if as_json:
        print_json(
            {
                "name": public.name,
                "public": public.text,
                "fingerprint": public.fingerprint,
                "file": str(file),
            }
        )
        return
    print(f"name         {public.name}")
    print(f"public       {public.text}")
    print(f"fingerprint  {public.fingerprint}")
    print(f"file         {file}")
