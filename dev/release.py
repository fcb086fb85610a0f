# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""Says whether a tag may be released: version and changelog of what it names must fit it.

python dev/release.py collection 1.2.3
python dev/release.py armsim armsim-1.2.3
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import yaml

from checkout import ROOT

ARMSIM_TAG = "armsim-"


def complaints_of_collection(root: Path, tag: str) -> list[str]:
    """What keeps a tag of the collection from being released."""
    version = yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    changelog = yaml.safe_load((root / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))
    fragments = sorted(path.name for path in (root / "changelogs" / "fragments").glob("*.yml"))
    found = []
    if version != tag:
        found.append(f"galaxy.yml has version {version}, the tag is {tag}.")
    if tag not in changelog["releases"]:
        found.append(f"The changelog has no release {tag}: run antsibull-changelog release.")
    if fragments:
        found.append(f"Fragments are in no release: {', '.join(fragments)}.")
    return found


def complaints_of_armsim(root: Path, tag: str) -> list[str]:
    """What keeps a tag of the simulator from being released."""
    init = (root / "armsim" / "src" / "armsim" / "__init__.py").read_text(encoding="utf-8")
    (version,) = re.findall(r'^__version__ = "(.*)"$', init, re.MULTILINE)
    headings = re.findall(r"^## (.*)$", (root / "armsim" / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    found = []
    if tag != f"{ARMSIM_TAG}{version}":
        found.append(f"armsim has version {version}, the tag is {tag}.")
    if not headings or headings[0] != tag.removeprefix(ARMSIM_TAG):
        found.append(f"armsim/CHANGELOG.md begins with {headings[0] if headings else 'nothing'}, not with {tag}.")
    return found


PRODUCTS = {"collection": complaints_of_collection, "armsim": complaints_of_armsim}


def main() -> int:
    parser = argparse.ArgumentParser(description="Say whether a tag may be released.")
    parser.add_argument("product", choices=PRODUCTS)
    parser.add_argument("tag")
    options = parser.parse_args()
    found = PRODUCTS[options.product](ROOT, options.tag)
    print("\n".join(found) or f"{options.tag} may be released.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
