"""`python watched.py DESCRIPTOR ARGUMENT ...`: the command `lockedroom`, which writes a byte to a descriptor as soon as
it first tells how far it is, be it to itself: then it is at work."""

import os
import sys

from lockedroom.cli import main
from lockedroom.cli.progress import Live


def watch(descriptor: int) -> None:
    """Have the first telling noticed."""
    show = Live.show

    def noticed(live: Live, what: str, done: int, of: int | None = None, words: str = "") -> None:
        Live.show = show
        show(live, what, done, of, words)
        os.write(descriptor, b"!")

    Live.show = noticed


if __name__ == "__main__":
    watch(int(sys.argv[1]))
    del sys.argv[1]
    main.main()
