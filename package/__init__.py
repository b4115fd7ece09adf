"""The face of `lockedroom`: its version and public names. No code lives here."""

__version__ = "0.1.0"
