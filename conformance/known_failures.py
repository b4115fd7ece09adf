"""Known failures: the cases of which somebody has said, with a reason, that they fail or must not even be run.

A file of them is TOML. Whatever it says is checked: an unknown field, an entry without a reason, or a pattern that no
case has is malformed, since each would hide a failure that nobody knows of.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Final, cast

from jsonschema import Draft202012Validator

from lockedroom.conformance.schemas import (
    DRAFT,
    Json,
    Malformed,
    Mismatch,
    check,
    content,
    schema_of,
    validator_of,
    value_of,
)

SCHEMA: Final = "known-failures.schema.json"
_LARGEST: Final = 1 << 20
_LONGEST_REASON: Final = 300


class MalformedKnownFailures(Malformed):
    """A file that is no list of known failures: which file, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Known:
    """One entry: the cases whose id matches the glob `case` are expected to fail, for a reason; `exclude`: they are
    not even run."""

    case: Annotated[str, {"minLength": 1, "maxLength": 200}]
    reason: Annotated[str, {"pattern": "\\S", "maxLength": 2000}]
    exclude: bool = False


@dataclass(frozen=True, slots=True)
class KnownFailures:
    """The entries in order: the first that matches a case counts."""

    known: tuple[Known, ...] = ()

    def of(self, case: str) -> Known | None:
        """The entry for a case, if there is one."""
        return next((one for one in self.known if fnmatchcase(case, one.case)), None)

    def unused(self, cases: Iterable[str]) -> list[str]:
        """The patterns that no case has."""
        ids = tuple(cases)
        return [one.case for one in self.known if not any(fnmatchcase(case, one.case) for case in ids)]


def known_failures_schema() -> dict[str, Json]:
    """The schema of the file, from the models above."""
    return {"$schema": DRAFT, "title": "Known failures of an implementation", **schema_of(KnownFailures)}


@cache
def _validator() -> Draft202012Validator:
    return validator_of(known_failures_schema())


def read_known_failures(path: Path) -> KnownFailures:
    """The known failures in a file. Raises MalformedKnownFailures, and OSError when it cannot be read."""
    data = content(path, _LARGEST, MalformedKnownFailures)
    try:
        value = cast(Json, tomllib.loads(data.decode("utf-8")))
        check(_validator(), value)
    except UnicodeDecodeError as problem:
        raise MalformedKnownFailures(path.name, f"byte {problem.start}: not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise MalformedKnownFailures(path.name, f"no TOML: {problem}") from None
    except Mismatch as problem:
        raise MalformedKnownFailures(path.name, str(problem)) from None
    return value_of(KnownFailures, value)


def write_known_failures(failed: Iterable[tuple[str, str]]) -> str:
    """The text of a first file: an entry for each case that failed, with what was seen as its reason, for somebody to
    put a better one there."""
    lines = [
        "# Cases that are known to fail, each with its reason. `case` is a glob; the first entry that matches counts."
    ]
    lines += ["# With `exclude = true` a case is not even run. A case that passes although it is listed fails the run."]
    for case, reason in failed:
        lines += ["", "[[known]]", f"case = {_quoted(_escaped(case))}", f"reason = {_quoted(_short(reason))}"]
    return "\n".join(lines) + "\n"


def _escaped(case: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in case)


def _short(reason: str) -> str:
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in reason).split())
    return text if len(text) <= _LONGEST_REASON else f"{text[: _LONGEST_REASON - 1]}…"


def _quoted(text: str) -> str:
    # What is printable and has no half of a surrogate pair is quoted in TOML as in JSON.
    return json.dumps(text.encode("utf-8", "replace").decode("utf-8"), ensure_ascii=False)
