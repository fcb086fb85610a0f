# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""An interpreter for the modules that notes what each call took; it costs little itself.

Ansible runs a module as `INTERPRETER .../AnsiballZ_NAME.py`. A line of JSON for each goes to `log`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = """\
#!{python} -IS
import json, os, sys
pid = os.posix_spawn({python!r}, [{python!r}, *sys.argv[1:]], os.environ)
_pid, status, used = os.wait4(pid, 0)
name = os.path.basename(sys.argv[1] if len(sys.argv) > 1 else "").removeprefix("AnsiballZ_").removesuffix(".py")
line = json.dumps({{"module": name, "cpu": used.ru_utime + used.ru_stime, "peak_kb": used.ru_maxrss}}) + "\\n"
out = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
os.write(out, line.encode())
os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
"""


@dataclass(frozen=True)
class ModuleCall:
    """A call of a module: its name, its seconds of processor time, and the most memory that it held."""

    module: str
    cpu: float
    peak_mb: float


def install(folder: Path, python: Path) -> Path:
    """The path of such an interpreter, and an empty log beside it."""
    path = folder / "python"
    log = log_of(folder)
    log.write_text("", encoding="utf-8")
    path.write_text(_SCRIPT.format(python=str(python), log=str(log)), encoding="utf-8")
    path.chmod(0o755)
    return path


def log_of(folder: Path) -> Path:
    return folder / "calls.jsonl"


def read(folder: Path) -> Sequence[ModuleCall]:
    """The calls since `install`."""
    # The unit of the system: kilobytes on Linux, bytes on macOS.
    unit = 1024**2 if sys.platform == "darwin" else 1024
    lines = map(json.loads, log_of(folder).read_text(encoding="utf-8").splitlines())
    return [ModuleCall(one["module"], one["cpu"], one["peak_kb"] / unit) for one in lines]
