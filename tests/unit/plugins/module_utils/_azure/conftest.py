# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

"""A client of Azure on the scripted wire, with a login that is always good, or with a real one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._azure import client
from ansible_collections.azroll.vmss.plugins.module_utils._azure.credentials import Settings, choose_login
from ansible_collections.azroll.vmss.plugins.module_utils._common.deadline import Deadline
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import VmssError
from ansible_collections.azroll.vmss.tests.unit.builders import scale_set
from ansible_collections.azroll.vmss.tests.unit.wire import SUBSCRIPTION_ID, WEB, Clock, Exchange, Token, Wire, get

SETTINGS = Settings(subscription_id=SUBSCRIPTION_ID, tenant="t", client_id="c", secret="very-secret")
LOGIN = "https://login.microsoftonline.com"
SET = scale_set(id=WEB, name="web", resource_group="rg-shop")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def connect(clock: Clock, *script: Exchange, seconds: float = 600) -> tuple[client.Arm, Wire]:
    """The client, and the wire whose script it has to play."""
    wire = Wire(script, clock)
    deadline = Deadline(seconds, monotonic=clock.monotonic, sleep=clock.sleep)
    return client.connect(choose_login(SETTINGS, {}), deadline, credential=Token(), transport=wire), wire


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own: no profiles, no identity."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AZURE_CONFIG_DIR", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


def settings(**more: Any) -> Settings:
    """Those of a service principal, but for what a test says."""
    return Settings(
        **{"subscription_id": SUBSCRIPTION_ID, "tenant": "t-1", "client_id": "app", "secret": "very-secret", **more}
    )


class Including(dict[str, str]):
    """What is equal to anything that has these fields: releases of the login library send others besides."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and self.items() <= other.items()

    __hash__ = None


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
    answer = {"access_token": "a", "expires_in": 3600, "token_type": "Bearer"}
    return [
        get(f"{base}/.well-known/openid-configuration", document, api="", host=authority),
        Exchange("POST", token, answer, sends=Including(scope=scope), api="", host=authority),
    ]


def read_model(chosen: Settings, *script: Exchange) -> None:
    """Log in and read the model; the script has to be played whole."""
    clock = Clock()
    wire = Wire(script, clock)
    deadline = Deadline(600, monotonic=clock.monotonic, sleep=clock.sleep)
    try:
        client.connect(choose_login(chosen, os.environ), deadline, transport=wire).get_scale_set("rg-shop", "web")
    finally:
        wire.check()


def refused_login(chosen: Settings, *script: Exchange) -> VmssError:
    """The error that it ends in, which shows no secret."""
    with pytest.raises(VmssError) as caught:
        read_model(chosen, *script)
    assert "very-secret" not in str(caught.value)
    assert "very-secret" not in str(caught.value.to_dict())
    return caught.value
