"""Find what fails without each guard and each invariant of a protocol's system, and write it down: `needed.json`.

    python -m lockedroom.model.proofs.needed PROTOCOL

It takes some minutes. What it writes is believed by nobody: `lockedroom prove` asks the solver again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from lockedroom.model.proofs.protocols import NEEDED, protocol
from lockedroom.model.proofs.vacuity import label, search


def main(arguments: Sequence[str]) -> int:
    """What the command does; the exit code: 1 when a guard that is claimed to be needed is not."""
    (name,) = arguments
    of = protocol(name)
    system = of.system(of.switches.hardened)
    found = search(system)
    file = Path(__file__).with_name(name) / NEEDED
    file.write_text(json.dumps(asdict(found), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    claimed = [label(action, guard) for action in system.actions for guard in action.guards if guard.needed]
    idle = [one for one in claimed if one not in found.guards]
    for one in idle:
        print(f"nothing fails without {one}")
    for one in (claim.name for claim in system.invariants if claim.name not in found.violations):
        print(f"nothing violates {one}")
    return 1 if idle else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
