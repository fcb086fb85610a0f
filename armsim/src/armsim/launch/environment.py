# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What points a client at a running simulator: environment variables, and the shell lines that set them.

Made from the ready object alone; needs the standard library only.
"""

from __future__ import annotations

import shlex
from typing import Any, Literal, get_args

Client = Literal["ansible", "az", "azcollection", "sdk"]
CLIENTS: tuple[Client, ...] = get_args(Client)

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
# The name under which the Azure CLI registers the simulator's cloud.
CLOUD = "armsim"

_Ready = dict[str, Any]


def variables(ready: _Ready, client: Client) -> dict[str, str]:
    """The environment of ``client``; an empty value means that the variable must not hold anything."""
    return {**_OWN[client](ready), **_trust(ready)}


def shell_lines(ready: _Ready, client: Client) -> list[str]:
    """Lines for a POSIX shell's ``eval``: the environment, and for the Azure CLI its registration and login too."""
    wanted = variables(ready, client)
    lines = [f"unset {' '.join(name for name, value in wanted.items() if not value)};"]
    if client in ("az", "azcollection"):
        # Both keep tokens and cloud metadata there, and would meet those of an earlier simulator.
        lines.append('export AZURE_CONFIG_DIR="$(mktemp -d)";')
    lines += [f"export {name}={shlex.quote(value)};" for name, value in wanted.items() if value]
    if client == "az":
        lines += _az_login(ready)
    return lines


def _trust(ready: _Ready) -> dict[str, str]:
    """The certificate authority under each client's name for it, and no proxy."""
    certificates = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
    return {
        **dict.fromkeys(certificates, str(ready["ca_file"])),
        "NO_PROXY": "*",
        "no_proxy": "*",
        **dict.fromkeys(PROXIES, ""),
    }


def _ansible(ready: _Ready) -> dict[str, str]:
    """For modules that read a cloud's metadata from ``AZURE_CLOUD_ENVIRONMENT``."""
    return {
        "AZURE_CLOUD_ENVIRONMENT": ready["metadata_url"],
        "AZURE_TENANT": ready["tenant_id"],
        "AZURE_TENANT_ID": ready["tenant_id"],
        "AZURE_CLIENT_ID": ready["client_id"],
        "AZURE_SECRET": ready["client_secret"],
        "AZURE_CLIENT_SECRET": ready["client_secret"],
        "AZURE_SUBSCRIPTION_ID": ready["subscription_id"],
    }


def _azcollection(ready: _Ready) -> dict[str, str]:
    """For azure.azcollection, which looks ``AZURE_CLOUD_ENVIRONMENT`` up among the clouds of a metadata document."""
    return {
        "ARM_CLOUD_METADATA_URL": f"{ready['base_url']}/metadata/endpoints?api-version=2019-05-01",
        "AZURE_CLOUD_ENVIRONMENT": f"{ready['base_url']}/",
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "true",
        "AZURE_TENANT": ready["tenant_id"],
        "AZURE_CLIENT_ID": ready["client_id"],
        "AZURE_SECRET": ready["client_secret"],
        "AZURE_SUBSCRIPTION_ID": ready["subscription_id"],
        # Each of these would be taken before the service principal.
        **dict.fromkeys(("ANSIBLE_AZURE_AUTH_SOURCE", "AZURE_PROFILE", "AZURE_AD_USER"), ""),
    }


def _az(_ready: _Ready) -> dict[str, str]:
    # The clouds would come from there instead of the registration.
    return {
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "ARM_CLOUD_METADATA_URL": "",
    }


def _sdk(ready: _Ready) -> dict[str, str]:
    """For ``DefaultAzureCredential()`` as it is, and for managed and workload identity."""
    return {
        "ARMSIM_BASE_URL": ready["base_url"],
        "AZURE_SUBSCRIPTION_ID": ready["subscription_id"],
        "AZURE_AUTHORITY_HOST": ready["authority"],
        # The one tenant for which azure-identity does not query the public cloud whether to trust the authority.
        "AZURE_TENANT_ID": "adfs",
        "AZURE_CLIENT_ID": ready["client_id"],
        "AZURE_CLIENT_SECRET": ready["client_secret"],
        "AZURE_FEDERATED_TOKEN_FILE": ready["federated_token_file"],
        "IDENTITY_ENDPOINT": ready["identity_endpoint"],
        "IDENTITY_HEADER": ready["identity_header"],
        # It would take credentials out of the chain.
        "AZURE_TOKEN_CREDENTIALS": "",
    }


def _az_login(ready: _Ready) -> list[str]:
    username, password, tenant = (shlex.quote(ready[key]) for key in ("client_id", "client_secret", "tenant_id"))
    return [
        f"az cloud register --name {CLOUD} --endpoint-resource-manager {shlex.quote(ready['base_url'])}"
        " --only-show-errors &&",
        f"az cloud set --name {CLOUD} --only-show-errors &&",
        f"az login --service-principal --username={username} --password={password} --tenant={tenant} --output none;",
    ]


_OWN = {"ansible": _ansible, "az": _az, "azcollection": _azcollection, "sdk": _sdk}
