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


def test_the_wheel_works_beside_a_module_of_the_same_name(wheel: Path, tmp_path: Path) -> None:
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

    other = tmp_path / "other"
    for name in ("model", "reference", "spec"):
        (other / name).mkdir(parents=True)
        (other / name / "__init__.py").write_text(f"WHOSE = 'theirs: {name}'\n")
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
