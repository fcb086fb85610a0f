# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""``armsim ledger``: what a running simulator has counted, in readable lines."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from armsim.launch import SimulatorError, request_admin


def main(arguments: list[str]) -> int:
    """Print the ledger; returns the exit status: 2, with a line on standard error, where no simulator answers."""
    options = _parser().parse_args(arguments)
    try:
        ready = json.loads(options.ready_file.read_text(encoding="utf-8"))
        ledger = request_admin(ready, "GET", "ledger")
    except OSError as error:
        return _fail(f"no simulator answers by {options.ready_file}: {error}")
    except (ValueError, KeyError, TypeError):
        return _fail(f"{options.ready_file} is not the ready file of a simulator")
    except SimulatorError as error:
        return _fail(str(error))
    print("\n".join(lines(ledger)))
    return 0


def lines(ledger: dict[str, Any]) -> list[str]:
    """Service of each scale set and its zones; then the requests, the most frequent first, and what actors did."""
    text = []
    for name, account in ledger["scale_sets"].items():
        text.append(f"{name}: {_service(account)}")
        text.append(f"  {account['instances_on_target']} of {account['capacity']} on {account['target_image']}")
        text += [f"  zone {zone}: {_service(tally)}" for zone, tally in account["zones"].items()]
    requests = ledger["requests"]
    text.append(
        f"{requests['total']} requests, {requests['writes']} of them writes; "
        f"{requests['throttled']} throttled, {requests['refused']} refused"
    )
    text += [f"  {number:>5} {name}" for name, number in Counter(requests["by_operation"]).most_common()]
    for acted in ledger["actors"]:
        outcome = f"refused: {acted['refused']}" if "refused" in acted else ", ".join(acted.get("instances", []))
        text.append(f"after {acted['at']:.0f} s {acted['name']}: {json.dumps(acted['action'])} {outcome}".rstrip())
    return text


def _service(tally: dict[str, Any]) -> str:
    return f"{tally['in_service']} of {tally['instances']} in service, never fewer than {tally['min_in_service']}"


def _fail(reason: str) -> int:
    print(f"armsim: {reason}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="armsim ledger", description="Print what a running simulator has counted.")
    parser.add_argument("--ready-file", type=Path, required=True, help="the ready file of the running simulator")
    return parser
