"""The pytest plugin: Hypothesis plays your protocol, or your implementation of one of ours, in five lines of a test.

    import pytest
    from my_protocol import MODEL

    @pytest.mark.lockedroom(MODEL)                              # or (impl="./my-adapter")
    def test_my_protocol(lockedroom):
        lockedroom.check()

Nothing heavy is imported before a test asks for it. The extra `lockedroom[test]` brings what it needs.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, cast

import pytest

if TYPE_CHECKING:
    from lockedroom.conformance.stateful import Beside
    from lockedroom.model.course import Coverage
    from lockedroom.model.stateful import Hunted
    from lockedroom.model.validator import Subject

_MARKER: Final = (
    "lockedroom(model=None, *, impl=None, arguments={}, seconds=60, rounds=None, seed=0): what the fixture "
    "`lockedroom` checks: a Model, Machine or Subject of lockedroom.checking (or a function that makes one from "
    "`arguments`), an implementation by its adapter's command (`impl`), or, with neither, the segment protocol's engine"
)
_KNOWN: Final = {"impl", "arguments", "seconds", "rounds", "seed"}
_SAID: Final = "lockedroom"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("lockedroom", "protocols played by Hypothesis")
    group.addoption("--lockedroom-impl", metavar="COMMAND", help="The adapter of the implementation that is tested.")
    group.addoption("--lockedroom-seconds", type=float, metavar="N", help="How long each test plays (60).")
    group.addoption("--lockedroom-seed", type=int, metavar="N", help="The seed (0): another one plays otherwise.")
    group.addoption(
        "--lockedroom-traces", type=Path, metavar="FOLDER", help="Where traces of failures are written (here)."
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line("markers", _MARKER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What each check has covered, and what it never came to: that none found anything proves nothing. It travels with
    the test's report, from whichever process ran it."""
    ended = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    said = [value for one in ended for name, value in one.user_properties if name == _SAID]
    if said:
        terminalreporter.section("lockedroom", sep="-")
        for line in said:
            terminalreporter.line(str(line))


@pytest.fixture
def lockedroom(request: pytest.FixtureRequest) -> Check:
    """What the test's marker asks for, to `check`."""
    marker = request.node.get_closest_marker("lockedroom")
    if marker is None:
        raise pytest.UsageError("the fixture lockedroom needs the marker: @pytest.mark.lockedroom(MODEL)")
    unknown = sorted(set(marker.kwargs) - _KNOWN)
    if unknown or len(marker.args) > 1:
        raise pytest.UsageError(f"the marker lockedroom takes a model, {', '.join(sorted(_KNOWN))}, not {unknown}")
    given, option = marker.kwargs, request.config.getoption
    model = marker.args[0] if marker.args else None
    rounds = cast("int | None", given.get("rounds"))
    seconds = option("--lockedroom-seconds")
    if seconds is None and rounds is None:
        seconds = given.get("seconds", 60.0)
    seed = option("--lockedroom-seed")
    impl = given.get("impl") if model is not None else option("--lockedroom-impl") or given.get("impl")
    if model is not None and impl is not None:
        raise pytest.UsageError("the marker lockedroom takes a model or an implementation, not both")
    return Check(
        request.node.name,
        model,
        shlex.split(impl) if isinstance(impl, str) else impl,
        dict(cast("Mapping[str, int]", given.get("arguments", {}))),
        seconds,
        rounds,
        cast(int, given.get("seed", 0)) if seed is None else seed,
        option("--lockedroom-traces") or Path.cwd(),
        lambda line: request.node.user_properties.append((_SAID, line)),
        request.node.path,
    )


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a test: `check` plays until something is wrong or the time is over."""

    name: str
    model: object
    impl: Sequence[str] | None
    arguments: Mapping[str, int]
    seconds: float | None
    rounds: int | None
    seed: int
    traces: Path
    say: Callable[[str], None]
    file: Path

    def check(self) -> Coverage:
        """Play. The test fails, with the steps and a trace file, where a property is violated or an implementation goes
        another way than the engine, and where nothing could be tried. Gives what was covered."""
        try:
            import hypothesis  # noqa: F401 (what plays needs it)
        except ImportError:
            raise pytest.UsageError("hypothesis is missing: install lockedroom[test]") from None
        return self._implementation() if self.impl is not None else self._model()

    def _model(self) -> Coverage:
        from lockedroom.model.segment.stateful import grounds
        from lockedroom.model.stateful import Ground, hunt

        target = "segment"
        where: tuple[Ground, ...] = grounds()
        if self.model is not None:
            target = _target(self.model, self.file)
            where = (Ground(self.arguments, self._subject),)
        found = hunt(where, seconds=self.seconds, rounds=self.rounds, number=self.seed)
        covered = found.coverage
        self._say(covered, found.seconds)
        if found.violation is not None:
            self._violated(found, target)
        self._tried(covered)
        return covered

    def _subject(self) -> Subject:
        from lockedroom.model.model import Model
        from lockedroom.model.validator import Subject
        from lockedroom.reference.machine import Machine

        made = self.model
        if callable(made) and not isinstance(made, Model | Machine | Subject):
            made = made(**self.arguments)
        match made:
            case Subject():
                return made
            case Model():
                return made.subject()
            case Machine():
                return Subject(made)
        raise pytest.UsageError(f"{type(made).__name__} is no Model, Machine or Subject of lockedroom.checking")

    def _violated(self, found: Hunted, target: str) -> NoReturn:
        from lockedroom.conformance.stateful import trace_text

        broken = found.violation
        assert broken is not None, "asked where something is violated"
        text = trace_text(found, target)
        steps = "".join(f"\n  {number:2}  {step}" for number, step in enumerate(broken.path, start=1))
        self._fail(f"{broken.property} is violated: {broken.message}{steps}", text)

    def _implementation(self) -> Coverage:
        from lockedroom.conformance.stateful import beside_backend
        from lockedroom.conformance.trace import write_trace

        assert self.impl is not None, "asked for an implementation"
        found: Beside = beside_backend(self.impl, seconds=self.seconds, rounds=self.rounds, number=self.seed)
        covered = found.coverage
        self._say(covered, found.seconds)
        if found.trace is not None and found.replayed is not None:
            steps = "".join(f"\n  {number:2}  {step}" for number, step in enumerate(found.trace.steps, start=1))
            self._fail(f"{found.replayed.reason}{steps}", write_trace(found.trace))
        if found.unsupported:
            pytest.fail(f"not everything could be tried, which is no pass: {'; '.join(found.unsupported)}", False)
        self._tried(covered)
        return covered

    def _fail(self, said: str, trace: str) -> NoReturn:
        self.traces.mkdir(parents=True, exist_ok=True)
        name = "".join(letter if letter.isalnum() else "-" for letter in self.name)
        file = self.traces / f"{name}.trace.json"
        file.write_text(trace, encoding="utf-8")
        pytest.fail(f"{said}\n\nseed {self.seed}; the trace: lockedroom replay {shlex.quote(str(file))}", pytrace=False)

    def _say(self, covered: Coverage, seconds: float) -> None:
        self.say(f"{self.name}: {covered.runs} runs, {covered.steps} steps, seed {self.seed}, {seconds:.1f} s")
        for name, cell in covered.transitions().items():
            refused = ", ".join(f"{clause} {count}" for clause, count in cell.refused.items())
            never = "" if cell.accepted else ", never accepted"
            self.say(f"  {name}: taken {cell.taken}{never}" + (f"; refused: {refused}" if refused else ""))

    def _tried(self, covered: Coverage) -> None:
        if not covered.steps:
            pytest.fail("nothing was tried: there was no time, or no step can be taken", pytrace=False)


def _target(model: object, file: Path) -> str:
    """`PATH.py:ATTRIBUTE` of a model, by which a trace names it: where it is made rather than where it is used."""
    found: list[tuple[bool, str]] = []
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or not path.endswith(".py"):
            continue
        for name, value in list(vars(module).items()):
            if value is model:
                found.append((Path(path) == file, f"{path}:{name}"))
    return min(found)[1] if found else f"{file}:MODEL"
