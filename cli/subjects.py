"""The machine that a model trace names, found again: a protocol of ours, or an attribute of a user's module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockedroom.cli.exits import Exit, Problem, usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockedroom.conformance.model_trace import About, ModelTrace, Named
    from lockedroom.conformance.trace import Settings, Trace
    from lockedroom.model.segment.bounds import Bounds
    from lockedroom.model.validator import Subject
    from lockedroom.reference.machine import Action, Outcome


def subject_named(named: Named) -> Subject:
    """The machine of that name with what must hold of it. Raises Problem when it cannot be found."""
    from lockedroom.cli.modules import is_target, user_subject
    from lockedroom.model.protocols import PROTOCOLS

    if named.target in PROTOCOLS:
        try:
            return PROTOCOLS[named.target].subject(named.arguments, named.profile, named.mutant)
        except ValueError as error:
            raise _unknown(named, str(error)) from None
    if is_target(named.target) and named.mutant is None:
        return user_subject(named.target, named.arguments)
    raise _unknown(named, "no protocol of that name, and no path/to/module.py:ATTRIBUTE")


def as_trace(trace: ModelTrace, subject: Subject) -> Trace:
    """A model trace of a protocol of ours as one that an implementation can repeat. Raises Problem when the machine
    does not take its steps, when the words of such traces cannot say them, and when the engine does not do what they
    say."""
    from lockedroom.cli.modules import STASH
    from lockedroom.conformance.derive import Underivable, derive_path
    from lockedroom.conformance.turning import derive_turned
    from lockedroom.model.validator import retrace

    about = trace.about
    if about.machine.target not in ("segment", STASH):
        raise usage(f"{about.machine.target} has no engine and no backend", "replay it with --on model")
    found = retrace(subject, trace.start, trace.steps, about.property, about.violation, fell=about.fell)
    if found.parting is not None and len(found.run.steps) < len(trace.steps):
        raise Problem("TRACE", f"it does not replay on the model ({found.parting})", "see --on model", Exit.REFUSED)
    done = [(one.action, one.outcome) for one in found.run.steps]
    said = f"{about.property} is violated{after(about)}: {about.violation}"
    try:
        if about.machine.target == STASH:
            return _of_stash(about.machine, done, said)
        settings = _settings(about.machine, said)
        return derive_turned(settings, found.run.steps) if about.turned else derive_path(settings, done)
    except Underivable as error:
        raise Problem("TRACE", f"the real engine cannot follow ({error})", "see --on model", Exit.REFUSED) from None


def _of_stash(named: Named, done: Sequence[tuple[Action, Outcome]], said: str) -> Trace:
    from lockedroom.conformance.stash import derived, settings_of
    from lockedroom.model.report import Taken
    from lockedroom.model.stash import Bounds
    from lockedroom.reference.stash.profile import SWITCHES

    profile = SWITCHES.profiles[_label(named, "no store is used in", "STASH-PROFILE-3")]
    settings = settings_of(profile, said, "lockedroom check", Bounds(**named.arguments))
    return derived(settings, tuple(Taken(action, outcome) for action, outcome in done))


def _settings(named: Named, said: str) -> Settings:
    """What members are told in the trace of a counterexample. Raises Problem for a profile that no room speaks."""
    from lockedroom.conformance.trace import FORMAT, Settings
    from lockedroom.model.segment.bounds import NAMES, Setting

    bounds = bounds_named(named)
    return Settings(
        FORMAT,
        "segment",
        _label(named, "no room speaks", "SEG-PROFILE-4"),
        "LR0",
        Setting(bounds).capacity,
        NAMES[: bounds.members],
        "00" * 32,
        said,
        "lockedroom check",
        bounds.to_json(),
    )


def _label(named: Named, nobody: str, clause: str) -> Literal["hardened", "as-written"]:
    """The label of the profile that a machine is in. Raises Problem for one that nothing real is in."""
    match named.profile:
        case None:
            return "hardened"
        case ("hardened" | "as-written") as label:
            return label
        case other:
            raise usage(f"{nobody} the profile {other} [{clause}]", "replay it with --on model")


def after(about: About) -> str:
    """After which step the property of a trace is violated, in words; empty: after the last."""
    return f" after step {about.fell}" if about.fell is not None else ""


def bounds_named(named: Named) -> Bounds:
    """The bounds of a protocol's machine. Raises Problem for what are none."""
    from lockedroom.model.segment.bounds import Bounds

    try:
        return Bounds(**named.arguments)
    except (TypeError, ValueError) as error:
        raise _unknown(named, str(error)) from None


def _unknown(named: Named, why: str) -> Problem:
    return usage(f"there is no machine {named} ({why})", "the trace is of another version, or was altered")
