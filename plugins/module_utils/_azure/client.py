# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

# This file is private to the collection and may change without notice.

"""The wire: Azure Resource Manager, as far as rollouts need it.

Everything asks for JSON as Azure sent it and gives domain objects out, so that nothing depends on the SDK's models,
which change between its releases. Reads are plain requests through the SDK's pipeline; long-running operations go by
the SDK, which follows them: bodies go out as bytes, the api-version is pinned per call. Errors are judged by status and
ARM's code. The `_arm*` files are the only ones that know the SDK.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from operator import attrgetter
from typing import Any

from ansible_collections.azroll.vmss.plugins.module_utils._azure import pipeline as azure_pipeline
from ansible_collections.azroll.vmss.plugins.module_utils._azure.clouds import DEFAULT_CLOUD, Cloud
from ansible_collections.azroll.vmss.plugins.module_utils._azure.credentials import Login
from ansible_collections.azroll.vmss.plugins.module_utils._azure.images import ImageReads
from ansible_collections.azroll.vmss.plugins.module_utils._azure.network_and_alerts import HealthReads
from ansible_collections.azroll.vmss.plugins.module_utils._azure.operations import (
    Operation,
    OperationReads,
    server_time,
)
from ansible_collections.azroll.vmss.plugins.module_utils._azure.pace import LIST_TOKENS, Pace, left_of
from ansible_collections.azroll.vmss.plugins.module_utils._azure.pipeline import (
    COMPUTE_API,
    Client,
    Json,
    find_cloud,
    make_credential,
    missing,
    resource_path,
)
from ansible_collections.azroll.vmss.plugins.module_utils._azure.sdk_errors import speaking
from ansible_collections.azroll.vmss.plugins.module_utils._azure.token_cache import TokenCache
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    CredentialError,
    NotFound,
    OperationFailed,
    Outdated,
    Preempted,
    Untrusted,
    VmssError,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.validation import check_subscription, check_tenant
from ansible_collections.azroll.vmss.plugins.module_utils._model.instance import Instance
from ansible_collections.azroll.vmss.plugins.module_utils._model.locks import Lock, locks_of
from ansible_collections.azroll.vmss.plugins.module_utils._model.origin import read_instances
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet

GROUP_API = "2021-04-01"
AUTOSCALE_API = "2022-10-01"
PERMISSIONS_API = "2022-04-01"
LOCKS_API = "2016-09-01"
SUBSCRIPTION_API = "2016-06-01"
_SETTINGS = ("providers", "Microsoft.Insights", "autoscaleSettings")
_PERMISSIONS = ("providers", "Microsoft.Authorization", "permissions")
_LOCKS = ("providers", "Microsoft.Authorization", "locks")


class Arm(HealthReads, OperationReads, ImageReads):
    """Azure Resource Manager, as far as rollouts need it. Errors are those of `_errors`."""

    def __init__(
        self, make_client: Callable[[Callable[[Any], None]], Client], subscription_id: str, deadline: Deadline
    ):
        super().__init__(make_client(self._note_time), subscription_id)
        self._deadline = deadline
        # What is known of the limit of lists.
        self.pace = Pace()
        # The time of the service's last answer: reports of health are compared on Azure's own clock.
        self.server_time: str | None = None
        # Where no instance has ever reported, a caller that accepts that goes by the state of the instances alone.
        self.ignore_health_source = False

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    # Scale sets

    def get_scale_set(self, resource_group: str, name: str) -> ScaleSet:
        """The model. Raises NotFound where there is no such set, group or subscription."""
        return self.to_scale_set(self.scale_set_document(resource_group, name), resource_group)

    def to_scale_set(self, document: Json, resource_group: str) -> ScaleSet:
        """The model of a document, without its health source where that is to be ignored."""
        scale_set = ScaleSet.from_wire(document, resource_group=resource_group)
        return replace(scale_set, health_source=None) if self.ignore_health_source else scale_set

    def scale_set_document(self, resource_group: str, name: str) -> Json:
        """The model as Azure sent it. Raises NotFound where there is no such set, group or subscription."""
        path = self._compute_path(resource_group, "virtualMachineScaleSets", name)
        body: Json = self._get(path, f"read scale set {name} of resource group {resource_group}")
        return body

    def patch_scale_set(self, scale_set: ScaleSet, body: Mapping[str, Any]) -> Operation:
        """Write only what `body` names, and only if nobody else wrote since `scale_set` was read (else Conflict)."""
        headers = {"If-Match": scale_set.etag} if scale_set.etag else {}
        return self._begin(
            "virtual_machine_scale_sets.begin_update",
            f"write the model of scale set {scale_set.name}",
            scale_set,
            body,
            headers=headers,
        )

    def upgrade_instances(self, scale_set: ScaleSet, instance_ids: Sequence[str], *, follow: bool) -> Operation:
        """Start to bring these instances, and no others, to the latest model (`manualupgrade`).

        Without `follow` the operation is not read any more, and must not be waited for.
        """
        if not instance_ids:
            raise ValueError("An upgrade needs instance ids")
        return self._begin(
            "virtual_machine_scale_sets.begin_update_instances",
            f"upgrade {len(instance_ids)} instances of scale set {scale_set.name}",
            scale_set,
            {"instanceIds": list(instance_ids)},
            polling=follow,
        )

    def reimage_instances(self, scale_set: ScaleSet, instance_ids: Sequence[str]) -> Operation:
        """Start to renew the OS disks of these instances, and no others; it must not be waited for."""
        if not instance_ids:
            raise ValueError("A reimage needs instance ids: without them Azure takes all instances")
        return self._begin(
            "virtual_machine_scale_sets.begin_reimage",
            f"reimage {len(instance_ids)} instances of scale set {scale_set.name}",
            scale_set,
            {"instanceIds": list(instance_ids)},
            polling=False,
        )

    def protect_instance(
        self, scale_set: ScaleSet, instance_id: str, *, scale_in: bool, scale_set_actions: bool
    ) -> Operation:
        """Start to write the protection of an instance, and nothing else of it (documented, Uniform sets only).

        A PUT that repeats more of an instance makes its model its own (reported, Azure/azure-cli 30708).
        """
        protection = {"protectFromScaleIn": scale_in, "protectFromScaleSetActions": scale_set_actions}
        return self._begin(
            "virtual_machine_scale_set_vms.begin_update",
            f"write the protection of instance {instance_id} of scale set {scale_set.name}",
            scale_set,
            {"location": scale_set.location, "properties": {"protectionPolicy": protection}},
            instance_id,
        )

    def list_instances(self, scale_set: ScaleSet, include: Collection[str] = ()) -> list[Instance]:
        """All instances with their instance views, in no particular order (pages split by text, recorded).

        Those that were not made from the model are marked as excluded, but for those of `include` (`_model/origin.py`).
        """
        return read_instances(scale_set, self.instance_documents(scale_set), include)

    def instance_documents(self, scale_set: ScaleSet) -> list[Json]:
        """The same as Azure sent it.

        The virtual machines of a Flexible set are resources of their own: its own list holds no properties (recorded).
        """
        query = {"$expand": "instanceView"}
        if scale_set.flexible:
            path = self._compute_path(scale_set.resource_group, "virtualMachines")
            query["$filter"] = f"'virtualMachineScaleSet/id' eq '{scale_set.id}'"
        else:
            path = self._path_of(scale_set, "virtualMachines")
        entries = self._client.entries(path, COMPUTE_API, f"list the instances of scale set {scale_set.name}", query)
        self.pace = replace(self.pace, pages=min(self._client.pages, LIST_TOKENS))
        return entries

    def get_instance(self, scale_set: ScaleSet, instance_id: str, include: Collection[str] = ()) -> Instance | None:
        """One instance with its instance view; None where there is no such one. It draws on no limit of lists."""
        attempted = f"read instance {instance_id} of scale set {scale_set.name}"
        if scale_set.flexible:
            path = self._compute_path(scale_set.resource_group, "virtualMachines", instance_id)
        else:
            path = self._path_of(scale_set, "virtualMachines", instance_id)
        try:
            document = self._client.get(path, COMPUTE_API, attempted, {"$expand": "instanceView"})
        except NotFound:
            return None
        return read_instances(scale_set, [document], include)[0]

    def rolling_upgrade(self, scale_set: ScaleSet) -> str | None:
        """The status code of the last rolling upgrade (`RollingForward`, `Completed`, ...), None if there was none."""
        try:
            body = self._get(
                self._path_of(scale_set, "rollingUpgrades", "latest"),
                f"read the rolling upgrade of scale set {scale_set.name}",
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
        """`Running`, `Suspended` or `NotRunning`; None where the set does not report automatic repairs."""
        body = self._get(
            self._path_of(scale_set, "instanceView"),
            f"read the state of automatic repairs of scale set {scale_set.name}",
        )
        for service in body.get("orchestrationServices") or []:
            if str(service.get("serviceName") or "").lower() == "automaticrepairs":
                return str(service.get("serviceState") or "") or None
        return None

    def set_repairs(self, scale_set: ScaleSet, action: str) -> Operation:
        """`Suspend` or `Resume` automatic repairs."""
        return self._begin(
            "virtual_machine_scale_sets.begin_set_orchestration_service_state",
            f"{action.lower()} the automatic repairs of scale set {scale_set.name}",
            scale_set,
            {"serviceName": "AutomaticRepairs", "action": action},
        )

    # What is around a scale set; the compute SDK does not cover it

    def autoscale_settings(self, resource_group: str) -> list[Json]:
        """The autoscale settings of a resource group, whatever they scale."""
        return self._client.entries(
            self._group_path(resource_group, *_SETTINGS),
            AUTOSCALE_API,
            f"list the autoscale settings of resource group {resource_group}",
        )

    def all_autoscale_settings(self) -> list[Json]:
        """The autoscale settings of the subscription: one may live in another group than what it scales."""
        return self._client.entries(
            resource_path("subscriptions", self.subscription_id, *_SETTINGS),
            AUTOSCALE_API,
            "list the autoscale settings of the subscription",
        )

    def put_autoscale_setting(self, resource_group: str, name: str, body: Mapping[str, Any]) -> Json:
        """Write an autoscale setting as a whole, and return it as it is then; the service knows no condition for it."""
        with writing():
            written: Json = self._client.put(
                self._group_path(resource_group, *_SETTINGS, name),
                AUTOSCALE_API,
                f"write autoscale setting {name} of resource group {resource_group}",
                body,
            )
        return written

    def autoscale_permissions(self, resource_group: str, name: str) -> list[Json]:
        """What the principal may do with an autoscale setting, in the form of `permissions`."""
        return self._client.entries(
            self._group_path(resource_group, *_SETTINGS, name, *_PERMISSIONS),
            PERMISSIONS_API,
            f"read the permissions on autoscale setting {name} of resource group {resource_group}",
        )

    def permissions(self, scale_set: ScaleSet) -> list[Json]:
        """What the principal may do with the set: entries with `actions` and `notActions`, any of which may grant."""
        return self._client.entries(
            self._path_of(scale_set, *_PERMISSIONS),
            PERMISSIONS_API,
            f"read the permissions on scale set {scale_set.name}",
        )

    def locks(self, scale_set: ScaleSet) -> tuple[Lock, ...]:
        """The management locks that hold for the set: its own, and those above it."""
        return self._locks(self._path_of(scale_set), f"read the locks of scale set {scale_set.name}")

    def autoscale_locks(self, resource_group: str, name: str) -> tuple[Lock, ...]:
        """The same for an autoscale setting."""
        path = self._group_path(resource_group, *_SETTINGS, name)
        return self._locks(path, f"read the locks of autoscale setting {name} of resource group {resource_group}")

    def _locks(self, path: str, attempted: str) -> tuple[Lock, ...]:
        return locks_of(path, self._client.entries(path + resource_path(*_LOCKS), LOCKS_API, attempted))

    def subscription_state(self) -> str | None:
        """`Enabled`, `Warned`, `PastDue`, `Disabled` or `Deleted` (documented)."""
        path = resource_path("subscriptions", self.subscription_id)
        body = self._client.get(path, SUBSCRIPTION_API, "read the state of the subscription")
        return str(body.get("state") or "") or None

    def resource_group(self, name: str) -> Json:
        """The resource group; `managedBy` names the resource that owns it, if one does."""
        body: Json = self._client.get(self._group_path(name), GROUP_API, f"read resource group {name}")
        return body

    # How it is asked

    def _get(self, path: str, attempted: str) -> Any:
        return self._client.get(path, COMPUTE_API, attempted)

    def _begin(
        self, method: str, attempted: str, scale_set: ScaleSet, body: Mapping[str, Any], *within: str, **options: Any
    ) -> Operation:
        """`within` leads to what is written inside the scale set."""
        accepted: list[Any] = []

        def note(response: Any) -> None:
            self._note_time(response.http_response)
            if response.http_response.status_code < 300:
                accepted.append(response.http_response)

        call = attrgetter(method)(self._client.compute(self.subscription_id))
        with writing(), speaking(attempted, write=True):
            poller = call(
                scale_set.resource_group,
                scale_set.name,
                *within,
                # The only form that every release of the SDK sends as it is, nulls and unknown keys included.
                json.dumps(body).encode(),
                raw_response_hook=note,
                content_type="application/json",
                api_version=COMPUTE_API,
                **options,
            )
        return Operation(poller, attempted, self._deadline, accepted[0] if accepted else None)

    def _note_time(self, response: Any) -> None:
        self.server_time = server_time(response) or self.server_time
        left = left_of(response.headers.get("x-ms-ratelimit-remaining-resource"))
        if left is not None:
            self.pace = replace(self.pace, left=left, at=self._deadline.now())

    def _path_of(self, scale_set: ScaleSet, *rest: str) -> str:
        return self._compute_path(scale_set.resource_group, "virtualMachineScaleSets", scale_set.name, *rest)


@contextmanager
def writing() -> Iterator[None]:
    """Mark the error of a write that Azure may have received all the same: only a refusal shows that it did nothing."""
    try:
        yield
    except VmssError as error:
        status = error.fault.status or 0
        refused = 400 <= status < 500 and status != 408
        unsent = isinstance(error, (Outdated, CredentialError, Untrusted))
        error.unanswered = not (refused or unsent or isinstance(error, (OperationFailed, Preempted)))
        raise


def connect(login: Login, deadline: Deadline, *, credential: Any = None, transport: Any = None) -> Arm:
    """A wire to Azure by this login. `credential` and `transport` are for tests.

    Raises MissingLibrary, CredentialError, BadInput for settings that cannot be meant, and ConnectionFailed where a
    private cloud does not describe itself. Nothing else is asked yet: the first request logs in.
    """
    if azure_pipeline.MISSING is not None:
        raise missing(azure_pipeline.MISSING)
    settings = login.settings
    if not settings.subscription_id:
        raise CredentialError(
            "No subscription is known",
            advice="Set subscription_id, or AZURE_SUBSCRIPTION_ID in the environment.",
        )
    check_subscription(settings.subscription_id)
    if settings.tenant:
        check_tenant(settings.tenant)
    options: Json = {"connection_verify": False} if settings.cert_validation_mode == "ignore" else {}
    if transport is not None:
        options["transport"] = transport
    cloud = find_cloud(settings.cloud_environment or DEFAULT_CLOUD, deadline, options)
    chosen = credential or _credential(login, cloud, options)

    def make_client(note: Callable[[Any], None]) -> Client:
        return Client(chosen, cloud, deadline, options, note)

    return Arm(make_client, settings.subscription_id, deadline)


def _credential(login: Login, cloud: Cloud, options: Json) -> Any:
    path = login.settings.token_cache
    if path is None:
        return make_credential(login, cloud, options)
    return TokenCache(path, login.owner, lambda: make_credential(login, cloud, options))
