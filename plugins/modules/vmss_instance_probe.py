#!/usr/bin/python

# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vmss_instance_probe
short_description: Request an HTTP health endpoint of each instance of an Azure VM scale set
version_added: 0.1.0
description:
  - Sends a GET request to each instance at its private address, from the host that the module runs on, to many at once.
    Fails unless all answer with a status that counts as good.
  - Instances that are gone, are being deleted or were stopped are not asked. One that is there, but has no address, has
    not answered well.
  - Requests go straight to the instances, past any proxy. A redirect is not followed, but an answer by itself. The
    certificate of an C(https) site must be valid for the address.
  - It takes the permission C(Microsoft.Compute/virtualMachineScaleSets/networkInterfaces/read), or of a Flexible scale
    set C(Microsoft.Network/networkInterfaces/read) on its resource group. The role Reader holds both.
author:
  - azroll.vmss contributors (@azroll)
extends_documentation_fragment:
  - azroll.vmss._azure
  - azroll.vmss._azure.scale_set
  - azroll.vmss._attributes
  - azroll.vmss._attributes.info
options:
  url:
    description:
      - The URL to ask, with C({address}) where the address of the instance stands.
      - Of several network interfaces, the address of the primary one is taken.
    type: str
    required: true
  status_code:
    description:
      - The HTTP status codes that count as good.
    type: list
    elements: int
    default: [200]
  timeout:
    description:
      - The number of seconds that one instance may take to answer.
    type: int
    default: 10
  instance_ids:
    description:
      - The ids of the instances to ask. If not set, all of them.
    type: list
    elements: str
  unhealthy_before:
    description:
      - The ids of instances that are not asked, because they were unhealthy before. Where that leaves none, the module
        succeeds.
    type: list
    elements: str
    default: []
  wait_timeout:
    description:
      - The number of seconds that requests to Azure may take altogether, including waits that Azure asks for by
        throttling.
    type: int
    default: 600
seealso:
  - module: azroll.vmss.vmss_instance_facts
    description: The health of the instances as Azure sees it.
  - module: ansible.builtin.uri
    description: Asks one site, and can do much more.
"""

EXAMPLES = r"""
---
- name: Wait until every instance answers
  azroll.vmss.vmss_instance_probe:
    resource_group: rg-shop
    name: web
    url: http://{address}:8080/health
  register: probed
  until: probed is not failed
  retries: 10
  delay: 5

- name: Ask two of them, which may be without content
  azroll.vmss.vmss_instance_probe:
    resource_group: rg-shop
    name: web
    url: http://{address}:8080/health
    status_code: [200, 204]
    instance_ids: ["0", "3"]
"""

RETURN = r"""
---
answers:
  description: What the instances answered, in the order of their ids.
  returned: always
  type: list
  elements: dict
  contains:
    instance_id:
      description: The id of the instance.
      returned: always
      type: str
      sample: "3"
    address:
      description: Its private address. V(null) if it has none.
      returned: always
      type: str
      sample: 10.0.0.7
    status:
      description: The HTTP status that it answered with. V(null) if it did not answer.
      returned: always
      type: int
      sample: 503
    trouble:
      description: Why there is no status. V(null) if there is.
      returned: always
      type: str
      sample: timed out
msg:
  description: What happened, in a sentence or two.
  returned: always
  type: str
  sample: "1 of 4 instances of web did not answer well: 3 (10.0.0.7: status 503)."
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
from ansible_collections.azroll.vmss.plugins.module_utils._calls.instance_probe import INSTANCE_PROBE


def main() -> None:
    module = VmssModule(
        argument_spec=module_spec(
            {
                "url": {"type": "str", "required": True},
                "status_code": {"type": "list", "elements": "int", "default": [200]},
                "timeout": {"type": "int", "default": 10},
                "instance_ids": {"type": "list", "elements": "str"},
                "unhealthy_before": {"type": "list", "elements": "str", "default": []},
            }
        ),
        supports_check_mode=True,
    )
    run_module(module, INSTANCE_PROBE)


if __name__ == "__main__":
    main()
