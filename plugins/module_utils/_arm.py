# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The wire: the one file that knows the Azure SDK.

Everything asks for JSON as Azure sent it and gives domain objects out, so that nothing depends on the SDK's models,
which change between its releases: `cls=` and `raw_response_hook=` hand the answers through, bodies go out as bytes, the
api-version is pinned per call, and errors are judged by status and ARM's code.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._cloud import (
    DEFAULT_CLOUD,
    Cloud,
    known_cloud,
    metadata_url,
    parse_metadata,
)
from ansible_collections.azroll.vmss.plugins.module_utils._errors import (
    ArmFault,
    ConnectionFailed,
    CredentialError,
    MissingLibrary,
    NotFound,
    ServiceError,
    VmssError,
    WaitTimeout,
)
from ansible_collections.azroll.vmss.plugins.module_utils._fault import (
    failed_operation,
    read_fault,
    refusal,
    stale_page,
)
from ansible_collections.azroll.vmss.plugins.module_utils._instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._settings import (
    CLI,
    MANAGED,
    WORKLOAD,
    Login,
    Settings,
    choose_login,
)
from ansible_collections.azroll.vmss.plugins.module_utils._wait import Deadline

try:
    from azure.core import PipelineClient
    from azure.core.exceptions import (
        AzureError,
        ClientAuthenticationError,
        DecodeError,
        HttpResponseError,
        IncompleteReadError,
        ServiceRequestError,
        ServiceResponseError,
    )
    from azure.core.pipeline.policies import HTTPPolicy
    from azure.core.rest import HttpRequest
    from azure.identity import (
        AzureCliCredential,
        ClientSecretCredential,
        CredentialUnavailableError,
        ManagedIdentityCredential,
        WorkloadIdentityCredential,
    )
    from azure.mgmt.compute import ComputeManagementClient

    MISSING: ImportError | None = None
except ImportError as _exc:
    MISSING = _exc
    HTTPPolicy = object  # type: ignore[assignment,misc]

# The first of these versions has all that is read here (etag, vmHealth); both ends of the supported SDKs speak it.
COMPUTE_API = "2024-07-01"
GALLERY_API = "2023-07-03"

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 60.0
# Passing faults are tried again this often, after 0.8, 1.6, 3.2 and 6.4 seconds.
RETRIES = 4
BACKOFF = 0.8
PASSING = frozenset({408, 500, 502, 503, 504})
# Azure's buckets give a token back every 15 seconds (4 a minute); used where a 429 does not say how long to wait.
THROTTLE_WAIT = 15.0
# An action's 202 carries no Retry-After (recorded), and the SDK's own interval of 30 s is longer than most operations.
POLL_INTERVAL = 5
LIST_ATTEMPTS = 4

_QUERY = re.compile(r"\?[^\s'\")]+")

Json = dict[str, Any]


class _Retry(HTTPPolicy):  # type: ignore[type-arg]
    """Repeats requests, in place of the SDK's own policy: no wait of it ends after the deadline.

    Every request of the collection may be sent twice: reads, a write that If-Match guards, and actions whose goal is a
    state. A 429 is waited out as long as the deadline allows, however often it comes.
    """

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def send(self, request: Any) -> Any:
        failures = 0
        options = request.context.options
        options.setdefault("connection_timeout", CONNECT_TIMEOUT)
        while True:
            options["read_timeout"] = max(min(READ_TIMEOUT, self._deadline.remaining()), CONNECT_TIMEOUT)
            try:
                response = self.next.send(request)
            except (ServiceRequestError, ServiceResponseError, IncompleteReadError) as exc:
                pause = BACKOFF * 2**failures
                if failures >= RETRIES or _untrusted(exc) or pause > self._deadline.remaining():
                    raise
            else:
                status = response.http_response.status_code
                given = retry_after(response.http_response.headers)
                if status == 429:
                    pause = given or THROTTLE_WAIT
                elif status in PASSING and failures < RETRIES:
                    pause = given or BACKOFF * 2**failures
                else:
                    return response
                if pause > self._deadline.remaining():
                    return response
                failures -= status == 429
            failures += 1
            request.context.transport.sleep(pause)


class Operation:
    """A long-running operation that was accepted. `started_at` is the server's time of that, in ISO 8601."""

    def __init__(self, poller: Any, attempted: str, deadline: Deadline, started_at: str | None) -> None:
        self._poller = poller
        self._attempted = attempted
        self._deadline = deadline
        self.started_at = started_at

    def wait(self) -> None:
        """Wait for the end of it. Raises OperationFailed, Preempted, or WaitTimeout at the deadline."""
        with _speaking(self._attempted):
            self._poller.wait(self._deadline.remaining())
        if not self._poller.done():
            raise WaitTimeout(
                f"Could not {self._attempted} within {self._deadline.seconds:.0f} seconds: "
                "the operation is still running",
                advice="It goes on in Azure. Raise wait_timeout, or look again with azroll.vmss.vmss_instance_facts.",
                attempted=self._attempted,
            )


class Arm:
    """Azure Resource Manager, as far as rollouts need it. Errors are those of `_errors`."""

    def __init__(self, make_client: Callable[..., Any], subscription_id: str, deadline: Deadline) -> None:
        self._make_client = make_client
        self._clients: dict[str, Any] = {}
        self._deadline = deadline
        self.subscription_id = subscription_id
        # The time of the service's last answer: reports of health are compared on Azure's own clock.
        self.server_time: str | None = None

    def close(self) -> None:
        """Let go of the connections."""
        for client in self._clients.values():
            client.close()

    # Scale sets

    def get_scale_set(self, resource_group: str, name: str) -> ScaleSet:
        """The model. Raises NotFound where there is no such set, group or subscription."""
        return ScaleSet.from_wire(self.scale_set_document(resource_group, name), resource_group=resource_group)

    def scale_set_document(self, resource_group: str, name: str) -> Json:
        """The model as Azure sent it. Raises NotFound where there is no such set, group or subscription."""
        body: Json = self._get(
            self._client().virtual_machine_scale_sets.get,
            f"read scale set {name} of resource group {resource_group}",
            resource_group,
            name,
        )
        return body

    def patch_scale_set(self, scale_set: ScaleSet, body: Mapping[str, Any]) -> Operation:
        """Write only what `body` names, and only if nobody else wrote since `scale_set` was read (else Conflict)."""
        headers = {"If-Match": scale_set.etag} if scale_set.etag else {}
        return self._begin(
            self._client().virtual_machine_scale_sets.begin_update,
            f"write the model of scale set {scale_set.name}",
            scale_set.resource_group,
            scale_set.name,
            _bytes(body),
            headers=headers,
        )

    def upgrade_instances(self, scale_set: ScaleSet, instance_ids: Sequence[str], *, follow: bool) -> Operation:
        """Start to bring these instances, and no others, to the latest model (`manualupgrade`).

        Without `follow` the operation is not looked at any more, and must not be waited for.
        """
        if not instance_ids:
            raise ValueError("An upgrade needs instance ids")
        return self._begin(
            self._client().virtual_machine_scale_sets.begin_update_instances,
            f"upgrade {len(instance_ids)} instances of scale set {scale_set.name}",
            scale_set.resource_group,
            scale_set.name,
            _bytes({"instanceIds": list(instance_ids)}),
            polling=follow,
        )

    def list_instances(self, scale_set: ScaleSet) -> list[Instance]:
        """All instances with their instance views, in no particular order (pages split by text, recorded)."""
        return [Instance.from_wire(entry) for entry in self.instance_documents(scale_set)]

    def instance_documents(self, scale_set: ScaleSet) -> list[Json]:
        """The same as Azure sent it.

        The virtual machines of a Flexible set are resources of their own: its own list holds no properties (recorded).
        """
        attempted = f"list the instances of scale set {scale_set.name}"
        client = self._client()
        if scale_set.flexible:
            return self._entries(
                client.virtual_machines.list,
                attempted,
                scale_set.resource_group,
                filter=f"'virtualMachineScaleSet/id' eq '{scale_set.id}'",
                expand="instanceView",
            )
        return self._entries(
            client.virtual_machine_scale_set_vms.list,
            attempted,
            scale_set.resource_group,
            scale_set.name,
            expand="instanceView",
        )

    def rolling_upgrade(self, scale_set: ScaleSet) -> str | None:
        """The status code of the last rolling upgrade (`RollingForward`, `Completed`, ...), None if there was none."""
        try:
            body = self._get(
                self._client().virtual_machine_scale_set_rolling_upgrades.get_latest,
                f"read the rolling upgrade of scale set {scale_set.name}",
                scale_set.resource_group,
                scale_set.name,
            )
        except NotFound:
            return None
        except VmssError as error:
            if scale_set.flexible and error.fault.status in (400, 409):
                return None
            raise
        status = (body.get("properties") or {}).get("runningStatus") or {}
        return str(status["code"]) if status.get("code") else None

    def repairs_state(self, scale_set: ScaleSet) -> str | None:
        """`Running`, `Suspended` or `NotRunning`; None where the set does not tell of automatic repairs."""
        body = self._get(
            self._client().virtual_machine_scale_sets.get_instance_view,
            f"read the state of automatic repairs of scale set {scale_set.name}",
            scale_set.resource_group,
            scale_set.name,
        )
        for service in body.get("orchestrationServices") or []:
            if str(service.get("serviceName") or "").lower() == "automaticrepairs":
                return str(service.get("serviceState") or "") or None
        return None

    def set_repairs(self, scale_set: ScaleSet, action: str) -> Operation:
        """`Suspend` or `Resume` automatic repairs."""
        return self._begin(
            self._client().virtual_machine_scale_sets.begin_set_orchestration_service_state,
            f"{action.lower()} the automatic repairs of scale set {scale_set.name}",
            scale_set.resource_group,
            scale_set.name,
            _bytes({"serviceName": "AutomaticRepairs", "action": action}),
        )

    # Images

    def platform_versions(self, location: str, publisher: str, offer: str, sku: str) -> list[str]:
        """The versions of a platform image in a region, unordered. The answer is a bare list (recorded)."""
        entries = self._get(
            self._client().virtual_machine_images.list,
            f"list the versions of image {publisher}:{offer}:{sku} in {location}",
            location,
            publisher,
            offer,
            sku,
        )
        return [str(entry["name"]) for entry in entries]

    def managed_image(self, subscription_id: str, resource_group: str, name: str) -> Json:
        """A managed image, as on the wire."""
        image: Json = self._get(
            self._client(subscription_id).images.get, f"read managed image {name}", resource_group, name
        )
        return image

    def gallery_version(self, subscription_id: str, path: tuple[str, str, str], version: str) -> Json:
        """A version of a gallery image with its replication; `path` is resource group, gallery and definition."""
        body: Json = self._get(
            self._client(subscription_id).gallery_image_versions.get,
            f"read version {version} of gallery image {'/'.join(path[1:])}",
            *path,
            version,
            expand="ReplicationStatus",
            api_version=GALLERY_API,
        )
        return body

    def gallery_versions(self, subscription_id: str, path: tuple[str, str, str]) -> list[Json]:
        """All versions of a gallery image; `path` is resource group, gallery and definition."""
        return self._entries(
            self._client(subscription_id).gallery_image_versions.list_by_gallery_image,
            f"list the versions of gallery image {'/'.join(path[1:])}",
            *path,
            api_version=GALLERY_API,
        )

    def shared_gallery_versions(self, location: str, gallery: str, definition: str) -> list[Json]:
        """The versions of an image of a directly shared gallery that a region has."""
        return self._entries(
            self._client().shared_gallery_image_versions.list,
            f"list the versions of shared image {gallery}/{definition} in {location}",
            location,
            gallery,
            definition,
            api_version=GALLERY_API,
        )

    def community_gallery_versions(self, location: str, gallery: str, definition: str) -> list[Json]:
        """The versions of an image of a community gallery that a region has."""
        return self._entries(
            self._client().community_gallery_image_versions.list,
            f"list the versions of community image {gallery}/{definition} in {location}",
            location,
            gallery,
            definition,
            api_version=GALLERY_API,
        )

    # How it is asked

    def _client(self, subscription_id: str | None = None) -> Any:
        key = (subscription_id or self.subscription_id).lower()
        if key not in self._clients:
            self._clients[key] = self._make_client(subscription_id or self.subscription_id, self._note_time)
        return self._clients[key]

    def _note_time(self, response: Any) -> None:
        self.server_time = _server_time(response) or self.server_time

    def _get(self, call: Callable[..., Any], attempted: str, *args: str, **kwargs: Any) -> Any:
        with _speaking(attempted):
            return call(*args, cls=_raw, **{"api_version": COMPUTE_API, **kwargs})

    def _pages(self, call: Callable[..., Any], attempted: str, *args: str, **kwargs: Any) -> list[Json]:
        attempts = 0
        while True:
            attempts += 1
            answers: list[Any] = []
            try:
                with _speaking(attempted):
                    options = {"api_version": COMPUTE_API, **kwargs}
                    for _entry in call(*args, raw_response_hook=self._keep(answers), **options):
                        pass
                    return [answer.json() for answer in answers]
            except VmssError as error:
                # A continuation token can go stale while the set changes: then the list starts over.
                if attempts == LIST_ATTEMPTS or not stale_page(error.fault):
                    raise

    def _keep(self, answers: list[Any]) -> Callable[[Any], None]:
        def keep(response: Any) -> None:
            self._note_time(response)
            if response.http_response.status_code == 200:
                answers.append(response.http_response)

        return keep

    def _entries(self, call: Callable[..., Any], attempted: str, *args: str, **kwargs: Any) -> list[Json]:
        return [entry for page in self._pages(call, attempted, *args, **kwargs) for entry in page.get("value") or []]

    def _begin(self, call: Callable[..., Any], attempted: str, *args: Any, **kwargs: Any) -> Operation:
        times: list[str | None] = []

        def note(response: Any) -> None:
            self._note_time(response)
            if response.http_response.status_code < 300:
                times.append(_server_time(response))

        with _speaking(attempted):
            poller = call(
                *args,
                raw_response_hook=note,
                content_type="application/json",
                **{"api_version": COMPUTE_API, **kwargs},
            )
        return Operation(poller, attempted, self._deadline, times[0] if times else None)


def connect(settings: Settings, deadline: Deadline, *, credential: Any = None, transport: Any = None) -> Arm:
    """A wire to Azure by these settings. `credential` and `transport` are for tests.

    Raises MissingLibrary, CredentialError, BadInput for settings that cannot be meant, and ConnectionFailed where a
    private cloud does not describe itself. Nothing else is asked yet: the first request logs in.
    """
    if MISSING is not None:
        raise _missing(MISSING)
    login = choose_login(settings, os.environ)
    settings = login.settings
    if not settings.subscription_id:
        raise CredentialError(
            "No subscription is known",
            advice="Set subscription_id, or AZURE_SUBSCRIPTION_ID in the environment.",
        )
    options: Json = {"connection_verify": False} if settings.cert_validation_mode == "ignore" else {}
    if transport is not None:
        options["transport"] = transport
    cloud = _find_cloud(settings.cloud_environment or DEFAULT_CLOUD, deadline, options)
    chosen = credential or _credential(login, cloud, options)

    def make_client(subscription_id: str, note: Callable[[Any], None]) -> Any:
        return ComputeManagementClient(
            chosen,
            subscription_id,
            base_url=cloud.resource_manager,
            credential_scopes=[cloud.scope],
            retry_policy=_Retry(deadline),
            polling_interval=POLL_INTERVAL,
            raw_response_hook=note,
            user_agent="ansible-azroll.vmss",
            **options,
        )

    return Arm(make_client, settings.subscription_id, deadline)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait: a number, or the time until a date."""
    text = headers.get("Retry-After")
    if not text:
        return None
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(text) - datetime.now(timezone.utc)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def _missing(error: ImportError) -> MissingLibrary:
    name = (error.name or "").lower()
    library = "azure-identity" if name.startswith(("azure.identity", "msal")) else "azure-mgmt-compute"
    return MissingLibrary(
        library,
        advice="Install both libraries: pip install 'azure-mgmt-compute>=33.0.0,<40' 'azure-identity>=1.16.1,<2'.",
    )


def _find_cloud(name: str, deadline: Deadline, options: Json) -> Cloud:
    cloud = known_cloud(name)
    if cloud is not None:
        return cloud
    url = metadata_url(name)
    with (
        _speaking(f"read the cloud's metadata from {url}"),
        PipelineClient(base_url=url, policies=[_Retry(deadline)], **options) as client,
    ):
        answer = client.send_request(HttpRequest("GET", url))
        answer.raise_for_status()
        body = answer.text()
    return parse_metadata(body, url)


def _credential(login: Login, cloud: Cloud, options: Json) -> Any:
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


def _raw(response: Any, _model: Any, _headers: Any) -> Any:
    return response.http_response.json()


def _bytes(body: Mapping[str, Any]) -> bytes:
    # The only form that every release of the SDK sends as it is, nulls and unknown keys included.
    return json.dumps(body).encode()


def _server_time(response: Any) -> str | None:
    text = response.http_response.headers.get("Date")
    try:
        return parsedate_to_datetime(text).astimezone(timezone.utc).isoformat() if text else None
    except (TypeError, ValueError):
        return None


@contextmanager
def _speaking(attempted: str) -> Iterator[None]:
    """Turn the SDK's errors into ours."""
    try:
        yield
    except AzureError as exc:
        raise _error(exc, attempted) from exc
    except OSError as exc:
        raise _no_connection(exc, attempted) from exc


def _error(exc: AzureError, attempted: str) -> VmssError:
    # A login that gets no answer comes wrapped as an authentication error.
    if not isinstance(exc, CredentialUnavailableError) and any(_unanswered(one) for one in _causes(exc)):
        return _no_connection(exc, attempted)
    fault = _fault(exc)
    if isinstance(exc, ClientAuthenticationError) and not (fault.status == 401 and fault.code):
        return CredentialError(
            f"Could not log in to Azure: {_plain(exc.message)}",
            advice="Check tenant, client_id and secret (AZURE_TENANT, AZURE_CLIENT_ID, AZURE_SECRET), that the secret "
            "has not expired, and cloud_environment; or log in with 'az login'.",
            attempted=attempted,
        )
    if isinstance(exc, DecodeError) or not isinstance(exc, HttpResponseError):
        return ServiceError(
            f"Could not {attempted}: Azure's answer could not be read ({_plain(str(exc))})",
            advice="Run again.",
            attempted=attempted,
            fault=fault,
        )
    if fault.status is not None and fault.status < 400:
        return failed_operation(fault, attempted)
    headers = getattr(exc.response, "headers", {})
    return refusal(fault, attempted, retry_after=retry_after(headers))


def _fault(exc: BaseException) -> ArmFault:
    response = getattr(exc, "response", None)
    if response is None:
        return ArmFault(message=_plain(str(exc)))
    try:
        body = response.text()
    except AzureError:
        body = ""
    return read_fault(body, status=response.status_code, request_id=response.headers.get("x-ms-request-id"))


def _causes(exc: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = exc
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _unanswered(exc: BaseException) -> bool:
    # requests raises a bare OSError where REQUESTS_CA_BUNDLE names no file.
    bundle = isinstance(exc, OSError) and "TLS CA certificate bundle" in str(exc)
    return bundle or isinstance(exc, (ServiceRequestError, ServiceResponseError))


def _untrusted(exc: BaseException) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(exc)


def _no_connection(exc: BaseException, attempted: str) -> ConnectionFailed:
    if any(_untrusted(one) for one in _causes(exc)):
        return ConnectionFailed(
            f"Could not {attempted}: the server's TLS certificate is not trusted ({_plain(str(exc))})",
            advice="Where a private authority signed it (Azure Stack, a proxy), name its certificate file in the "
            "environment variable REQUESTS_CA_BUNDLE.",
            attempted=attempted,
        )
    return ConnectionFailed(
        f"Could not {attempted}: no connection to Azure ({_plain(str(exc))})",
        advice="Check the network, the name resolution, the proxy (HTTPS_PROXY), REQUESTS_CA_BUNDLE and "
        "cloud_environment.",
        attempted=attempted,
    )


def _plain(text: str) -> str:
    # Addresses of operations are signed in their query: it never goes into a message.
    return _QUERY.sub("?...", " ".join(text.split()))[:1000].rstrip(".")
