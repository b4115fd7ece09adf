"""The count of the lines that only one protocol needs: on a small tree of its own, and the figure that is told."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from benchmarks.lines import ROOT, Count, counted

TREE = {
    "model/box.py": '"""About the box."""\n\nfrom lockedroom.model import common\n\n\ndef box() -> int:\n'
    '    """One."""\n    return common.helper()  # why\n',
    "model/common.py": "from elsewhere import Other\n\n\ndef helper() -> int:\n    return 1\n\n\ndef shared() -> int:\n"
    "    return Other().helper()\n",
    "model/only.py": "def only() -> int:\n    return shared()\n",
    "cli/ask.py": "from lockedroom.model.common import shared\n\n\ndef ask(name: str) -> int:\n"
    '    if name == "box":\n        from lockedroom.model.only import only\n\n        return only()\n'
    '    if name != "box":\n        return shared()\n    return 0\n',
    "tests/box.py": "shared()\nhelper()\n",
}


def test_what_only_one_needs_is_counted(tmp_path: Path) -> None:
    """Its own file; what only that calls, and imports; the branch about it and the line that names it; no test, and no
    method of another's that is called alike."""
    for name, text in TREE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for command in (["git", "init", "-q"], ["git", "add", "."]):
        subprocess.run(command, cwd=tmp_path, check=True)
    assert counted("box", tmp_path) == {
        "model/box.py": Count(3, 8),
        "model/common.py": Count(2, 2),
        "model/only.py": Count(2, 2),
        "cli/ask.py": Count(4, 5),
    }


def test_the_figures_that_are_told_are_those_that_are_counted() -> None:
    """To a tenth: whoever changes a line of the stash need not count anew."""
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    told = re.search(r"([0-9],[0-9]{3}) lines of Python, ([0-9],[0-9]{3})\s+of\s+them with code", text)
    assert told is not None
    lines, code = (int(one.replace(",", "")) for one in told.groups())
    found = [one for name, one in counted("stash").items() if "proofs" not in name]
    assert abs(sum(one.lines for one in found) - lines) <= lines // 10
    assert abs(sum(one.code for one in found) - code) <= code // 10
