"""Reads the committed crypto vectors. No check lives here."""

import json
from collections.abc import Mapping
from typing import Any

from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Field
from tests.tree import ROOT

FOLDER = ROOT / "conformance" / "vectors" / "crypto"


def load(name: str) -> list[dict[str, Any]]:
    """The vectors of one file."""
    vectors: list[dict[str, Any]] = document(name)["vectors"]
    return vectors


def document(name: str) -> dict[str, Any]:
    """One file."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return loaded


def transcript(value: Mapping[str, Any]) -> Transcript:
    """The transcript that a vector means."""
    return Transcript(value["tag"], tuple(_field(one) for one in value["fields"]))


def _field(value: Mapping[str, Any]) -> Field:
    ((kind, content),) = value.items()
    match kind:
        case "int" | "text":
            kept: int | str = content
            return kept
        case "hex":
            return bytes.fromhex(content)
        case "list":
            return tuple(_field(one) for one in content)
    raise ValueError(f"no kind of field: {kind}")
