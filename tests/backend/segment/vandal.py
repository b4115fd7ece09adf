"""Somebody who may write to a room's memory and is nobody's friend: `python vandal.py ROOM SEED` stores into it without
rest until killed."""

import random
import sys

from lockedroom.backend import shm
from lockedroom.backend.segment.memory import Memory

GEOMETRY = 64
"""The first bytes: magic, version and capacity, which are looked at when the object is attached."""
EXTREMES = (0, 1, 2, 3, 255, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1)


def spoil(chance: random.Random, memory: Memory) -> None:
    """Store something anywhere but in the geometry: a word that counts, or bytes, or what stood elsewhere."""
    store, layout = memory.store, memory.layout
    member, other = chance.randrange(3), chance.randrange(3)
    words = [
        layout.announced(member),
        layout.post_count(member),
        layout.head(member, other),
        layout.tail(member, other),
        *layout.life(member),
        chance.randrange(GEOMETRY // 8, layout.total // 8) * 8,
    ]
    cells = [
        layout.half(member, chance.choice((1, 2))),
        layout.half(other, chance.choice((1, 2))),
        layout.post(member, chance.randrange(2)),
        *(layout.record(member, sender, memory.ring(member, sender)[0]) for sender in range(3)),
        *(layout.record(other, sender, memory.ring(other, sender)[0]) for sender in range(3)),
    ]
    if chance.random() < 0.03:
        # What everybody looks at first: most is refused from then on.
        words = [layout.state(), layout.acl_count()]
        cells = [layout.header(), layout.entry(chance.randrange(4))]
    cell, source = chance.choice(cells), chance.choice(cells)
    match chance.randrange(6):
        case 0:
            store.store(chance.choice(words), chance.choice(EXTREMES))
        case 1:
            offset = chance.choice(words)
            store.store(offset, (store.load(offset) + chance.choice((1, -1))) % (1 << 64))
        case 2:
            size = chance.choice((1, 8, 64, 200))
            store.write(chance.randrange(layout.half(0, 1).offset, layout.total - size), chance.randbytes(size))
        case 3:
            store.write(cell.offset + chance.randrange(min(200, cell.size)), chance.randbytes(1))
        case 4:
            size = min(cell.size, source.size)
            store.write(cell.offset, store.read(source.offset, size))
        case 5:
            # What stands there, longer or shorter than it was.
            store.write(cell.offset, chance.choice((0, 1, 200, cell.size, 1 << 31)).to_bytes(4, "little"))


def miscount(chance: random.Random, memory: Memory) -> None:
    """Store into a word that counts what a member has: a small number, most of the time."""
    layout, member, other = memory.layout, chance.randrange(3), chance.randrange(3)
    words = (layout.post_count(member), layout.head(member, other), layout.tail(member, other))
    value = chance.randrange(5) if chance.random() < 0.95 else chance.choice(EXTREMES)
    memory.store.store(chance.choice((*words, layout.announced(member), layout.commit(member))), value)


def main(room: str, seed: str) -> None:
    chance = random.Random(int(seed))
    with shm.attach(room) as store:
        memory = Memory(store)
        print("at work", flush=True)
        while True:
            miscount(chance, memory)


if __name__ == "__main__":
    main(*sys.argv[1:])
