# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Cloud metadata: how clients find login and resource endpoints. Four shapes, by api-version."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from armsim.common.wire import Json
from armsim.protocol import errors
from armsim.web.call import Reply
from armsim.web.host import Host
from armsim.web.rendering import render
from armsim.web.routing import AnyCaseRoute

NAME = "armsim"


def routes(host: Host) -> list[AnyCaseRoute]:
    async def endpoints(request: Request) -> Response:
        host.simulation.requests.other["metadata"] += 1
        version = request.query_params.get("api-version")
        if version is None:
            error = errors.missing_api_version(request.url.path)
            return render(host.simulation, Reply(error.body(), error.status), gateway=True)
        base = f"https://{request.headers.get('host', request.url.netloc)}"
        return JSONResponse(document(base, host.simulation.spec.tenant_id, version))

    return [AnyCaseRoute("/metadata/endpoints", endpoints)]


def document(base: str, tenant: str, api_version: str) -> Json | list[Json]:
    """The metadata in the shape of ``api_version``: flat before 2019, an array until 2021, an object since 2022."""
    if api_version < "2019":
        return {
            "galleryEndpoint": base,
            "graphEndpoint": base,
            "portalEndpoint": base,
            "authentication": {"loginEndpoint": base, "audiences": [base]},
        }
    cloud: Json = {
        "name": NAME,
        "portal": base,
        "resourceManager": base,
        "authentication": {
            "loginEndpoint": base,
            "audiences": [base],
            "tenant": tenant,
            "identityProvider": "AAD",
        },
        "media": base,
        "graph": base,
        "graphAudience": base,
        "batch": base,
        "sqlManagement": base,
        "vmImageAliasDoc": f"{base}/aliases.json",
        "activeDirectoryDataLake": base,
        "microsoftGraphResourceId": base,
        "suffixes": {
            "storage": "core.armsim.local",
            "keyVaultDns": "vault.armsim.local",
            "acrLoginServer": "azurecr.armsim.local",
            "sqlServerHostname": "database.armsim.local",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.armsim.local",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.armsim.local",
        },
    }
    return cloud if api_version >= "2022" else [cloud]
