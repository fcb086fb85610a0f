# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Types are checked without exceptions in the sources."""

from __future__ import annotations

import subprocess

from checkout import ROOT

EXCEPTION = "type: " + "ignore"


def test_no_source_is_excepted_from_the_check_of_types() -> None:
    command = ("git", "ls-files", "*.py")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    sources = [ROOT / line for line in listed.stdout.splitlines()]
    assert [path.name for path in sources if EXCEPTION in path.read_text(encoding="utf-8")] == []
