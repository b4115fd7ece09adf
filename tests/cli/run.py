"""Runs the command as a user does: a process of its own, its output, its exit code, and nothing left behind."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from lockedroom.cli import main as entry

BIN = Path(sys.executable).parent
WATCHED = Path(__file__).with_name("watched.py")
LONG = 300.0
"""Seconds that no command takes: only one that hangs is ended by them."""


@dataclass(frozen=True)
class Ran:
    """What a command gave."""

    code: int
    out: str
    err: str
    pid: int = 0


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a user whose PATH has the virtual environment first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCKEDROOM", "COLUMNS"))}
    return {**kept, "PATH": f"{BIN}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", **(extra or {})}


def lockedroom(
    *arguments: str | Path,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    seconds: float = LONG,
    cwd: Path | None = None,
) -> Ran:
    """Run `lockedroom` with these arguments. It must end in time and never show a traceback."""
    with subprocess.Popen(
        [BIN / "lockedroom", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment(env),
        cwd=cwd,
    ) as started:
        try:
            out, err = started.communicate(stdin, timeout=seconds)
        except BaseException:
            started.kill()
            raise
    assert "Traceback" not in out + err, err
    return Ran(started.returncode, out, err, started.pid)


def interrupted(*arguments: str | Path, cwd: Path | None = None, everybody: bool = False) -> Ran:
    """Run a command, press Ctrl-C once it is at work, and wait until all its processes have ended. `everybody`: they
    all hear it, as from a terminal."""
    hears, says = os.pipe()
    with (
        open(hears, "rb", buffering=0) as ear,
        subprocess.Popen(
            [sys.executable, WATCHED, str(says), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment(),
            cwd=cwd,
            pass_fds=(says,),
            start_new_session=True,
        ) as started,
    ):
        os.close(says)
        try:
            at_work = ear.read(1)
            (os.killpg if everybody else os.kill)(started.pid, signal.SIGINT)
            out, err = started.communicate(timeout=LONG)
            ear.read()  # ends when nobody is left who could write
        except BaseException:
            os.killpg(started.pid, signal.SIGKILL)
            raise
    assert at_work and "Traceback" not in out + err, err
    return Ran(started.returncode, out, err, started.pid)


def inside(*arguments: str | Path, stdin: str = "", env: Mapping[str, str] | None = None) -> Ran:
    """The same in this process, which is much quicker: for what depends on no process of its own."""
    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as typed:
        typed.write(stdin)
        typed.seek(0)
        with (
            mock.patch.dict(os.environ, env or {}),
            mock.patch.object(sys, "stdin", typed),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = entry.run([str(argument) for argument in arguments])
    assert "Traceback" not in out.getvalue() + err.getvalue(), err.getvalue()
    return Ran(code, out.getvalue(), err.getvalue())


def left_of(room: str) -> set[str]:
    """What of a room lies in shared memory. (Others may have rooms of their own there.)"""
    return {name for name in os.listdir("/dev/shm") if "lockedroom" in name and room in name}


def left_of_replay(pid: int) -> set[str]:
    """What lies in shared memory of the replays of one process, ended or not."""
    return left_of(f"replay-{pid}-")


def orphans() -> set[str]:
    """What lies in shared memory of replays whose process is gone."""
    found = re.compile(r"lockedroom\.replay-(\d+)-")
    matches = ((name, found.search(name)) for name in os.listdir("/dev/shm"))
    return {name for name, match in matches if match and not Path("/proc", match[1]).exists()}
