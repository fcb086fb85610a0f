# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The options of the role, and who runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._operations.lease_process import holder_name
from ansible_collections.azroll.vmss.plugins.module_utils._operations.option_paths import check_folder, file_check
from ansible_collections.azroll.vmss.plugins.module_utils._options.filter_values import read_dict, read_texts
from ansible_collections.azroll.vmss.plugins.module_utils._options.forms import PREFIX, read_options
from ansible_collections.azroll.vmss.plugins.module_utils._options.role_options import wrong_options


def rollout_given(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The options with their types, under their names without `rollout_`."""
    read = read_options(read_dict(options, "options"), read_dict(defaults, "defaults"))
    return {str(name).removeprefix(PREFIX): value for name, value in read.items()}


def rollout_options(
    options: Mapping[str, Any], folders: Sequence[str] | None = None, defaults: Mapping[str, Any] | None = None
) -> list[str]:
    """A sentence for each option that cannot be meant."""
    check_file = file_check(read_texts(folders, "folders"))
    given = read_dict(options, "options")
    if defaults is not None:
        given = read_options(given, read_dict(defaults, "defaults"))
    return wrong_options(given, check_file=check_file, check_folder=check_folder)


def rollout_holder(job: str | int = "") -> str:
    """The name under which this process holds a lease."""
    return holder_name(str(job))
