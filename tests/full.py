"""Every check at its full bounds, one after the other, each kept when it has passed: `make full`.

What passed is kept in build/full, under the commit's tree, with what it printed; with local changes nothing is kept.
Run again after an interruption or a failure, only what has not passed is run. Exit codes: 0 all passed, 1 something
failed, 130 interrupted.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.tree import ROOT

MAKE = ("lint", "types", "contracts", "drift", "test", "test-system", "verify")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-s", "-m", "full")
MINUTES = 10
"""Within which the mutants of the segment are all killed, or else it fails (exit code 4)."""
COMMANDS = (
    f"mutants segment --time-limit {MINUTES * 60}",
    "mutants stash",
    "defences stash",
    "findings stash",
    "conform stash",
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it is called, and the command that passes by exit code 0."""

    name: str
    command: tuple[str, ...]

    def kept(self, folder: Path) -> Path:
        """The file that holds what it printed when it passed."""
        return folder / f"{re.sub(r'[^a-z0-9]+', '-', self.name.lower()).strip('-')}.passed"


def checks() -> list[Check]:
    """All of them: the Makefile's, each test function that is marked `full`, and the commands that take minutes."""
    listed = subprocess.run([*PYTEST, "--collect-only", "tests"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        sys.exit(listed.stdout + listed.stderr)
    functions = dict.fromkeys(re.findall(r"^(tests/\S+?::\w+)", listed.stdout, re.MULTILINE))
    tool = str(Path(sys.executable).with_name("lockedroom"))
    return [
        *(Check(f"make {target}", ("make", target)) for target in MAKE),
        *(Check(f"pytest {function}", (*PYTEST, function)) for function in functions),
        *(Check(f"lockedroom {command}", (tool, *command.split())) for command in COMMANDS),
    ]


def folder_of_this_tree() -> Path | None:
    """Where results of exactly these files are kept; None when there are changes that no commit holds."""
    git = ("git", "-C", str(ROOT))
    if subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout:
        return None
    tree = subprocess.run([*git, "rev-parse", "HEAD^{tree}"], capture_output=True, text=True, check=True).stdout
    return ROOT / "build" / "full" / tree.strip()


def run(check: Check, folder: Path | None) -> bool:
    """Run one check, show what it prints, and keep that if it passes."""
    shown = []
    with subprocess.Popen(
        check.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            shown.append(line)
            print(line, end="", flush=True)
    if process.returncode == 0 and folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        half = check.kept(folder).with_suffix(".half")
        half.write_text("".join(shown))
        half.replace(check.kept(folder))
    return process.returncode == 0


def run_all(wanted: Sequence[Check], folder: Path | None) -> int:
    """Run what has not passed yet; the exit code."""
    if folder is None:
        print("there are changes that no commit holds: every check is run, and nothing is kept")
    outcome: dict[str, str] = {}
    began = time.monotonic()
    try:
        for number, check in enumerate(wanted, 1):
            if folder is not None and check.kept(folder).exists():
                outcome[check.name] = "passed before"
                continue
            minutes = (time.monotonic() - began) / 60
            print(f"\n=== {number} of {len(wanted)}, after {minutes:.0f} min: {check.name}", flush=True)
            started = time.monotonic()
            passed = run(check, folder)
            outcome[check.name] = f"{'passed' if passed else 'FAILED'} in {time.monotonic() - started:.0f} s"
    except KeyboardInterrupt:
        print("\ninterrupted; `make full` goes on from here")
    print()
    for check in wanted:
        print(f"{outcome.get(check.name, 'not run'):>18}  {check.name}")
    if len(outcome) < len(wanted):
        return 130
    failed = sum(verdict.startswith("FAILED") for verdict in outcome.values())
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(run_all(checks(), folder_of_this_tree()))
