# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Each way to log in that the SDK has for a program: secret, managed identity, workload identity."""

from __future__ import annotations

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import (
    ClientSecretCredential,
    CredentialUnavailableError,
    DefaultAzureCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from .test_flows import GROUP, JSON, NEW, image

STRANGER = "11111111-1111-1111-1111-111111111111"
ARM = "https://management.azure.com/.default"


def opens_the_door(client) -> bool:
    return client.virtual_machine_scale_sets.get(GROUP, "web").name == "web"


@pytest.fixture
def secret(simulator):
    """A service principal's credential in the real tenant, with ``wrong`` in place of what is right."""

    def make(**wrong):
        ready = simulator.ready
        right = {key: ready[key] for key in ("tenant_id", "client_id", "client_secret")}
        return ClientSecretCredential(
            **{**right, **wrong}, authority=ready["authority"], disable_instance_discovery=True
        )

    return make


def test_default_azure_credential_takes_the_secret_by_way_of_tenant_adfs(client):
    assert opens_the_door(client)


def test_a_service_principal_logs_in_to_its_tenant(client_for, secret):
    with secret() as credential:
        assert opens_the_door(client_for(credential))


@pytest.mark.parametrize("by", ["nothing", "client_id", "object_id", "mi_res_id"])
def test_a_managed_identity_of_an_app_service(simulator, client_for, by):
    own = simulator.principal("armsim")
    named = {
        "nothing": {},
        "client_id": {"client_id": own["client_id"]},
        "object_id": {"identity_config": {"object_id": own["object_id"]}},
        "mi_res_id": {"identity_config": {"mi_res_id": own["resource_id"]}},
    }
    with ManagedIdentityCredential(**named[by]) as credential:
        assert opens_the_door(client_for(credential))


@pytest.fixture
def virtual_machine(simulator, monkeypatch):
    """The environment of a program that has a machine's metadata service and nothing else."""
    for name in simulator.environment:
        if name.startswith(("AZURE_", "IDENTITY_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", simulator.ready["pod_identity_authority_host"])


def test_default_azure_credential_finds_the_managed_identity_of_a_virtual_machine(virtual_machine, client_for):
    with DefaultAzureCredential() as credential:
        assert opens_the_door(client_for(credential))


def test_an_unknown_managed_identity_of_an_app_service_is_refused(simulator):
    with (
        ManagedIdentityCredential(client_id=STRANGER) as credential,
        pytest.raises(ClientAuthenticationError) as refused,
    ):
        credential.get_token(ARM)
    assert "No User Assigned or Delegated Managed Identity found" in str(refused.value)


def test_an_unknown_managed_identity_of_a_virtual_machine_is_unavailable(virtual_machine):
    with ManagedIdentityCredential(client_id=STRANGER) as credential, pytest.raises(CredentialUnavailableError):
        credential.get_token(ARM)


@pytest.mark.parametrize("tenant", ["adfs", "its own"])
def test_a_workload_identity(simulator, client_for, tenant):
    tenant = simulator.ready["tenant_id"] if tenant == "its own" else tenant
    with WorkloadIdentityCredential(tenant_id=tenant, disable_instance_discovery=True) as credential:
        assert opens_the_door(client_for(credential))


def test_default_azure_credential_finds_the_workload_identity(client_for, monkeypatch):
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    with DefaultAzureCredential() as credential:
        assert opens_the_door(client_for(credential))


def test_a_workload_identity_of_somebody_else_is_refused(simulator, monkeypatch):
    monkeypatch.setenv("AZURE_CLIENT_ID", simulator.principal("reader")["client_id"])
    with WorkloadIdentityCredential() as credential, pytest.raises(ClientAuthenticationError, match="AADSTS700213"):
        credential.get_token(ARM)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"client_secret": "wrong"}, "AADSTS7000215"),
        ({"client_id": STRANGER}, "AADSTS700016"),
        # The client library asks for the tenant's configuration, and puts its refusal in words of its own.
        ({"tenant_id": STRANGER}, "Unable to get authority configuration"),
    ],
)
def test_a_wrong_login_is_refused(secret, wrong, reason):
    with secret(**wrong) as credential, pytest.raises(ClientAuthenticationError, match=reason):
        credential.get_token(ARM)


def test_a_token_for_another_audience_is_refused(simulator, client_for, secret):
    with secret() as credential:
        client = client_for(_ForGraph(credential))
        with pytest.raises(ClientAuthenticationError) as refused:
            client.virtual_machine_scale_sets.get(GROUP, "web")
    assert refused.value.error.code == "InvalidAuthenticationTokenAudience"


class _ForGraph:
    """A credential that asks for tokens of Microsoft Graph, whatever it is asked for."""

    def __init__(self, credential):
        self._credential = credential

    def get_token(self, *_scopes, **_options):
        return self._credential.get_token("https://graph.microsoft.com/.default")


def test_a_reader_may_read_and_not_write(simulator, client_for, secret):
    reader = simulator.principal("reader")
    with secret(client_id=reader["client_id"], client_secret=reader["client_secret"]) as credential:
        client = client_for(credential)
        assert opens_the_door(client)
        with pytest.raises(HttpResponseError) as denied:
            client.virtual_machine_scale_sets.begin_update(GROUP, "web", image(NEW), content_type=JSON)
    assert (denied.value.status_code, denied.value.error.code) == (403, "AuthorizationFailed")
    assert "'Microsoft.Compute/virtualMachineScaleSets/write'" in denied.value.error.message
