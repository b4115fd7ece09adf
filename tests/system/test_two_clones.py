"""The report of one run is that of another, byte for byte: in another clone, at another time, with other processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.tree import ROOT

RUN = "from lockedroom.cli.main import main; main()"


def clone(folder: Path) -> dict[str, str]:
    """A clone there, and the environment in which its own code runs."""
    subprocess.run(["git", "clone", "-q", ROOT, folder], check=True)
    folders = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]
    links = folder / "build" / "links" / "lockedroom"
    links.mkdir(parents=True)
    for file in (folder / folders.pop("lockedroom")).iterdir():
        (links / file.name).symlink_to(file)
    for name, target in folders.items():
        (links / name.partition(".")[2]).symlink_to(folder / target)
    return {**os.environ, "PYTHONPATH": str(links.parent), "PYTHONDONTWRITEBYTECODE": "1"}


def report(folder: Path, environment: dict[str, str], *more: str) -> tuple[int, dict[str, bytes]]:
    """What a run there leaves."""
    files = {kind: folder / f"report.{kind}" for kind in ("report", "junit", "html")}
    options = [option for kind, file in files.items() for option in (f"--{kind}", str(file))]
    options += ["--case", "trace/*", "--case", "vectors/*", "--case", "every/*/001", "--case", "hostile/rings/*"]
    command = [sys.executable, "-c", RUN, "conform", "segment", *options, *more]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=1000, check=False)
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, {kind: file.read_bytes() for kind, file in files.items()}


@pytest.mark.parametrize("impl", ["", "tests/conformance/toy.py dies", "tests/conformance/toy.py 'other clause'"])
def test_two_clones_report_the_same(tmp_path: Path, impl: str) -> None:
    found = []
    for name, jobs in (("one", "1"), ("another", "2")):
        folder = tmp_path / name
        environment = clone(folder)
        where = subprocess.run(
            [sys.executable, "-c", "import lockedroom.conformance.report as r; print(r.__file__)"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert where.stdout.startswith(str(folder)), "the clone's own code runs"
        more = ["--impl", f"{sys.executable} {folder}/{impl}"] if impl else []
        found.append(report(folder, environment, "--jobs", jobs, *more))
    assert found[0] == found[1]
    assert found[0][0] == (1 if impl else 0)
    assert str(tmp_path).encode() not in found[0][1]["report"]
