"""The errors of the pure part: each tells whose fault it is. Rejections are results, never exceptions, and are not
here."""

from __future__ import annotations


class EngineError(Exception):
    """Abstract base of the errors here; nobody raises it itself."""


class FootprintError(EngineError):
    """A transition looked outside its declared footprint: a fault of the engine, never of its input."""


class UsageError(EngineError):
    """A caller asked for what no room can mean (an unknown operation, an argument of the wrong kind)."""
