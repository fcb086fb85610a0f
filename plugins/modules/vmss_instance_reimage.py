#!/usr/bin/python

# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vmss_instance_reimage
short_description: Reimage failed instances of an Azure VM scale set
version_added: 0.1.0
description:
  - Renews the OS disks of the named instances, and of no others. It is meant for instances that are on the image of the
    model already and failed to come up for a reason that is known to pass; see C(passes) in
    RV(azroll.vmss.vmss_instance_facts#module:vmss_details).
  - Instances on another image are excluded, because a reimage would bring that image back; upgrade them with
    M(azroll.vmss.vmss_domain_upgrade). So are those that are protected, deallocated, busy or gone.
  - The call is refused if it would take more instances out of service than O(max_unavailable) allows. Those that are
    out of service already cost nothing more.
  - The reimage is only started; wait with M(azroll.vmss.vmss_instance_facts).
author:
  - azroll.vmss contributors (@azroll)
extends_documentation_fragment:
  - azroll.vmss._azure
  - azroll.vmss._azure.scale_set
  - azroll.vmss._attributes
  - azroll.vmss._attributes.writes
options:
  instance_ids:
    description:
      - The ids of the instances; on Flexible scale sets the names of the virtual machines. At least one is required.
    type: list
    elements: str
    required: true
  max_unavailable:
    description:
      - How many instances of the scale set may be out of service at once, as a number or a percentage. Percentages are
        rounded down.
    type: str
    default: 20%
  ignore_missing:
    description:
      - Whether only instances that are listed count. Otherwise the limit is a share of the capacity, where that is
        larger, and the instances that are missing count as out of service.
    type: bool
    default: false
  max_unavailable_per_zone:
    description:
      - How many instances of each availability zone may be out of service at once, as a number or a percentage, but at
        least one. No limit of its own without this.
    type: str
  max_unavailable_per_fault_domain:
    description:
      - How many instances of each fault domain may be out of service at once, as a number or a percentage, but at least
        one. No limit of its own without this.
    type: str
  ignore_health_source:
    description:
      - Judge instances by their provisioning and power state alone, although the scale set has a health source. It is
        for scale sets whose instances have never reported their health, for example because the port of the application
        health extension is blocked.
      - Without checks of another kind, nothing shows then whether the application works.
    type: bool
    default: false
  include_instances:
    description:
      - Ids of instances of a Flexible scale set that are part of the rollout although they were not made from the model
        of the scale set. All others of that kind are excluded.
      - An instance that has another operating system than the model, an OS disk that was attached, or no image is
        refused here, because its OS disk would be replaced.
    type: list
    elements: str
    default: []
  run_id:
    description:
      - The run that must hold the lease of the scale set (see M(azroll.vmss.vmss_hold)). Where it does not any more,
        the module fails with RV(error.kind=lease_lost), or with RV(error.kind=lease_expired) where the lease has run
        out, and sends nothing. Empty to do without.
    type: str
    default: ''
  target_image:
    description:
      - The image that the model must have, such as RV(azroll.vmss.vmss_image_update#module:image). Where another client
        has written another one meanwhile, the module fails and sends nothing.
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
        description:
          - The version of a platform image, or V(latest).
          - If the model has a gallery image, O(target_image.version) alone names another version of that image.
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
  baseline:
    description:
      - What the scale set looked like when the rollout began, as P(azroll.vmss.rollout_baseline#filter) gives it. Where
        its policy, its capacity or anything else that instances are made from is another one, or where other instances
        than those of the rollout were upgraded, the module fails with RV(error.kind=concurrent_change) and sends
        nothing.
    type: dict
  by_model:
    description:
      - Whether instances on the image of the model count as upgraded for O(baseline) only if they follow the latest
        model in other respects, too.
    type: bool
    default: true
  allow_managed:
    description:
      - Go on although the scale set belongs to another service (AKS).
    type: bool
    default: false
  wait_timeout:
    description:
      - The number of seconds that the module may take altogether, including waits that Azure asks for by throttling.
    type: int
    default: 600
seealso:
  - module: azroll.vmss.vmss_domain_upgrade
    description: Brings instances to the image of the model.
  - module: azroll.vmss.vmss_instance_facts
    description: Shows why instances failed, and waits for them.
  - name: Reimage a virtual machine in a scale set
    description: What a reimage does.
    link: https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-reimage-virtual-machine
"""

EXAMPLES = r"""
---
- name: See why instances are out of service
  azroll.vmss.vmss_instance_facts:
    resource_group: rg-shop
    name: web
    details: true
  register: look

- name: Try those again whose error is known to pass
  azroll.vmss.vmss_instance_reimage:
    resource_group: rg-shop
    name: web
    instance_ids: "{{ again }}"
  vars:
    again: "{{ look.vmss_details.groups | selectattr('passes') | map(attribute='instance_ids') | flatten }}"
  when: again | length > 0
"""

RETURN = r"""
---
instance_ids:
  description:
    - The ids of the instances that are reimaged, or in check mode would be.
    - On a failure, those that may have been.
  returned: always
  type: list
  elements: str
  sample: ["7"]
# shared: excluded
excluded:
  description: The instances that were asked for and excluded.
  returned: always
  type: list
  elements: dict
  contains:
    instance_id:
      description: The id of the instance.
      returned: always
      type: str
      sample: "5"
    reason:
      description: Why it was excluded.
      returned: always
      type: str
      sample: already on the target image
# end of excluded
operation_id:
  description:
    - The id of Azure's operation, for O(azroll.vmss.vmss_instance_facts#module:operation_id).
    - V(null) in check mode, where nothing was sent, and where Azure did not answer the call but has begun it.
  returned: always
  type: str
  sample: 0be6c8a1-5f0e-4b4e-9d0a-2f6d1f0e7a55
started_at:
  description: When Azure accepted the reimage, by its own clock. V(null) if nothing was sent.
  returned: always
  type: str
  sample: "2026-11-22T10:15:00+00:00"
msg:
  description: What happened, in a sentence or two.
  returned: always
  type: str
  sample: 1 instances of web are being reimaged; 0 excluded.
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
from ansible_collections.azroll.vmss.plugins.module_utils._calls.instance_reimage import INSTANCE_REIMAGE
from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import MAX_UNAVAILABLE


def main() -> None:
    module = VmssModule(
        argument_spec=module_spec(
            {
                "instance_ids": {"type": "list", "elements": "str", "required": True},
                "max_unavailable": {"type": "str", "default": MAX_UNAVAILABLE},
                "ignore_missing": {"type": "bool", "default": False},
                "max_unavailable_per_zone": {"type": "str"},
                "max_unavailable_per_fault_domain": {"type": "str"},
                "ignore_health_source": {"type": "bool", "default": False},
                "include_instances": {"type": "list", "elements": "str", "default": []},
                "run_id": {"type": "str", "default": ""},
                "target_image": {"type": "dict", "options": IMAGE_OPTIONS},
                "baseline": {"type": "dict"},
                "by_model": {"type": "bool", "default": True},
                "allow_managed": {"type": "bool", "default": False},
            }
        ),
        supports_check_mode=True,
    )
    run_module(module, INSTANCE_REIMAGE)


if __name__ == "__main__":
    main()
