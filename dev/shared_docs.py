# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Write what several plugins document in the same words into each of them; with --check only say where it differs.

ansible-core shares options by fragments, but no return values. They stand in dev/shared_docs/NAME.yml, and in a plugin
between the lines `# shared: NAME` and `# end of NAME`, as deep as these are.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import indent

from checkout import ROOT

SOURCES = ROOT / "dev" / "shared_docs"
BLOCK = re.compile(r"^(?P<depth> *)# shared: (?P<name>\w+)\n(?:.*\n)*?(?P=depth)# end of (?P=name)\n", re.MULTILINE)
MARK = re.compile(r"^ *# (?:shared:|end of) (?P<name>\w+)\n", re.MULTILINE)


def sources() -> dict[str, str]:
    """The shared texts by their names, without what stands above `---`."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.yml"))}
    return {name: text.partition("---\n")[2] for name, text in texts.items()}


def plugins() -> Iterator[Path]:
    """The files that document plugins."""
    for folder, ending in (("modules", "py"), ("filter", "yml")):
        yield from sorted((ROOT / "plugins" / folder).glob(f"*.{ending}"))


def shared(text: str, texts: Mapping[str, str]) -> str:
    """A plugin's file with the shared texts as they are. Raises ValueError for a mark that leads nowhere."""

    def block(match: re.Match[str]) -> str:
        name, depth = match["name"], match["depth"]
        if name not in texts:
            raise ValueError(f"there is no dev/shared_docs/{name}.yml")
        lines = indent(texts[name], depth)
        return f"{depth}# shared: {name}\n{lines}{depth}# end of {name}\n"

    lonely = MARK.search(BLOCK.sub("", text))
    if lonely:
        raise ValueError(f"the shared text {lonely['name']} has no beginning or no end")
    return BLOCK.sub(block, text)


def main() -> int:
    """Write, or with --check compare."""
    texts, differing = sources(), []
    for path in plugins():
        old = path.read_text(encoding="utf-8")
        try:
            new = shared(old, texts)
        except ValueError as error:
            print(f"{path.relative_to(ROOT)}: {error}")
            return 1
        if new != old:
            differing.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv[1:]:
                path.write_text(new, encoding="utf-8")
    if differing and "--check" in sys.argv[1:]:
        print(f"Not as in dev/shared_docs: {', '.join(differing)}. Run make format")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
