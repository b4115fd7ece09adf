"""What is shipped: the wheel holds every tracked file, and works beside other people's modules."""

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.tree import ROOT, config

SETUPTOOLS = config()["tool"]["setuptools"]


def tracked() -> list[str]:
    """The files that git tracks and that are there, relative to the root."""
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(git, check=True, capture_output=True, text=True).stdout.split("\0")
    return [name for name in listed if name and (ROOT / name).exists()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network from the tracked files alone."""
    source = tmp_path_factory.mktemp("source")
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    into = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(into)]
    built = subprocess.run([*build, str(source)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = into.iterdir()
    return found


def test_the_wheel_holds_what_git_tracks(wheel: Path) -> None:
    expected = set()
    for package, folder in SETUPTOOLS["package-dir"].items():
        home = package.replace(".", "/")
        for name in tracked():
            if name.startswith(f"{folder}/"):
                expected.add(home + name.removeprefix(folder))
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert sorted(held) == sorted(expected)


def modules(wheel: Path) -> list[str]:
    """The names of all modules in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".py")]
    return sorted(name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in names)


@pytest.fixture
def home(wheel: Path, tmp_path: Path) -> Path:
    """A virtual environment of its own with the wheel in it."""
    home = tmp_path / "environment"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    install = ["install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run([*pip, *install], check=True, capture_output=True)
    (packages,) = (home / "lib").glob("python*/site-packages")
    # What lockedroom needs comes from our own environment, lockedroom itself does not: a path
    # that is added by a .pth file has its own .pth files ignored.
    ours = [path for path in sys.path if Path(path).name == "site-packages"]
    (packages / "needs.pth").write_text("".join(f"{path}\n" for path in ours))
    return home


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A project that has modules of its own of the names of our folders."""
    other = tmp_path / "other"
    for name in ("model", "reference", "spec"):
        (other / name).mkdir(parents=True)
        (other / name / "__init__.py").write_text(f"WHOSE = 'theirs: {name}'\n")
    return other


def test_the_wheel_works_beside_a_module_of_the_same_name(wheel: Path, home: Path, other: Path) -> None:
    python = home / "bin" / "python"
    (packages,) = (home / "lib").glob("python*/site-packages")
    code = "import lockedroom, model\n" + "".join(f"import {module}\n" for module in modules(wheel))
    code += "print(lockedroom.__file__, model.WHOSE, sep='\\n')"
    clean = {"PATH": "/usr/bin:/bin"}
    ran = subprocess.run([python, "-c", code], cwd=other, env=clean, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        str(packages / "lockedroom" / "__init__.py"),
        "theirs: model",
    ]

    asked = subprocess.run(
        [home / "bin" / "lockedroom", "--help"], cwd=other, env=clean, capture_output=True, text=True, check=False
    )
    assert (asked.returncode, asked.stderr) == (0, "")
    assert asked.stdout.startswith("Usage: lockedroom")


SAMPLE = """\
import sys

import model
import pytest
from lockedroom import pytest_plugin
from lockedroom.checking import Always, Machine, Model, Slot, action

LEFT, RIGHT = Slot("left"), Slot("right")


def machine(most: int) -> Model:
    def more(left: int) -> object:
        return left + 1 if left < most else None

    def follow(left: int, right: int) -> object:
        return right + 1 if right < left else None

    actions = (
        action("more", "a", reads=(LEFT,), writes=(LEFT,), taken=more),
        action("follow", "b", reads=(LEFT, RIGHT), writes=(RIGHT,), taken=follow),
    )
    never = Always("right is never three", (RIGHT,), lambda right: right != 3)
    return Model(Machine("two counters", {LEFT: 0, RIGHT: 0}, actions), (never,))


@pytest.mark.lockedroom(machine, arguments={"most": 2}, rounds=10)
def test_it_holds(lockedroom):
    assert model.WHOSE == "theirs: model"
    assert all(module.__file__.startswith(sys.prefix) for module in (model, pytest_plugin))
    assert lockedroom.check().taken["follow"]


@pytest.mark.lockedroom(machine, arguments={"most": 3}, rounds=10)
def test_it_does_not(lockedroom):
    lockedroom.check()


@pytest.mark.lockedroom(impl=f"{sys.executable} -m lockedroom.conformance.adapter", rounds=1)
def test_the_implementation(lockedroom):
    lockedroom.check()
"""


def test_the_plugin_works_in_an_environment_that_has_a_package_named_model(
    wheel: Path, home: Path, other: Path
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (entries,) = (name for name in archive.namelist() if name.endswith("/entry_points.txt"))
        assert "[pytest11]\nlockedroom = lockedroom.pytest_plugin" in archive.read(entries).decode()
    (packages,) = (home / "lib").glob("python*/site-packages")
    (other / "model").rename(packages / "model")
    project = home.parent / "project"
    project.mkdir()
    (project / "test_sample.py").write_text(SAMPLE)
    clean = {"PATH": f"{home / 'bin'}:/usr/bin:/bin"}
    ask = [home / "bin" / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    ran = subprocess.run(ask, cwd=project, env=clean, capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and "1 failed, 2 passed" in ran.stdout, ran.stdout + ran.stderr
    assert "right is never three is violated" in ran.stdout and "b: follow()" in ran.stdout
    assert "test_the_implementation: " in ran.stdout and str(home) not in ran.stderr
    trace = project / "test-it-does-not.trace.json"
    replay = [home / "bin" / "lockedroom", "replay", trace]
    again = subprocess.run(replay, cwd=project, env=clean, capture_output=True, text=True, check=False)
    assert again.returncode == 0 and "reproduced: right is never three is violated" in again.stdout, again
