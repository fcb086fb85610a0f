#!/usr/bin/python

# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vmss_automatic_repairs
short_description: Suspend or resume the automatic repairs of an Azure VM scale set
version_added: 0.1.0
description:
  - Suspends or resumes automatic instance repairs. While a rollout runs, repairs would replace instances outside its
    order, and always by ones on the new image.
  - Repairs are neither enabled nor disabled; that is a matter of the model.
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
      - V(suspended) has no repair start until they are resumed. If repairs are not enabled, nothing is to be done.
      - V(running) resumes them. If repairs are not enabled, the module fails.
    type: str
    choices: [running, suspended]
    required: true
  wait_timeout:
    description:
      - The number of seconds that the module may take altogether, including waits that Azure asks for by throttling.
    type: int
    default: 600
seealso:
  - module: azroll.vmss.vmss_instance_facts
    description: Shows the state in RV(azroll.vmss.vmss_instance_facts#module:ansible_facts.vmss.repairs_state).
  - name: Automatic instance repairs
    description: What Azure repairs, and how.
    link: https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-automatic-instance-repairs
"""

EXAMPLES = r"""
---
- name: Hold automatic repairs
  azroll.vmss.vmss_automatic_repairs:
    resource_group: rg-shop
    name: web
    state: suspended
  register: repairs

- name: Let them go on, if it was us who held them
  azroll.vmss.vmss_automatic_repairs:
    resource_group: rg-shop
    name: web
    state: running
  when: repairs is changed
"""

RETURN = r"""
---
state:
  description: The state of automatic repairs, or in check mode the one that they would have; V(not_running) if they are
    not enabled. V(null) if it is not known.
  returned: always
  type: str
  sample: suspended
previous_state:
  description: The state before.
  returned: always
  type: str
  sample: running
msg:
  description: What happened, in a sentence or two.
  returned: always
  type: str
  sample: The automatic repairs of web are suspended now.
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
from ansible_collections.azroll.vmss.plugins.module_utils._calls.automatic_repairs import AUTOMATIC_REPAIRS


def main() -> None:
    module = VmssModule(
        argument_spec=module_spec(
            {
                "state": {"type": "str", "choices": ["running", "suspended"], "required": True},
            }
        ),
        supports_check_mode=True,
    )
    run_module(module, AUTOMATIC_REPAIRS)


if __name__ == "__main__":
    main()
