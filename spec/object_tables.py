"""The generated tables of the object's layout, from the backend's own: limits, regions, lock bytes."""

from __future__ import annotations

from collections.abc import Iterator

from lockedroom.backend import regions
from lockedroom.backend.formula import Number, constant
from lockedroom.spec.tables import table


def limits() -> str:
    """The limits of a capacity."""
    rows = [(name, str(least), str(greatest)) for name, (least, greatest) in regions.LIMITS.items()]
    rows.append(("the whole object, bytes", "–", str(regions.LARGEST)))
    return table(("number", "least", "greatest"), rows)


def places() -> str:
    """Where each region begins, and the table of its fields."""
    return "\n\n".join(_regions())


def _regions() -> Iterator[str]:
    rows = [
        (f"{number}. {region.name}", region.count.text, region.size.text, region.index, region.meaning)
        for number, region in enumerate(regions.REGIONS, start=1)
    ]
    yield table(("region", "items", "bytes of an item", "index of an item", "meaning"), rows)
    for region in regions.REGIONS:
        lines = [
            (
                _text(field.offset),
                field.name + (" ↻" if field.flips else ""),
                _text(field.size),
                _text(field.count),
                field.meaning,
            )
            for field in region.fields
        ]
        yield f"#### An item of {region.name}\n\n{table(('offset', 'field', 'bytes', 'count', 'meaning'), lines)}"


def locks() -> str:
    """The lock bytes."""
    rows = [
        (row.name, f"{row.byte} + member index" if row.per_member else str(row.byte), row.meaning)
        for row in regions.LOCKS
    ]
    return table(("lock", "byte", "what it guards"), rows)


def _text(number: Number) -> str:
    return constant(number).text
