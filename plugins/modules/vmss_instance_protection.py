#!/usr/bin/python

# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vmss_instance_protection
short_description: Protect instances of an Azure VM scale set from scale-in and from actions of the scale set
version_added: 0.1.0
description:
  - Sets or takes off the protection of the named instances, and of no others. An instance that is protected from
    actions of the scale set is passed over by upgrades, reimages, scale-in and automatic repairs, and so kept as it is,
    for example to be studied. What is done to the instance itself, deleting it included, is not held off.
  - Protected instances are no exception to the counts. One that is out of service stays out of service, and takes its
    part of what M(azroll.vmss.vmss_domain_upgrade) may take out of service.
  - Nothing but the protection is written. A write that repeats more of an instance gives it a model of its own, as
    users saw with other tools; the next upgrade by M(azroll.vmss.vmss_domain_upgrade) takes that back.
  - Azure protects instances of Uniform scale sets only. Flexible ones are refused with RV(error.kind=flexible).
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
      - The ids of the instances. At least one is required. Those that are gone are excluded.
    type: list
    elements: str
    required: true
  scale_in:
    description:
      - Whether the instances are protected from scale-in. Left as it is without this.
      - One of O(scale_in) and O(scale_set_actions) is required.
    type: bool
  scale_set_actions:
    description:
      - Whether the instances are protected from actions of the scale set. Left as it is without this.
    type: bool
  run_id:
    description:
      - The run that must hold the lease of the scale set (see M(azroll.vmss.vmss_hold)). Where it does not any more,
        the module fails with RV(error.kind=lease_lost), or with RV(error.kind=lease_expired) where the lease has run
        out, and sends nothing. Empty to do without.
    type: str
    default: ''
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
    description: Brings instances to the image of the model, and leaves protected ones out.
  - module: azroll.vmss.vmss_instance_facts
    description: Shows which instances are protected.
  - name: Instance protection for virtual machine scale sets
    description: What Azure keeps from protected instances.
    link: https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-instance-protection
"""

EXAMPLES = r"""
---
- name: Keep an instance as it is, to study it
  azroll.vmss.vmss_instance_protection:
    resource_group: rg-shop
    name: web
    instance_ids: ["0"]
    scale_in: true
    scale_set_actions: true

- name: Give it back
  azroll.vmss.vmss_instance_protection:
    resource_group: rg-shop
    name: web
    instance_ids: ["0"]
    scale_in: false
    scale_set_actions: false
"""

RETURN = r"""
---
instances:
  description: The instances that were named and are there, as they are protected now, or in check mode would be. After
    an error those that it came to.
  returned: always
  type: list
  elements: dict
  contains:
    instance_id:
      description: The id of the instance.
      returned: always
      type: str
      sample: "7"
    scale_in:
      description: Whether it is protected from scale-in.
      returned: always
      type: bool
      sample: true
    scale_set_actions:
      description: Whether it is protected from actions of the scale set.
      returned: always
      type: bool
      sample: true
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
msg:
  description: What happened, in a sentence.
  returned: always
  type: str
  sample: The protection of 1 instances of web was changed.
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
from ansible_collections.azroll.vmss.plugins.module_utils._border.run import module_spec, run_module
from ansible_collections.azroll.vmss.plugins.module_utils._calls.instance_protection import INSTANCE_PROTECTION


def main() -> None:
    module = VmssModule(
        argument_spec=module_spec(
            {
                "instance_ids": {"type": "list", "elements": "str", "required": True},
                "scale_in": {"type": "bool"},
                "scale_set_actions": {"type": "bool"},
                "run_id": {"type": "str", "default": ""},
                "allow_managed": {"type": "bool", "default": False},
            }
        ),
        required_one_of=[("scale_in", "scale_set_actions")],
        supports_check_mode=True,
    )
    run_module(module, INSTANCE_PROTECTION)


if __name__ == "__main__":
    main()
