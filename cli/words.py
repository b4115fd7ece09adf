"""One line of plain words for one step of a run: for charts, logs and lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lockedroom.cli.terminal import safe

_LONGEST: Final = 28
_RIGHTS: Final = ((1, "join"), (2, "exchange"), (4, "send"))


def rights_list(rights: int) -> list[str]:
    """The names of the rights in a number."""
    return [word for bit, word in _RIGHTS if rights & bit]


def rights_named(rights: object) -> str:
    """Rights, a number or a list of names, as words: `join+send`, `everything` or `nothing`."""
    if isinstance(rights, int):
        named = rights_list(rights)
    else:
        named = [safe(str(right)) for right in rights] if isinstance(rights, Iterable) else []
    return "everything" if len(named) == len(_RIGHTS) else "+".join(named) or "nothing"


def describe(
    operation: str,
    arguments: Mapping[str, object],
    events: Sequence[Mapping[str, object]],
    clause: str = "",
    detail: str = "",
) -> str:
    """What was done and what came of it; of a refusal, its clause and reason."""
    done = _done(operation, arguments)
    if "choice" in arguments:
        done += f" ({safe(str(arguments['choice']))})"
    if clause:
        return f"{done}: refused, {clause}" + (f" ({safe(detail)})" if detail else "")
    seen = [words for event in events if (words := _seen(event))]
    return f"{done}: {', '.join(seen)}" if seen else done


def _done(operation: str, arguments: Mapping[str, object]) -> str:
    peer = safe(str(arguments.get("peer", arguments.get("subject", ""))))
    body = _quoted(arguments.get("body"))
    match operation:
        case "create":
            return "create the segment"
        case "grant":
            return f"grant {peer} {rights_named(arguments.get('rights'))}"
        case "exchange":
            return f"exchange: a key for {peer}"
        case "accept" | "receive" | "read":
            return f"{operation} from {peer}"
        case "send":
            return f"send {peer} {body}"
        case "multicast":
            return f"multicast {body} to {_listed(arguments.get('peers'))}"
        case "publish":
            return f"publish {body}"
        case "rotate":
            return f"rotate the key with {peer}"
        case "acknowledge":
            return f"acknowledge the rotation of {peer}"
        case "revoke" | "reap":
            return f"{operation} {peer}"
        case "review":
            return "review the list"
        case "destroy":
            return "destroy the segment"
        case "crash":
            return "killed"
        case "drop":
            return f"drop what {safe(str(arguments.get('sender')))} left for {safe(str(arguments.get('inbox')))}"
        case "inject":
            return f"inject a record for {safe(str(arguments.get('inbox')))} as {safe(str(arguments.get('sender')))}"
        case "announce" | "post":
            what = "another announcement" if operation == "announce" else "a post"
            return f"put {what} under {safe(str(arguments.get('name')))}"
        case "withdraw" | "unpost":
            what = "what stands" if operation == "withdraw" else "the posts"
            return f"take {what} under {safe(str(arguments.get('name')))} off the board"
        case "relist":
            return f"let the list have {_counted(arguments.get('entries'))} entries"
        case "rehead":
            return "put another header"
        case "inspect":
            record, field = arguments.get("record"), safe(str(arguments.get("field")))
            step = record.get("step") if isinstance(record, Mapping) else ""
            return f"look at the {field} of what step {step} left, for {safe(str(arguments.get('clause')))}"
        case "write":
            return f"write over {_places(arguments.get('edits'))}"
        case "stash.read" | "stash.remove":
            return operation.removeprefix("stash.") + (", leave nothing" if arguments.get("purge") else "")
        case "stash.write":
            over = f" over version {arguments['expected']}" if "expected" in arguments else ""
            return f"write {body}{over}"
        case "stash.put":
            return f"put {_forged(arguments)}"
        case _:
            named = ", ".join(f"{key} {safe(str(value))}" for key, value in arguments.items() if key != "choice")
            return f"{operation} {named}".rstrip()


def _forged(arguments: Mapping[str, object]) -> str:
    """What an intruder puts into a stash."""
    match arguments.get("what"):
        case "nothing":
            return "nothing in its place"
        case "junk":
            return "what is no record"
        case "own":
            said = "a record of its own"
        case "sealed":
            said = "a record sealed with the holders' key"
        case _:
            said = f"what step {arguments.get('step')} left"
            if "spliced" in arguments:
                said = f"the first block of {said}, then what step {arguments['spliced']} left"
    kind = ", a tombstone" if arguments.get("kind") == 2 else ""
    version = f" as version {arguments['version']}" if "version" in arguments else ""
    return f"{said}{version}{kind}{', altered' if arguments.get('altered') else ''}"


def _places(edits: object) -> str:
    """What is changed of the object, each place as `field of place (change)`."""
    said = []
    for edit in edits if isinstance(edits, Sequence) else ():
        if isinstance(edit, Mapping):
            of = f"{edit['field']} of " if edit.get("field") else ""
            said.append(safe(f"{of}{edit.get('place')} ({edit.get('change')})"))
    return ", ".join(said)


def _seen(event: Mapping[str, object]) -> str:
    peer, body = safe(str(event.get("peer", ""))), _quoted(event.get("body"))
    missing = event.get("gap")
    gap = f", {missing} before it never came" if isinstance(missing, int) and missing > 0 else ""
    match event.get("event"):
        case "Delivered":
            return f"message {event.get('sequence')} {body}{gap}"
        case "Read":
            return f"post {event.get('number')} {body}"
        case "Unreadable":
            return f"post {event.get('number')} does not open"
        case "Accepted":
            return "crossed with ours" if event.get("crossed") else ""
        case "RotationRead":
            return (
                f"rotation {event.get('number')}" if event.get("won") else "a rotation that another one outranks"
            ) + gap
        case "Rotated":
            return f"rotation {event.get('number')} is done{gap}"
        case "Reviewed":
            closed = _listed(event.get("closed"))
            return f"serial {event.get('serial')}" + (f", over with {closed}" if closed else "")
        case "Published":
            return f"for {_listed(event.get('peers'))}"
        case "Reaped":
            return f"nothing of {peer} is left"
        case "Found":
            return f"version {event.get('version')} {body}"
        case "Nothing":
            return "nothing is there"
        case "Written" | "Removed":
            return f"version {event.get('version')}" if event.get("version") else ""
        case _:
            return ""


def _quoted(body: object) -> str:
    if body is None:
        return ""
    text = safe(body if isinstance(body, str) else str(body))
    return f"“{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}”"


def _counted(entries: object) -> int:
    return len(entries) if isinstance(entries, Sequence) else 0


def _listed(names: object) -> str:
    if isinstance(names, str):
        return safe(names)
    return ", ".join(safe(str(name)) for name in names) if isinstance(names, Iterable) else ""
