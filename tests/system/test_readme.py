"""The README, as a newcomer follows it: every block to copy is run, in order, in a fresh copy of the project, and what
it shows is what comes out."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.run import BIN, inside, orphans
from tests.system.readme import RUN, Block, agrees, blocks
from tests.tree import ROOT, files

_MARK = "end of a command:"


class Shell:
    """One bash, as a user has it, in which one command after the other is typed."""

    def __init__(self, directory: Path, data: Path) -> None:
        # A `make` started by a `make` says which folder it enters and leaves; a newcomer's is started by nobody's.
        ours = ("LOCKEDROOM", "PYTHON", "VIRTUAL_ENV", "XDG_", "MAKE", "MFLAGS")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        path = [folder for folder in os.environ["PATH"].split(os.pathsep) if Path(folder) != BIN]
        environment |= {"PATH": os.pathsep.join(path), "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
        environment |= {"XDG_DATA_HOME": str(data)}
        # Progress goes to standard error, and is on no terminal any more when a command has ended.
        self._errors = (data / "stderr").open("w+")
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            cwd=directory,
            env=environment,
        )

    def type(self, command: str) -> tuple[int, str]:
        """Run a command: its exit code and what it printed (on failure, what it printed on standard error as well)."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{{ {command}\n}} </dev/null\nended=$?; echo; echo '{_MARK}' $ended\n")
        self._process.stdin.flush()
        printed: list[str] = []
        while line := self._process.stdout.readline():
            if line.startswith(_MARK):
                code = int(line.removeprefix(_MARK))
                self._errors.seek(0)
                return code, "".join(printed) + (self._errors.read()[-4000:] if code else "")
            printed.append(line)
        raise AssertionError(f"the shell ended: {command}\n{''.join(printed)}")

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's own files and nothing else, as a clone has them."""
    directory = tmp_path_factory.mktemp("lockedroom")
    for file in files():
        copy = directory / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy, follow_symlinks=False)
    return directory


@pytest.fixture(scope="module")
def shell(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The shell in which the whole README is typed."""
    found = Shell(clone, tmp_path_factory.mktemp("data"))
    # The README's rooms have plain names, so one clone at a time follows it.
    with Path(tempfile.gettempdir(), "lockedroom-readme.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield found
        found.close()
        for room in ("den", "readme"):
            inside("segment", "gc", room)


def test_there_are_blocks_and_every_one_is_of_a_known_kind() -> None:
    found = blocks()
    assert sum(block.language in RUN for block in found) >= 5
    assert {block.language for block in found} <= RUN | {"mermaid"}


@pytest.mark.timeout(3600)
def test_every_block_does_what_it_shows(shell: Shell) -> None:
    before = orphans()
    for block in blocks():
        if block.language == "console":
            _follow(shell, block)
        elif block.language == "python":
            code, printed = shell.type(f"python - <<'the end of the program'\n{block.text}the end of the program")
            assert code == 0, f"{block.text}\n{printed}"
    assert orphans() <= before


def _follow(shell: Shell, block: Block) -> None:
    for typed in block.typed():
        code, printed = shell.type(typed.command)
        assert code == 0, f"$ {typed.command}\n{printed}"
        if typed.shown:
            assert agrees(typed.shown, printed), f"$ {typed.command}\nshown:\n{typed.shown}\nprinted:\n{printed}"


def test_a_block_that_shows_something_else_is_found() -> None:
    assert agrees("12 states in 3 s\n⋮\nend", "999 states in 0.5 s\na\nb\nend")
    assert agrees("a  1\n───\n", "a     2\n─────────")
    assert not agrees("a\nb", "a\nc")
    assert not agrees("a\n⋮\nend", "a\nb")
    assert not agrees("holds", "violated")
