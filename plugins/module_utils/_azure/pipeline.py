# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The wire: who logs in where, and the plain requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.azroll.vmss.plugins.module_utils._azure.clouds import (
    Cloud,
    known_cloud,
    metadata_url,
    parse_metadata,
)
from ansible_collections.azroll.vmss.plugins.module_utils._azure.credentials import CLI, MANAGED, WORKLOAD, Login
from ansible_collections.azroll.vmss.plugins.module_utils._azure.error_map import stale_page
from ansible_collections.azroll.vmss.plugins.module_utils._azure.response_schema import odd_part
from ansible_collections.azroll.vmss.plugins.module_utils._azure.retry import (
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    Freshness,
    Retry,
)
from ansible_collections.azroll.vmss.plugins.module_utils._azure.sdk_errors import speaking
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import RETRIES, Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    CredentialError,
    MissingLibrary,
    ServiceError,
    VmssError,
)

try:
    from azure.core import PipelineClient
    from azure.core.exceptions import DecodeError
    from azure.core.pipeline.policies import (
        ContentDecodePolicy,
        CustomHookPolicy,
        HeadersPolicy,
        ProxyPolicy,
        RequestIdPolicy,
        UserAgentPolicy,
    )
    from azure.core.rest import HttpRequest
    from azure.mgmt.core import ARMPipelineClient
    from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

    # Imported where they are needed, by writes and to log in: together they take as long as all the rest.
    for _name in ("azure.mgmt.compute", "azure.identity"):
        if find_spec(_name) is None:
            raise ModuleNotFoundError(name=_name)
    MISSING: ImportError | None = None
except ImportError as _exc:
    MISSING = _exc

# The first of these versions has all that is read here (etag, vmHealth); both ends of the supported SDKs speak it.
COMPUTE_API = "2024-07-01"
GALLERY_API = "2023-07-03"

USER_AGENT = "ansible-azroll.vmss"
LIST_ATTEMPTS = 4
# An action's 202 carries no Retry-After (recorded), and the SDK's own interval of 30 s is longer than most operations.
POLL_INTERVAL = 5

Json = dict[str, Any]


class Client:
    """One login to one cloud. `note` is called with every answer."""

    def __init__(self, chosen: Any, cloud: Cloud, deadline: Deadline, options: Json, note: Callable[[Any], None]):
        self._credential = chosen
        self._cloud = cloud
        self._deadline = deadline
        self._options = options
        self._note = note
        self._compute: Any = None
        # On how many pages the last list came: each is a request by itself.
        self.pages = 1
        # Unlike the SDK's own, these pipelines register no resource provider by themselves, and repeat no write.
        self._plain: Any = ARMPipelineClient(
            base_url=cloud.resource_manager,
            policies=[
                RequestIdPolicy(),
                HeadersPolicy({"Accept": "application/json"}),
                UserAgentPolicy(user_agent=USER_AGENT),
                ProxyPolicy(),
                Retry(deadline),
                ARMChallengeAuthenticationPolicy(chosen, cloud.scope),
                Freshness(deadline),
            ],
            **options,
        )

    def close(self) -> None:
        """Release the connections."""
        self._plain.close()
        if self._compute is not None:
            self._compute.close()

    def compute(self, subscription_id: str) -> Any:
        """The SDK's client of compute, for long-running operations."""
        if self._compute is None:
            from azure.mgmt.compute import ComputeManagementClient

            self._compute = ComputeManagementClient(
                self._credential,
                subscription_id,
                base_url=self._cloud.resource_manager,
                credential_scopes=[self._cloud.scope],
                polling_interval=POLL_INTERVAL,
                policies=[
                    RequestIdPolicy(),
                    HeadersPolicy(),
                    UserAgentPolicy(user_agent=USER_AGENT),
                    ProxyPolicy(),
                    ContentDecodePolicy(),
                    # What it reads are polls, from a thread of their own.
                    Retry(self._deadline, decides=False),
                    ARMChallengeAuthenticationPolicy(self._credential, self._cloud.scope),
                    CustomHookPolicy(raw_response_hook=lambda response: self._note(response.http_response)),
                    Freshness(self._deadline),
                ],
                **self._options,
            )
        return self._compute

    def get(
        self, path: str, api: str, attempted: str, query: Mapping[str, str] | None = None, *, bare_list: bool = False
    ) -> Any:
        """The JSON of a resource. `path` comes from `resource_path`, `attempted` completes "Could not ...\""""
        return self._send("GET", self._address(path, api, query), attempted, bare_list=bare_list)

    def put(self, path: str, api: str, attempted: str, body: Mapping[str, Any]) -> Any:
        """Write a resource whose writes end at once, and return it as it is then."""
        return self._send("PUT", self._address(path, api, None), attempted, body)

    def entries(self, path: str, api: str, attempted: str, query: Mapping[str, str] | None = None) -> list[Json]:
        """The entries of a list, from all its pages."""
        attempts = 0
        while True:
            attempts += 1
            found: list[Json] = []
            address = self._address(path, api, query)
            try:
                page = self._send("GET", address, attempted)
                self.pages = 1
                with self._deadline.finishing_list():
                    while True:
                        found += page.get("value") or []
                        address = page.get("nextLink")
                        if not address:
                            return found
                        self._deadline.read_page()
                        page = self._send("GET", address, attempted)
                        self.pages += 1
            except VmssError as error:
                # A continuation token can go stale while the set changes: then the list starts over.
                if attempts == LIST_ATTEMPTS or not stale_page(error.fault):
                    raise

    def _address(self, path: str, api: str, query: Mapping[str, str] | None) -> str:
        options = urlencode({**(query or {}), "api-version": api}, quote_via=quote)
        return f"{self._cloud.resource_manager.rstrip('/')}{path}?{options}"

    def _send(
        self,
        method: str,
        address: str,
        attempted: str,
        body: Mapping[str, Any] | None = None,
        *,
        bare_list: bool = False,
    ) -> Any:
        request = HttpRequest(method, address) if body is None else HttpRequest(method, address, json=body)
        with speaking(attempted, write=method != "GET"):
            answer = self._plain.send_request(request)
            self._note(answer)
            answer.raise_for_status()
            try:
                document = json.loads(answer.text())
            except (ValueError, RecursionError) as exc:
                raise DecodeError(f"{exc}", response=answer, error=exc) from exc
        odd = odd_part(document, bare_list=bare_list)
        if odd:
            raise ServiceError(
                f"Could not {attempted}: Azure's answer could not be read ({odd})",
                advice="Run again later, and see whether a proxy on the way changes answers.",
                attempted=attempted,
            )
        return document


def resource_path(*parts: str) -> str:
    """The path of a resource. Each part is quoted, and none is empty or dots alone: no name leads elsewhere."""
    for part in parts:
        if not part.strip("."):
            raise BadInput(
                f"{part!r} is not a valid name", advice="Check the names in the options and in the image's id."
            )
    return "/" + "/".join(quote(part, safe="") for part in parts)


def missing(error: ImportError) -> MissingLibrary:
    """The error for an import that failed."""
    name = (error.name or "").lower()
    library = "azure-identity" if name.startswith(("azure.identity", "msal")) else "azure-mgmt-compute"
    return MissingLibrary(
        library,
        advice="Install both libraries: pip install 'azure-mgmt-compute>=33.0.0,<40' 'azure-identity>=1.16.1,<2'.",
    )


def find_cloud(name: str, deadline: Deadline, options: Json) -> Cloud:
    """The cloud of that name, or the one that describes itself at that address."""
    cloud = known_cloud(name)
    if cloud is not None:
        return cloud
    url = metadata_url(name)
    with (
        speaking(f"read the cloud's metadata from {url}"),
        PipelineClient(base_url=url, policies=[Retry(deadline)], **options) as client,
    ):
        answer = client.send_request(HttpRequest("GET", url))
        answer.raise_for_status()
        body = answer.text()
    return parse_metadata(body, url)


def make_credential(login: Login, cloud: Cloud, options: Json) -> Any:
    """What logs in, by the way that was chosen. Nothing is asked before the first request.

    Raises CredentialError for settings that cannot be used, and MissingLibrary.
    """
    try:
        from azure.identity import (
            AzureCliCredential,
            ClientSecretCredential,
            ManagedIdentityCredential,
            WorkloadIdentityCredential,
        )
    except ImportError as error:
        raise missing(error) from error
    settings = login.settings
    tenant = "adfs" if cloud.adfs else settings.tenant or ""
    common: Json = {
        "authority": cloud.authority,
        # The login host is known here: the public one need not be asked whether to trust it.
        "disable_instance_discovery": True,
        "retry_total": RETRIES,
        "connection_timeout": CONNECT_TIMEOUT,
        "read_timeout": READ_TIMEOUT,
        **options,
    }
    try:
        if login.method == CLI:
            return AzureCliCredential(tenant_id=settings.tenant or "")
        if login.method == MANAGED:
            return ManagedIdentityCredential(client_id=settings.client_id, **options)
        if login.method == WORKLOAD:
            return WorkloadIdentityCredential(
                tenant_id=tenant, client_id=settings.client_id, token_file_path=login.token_file, **common
            )
        return ClientSecretCredential(tenant, settings.client_id or "", settings.secret or "", **common)
    except ValueError as exc:
        raise CredentialError(f"The credentials cannot be used: {exc}", advice="Check tenant and client_id.") from exc
