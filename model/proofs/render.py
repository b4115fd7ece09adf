"""A system as text for people: its parts as Markdown, in the notation that readers of TLA+ and Ivy know.

Nothing is solved here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lockedroom.model.proofs.formula import TRUE, Formula, Quantified, term_text, text
from lockedroom.model.proofs.system import Action, Axiom, Claim, System, Update


def sorts(system: System) -> str:
    """What there is, a line for each sort."""
    return _bullets(f"`{name}`: {about}" for name, about in system.sorts.items())


def functions(system: System) -> str:
    """The immutable functions, by what they are functions of; a constant is one of nothing."""
    by_sort: dict[str, list[str]] = {}
    for function in system.functions:
        signature = f"`{function.name}: {function.sort}`"
        by_sort.setdefault(" × ".join(function.arguments) or "nothing", []).append(signature)
    return _bullets(f"`{sort}` → {', '.join(names)}" for sort, names in by_sort.items())


def relations(system: System, *, fixed: bool) -> str:
    """The relations that never change, or those that are the state."""
    found = (relation for relation in system.relations if relation.fixed == fixed)
    return _bullets(f"`{relation.name}{_of(relation.arguments)}`: {relation.about}" for relation in found)


def _of(arguments: Sequence[str]) -> str:
    return f"({', '.join(arguments)})" if arguments else ""


def definitions(system: System) -> str:
    """The formulas that have a name."""
    return _bullets(
        f"`{one.name}({', '.join(f'{name}: {sort}' for name, sort in one.parameters.items())})` ≜ `{_signs(one.text)}`"
        f": {one.about}"
        for one in system.definitions
    )


def assumptions(axioms: Sequence[Axiom]) -> str:
    """Axioms, or what holds initially."""
    return _blocks((one.name, "", [_open(one.formula)], one.about) for one in axioms)


def actions(system: System, *, intruder: bool) -> str:
    """The actions of honest members, or of the intruder: parameters, guards, updates."""
    return "\n\n".join(_action(action) for action in system.actions if action.intruder == intruder)


def _action(action: Action) -> str:
    parameters = ", ".join(f"{name}: {sort}" for name, sort in action.parameters.items())
    clauses = f" ({', '.join(action.clauses)})" if action.clauses else ""
    lines = [f"action {action.name}({parameters})"]
    for guard in action.guards:
        notes = [*guard.clauses, *([f"defence {guard.defence}"] if guard.defence else [])]
        lines.append(f"  require {_open(guard.formula)}{_note(notes)}")
    lines += [f"  {_update(update)}" for update in action.updates]
    return f"**{action.name}**{clauses}. {action.about}\n\n" + _fenced(lines)


def _update(update: Update) -> str:
    value = "true" if update.value == TRUE else text(update.value)
    return f"{update.relation}{_of([term_text(place) for place in update.pattern])}′ := {value}"


def claims(found: Sequence[Claim], clauses: Mapping[str, Sequence[str]] | None = None) -> str:
    """Invariants or promises, with their clauses: their own, or those of what keeps them, by their names."""
    of = clauses or {}
    return _blocks(
        (one.name, ", ".join(of.get(one.name, one.clauses)), [_open(one.formula)], one.about) for one in found
    )


def _open(formula: Formula) -> str:
    """The formula without the quantifier around the whole, as Ivy lets one leave it out: capital letters are variables
    of the sorts that they must have."""
    return text(formula.body if isinstance(formula, Quantified) and formula.universal else formula)


def _note(notes: Sequence[str]) -> str:
    return f"    ⟨{', '.join(notes)}⟩" if notes else ""


def _signs(source: str) -> str:
    """A formula as it was written, with the signs of the rest of the text."""
    words = {"forall ": "∀ ", "exists ": "∃ ", "~=": "≠", "<->": "↔", "->": "→", "&": "∧", "|": "∨", "~": "¬"}
    for word, sign in words.items():
        source = source.replace(word, sign)
    return source


def _fenced(lines: Sequence[str]) -> str:
    return "\n".join(["```", *lines, "```"])


def _bullets(lines: Iterator[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _blocks(items: Iterator[tuple[str, str, list[str], str]]) -> str:
    found = []
    for name, clauses, lines, about in items:
        head = f"**{name}**" + (f" ({clauses})" if clauses else "") + (f". {about}" if about else "")
        found.append(f"{head}\n\n{_fenced(lines)}")
    return "\n\n".join(found)
