# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Who holds a lease: a name for the process that rolls, by which its death can be detected for certain on its host."""

from __future__ import annotations

import getpass
import multiprocessing
import os
import re
import socket
from hashlib import sha256
from pathlib import Path

_PROC = Path("/proc")
# Process, time of its start in ticks since boot, and the world in which both mean something.
_PROCESS = re.compile(r"#(?P<pid>[1-9]\d{0,9})/(?P<start>\d{1,20})\.(?P<world>[0-9a-f]{12})(?!\S)")


def holder_name(job: str = "") -> str:
    """`user@host#pid/start.world`, and the job of AWX where there is one: the process that runs the playbook.

    To be asked on the controller: templates are finished in worker processes, and their parent is ansible-playbook.
    Without /proc (macOS) the process stays out, and only its end in time frees the lease.
    """
    parent = multiprocessing.parent_process()
    name = f"{_user()}@{socket.gethostname()}{_process((parent.pid or 0) if parent else os.getpid())}"
    return f"{name} (job {job})" if job else name


def is_dead(holder: str) -> bool:
    """Whether the holder is a process of this host, and of this container where there are some, that is no more.

    What cannot be decided for certain, such as the life of a process on another host, is False.
    """
    match = _PROCESS.search(holder)
    return match is not None and match["world"] == _world() and _start(int(match["pid"])) != match["start"]


def _process(pid: int) -> str:
    start, world = _start(pid), _world()
    return f"#{pid}/{start}.{world}" if start and world else ""


def _world() -> str:
    # Numbers of processes mean something in one boot of one kernel, and in one container: hosts share names.
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text()
        namespace = os.readlink(_PROC / "self/ns/pid")
    except OSError:
        return ""
    return sha256(f"{boot.strip()} {namespace}".encode()).hexdigest()[:12]


def _start(pid: int) -> str:
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    # The name of the program, in parentheses, may hold anything; the state and the start are fields 3 and 22 (proc(5)).
    fields = stat[stat.rindex(")") + 2 :].split()
    return "" if fields[0] in "ZX" else fields[19]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return str(os.getuid())
