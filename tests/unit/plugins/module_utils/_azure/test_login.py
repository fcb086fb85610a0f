# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._azure import client as azure_client
from ansible_collections.azroll.vmss.plugins.module_utils._azure.credentials import Settings, choose_login
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import (
    BadInput,
    ConnectionFailed,
    CredentialError,
    VmssError,
)
from ansible_collections.azroll.vmss.tests.unit.wire import SUBSCRIPTION_ID, WEB, Clock, Exchange, Wire, get, model

LOGIN = "https://login.microsoftonline.com"
STACK = "https://management.stack.example"
STACK_LOGIN = "https://login.stack.example"
AUDIENCE = "https://management.stack.example/audience"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own: no profiles, no identity."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AZURE_CONFIG_DIR", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


def settings(**more: Any) -> Settings:
    return Settings(
        **{"subscription_id": SUBSCRIPTION_ID, "tenant": "t-1", "client_id": "app", "secret": "very-secret", **more}
    )


def login(
    authority: str = LOGIN, tenant: str = "t-1", scope: str = "https://management.azure.com/.default"
) -> list[Exchange]:
    """What a login with a client secret asks, and nothing of anybody else."""
    base = f"/{tenant}" if tenant == "adfs" else f"/{tenant}/v2.0"
    token = f"/{tenant}/oauth2/token" if tenant == "adfs" else f"/{tenant}/oauth2/v2.0/token"
    document = {
        "authorization_endpoint": f"{authority}/authorize",
        "token_endpoint": f"{authority}{token}",
        "issuer": f"{authority}/{tenant}",
    }
    return [
        get(f"{base}/.well-known/openid-configuration", document, api="", host=authority),
        Exchange(
            "POST", token, {"access_token": "a", "expires_in": 3600, "token_type": "Bearer"}, api="", host=authority
        ),
    ]


def read_model(chosen: Settings, *script: Exchange) -> None:
    clock = Clock()
    wire = Wire(script, clock)
    deadline = Deadline(600, monotonic=clock.monotonic, sleep=clock.sleep)
    try:
        azure_client.connect(choose_login(chosen, os.environ), deadline, transport=wire).get_scale_set("rg-shop", "web")
    finally:
        wire.check()


def refused(chosen: Settings, *script: Exchange) -> VmssError:
    with pytest.raises(VmssError) as caught:
        read_model(chosen, *script)
    assert "very-secret" not in str(caught.value)
    assert "very-secret" not in str(caught.value.to_dict())
    return caught.value


def test_a_service_principal_logs_in() -> None:
    read_model(settings(), *login(), get(WEB, model()))


@pytest.mark.parametrize(
    ("name", "authority", "host"),
    [
        ("AzureUSGovernment", "https://login.microsoftonline.us", "https://management.usgovcloudapi.net"),
        ("azurechinacloud", "https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn"),
    ],
)
def test_sovereign_clouds(name: str, authority: str, host: str) -> None:
    read_model(settings(cloud_environment=name), *login(authority), get(WEB, model(), host=host))


def entry(**more: Any) -> dict[str, Any]:
    authentication = {"loginEndpoint": f"{STACK_LOGIN}/", "audiences": [AUDIENCE], **more}
    return {"name": "Stack", "resourceManager": f"{STACK}/", "authentication": authentication}


PUBLIC = {
    "name": "AzureCloud",
    "resourceManager": "https://management.azure.com/",
    "authentication": {"loginEndpoint": LOGIN, "audiences": ["https://management.azure.com"]},
}


@pytest.mark.parametrize(
    ("address", "version", "document"),
    [
        (STACK, "2015-01-01", {"authentication": entry()["authentication"], "galleryEndpoint": "https://gallery"}),
        (f"{STACK}/metadata/endpoints?api-version=2020-06-01", "2020-06-01", [PUBLIC, entry()]),
        (f"{STACK}/metadata/endpoints?api-version=2022-09-01", "2022-09-01", entry()),
    ],
)
def test_a_private_cloud_describes_itself_and_nobody_else_is_asked(address: str, version: str, document: Any) -> None:
    metadata = get("/metadata/endpoints", document, host=STACK, api=version)
    script = [metadata, *login(STACK_LOGIN), get(WEB, model(), host=STACK)]
    read_model(settings(cloud_environment=address), *script)


def test_a_private_cloud_with_ad_fs() -> None:
    document = entry(loginEndpoint=f"{STACK_LOGIN}/adfs", identityProvider="ADFS")
    metadata = get("/metadata/endpoints", document, host=STACK, api="2015-01-01")
    script = [metadata, *login(STACK_LOGIN, "adfs"), get(WEB, model(), host=STACK)]
    read_model(settings(cloud_environment=STACK, tenant="whatever"), *script)


@pytest.mark.parametrize(
    "answer", [{}, [], "<html/>", {"authentication": {"loginEndpoint": "http://x", "audiences": ["y"]}}]
)
def test_an_address_that_describes_no_cloud(answer: Any) -> None:
    metadata = get("/metadata/endpoints", answer, host=STACK, api="2015-01-01")
    caught = refused(settings(cloud_environment=STACK), metadata)
    assert isinstance(caught, ConnectionFailed)
    assert "cloud_environment" in caught.advice


@pytest.mark.parametrize("name", ["AzureStack", "http://management.stack.example", "https://"])
def test_a_cloud_that_cannot_be_meant(name: str) -> None:
    assert isinstance(refused(settings(cloud_environment=name)), BadInput)


def test_a_tenant_that_cannot_be_one() -> None:
    assert isinstance(refused(settings(tenant="no tenant")), CredentialError)


def test_no_subscription() -> None:
    caught = refused(settings(subscription_id=None))
    assert isinstance(caught, CredentialError)
    assert "AZURE_SUBSCRIPTION_ID" in caught.advice


def test_a_managed_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", "https://identity.example/token")
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    token = get(
        "/token",
        {"access_token": "a", "expires_on": "4102444800", "resource": "r", "token_type": "Bearer"},
        api="2019-08-01",
        host="https://identity.example",
        query={"resource": "https://management.azure.com", "client_id": "app"},
    )
    read_model(settings(secret=None, auth_source="msi"), token, get(WEB, model()))


def test_a_workload_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("assertion")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    read_model(settings(secret=None), login()[1], get(WEB, model()))
