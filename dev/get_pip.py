# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Puts pip into an empty virtual environment, as ansible-test's own get-pip script does, from what Python ships.

ansible-test downloads that script from a host that is neither a package index nor always reachable, and only if it is
not in its cache; so the test runner puts this one there. The arguments are get-pip's: pip options, pip==VERSION,
--no-setuptools, --no-wheel.
"""

from __future__ import annotations

import subprocess
import sys

GET_PIP_OPTIONS = ("--no-setuptools", "--no-wheel")

if __name__ == "__main__":
    subprocess.run([sys.executable, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
    arguments = [argument for argument in sys.argv[1:] if argument not in GET_PIP_OPTIONS]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *arguments], check=True)
