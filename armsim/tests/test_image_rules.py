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


def test_a_disk_smaller_than_its_image_is_refused():
    with pytest.raises(ArmError, match="30 GB is smaller") as refused:
        write(version="1.1.0")
    assert (refused.value.status, refused.value.target) == (409, "osDisk.diskSizeGB")
