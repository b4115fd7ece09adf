"""`lockedroom validate`: what it prints, and its exit codes."""

import json
from pathlib import Path

from lockedroom.cli.exits import Exit
from tests.cli.run import inside
from tests.conformance.test_validating import conversation, log_of, written


def test_a_valid_log_and_one_that_is_not(tmp_path: Path) -> None:
    lines = written(log_of(conversation()))
    file = tmp_path / "good.jsonl"
    file.write_text("\n".join(lines))
    ran = inside("validate", file)
    assert (ran.code, ran.out) == (0, "11 of 11 steps agree with the engine\n")
    del lines[6]
    file.write_text("\n".join(lines))
    ran = inside("validate", file, env={"COLUMNS": "160"})
    assert ran.code == Exit.REFUSED
    for words in (
        "6 of 10 steps agree with the engine",
        'good.jsonl, line 8: bob: send("alice", "too")',
        "the engine says  refused by SEG-SEND-2",
        "the false guard  SEG-SEND-2: ",
        'bob: accept("alice")',
        "invalid: no order of the steps agrees with the engine",
    ):
        assert words in ran.out, words
    lines_out = [line.strip() for line in ran.out.splitlines()]
    assert 'good.jsonl, line 8: bob: send("alice", "too")' in lines_out, "each on a line of its own"
    assert any(line.startswith("the engine says  ") for line in lines_out)
    answer = json.loads(inside("validate", file, "--json").out)
    assert (answer["verdict"], answer["agreed"], answer["lines"]) == ("invalid", 6, 10)


def test_limits_and_what_is_no_log(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join(written(log_of(conversation()))))
    assert inside("validate", file, "--time-limit", "0").code == Exit.INCOMPLETE
    file.write_text("{}")
    ran = inside("validate", file)
    assert (ran.code, "x.jsonl, line 1: " in ran.err) == (Exit.MALFORMED, True), ran
    assert inside("validate", tmp_path / "none").code == Exit.USAGE
    assert inside("validate").code == Exit.USAGE
