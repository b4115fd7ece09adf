"""Errors say what is the case, what to do, and whose fault it is; crash points are off unless asked for."""

import inspect

import pytest

from lockedroom.backend import clauses, crashpoints, errors, shm
from lockedroom.backend.crashpoints import Count, Moment
from lockedroom.backend.errors import BackendError, ExitCode
from lockedroom.backend.shm import Store

CONCRETE = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, BackendError) and kind is not BackendError
]


def test_the_base_is_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        BackendError("SEG-X-1", "a", "b")


@pytest.mark.parametrize("kind", CONCRETE)
def test_every_error_is_a_sentence_with_its_clause(kind: type[BackendError]) -> None:
    error = kind("SEG-X-1", "it rains", "take an umbrella")
    assert str(error) == "it rains: take an umbrella [SEG-X-1]"
    assert isinstance(kind.exit_code, ExitCode)


def test_every_clause_has_one_name() -> None:
    values = [value for name, value in vars(clauses).items() if name.isupper()]
    assert len(values) == len(set(values)) > 10


@pytest.mark.parametrize("text", ["", "3", "before", "before:0", "before:x", "never:1", "before:1:2"])
def test_a_crash_that_makes_no_sense_is_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(crashpoints.VARIABLE, text)
    with pytest.raises(ValueError, match=crashpoints.VARIABLE):
        crashpoints.from_environment()


def test_no_crash_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(crashpoints.VARIABLE, raising=False)
    assert crashpoints.from_environment() is None


def test_every_store_is_counted(room: str, store: Store) -> None:
    moments: list[Moment] = []
    count = Count()

    def hook(moment: Moment) -> None:
        moments.append(moment)
        count(moment)

    with shm.attach(room, hook=hook) as other:
        other.store(64, 1)
        other.write_cell(other.layout.post(0, 0), b"abc")
    assert moments == [
        Moment.BEFORE, Moment.AFTER, Moment.BEFORE, Moment.DURING, Moment.AFTER
    ]  # fmt: skip
    assert count.stores == 2
