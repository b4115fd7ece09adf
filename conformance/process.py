"""One adapter process: started, asked, killed, and never trusted to answer.

Every wait has a limit, every line a longest length; whatever the process does wrong becomes a `Broken` that says
what, with the end of its standard error. Nothing here knows a protocol beyond its lines.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from lockedroom.conformance.protocol import LONGEST_LINE, Command, Reply, command_line, read_reply
from lockedroom.conformance.schemas import Mismatch, NotJson
from lockedroom.conformance.stage import Broken

_KEPT: Final = 4000
"""How many bytes of standard error are kept."""

_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that an adapter has: from its start to its first reply, for every other reply, and to end once told."""

    start: float = 60.0
    reply: float = 45.0
    end: float = 10.0


class _OutputEnds(Exception):
    """The process will say no more."""


class Process:
    """A running adapter. Use it as a context manager, or call `kill`: nothing else ends it for sure."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Starts it in a session of its own, so that a Ctrl-C in the terminal reaches the runner alone. Raises
        Broken when it cannot be started."""
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=dict(environment) if environment is not None else None,
                start_new_session=True,
            )
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
            raise Broken("cannot start", f"{command[0]}: {reason}") from None
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        self._in, self._out, self._err = (pipe.fileno() for pipe in pipes if pipe is not None)
        for descriptor in (self._in, self._out, self._err):
            os.set_blocking(descriptor, False)
        self._ending = threading.Lock()
        self._read = bytearray()
        self._stderr = bytearray()
        self._errors_end = False

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *exception: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process id, which is its group's as well."""
        return self._process.pid

    def ask(self, command: Command, seconds: float) -> Reply:
        """The reply to a command. Raises Broken: for a hang, an end, and anything but a line that is a reply."""
        if self._read:
            raise self._broken("unasked output", f"{self._shown(bytes(self._read))} before {command.command} was asked")
        line = self._exchange(command_line(command), time.monotonic() + seconds, command.command, seconds)
        try:
            return read_reply(command.command, line)
        except NotJson as problem:
            raise self._broken("not JSON", f"{problem}: {self._shown(line)}") from None
        except Mismatch as problem:
            raise self._broken("not a reply", f"to {command.command}: {problem}") from None

    def end(self, command: Command, seconds: float) -> None:
        """Tell it to stop and wait for its end; then kill what is left. Raises nothing."""
        with suppress(Broken):
            self.ask(command, seconds)
            deadline = time.monotonic() + seconds
            while self._ended() is None and time.monotonic() < deadline:
                time.sleep(0.005)
        self.kill()

    def gone(self, asked: str, seconds: float) -> None:
        """Wait until it has ended of itself, once it was `asked` to stop, or its input closed, which is done here.
        Raises Broken: if it says anything more, if it stays, if a signal ended it, and, of one that was to stop, if it
        ended with another exit code than 0."""
        stopped = asked == "stop"
        kind = "does not stop" if stopped else "outlives its input"
        deadline = time.monotonic() + seconds
        if not stopped and self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(_OutputEnds):
            # A whole line, so that the same is told of it however its bytes come.
            while not self._line() and (left := deadline - time.monotonic()) > 0:
                self._step(memoryview(b""), left)
        while (how := self._ended()) is None and not self._read and time.monotonic() < deadline:
            time.sleep(0.005)
        if self._read:
            raise self._broken("unasked output", f"{self._shown(self._line() or bytes(self._read))} after {asked}")
        if how is None:
            raise self._broken(kind, f"it is still there {seconds:g} s after {asked}")
        if how != "exit code 0" and (stopped or not how.startswith("exit code")):
            raise self._broken(kind, f"it ended with {how} after {asked}")

    def _line(self) -> bytes:
        """The first line of what was read, once it is whole or too long."""
        end = self._read.find(b"\n") + 1
        return bytes(self._read[:end] if end or len(self._read) <= LONGEST_LINE else self._read)

    def kill(self) -> None:
        """SIGKILL for the process and its group, and wait until the kernel has let go of all that it held."""
        self.interrupt()
        with self._ending:
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def interrupt(self) -> None:
        """SIGKILL for the process and its group, from any thread: whoever asks it something sees its end."""
        with self._ending:
            if self._process.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                if self._ended() is None:
                    self._process.kill()

    def _exchange(self, line: bytes, deadline: float, asked: str, seconds: float) -> bytes:
        pending = memoryview(line)
        while True:
            end = self._read.find(b"\n")
            if end >= 0 and not pending:
                found = bytes(self._read[:end])
                del self._read[: end + 1]
                return found
            if len(self._read) > LONGEST_LINE:
                raise self._broken("endless line", f"more than {LONGEST_LINE} bytes without an end: {asked}")
            left = deadline - time.monotonic()
            if left <= 0:
                raise self._broken("hang", f"no reply to {asked} within {seconds:g} s")
            try:
                pending = self._step(pending, left)
            except _OutputEnds:
                raise self._end(asked) from None

    def _step(self, pending: memoryview, left: float) -> memoryview:
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        if not self._errors_end:
            poll.register(self._err, select.POLLIN)
        if pending:
            poll.register(self._in, select.POLLOUT)
        for descriptor, _ in poll.poll(left * 1000):
            if descriptor == self._in:
                try:
                    pending = pending[os.write(self._in, pending) :]
                except BlockingIOError:
                    continue
                except BrokenPipeError:
                    # It does not listen any more; what it said before is still read.
                    pending = pending[:0]
            elif descriptor == self._err:
                self._drain()
            else:
                data = os.read(self._out, _CHUNK)
                if not data:
                    raise _OutputEnds
                self._read += data
        return pending

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            data = os.read(self._err, _CHUNK)
            self._errors_end = not data
            self._stderr += data
            del self._stderr[:-_KEPT]

    def _ended(self) -> str | None:
        """How the process ended, if it did; it stays unreaped, so that its group's number stays its own."""
        found = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is None:
            return None
        if found.si_code == os.CLD_EXITED:
            return f"exit code {found.si_status}"
        return f"signal {signal.Signals(found.si_status).name}"

    def _end(self, asked: str) -> Broken:
        deadline = time.monotonic() + 1
        while self._ended() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        how = self._ended()
        said = f"it ended ({how}) when asked to {asked}" if how else f"it closed its output: {asked}"
        rest = f", after {self._shown(bytes(self._read))} without an end of line" if self._read else ""
        return self._broken("ended", said + rest)

    def _broken(self, kind: str, detail: str) -> Broken:
        while not self._errors_end:
            before = len(self._stderr)
            self._drain()
            if len(self._stderr) in (before, _KEPT):
                break
        return Broken(kind, detail, self._stderr.decode("utf-8", "backslashreplace").strip())

    def _shown(self, line: bytes) -> str:
        text = line[:80].decode("utf-8", "backslashreplace")
        return ascii(text) + ("…" if len(line) > 80 else "")
