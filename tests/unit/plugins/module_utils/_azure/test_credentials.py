# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azroll.vmss.plugins.module_utils._azure.credentials import (
    CLI,
    MANAGED,
    SECRET,
    WORKLOAD,
    Settings,
    choose_login,
)
from ansible_collections.azroll.vmss.plugins.module_utils._common.errors import CredentialError

PRINCIPAL = {"tenant": "t", "client_id": "c", "secret": "s"}
PROFILES = """
[default]
subscription_id = sub-default
client_id = app-default
secret = s%cret
tenant = t-default

[prod]
subscription_id=sub-prod
client_id=app-prod
secret=p
tenant=t-prod
cloud_environment=AzureChinaCloud

[half]
client_id=app
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".azure").mkdir()
    return tmp_path


def choose(home: Path, environ: dict[str, str] | None = None, **options: Any) -> Any:
    return choose_login(Settings(**options), {"HOME": str(home), **(environ or {})})


def write_profiles(home: Path, text: str = PROFILES) -> None:
    (home / ".azure" / "credentials").write_text(text)


def test_the_options_by_their_names() -> None:
    settings = Settings.from_options({**PRINCIPAL, "auth_source": "", "resource_group": "rg"})
    assert settings == Settings(**PRINCIPAL)
    assert "'s'" not in repr(settings)


def test_auto_takes_a_client_secret_before_anything_that_lies_about(home: Path) -> None:
    write_profiles(home)
    login = choose(home, {"AZURE_FEDERATED_TOKEN_FILE": "/f", "IDENTITY_ENDPOINT": "x"}, **PRINCIPAL)
    assert (login.method, login.settings.client_id) == (SECRET, "c")


def test_auto_takes_the_named_profile_before_the_options(home: Path) -> None:
    write_profiles(home)
    login = choose(home, profile="prod", subscription_id="other", **PRINCIPAL)
    assert login.method == SECRET
    assert (login.settings.client_id, login.settings.subscription_id) == ("app-prod", "sub-prod")
    assert login.settings.cloud_environment == "AzureChinaCloud"


def test_auto_takes_a_workload_identity(home: Path) -> None:
    login = choose(home, {"AZURE_FEDERATED_TOKEN_FILE": "/f"}, tenant="t", client_id="c")
    assert (login.method, login.token_file) == (WORKLOAD, "/f")


def test_auto_takes_the_default_profile_then_an_identity_then_the_cli(home: Path) -> None:
    environ = {"IDENTITY_ENDPOINT": "http://x"}
    assert choose(home).method == CLI
    assert choose(home, environ, client_id="mine").method == MANAGED
    write_profiles(home)
    login = choose(home, environ)
    assert (login.method, login.settings.secret) == (SECRET, "s%cret")


@pytest.mark.parametrize(
    ("source", "method"), [("msi", MANAGED), ("cli", CLI), ("env", SECRET), ("credential_file", SECRET)]
)
def test_a_source_that_is_asked_for(home: Path, source: str, method: str) -> None:
    write_profiles(home)
    assert choose(home, auth_source=source, **PRINCIPAL).method == method


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"secret": "s"}, "tenant, client_id"),
        ({"secret": "s", "client_id": "c"}, "tenant"),
        ({"auth_source": "env"}, "tenant, client_id, secret"),
        ({"profile": "half"}, "tenant, secret"),
    ],
)
def test_half_a_service_principal_is_an_error(home: Path, options: dict[str, str], missing: str) -> None:
    write_profiles(home)
    with pytest.raises(CredentialError, match=rf"lack {missing}\. ") as caught:
        choose(home, **options)
    assert "az login" in caught.value.advice


def test_profiles_that_cannot_be_read(home: Path) -> None:
    with pytest.raises(CredentialError, match="cannot be read"):
        choose(home, profile="prod")
    write_profiles(home, "no section = 1")
    with pytest.raises(CredentialError, match="not a valid ini file"):
        choose(home, profile="prod")
    write_profiles(home)
    with pytest.raises(CredentialError, match="no profile 'test'") as caught:
        choose(home, profile="test")
    assert "default, prod, half" in caught.value.advice


def test_the_subscription_of_the_azure_cli(home: Path) -> None:
    text = '{"subscriptions": [{"id": "sub-1"}, {"id": "sub-2", "isDefault": true}]}'
    (home / ".azure" / "azureProfile.json").write_text(text, encoding="utf-8-sig")
    assert choose(home).settings.subscription_id == "sub-2"
    assert choose(home, subscription_id="mine").settings.subscription_id == "mine"
    assert choose(home, {"AZURE_CONFIG_DIR": str(home)}).settings.subscription_id is None
    (home / "azureProfile.json").write_text('{"subscriptions": []}')
    assert choose(home, {"AZURE_CONFIG_DIR": str(home)}).settings.subscription_id is None
