"""Find what fails without each guard and each invariant, and write it down: `needed.json`.

    python -m lockedroom.model.proofs.segment.needed

It takes some minutes. What it writes is believed by nobody: `lockedroom prove` asks the solver again.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from lockedroom.model.proofs.segment.whole import segment
from lockedroom.model.proofs.vacuity import label, search


def main() -> int:
    """What the command does; the exit code: 1 when a guard that is claimed to be needed is not."""
    system = segment()
    found = search(system)
    file = Path(__file__).with_name("needed.json")
    file.write_text(json.dumps(asdict(found), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    claimed = [label(action, guard) for action in system.actions for guard in action.guards if guard.needed]
    idle = [name for name in claimed if name not in found.guards]
    for name in idle:
        print(f"nothing fails without {name}")
    for name in (one.name for one in system.invariants if one.name not in found.violations):
        print(f"nothing violates {name}")
    return 1 if idle else 0


if __name__ == "__main__":
    sys.exit(main())
