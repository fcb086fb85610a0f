#!/usr/bin/python

# Copyright (c) 2026, azroll.vmss contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors

from __future__ import annotations

DOCUMENTATION = r"""
---
module: rollout_step
short_description: Carry out a step of the role azroll.vmss.rollout (private to the role)
version_added: 0.1.0
description:
  - It is private to the role P(azroll.vmss.rollout#role), which calls the steps in their order and shows what they
    return. Playbooks use the role, or the other modules of this collection.
  - It runs on the control node, decides what comes next, and runs the modules of this collection on the host for it.
    What a rollout has done so far is kept in a file that only the user of this run of ansible-playbook can read, and
    that Ansible removes at the end.
author:
  - azroll.vmss contributors (@azroll)
extends_documentation_fragment:
  - azroll.vmss._attributes
  - azroll.vmss._attributes.writes
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the
      controller.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no
      change.
    support: N/A
    details:
      - Each step begins where the one before it has ended. The role is idempotent.
options:
  step:
    description: The name of the step.
    type: str
    required: true
    choices:
      - plan
      - check_ready
      - begin
      - wait
      - run_checks
      - check_passed
      - set_image
      - check_room
      - upgrade
      - finish_batch
      - sweep
      - roll_back
      - finish
      - check_failed
      - handle_failure
      - rollback_failed
      - report_failed
      - answer_checkpoint
  options:
    description: The options of the role, without C(rollout_). Only for V(plan), which begins a rollout.
    type: dict
  job:
    description: The id of the job of AWX or of the automation controller, if there is one. Only for V(plan).
    type: str
    default: ''
  answer:
    description: What the operator answered at a checkpoint. Only for V(answer_checkpoint).
    type: str
    default: ''
notes:
  - It takes the options of the other modules for credentials, too, and passes them to each.
    C(group/azroll.vmss.all) in C(module_defaults) sets them for all.
seealso:
  - module: azroll.vmss.vmss_preflight
  - module: azroll.vmss.vmss_domain_upgrade
  - plugin: azroll.vmss.rollout_report_lines
    plugin_type: filter
"""

EXAMPLES = r"""
---
- name: Roll out an image
  ansible.builtin.include_role:
    name: azroll.vmss.rollout
  vars:
    rollout_resource_group: rg-shop
    rollout_scale_set: web
    rollout_image:
      version: latest
"""

RETURN = r"""
---
next:
  description: What comes next.
  returned: success
  type: str
  sample: upgrade
done:
  description: Whether the step has come to its end. If not, it goes on when the task is repeated.
  returned: always
  type: bool
  sample: true
attempts:
  description: How often a task may have to be repeated at most.
  returned: success
  type: int
  sample: 180
msg:
  description: How far a wait is, or why the step failed.
  returned: when RV(done) is V(false), or the step failed
  type: str
  sample: 3 of 4 instances are healthy
vmss_progress:
  description: How far the instances are, as in RV(azroll.vmss.vmss_instance_facts#module:vmss_progress).
  returned: while a wait is not done
  type: dict
heatmap:
  description: The scale set as lines of text, as in RV(azroll.vmss.vmss_instance_facts#module:heatmap).
  returned: while a wait is not done
  type: list
  elements: str
lines:
  description: What is to be shown.
  returned: success
  type: list
  elements: str
  sample: ["UD 0  ####  4 of 4 in service"]
calls:
  description: The modules that ran in this attempt, each with its message.
  returned: always
  type: list
  elements: str
  sample: ["azroll.vmss.vmss_domain_upgrade: Upgrade of 4 instances of web started."]
failed_at:
  description: When the step failed.
  returned: failure
  type: str
  sample: "2026-11-20T08:41:07+00:00"
batches:
  description: The names of the batches that are left.
  returned: success
  type: list
  elements: str
  sample: ["update domain 1"]
batch:
  description: What hooks read as C(rollout_batch). Empty if there is no batch.
  returned: success
  type: dict
  sample: {}
halted:
  description: Whether the play fails.
  returned: after V(finish) and V(report_failed)
  type: bool
  sample: false
report:
  description: The report, which is the content of C(report.json).
  returned: after V(finish)
  type: dict
  contains:
    result:
      description:
        - V(succeeded), V(nothing_to_do), V(planned) in a dry run, V(partial) when a share was deferred, V(waiting) when
          it waits for an operator.
        - V(failed) when the rollout stopped before the image was written or an instance sent, V(halted) when it
          stopped later, V(rolled_back) or V(rollback_failed) when it rolled back.
      returned: always
      type: str
      sample: succeeded
    scale_set:
      description: The name of the scale set.
      returned: always
      type: str
      sample: web
    resource_group:
      description: The name of its resource group.
      returned: always
      type: str
      sample: web-rg
    previous_image:
      description: The image that the model had before.
      returned: always
      type: dict
    target_image:
      description: The image that the rollout brings.
      returned: always
      type: dict
    rolls_back:
      description: Whether the run was to take the scale set back.
      returned: always
      type: bool
    wanted_image:
      description: The image that was asked for; V(latest) became the number in RV(report.target_image).
      returned: always
      type: dict
    model_before:
      description: The image that the model had when the run began.
      returned: always
      type: dict
    left_image:
      description: The image that the scale set was rolled back from before the run began. Empty if it was not.
      returned: always
      type: dict
    image_changed:
      description: Whether the rollout wrote the image.
      returned: always
      type: bool
    image_restored:
      description: Whether the image had not proved itself and the model alone was given the one before again.
      returned: always
      type: bool
    model_image:
      description: The image that the model has at the end, which Azure makes new instances from.
      returned: always
      type: dict
    as_of:
      description: When the instances were read, on Azure's clock. Null where they never were.
      returned: always
      type: str
      sample: '2026-11-20T08:41:07+00:00'
    as_of_outdated:
      description:
        - Whether the instances could not be read at the end, so that writes since C(as_of) are not in the numbers.
      returned: always
      type: bool
    instances_total:
      description: The number of instances.
      returned: always
      type: int
      sample: 20
    instances_on_target:
      description: The number of instances on the target image.
      returned: always
      type: int
      sample: 20
    instances_in_service:
      description: The number of instances in service.
      returned: always
      type: int
      sample: 20
    instances_on_rollback_image:
      description: The number of instances on the image that the rollout went back to. Null without a rollback.
      returned: if the rollout stopped early
      type: int
      sample: 5
    instances_by_image:
      description: The ids of the instances by the image they run.
      returned: always
      type: dict
    instances_excluded:
      description: The reason for each instance that is not on the target and cannot be moved, by its id.
      returned: always
      type: dict
    lease_acquired:
      description: Whether the rollout was about to write anything, its lease first of all.
      returned: always
      type: bool
    made_model:
      description:
        - Whether a write of tags made a new model, as RV(azroll.vmss.vmss_hold#module:made_model) reports it, so that
          instances were judged by their image.
      returned: always
      type: bool
    still_held:
      description: What is still held, as RV(azroll.vmss.vmss_hold#module:held) reports it.
      returned: always
      type: list
      elements: str
    continues:
      description: The id of the unfinished run that this one continued. V(null) if there was none.
      returned: always
      type: str
    earlier_run:
      description: What its lease and instances showed of the run that this one continued. V(null) if there was none.
      returned: always
      type: dict
      contains:
        run_id:
          description: Its id, V(unknown) where its tags were damaged.
          returned: always
          type: str
        holder:
          description: Who ran it.
          returned: always
          type: str
        target:
          description: What it brought the scale set to.
          returned: always
          type: str
        since:
          description: When its lease began, on Azure's clock.
          returned: always
          type: str
        expires:
          description: When its lease ended or would have ended, on Azure's clock.
          returned: always
          type: str
        held:
          description: What it held, as in RV(azroll.vmss.vmss_hold#module:held).
          returned: always
          type: list
          elements: str
        on_target:
          description: The ids of the instances that were on the target image when this run began.
          returned: always
          type: list
          elements: str
    findings:
      description: What was found before the first write, as RV(azroll.vmss.vmss_preflight#module:findings) reports it.
      returned: always
      type: list
      elements: dict
    instances_deferred:
      description: The ids of instances that are deferred to a later run.
      returned: always
      type: list
      elements: str
    batches:
      description: The batches that were begun.
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: The name of the batch.
          returned: always
          type: str
          sample: canary
        instance_ids:
          description: Its instances.
          returned: always
          type: list
          elements: str
          sample: ["0"]
        canary:
          description: Whether it was to show that the image works.
          returned: always
          type: bool
        sent:
          description: Those that were upgraded, or may have been when the rollout stopped.
          returned: always
          type: list
          elements: str
        excluded:
          description: Those that were excluded, each with the reason.
          returned: always
          type: list
          elements: dict
        chosen_for_retry:
          description: Those that failed for a reason that often passes, and were to be sent again.
          returned: always
          type: list
          elements: str
        retried:
          description: Those of them that were sent again.
          returned: always
          type: list
          elements: str
        started_at:
          description: When it began.
          returned: always
          type: str
        finished_at:
          description: When it ended.
          returned: always
          type: str
        result:
          description: V(succeeded), V(failed), V(running), or V(interrupted) where another host of the play has failed.
          returned: always
          type: str
          sample: succeeded
    started_at:
      description: When the rollout began.
      returned: always
      type: str
    finished_at:
      description: When the rollout ended.
      returned: always
      type: str
    cause:
      description: Why the rollout stopped early.
      returned: if the rollout stopped early
      type: str
    cause_kind:
      description: The kind of the error that stopped it, empty where no module failed, V(other_host) where another
        host of the play failed.
      returned: if the rollout stopped early
      type: str
    failure:
      description:
        - C(instances) and C(groups) of RV(azroll.vmss.vmss_instance_facts#module:vmss_details), read right after the
          failure, those that were unhealthy before the rollout apart from the others (C(unhealthy_before)), what Azure
          said (C(operation)) and what the last check of the site said (C(probe)). V(null) where nothing was read.
      returned: if the rollout stopped early
      type: dict
    quarantine:
      description: The ids of instances that were protected to be studied.
      returned: if the rollout stopped early
      type: list
      elements: str
      sample: []
    quarantine_why:
      description: Why instances could not be quarantined, if some were to be.
      returned: if the rollout stopped early
      type: str
      sample: ""
    decision:
      description: What was decided after the failure.
      returned: if the rollout stopped early
      type: str
    image_kept_why:
      description: Why an image that has not proved itself stays in the model.
      returned: if the rollout stopped early
      type: str
      sample: ""
    rollback_image:
      description: The image that the rollout went back to.
      returned: if the rollout stopped early
      type: dict
"""
