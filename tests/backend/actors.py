"""The parts that the backend's tests have other processes play: `python actors.py PART ARGUMENT ...`.

Each says a line when it has come to the point, and goes on when it is told a line.
"""

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable

from lockedroom.backend import errors, process, rooms, shm, wakeup
from lockedroom.backend.crashpoints import Count, from_environment
from lockedroom.backend.journal import Journals
from lockedroom.backend.layout import inbox
from lockedroom.backend.life import Lives
from lockedroom.backend.locks import Locks, Mode
from lockedroom.backend.regions import BOARD
from lockedroom.reference.segment.records import Capacity

FAR = time.monotonic() + 600


def say(*words: object) -> None:
    print(*words, flush=True)


def told() -> None:
    sys.stdin.readline()


def modes(text: str) -> dict[int, Mode]:
    """`2x,64s`: slot 2 exclusively, slot 64 shared."""
    kinds = {"x": Mode.EXCLUSIVE, "s": Mode.SHARED}
    return {int(one[:-1]): kinds[one[-1]] for one in text.split(",")}


def hold(room: str, wanted: str) -> None:
    """Hold slots until told."""
    with shm.attach(room) as store, Locks(store).holding(modes(wanted), FAR):
        say("held")
        told()


def contend(room: str, wanted: str, rounds: str, word: str) -> None:
    """Add 1 to a word, read and written apart, as often as told, under the slots' locks."""
    with shm.attach(room) as store:
        locks = Locks(store)
        for _ in range(int(rounds)):
            with locks.holding(modes(wanted), FAR):
                seen = store.load(int(word))
                time.sleep(0)
                store.store(int(word), seen + 1)


def live(room: str, member: str, ending: str) -> None:
    """Live as a member until told; then `leave`, or `close` without."""
    with shm.attach(room) as store:
        lives = Lives(store, Journals(store, Locks(store)), process.this_process())
        lives.acquire(int(member), FAR)
        say("living")
        told()
        if ending == "leave":
            lives.release(int(member))
    say("closed")
    told()


def come(room: str, member: str) -> None:
    """Attach; when told, try to live as a member, and say what became of it; again and again."""
    with shm.attach(room) as store:
        lives = Lives(store, Journals(store, Locks(store)), process.this_process())
        say("attached")
        while True:
            told()
            try:
                lives.acquire(int(member), FAR)
            except errors.BackendError as error:
                say(type(error).__name__, error.clause)
            else:
                say("living")
                told()
                return


def collect(room: str) -> None:
    """When told, collect the room, and say whether it went."""
    say("ready")
    told()
    say(rooms.collect(room))


def create(room: str, *numbers: str) -> None:
    """Create the room, or say which error stands in the way."""
    try:
        shm.create(room, Capacity(*map(int, numbers))).close()
    except errors.BackendError as error:
        say(type(error).__name__)
    else:
        say("created")


def create_limited(room: str, *numbers: str) -> None:
    """The same, where no file may become larger than 4 KiB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    create(room, *numbers)


def flip(room: str, marks: str) -> None:
    """As member 0: fill a cell of inbox 1 and of inbox 2 and append both as one; once for each mark."""
    hook = from_environment() or Count()
    with shm.attach(room, hook=hook) as store:
        journals, layout = Journals(store, Locks(store)), store.layout
        wanted = dict.fromkeys((inbox(1), inbox(2), BOARD), Mode.EXCLUSIVE)
        for mark in marks:
            with journals.locked(wanted, FAR):
                flips = [(layout.post_count(0), ord(mark))]
                for to in (1, 2):
                    tail = store.load(layout.tail(to, 0))
                    store.write_cell(layout.record(to, 0, tail), mark.encode() * 200)
                    flips.append((layout.tail(to, 0), tail + 1))
                journals.commit(flips, member=0)
    say(hook.stores if isinstance(hook, Count) else "survived")


def recover(room: str) -> None:
    """Take the board's lock, and so finish what was left there; the environment may crash that too."""
    with shm.attach(room) as store, Journals(store, Locks(store)).locked({BOARD: Mode.SHARED}, FAR) as recovered:
        say(len(recovered))


def toggle(room: str, word: str, low: str, high: str) -> None:
    """Store two values in turn until killed."""
    with shm.attach(room) as store:
        offset, values = int(word), (int(low), int(high))
        say("toggling")
        while True:
            for value in values:
                store.store(offset, value)


def ring(room: str, member: str) -> None:
    """Post when told."""
    with wakeup.Wakeups(room) as wakeups:
        say("ready")
        told()
        wakeups.post(int(member))


def fork(room: str, member: str, wanted: str) -> None:
    """Live, hold slots, fork inside the block. The child says what it may do and leaves the block; then
    both wait: the parent for a line, the child for the end of its parent."""
    store = shm.attach(room)
    wakeups = wakeup.Wakeups(room)
    locks = Locks(store)
    lives = Lives(store, Journals(store, locks), process.this_process())
    lives.acquire(int(member), FAR)
    parent = os.getpid()
    with locks.holding(modes(wanted), FAR):
        child = os.fork()
        if child == 0:
            for use in (
                lambda: store.load(0),
                lambda: store.store(64, 1),
                lambda: store.read(0, 8),
                lambda: store.write(64, b"x"),
                lambda: lives.verdict(0),
                lambda: lives.acquire(2, FAR),
                lambda: wakeups.post(0),
                lambda: locks.holding(modes(wanted), FAR).__enter__(),
            ):
                try:
                    use()
                except errors.Forked:
                    say("Forked")
                except RuntimeError as error:
                    say(error)
            lives.release(int(member))
            say(lives.holds(int(member)), open_here(room))
        else:
            told()
    if child:
        say("left the block")
        told()
        store.close()
        wakeups.close()
    else:
        store.close()
        say("child", os.getpid())
        while os.getppid() == parent:
            time.sleep(0.005)
        say("orphan")
        signal.pause()


def open_here(room: str) -> int:
    """How many descriptors and mappings of the room's object this process has."""
    files = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    links = [os.readlink(file) for file in files if os.path.islink(file)]
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return sum(f"/dev/shm/lockedroom.{room}" in line for line in [*links, *maps])


def stranger(room: str, action: str) -> None:
    """Try something as a user who is not the owner (where this one may become another)."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    actions: dict[str, Callable[[], object]] = {
        "attach": lambda: shm.attach(room).close(),
        "unlink": lambda: shm.unlink(room),
        "post": lambda: wakeup.Wakeups(room).post(0),
        "unlink_semaphores": lambda: wakeup.unlink_semaphores(room),
        "in_use": lambda: rooms.in_use(room),
    }
    try:
        actions[action]()
    except errors.BackendError as error:
        say(type(error).__name__, error.exit_code.name)
    else:
        say("done")


def conceal() -> None:
    """Clear the dumpable flag, become an ordinary user, and say what is known then."""
    dumpable = ctypes.CDLL(None).prctl
    before = dumpable(3, 0, 0, 0, 0)
    done = process.conceal()
    after = dumpable(3, 0, 0, 0, 0)
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    say(before, done, after, process.this_process().pid == os.getpid())


PARTS = {
    part.__name__: part
    for part in (
        hold,
        contend,
        live,
        come,
        collect,
        create,
        create_limited,
        flip,
        recover,
        toggle,
        ring,
        fork,
        stranger,
        conceal,
    )
}

if __name__ == "__main__":
    PARTS[sys.argv[1]](*sys.argv[2:])
