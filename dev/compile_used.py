# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Compiles what modules, playbooks and the simulator import of this environment, by importing it. dev/env calls it.

Where Python is forbidden to keep bytecode (PYTHONDONTWRITEBYTECODE, as in many containers), each call of a module would
compile the Azure SDK anew: 3 s and 90 MB more. What was compiled before is still read. pip would compile everything,
most of which nobody imports.
"""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec

# Whatever of these an environment has.
PACKAGES = (
    "ansible.cli.playbook",
    "ansible.executor.module_common",
    "azure.identity",
    "azure.mgmt.core",
    "armsim.cli.command",
)
SDK = "azure.mgmt.compute"


def import_sdk() -> None:
    """The client as the modules make it: it imports its operations when they are asked for, of one API version."""
    client = importlib.import_module(SDK).ComputeManagementClient(object(), "subscription")
    for operations in ("virtual_machine_scale_sets", "virtual_machine_scale_set_vms", "virtual_machines"):
        getattr(client, operations)


def is_installed(name: str) -> bool:
    """Whether the top package of it is there, and what lies on the way."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def main() -> int:
    sys.dont_write_bytecode = False
    for name in PACKAGES:
        if is_installed(name):
            importlib.import_module(name)
    if is_installed(SDK):
        import_sdk()
    return 0


if __name__ == "__main__":
    sys.exit(main())
