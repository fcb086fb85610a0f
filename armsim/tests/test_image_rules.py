# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What an image and its scale set must agree on: the plan it is bought by, and the size of its disk."""

from __future__ import annotations

import pytest

from armsim import scenario
from armsim.actions import model_write
from armsim.protocol.errors import ArmError

from .conftest import World
from .in_process import Site

IMAGES = """
version: 1
images:
  platform:
    - publisher: shop
      offer: web
      sku: basic
      plan: basic
      versions: [{version: 1.0.0}, {version: 1.1.0, os_disk_gb: 64}]
    - {publisher: shop, offer: web, sku: pro, plan: pro, versions: [{version: 1.0.0}]}
resource_groups: [{name: rg-shop, location: westeurope}]
scale_sets:
  - {name: web, resource_group: rg-shop, capacity: 1, image: {publisher: shop, offer: web, sku: basic, version: 1.0.0}}
"""


def write(**reference):
    world = World(scenario.parse(IMAGES, "images.yaml"))
    body = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": reference}}}}
    model_write.patch(world.web, body, None, None)


def test_a_set_has_the_plan_of_its_image():
    world = World(scenario.parse(IMAGES, "images.yaml"))
    assert world.web.document["plan"] == {"name": "basic", "publisher": "shop", "product": "web"}


def test_another_sku_under_a_plan_is_refused():
    with pytest.raises(ArmError) as refused:
        write(sku="pro")
    assert (refused.value.status, refused.value.code, refused.value.target) == (
        409,
        "PropertyChangeNotAllowed",
        "imageReference.sku",
    )


CREATION = {"location": "westeurope", "sku": {"name": "Standard_D2s_v5", "capacity": 2}}
REFERENCE = {"publisher": "shop", "offer": "web", "sku": "basic", "version": "1.0.0"}
PLAN = {"name": "basic", "publisher": "Shop", "product": "web"}
FREE = """
    - {publisher: shop, offer: free, sku: basic, versions: [{version: 1.0.0}, {version: 1.1.0}]}
"""


def create(plan, reference=REFERENCE, images=IMAGES):
    """Make a set of two instances; returns the site and the answer."""
    site = Site(scenario.parse(images, "images.yaml"))
    profile = {"storageProfile": {"imageReference": reference}, "networkProfile": {}, "osProfile": {}}
    body = {**CREATION, "properties": {"virtualMachineProfile": profile}, **({"plan": plan} if plan else {})}
    return site, site.call("PUT", site.web.replace("/web", "/new"), document=body)


def end_of(site, answer):
    """The operation that an answer leads to, when it is over."""
    site.wait(3600)
    return site.get(answer.headers["azure-asyncoperation"].partition(":4443")[2].partition("?")[0]).json()


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (None, "requires Plan information in the request. VM: '/subscriptions/"),
        ({**PLAN, "name": "pro"}, "The purchase information does not match."),
    ],
)
def test_what_is_not_bought_by_its_plan_fails_in_the_operation(plan, text):
    site, answer = create(plan)
    assert answer.status == 201
    error = end_of(site, answer)["error"]
    assert error["code"] == "VMMarketplaceInvalidInput"
    assert text in error["message"]
    assert site.get(f"{site.web.replace('/web', '/new')}/virtualMachines").json()["value"] == []


def test_what_is_bought_by_its_plan_is_made():
    site, answer = create(PLAN)
    assert end_of(site, answer)["status"] == "Succeeded"


def test_what_needs_no_plan_must_have_none():
    images = IMAGES.replace("resource_groups:", FREE.lstrip("\n") + "resource_groups:")
    site, answer = create(PLAN, {**REFERENCE, "offer": "free"}, images)
    error = end_of(site, answer)["error"]
    assert error["code"] == "VMMarketplaceInvalidInput"
    assert "does not need Plan information, please remove" in error["message"]


@pytest.mark.parametrize("plan", [{**PLAN, "name": "pro"}, {"name": "other", "publisher": "a", "product": "b"}])
def test_the_plan_of_a_set_stays(plan):
    site = Site(scenario.parse(IMAGES, "images.yaml"))
    answer = site.call("PATCH", site.web, document={"plan": plan})
    assert (answer.status, answer.json()["error"]["code"]) == (400, "CannotUpdatePlan")
    assert site.call("PATCH", site.web, document={"plan": PLAN}).status == 200


def test_terms_must_be_accepted_before_anything_is_bought():
    _, answer = create(PLAN, images=IMAGES.replace("plan: basic", "plan: basic\n      terms_accepted: false"))
    error = answer.json()["error"]
    assert (answer.status, error["code"]) == (400, "ResourcePurchaseValidationFailed")
    assert "You have not accepted the legal terms on this subscription: '5e5e5e5e" in error["message"]
    assert answer.headers["x-ms-failure-cause"] == "gateway"


BOUGHT = """
version: 1
images:
  galleries:
    - name: shop
      resource_group: rg-shop
      location: westeurope
      images:
        - {name: web, versions: [{version: 1.0.0, regions: [westeurope]}]}
        - name: bought
          purchase_plan: {name: basic, publisher: shop, product: web}
          versions: [{version: 1.0.0, regions: [westeurope]}]
resource_groups: [{name: rg-shop, location: westeurope}]
scale_sets:
  - name: web
    resource_group: rg-shop
    capacity: 1
    image: {id: GALLERY/images/web}
"""
GALLERY = (
    "/subscriptions/5e5e5e5e-0000-4000-8000-000000000001/resourceGroups/rg-shop"
    "/providers/Microsoft.Compute/galleries/shop"
)


def test_an_image_made_from_one_that_is_bought_needs_its_plan_too():
    site = Site(scenario.parse(BOUGHT.replace("GALLERY", GALLERY), "bought.yaml"))
    web = site.host.simulation.scale_sets()[0]
    bought = f"{GALLERY}/images/bought"
    assert site.get(bought).json()["properties"]["purchasePlan"] == {
        "name": "basic",
        "publisher": "shop",
        "product": "web",
    }
    body = {"properties": {"virtualMachineProfile": {"storageProfile": {"imageReference": {"id": bought}}}}}
    assert site.call("PATCH", site.web, document=body).status == 200
    site.wait(60)
    answer = site.call("POST", f"{site.web}/manualupgrade", document={"instanceIds": [*web.instances]})
    assert end_of(site, answer)["error"]["code"] == "VMMarketplaceInvalidInput"
    assert {one.image.key.rpartition("/images/")[2] for one in web.instances.values()} == {"web/versions/1.0.0"}


def test_a_disk_smaller_than_its_image_is_refused():
    with pytest.raises(ArmError, match="30 GB is smaller") as refused:
        write(version="1.1.0")
    assert (refused.value.status, refused.value.target) == (409, "osDisk.diskSizeGB")
