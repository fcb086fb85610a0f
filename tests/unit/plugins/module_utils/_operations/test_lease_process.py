# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Who holds a lease, and whether that process is dead for certain."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._operations import lease_process
from ansible_collections.azroll.vmss.plugins.module_utils._operations.lease_process import holder_name, is_dead

STAT = "{pid} (a (b) c) {state} 1 1 0 0 -1 4194304 1 0 0 0 1 1 0 0 20 0 1 0 {start} 1 1 1"


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host whose processes the test makes up."""
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("6f1c\n")
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/pid").symlink_to("pid:[4026531836]")
    monkeypatch.setattr(lease_process, "_PROC", tmp_path)
    monkeypatch.setattr(lease_process.getpass, "getuser", lambda: "eve")
    monkeypatch.setattr(lease_process.socket, "gethostname", lambda: "ctl1")
    start(tmp_path, os.getpid(), 99)
    return tmp_path


def start(proc: Path, pid: int, ticks: int, state: str = "S") -> None:
    (proc / str(pid)).mkdir(exist_ok=True)
    (proc / str(pid) / "stat").write_text(STAT.format(pid=pid, state=state, start=ticks))


def test_the_name_tells_user_host_process_and_job(proc: Path) -> None:
    name = holder_name("17")
    assert name.startswith(f"eve@ctl1#{os.getpid()}/99.")
    assert name.endswith(" (job 17)")
    assert not is_dead(name)


def test_a_process_is_dead_when_it_is_gone_or_a_zombie_or_its_number_is_anothers(proc: Path) -> None:
    name, stat = holder_name(), proc / str(os.getpid()) / "stat"
    start(proc, os.getpid(), 100)
    assert is_dead(name)
    start(proc, os.getpid(), 99, state="Z")
    assert is_dead(name)
    stat.unlink()
    assert is_dead(name)


def test_what_cannot_be_known_is_not_dead(proc: Path) -> None:
    name = holder_name()
    start(proc, os.getpid(), 100)
    assert is_dead(name)
    (proc / "self/ns/pid").unlink()
    (proc / "self/ns/pid").symlink_to("pid:[4026532000]")
    assert not is_dead(name), "a container of the same name"
    for text in ("", "eve@ctl1", "eve@ctl1#1/2.zzz", "#0/1.0123456789ab", "x" * 300):
        assert not is_dead(text)


def test_another_boot_or_host_is_not_known(proc: Path) -> None:
    name = holder_name()
    (proc / "sys/kernel/random/boot_id").write_text("7a2d\n")
    start(proc, os.getpid(), 100)
    assert not is_dead(name)


def test_without_proc_the_process_stays_out(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_process, "_PROC", proc / "nowhere")
    assert holder_name() == "eve@ctl1"


def test_a_user_without_a_name_is_told_by_number(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(lease_process.getpass, "getuser", nobody)
    assert holder_name().startswith(f"{os.getuid()}@ctl1#")


def test_a_real_process_that_was_killed() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        name = f"eve@ctl1{lease_process._process(process.pid)}"
        assert not is_dead(name)
        process.kill()
    assert is_dead(name)


def test_a_worker_names_its_parent() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as workers:
        name = workers.submit(holder_name).result(timeout=60)
    assert name == holder_name()
    assert f"#{os.getpid()}/" in name
