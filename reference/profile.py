"""Profiles as switches: what the hardened form of a protocol adds to the description that it comes from, each by name.

A profile is a set of defences. `hardened` has all of them, `as-written` what the description itself asks for.
Transitions ask `at.profile.has(...)`. Which defences there are stands with each protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Defence:
    """A switch: its name, the clauses that it implements, what it gives, and what is done without it."""

    name: str
    clauses: tuple[str, ...]
    gives: str
    without: str


@dataclass(frozen=True, slots=True)
class Switches:
    """The defences of one protocol, in the order of its chapter, and the names of those that as-written has."""

    defences: tuple[Defence, ...]
    written: frozenset[str]

    @property
    def hardened(self) -> Profile:
        """Every defence."""
        return Profile("hardened", frozenset(one.name for one in self.defences), self)

    @property
    def as_written(self) -> Profile:
        """The description, read literally."""
        return Profile("as-written", self.written, self)

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """Every profile by its label."""
        return {profile.label: profile for profile in (self.hardened, self.as_written)}

    def defence(self, name: str) -> Defence:
        """The defence of that name. Raises ValueError for a name that there is not."""
        self.known((name,))
        return next(one for one in self.defences if one.name == name)

    def known(self, names: tuple[str, ...]) -> frozenset[str]:
        """These names, as a set. Raises ValueError for one that there is not."""
        there = [one.name for one in self.defences]
        for name in names:
            if name not in there:
                raise ValueError(f"no defence {name}: there are {', '.join(there)}")
        return frozenset(names)

    def profile_of(self, text: str) -> Profile:
        """The profile of that text: a label, then defences to switch off (-) or on (+), as in `hardened -tie-break`.
        Raises ValueError, with a text for people."""
        label, *changes = text.split() or [""]
        if label not in self.profiles:
            raise ValueError(f"no profile {label or 'without a name'}: there are {', '.join(self.profiles)}")
        profile = self.profiles[label]
        for change in changes:
            sign, name = change[:1], change[1:]
            if sign not in ("-", "+"):
                raise ValueError(f"{change} is neither off (-{change}) nor on (+{change})")
            profile = profile.without(name) if sign == "-" else profile.having(name)
        return profile


@dataclass(frozen=True, slots=True)
class Profile:
    """A label, as it stands in headers, and the defences that are on, of those that a protocol has."""

    label: str
    defences: frozenset[str]
    among: Switches = field(repr=False, compare=False)

    def has(self, defence: str) -> bool:
        """Whether that defence is on."""
        return defence in self.defences

    def without(self, *names: str) -> Profile:
        """The profile with these defences off. Raises ValueError for a name that there is not."""
        return Profile(self.label, self.defences - self.among.known(names), self.among)

    def having(self, *names: str) -> Profile:
        """The profile with these defences on. Raises ValueError for a name that there is not."""
        return Profile(self.label, self.defences | self.among.known(names), self.among)

    def __str__(self) -> str:
        """The label, and each defence that it has less (-) or more (+) than the profile of that label: what
        `profile_of` reads."""
        profiles = self.among.profiles
        known = profiles[self.label].defences if self.label in profiles else frozenset[str]()
        names = [one.name for one in self.among.defences]
        differs = [f"-{name}" for name in names if name in known - self.defences]
        differs += [f"+{name}" for name in names if name in self.defences - known]
        return " ".join([self.label, *differs])
