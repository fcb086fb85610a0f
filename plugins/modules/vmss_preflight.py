#!/usr/bin/python

# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vmss_preflight
short_description: Check an Azure VM scale set before an image is rolled out
version_added: 0.1.0
description:
  - Checks the model, the instances, the image, the other actors and the permissions, and returns all findings at
    once, each with a code, a sentence and the way out. It writes nothing, and what it finds is not a failure of the
    module; it fails only where the scale set cannot be read or the options are wrong.
  - A finding is a C(refusal), which stands until its cause is gone; or it C(needs_acceptance), by its code in
    O(accept); or it is a C(warning). All codes are explained in R(Preflight findings,
    ansible_collections.azroll.vmss.docsite.guide_preflight).
  - Returns the same facts as M(azroll.vmss.vmss_instance_facts), judged against the image that was found, so that one
    call does for both.
author:
  - azroll.vmss contributors (@azroll)
extends_documentation_fragment:
  - azroll.vmss._azure
  - azroll.vmss._azure.scale_set
  - azroll.vmss._attributes
  - azroll.vmss._attributes.facts
options:
  image:
    description:
      - The image to roll. Fields that are not given keep what the model has, so that O(image.version) alone is enough
        for a new version. V(latest), or a gallery image without version, stands for the newest version that the region
        has.
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
  max_unavailable:
    description:
      - How many instances may be out of service at once, as a count or as a percentage of the scale set. Percentages
        are rounded down.
    type: str
    default: 20%
  max_unavailable_per_zone:
    description:
      - The same of each zone. If not set, zones have no limit of their own.
    type: str
  max_unavailable_per_fault_domain:
    description:
      - The same of each fault domain. If not set, fault domains have no limit of their own.
    type: str
  by:
    description:
      - What the batches go by.
    type: str
    choices: [update_domain, fault_domain, zone, batch]
    default: update_domain
  only:
    description:
      - What the rollout is confined to, lists under any of the names C(zones), C(placement_groups), C(update_domains),
        C(fault_domains) and C(instance_ids). If not set, all instances.
    type: dict
    default: {}
  include_instances:
    description:
      - Ids of instances of a Flexible scale set that are part of the rollout although they were not made from the model
        of the scale set. All others of that kind are excluded, and named by a finding.
      - An instance that has another operating system than the model, an OS disk that was attached, or no image is
        refused here, because its OS disk would be replaced.
    type: list
    elements: str
    default: []
  skip:
    description:
      - Instances that the rollout leaves as they are.
      - Of the ids in O(only), some must be left.
    type: dict
    default: {}
    suboptions:
      instance_ids:
        description: Their ids.
        type: list
        elements: str
      tags:
        description: Names of tags that they carry, with a value other than V(false), V(no), V(off) or V(0).
        type: list
        elements: str
  by_model:
    description:
      - Whether instances on the image are to be moved, too, if they do not follow the latest model in other respects.
      - If V(false), only the image counts, as for a rollback to an earlier image.
    type: bool
    default: true
  upgrade_policy:
    description:
      - With V(set_manual) the rollout sets the upgrade policy Manual together with the image. Under any other policy
        Azure would upgrade the instances by itself, so that V(keep) is refused then.
    type: str
    choices: [keep, set_manual]
    default: keep
  restore_policy:
    description:
      - Whether the rollout restores the upgrade policy at its end. If so, the policy alone is no reason for one.
      - With O(upgrade_policy=keep), too. Then it is the policy that an earlier run set to Manual and did not restore.
    type: bool
    default: false
  suspend_repairs:
    description:
      - Whether the rollout suspends automatic repairs.
    type: bool
    default: true
  hold_autoscale:
    description:
      - Whether the rollout holds the autoscale settings of the scale set.
    type: bool
    default: false
  capacity_changes:
    description:
      - Whether the rollout accepts that something else than autoscale of Azure Monitor changes the capacity. If it does
        not, every such change stops it.
    type: str
    choices: [refuse, accept]
    default: refuse
  quarantine:
    description:
      - Whether the rollout may quarantine failed instances, by M(azroll.vmss.vmss_instance_protection).
    type: bool
    default: false
  retry_failed:
    description:
      - Whether the rollout may retry failed instances, by M(azroll.vmss.vmss_instance_reimage).
    type: bool
    default: false
  probe_instances:
    description:
      - Whether the rollout asks instances at their own addresses, by M(azroll.vmss.vmss_instance_probe).
    type: bool
    default: false
  rollback:
    description:
      - Whether the rollout is a rollback. Then it need not be known which image to roll back to if it fails.
      - A rollback is needed most when the image that it leaves no longer exists, or when many instances are out of
        service or missing. So it accepts the findings C(rollback_impossible), C(below_minimum) and
        C(instances_missing) by itself.
    type: bool
    default: false
  run_id:
    description:
      - The id of the run that asks. A lease of this id is its own.
    type: str
    default: ''
  lease_minutes:
    description:
      - For how many minutes the rollout takes its lease at a time. If V(0), it takes none, and writes no tags for one.
    type: int
    default: 120
  take_over_lease:
    description:
      - Whether the rollout takes the lease of another run over. Without O(run_id), too, since nothing is taken here.
    type: bool
    default: false
  health_alerts:
    description:
      - The ids of resources whose alerts of Azure Monitor the rollout watches, as in
        O(azroll.vmss.vmss_alert_info#module:resources). Alerts that have fired already are a warning, alerts that
        cannot be read a refusal.
    type: list
    elements: str
    default: []
  health_alert_severity:
    description:
      - The least severity that counts, as in O(azroll.vmss.vmss_alert_info#module:severity).
      - Without O(health_alerts) it has no effect.
    type: str
    choices: [Sev0, Sev1, Sev2, Sev3, Sev4]
    default: Sev4
  accept:
    description:
      - The codes of findings to go on in spite of. What is refused cannot be accepted.
    type: list
    elements: str
    default: []
  wait_timeout:
    description:
      - The number of seconds that the module may take altogether, including waits that Azure asks for by throttling.
    type: int
    default: 600
seealso:
  - module: azroll.vmss.vmss_alert_info
    description: Returns the alerts.
  - module: azroll.vmss.vmss_hold
    description: Takes the lease, and holds repairs and autoscale.
  - module: azroll.vmss.vmss_image_update
    description: Sets the image, and refuses by the same rules.
  - module: azroll.vmss.vmss_instance_facts
    description: Returns the facts alone, and waits.
  - name: Azure permissions for Compute
    description: The actions that a role may hold.
    link: https://learn.microsoft.com/azure/role-based-access-control/permissions/compute
"""

EXAMPLES = r"""
---
- name: Look for what speaks against the newest version
  azroll.vmss.vmss_preflight:
    resource_group: rg-shop
    name: web
    image:
      version: latest
    max_unavailable: 10%
  register: preflight

- name: Stop unless all is well
  ansible.builtin.assert:
    that: preflight.ready
    fail_msg: "{{ preflight.lines }}"

- name: Accept that there is no health source, and see what is left
  azroll.vmss.vmss_preflight:
    resource_group: rg-shop
    name: web
    image:
      version: latest
    accept:
      - health_source_missing
"""

RETURN = r"""
---
findings:
  description: What was found, that which stands in the way first.
  returned: always
  type: list
  elements: dict
  contains:
    code:
      description: The code of the finding.
      returned: always
      type: str
      sample: upgrade_policy
    severity:
      description: V(refusal), V(needs_acceptance) or V(warning).
      returned: always
      type: str
      sample: refusal
    message:
      description: What is the matter.
      returned: always
      type: str
      sample: "The upgrade policy of web is Automatic: writing the model restarts every instance at once"
    advice:
      description: What to do.
      returned: always
      type: str
      sample: "Set upgrade_policy: set_manual to write the policy Manual in the same request as the image, or change the
        policy first."
    instances:
      description: The ids of the instances concerned.
      returned: always
      type: list
      elements: str
      sample: []
    accepted:
      description: Whether it needs to be accepted, and is.
      returned: always
      type: bool
      sample: false
ready:
  description: Whether nothing stands in the way.
  returned: always
  type: bool
  sample: false
lines:
  description: The findings as lines of text.
  returned: always
  type: list
  elements: str
  sample:
    - "warning: autoscale: Autoscale acts on web: web-scale (2 to 10 instances). It will be held for the time of the
      rollout."
image:
  description: The image to roll, with V(latest) as the number that it stands for. As it was asked for, if there is no
    such image. Empty if the scale set could not be read.
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
  description:
    - The image that a rollback would lead to, at a fixed version. It is the one that an unfinished run remembers, that
      of the model, or, if the model has the image to roll already, the one that is remembered in the tags of the scale
      set. Otherwise it is the one that all other instances have that belong to the rollout. It is never one whose own
      rollout failed or was rolled back.
    - Empty if nothing shows it for certain.
  returned: always
  # shared: old_image
  type: dict
  sample:
    publisher: Canonical
    offer: ubuntu-24_04-lts
    sku: server
    version: 24.04.202610150
  # end of old_image
proves_image:
  description: Whether the image is that of the model, an earlier rollout of it did not come to a good end, and every
    instance runs it and is healthy by now.
  returned: always
  type: bool
  sample: false
write_image:
  description:
    - Whether the image or the upgrade policy of the model has to be written, the latter if it is not restored anyway.
  returned: always
  type: bool
  sample: true
by_model:
  description:
    - O(by_model), or V(false) where the model had the image to roll before and gets it again. Whether instances on that
      image then follow the latest model is not known.
  returned: always
  type: bool
  sample: true
ignore_health_source:
  description:
    - Whether the scale set has a health source by which no instance has ever reported (C(health_never_reported)).
      Instances are then judged by their state alone, and the modules of the rollout need their option of the same
      name.
  returned: always
  type: bool
  sample: false
check_mode:
  description: Whether it ran in check mode, be it by C(--check) or by the keyword of a play or task.
  returned: always
  type: bool
  sample: false
autoscale:
  description: The autoscale settings that target the scale set, those in other resource groups as well if the principal
    may list the settings of the subscription. Empty if they cannot be read.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the setting.
      returned: always
      type: str
      sample: web-scale
    resource_group:
      description: The resource group of the setting.
      returned: always
      type: str
      sample: rg-shop
    enabled:
      description: Whether it is on.
      returned: always
      type: bool
      sample: true
    profiles:
      description: The bounds it keeps to, each with C(name), C(minimum) and C(maximum) as Azure writes them.
      returned: always
      type: list
      elements: dict
      sample:
        - name: default
          minimum: "2"
          maximum: "10"
lease:
  description: The lease of the run that holds the scale set. V(null) if none does.
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
ansible_facts:
  description: The facts, as M(azroll.vmss.vmss_instance_facts) returns them. Empty if the scale set could not be read.
  returned: always
  type: dict
  contains:
    # shared: vmss
    vmss:
      description: The scale set and its instances.
      returned: if the scale set could be read
      type: dict
      contains:
        id:
          description: The resource id.
          returned: always
          type: str
          sample: /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-shop/.../web
        name:
          description: The name.
          returned: always
          type: str
          sample: web
        resource_group:
          description: The resource group.
          returned: always
          type: str
          sample: rg-shop
        location:
          description: The region.
          returned: always
          type: str
          sample: westeurope
        image:
          description: The image of the model.
          returned: always
          type: dict
          sample: {publisher: Canonical, offer: ubuntu-24_04-lts, sku: server, version: 24.04.202611100}
        etag:
          description: The version of the model, as Azure counts it.
          returned: always
          type: str
          sample: '"3"'
        capacity:
          description: The number of instances that the model asks for.
          returned: always
          type: int
          sample: 20
        zones:
          description: The availability zones.
          returned: always
          type: list
          elements: str
          sample: ["1", "2", "3"]
        orchestration_mode:
          description: V(Uniform) or V(Flexible).
          returned: always
          type: str
          sample: Uniform
        upgrade_policy:
          description: V(Manual), V(Automatic) or V(Rolling).
          returned: always
          type: str
          sample: Manual
        automatic_os_upgrade:
          description: Whether automatic OS upgrades are on.
          returned: always
          type: bool
          sample: false
        automatic_repairs:
          description: Whether automatic repairs are enabled in the model.
          returned: always
          type: bool
          sample: true
        health_source:
          description: V(application_health_extension), V(load_balancer_probe) or V(null).
          returned: always
          type: str
          sample: application_health_extension
        health_grace_period:
          description: How many seconds a new instance may need for its first verdict, by the settings of the health
            extension. V(0) where nothing shows.
          returned: always
          type: int
          sample: 5
        health_report_time:
          description:
            - What moves the time of health reports. V(refreshed) is each report, V(on_change) is only another state,
              V(null) stands for no health source.
            - Where most of the instances that report healthy have done so for more than five minutes by the times of
              their reports, or without a time, it is V(on_change). Otherwise it is that for a probe, and V(refreshed)
              for the health extension. Azure does not document it.
          returned: always
          type: str
          sample: refreshed
        os_image_notification:
          description: How many seconds ahead the OS image notification announces an upgrade to an instance. V(0)
            without it.
          returned: always
          type: int
          sample: 0
        service_fabric:
          description: Whether the scale set carries Service Fabric nodes.
          returned: always
          type: bool
          sample: false
        spot:
          description: Whether its instances are Spot ones, which Azure may evict at any time.
          returned: always
          type: bool
          sample: false
        managed_by:
          description: The service that owns the scale set. V(null) if none does.
          returned: always
          type: str
          sample:
        provisioning_state:
          description: The provisioning state of the scale set.
          returned: always
          type: str
          sample: Succeeded
        rolled_back_from:
          description: The image that a rollout rolled the scale set back from, while instances may run it. V(null) if
            there is none.
          returned: always
          type: dict
          sample:
        os_type:
          description: The operating system of the model, V(null) where Azure does not show it.
          returned: always
          type: str
          sample: Linux
        profile_time:
          description: When the model was last written, by Azure's clock. V(null) where Azure does not show it.
          returned: always
          type: str
          sample: "2026-11-20T08:00:00+00:00"
        has_profile:
          description: Whether there is a model. A Flexible scale set may have been made without one.
          returned: always
          type: bool
          sample: true
        image_history:
          description: What the tags remember of the images of the scale set.
          returned: always
          type: dict
          contains:
            rollout_image:
              description: The image that a run wrote last. Empty if none is remembered.
              returned: always
              type: dict
              sample: {}
            rollback_image:
              description: The last image before it whose rollout came to a good end. Empty if none is remembered.
              returned: always
              type: dict
              sample: {}
            unproven_images:
              description: The images whose rollout failed, was rolled back or has not ended, the newest first.
              returned: always
              type: list
              elements: dict
              sample: []
            by_image:
              description: The fingerprint of the model that was given an image again which it had before. Instances are
                judged by their image as long as the model has it.
              returned: always
              type: str
              sample: ""
            interrupted_from:
              description: The image before a run that has not released the scale set. Empty if there is none.
              returned: always
              type: dict
              sample: {}
            interrupted_to:
              description: The target of that run, as its lease names it.
              returned: always
              type: str
              sample: ""
        profile:
          description:
            - A fingerprint of each section of the model that instances are made from. It changes when the section does.
              C(sku) is the size alone, the others are those of C(virtualMachineProfile), without the image.
            - What Azure does not return, such as custom data and protected settings of extensions, is not in them.
          returned: always
          type: dict
          sample:
            sku: 9f86d081
            extensionProfile: a3b1c2d4
            networkProfile: 60303ae2
            osProfile: fd61a03a
            storageProfile: b5d4045c
        rolling_upgrade:
          description: The status of the last rolling upgrade. V(null) if there was none, it cannot be read, or there
            was waiting.
          returned: always
          type: str
          sample: Completed
        repairs_state:
          description: V(Running), V(Suspended) or V(NotRunning). V(null) if it cannot be read, or there was waiting.
          returned: always
          type: str
          sample: Running
        instances:
          description: The instances, in the order of their ids.
          returned: always
          type: list
          elements: dict
          contains:
            instance_id:
              description: The id; on Flexible scale sets the name of the virtual machine.
              returned: always
              type: str
              sample: "7"
            name:
              description: The name.
              returned: always
              type: str
              sample: web_7
            image:
              description: The image that the instance was made from.
              returned: always
              type: dict
              sample:
                publisher: Canonical
                offer: ubuntu-24_04-lts
                sku: server
                version: 24.04.202610150
                exact_version: 24.04.202610150
            zone:
              description: The availability zone.
              returned: always
              type: str
              sample: "1"
            placement_group:
              description: The id of the placement group.
              returned: always
              type: str
              sample: 8ef02f33-c6bf-44a1-a16a-cd27ea1ba2c4
            update_domain:
              description: The update domain, which counts within one zone and placement group.
              returned: always
              type: int
              sample: 2
            fault_domain:
              description: The fault domain.
              returned: always
              type: int
              sample: 2
            provisioning_state:
              description: The provisioning state.
              returned: always
              type: str
              sample: Succeeded
            power:
              description: The power state, for example V(running) or V(deallocated).
              returned: always
              type: str
              sample: running
            health:
              description: The reported health, for example V(healthy). V(null) without a report.
              returned: always
              type: str
              sample: healthy
            health_time:
              description: The time of that report.
              returned: always
              type: str
              sample: "2026-11-22T10:14:31.1234567+00:00"
            agent_ready:
              description: Whether the guest agent is ready.
              returned: always
              type: bool
              sample: true
            latest_model:
              description: Whether the instance follows the latest model. V(null) on Flexible scale sets, which do not
                know it.
              returned: always
              type: bool
              sample: false
            os_type:
              description: The operating system, V(null) where Azure does not show it.
              returned: always
              type: str
              sample: Linux
            disk_attached:
              description: Whether the OS disk existed before the instance, and was attached to it.
              returned: always
              type: bool
              sample: false
            profile_time:
              description:
                - The value of the tag C(VirtualMachineProfileTimeCreated), by which Azure marks what it makes from the
                  model of a Flexible scale set. V(null) without the tag, and for instances of Uniform scale sets.
              returned: always
              type: str
              sample:
            attached:
              description:
                - Why the instance is no part of a rollout, because it was not made from the model of the scale set.
                  V(null) where it is.
                - Such an instance is never stale, and no limit of instances out of service counts it.
              returned: always
              type: str
              sample:
            own_model:
              description: Whether the instance has a model of its own.
              returned: always
              type: bool
              sample: false
            protected:
              description: Whether it is protected from scale set actions.
              returned: always
              type: bool
              sample: false
            protected_from_scale_in:
              description: Whether it is protected from scale-in.
              returned: always
              type: bool
              sample: false
            vm_id:
              description: The id of the virtual machine behind it.
              returned: always
              type: str
              sample: 4d2c3b1a-0000-4000-8000-00000000000f
            failure:
              description: Why provisioning failed, in Azure's words.
              returned: always
              type: str
              sample:
            state_since:
              description: Since when it is in its provisioning state, if Azure reports it. V(null) where it does not,
                as of most instances in progress.
              returned: always
              type: str
              sample: "2026-11-22T10:15:00Z"
            stale:
              description: Whether it has to move to the target image.
              returned: always
              type: bool
              sample: true
            in_service:
              description: Whether it is provisioned, running, and healthy where the scale set has a health source.
              returned: always
              type: bool
              sample: true
            trouble:
              description: Why it is not in service. V(null) if it is.
              returned: always
              type: str
              sample:
        domains:
          description: The domains.
          returned: always
          type: list
          elements: dict
          contains:
            zone:
              description: The availability zone.
              returned: always
              type: str
              sample: "1"
            placement_group:
              description: The id of the placement group.
              returned: always
              type: str
              sample: 8ef02f33-c6bf-44a1-a16a-cd27ea1ba2c4
            update_domain:
              description: The update domain.
              returned: always
              type: int
              sample: 2
            instance_ids:
              description: The ids of its instances.
              returned: always
              type: list
              elements: str
              sample: ["2", "7", "12", "17"]
            stale:
              description: How many of them are stale.
              returned: always
              type: int
              sample: 4
            in_service:
              description: How many of them are in service.
              returned: always
              type: int
              sample: 4
        counts:
          description: Numbers of instances; those being deleted are not counted.
          returned: always
          type: dict
          sample:
            {total: 20, on_target: 8, stale: 12, attached: 0, in_service: 20, out_of_service: 0, busy: 0}
        gathered_at:
          description: When the instances were read, by Azure's clock.
          returned: always
          type: str
          sample: "2026-11-22T10:15:00+00:00"
    # end of vmss
msg:
  description: Whether a rollout may begin, and what stands in its way.
  returned: always
  type: str
  sample: "web is ready for Canonical:ubuntu-24_04-lts:server:24.04.202611100 (2 warnings, 1 accepted)."
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
from ansible_collections.azroll.vmss.plugins.module_utils._calls.preflight import PREFLIGHT
from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import (
    ALERT_SEVERITY,
    BY,
    LEASE_MINUTES,
    MAX_UNAVAILABLE,
    SUSPEND_REPAIRS,
)
from ansible_collections.azroll.vmss.plugins.module_utils._model.alerts import SEVERITIES
from ansible_collections.azroll.vmss.plugins.module_utils._plan.types import GROUPINGS

SKIP_OPTIONS = {name: {"type": "list", "elements": "str"} for name in ("instance_ids", "tags")}


def main() -> None:
    module = VmssModule(
        argument_spec=module_spec(
            {
                "image": {"type": "dict", "required": True, "options": IMAGE_OPTIONS},
                "max_unavailable": {"type": "str", "default": MAX_UNAVAILABLE},
                "max_unavailable_per_zone": {"type": "str"},
                "max_unavailable_per_fault_domain": {"type": "str"},
                "by": {"type": "str", "choices": list(GROUPINGS), "default": BY},
                "only": {"type": "dict", "default": {}},
                "skip": {"type": "dict", "default": {}, "options": SKIP_OPTIONS},
                "include_instances": {"type": "list", "elements": "str", "default": []},
                "by_model": {"type": "bool", "default": True},
                "upgrade_policy": {"type": "str", "choices": ["keep", "set_manual"], "default": "keep"},
                "restore_policy": {"type": "bool", "default": False},
                "suspend_repairs": {"type": "bool", "default": SUSPEND_REPAIRS},
                "hold_autoscale": {"type": "bool", "default": False},
                "capacity_changes": {"type": "str", "choices": ["refuse", "accept"], "default": "refuse"},
                "quarantine": {"type": "bool", "default": False},
                "retry_failed": {"type": "bool", "default": False},
                "probe_instances": {"type": "bool", "default": False},
                "rollback": {"type": "bool", "default": False},
                "run_id": {"type": "str", "default": ""},
                "lease_minutes": {"type": "int", "default": LEASE_MINUTES},
                "take_over_lease": {"type": "bool", "default": False},
                "health_alerts": {"type": "list", "elements": "str", "default": []},
                "health_alert_severity": {"type": "str", "choices": list(SEVERITIES), "default": ALERT_SEVERITY},
                "accept": {"type": "list", "elements": "str", "default": []},
            }
        ),
        supports_check_mode=True,
    )
    run_module(module, PREFLIGHT)


if __name__ == "__main__":
    main()
