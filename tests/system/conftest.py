"""What every system test needs: its Debian package, whose absence fails it (none is skipped); a browser that must not
complain."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.browser import Browser

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


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A browser that has complained of nothing and asked for nothing from outside when the test ends."""
    with Browser(tmp_path) as found:
        yield found
        found.run("1")  # whatever is still to be told comes before this is answered
        assert found.complaints == []
        assert {address.partition(":")[0] for address in found.requests} <= {"file", "data", "about"}, found.requests
