# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""Several tenants: logins to each, their subscriptions, and images in a gallery of another one."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from armsim import scenario

from .in_process import HOST, Site

HOME, OTHER = "7e4a0000-0000-4000-8000-000000000001", "7e4a0000-0000-4000-8000-0000000000aa"
THEIRS = "5e5e5e5e-0000-4000-8000-0000000000aa"
IMAGE = f"/subscriptions/{THEIRS}/resourceGroups/rg-images/providers/Microsoft.Compute/galleries/corp/images/web"
SCENARIO = f"""
version: 1
tenants: [{{id: {OTHER}, name: corp, subscriptions: [{THEIRS}]}}]
principal: {{tenants: [{OTHER}]}}
images:
  galleries:
    - name: corp
      resource_group: rg-images
      subscription: {THEIRS}
      location: westeurope
      images:
        - name: web
          versions: [{{version: 1.0.0, regions: [westeurope]}}, {{version: 1.1.0, regions: [westeurope]}}]
resource_groups: [{{name: rg-shop, location: westeurope}}, {{name: rg-images, location: westeurope}}]
scale_sets:
  - {{name: web, resource_group: rg-shop, capacity: 2, image: {{id: {IMAGE}/versions/1.0.0}}}}
"""


@pytest.fixture
def site():
    return Site(scenario.parse(SCENARIO, "tenants.yaml"))


def login(site, tenant, principal=None):
    who = principal or site.spec.principal
    form = {
        "grant_type": "client_credentials",
        "client_id": who.client_id,
        "client_secret": who.client_secret,
        "scope": f"https://{HOST}/.default",
    }
    return site.send("POST", f"/{tenant}/oauth2/v2.0/token", body=urlencode(form).encode(), authorized=False)


def token(site, tenant):
    return login(site, tenant).json()["access_token"]


def write_image(site, **headers):
    reference = {"id": f"{IMAGE}/versions/1.1.0"}
    body = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference}}}}
    return site.call("PATCH", site.web, document=body, headers=headers)


def test_an_application_logs_in_where_it_is_registered(site):
    assert login(site, OTHER).status == 200
    refused = login(site, OTHER, site.spec.principals[0])
    assert refused.json()["error_codes"] == [700016]
    assert "not found in the directory 'corp'" in refused.json()["error_description"]


def test_each_tenant_lists_its_subscriptions(site):
    assert [one["tenantId"] for one in site.get("/tenants").json()["value"]] == [HOME, OTHER]
    (own,) = site.get("/subscriptions").json()["value"]
    assert own["tenantId"] == HOME
    site.token = token(site, OTHER)
    (theirs,) = site.get("/subscriptions").json()["value"]
    assert (theirs["subscriptionId"], theirs["tenantId"]) == (THEIRS, OTHER)
    assert site.get(f"/subscriptions/{THEIRS}").json()["tenantId"] == OTHER
    assert site.get(IMAGE).json()["name"] == "web"


@pytest.mark.parametrize("address", [IMAGE, f"/subscriptions/{THEIRS}"])
def test_a_token_of_another_tenant_is_refused(site, address):
    answer = site.get(address)
    error = answer.json()["error"]
    assert (answer.status, error["code"]) == (401, "InvalidAuthenticationTokenTenant")
    assert error["message"].startswith(
        f"The access token is from the wrong issuer 'https://sts.windows.net/{HOME}/'. It must match the tenant "
        f"'https://sts.windows.net/{OTHER}/' associated with this subscription."
    )
    assert f'/{OTHER}", error="invalid_token"' in answer.headers["www-authenticate"]
    site.token = token(site, OTHER)
    assert site.get(site.web).json()["error"]["code"] == "InvalidAuthenticationTokenTenant"


def test_an_image_of_another_tenant_needs_a_token_of_it(site):
    answer = write_image(site)
    error = answer.json()["error"]
    assert (answer.status, error["code"]) == (403, "LinkedAuthorizationFailed")
    assert error["message"] == (
        "The client has permission to perform action 'Microsoft.Compute/galleries/images/versions/read' on scope "
        f"'{site.web}', however the current tenant '{HOME}' is not authorized to access linked subscription '{THEIRS}'."
    )
    auxiliary = f"Bearer {token(site, OTHER)}"
    assert write_image(site, **{"x-ms-authorization-auxiliary": auxiliary}).status == 200


def test_every_write_of_such_a_set_needs_it(site):
    assert site.call("PATCH", site.web, document={"tags": {"a": "b"}}).status == 403


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "", "Bearer {home}"])
def test_another_token_does_not_help(site, header):
    auxiliary = header.format(home=token(site, HOME))
    assert write_image(site, **{"x-ms-authorization-auxiliary": auxiliary}).status == 403


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        (f"[{THEIRS}]", "[5e5e5e5e-0000-4000-8000-000000000001]", "tenants.0.subscriptions.0: .*has a tenant already"),
        (f"principal: {{tenants: [{OTHER}]}}", f"principal: {{tenants: [{THEIRS}]}}", "is not among the tenants"),
    ],
)
def test_what_does_not_fit_together(before, after, wrong):
    assert before in SCENARIO
    with pytest.raises(scenario.ScenarioError, match=wrong):
        scenario.parse(SCENARIO.replace(before, after, 1), "tenants.yaml")
