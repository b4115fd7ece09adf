"""The committed traces: where they are and what is in them. They are made by `generate`, never by hand, and not checked
again when they are read: what is committed is what is generated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lockedroom.conformance.collection import Collection, read_collection
from lockedroom.conformance.trace import Trace, read_trace

FOLDER: Final = Path(__file__).resolve().parent / "corpus"


def files(protocol: str = "segment") -> tuple[Path, ...]:
    """The corpus' files, sorted."""
    return tuple(sorted((FOLDER / protocol).glob("*.json")))


def corpus(protocol: str = "segment") -> tuple[Trace, ...]:
    """The corpus. Raises MalformedTrace, FileNotFoundError when there is none."""
    found = files(protocol)
    if not found:
        raise FileNotFoundError(f"there is no corpus for {protocol} in {FOLDER}")
    return tuple(read_trace(path, checked=False) for path in found)


def collections(protocol: str = "segment") -> tuple[Collection, ...]:
    """The collections, whose traces together exercise every memo entry within their bounds."""
    return tuple(read_collection(path) for path in sorted((FOLDER / protocol / "every").glob("*.json")))


def telling(protocol: str = "segment") -> Mapping[str, Trace]:
    """The traces that tell right from wrong, each by the mistake that it was made to show: the name of its file."""
    return {
        path.stem: read_trace(path, checked=False) for path in sorted((FOLDER / protocol / "telling").glob("*.json"))
    }
