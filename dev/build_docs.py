# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Builds the documentation pages into build/docs/html, as the Ansible docsite would show them; warnings are errors."""

from __future__ import annotations

import shutil
import subprocess
import sys

from checkout import BUILD, ROOT, variables

PAGES = BUILD / "docs"
SOURCES = PAGES / "rst"


def main() -> int:
    shutil.rmtree(PAGES, ignore_errors=True)
    SOURCES.mkdir(parents=True)
    write_sources = ["antsibull-docs", "collection", "--use-current", "--squash-hierarchy", f"--dest-dir={SOURCES}"]
    write_pages = ["sphinx-build", "--quiet", "--fail-on-warning", f"--conf-dir={ROOT / 'dev' / 'docs'}"]
    commands = ([*write_sources, "azroll.vmss"], [*write_pages, str(SOURCES), str(PAGES / "html")])
    for command in commands:
        status = subprocess.run(command, env=variables("dev"), check=False).returncode
        if status:
            return status
    print(f"Documentation: {PAGES / 'html' / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
