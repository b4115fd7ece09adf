"""What is generated is what is committed."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lockedroom.conformance import generate, protocol, trace


def test_the_schemas_are_schemas() -> None:
    Draft202012Validator.check_schema(dict(trace.trace_schema()))
    Draft202012Validator.check_schema(dict(protocol.adapter_schema()))


def test_the_committed_schemas_are_those_that_are_generated() -> None:
    assert generate.differing(generate.schemas(), ()) == []


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_what_is_committed_is_what_is_generated() -> None:
    """`make drift` says the same."""
    assert generate.main(["--check"]) == 0


def test_a_difference_is_told_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new" / "x.json"
    monkeypatch.setattr(generate, "generated", lambda: {file: "{}\n"})
    monkeypatch.setattr(generate, "FOLDERS", ((tmp_path, "*.json"),))
    extra = tmp_path / "stale.json"
    extra.write_text("")
    assert generate.main(["--check"]) == 1
    assert not file.exists()
    assert capsys.readouterr().out == f"differs: {file}\ndiffers: {extra}\n"
    assert generate.main([]) == 0
    assert file.read_text() == "{}\n"
    assert not extra.exists()
    assert generate.main(["--check"]) == 0
