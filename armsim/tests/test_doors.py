# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""How clients come in: TLS, metadata, login, tokens, permissions."""

from __future__ import annotations

import socket
import ssl
import urllib.request

import pytest

from armsim.identity.federation import ASSERTION_TYPE
from armsim.web.managed_identity import APP_SERVICE, IMDS

from .test_wire import error

PLAIN = """
version: 1
principal: {denied_actions: [microsoft.compute/*/write]}
images:
  platform:
    - {publisher: p, offer: o, sku: s, versions: [{version: 1.0.0}, {version: 1.0.1}]}
resource_groups: [{name: rg-shop, location: westeurope}]
scale_sets:
  - {name: web, resource_group: rg-shop, capacity: 2, image: {publisher: p, offer: o, sku: s, version: 1.0.0}}
"""


def loopback_names() -> list[str]:
    """How clients on this machine may call it."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return ["127.0.0.1", "localhost", "[::1]"]
    except OSError:
        return ["127.0.0.1", "localhost"]


def test_the_certificate_passes_strict_verification_on_each_loopback_name(client):
    context = ssl.create_default_context(cafile=client.ready["ca_file"])
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    for name in loopback_names():
        base = client.ready["base_url"].replace("127.0.0.1", name)
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
        ({"client_id": "other"}, 400, "unauthorized_client", 700016),
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


def test_a_denied_action_is_forbidden_and_named_with_its_scope(new_client):
    client = new_client(PLAIN)
    refused = client.patch_image({"version": "1.0.1"})
    assert error(refused) == (403, "DenyAssignmentAuthorizationFailed")
    message = refused.json()["error"]["message"]
    assert "'Microsoft.Compute/virtualMachineScaleSets/write'" in message
    assert f"'{client.web}'" in message
    assert client.get(client.web).status_code == 200
    assert client.simulator.ledger()["requests"]["writes"] == 0


@pytest.mark.parametrize("missing", ["grant_type", "client_id"])
def test_a_login_without_a_parameter_names_it(client, missing):
    answer = client.login(**{missing: ""})
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [900144])
    assert f"'{missing}'" in answer.json()["error_description"]


def test_the_keys_of_the_directory_are_where_discovery_says(client):
    address = f"{client.ready['base_url']}/{client.ready['tenant_id']}/v2.0/.well-known/openid-configuration"
    keys = client.http.get(client.http.get(address, timeout=10).json()["jwks_uri"], timeout=10).json()
    assert [key["use"] for key in keys["keys"]] == ["sig"]


def test_a_malformed_assertion_is_refused(client):
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": "nonsense"}
    answer = client.login(**form)
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (
        401,
        "invalid_client",
        [50027],
    )


def test_an_authorization_that_is_no_bearer_token_is_refused(client):
    refused = client.get(client.web, headers={"Authorization": "Basic eDp5"})
    assert error(refused) == (401, "AuthenticationFailedInvalidHeader")


def test_a_strict_login_must_ask_for_a_default_scope(new_client):
    client = new_client("quickstart", auth="strict")
    assert client.get(client.web).status_code == 200
    assert client.login(scope="").json()["error_codes"] == [900144]
    assert client.login(scope="https://management.azure.com/user_impersonation").json()["error_codes"] == [1002012]


def identity(client, path, headers, **query):
    """Call the managed identity endpoint, over plain HTTP."""
    base = client.ready["pod_identity_authority_host"]
    assert base.startswith("http://127.0.0.1:")
    return client.http.get(f"{base}{path}", params=query, headers=headers, timeout=10)


@pytest.mark.parametrize(
    ("headers", "query", "text"),
    [
        ({}, {}, "Required metadata header not specified"),
        ({"Metadata": "true"}, {}, "Required query variable 'api-version' is missing"),
        ({"Metadata": "true"}, {"api-version": "2018-02-01"}, "Required query variable 'resource' is missing"),
        ({"Metadata": "true"}, {"api-version": "2018-02-01", "resource": "r", "object_id": "x"}, "Identity not found"),
    ],
)
def test_the_metadata_service_refuses_in_its_own_shape(client, headers, query, text):
    answer = identity(client, IMDS, headers, **query)
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_request", "error_description": text}


def test_the_metadata_service_gives_the_token_of_the_identity_that_is_named(client):
    reader = client.ready["principals"][1]
    query = {"api-version": "2018-02-01", "resource": "https://management.azure.com/"}
    for named in (
        {"client_id": reader["client_id"]},
        {"object_id": reader["object_id"]},
        {"mi_res_id": reader["resource_id"]},
    ):
        body = identity(client, IMDS, {"Metadata": "true"}, **query, **named).json()
        assert (body["client_id"], body["resource"]) == (reader["client_id"], query["resource"])
        assert body["expires_in"] == "3599"
        authorization = {"Authorization": f"Bearer {body['access_token']}"}
        assert client.get(client.web, headers=authorization).status_code == 200
        assert error(client.patch_image({"version": "1"}, headers=authorization)) == (403, "AuthorizationFailed")


@pytest.mark.parametrize(
    ("header", "query", "status"),
    [
        ("wrong", {"api-version": "2019-08-01", "resource": "r"}, 401),
        (None, {"resource": "r"}, 400),
        (None, {"api-version": "2019-08-01"}, 400),
        (None, {"api-version": "2017-09-01", "resource": "r"}, 400),
        (None, {"api-version": "2019-08-01", "resource": "r", "client_id": "x"}, 400),
    ],
)
def test_an_app_service_refuses_in_its_own_shape(client, header, query, status):
    answer = identity(client, APP_SERVICE, {"X-IDENTITY-HEADER": header or client.ready["identity_header"]}, **query)
    assert (answer.status_code, answer.json()["statusCode"]) == (status, status)
