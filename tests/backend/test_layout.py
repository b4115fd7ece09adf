"""The tables say the truth, and what the code computes from them never overlaps."""

import re
from dataclasses import replace

import pytest

from lockedroom.backend import layout as places
from lockedroom.backend import regions
from lockedroom.backend.formula import Formula, constant
from lockedroom.backend.layout import Cell, Layout, excess
from lockedroom.reference.segment.records import Capacity
from tests.backend.harness import SMALL

CAPACITIES = [
    Capacity(1, 1, 0, 1, 256),
    SMALL,
    Capacity(2, 5, 7, 3, 264),
    Capacity(64, 3, 2, 100, 2048),
]
NAMES = ("members", "quota", "posts", "entries", "record")


def evaluated(formula: Formula, capacity: Capacity) -> int:
    """What a reader of the printed formula computes."""
    names = {name: getattr(capacity, name) for name in NAMES}
    text = re.sub(r"⌈([^⌈⌉]*)⌉(\d+)", r"(-(-(\1) // \2) * \2)", formula.text)
    return int(eval(text.replace("×", "*"), {"__builtins__": {}}, names))


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_the_printed_formulas_are_the_computed_ones(capacity: Capacity) -> None:
    formulas = [*regions.offsets()]
    for region in regions.REGIONS:
        formulas += [region.count, region.size]
        for field in region.fields:
            formulas += [constant(n) for n in (field.offset, field.size, field.count)]
    for formula in formulas:
        assert evaluated(formula, capacity) == formula.of(capacity), formula.text


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_fields_fit_their_items_and_do_not_overlap(capacity: Capacity) -> None:
    for region in regions.REGIONS:
        end = 0
        for field in region.fields:
            offset, size, count = (constant(number).of(capacity) for number in (field.offset, field.size, field.count))
            assert offset >= end, (region.name, field.name)
            assert offset % 8 == size % 8 == 0, (region.name, field.name)
            end = offset + size * count
        assert end <= region.size.of(capacity), region.name
        whole = region.count.of(capacity) * region.size.of(capacity)
        assert whole % regions.LINE == 0, region.name


def extents(layout: Layout) -> list[tuple[int, int]]:
    """Where everything is that the accessors can name, and how long."""
    capacity = layout.capacity
    members = range(capacity.members)
    found: list[int | Cell] = [layout.state(), layout.header(), layout.acl_count(), 0]
    found += [offset for offset, _ in layout.geometry()]
    found += [layout.entry(k) for k in range(capacity.entries)]
    for m in members:
        found += [layout.announced(m), layout.post_count(m), layout.commit(m), *layout.life(m)]
        found += [layout.half(m, half) for half in (regions.FIRST_HALF, regions.SECOND_HALF)]
        found += [layout.post(m, k) for k in range(capacity.posts)]
        found += [layout.journal_slots(m), layout.journal_slots(m) + 8]
        found += [layout.journal_entries(m) + 8 * k for k in range(2 * layout.journal_capacity)]
        for sender in members:
            found += [layout.head(m, sender), layout.tail(m, sender)]
            found += [layout.record(m, sender, n) for n in range(capacity.quota + 1)]
    return sorted((x.offset, x.size) if isinstance(x, Cell) else (x, 8) for x in found)


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_no_two_places_overlap(capacity: Capacity) -> None:
    layout = Layout(capacity)
    end = 0
    for offset, size in extents(layout):
        assert offset >= end
        assert offset % 8 == 0
        end = offset + size
    assert end <= layout.total


def test_the_layout_of_version_1_stands() -> None:
    """Another process relies on these: whoever changes one raises LAYOUT_VERSION."""
    layout = Layout(Capacity(members=3, quota=2, posts=1, entries=4, record=256))
    assert [start.of(layout.capacity) for start in regions.offsets()] == [
        0, 1024, 3136, 16384, 24448, 24640, 24704, 25280
    ]  # fmt: skip
    assert (layout.state(), layout.header(), layout.acl_count()) == (64, Cell(128, 896), 1024)
    assert layout.entry(3) == Cell(1024 + 64 + 3 * 512, 512)
    assert (layout.announced(1), layout.post_count(1)) == (3136 + 4416, 3136 + 4416 + 8)
    assert layout.half(1, 2) == Cell(3136 + 4416 + 64 + 2048, 2048)
    assert layout.post(2, 0) == Cell(3136 + 2 * 4416 + 4160, 256)
    assert (layout.head(1, 2), layout.tail(1, 2)) == (16384 + 5 * 896, 16384 + 5 * 896 + 64)
    assert layout.record(0, 1, 7) == Cell(16384 + 896 + 128 + 256, 256)
    assert layout.life(2) == (24448 + 128, 24448 + 136, 24448 + 144)
    assert (layout.commit(0), layout.commit(2)) == (24640, 24656)
    assert (layout.journal_slots(1), layout.journal_entries(1)) == (24704 + 192, 24704 + 256)
    assert dict(layout.geometry()) == {8: 1, 16: 3, 24: 2, 32: 1, 40: 4, 48: 256, 56: 25280}


def test_every_word_that_flips_has_its_slot_and_nothing_else_has() -> None:
    layout = Layout(SMALL)
    expected = {layout.state(): regions.HEADER, layout.acl_count(): regions.ACL}
    for m in range(3):
        expected |= {layout.announced(m): regions.BOARD, layout.post_count(m): regions.BOARD}
        for sender in range(3):
            expected |= dict.fromkeys((layout.head(m, sender), layout.tail(m, sender)), places.inbox(m))
    found = {offset: layout.slot_of(offset) for offset in range(-64, layout.total + 64)}
    assert {offset: slot for offset, slot in found.items() if slot is not None} == expected


def test_a_record_number_goes_round_the_ring() -> None:
    layout = Layout(SMALL)
    assert layout.record(1, 2, 3) == layout.record(1, 2, 0) != layout.record(1, 2, 2)


def test_every_lock_has_a_byte_of_its_own() -> None:
    most = regions.LIMITS["members"][1]
    slots = Layout(replace(SMALL, members=most)).slots()
    lives = tuple(places.life(m) for m in range(most))
    assert len({*slots, *lives}) == 3 + 2 * most
    assert slots == tuple(sorted(slots))
    assert max(slots) < regions.SLOT_BYTES <= min(lives)
    named = {regions.lock_name(byte) for byte in (*slots, *lives)}
    assert len(named) == 3 + 2 * most
    assert {"acl", "inbox of member 63", "life of member 0"} <= named


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"members": 0}, "members is 0"),
        ({"members": 65}, "members is 65"),
        ({"quota": 0}, "quota is 0"),
        ({"quota": 4097}, "quota"),
        ({"posts": -1}, "posts"),
        ({"posts": 4097}, "posts"),
        ({"entries": 0}, "entries"),
        ({"entries": 65537}, "entries"),
        ({"record": 248}, "record is 248, not 256"),
        ({"record": (1 << 20) + 8}, "record"),
        ({"record": 257}, "multiple of 8"),
        ({"record": 1 << 63}, "record"),
        ({"members": 64, "quota": 4096, "record": 1 << 20}, "bytes, more than"),
    ],
)
def test_a_capacity_outside_the_limits_is_named(change: dict[str, int], said: str) -> None:
    assert said in (excess(replace(SMALL, **change)) or "")


@pytest.mark.parametrize("capacity", [*CAPACITIES, Capacity(1, 4096, 4096, 1, 256), Capacity(1, 1, 1, 1, 1 << 20)])
def test_a_capacity_within_the_limits_passes(capacity: Capacity) -> None:
    assert excess(capacity) is None
    assert Layout(capacity).journal_capacity == capacity.members + 2
