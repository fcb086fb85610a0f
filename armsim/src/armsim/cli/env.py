# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""``armsim env``: print the shell lines that point a client at a running simulator."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from armsim.launch.environment import CLIENTS, shell_lines


def main(arguments: list[str]) -> int:
    """Print the lines; returns the exit status: 2, with a line on standard error, where the ready file is unusable."""
    options = _parser().parse_args(arguments)
    try:
        ready = json.loads(options.ready_file.read_text(encoding="utf-8"))
        lines = shell_lines(ready, options.client)
    except OSError as error:
        return _fail(f"cannot read {options.ready_file}: {error.strerror}")
    except (ValueError, KeyError, TypeError):
        return _fail(f"{options.ready_file} is not the ready file of a simulator")
    print("\n".join(lines))
    return 0


def _fail(reason: str) -> int:
    print(f"armsim: {reason}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="armsim env",
        description="Print shell lines that point a client at a running simulator, for eval.",
    )
    parser.add_argument("--ready-file", type=Path, required=True, help="the ready file of the running simulator")
    parser.add_argument("--for", dest="client", choices=CLIENTS, required=True, help="the client")
    return parser
