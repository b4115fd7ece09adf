"""Checks of the ground itself: the lock, the package list, the Makefile, what files may say."""

import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from tests.tree import ROOT, config, files

LONGEST = 450
LOCK = (ROOT / "requirements.lock").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def requirements(text: str) -> list[Requirement]:
    """What a requirements file asks for, without comments and hashes."""
    lines = text.replace("\\\n", " ").splitlines()
    wanted = [re.split(r"#|--hash", line)[0].strip() for line in lines]
    return [Requirement(line) for line in wanted if line]


def canonical(requirement: Requirement) -> str:
    """The name as registries compare it."""
    return re.sub(r"[-_.]+", "-", requirement.name).lower()


def declared() -> list[Requirement]:
    """What pyproject.toml says that lockedroom needs to run, or with an extra."""
    project = config()["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return [Requirement(line) for line in (*project["dependencies"], *extras)]


def test_every_pin_has_its_hashes() -> None:
    for entry in LOCK.replace("\\\n", " ").splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[^ ]+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+", entry)


def test_the_lock_names_no_place() -> None:
    assert not re.search(r"://|^\s*-(-index|-extra|-find|-trusted|[if] )|@", LOCK, re.MULTILINE)


def test_everything_asked_for_is_pinned() -> None:
    asked = requirements((ROOT / "requirements.in").read_text())
    assert {canonical(one) for one in asked} <= {canonical(pin) for pin in requirements(LOCK)}
    assert {canonical(one) for one in declared()} <= {canonical(one) for one in asked}


def test_the_project_states_lower_bounds_that_the_lock_meets() -> None:
    for need in declared():
        (bound,) = need.specifier
        assert bound.operator == ">=", need
        pins = [pin for pin in requirements(LOCK) if canonical(pin) == canonical(need)]
        pinned = [spec.version for pin in pins for spec in pin.specifier]
        assert min(map(Version, pinned)) >= Version(bound.version), need


def test_every_folder_with_python_files_is_a_package() -> None:
    setuptools = config()["tool"]["setuptools"]
    folders = {folder: name for name, folder in setuptools["package-dir"].items()}
    found = {"lockedroom"}
    for folder, name in folders.items():
        for file in files(".py", under=folder):
            inside = file.parent.relative_to(ROOT / folder).parts
            found.add(".".join((name, *inside)))
    assert sorted(setuptools["packages"]) == sorted(found)


def test_every_package_has_its_init() -> None:
    folders = config()["tool"]["setuptools"]["package-dir"].values()
    homes = {file.parent for folder in folders for file in files(".py", under=folder)}
    assert [home for home in homes if not (home / "__init__.py").exists()] == []


def test_every_folder_of_the_house_is_linked() -> None:
    links = ROOT / ".venv" / "links" / "lockedroom"
    for name, folder in config()["tool"]["setuptools"]["package-dir"].items():
        if name == "lockedroom":
            for file in files(under=folder):
                assert (links / file.name).samefile(file)
        else:
            assert (links / name.partition(".")[2]).samefile(ROOT / folder)


def targets() -> set[str]:
    """The Makefile's targets that stand for an action."""
    (line,) = re.findall(r"^\.PHONY:(.*)$", MAKEFILE, re.MULTILINE)
    return set(line.split()) - {"FORCE"}


def test_every_target_has_a_rule() -> None:
    rules = set(re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE))
    assert rules == targets()


def test_ci_calls_only_targets_that_exist() -> None:
    run = (ROOT / ".ci" / "run").read_text()
    called = " ".join(re.findall(r"^make (.+)$", run, re.MULTILINE)).split()
    called.remove("--keep-going")
    assert set(called) >= {"lint", "types", "contracts", "drift", "test", "test-system"}
    assert set(called) <= targets()


def test_the_readme_names_only_targets_that_exist() -> None:
    called = re.findall(r"^\$ make (\S+)|`make (\S+)`", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert called
    assert {shown or said for shown, said in called} <= targets()


def test_no_file_names_a_path_of_one_machine() -> None:
    homes = [home for home in (Path.home(), ROOT.parent) if len(home.parts) > 1]
    ours = re.compile("|".join(rf"(?<![\w.]){re.escape(str(home))}/" for home in homes) or r"(?!)")
    found = [file for file in files() if ours.search(file.read_text(errors="replace"))]
    assert found == []


SUPPRESSION = re.compile(
    r"#\s*(?P<what>noqa|type:\s*ignore|pragma:\s*no \w+)(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[\w, -]+\])?(?P<why>.*)"
)
"""What keeps a tool from speaking up, and what stands after it."""


def suppressions(file: Path) -> Iterator[tuple[str, str]]:
    """What is kept quiet in a file, with the line's reason; in comments alone, not in texts like those here."""
    if not SUPPRESSION.search(file.read_text()):
        return
    with tokenize.open(file) as text:
        for token in tokenize.generate_tokens(text.readline):
            if token.type == tokenize.COMMENT and (found := SUPPRESSION.search(token.string)):
                yield re.sub(r"\s", "", found["what"]), found["why"]


def test_a_tool_is_kept_quiet_for_a_reason_that_stands_there() -> None:
    bare = [
        f"{file.relative_to(ROOT)}: {what}{why}"
        for file in files(".py")
        for what, why in suppressions(file)
        if len(re.findall(r"[a-z]", why)) < 6
    ]
    assert bare == []


def test_nothing_is_kept_from_mypy_where_it_does_not_look() -> None:
    assert "tests" not in config()["tool"]["mypy"]["packages"]
    found = [file for file in files(".py", under="tests") for what, _ in suppressions(file) if what == "type:ignore"]
    assert found == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    left_out = re.compile(r"(pytest|unittest)\.(mark\.)?(skip|xfail|importorskip)|per-file[-]ignores")
    named = [file for file in (*files(".py"), ROOT / "pyproject.toml") if left_out.search(file.read_text())]
    assert named == []


def test_no_file_is_too_long_to_read() -> None:
    lengths = {str(file.relative_to(ROOT)): file.read_text().count("\n") for file in files(".py")}
    assert {file: lines for file, lines in lengths.items() if lines > LONGEST} == {}
