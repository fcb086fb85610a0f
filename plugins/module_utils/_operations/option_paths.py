# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Whether the paths among the role's options lead anywhere on the control node."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput


def file_check(folders: Sequence[str]) -> Callable[[str, Any], None]:
    """A check for `wrong_options`: of a file, by its whole path, or by one that begins in one of the folders."""
    places = [Path(folder) for folder in folders] or [Path()]

    def check_file(name: str, value: Any) -> None:
        if not any(os.path.isfile(folder / str(value)) for folder in places):
            raise BadInput(
                f"{name} is {str(value)[:200]!r}, and there is no such file",
                advice="Give a whole path, for example {{ playbook_dir }}/drain.yml.",
            )

    return check_file


def check_folder(name: str, value: Any) -> None:
    """Raise BadInput for what cannot be a folder. The role makes it, and those above it, where they are missing."""
    path = Path(str(value)).absolute()
    there = next(one for one in (path, *path.parents) if os.path.exists(one))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise BadInput(
            f"{name} is {str(value)[:200]!r}, and {there} is not a folder that can be written to",
            advice="Give a folder of your own, or leave it empty for no report.",
        )
