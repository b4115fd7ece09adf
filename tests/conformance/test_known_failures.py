"""The file of known failures: what it may say, what it may not, and the first one that is written."""

import json
from pathlib import Path

import pytest

from lockedroom.conformance.known_failures import (
    SCHEMA,
    Known,
    KnownFailures,
    MalformedKnownFailures,
    known_failures_schema,
    read_known_failures,
    write_known_failures,
)
from lockedroom.conformance.schemas import committed


def read(folder: Path, text: str) -> KnownFailures:
    file = folder / "known.toml"
    file.write_text(text, encoding="utf-8")
    return read_known_failures(file)


def test_the_first_entry_that_matches_counts(tmp_path: Path) -> None:
    known = read(
        tmp_path,
        """
        [[known]]
        case = "trace/01-*"
        reason = "no rotation yet"
        [[known]]
        case = "trace/*"
        reason = "nothing works"
        exclude = true
        """,
    )
    assert known.of("trace/01-x") == Known("trace/01-*", "no rotation yet")
    assert known.of("trace/02-x") == Known("trace/*", "nothing works", True)
    assert known.of("vectors/x") is None
    assert known.unused(["trace/01-x", "vectors/x"]) == []
    assert known.unused(["trace/02-x"]) == ["trace/01-*"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[known]]\ncase = "a"', "'reason' is a required property"),
        ('[[known]]\ncase = "a"\nreason = " "', "known[0].reason"),
        ('[[known]]\nreason = "a"', "'case' is a required property"),
        ('[[known]]\ncase = "a"\nreason = "b"\nskip = true', "'skip' was unexpected"),
        ('[[knwon]]\ncase = "a"\nreason = "b"', "'knwon' was unexpected"),
        ('[[known]]\ncase = 1979-05-27\nreason = "b"', "known[0].case"),
        ("known = 1.5", "known: 1.5 is not of type 'array'"),
        ("[[known", "no TOML: "),
        ("x = " + "[" * 5000, "no TOML: "),
        ("#" * (1 << 20) + "\n", "larger than"),
    ],
)
def test_what_is_none_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(MalformedKnownFailures) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith("known.toml: ")
    assert problem in str(refused.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_bytes(b"# \xff")
    with pytest.raises(MalformedKnownFailures, match="byte 2: not UTF-8"):
        read_known_failures(file)


def test_what_is_written_first_can_be_read(tmp_path: Path) -> None:
    failed = [
        ("trace/a[1]*", 'says "no"\n\\ and \x00\x7f\x1b'),
        ("trace/b", "x" * 5000),
        ("trace/c", "ü \U0001f600 \ud800"),
    ]
    known = read(tmp_path, write_known_failures(failed))
    assert [known.of(case) is one for (case, _), one in zip(failed, known.known, strict=True)] == [True] * 3
    assert known.of("trace/a11") is None
    assert known.known[0].reason == 'says "no" \\ and'
    assert len(known.known[1].reason) == 300
    assert known.known[2].reason == "ü \U0001f600"
    assert read(tmp_path, write_known_failures([])) == KnownFailures(), "none is a list too"


def test_the_schema_is_committed() -> None:
    assert json.loads(committed(SCHEMA).read_text("utf-8")) == json.loads(json.dumps(known_failures_schema()))
