# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""Azure clouds: where their endpoints are, and how a private one describes itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import BadInput, ConnectionFailed

DEFAULT_CLOUD = "AzureCloud"
_METADATA_PATH = "/metadata/endpoints"


@dataclass(frozen=True)
class Cloud:
    """One cloud: the address of its Resource Manager, its login host and the audience of its tokens.

    With `adfs` the login host speaks AD FS, whose tenant is always called so.
    """

    resource_manager: str
    authority: str
    audience: str
    adfs: bool = False

    @property
    def scope(self) -> str:
        """What a token is asked for."""
        return f"{self.audience.rstrip('/')}/.default"


KNOWN_CLOUDS = {
    DEFAULT_CLOUD: Cloud(
        "https://management.azure.com", "https://login.microsoftonline.com", "https://management.azure.com"
    ),
    "AzureUSGovernment": Cloud(
        "https://management.usgovcloudapi.net",
        "https://login.microsoftonline.us",
        "https://management.usgovcloudapi.net",
    ),
    "AzureChinaCloud": Cloud(
        "https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn"
    ),
}


def known_cloud(name: str) -> Cloud | None:
    """The public or sovereign cloud of that name, None for an https address. Raises BadInput for anything else."""
    for known, cloud in KNOWN_CLOUDS.items():
        if known.lower() == name.lower():
            return cloud
    if urlsplit(name).scheme == "https" and urlsplit(name).netloc:
        return None
    raise BadInput(
        f"cloud_environment is {name!r}, which is not a valid cloud that is known",
        advice=f"Give {', '.join(KNOWN_CLOUDS)}, or the https address of a metadata endpoint (Azure Stack).",
    )


def metadata_url(address: str) -> str:
    """Where a private cloud describes itself; the address of its Resource Manager alone will do."""
    parts = urlsplit(address)
    if parts.path.rstrip("/"):
        return address
    # Every cloud with a metadata endpoint answers this oldest version of it.
    return f"https://{parts.netloc}{_METADATA_PATH}?api-version=2015-01-01"


def parse_metadata(body: str, url: str) -> Cloud:
    """The cloud out of what its metadata endpoint answers.

    Understands the flat form of 2015 (no `resourceManager`: it is the host that was asked), the list of 2019 and 2020
    and the single object of 2022. Raises ConnectionFailed where the answer is none of them.
    """
    host = urlsplit(url).netloc
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    entries = [one for one in (document if isinstance(document, list) else [document]) if isinstance(one, Mapping)]
    # A list may hold several clouds: the one that was asked is meant.
    asked = [one for one in entries if urlsplit(_manager(one, host)).netloc == host]
    entry: Mapping[str, Any] = next(iter(asked or entries), {})
    login = entry.get("authentication")
    login = login if isinstance(login, Mapping) else {}
    authority = str(login.get("loginEndpoint") or "").rstrip("/")
    audiences = login.get("audiences")
    if not isinstance(audiences, list) or not authority.startswith("https://") or not audiences:
        raise ConnectionFailed(
            f"The metadata endpoint {url} does not describe an Azure cloud",
            advice="Check cloud_environment; the answer must hold authentication.loginEndpoint (https) and audiences.",
        )
    adfs = authority.lower().endswith("/adfs") or str(login.get("identityProvider") or "").lower() == "adfs"
    return Cloud(
        resource_manager=_manager(entry, host).rstrip("/"),
        authority=authority[: -len("/adfs")] if authority.lower().endswith("/adfs") else authority,
        audience=str(audiences[0]),
        adfs=adfs,
    )


def _manager(entry: Mapping[str, Any], host: str) -> str:
    return str(entry.get("resourceManager") or f"https://{host}")
