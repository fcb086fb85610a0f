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
GUIDES = ROOT / "docs" / "docsite" / "rst"


def main() -> int:
    shutil.rmtree(PAGES, ignore_errors=True)
    SOURCES.mkdir(parents=True)
    write_sources = ["antsibull-docs", "collection", "--use-current", "--squash-hierarchy", f"--dest-dir={SOURCES}"]
    write_pages = ["sphinx-build", "--quiet", "--fail-on-warning", f"--conf-dir={ROOT / 'dev' / 'docs'}"]
    status = _run(*write_sources, "azroll.vmss")
    # Pages are copied, their pictures, which have their names, are not.
    for picture in GUIDES.glob("*.svg"):
        for page in SOURCES.rglob(f"{picture.stem}.rst"):
            shutil.copy(picture, page.parent)
    status = status or _run(*write_pages, str(SOURCES), str(PAGES / "html"))
    if status:
        return status
    print(f"Documentation: {PAGES / 'html' / 'index.html'}")
    return 0


def _run(*command: str) -> int:
    return subprocess.run(command, env=variables("dev"), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
