"""The command `lockedroom`: its commands put together, and the one place where an error ends one. What a command
does stands in a module of its own; what is heavy is imported when it runs, so that `--help` is quick."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from _thread import interrupt_main
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import Annotated, Final, TextIO, TypeAlias

import typer

from lockedroom.cli import (
    check,
    conform,
    defences,
    demo,
    findings,
    identity,
    mutants,
    prove,
    refine,
    replay,
    report,
    segment,
    spec,
    stash,
    validate,
    verify,
)
from lockedroom.cli.exits import MEANING, Exit, Report, explain

_Handler: TypeAlias = "Callable[[int, FrameType | None], object] | int | signal.Handlers | None"
_PEACE: Final = 5.0
"""Seconds that a command has to end after it was interrupted before it is interrupted again."""
_AGAIN: Final = 0.01
"""Seconds until an interrupt that was swallowed comes again."""
_ABOUT: Final = (
    "Formally specified secure IPC on one host, with the evidence that it holds: explored, then replayed for real."
)
_STASH: Final = "Share a value with every process that has the same key file."


def build() -> typer.Typer:
    """The command and all its subcommands."""
    app = _group(_ABOUT)
    for module in (verify, check, prove, refine, defences, findings, mutants, report, conform, replay, validate):
        module.add(app)
    for name, add, about in (
        ("demo", demo.add, "Watch real processes run a protocol."),
        ("identity", identity.add, "Make and show the static keys of members."),
        ("segment", segment.add, "Use a segment from several terminals."),
        ("stash", stash.add, _STASH),
        ("spec", spec.add, "The clauses of the chapters, and what there is to show for each."),
    ):
        group = _group(about, alone=add is stash.add)
        add(group)
        app.add_typer(group, name=name)
    app.callback()(_version)
    return app


def build_stash() -> typer.Typer:
    """The command `stash`: the group of that name by itself."""
    group = _group(_STASH, alone=True)
    stash.add(group)
    return group


def _group(about: str, *, alone: bool = False) -> typer.Typer:
    """A command with subcommands. `alone`: it does something without any of them."""
    return typer.Typer(
        help=about,
        epilog=MEANING,
        no_args_is_help=not alone,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _show_version(wanted: bool) -> None:
    if wanted:
        from lockedroom import __version__

        print(f"lockedroom {__version__}")
        raise typer.Exit


def _version(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None: ...


_version.__doc__ = _ABOUT


def run(arguments: Sequence[str] | None = None, name: str = "lockedroom") -> int:
    """Run one command and give its exit code. Whatever goes wrong is told in one line on standard error. `name`:
    `lockedroom` or `stash`."""
    app = build_stash if name == "stash" else build
    try:
        with _TerminationInterrupts():
            code = app()(None if arguments is None else list(arguments), standalone_mode=False, prog_name=name)
            sys.stdout.flush()
        return code if isinstance(code, int) else Exit.HOLDS
    except typer.TyperException as error:
        message = error.format_message().replace("Value error, ", "")
        if message.startswith("Usage:"):  # a group without a command shows its help
            print(message, file=sys.stderr)
            return Exit.USAGE
        return _tell(name, Report(Exit.USAGE, f"{message.rstrip('.')}: see --help [usage]"))
    except (KeyboardInterrupt, typer.Abort):
        return Exit.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Typer ends with SystemExit when nobody reads its output any more, and only then.
        return _nobody_reads()
    except Exception as error:  # the top: above it is only the interpreter's traceback
        if os.environ.get("LOCKEDROOM_DEBUG"):
            raise
        return _tell(name, explain(error))


def stash_main() -> None:
    """The entry point of the command `stash`."""
    main("stash")


def main(name: str = "lockedroom") -> None:
    """The entry point of the command."""
    _have_streams()
    code = run(name=name)
    try:
        sys.stdout.flush()
    except OSError:
        code = _nobody_reads()
    sys.exit(int(code))


def _have_streams() -> None:
    """Standard streams that work: one that the caller closed is empty, and what an encoding lacks is written out."""
    if sys.stdin is None:
        sys.stdin = _nothing()
    if sys.stdout is None:
        sys.stdout = _nothing()
    if sys.stderr is None:
        sys.stderr = _nothing()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nothing() -> TextIO:
    return io.TextIOWrapper(io.BufferedRandom(io.FileIO(os.devnull, "r+")))


def _tell(name: str, report: Report) -> int:
    from lockedroom.cli.terminal import safe

    with suppress(OSError):  # a terminal that is gone
        print(f"{name}: {safe(report.message)}", file=sys.stderr, flush=True)
    return report.code


def _nobody_reads() -> int:
    """Let the interpreter's last flush find somewhere to write to."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.INCOMPLETE


class _TerminationInterrupts:
    """While it lasts, a request to terminate and a terminal that goes away end a command as Ctrl-C does; and once it is
    ending, it is left in peace for a moment, so that it leaves nothing behind. An interrupt that comes while an object
    is destroyed, where no exception gets out, comes again."""

    _SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self._peace = 0.0
        self._before: list[tuple[signal.Signals, _Handler]] = []
        self._unraisable = sys.unraisablehook
        self._again: threading.Timer | None = None

    def __enter__(self) -> None:
        self._before = [(number, signal.signal(number, self._interrupt)) for number in self._SIGNALS]
        self._unraisable, sys.unraisablehook = sys.unraisablehook, self._swallowed

    def __exit__(self, *_: object) -> None:
        sys.unraisablehook = self._unraisable
        if self._again is not None:
            self._again.cancel()
        for number, handler in self._before:
            signal.signal(number, handler)

    def _swallowed(self, said: sys.UnraisableHookArgs) -> None:
        if not issubclass(said.exc_type, KeyboardInterrupt):
            self._unraisable(said)
            return
        # Not at once: what is raised in here is swallowed too.
        self._again = threading.Timer(_AGAIN, interrupt_main)
        self._again.daemon = True
        self._again.start()
        self._peace = 0.0

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now < self._peace:
            return
        self._peace = now + _PEACE
        raise KeyboardInterrupt
