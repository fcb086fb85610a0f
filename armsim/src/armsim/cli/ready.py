# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""The ready object: where a simulator serves, and what its clients need to come in."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from armsim.common.wire import Json
from armsim.identity.directory import Directory
from armsim.service.simulation import Simulation
from armsim.web.admin import PREFIX
from armsim.web.managed_identity import APP_SERVICE

METADATA_VERSION = "2022-09-01"


@dataclass(frozen=True)
class Addresses:
    """Where Resource Manager and the managed identity endpoint are served, and where the files are."""

    base_url: str
    identity_url: str
    identity_header: str
    ca_file: Path
    federated_token_file: Path


def describe(simulation: Simulation, directory: Directory, addresses: Addresses) -> Json:
    """The ready object."""
    base_url = addresses.base_url
    return {
        "base_url": base_url,
        "metadata_url": f"{base_url}/metadata/endpoints?api-version={METADATA_VERSION}",
        "authority": base_url,
        "tenant_id": directory.tenant_id,
        "client_id": directory.default.spec.client_id,
        "client_secret": directory.default.spec.client_secret,
        "subscription_id": simulation.spec.subscription.id,
        "ca_file": str(addresses.ca_file),
        "admin_url": f"{base_url}{PREFIX}",
        "identity_endpoint": f"{addresses.identity_url}{APP_SERVICE}",
        "identity_header": addresses.identity_header,
        "pod_identity_authority_host": addresses.identity_url,
        "federated_token_file": str(addresses.federated_token_file),
        "principals": [
            {
                "name": item.spec.name,
                "role": item.spec.role if item.spec.actions is None else None,
                "client_id": item.spec.client_id,
                "client_secret": item.spec.client_secret,
                "object_id": item.spec.object_id,
                "resource_id": item.resource_id,
            }
            for item in directory.principals
        ],
        "scale_sets": [
            {
                "name": item.name,
                "resource_group": item.resource_group,
                "location": item.location,
                "id": item.id,
                "capacity": item.capacity,
            }
            for item in simulation.scale_sets()
        ],
        "notes": simulation.notes,
    }


def publish(ready: Json, file: Path | None) -> None:
    """Write the object to ``file``, atomically, and print it."""
    text = json.dumps(ready, indent=2)
    if file is not None:
        with tempfile.NamedTemporaryFile(
            "w", dir=file.parent, prefix=f".{file.name}.", delete=False, encoding="utf-8"
        ) as draft:
            draft.write(text + "\n")
        os.replace(draft.name, file)
    print(text, flush=True)
