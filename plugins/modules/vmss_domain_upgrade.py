#!/usr/bin/python

# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vmss_domain_upgrade
short_description: Bring the instances of one domain of an Azure VM scale set to the latest model
version_added: 0.1.0
description:
  - Upgrades the stale instances of an update domain, a fault domain or a zone, or instances given by id, to the model
    of the scale set. Azure replaces their OS disks and restarts them.
  - The instances are listed right before the call. Those that run the target image already, are protected from scale
    set actions, deallocated, busy or gone are excluded and reported in RV(excluded).
  - The call is refused if it would take more instances out of service than O(max_unavailable) allows, together with
    those that are out of service already.
author:
  - azroll.vmss contributors (@azroll)
extends_documentation_fragment:
  - azroll.vmss._azure
  - azroll.vmss._azure.scale_set
  - azroll.vmss._attributes
  - azroll.vmss._attributes.writes
options:
  update_domain:
    description:
      - The number of an update domain. The same number exists in each O(zone) and O(placement_group); where neither is
        given, all of them are meant.
      - At least one of O(update_domain), O(fault_domain), O(zone), O(placement_group), O(instance_ids) and
        O(all_instances) is required. An instance must meet all that are given.
    type: int
  fault_domain:
    description:
      - The number of a fault domain.
    type: int
  zone:
    description:
      - An availability zone.
    type: str
  placement_group:
    description:
      - The id of a placement group.
    type: str
  instance_ids:
    description:
      - The ids of instances; on Flexible scale sets the names of the virtual machines.
    type: list
    elements: str
  all_instances:
    description:
      - Whether to upgrade all stale instances at once, as far as O(max_unavailable) allows it.
    type: bool
    default: false
  missing_instances:
    description:
      - What to do if one of O(instance_ids) does not exist. V(skip) reports it in RV(excluded) and goes on.
      - Instances of a domain that vanish meanwhile are always passed over.
      - Without O(instance_ids) it has no effect.
    type: str
    choices: [fail, skip]
    default: fail
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
  partial:
    description:
      - What to do where the limits allow only some of the instances to go now. With V(true) those are sent, and the
        others are reported in RV(excluded); with V(false) the module fails and sends none.
      - It fails in any case where none may go.
    type: bool
    default: false
  skip_tags:
    description:
      - Names of tags. Instances that carry one of them are left alone, unless its value is V(false), V(no), V(off) or
        V(0), in any case.
    type: list
    elements: str
    default: []
  busy_tags:
    description:
      - Names of tags. Instances that carry one of them are excluded for the moment, unless its value is V(false),
        V(no), V(off) or V(0), in any case.
      - No tag may be in O(skip_tags), too.
    type: list
    elements: str
    default: []
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
      - Whether instances on the target image are stale if they do not follow the latest model in other respects.
      - If V(false), only the image counts.
    type: bool
    default: true
  allow_managed:
    description:
      - Go on although the scale set belongs to another service (AKS).
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the instances run the target image and are up. Health is not asked; see
        M(azroll.vmss.vmss_instance_facts) for that.
      - If V(false), the upgrade is only started.
    type: bool
    default: true
  wait_timeout:
    description:
      - The number of seconds that the module may take altogether, including waits that Azure asks for by throttling.
    type: int
    default: 1800
  wait_interval:
    description:
      - The number of seconds between two reads of the instances. Azure allows about ten a minute.
    type: int
    default: 10
seealso:
  - module: azroll.vmss.vmss_image_update
    description: Sets the image in the model.
  - module: azroll.vmss.vmss_instance_facts
    description: Shows the domains, and waits for health.
  - name: Upgrade policy modes for Virtual Machine Scale Sets
    description: What bringing an instance to the latest model does.
    link: https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-perform-manual-upgrades
"""

EXAMPLES = r"""
---
- name: Set the image
  azroll.vmss.vmss_image_update:
    resource_group: rg-shop
    name: web
    image:
      version: latest

- name: Upgrade the instances of update domain 0
  azroll.vmss.vmss_domain_upgrade:
    resource_group: rg-shop
    name: web
    update_domain: 0

- name: Start the upgrade of two instances
  azroll.vmss.vmss_domain_upgrade:
    resource_group: rg-shop
    name: web
    instance_ids: ["1", "6"]
    missing_instances: skip
    wait: false
  register: upgrade

- name: Wait until they are upgraded
  azroll.vmss.vmss_instance_facts:
    resource_group: rg-shop
    name: web
    instance_ids: "{{ upgrade.instance_ids }}"
    wait_for: upgraded
  when: upgrade.instance_ids | length > 0
"""

RETURN = r"""
---
instance_ids:
  description:
    - The ids of the instances that were upgraded, or in check mode would be.
    - On a failure, those that may have been.
  returned: always
  type: list
  elements: str
  sample: ["0", "5", "10", "15"]
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
unhealthy_before:
  description:
    - Ids out of RV(instance_ids) that were out of service for certain when they were sent. Whatever is not among them
      may have served, and has to serve again.
  returned: always
  type: list
  elements: str
  sample: []
failed_before:
  description:
    - Ids out of RV(instance_ids) that had failed when they were sent. Those that reported healthy served all the same.
  returned: always
  type: list
  elements: str
  sample: []
image:
  description: The image of the model. Empty if it is not known.
  returned: always
  # shared: new_image
  type: dict
  sample:
    publisher: Canonical
    offer: ubuntu-24_04-lts
    sku: server
    version: 24.04.202611100
  # end of new_image
started_at:
  description:
    - When Azure accepted the upgrade, by its own clock. V(null) if nothing was sent.
    - If Azure did not answer, and the instances show that it received the upgrade, a time shortly before that.
  returned: always
  type: str
  sample: "2026-11-22T10:15:00+00:00"
operation_id:
  description:
    - The id of Azure's operation, for O(azroll.vmss.vmss_instance_facts#module:operation_id). V(null) if nothing was
      sent.
  returned: always
  type: str
  sample: 2d98665c-cb87-4872-b7dd-6af06a469692
# shared: vmss_progress
vmss_progress:
  description: How far the instances have come. V(null) if nothing was waited for.
  returned: always
  type: dict
  contains:
    phase:
      description: What is waited for, V(upgraded) or V(healthy).
      returned: if there was waiting
      type: str
      sample: upgraded
    done:
      description: Whether all instances have come that far.
      returned: if there was waiting
      type: bool
      sample: true
    total:
      description: The number of instances that are waited for.
      returned: if there was waiting
      type: int
      sample: 4
    waiting:
      description: The reason by instance id, for those that are on their way.
      returned: if there was waiting
      type: dict
      sample: {}
    failed:
      description: The reason by instance id, for those that failed.
      returned: if there was waiting
      type: dict
      sample: {}
    vanished:
      description: The ids of those that are no longer there.
      returned: if there was waiting
      type: list
      elements: str
      sample: []
# end of vmss_progress
msg:
  description: What happened, in a sentence or two.
  returned: always
  type: str
  sample: 4 of 4 instances upgraded
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
from ansible_collections.azroll.vmss.plugins.module_utils._calls.domain_upgrade import DOMAIN_UPGRADE
from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import (
    MAX_UNAVAILABLE,
    POLL_INTERVAL,
    UPGRADE_TIMEOUT,
)


def main() -> None:
    ways = ["update_domain", "fault_domain", "zone", "placement_group"]
    module = VmssModule(
        argument_spec=module_spec(
            {
                "update_domain": {"type": "int"},
                "fault_domain": {"type": "int"},
                "zone": {"type": "str"},
                "placement_group": {"type": "str"},
                "instance_ids": {"type": "list", "elements": "str"},
                "all_instances": {"type": "bool", "default": False},
                "missing_instances": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
                "max_unavailable": {"type": "str", "default": MAX_UNAVAILABLE},
                "ignore_missing": {"type": "bool", "default": False},
                "max_unavailable_per_zone": {"type": "str"},
                "max_unavailable_per_fault_domain": {"type": "str"},
                "partial": {"type": "bool", "default": False},
                "skip_tags": {"type": "list", "elements": "str", "default": []},
                "busy_tags": {"type": "list", "elements": "str", "default": []},
                "ignore_health_source": {"type": "bool", "default": False},
                "include_instances": {"type": "list", "elements": "str", "default": []},
                "run_id": {"type": "str", "default": ""},
                "target_image": {"type": "dict", "options": IMAGE_OPTIONS},
                "baseline": {"type": "dict"},
                "by_model": {"type": "bool", "default": True},
                "allow_managed": {"type": "bool", "default": False},
                "wait": {"type": "bool", "default": True},
                "wait_timeout": {"type": "int", "default": UPGRADE_TIMEOUT},
                "wait_interval": {"type": "int", "default": POLL_INTERVAL},
            }
        ),
        mutually_exclusive=[["instance_ids", way] for way in ways],
        supports_check_mode=True,
    )
    run_module(module, DOMAIN_UPGRADE)


if __name__ == "__main__":
    main()
