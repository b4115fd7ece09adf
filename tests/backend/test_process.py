"""What a process knows of itself and of others."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from lockedroom.backend import clauses, process
from lockedroom.backend.errors import NoProcessFacts
from tests.backend.harness import Actor


def test_this_process() -> None:
    me = process.this_process()
    assert me.pid == os.getpid()
    assert me.boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert me.namespace == os.stat("/proc/self/ns/pid").st_ino


def test_the_start_time_is_when_a_process_started() -> None:
    def ticks() -> int:
        return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))

    time.sleep(0.05)
    before = ticks()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        status = process.status_of(child.pid)
    assert status is not None
    assert before - 1 <= status.start_time <= ticks() + 1
    assert process.this_process().start_time < before - 1


@pytest.mark.parametrize("pid", [-1, 0, process.PID_LIMIT, 2**64])
def test_no_process_has_such_a_pid(pid: int) -> None:
    assert not process.exists(pid)


def test_a_process_that_ended() -> None:
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    running = process.status_of(child.pid)
    assert running is not None
    assert not running.ended
    assert child.stdin is not None
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process.status_of(child.pid) == process.Status(running.start_time, ended=True)
    child.wait()
    assert process.status_of(child.pid) is None
    assert not process.exists(child.pid)


def test_a_command_with_parentheses_in_its_name(tmp_path: Path) -> None:
    command = tmp_path / ") Z 1 (x"
    command.symlink_to("/bin/cat")
    child = subprocess.Popen([command], stdin=subprocess.PIPE)
    status = process.status_of(child.pid)
    child.communicate()
    assert status is not None
    assert not status.ended
    assert status.start_time >= process.this_process().start_time


def test_a_proc_of_another_namespace_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "readlink", lambda path: str(os.getpid() + 1))
    with pytest.raises(NoProcessFacts) as caught:
        process.this_process()
    assert caught.value.clause == clauses.PROCESS


def test_a_process_can_be_concealed_and_still_knows_itself() -> None:
    with Actor("conceal") as actor:
        assert actor.end() == (0, "1 True 0 True")
