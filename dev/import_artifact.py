# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Imports the one artifact in build/artifact/ as Ansible Galaxy would, and fails on what Galaxy only warns of."""

from __future__ import annotations

import subprocess
import sys

from checkout import BUILD

ARTIFACTS = BUILD / "artifact"


def main() -> int:
    (artifact,) = ARTIFACTS.glob("*.tar.gz")
    # The importer leaves its result in the current folder.
    command = [sys.executable, "-m", "galaxy_importer.main", artifact.name]
    done = subprocess.run(
        command, cwd=ARTIFACTS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    print(done.stdout, end="")
    complaints = [line for line in done.stdout.splitlines() if line.startswith(("WARNING:", "ERROR:"))]
    if complaints:
        print(f"galaxy-importer has {len(complaints)} complaint(s) about {artifact.name}.")
    return done.returncode or bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
