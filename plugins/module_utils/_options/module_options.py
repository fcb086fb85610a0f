# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.
"""What is wrong with options although their types are right: found before anything is asked of Azure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput
from ansible_collections.azroll.vmss.plugins.module_utils._common.masking import signatures
from ansible_collections.azroll.vmss.plugins.module_utils._common.validation import (
    check_resource_group,
    check_scale_set,
)
from ansible_collections.azroll.vmss.plugins.module_utils._image.image import Image, check_wanted
from ansible_collections.azroll.vmss.plugins.module_utils._model.addresses import check_template
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import check_resources
from ansible_collections.azroll.vmss.plugins.module_utils._options.conflicts import check_combinations
from ansible_collections.azroll.vmss.plugins.module_utils._plan.limit import Limit

WEEK = 7 * 24 * 60 * 60
LONGEST_TEXT = 2048

RANGES = {
    "wait_timeout": (0, WEEK),
    "wait_interval": (1, WEEK),
    "wait_successes": (1, 1000),
    "timeout": (1, 300),
    "minutes": (0, WEEK // 60),
    "lease_minutes": (0, WEEK // 60),
    "update_domain": (0, 999),
    "fault_domain": (0, 999),
}
RESOURCES = ("resources", "health_alerts")
LIMITS = ("max_unavailable", "max_unavailable_per_zone", "max_unavailable_per_fault_domain")
# Secrets never stand in an error, so no text does.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def check_options(options: Mapping[str, Any]) -> None:
    """Raise BadInput that names the first of a module's options that cannot be meant, alone or together."""
    for path, text in texts(options):
        check_text(text, path)
    for name, (least, most) in RANGES.items():
        check_range(options.get(name), name, least, most)
    check_resource_group(options["resource_group"])
    check_scale_set(options["name"])
    for name in LIMITS:
        if options.get(name) not in (None, ""):
            Limit.parse(options[name], name)
    if options.get("url") is not None:
        check_template(options["url"], "url")
    for status in options.get("status_code") or ():
        check_range(status, "status_code", 100, 599)
    for name in RESOURCES:
        check_resources(options.get(name) or (), name)
    for name in ("image", "target_image"):
        if options.get(name) is not None:
            check_wanted(Image.from_options(options[name]))
    check_combinations(options)


def check_text(text: str, name: str) -> None:
    """Raise BadInput for a text that is longer than any that Azure takes, or that has control characters."""
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"{name} has {len(text)} characters", advice=f"Give at most {LONGEST_TEXT}.")
    if _CONTROL.search(text):
        raise BadInput(f"{name} holds control characters, such as the end of a line", advice="Give it in one line.")


def check_range(value: int | None, name: str, least: int, most: int) -> None:
    """Raise BadInput for a number outside."""
    if value is not None and not least <= value <= most:
        raise BadInput(f"{name} is {value if abs(value) <= 10**9 else 'far away'}", advice=f"Give {least} to {most}.")


def signatures_in(options: Mapping[str, Any]) -> set[str]:
    """The signatures of shared access that stand in options, where none belongs."""
    return {found for _path, text in texts(options) for found in signatures(text)}


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a value, with the names that lead to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from texts(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for item in value:
            yield from texts(item, path)
