# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""What instances are made from, but for the image: a fingerprint of each section of a scale set's model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# Enough to notice a change, and too little to guess from what it was made.
_LENGTH = 8
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_CHANGES = {
    "sku": "the size was changed",
    "extensionProfile": "the extensions were changed",
    "networkProfile": "the network profile was changed",
    "osProfile": "the OS profile was changed",
    "securityProfile": "the security profile was changed",
    "storageProfile": "the storage profile was changed",
}


def fingerprints(body: Mapping[str, Any]) -> dict[str, str]:
    """By section, from the answer to a GET or PATCH of the set: `sku`, the size without the capacity, and those
    of `virtualMachineProfile`, without the image. Sections that say nothing have none.

    What a GET never returns (documented: custom data, user data, passwords, protected settings of extensions) has no
    fingerprint, so that nobody notices a change of that alone.
    """
    # The service sets the time anew with every write of the model (recorded).
    profile = {
        name: section
        for name, section in ((body.get("properties") or {}).get("virtualMachineProfile") or {}).items()
        if name != "timeCreated"
    }
    storage = profile.get("storageProfile") or {}
    profile["storageProfile"] = {
        **_without(storage, "imageReference"),
        "osDisk": _without(storage.get("osDisk") or {}, "image"),
    }
    sections = {"sku": (body.get("sku") or {}).get("name"), **dict(sorted(profile.items()))}
    essence = {name: _essence(section) for name, section in sections.items()}
    return {name: _fingerprint(section) for name, section in essence.items() if section not in _NOTHING}


def describe_change(section: str) -> str:
    """The message when the fingerprint of a section is another one."""
    return _CHANGES.get(section, f"{section} of the virtual machine profile was changed")


def _without(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {one: value for one, value in record.items() if one != name}


def _essence(value: Any) -> Any:
    """Without what has no meaning, and with ids in one case: writers differ in both and mean the same."""
    if isinstance(value, dict):
        inside = {name: _essence(one) for name, one in value.items()}
        return {name: one for name, one in inside.items() if one not in _NOTHING}
    if isinstance(value, list):
        return [_essence(one) for one in value]
    if isinstance(value, str) and value.lower().startswith("/subscriptions/"):
        return value.lower()
    return value


def _fingerprint(section: Any) -> str:
    text = json.dumps(section, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]
