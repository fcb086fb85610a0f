# Copyright (c) 2026, azroll.vmss contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 azroll.vmss contributors
"""What happens when something goes wrong, and how the next run goes on."""

from __future__ import annotations

import pytest

from .conftest import SET, Site

LATEST = {"version": "latest"}
# Few and large batches: the canary, and two more.
HALVES = {"rollout_by": "batch", "rollout_max_unavailable": "50%"}
UPGRADE = "VirtualMachineScaleSets_UpdateInstances"


def images(site: Site) -> dict[str, str]:
    """The image that each instance really runs, by id."""
    return {number: one["image"] for number, one in site.simulator.state()["scale_sets"][SET]["instances"].items()}


@pytest.mark.scenario("bad-image")
@pytest.mark.parametrize(
    ("version", "cause"),
    [
        ("24.04.202511100", "unhealthy"),
        pytest.param("24.04.202511110", "OSProvisioningTimedOut", marks=pytest.mark.newest),
    ],
)
def test_a_bad_image_is_stopped_at_the_canary(site, version, cause):
    before = images(site)
    halted = site.upgrade(rollout_image={"version": version}, rollout_health_retries=4)
    assert halted.rc != 0
    assert halted.report["result"] == "halted"
    assert cause in halted.report["cause"]
    assert [(batch["name"], batch["result"]) for batch in halted.report["batches"]] == [("canary", "failed")]
    (canary,) = halted.report["batches"][0]["instance_ids"]
    # What the instance says of itself is kept, and told by its cause.
    (group,) = halted.report["failure"]["groups"]
    assert (group["code"], group["instance_ids"]) == (cause, [canary])
    assert [one["instance_id"] for one in halted.report["failure"]["instances"]] == [canary]
    assert group["line"] in halted.output
    # Automatic repairs, resumed with the halt, may replace the canary: by one with another id.
    after = images(site)
    assert {number: after[number] for number in before if number != canary} == {
        number: image for number, image in before.items() if number != canary
    }
    assert site.ledger()["min_in_service"] == len(before) - 1
    assert site.simulator.state()["scale_sets"][SET]["repairs"] == "Running"
    # The message says which instances are on which image, and both ways out.
    assert "Canonical:ubuntu-24_04-lts:server:24.04.202510010" in halted.output
    assert "To continue:" in halted.output
    assert "To roll back:" in halted.output
    # What Azure makes from now on is made from the image before.
    state = site.simulator.state()["scale_sets"][SET]
    assert state["image"] == "Canonical:ubuntu-24_04-lts:server:24.04.202510010"
    assert f"Azure makes new instances from {state['image']}." in " ".join(halted.output.split())


def test_a_failing_hook_stops_before_the_batch_is_touched(site, tmp_path):
    hook = tmp_path / "drain.yml"
    hook.write_text(
        """
- name: Drain
  ansible.builtin.fail:
    msg: "{{ rollout_batch.instances | map(attribute='name') | join(' ') }} would not drain"
  when: rollout_batch.name == "update domain 0"
"""
    )
    halted = site.upgrade(rollout_image=LATEST, rollout_before_batch=str(hook))
    assert halted.rc != 0
    assert halted.report["result"] == "halted"
    assert "would not drain" in halted.report["cause"]
    assert halted.report["instances_on_target"] == 1
    assert [len(batch["sent"]) for batch in halted.report["batches"]] == [1, 0]
    assert site.ledger()["requests"]["by_operation"][UPGRADE] == 1


def test_what_cannot_be_let_go_of_is_the_cause_and_the_report_is_written_all_the_same(site, tmp_path):
    hook = tmp_path / "after.yml"
    hook.write_text(
        f"""
- name: Break the next change of automatic repairs for good
  ansible.builtin.uri:
    url: {site.simulator.ready["admin_url"]}/faults
    method: POST
    body_format: json
    body:
      - {{kind: status, status: 500, operation: "VirtualMachineScaleSets_SetOrchestrationServiceState", times: 50}}
"""
    )
    rolled = site.upgrade(rollout_image=LATEST, rollout_after_batch=str(hook), rollout_only={"instance_ids": ["1"]})
    assert rolled.rc != 0
    assert rolled.report["result"] == "halted"
    assert "could not be released" in rolled.report["cause"]
    assert rolled.report["instances_on_target"] == 1
