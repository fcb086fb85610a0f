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
      - The ids of the instances. At least one is required. Those that are gone are left out.
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
left_out:
  description: The instances that were asked for and left out.
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
      description: Why it was left out.
      returned: always
      type: str
      sample: no longer there
msg:
  description: What happened, in a sentence.
  returned: always
  type: str
  sample: The protection of 1 instances of web was changed.
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
"""

from dataclasses import asdict

from ansible_collections.azroll.vmss.plugins.module_utils._azure.operations import Operation
from ansible_collections.azroll.vmss.plugins.module_utils._border.ansible_module import VmssModule
from ansible_collections.azroll.vmss.plugins.module_utils._border.run import Call, module_spec, run_module
from ansible_collections.azroll.vmss.plugins.module_utils._guards.image_change import Overrides, guard_ownership
from ansible_collections.azroll.vmss.plugins.module_utils._model.scale_set import ScaleSet
from ansible_collections.azroll.vmss.plugins.module_utils._model.staleness import LeftOut
from ansible_collections.azroll.vmss.plugins.module_utils._operations.effect import until_shown, write_without_effect
from ansible_collections.azroll.vmss.plugins.module_utils._operations.waiter import decide
from ansible_collections.azroll.vmss.plugins.module_utils._plan.protection import (
    Change,
    Protection,
    ProtectionPlan,
    plan_protection,
)
from ansible_collections.azroll.vmss.plugins.module_utils._tags.lease import require_own

EMPTY = {"instances": [], "left_out": [], "diff": {"before": {}, "after": {}}}


def work(call: Call) -> None:
    params, arm, result = call.params, call.arm, call.result
    # Each as it was found first: a write that had no answer may have taken effect all the same.
    found: dict[str, Change] = {}
    left_out: tuple[LeftOut, ...] = ()
    written: set[str] = set()

    def step() -> tuple[ScaleSet, list[str], Operation | None]:
        """Write the protection of one instance, and tell which are open. Each rests on reads of its own, because the
        write before it took its time.
        """
        nonlocal left_out
        scale_set = arm.get_scale_set(params["resource_group"], params["name"])
        guard_ownership(scale_set, Overrides(managed=params["allow_managed"]))
        if params["run_id"]:
            require_own(scale_set.name, scale_set.tags, params["run_id"], arm.server_time)
        planned = plan_protection(
            scale_set,
            arm.list_instances(scale_set),
            params["instance_ids"],
            scale_in=params["scale_in"],
            scale_set_actions=params["scale_set_actions"],
        )
        left_out = planned.left_out
        found.update({one.instance_id: one for one in planned.changes if one.instance_id not in found})
        # A list may be older than the last write: none is written twice.
        needed = [one for one in planned.changes if one.needed and one.instance_id not in written]
        if not needed or call.check_mode:
            return scale_set, [], None
        operation = arm.protect_instance(scale_set, needed[0].instance_id, **needed[0].after.to_dict())
        return scale_set, [one.instance_id for one in needed], operation

    while True:
        scale_set, waiting, operation = decide(step, call.deadline)
        result["left_out"] = [asdict(one) for one in left_out]
        if operation is not None:
            operation.wait()
            check_effect(call, scale_set, found[waiting[0]])
            written.add(waiting.pop(0))
        result |= report([one for one in found.values() if one.instance_id not in waiting])
        if not waiting:
            break
    planned = ProtectionPlan(tuple(found.values()), left_out)
    result["msg"] = planned.describe(params["name"], check_mode=call.check_mode)


def check_effect(call: Call, scale_set: ScaleSet, change: Change) -> None:
    """Raise NoEffect where an instance that is still there shows nothing of what was written of it."""
    one = change.instance_id
    shown = until_shown(
        lambda: call.arm.get_instance(scale_set, one),
        lambda instance: instance is None or Protection.of(instance) == change.after,
        call.deadline,
    )[1]
    if not shown:
        raise write_without_effect(
            "a write of instance protection",
            f"that of instance {one} is",
            attempted=f"write the protection of instance {one} of scale set {scale_set.name}",
            reasons="Known is an instance with a model of its own. ",
            instances=[one],
        )


def report(done: list[Change]):
    written = [change for change in done if change.needed]
    return {
        "changed": bool(written),
        "instances": [change.to_dict() for change in done],
        "diff": {
            "before": {change.instance_id: change.before.to_dict() for change in written},
            "after": {change.instance_id: change.after.to_dict() for change in written},
        },
    }


def main() -> None:
    module = VmssModule(
        argument_spec=module_spec(
            {
                "instance_ids": {"type": "list", "elements": "str", "required": True},
                "scale_in": {"type": "bool"},
                "scale_set_actions": {"type": "bool"},
                "run_id": {"type": "str", "default": ""},
                "allow_managed": {"type": "bool", "default": False},
                "wait_timeout": {"type": "int", "default": 600},
            }
        ),
        required_one_of=[("scale_in", "scale_set_actions")],
        supports_check_mode=True,
    )
    run_module(module, work, EMPTY)


if __name__ == "__main__":
    main()
