"""`lockedroom segment …`: a segment for real use, from as many terminals as there are members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lockedroom.cli.exits import MEANING, usage
from lockedroom.cli.keys import As, Creator
from lockedroom.cli.options import octal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockedroom import Identity, Listed, PublicIdentity

_Room = Annotated[str, typer.Argument(metavar="ROOM", help="The segment's name.")]
_Whom = Annotated[str, typer.Argument(metavar="NAME[:KEY]", help="An identity here, or a name and public key.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
_Profile = Annotated[
    Literal["hardened", "as-written"],
    typer.Option(
        envvar="LOCKEDROOM_PROFILE",
        help="The profile that is spoken, and no other. as-written is there to be attacked: never use it in earnest.",
    ),
]
_NOBODY = "nobody"


def add(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for name, command in (
        ("create", create),
        ("grant", grant),
        ("revoke", revoke),
        ("show", show),
        ("join", join),
        ("destroy", destroy),
        ("gc", gc),
    ):
        app.command(name, epilog=MEANING)(command)


def create(
    room: _Room,
    who: As,
    members: Annotated[int, typer.Option(help="How many names it may list.")] = 8,
    quota: Annotated[int, typer.Option(help="Messages of one sender that wait in one inbox.")] = 16,
    posts: Annotated[int, typer.Option(help="Posts of one sender on the board, one for each reader.")] = 32,
    entries: Annotated[int, typer.Option(help="Grants and revocations in its life.")] = 64,
    record: Annotated[
        int, typer.Option(help="Bytes of a record's cell: the longest message and what seals it.")
    ] = 4096,
    suite: Annotated[Literal["LR1", "LR0"], typer.Option(help="LR1: X-Wing, post-quantum. LR0: X25519.")] = "LR1",
    profile: _Profile = "hardened",
    mode: Annotated[str, typer.Option(help="The object's permissions, octal; 600 is you alone.")] = "600",
    as_json: _Json = False,
) -> int:
    """Make a segment; you are its creator."""
    import lockedroom
    from lockedroom.cli.keys import identity_of

    capacity = lockedroom.Capacity(members, quota, posts, entries, record)
    me = identity_of(who)
    with lockedroom.create(room, me, capacity=capacity, suite=suite, profile=profile, mode=octal(mode)):
        pass
    weak = "" if profile == "hardened" else f"; its profile is {profile}, which is there to be attacked"
    _say(
        as_json,
        f"{room} is made, for {members} members; its creator is {me.public.text}{weak}",
        room=room,
        creator=me.public.text,
        profile=profile,
    )
    return 0


def grant(
    room: _Room,
    whom: _Whom,
    who: As,
    rights: Annotated[str, typer.Option(help="What it may: join, exchange and send, with commas.")] = (
        "join,exchange,send"
    ),
    profile: _Profile = "hardened",
    as_json: _Json = False,
) -> int:
    """State all that a member may do."""
    import lockedroom
    from lockedroom.cli.keys import identity_of, public_of
    from lockedroom.cli.words import rights_named

    number = _rights(rights)
    subject, me = public_of(whom), identity_of(who)
    with lockedroom.attach(room, me, creator=me.public, profile=profile) as there:
        there.grant(subject, rights=number)
    _say(
        as_json, f"{subject.name} may {rights_named(number)}", room=room, subject=subject.name, rights=rights.split(",")
    )
    return 0


def revoke(
    room: _Room,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    who: As,
    profile: _Profile = "hardened",
    as_json: _Json = False,
) -> int:
    """Take every right from a member."""
    import lockedroom
    from lockedroom.cli.keys import identity_of

    me = identity_of(who)
    with lockedroom.attach(room, me, creator=me.public, profile=profile) as there:
        there.revoke(name)
    _say(as_json, f"{name} may nothing", room=room, subject=name, rights=[])
    return 0


def show(
    room: Annotated[str, typer.Argument(metavar="[ROOM]", help="The segment's name; none lists what there is.")] = "",
    creator: Creator = "",
    profile: _Profile = "hardened",
    as_json: _Json = False,
) -> int:
    """Show who is granted, who has joined, what waits.

    Needs no right, only the creator's public key: it verifies the list before it shows it.
    """
    import lockedroom
    from lockedroom.cli.keys import public_of
    from lockedroom.cli.terminal import console, print_json

    if not room:
        return _show_names(lockedroom.rooms(), as_json)
    if not creator:
        raise usage("whose segment it is has not been said", "give --creator NAME or NAME:KEY")
    trusted = public_of(creator)
    with lockedroom.attach(room, lockedroom.Identity.new(_NOBODY), creator=trusted, profile=profile) as there:
        listed = there.members()
    if as_json:
        print_json({"room": room, "creator": trusted.text, "members": [_listed(one) for one in listed]})
    else:
        console().print(_table(listed))
    return 0


def join(
    room: _Room,
    who: As,
    creator: Creator = "",
    profile: _Profile = "hardened",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for all that happens.")] = False,
) -> int:
    """Join, talk, leave.

    Reads commands, one a line, from the terminal or a pipe (`help` lists them) and prints what arrives. The end of the
    input leaves; so does Ctrl-C, with exit code 130. From a pipe, the first command that is refused decides the exit
    code.
    """
    import lockedroom
    from lockedroom.cli.keys import identity_of, public_of
    from lockedroom.cli.session import Session

    me = identity_of(who)
    trusted = public_of(creator) if creator else _own(room, me, who)
    with lockedroom.attach(room, me, creator=trusted, profile=profile) as there:
        return Session(there, me.public.name, as_json=as_json).run()


def destroy(room: _Room, who: As, profile: _Profile = "hardened", as_json: _Json = False) -> int:
    """End a segment, for everybody."""
    import lockedroom
    from lockedroom.cli.keys import identity_of

    me = identity_of(who)
    with lockedroom.attach(room, me, creator=me.public, profile=profile) as there:
        there.destroy()
    _say(as_json, f"{room} is destroyed", room=room, destroyed=True)
    return 0


def gc(
    room: Annotated[str, typer.Argument(metavar="[ROOM]", help="The segment's name; none means every one.")] = "",
    as_json: _Json = False,
) -> int:
    """Remove segments that nobody uses.

    One in which a member is joined is kept: exit code 1 where it was named.
    """
    import lockedroom
    from lockedroom.cli.terminal import print_json

    removed = {name: lockedroom.gc(name) for name in ([room] if room else lockedroom.rooms())}
    if as_json:
        print_json(
            {
                "removed": [n for n, gone in removed.items() if gone],
                "kept": [n for n, gone in removed.items() if not gone],
            }
        )
    for name, gone in removed.items() if not as_json else ():
        print(f"{name}: {'removed' if gone else 'kept, since somebody is in it'}")
    return 1 if room and not removed[room] else 0


def _own(room: str, me: Identity, who: str) -> PublicIdentity:
    """One's own key, where one is the creator: its authority lies beside the identity."""
    from lockedroom.backend.shm import object_name
    from lockedroom.cli.keys import file_of

    object_name(room)  # a name that no room can have is said to be one
    file = file_of(who)
    if file.with_name(f"{file.name}.{room}.authority").exists():
        return me.public
    raise usage("whose segment it is has not been said", "give --creator NAME or NAME:KEY")


def _rights(text: str) -> int:
    bits = {"join": 1, "exchange": 2, "send": 4}
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or any(word not in bits for word in words):
        raise usage(f"{text!r} are no rights", "give some of join,exchange,send; take all away by revoke")
    return sum(bits[word] for word in set(words))


def _say(as_json: bool, text: str, **values: object) -> None:
    from lockedroom.cli.terminal import print_json

    if as_json:
        print_json(values)
    else:
        print(text)


def _show_names(names: Iterable[str], as_json: bool) -> int:
    from lockedroom.cli.terminal import print_json, safe

    if as_json:
        print_json({"rooms": list(names)})
    else:
        for name in names:
            print(safe(name))
    return 0


def _listed(one: Listed) -> dict[str, object]:
    from lockedroom.cli.words import rights_list

    key = one.key.hex() if isinstance(one.key, bytes) else ""
    return {
        "name": one.name,
        "key": key,
        "rights": rights_list(one.rights),
        "joined": one.announced,
        "alive": one.alive,
        "waiting": one.pending,
    }


def _table(listed: Iterable[Listed]) -> object:
    from lockedroom.cli.tables import plain
    from lockedroom.cli.words import rights_named

    table = plain("member", "may", "is", "waiting")
    for one in listed:
        state = "joined" if one.announced else "out"
        if one.announced and not one.alive:
            state = "dead, to be reaped"
        table.add_row(one.name, rights_named(one.rights), state, str(one.pending))
    return table
