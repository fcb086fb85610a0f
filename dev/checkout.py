# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Where things are in the checkout, and the environment that keeps every tool inside it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
ANSIBLE_HOME = BUILD / "ansible-home"
COPY = BUILD / "copy" / "ansible_collections" / "azroll" / "vmss"


def scripts(environment: str) -> Path:
    """The folder of programs of one environment that dev/env made, such as runtime or dev."""
    return ROOT / ".env" / environment / "bin"


def variables(environment: str) -> dict[str, str]:
    """os.environ with that environment's programs first, and Ansible kept to the checkout."""
    # Containers often forbid Python to keep bytecode: then each call of a module would compile the Azure SDK anew.
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **own,
        "PATH": f"{scripts(environment)}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "ANSIBLE_CONFIG": str(ROOT / "dev" / "ansible.cfg"),
        # Also in ansible.cfg, but Molecule asks the environment only.
        "ANSIBLE_HOME": str(ANSIBLE_HOME),
        # A path of the managed host for Ansible, so that ansible.cfg could not say it relative to itself.
        "ANSIBLE_REMOTE_TMP": str(ANSIBLE_HOME / "tmp"),
    }


def make_copy() -> None:
    """Copies what git tracks, or would, to COPY.

    ansible-test takes a collection only at .../ansible_collections/NAMESPACE/NAME and sees through links, and the
    artifact must not depend on what else lies around.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    shutil.rmtree(COPY, ignore_errors=True)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():  # not deleted, though still tracked
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, COPY / name, follow_symlinks=False)
    # Without a repository of its own ansible-test would ask that of the checkout, which ignores all of build/.
    subprocess.run(["git", "init", "--quiet"], cwd=COPY, check=True)
