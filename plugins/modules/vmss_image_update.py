#!/usr/bin/python

# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vmss_image_update
short_description: Set the OS image in the model of an Azure VM scale set
version_added: 0.1.0
description:
  - Sets the image that the model of a scale set points at, and nothing else. The instances stay as they are until
    M(azroll.vmss.vmss_domain_upgrade) brings them to the new model.
  - The image is checked first, V(latest) becomes the number it stands for, and the write is refused if it would restart
    instances by itself.
  - Only the image is sent (and the upgrade policy with O(upgrade_policy=set_manual)), on the condition that nobody else
    wrote meanwhile.
author:
  - azroll.vmss contributors (@azroll)
extends_documentation_fragment:
  - azroll.vmss._azure
  - azroll.vmss._azure.scale_set
  - azroll.vmss._attributes
  - azroll.vmss._attributes.writes
options:
  image:
    description:
      - The image. Fields that are not given keep what the model has, so that O(image.version) alone is enough for a new
        version.
      - Give either O(image.publisher), O(image.offer), O(image.sku) and O(image.version), or one of O(image.id),
        O(image.shared_gallery_image_id), O(image.community_gallery_image_id) and O(image.uri).
    type: dict
    required: true
    suboptions:
      publisher:
        description: The publisher of a platform image.
        type: str
      offer:
        description: The offer of a platform image.
        type: str
      sku:
        description: The SKU of a platform image.
        type: str
      version:
        description:
          - The version of a platform image, or V(latest).
          - If the model has a gallery image, O(image.version) alone names another version of that image.
        type: str
      id:
        description:
          - The id of a managed image, of a version of a gallery image, or of a gallery image (which means its newest
            version). The gallery may be in another subscription.
        type: str
      shared_gallery_image_id:
        description: The id of an image of a directly shared gallery, C(/SharedGalleries/.../Images/.../Versions/...).
        type: str
      community_gallery_image_id:
        description: The id of an image of a community gallery, C(/CommunityGalleries/.../Images/.../Versions/...).
        type: str
      uri:
        description:
          - The address of the VHD of an unmanaged image.
          - Azure retired unmanaged disks in March 2026.
        type: str
  pin_latest:
    description:
      - Whether V(latest), or a gallery image without version, is written as the number that it stands for now.
      - If V(false), instances made later may get a newer image than the others without any change of the model.
    type: bool
    default: true
  upgrade_policy:
    description:
      - V(set_manual) writes the upgrade policy Manual together with the image. Under any other policy Azure would
        upgrade the instances by itself, so that the change is refused with V(keep).
    type: str
    choices: [keep, set_manual]
    default: keep
  allow_automatic_os_upgrade:
    description:
      - Go on although automatic OS upgrades are on for the scale set.
    type: bool
    default: false
  allow_managed:
    description:
      - Go on although the scale set belongs to another service (AKS), which may undo the change.
    type: bool
    default: false
  allow_image_kind_change:
    description:
      - Try to change from one kind of image to another, for example from a platform image to a gallery image. Azure
        refuses most of these changes.
    type: bool
    default: false
  replaces:
    description:
      - The image that the model had when the change was decided. If it has neither this image nor O(image) by now,
        another client has set one meanwhile, and the module fails with RV(error.kind=concurrent_change) before any
        write.
      - Without it, or if it is empty, whatever the model has is replaced.
    type: dict
    suboptions:
      publisher:
        description: The publisher of a platform image.
        type: str
      offer:
        description: The offer of a platform image.
        type: str
      sku:
        description: The SKU of a platform image.
        type: str
      version:
        description: The version of a platform image.
        type: str
      id:
        description: The id of an image.
        type: str
      shared_gallery_image_id:
        description: The id of an image of a directly shared gallery.
        type: str
      community_gallery_image_id:
        description: The id of an image of a community gallery.
        type: str
      uri:
        description: The address of the VHD of an unmanaged image.
        type: str
  same_profile:
    description:
      - The RV(azroll.vmss.vmss_instance_facts#module:ansible_facts.vmss.profile) of an earlier look. If the size, the
        extensions or another section of the model is not the same any more, the module fails with
        RV(error.kind=concurrent_change) before any write.
    type: dict
  by_image:
    description:
      - Whether to remember in the tags of the scale set that its instances are judged by their image alone, because
        writes of tags make a new model there (see RV(azroll.vmss.vmss_hold#module:made_model)).
    type: bool
    default: false
  rollback:
    description:
      - Whether the change takes the scale set back to an image that it had before. If so, the tag
        C(azroll-rolled-back-from) notes the image that it leaves, in the same request, so that a rollback that was
        interrupted is not taken for a rollout. M(azroll.vmss.vmss_hold) removes it when no instance runs that image
        any more, and so does the next change of the image.
      - The image that it leaves is put on the list of images that no rollback leads to unless it is named
        (C(azroll-unproven-images)).
      - Without a lease (O(run_id)) nothing is noted.
    type: bool
    default: false
  rollback_image:
    description:
      - The image that the scale set is known to have had before, at a fixed version. The tag C(azroll-rollback-image)
        remembers it, so that a later rollback leads to it. Without it that is the image of the model, unless it floats
        or its rollout did not come to a good end.
      - The tags outlast the lease. They are written in the same request as the image, together with that image
        (C(azroll-rollout-image)), which is put on the list of unproven ones (C(azroll-unproven-images)) until
        M(azroll.vmss.vmss_hold) releases the scale set with O(azroll.vmss.vmss_hold#module:finished_image).
      - With O(rollback=true), or without a lease (O(run_id)), it has no effect.
    type: dict
    suboptions:
      publisher:
        description: The publisher of a platform image.
        type: str
      offer:
        description: The offer of a platform image.
        type: str
      sku:
        description: The SKU of a platform image.
        type: str
      version:
        description: The version of a platform image.
        type: str
      id:
        description: The id of a managed image, or of an image of a gallery.
        type: str
      shared_gallery_image_id:
        description: The id of an image of a directly shared gallery.
        type: str
      community_gallery_image_id:
        description: The id of an image of a community gallery.
        type: str
      uri:
        description: The address of the VHD of an unmanaged image.
        type: str
  run_id:
    description:
      - The run that makes the change, as in M(azroll.vmss.vmss_hold). The lease of that run is taken, or renewed, in
        the same request as the image, so that of two runs only one can write it.
      - If another run holds the scale set, the module fails with RV(error.kind=lease).
      - Without it there is no lease, and none is read.
    type: str
  holder:
    description:
      - Who runs it, as in M(azroll.vmss.vmss_hold). Without O(run_id) it has no effect.
    type: str
    default: ''
  lease_minutes:
    description:
      - How long the lease lasts unless it is renewed. With V(0) it is as if there were no O(run_id).
      - Without O(run_id) it has no effect.
    type: int
    default: 120
  wait_timeout:
    description:
      - The number of seconds that the module may take altogether, including waits that Azure asks for by throttling.
    type: int
    default: 600
seealso:
  - module: azroll.vmss.vmss_domain_upgrade
    description: Brings instances to the model.
  - module: azroll.vmss.vmss_hold
    description: Holds the scale set for one run, and releases it.
  - module: azroll.vmss.vmss_instance_facts
    description: Shows which image each instance runs.
  - name: Modify a Virtual Machine Scale Set
    description: What of the image may change, and how.
    link: https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-upgrade-scale-set
"""

EXAMPLES = r"""
---
- name: Set the newest version of the image that the scale set has
  azroll.vmss.vmss_image_update:
    resource_group: rg-shop
    name: web
    image:
      version: latest

- name: See what would be set, without setting it
  azroll.vmss.vmss_image_update:
    resource_group: rg-shop
    name: web
    image:
      publisher: Canonical
      offer: ubuntu-24_04-lts
      sku: server
      version: latest
  check_mode: true
  diff: true
"""

RETURN = r"""
---
image:
  description: The image that the model has, or in check mode would have. Empty if it is not known.
  returned: always
  # shared: new_image
  type: dict
  sample:
    publisher: Canonical
    offer: ubuntu-24_04-lts
    sku: server
    version: 24.04.202611100
  # end of new_image
previous_image:
  description: The image that the model had before. Empty if it is not known.
  returned: always
  # shared: old_image
  type: dict
  sample:
    publisher: Canonical
    offer: ubuntu-24_04-lts
    sku: server
    version: 24.04.202610150
  # end of old_image
etag:
  description: The version of the model, as Azure counts it.
  returned: always
  type: str
  sample: '"3"'
upgrade_policy:
  description: The upgrade policy that the model has, or in check mode would have.
  returned: always
  type: str
  sample: Manual
msg:
  description: What happened, in a sentence or two.
  returned: always
  type: str
  sample: The image of web is Canonical:ubuntu-24_04-lts:server:24.04.202611100 now.
# shared: error
error:
  description: What went wrong. V(null) if nothing did.
  returned: always
  type: dict
  contains:
    kind:
      description: The kind of error, for programs.
      returned: on failure
      type: str
      sample: not_found
    transient:
      description: Whether it passes by itself, so that the same may succeed a little later.
      returned: on failure
      type: bool
      sample: false
    waited_out:
      description: >-
        Whether the same call succeeds as soon as the limits allow it again, or another client's operation has
        ended.
      returned: on failure
      type: bool
      sample: false
    no_answer:
      description: Whether Azure did not answer, so that the same call may be repeated.
      returned: on failure
      type: bool
      sample: false
    unseen:
      description: Whether it says nothing about what was asked. Neither the image nor the instances have failed.
      returned: on failure
      type: bool
      sample: false
    retry_instances:
      description: Whether instances failed, or were never begun, so that each may be retried.
      returned: on failure
      type: bool
      sample: false
    denied:
      description: Whether Azure denies the request permanently. Whatever can do without it continues.
      returned: on failure
      type: bool
      sample: false
    blocks_rollback:
      description: Why nothing is written after it, not even a rollback. Empty if it blocks nothing.
      returned: on failure
      type: str
      sample: ""
    message:
      description: The trouble itself.
      returned: on failure
      type: str
      sample: "Could not read scale set wbe of resource group rg-shop: there is no such resource"
    advice:
      description: What to do next.
      returned: on failure
      type: str
      sample: Check name, resource_group and subscription_id.
    attempted:
      description: What was being done.
      returned: on failure
      type: str
      sample: read scale set wbe of resource group rg-shop
    instances:
      description: The ids of the instances concerned.
      returned: on failure
      type: list
      elements: str
      sample: []
    arm:
      description: What Azure said; the values are V(null) where it was not Azure.
      returned: on failure
      type: dict
      contains:
        status:
          description: The HTTP status.
          returned: on failure
          type: int
          sample: 404
        code:
          description: Azure's error code.
          returned: on failure
          type: str
          sample: ResourceNotFound
        message:
          description: Azure's own words.
          returned: on failure
          type: str
          sample: The Resource 'virtualMachineScaleSets/wbe' under resource group 'rg-shop' was not found.
        target:
          description: What Azure's error is about.
          returned: on failure
          type: str
          sample: imageReference
        request_id:
          description: The id of the request, to be quoted to Azure's support.
          returned: on failure
          type: str
          sample: 690e3424-0879-4463-afd9-51b0a7c66da8
        detail_codes:
          description: The codes of what Azure names as the reason, inside of its error.
          returned: on failure
          type: list
          elements: str
          sample: []
        policies:
          description: The assignments of Azure Policy that deny the request.
          returned: on failure
          type: list
          elements: str
          sample: []
# end of error
"""

from ansible_collections.azroll.vmss.plugins.module_utils._border.ansible_module import VmssModule
from ansible_collections.azroll.vmss.plugins.module_utils._border.run import IMAGE_OPTIONS, module_spec, run_module
from ansible_collections.azroll.vmss.plugins.module_utils._calls.image_update import IMAGE_UPDATE
from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import LEASE_MINUTES


def main() -> None:
    module = VmssModule(
        argument_spec=module_spec(
            {
                "image": {"type": "dict", "required": True, "options": IMAGE_OPTIONS},
                "pin_latest": {"type": "bool", "default": True},
                "replaces": {"type": "dict", "options": IMAGE_OPTIONS},
                "same_profile": {"type": "dict"},
                "upgrade_policy": {"type": "str", "choices": ["keep", "set_manual"], "default": "keep"},
                "allow_automatic_os_upgrade": {"type": "bool", "default": False},
                "allow_managed": {"type": "bool", "default": False},
                "allow_image_kind_change": {"type": "bool", "default": False},
                "rollback": {"type": "bool", "default": False},
                "rollback_image": {"type": "dict", "options": IMAGE_OPTIONS},
                "by_image": {"type": "bool", "default": False},
                "run_id": {"type": "str"},
                "holder": {"type": "str", "default": ""},
                "lease_minutes": {"type": "int", "default": LEASE_MINUTES},
            }
        ),
        supports_check_mode=True,
    )
    run_module(module, IMAGE_UPDATE)


if __name__ == "__main__":
    main()
