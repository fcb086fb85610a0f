# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""A scale set and its instances as Azure sent them, in a form that may be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._common.masking import masked, names_secret
from ansible_collections.azroll.vmss.plugins.module_utils._model.selection import by_id

# Azure answers with hardly any of these; where it does, they are not for files. Unattended setup carries passwords.
_CONFIDENTIAL = frozenset({"additionalunattendcontent", "protectedsettings", "protectedsettingsfromkeyvault"})


@dataclass(frozen=True)
class Documents:
    """The model and the instances, as on the wire."""

    scale_set: Mapping[str, Any]
    instances: Sequence[Mapping[str, Any]]

    def to_resources(self) -> dict[str, Any]:
        """What the module returns as `resources`: without secrets, and alike as long as the scale set is.

        The times of reports are omitted, because agents renew them all the time, and the instances come in the order
        of their ids, because lists come in none.
        """
        instances = sorted(self.instances, key=lambda one: by_id(str(one.get("instanceId") or one.get("name") or "")))
        return {"scale_set": _kept(self.scale_set), "instances": [_reported(_kept(one)) for one in instances]}


def _kept(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _kept(item) for name, item in value.items() if not _confidential(str(name), item)}
    if isinstance(value, (list, tuple)):
        return [_kept(item) for item in value]
    # Azure signs the addresses of boot diagnostics, and people those of the files that an extension fetches.
    return masked(value) if isinstance(value, str) else value


def _confidential(name: str, value: Any) -> bool:
    # People write passwords into tags and into settings of extensions that nothing protects.
    written = isinstance(value, str) or (isinstance(value, list) and any(isinstance(item, str) for item in value))
    return name.lower() in _CONFIDENTIAL or (written and names_secret(name))


def _reported(instance: dict[str, Any]) -> dict[str, Any]:
    """The instance with its view, a copy of its own, freed of the times of reports."""
    view = (instance.get("properties") or {}).get("instanceView") or {}
    agent = (view.get("vmAgent") or {}).get("statuses") or []
    health = (view.get("vmHealth") or {}).get("status") or {}
    for status in (*agent, health):
        status.pop("time", None)
    return instance
