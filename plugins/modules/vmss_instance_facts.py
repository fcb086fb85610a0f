#!/usr/bin/python

# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

DOCUMENTATION = r"""
---
module: vmss_instance_facts
short_description: Gather facts about the instances of an Azure VM scale set, or wait for them
version_added: 0.1.0
description:
  - Returns facts about the host that it runs for, where that host B(is) a scale set, in an inventory in which every
    scale set is a host with C(ansible_connection=local). It works for C(localhost), too, but then a second call for
    another scale set overwrites the facts of the first.
  - Shows the model and, for each instance, the image, the domain, the state and the health.
  - With O(wait_for) it waits inside one call until instances are upgraded or healthy. That O(wait_timeout) passes is no
    failure, so that a task can call the module again and again and show how far it is (see the examples).
author:
  - azroll.vmss contributors (@azroll)
extends_documentation_fragment:
  - azroll.vmss._azure
  - azroll.vmss._azure.scale_set
  - azroll.vmss._attributes
  - azroll.vmss._attributes.facts
options:
  wait_for:
    description:
      - What to wait for. V(upgraded) means that the instances run the target image and are up; V(healthy) means that
        they are in service, which includes their health where the scale set has a health source; V(idle) means that
        nothing is done to them any more, however it ended; V(reported) means that they have said how they are, well or
        not, and are not initializing any more.
      - If an instance is seen as failed in two reads in a row, the module fails.
    type: str
    choices: [upgraded, reported, healthy, idle]
  instance_ids:
    description:
      - The instances to wait for. If not set, all but those that no upgrade would move, because they are protected from
        scale set actions, or deallocated or stopped.
      - With O(details), the instances to describe. If not set, those that are not in service.
      - Without O(wait_for) and O(details) it has no effect. The facts have all instances in any case.
    type: list
    elements: str
  wait_timeout:
    description:
      - The number of seconds that the module may take altogether, including waits that Azure asks for by throttling.
    type: int
    default: 600
  wait_interval:
    description:
      - The number of seconds between two reads of the instances. Azure allows about ten a minute.
    type: int
    default: 10
  unhealthy_before:
    description:
      - Ids of instances that were out of service before they were upgraded. They are waited for only while an operation
        runs on them, and are no failure.
      - Ids that are not waited for have no effect.
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
        of the scale set. All others of that kind are named in C(attached) and not waited for.
      - An instance that has another operating system than the model, an OS disk that was attached, or no image is
        refused here, because its OS disk would be replaced.
    type: list
    elements: str
    default: []
  failed_before:
    description:
      - Ids of instances that had failed when they were sent, as
        RV(azroll.vmss.vmss_domain_upgrade#module:failed_before) returns them. With O(wait_for=upgraded), one of them
        that has failed and is on the old image is waited for; of any other instance that would be a failure.
    type: list
    elements: str
    default: []
  same_model:
    description:
      - Whether to stop waiting, with RV(error.kind=concurrent_change), when the image of the model is not
        O(target_image) any more. The model is read at the beginning of each call.
      - Needs O(wait_for) and O(target_image).
    type: bool
    default: false
  same_profile:
    description:
      - The RV(ansible_facts.vmss.profile) of an earlier look. The wait stops, with RV(error.kind=concurrent_change),
        when the size, the extensions or another section of the model is not the same any more, because instances that
        were sent before that never follow the latest model. The model is read at the beginning of each call.
    type: dict
  operation_id:
    description:
      - For O(wait_for=upgraded) and O(wait_for=idle), the operations that the instances were sent by, for example
        RV(azroll.vmss.vmss_domain_upgrade#module:operation_id). Nothing is upgraded or idle before they have ended
        and the instances were read after that. What they show before may be older than the operation, or ahead of it,
        so they are listed at every third read only while one of these operations runs.
      - If one fails or is cancelled before it has begun all of the instances, a wait for V(upgraded) ends with
        RV(error.kind=operation_failed) or RV(error.kind=preempted) instead of at its timeout.
      - Needs the action C(Microsoft.Compute/locations/operations/read). Where an operation cannot be read, the
        instances alone are judged, by two reads in a row, and the module warns.
      - Refused without O(wait_for=upgraded) or O(wait_for=idle).
    type: list
    elements: str
    default: []
  sent_at:
    description:
      - For O(wait_for=upgraded), the time at which the instances were sent, by Azure's clock, for example
        RV(azroll.vmss.vmss_domain_upgrade#module:started_at).
      - Azure may show the new image before the disk is new. Where no operation of O(operation_id) is known to have
        succeeded, an instance counts as upgraded only if the time of its provisioning state is not earlier than this.
      - Refused without O(wait_for=upgraded).
    type: str
  wait_state:
    description:
      - The path of a file, on the host that runs the module, in which a wait of several calls remembers what it has
        seen. The next call goes on where the last one ended. It continues rows of good reads, and it does not ask Azure
        before the time that Azure named when it throttled.
      - The folder must exist, and no other user should be able to write to it. A missing or damaged file counts as
        empty. At the end of a wait, only what is known of Azure's limits stays in the file, so one file
        serves all waits of a play.
      - With it, O(answered_timeout) and O(unanswered_timeout) end the wait, and RV(expired) reports it. Before that, a
        service that throttles or does not answer is not an error. Lists of more than one page are made as seldom as
        Azure's limits demand, and up to ten instances are read one by one instead.
      - Without O(wait_for) it has no effect.
    type: path
  answered_timeout:
    description:
      - With O(wait_state), the number of seconds after which the wait fails with RV(error.kind=timeout). Only time in
        which Azure answers counts, in all calls together.
    type: int
    default: 600
  unanswered_timeout:
    description:
      - With O(wait_state), the number of seconds in which Azure may throttle or stay silent, in all calls together.
        After that the wait fails with RV(error.kind=throttled), RV(error.kind=connection) or
        RV(error.kind=unavailable), which says nothing about the instances.
    type: int
    default: 1800
  wait_successes:
    description:
      - How many reads in a row must be good. Without O(wait_state), so many must fit into O(wait_timeout), with
        O(wait_interval) between two.
      - Without O(wait_for) it has no effect.
    type: int
    default: 1
  fresher_than:
    description:
      - For O(wait_for=healthy) and O(wait_for=reported), the time that health reports must be younger than, for example
        RV(ansible_facts.vmss.gathered_at) of a wait with O(wait_for=upgraded). The time at which the upgrade was
        started is too early, because the old system reports until it is shut down.
      - Refused with any other O(wait_for).
    type: str
  report_time:
    description:
      - What moves the time of a health report. V(refreshed) is each report. V(on_change) is only another state, so that
        an instance which is healthy again may have an old time.
      - See RV(ansible_facts.vmss.health_report_time).
    type: str
    choices:
      - refreshed
      - on_change
    default: refreshed
  report_settling:
    description:
      - With O(report_time=on_change), so many seconds after O(fresher_than) any report counts that says healthy then.
        Until then only those that are younger than O(fresher_than) count.
    type: int
    default: 120
  target_image:
    description:
      - The image that staleness is judged against. If not set, the one of the model.
      - Fields that are not given keep what the model has.
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
  by_model:
    description:
      - Whether instances on the target image are stale if they do not follow the latest model in other respects.
      - If V(false), only the image counts.
    type: bool
    default: true
  raw:
    description:
      - Whether to return what Azure answered, too, as RV(resources). The playbook C(azroll.vmss.snapshot) writes it to
        files.
      - Not together with O(wait_for).
    type: bool
    default: false
  details:
    description:
      - Whether to return what the instances, their agents and their extensions say of themselves, as RV(vmss_details).
      - Not together with O(wait_for).
    type: bool
    default: false
seealso:
  - module: azroll.vmss.vmss_domain_upgrade
    description: Upgrades instances.
  - name: Instance view of Virtual Machine Scale Sets
    description: Where Azure shows these states.
    link: https://learn.microsoft.com/rest/api/compute/virtual-machine-scale-set-vms/list
"""

EXAMPLES = r"""
---
- name: Look at the scale set
  azroll.vmss.vmss_instance_facts:
    resource_group: rg-shop
    name: web

- name: Show the instances that are not on the model's image
  ansible.builtin.debug:
    msg: "{{ ansible_facts.vmss.instances | selectattr('stale') | map(attribute='instance_id') | join(' ') }}"

- name: Look at what the instances that are not in service say
  azroll.vmss.vmss_instance_facts:
    resource_group: rg-shop
    name: web
    details: true
  register: look

- name: Show the causes, the most frequent first
  ansible.builtin.debug:
    msg: "{{ look.vmss_details.groups | map(attribute='line') | list }}"

- name: Wait until all instances are healthy, and show how far they are every 45 seconds
  azroll.vmss.vmss_instance_facts:
    resource_group: rg-shop
    name: web
    wait_for: healthy
    wait_timeout: 45
  register: facts
  until: facts is failed or facts.done
  retries: 20
  delay: 1
"""

RETURN = r"""
---
ansible_facts:
  description: The facts. Empty if the scale set could not be read, or if what was waited for has not come.
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
resources:
  description:
    - The scale set and its instances as Azure described them, in the form of its API of version V(2024-07-01).
    - Secrets are not in it (custom data, user data, passwords, protected settings of extensions), nor are the times of
      the latest reports of agents and health, so that it changes only when the scale set does.
    - V(null) without O(raw), and if the scale set could not be read.
  returned: always
  type: dict
  contains:
    scale_set:
      description: The model.
      returned: if the scale set could be read
      type: dict
      sample: {name: web, location: westeurope, etag: '"3"', properties: {orchestrationMode: Uniform}}
    instances:
      description: The instances with their instance views, in the order of their ids; of a Flexible scale set the
        virtual machines.
      returned: if the scale set could be read
      type: list
      elements: dict
      sample: [{instanceId: "7", name: web_7, properties: {latestModelApplied: true}}]
vmss_details:
  description:
    - Why instances are not in service, in Azure's words. Messages are cut to a bounded length, and addresses come
      without their queries.
    - V(null) without O(details), and if the scale set could not be read.
  returned: always
  type: dict
  contains:
    instances:
      description: The instances, in the order of their ids, at most 100.
      returned: with O(details)
      type: list
      elements: dict
      sample:
        - instance_id: "7"
          name: web_7
          image: Canonical:ubuntu-24_04-lts:server:24.04.202611100
          provisioning_state: Failed
          power: running
          health: unhealthy
          agent: {version: 2.14.0.1, status: Not Ready, message: VM status blob is found but not yet populated.}
          extensions: [{name: health, code: ProvisioningState/succeeded, message: ""}]
          handlers: []
          statuses:
            - code: ProvisioningState/failed/OSProvisioningTimedOut
              message: OS Provisioning for VM 'web_7' did not finish in the allotted time.
              time: "2026-11-22T10:14:31.1234567+00:00"
    groups:
      description: All of them by cause, the biggest group first. What differs from one instance to the next (names,
        ids, times) is taken out of the message. C(passes) is V(true) for errors that are known to pass with one more
        try, V(false) for those known to stay, and V(null) for others.
      returned: with O(details)
      type: list
      elements: dict
      sample:
        - code: OSProvisioningTimedOut
          message: OS Provisioning for VM '<instance>' did not finish in the allotted time.
          instance_ids: ["7"]
          passes: true
          line: "1 instance (7): OSProvisioningTimedOut: OS Provisioning for VM '<instance>' did not finish in ..."
heatmap:
  description:
    - The scale set as lines of text, a row for each zone and update domain and a mark for each instance.
    - Empty if the scale set could not be read.
  returned: always
  type: list
  elements: str
  sample:
    - "UD 0  ##~o  3 of 4 in service"
    - "UD 1  oooo  4 of 4 in service"
    - "# new  o old  ~ in progress"
done:
  description: Whether what was waited for has come. V(true) if nothing was waited for.
  returned: always
  type: bool
  sample: true
expired:
  description: Whether a wait with O(wait_state) has ended because its time is over. Then it has failed.
  returned: always
  type: bool
  sample: false
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
  sample: 4 of 4 instances healthy
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
from ansible_collections.azroll.vmss.plugins.module_utils._calls.instance_facts import INSTANCE_FACTS
from ansible_collections.azroll.vmss.plugins.module_utils._common.defaults import (
    POLL_INTERVAL,
    REPORT_SETTLING,
    UNANSWERED_TIMEOUT,
)


def main() -> None:
    module = VmssModule(
        argument_spec=module_spec(
            {
                "wait_for": {"type": "str", "choices": ["upgraded", "reported", "healthy", "idle"]},
                "instance_ids": {"type": "list", "elements": "str"},
                "wait_interval": {"type": "int", "default": POLL_INTERVAL},
                "ignore_health_source": {"type": "bool", "default": False},
                "include_instances": {"type": "list", "elements": "str", "default": []},
                "same_model": {"type": "bool", "default": False},
                "same_profile": {"type": "dict"},
                "unhealthy_before": {"type": "list", "elements": "str", "default": []},
                "failed_before": {"type": "list", "elements": "str", "default": []},
                "wait_state": {"type": "path"},
                "answered_timeout": {"type": "int", "default": 600},
                "unanswered_timeout": {"type": "int", "default": UNANSWERED_TIMEOUT},
                "operation_id": {"type": "list", "elements": "str", "default": []},
                "sent_at": {"type": "str"},
                "wait_successes": {"type": "int", "default": 1},
                "fresher_than": {"type": "str"},
                "report_time": {"type": "str", "choices": ["refreshed", "on_change"], "default": "refreshed"},
                "report_settling": {"type": "int", "default": REPORT_SETTLING},
                "target_image": {"type": "dict", "options": IMAGE_OPTIONS},
                "by_model": {"type": "bool", "default": True},
                "raw": {"type": "bool", "default": False},
                "details": {"type": "bool", "default": False},
            }
        ),
        mutually_exclusive=[("raw", "wait_for"), ("details", "wait_for")],
        supports_check_mode=True,
    )
    run_module(module, INSTANCE_FACTS)


if __name__ == "__main__":
    main()
