#!/usr/bin/python

# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vmss_hold
short_description: Acquire or release the lease of a rollout on an Azure VM scale set
version_added: 0.1.0
description:
  - Takes a lease of the scale set for one run, so that no second one moves its instances at the same time, and holds
    what else would move them, which is automatic repairs, autoscale and an upgrade policy that is not Manual.
  - The lease is written into tags of the scale set that begin with C(azroll-), on the condition that no other client
    wrote meanwhile. Of two runs that start at once, one gets it. The other tags stay as they are.
  - What is held is written into the tags before it is done. The next run after an interrupted one, with the right
    to its lease, releases that, too.
  - All times are those of Azure, never of the control node.
author:
  - azroll.vmss contributors (@azroll)
extends_documentation_fragment:
  - azroll.vmss._azure
  - azroll.vmss._azure.scale_set
  - azroll.vmss._attributes
  - azroll.vmss._attributes.writes
options:
  state:
    description:
      - V(held) takes the lease, or renews it when less than half of its time is left, and holds what the options name.
        It may be taken when nobody has it, when it has expired, when its holder is a dead process of this same host,
        and with O(take_over=true). Otherwise the module fails with RV(error.kind=lease).
      - V(released) undoes what is held by the lease, and releases the lease last. The lease of another run that is
        alive is left alone with all that it holds (RV(lost)).
    type: str
    choices: [held, released]
    required: true
  run_id:
    description:
      - The name of the run, the same in all its calls. 1 to 128 letters, digits and any of C(._:@+-).
    type: str
    required: true
  holder:
    description:
      - Who runs it, for people and for the question whether the process is still there, as the filter
        P(azroll.vmss.rollout_holder#filter) returns it.
    type: str
    default: ''
  target:
    description:
      - What the run brings the scale set to, for people.
    type: str
    default: ''
  minutes:
    description:
      - How long the lease lasts unless it is renewed. After that any run may take it.
      - V(0) takes none. Then nothing but RV(held) reports what is held; pass that as O(held).
    type: int
    default: 120
  take_over:
    description:
      - Take the lease from another run, whether it is alive or not, and all that it holds with it.
      - With O(state=released), release all that the lease of the other run holds.
      - Refused with O(state=held) and O(minutes=0), because then no lease is taken.
    type: bool
    default: false
  repairs:
    description:
      - With O(state=held), suspend automatic repairs if they run. Repairs that another client suspended stay suspended
        afterwards.
      - Refused with O(state=released), which releases all that is held, as are O(autoscale=true) and
        O(upgrade_policy=set_manual).
    type: bool
    default: false
  autoscale:
    description:
      - With O(state=held), switch off the enabled autoscale settings of the scale set. Their profiles stay as they are,
        and O(state=released) switches the same settings on again.
      - Settings in other resource groups are found if the principal may list those of the subscription
        (C(Microsoft.Insights/autoscaleSettings/read) there), otherwise those in the resource group of the scale set.
    type: bool
    default: false
  upgrade_policy:
    description:
      - With O(state=held), V(set_manual) writes the upgrade policy Manual in the same request as the lease. Under
        another policy Azure would act on any write of the model, so that V(keep) fails with
        RV(error.kind=upgrade_policy).
    type: str
    choices: [keep, set_manual]
    default: keep
  restore_policy:
    description:
      - With O(state=released), set the upgrade policy back to what it was before the lease set it to Manual.
      - While instances lag behind the model this would have Azure upgrade them by itself, all at once or in its own
        order. Then the policy stays Manual with a warning, and the tags remember it for the next run.
    type: bool
    default: true
  held:
    description:
      - What an earlier call of the same run returned as RV(held). It is needed without lease (O(minutes=0)), and serves
        where another client removed the tags of the lease.
    type: list
    elements: str
    default: []
  previous_image:
    description:
      - The image that the scale set has before the run, to be remembered by the lease. A lease that remembers one
        already keeps it.
      - With O(state=released), or without a lease, it has no effect, like O(holder) and O(target).
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
  current_instance:
    description:
      - The id of an instance that follows the latest model. It is read before and after the writes of this module,
        which shows whether they made a new model (see RV(made_model)). That is remembered as by O(by_image).
    type: str
    default: ''
  by_image:
    description:
      - Whether to remember in the tags of the scale set that its instances are judged by their image alone, because
        writes of tags make a new model (see RV(made_model)).
    type: bool
    default: false
  finished_image:
    description:
      - The image whose rollout has come to a good end. It is taken off the images that the tag
        C(azroll-unproven-images) remembers, so that a later rollback may lead to it.
      - With O(state=held), or without a lease, it has no effect.
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
  wait_timeout:
    description:
      - The number of seconds that the module may take altogether, including waits that Azure asks for by throttling.
    type: int
    default: 600
seealso:
  - module: azroll.vmss.vmss_image_update
    description: Renews the lease in the same request as the image.
  - module: azroll.vmss.vmss_automatic_repairs
    description: Suspends and resumes automatic repairs alone.
  - name: Use tags to organize your Azure resources
    description: What tags may hold, and how many there may be.
    link: https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources
"""

EXAMPLES = r"""
---
- name: Hold the scale set
  azroll.vmss.vmss_hold:
    resource_group: rg-shop
    name: web
    state: held
    run_id: november-image
    holder: "{{ '' | azroll.vmss.rollout_holder }}"
    target: Ubuntu 24.04 of November
    repairs: true

- name: Release it
  azroll.vmss.vmss_hold:
    resource_group: rg-shop
    name: web
    state: released
    run_id: november-image
"""

RETURN = r"""
---
lease:
  description: The lease afterwards, or in check mode as it would be; on failure the one that was found last, be it that
    of another run. V(null) if there is none.
  returned: always
  type: dict
  # shared: lease_fields
  contains:
    run_id:
      description: The run that has it; empty if the tags are damaged.
      returned: if there is a lease
      type: str
      sample: november-image
    holder:
      description: Who runs it.
      returned: if there is a lease
      type: str
      sample: deploy@control1#4711/8812345.9f2c41d07ab3
    target:
      description: What the run brings the scale set to.
      returned: if there is a lease
      type: str
      sample: Ubuntu 24.04 of November
    since:
      description: When the run took it, on Azure's clock.
      returned: if there is a lease
      type: str
      sample: '2026-11-22T10:15:00Z'
    expires:
      description: When anybody may take it, on Azure's clock. V(null) if nobody may without
        O(azroll.vmss.vmss_hold#module:take_over).
      returned: if there is a lease
      type: str
      sample: '2026-11-22T12:15:00Z'
    held:
      description: What is held, as in RV(azroll.vmss.vmss_hold#module:held).
      returned: if there is a lease
      type: list
      elements: str
      sample: [repairs]
    previous_image:
      description: The image that the scale set had before the first run that was not finished. Empty if it is not
        known.
      returned: if there is a lease
      type: dict
      sample: {}
  # end of lease_fields
lease_before:
  description: The lease that was there before, with the keys of RV(lease). V(null) if there was none.
  returned: always
  type: dict
  sample:
    run_id: october-image
    holder: deploy@control1#4711/8812345.9f2c41d07ab3
    target: Ubuntu 24.04 of October
    since: '2026-10-15T10:15:00Z'
    expires: '2026-10-15T12:15:00Z'
    held: [repairs]
    previous_image: {}
held:
  description:
    - What is held. V(repairs) are automatic repairs, V(autoscale=GROUP/NAME) an autoscale setting,
      V(upgrade_policy=Automatic) the upgrade policy that was there before Manual.
    - With O(state=released) what could not be released.
  returned: always
  type: list
  elements: str
  sample: [repairs, autoscale=rg-shop/web-cpu]
continues:
  description: The run whose lease was taken with O(state=held), because it was not finished. V(null) if there was none.
  returned: always
  type: str
  sample: october-image
made_model:
  description:
    - Whether what was written made a new model, so that O(current_instance) does not follow the latest one any more.
      Then instances have to be judged by their image, or a finished scale set would be upgraded again. V(null) where
      no instance is known that followed the latest model before.
  returned: always
  type: bool
  sample: false
image_before:
  description: The image that the lease remembers, or with O(state=released) remembered. Empty if it is not known.
  returned: always
  # shared: old_image
  type: dict
  sample:
    publisher: Canonical
    offer: ubuntu-24_04-lts
    sku: server
    version: 24.04.202610150
  # end of old_image
lost:
  description: With O(state=released), whether another run has the lease, so that nothing was released.
  returned: always
  type: bool
  sample: false
msg:
  description: What happened, in a sentence or two.
  returned: always
  type: str
  sample: web is held by run november-image until 2026-11-22T12:15:00Z (lease, repairs suspended).
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
from ansible_collections.azroll.vmss.plugins.module_utils._calls.hold import HOLD
from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import LEASE_MINUTES


def main() -> None:
    module = VmssModule(
        argument_spec=module_spec(
            {
                "state": {"type": "str", "choices": ["held", "released"], "required": True},
                "run_id": {"type": "str", "required": True},
                "holder": {"type": "str", "default": ""},
                "target": {"type": "str", "default": ""},
                "minutes": {"type": "int", "default": LEASE_MINUTES},
                "take_over": {"type": "bool", "default": False},
                "repairs": {"type": "bool", "default": False},
                "autoscale": {"type": "bool", "default": False},
                "upgrade_policy": {"type": "str", "choices": ["keep", "set_manual"], "default": "keep"},
                "restore_policy": {"type": "bool", "default": True},
                "held": {"type": "list", "elements": "str", "default": []},
                "previous_image": {"type": "dict", "options": IMAGE_OPTIONS},
                "finished_image": {"type": "dict", "options": IMAGE_OPTIONS},
                "current_instance": {"type": "str", "default": ""},
                "by_image": {"type": "bool", "default": False},
            }
        ),
        supports_check_mode=True,
    )
    run_module(module, HOLD)


if __name__ == "__main__":
    main()
