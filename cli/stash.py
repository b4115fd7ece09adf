"""`stash`, and `lockedroom stash`: a value that whoever has the key file can read and write, from any terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lockedroom.cli.exits import MEANING, Exit, Problem, usage
from lockedroom.cli.options import octal

if TYPE_CHECKING:
    from lockedroom.backend.stash.engine import Stash
    from lockedroom.reference.machine import Event
    from lockedroom.reference.stash.keys import Key

_Key = Annotated[Path, typer.Option("--key", "-k", envvar="STASH_KEY", metavar="FILE", help="The key file.")]
_Store = Annotated[
    Literal["auto", "keyring", "memory"],
    typer.Option(envvar="STASH_STORE", help="The kernel keyring, or shared memory; by itself the first that is there."),
]
_Mode = Annotated[str, typer.Option(help="Of shared memory made here, octal; 600 is you alone, 666 every user.")]
_Profile = Annotated[
    Literal["hardened", "as-written"],
    typer.Option(envvar="STASH_PROFILE", help="as-written is there to be attacked: never use it in earnest."),
]
_KEY = Path("key.bin")


def add(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.callback(invoke_without_command=True, epilog=MEANING)(converse)
    for name, command in (
        ("generate-key", generate_key),
        ("read", read),
        ("write", write),
        ("remove", remove),
        ("list", listed),
    ):
        app.command(name, epilog=MEANING)(command)


def converse(
    context: typer.Context,
    key: _Key = _KEY,
    store: _Store = "auto",
    profile: _Profile = "hardened",
    mode: _Mode = "600",
) -> int:
    """Share a value with whoever has the same key file. Without a command: asks what to do, until `exit`."""
    if context.invoked_subcommand is not None:
        sources = {name: context.get_parameter_source(name) for name in context.params}
        if given := [f"--{name}" for name, source in sources.items() if source and source.name == "COMMANDLINE"]:
            raise usage(f"{', '.join(given)} before the command", f"write it after {context.invoked_subcommand}")
        return Exit.HOLDS
    stash = _stash(key, store, profile, mode)
    print(f"The stash is in {stash.store}.", file=sys.stderr)
    while (word := _asked("Enter 'read', 'write', or 'exit': ")) not in (None, "exit"):
        try:
            if word == "read":
                _tell(_done(stash, "read"))
            elif word == "write":
                data = _asked("Enter data to write to stash: ")
                if data is None:
                    break
                _tell(_done(stash, "write", body=os.fsencode(data)))
            elif word:
                print(f"There is no {word!r}: enter read, write or exit.")
        except Problem as problem:
            print(f"{problem.problem}: {problem.remedy} [{problem.clause}]", file=sys.stderr)
    return Exit.HOLDS


def generate_key(
    password_file: Annotated[Path, typer.Option(metavar="FILE", help="Its first line is the password.")] = Path(
        "password.txt"
    ),
    out: Annotated[Path, typer.Option(metavar="FILE", help="The key file to make.")] = _KEY,
    kdf: Annotated[
        Literal["openssl", "scrypt"],
        typer.Option(
            help="openssl: the key that its command makes of the password, soon guessed. scrypt: with a salt."
        ),
    ] = "openssl",
) -> int:
    """Make a key file from a password.

    By default it is what `openssl enc -aes-256-cbc -pass file:password.txt -P -pbkdf2 -md sha256 -nosalt` prints, the
    same for everybody with the same password. With --kdf scrypt each key is new: copy the file to share it.
    """
    from lockedroom.backend.entropy import SystemEntropy
    from lockedroom.reference.crypto.real import LR0, RealSuite
    from lockedroom.reference.stash.keys import BadKey, generate, password_in, written
    from lockedroom.reference.stash.profile import AS_WRITTEN, HARDENED

    try:
        password = password_in(password_file.read_bytes())
    except BadKey as error:
        raise _malformed("STASH-KEY-1", password_file, error, "write a password there") from None
    made = generate(RealSuite(LR0), HARDENED if kdf == "scrypt" else AS_WRITTEN, SystemEntropy(), password)
    with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(written(made))
    weak = "" if made.salt else "; whoever guesses the password has it too: see --kdf scrypt"
    print(f"{out} is made{weak}", file=sys.stderr)
    return Exit.HOLDS


def read(
    key: _Key = _KEY,
    store: _Store = "auto",
    profile: _Profile = "hardened",
    mode: _Mode = "600",
    sealed: Annotated[bool, typer.Option("--sealed", help="What lies in the store, as it lies there.")] = False,
    show_version: Annotated[bool, typer.Option("--version", help="Its version too, on standard error.")] = False,
) -> int:
    """Write the value to standard output, byte for byte; exit code 1 when there is none."""
    from lockedroom.reference.stash.transitions import Found

    stash = _stash(key, store, profile, mode)
    event = _done(stash, "read")
    body = event.body if isinstance(event, Found) else None
    if show_version:
        print(getattr(event, "version", 0), file=sys.stderr)
    body = stash.sealed() if sealed else body
    if not isinstance(body, bytes):
        raise Problem("STASH-READ-1", "nothing has been written", "write something first", Exit.REFUSED)
    sys.stdout.buffer.write(body)
    return Exit.HOLDS


def write(
    key: _Key = _KEY,
    store: _Store = "auto",
    profile: _Profile = "hardened",
    mode: _Mode = "600",
    expected: Annotated[
        int | None,
        typer.Option("--if-version", min=0, help="Only over this version, as read --version tells; 0 is none."),
    ] = None,
) -> int:
    """Write what comes on standard input, byte for byte, in place of the value."""
    stash = _stash(key, store, profile, mode)
    _done(stash, "write", body=sys.stdin.buffer.read(), expected=expected)
    return Exit.HOLDS


def remove(
    key: _Key = _KEY,
    store: _Store = "auto",
    profile: _Profile = "hardened",
    mode: _Mode = "600",
    purge: Annotated[bool, typer.Option("--purge", help="Leave no sealed note that it was removed, either.")] = False,
) -> int:
    """Remove the value."""
    _done(_stash(key, store, profile, mode), "remove", purge=purge)
    return Exit.HOLDS


def listed(store: _Store = "auto") -> int:
    """Show the locators of all values in the store: that is all that there is to see without their keys."""
    from lockedroom.backend.stash.engine import store_of

    there = store_of(store)
    print(f"in {there}:", file=sys.stderr)
    for locator in there.locators():
        print(locator)
    return Exit.HOLDS


def _asked(prompt: str) -> str | None:
    """A line that the user types; None at the end of the input."""
    try:
        return input(prompt).rstrip("\r")
    except EOFError:
        print()
        return None
    except KeyboardInterrupt:
        print()
        raise


def _stash(key: Path, store: str, profile: str, mode: str) -> Stash:
    from lockedroom.backend.stash.engine import Stash, store_of
    from lockedroom.reference.stash.profile import SWITCHES

    return Stash(_key(key), store_of(store, octal(mode)), SWITCHES.profiles[profile])


def _key(file: Path) -> Key:
    from lockedroom.reference.stash.keys import BadKey, parse

    try:
        return parse(file.read_bytes())
    except BadKey as error:
        raise _malformed("STASH-KEY-4", file, error, "copy it again, or make one with generate-key") from None


def _malformed(clause: str, file: Path, error: ValueError, remedy: str) -> Problem:
    return Problem(clause, f"{file}: {error}", remedy, Exit.MALFORMED)


def _done(stash: Stash, operation: str, **arguments: object) -> Event:
    """What a transition gives, once it is done. Raises Problem for what it refuses."""
    from lockedroom.reference.machine import Rejected

    result = stash.perform(operation, **arguments)
    if isinstance(result, Rejected):
        raise Problem(result.clause, result.detail, "nothing was changed", Exit.REFUSED)
    return result.events[0]


def _tell(event: Event) -> None:
    from lockedroom.cli.terminal import readable
    from lockedroom.reference.stash.transitions import Found, Nothing

    if isinstance(event, Found):
        assert isinstance(event.body, bytes), "a real suite gives bytes"
        print(f"Decrypted data: {readable(event.body)}")
    elif isinstance(event, Nothing):
        print("Nothing has been written.")
    else:
        print("Written.")
