# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How clients come in: TLS, metadata, login, tokens, permissions."""

from __future__ import annotations

import ssl
import time
import urllib.request

import pytest

from .test_wire import error

PLAIN = """
version: 1
principal: {PRINCIPAL}
images:
  platform:
    - {publisher: p, offer: o, sku: s, versions: [{version: 1.0.0}, {version: 1.0.1}]}
resource_groups: [{name: rg-shop, location: westeurope}]
scale_sets:
  - {name: web, resource_group: rg-shop, capacity: 2, image: {publisher: p, offer: o, sku: s, version: 1.0.0}}
"""


def test_the_certificate_passes_strict_verification_on_each_loopback_name(client):
    context = ssl.create_default_context(cafile=client.ready["ca_file"])
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    for base in (client.ready["base_url"], client.ready["base_url"].replace("127.0.0.1", "localhost")):
        with opener.open(f"{base}/metadata/endpoints?api-version=2022-09-01", timeout=10) as answer:
            assert f'"{base}"'.encode() in answer.read().replace(b" ", b"")


def test_the_ca_file_holds_one_certificate_and_nothing_else(client):
    with open(client.ready["ca_file"], encoding="ascii") as file:
        text = file.read().strip()
    assert text.startswith("-----BEGIN CERTIFICATE-----")
    assert text.endswith("-----END CERTIFICATE-----")
    assert text.count("BEGIN") == 1


@pytest.mark.parametrize(
    ("version", "shape"),
    [("2015-01-01", "flat"), ("2019-05-01", "array"), ("2020-06-01", "array"), ("2022-09-01", "object")],
)
def test_metadata_has_the_shape_of_its_api_version(client, version, shape):
    base = client.ready["base_url"]
    body = client.http.get(f"{base}/metadata/endpoints?api-version={version}", timeout=10).json()
    if shape == "array":
        (body,) = body
    assert body["authentication"]["loginEndpoint"] == base
    assert body["authentication"]["audiences"] == [base]
    assert (body.get("resourceManager") == base) is (shape != "flat")
    assert ("suffixes" in body) is (shape != "flat")


def test_metadata_without_api_version_is_refused(client):
    answer = client.http.get(f"{client.ready['base_url']}/metadata/endpoints", timeout=10)
    assert error(answer) == (400, "MissingApiVersionParameter")


def test_discovery_leads_to_the_token_endpoint(client):
    tenant = f"{client.ready['base_url']}/{client.ready['tenant_id']}"
    v2 = client.http.get(f"{tenant}/v2.0/.well-known/openid-configuration", timeout=10).json()
    assert v2["token_endpoint"] == f"{tenant}/oauth2/v2.0/token"
    assert v2["issuer"] == f"{tenant}/v2.0"
    adfs = client.http.get(f"{client.ready['base_url']}/adfs/.well-known/openid-configuration", timeout=10).json()
    assert adfs["token_endpoint"] == f"{client.ready['base_url']}/adfs/oauth2/token"


@pytest.mark.parametrize("path", ["{tenant_id}/oauth2/token", "adfs/oauth2/token", "{tenant_id}/oauth2/v2.0/token"])
def test_every_token_endpoint_gives_a_token_that_opens_the_door(client, path):
    form = {
        "grant_type": "client_credentials",
        "client_id": client.ready["client_id"],
        "client_secret": client.ready["client_secret"],
    }
    address = f"{client.ready['base_url']}/{path.format(**client.ready)}"
    body = client.http.post(address, data=form, timeout=10).json()
    assert int(body["expires_in"]) == 3599
    authorization = {"Authorization": f"Bearer {body['access_token']}"}
    assert client.get(client.web, headers=authorization).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "status", "oauth", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "somebody"}, 400, "unauthorized_client", 700016),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"tenant": "11111111-1111-1111-1111-111111111111"}, 400, "invalid_request", 90002),
    ],
)
def test_a_wrong_login_is_refused_with_its_number(client, wrong, status, oauth, number):
    answer = client.login(**wrong)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, oauth, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")


@pytest.mark.parametrize(
    ("headers", "code"),
    [({"Authorization": None}, "AuthenticationFailed"), ({"Authorization": "Bearer x"}, "InvalidAuthenticationToken")],
)
def test_without_a_token_of_ours_a_call_is_unauthenticated(client, headers, code):
    refused = client.get(client.web, headers=headers)
    assert error(refused) == (401, code)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


def test_a_token_expires_in_real_time(new_client):
    client = new_client(PLAIN.replace("{PRINCIPAL}", "{token_lifetime: 1}"))
    assert client.get(client.web).status_code == 200
    time.sleep(2.0)
    assert error(client.get(client.web)) == (401, "ExpiredAuthenticationToken")


@pytest.mark.parametrize("denied", ["Microsoft.Compute/virtualMachineScaleSets/write", "microsoft.compute/*/write"])
def test_a_denied_action_is_forbidden_and_named_with_its_scope(new_client, denied):
    client = new_client(PLAIN.replace("{PRINCIPAL}", f'{{denied_actions: ["{denied}"]}}'))
    refused = client.patch_image({"version": "1.0.1"})
    assert error(refused) == (403, "AuthorizationFailed")
    message = refused.json()["error"]["message"]
    assert "'Microsoft.Compute/virtualMachineScaleSets/write'" in message
    assert f"'{client.web}'" in message
    assert client.get(client.web).status_code == 200
    assert client.simulator.ledger()["requests"]["writes"] == 0
