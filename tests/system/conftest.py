"""Names the Debian package that is missing: a system test fails without it, it is never skipped."""

import shutil
from pathlib import Path

import pytest

PACKAGES = Path(__file__).with_name("packages.txt")


def missing() -> list[str]:
    """The packages of packages.txt whose command, or file, is not there."""
    lines = [line.split("#")[0].split() for line in PACKAGES.read_text().splitlines()]
    return [line[0] for line in lines if line and not (shutil.which(line[1]) or Path(line[1]).exists())]


@pytest.fixture(scope="session", autouse=True)
def debian_packages() -> None:
    """Fails every test when a package is missing, and says how to get it."""
    if absent := " ".join(missing()):
        pytest.fail(f"missing Debian packages: apt-get install {absent}", pytrace=False)
