"""Real terminals for tests: a tmux server of one's own, windows that run a command, keys, and what is on the screen."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from types import TracebackType

from tests.cli.run import environment


class Terminals:
    """A tmux server with its own socket. Ends with everything in it."""

    def __init__(self, directory: Path, *, columns: int = 100, lines: int = 40) -> None:
        self._socket = directory / "tmux"
        self._size = (str(columns), str(lines))
        self._directory = directory
        self._environment = environment({"TERM": "screen-256color", "HOME": str(directory)})

    def __enter__(self) -> Terminals:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tmux("kill-server", check=False)

    def open(self, name: str) -> Terminal:
        """A new terminal with a shell in it."""
        columns, lines = self._size
        shell = "exec bash --norc --noprofile"
        self._tmux("new-session", "-d", "-s", name, "-x", columns, "-y", lines, "-c", str(self._directory), shell)
        terminal = Terminal(self, name)
        terminal.keys("PS1='$ '; clear")
        terminal.wait_for("$")
        return terminal

    def _tmux(self, *arguments: str, check: bool = True) -> str:
        command = ["tmux", "-u", "-S", str(self._socket), "-f", os.devnull, *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", env=self._environment, timeout=300, check=False
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done.stdout


class Terminal:
    """One terminal."""

    def __init__(self, server: Terminals, name: str) -> None:
        self._server = server
        self._name = name

    def keys(self, text: str, *, enter: bool = True) -> None:
        """Type text, and the Enter key."""
        self._server._tmux("send-keys", "-t", self._name, "-l", text)
        if enter:
            self.press("Enter")

    def press(self, key: str) -> None:
        """Press a key by its tmux name."""
        self._server._tmux("send-keys", "-t", self._name, key)

    def screen(self) -> str:
        """What is on the screen and above it."""
        return self._server._tmux("capture-pane", "-p", "-J", "-S", "-500", "-t", self._name)

    def wait_for(self, text: str, *, seconds: float = 300) -> str:
        """The screen, once this text is on it."""
        deadline = time.monotonic() + seconds
        while text not in (screen := self.screen()):
            assert time.monotonic() < deadline, f"{text!r} never came:\n{screen}"
            time.sleep(0.05)
        return screen

    def run(self, command: str, *, seconds: float = 300) -> tuple[int, str]:
        """Run a command to its end: its exit code and the screen."""
        self.keys(f"{command}; echo ended:$?:")
        return self.ended(seconds=seconds)

    def ended(self, *, seconds: float = 300) -> tuple[int, str]:
        """The exit code of the command that was typed with `; echo ended:$?:`, and the screen."""
        deadline = time.monotonic() + seconds
        while True:
            screen = self.screen()
            code = screen.rpartition("\nended:")[2].partition(":")[0]
            if "\nended:" in screen and code.isdigit():
                return int(code), screen
            assert time.monotonic() < deadline, f"no end:\n{screen}"
            time.sleep(0.05)
