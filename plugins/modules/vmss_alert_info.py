#!/usr/bin/python

# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vmss_alert_info
short_description: List the fired Azure Monitor alerts of an Azure VM scale set and related resources
version_added: 0.1.0
description:
  - Returns the alerts of Azure Monitor that have fired on resources and are not resolved. They show what the health of
    single instances does not, such as a load balancer without healthy backends, or more errors than usual.
  - Alerts that an operator has closed are excluded. Rules without a state, of which most are searches of logs, never
    resolve theirs, so that closing is the only end they come to.
  - Azure lists alerts for 30 days at most; what has been firing for longer is not seen.
  - It takes the permission C(Microsoft.AlertsManagement/alerts/read) on the subscriptions of the resources. The role
    Reader holds it.
author:
  - azroll.vmss contributors (@azroll)
extends_documentation_fragment:
  - azroll.vmss._azure
  - azroll.vmss._azure.scale_set
  - azroll.vmss._attributes
  - azroll.vmss._attributes.info
options:
  resources:
    description:
      - The ids of the resources, at most 20, in any subscription that the principal may read. V(scale_set) stands for
        the scale set itself.
      - An alert counts if its rule is about exactly this resource, not about one within it or around it.
    type: list
    elements: str
    default: [scale_set]
  severity:
    description:
      - The least severity that counts. V(Sev1) has V(Sev0) and V(Sev1), V(Sev4) has all.
    type: str
    choices: [Sev0, Sev1, Sev2, Sev3, Sev4]
    default: Sev4
  since:
    description:
      - A time. Alerts that fired no later are returned in RV(alerts_before) instead of RV(alerts).
      - Give a time of Azure's clock, such as C(gathered_at) of M(azroll.vmss.vmss_instance_facts).
    type: str
  wait_timeout:
    description:
      - The number of seconds that the module may take altogether, including waits that Azure asks for by throttling.
    type: int
    default: 600
seealso:
  - module: azroll.vmss.vmss_preflight
    description: Says before a rollout which alerts have fired.
  - module: azroll.vmss.vmss_instance_facts
    description: The health of the instances.
  - name: Azure Monitor alerts
    description: What alerts are, and when they are resolved.
    link: https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview
"""

EXAMPLES = r"""
---
- name: List the alerts of the scale set and of its load balancer
  azroll.vmss.vmss_alert_info:
    resource_group: rg-shop
    name: web
    resources:
      - scale_set
      - >-
        /subscriptions/5e5e5e5e-0000-4000-8000-000000000001/resourceGroups/rg-shop/providers/Microsoft.Network/loadBalancers/web
  register: watched

- name: Read the scale set before something is done to it
  azroll.vmss.vmss_instance_facts:
    resource_group: rg-shop
    name: web
  register: before

- name: Fail when a severe alert has fired since
  azroll.vmss.vmss_alert_info:
    resource_group: rg-shop
    name: web
    severity: Sev1
    since: "{{ before.ansible_facts.vmss.gathered_at }}"
  register: watched
  failed_when: watched is failed or watched.alerts | length > 0
"""

RETURN = r"""
---
alerts:
  description: The alerts that have fired, after O(since) if that is set.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The id of the alert.
      returned: always
      type: str
      sample: /subscriptions/.../providers/Microsoft.AlertsManagement/alerts/66114d64-d9d9-478b-95c9-b789d6502100
    rule:
      description: The name of the rule that fired.
      returned: always
      type: str
      sample: cpu-high
    severity:
      description: From V(Sev0), critical, to V(Sev4), verbose.
      returned: always
      type: str
      sample: Sev1
    resource:
      description: The id of the resource, as it was asked for.
      returned: always
      type: str
      sample: /subscriptions/.../providers/Microsoft.Compute/virtualMachineScaleSets/web
    fired_at:
      description: When it fired, by Azure's clock. V(null) if Azure does not say.
      returned: always
      type: str
      sample: "2026-11-22T10:15:00.1234567Z"
alerts_before:
  description: The alerts that fired no later than O(since), each as in RV(alerts).
  returned: always
  type: list
  elements: dict
  sample: []
msg:
  description: What was found, in a sentence or two.
  returned: always
  type: str
  sample: "Alerts have fired: cpu-high (Sev1) on web since 2026-11-22T10:15:00.1234567Z."
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
from ansible_collections.azroll.vmss.plugins.module_utils._calls.alert_info import ALERT_INFO
from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import ALERT_SEVERITY
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import SCALE_SET, SEVERITIES


def main() -> None:
    module = VmssModule(
        argument_spec=module_spec(
            {
                "resources": {"type": "list", "elements": "str", "default": [SCALE_SET]},
                "severity": {"type": "str", "choices": list(SEVERITIES), "default": ALERT_SEVERITY},
                "since": {"type": "str"},
            }
        ),
        supports_check_mode=True,
    )
    run_module(module, ALERT_INFO)


if __name__ == "__main__":
    main()
