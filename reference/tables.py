"""What every reader of a protocol's table wants of it, by the protocol's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lockedroom.reference.machine import Transition
from lockedroom.reference.profile import Switches
from lockedroom.reference.protocols import Protocol
from lockedroom.reference.segment import profile as segment
from lockedroom.reference.segment.table import TABLE
from lockedroom.reference.stash import profile as stash
from lockedroom.reference.stash import transitions


@dataclass(frozen=True, slots=True)
class Table:
    """One protocol's transitions and switches. `area` is what the ids of its clauses begin with; `prefix` comes before
    its operations' names in traces, where those of two protocols are told apart."""

    area: str
    prefix: str
    rows: tuple[Transition, ...]
    switches: Switches

    @property
    def operations(self) -> dict[str, Transition]:
        """The transitions by the names that their operations have in traces."""
        return {self.prefix + row.operation: row for row in self.rows}


TABLES: Final[Mapping[Protocol, Table]] = {
    "segment": Table("SEG", "", TABLE, segment.SWITCHES),
    "stash": Table("STASH", "stash.", transitions.TABLE, stash.SWITCHES),
}


def operations() -> dict[str, Transition]:
    """Every transition of every protocol by the name that its operation has in traces."""
    return {name: row for table in TABLES.values() for name, row in table.operations.items()}
